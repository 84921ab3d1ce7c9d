//! Alarmen: what is wrong now and who was told, what was wrong before, and what is not told for a while.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::TimeDelta;
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;
use vt_domain::month::Month;
use vt_domain::register::Register;

use super::asked::{Path, Query};
use super::fields::Fields;
use super::frame::{Answer, Page, cell, csrf, reason, table, told};
use super::session::Visit;
use super::words::{count, day, month, time};
use crate::alerts::capital;
use crate::api::Api;
use crate::ops::{self, MuteBody};
use crate::views::{AlertMessageView, AlertView, MuteView};

/// How many ended alerts are shown when nothing is asked, and at most.
const ENDED: (u32, u32) = (20, 200);

/// How many open alerts are shown at most.
const OPEN: u32 = 200;

/// For so long something is muted when no other day is chosen.
const MUTED: TimeDelta = TimeDelta::days(7);

pub fn read() -> Router<Api> {
    Router::new().route("/alarmen", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new().route("/alarmen/stil", post(mute)).route("/alarmen/stil/{id}/einde", post(unmute))
}

/// What is shown, and with what the form is filled in.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    regel: Option<String>,
    #[serde(alias = "over")]
    regio: Option<String>,
    voorbij: Option<u32>,
    gedaan: Option<String>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    let details = visit.caller.may_see_details();
    let seen = |alert: AlertView| if details { alert } else { alert.without_details() };
    let open: Vec<AlertView> = ops::alerts(&api.app, true, OPEN).await?.into_iter().map(seen).collect();
    let shown = asked.voorbij.unwrap_or(ENDED.0).clamp(1, ENDED.1);
    // Among so many are enough that ended, and one by which there are more.
    let latest = ops::alerts(&api.app, false, OPEN + ENDED.1 + 1).await?.into_iter();
    let mut ended: Vec<AlertView> = latest.filter(|alert| alert.ended_at.is_some()).map(seen).collect();
    let more = ended.len() > shown as usize && shown < ENDED.1;
    ended.truncate(shown as usize);
    let mutes = ops::mutes(&api.app).await?;
    let names = Names { api: &api };
    let main = html! {
        h1 { "Alarmen" }
        (told(asked.gedaan.as_deref().and_then(done)))
        (now(&names, &open, details))
        (silent(&visit, &names, &mutes, details))
        (before(&names, &ended, asked.voorbij.is_some(), more.then_some(shown)))
        @if details { (form(&visit, &names, &open, &asked)) }
    };
    Ok(Page { visit: &visit, title: "Alarmen", menu: "Alarmen", live: false }.show(&main).into_response())
}

fn done(what: &str) -> Option<&'static str> {
    match what {
        "stil" => {
            Some("Dit wordt niet gemeld tot en met de gekozen dag. Het alarm zelf blijft hier staan zolang het duurt.")
        }
        "weer" => Some("Dit wordt weer gemeld."),
        _ => None,
    }
}

/// The Dutch names of what alerts are about.
struct Names<'a> {
    api: &'a Api,
}

impl Names<'_> {
    fn register(&self) -> &Register {
        &self.api.app.register
    }

    fn rule(&self, name: &str) -> String {
        capital(&self.api.app.alerting.title(name))
    }

    /// What an alert is about, and the region that it names.
    fn about(&self, subject: &str) -> (String, Option<&str>) {
        let (vt, rest) = subject.split_once(' ').map_or((subject, None), |(vt, rest)| (vt, Some(rest)));
        let Some(region) = self.register().vt(vt) else { return (place(subject).to_owned(), None) };
        let of = rest.map(|rest| rest.parse::<Month>().map_or_else(|_| rest.to_owned(), month));
        let of = of.map(|of| format!(", {of}")).unwrap_or_default();
        (format!("{} {}{of}", region.code, region.naam), Some(&region.code))
    }

    /// The same, with a link where there is a page of it.
    fn subject(&self, subject: &str) -> Markup {
        let (name, region) = self.about(subject);
        html! {
            @match region {
                Some(vt) => a href={ "/regio/" (vt) } { (name) },
                None => (name),
            }
        }
    }
}

/// What a subject that is no region is called.
fn place(subject: &str) -> &str {
    match subject {
        "published" => "opslag van publicaties",
        "private" => "besloten opslag",
        "ledger" => "logboek van de dienst (ledger)",
        _ => subject,
    }
}

fn now(names: &Names<'_>, open: &[AlertView], details: bool) -> Markup {
    html! {
        section aria-labelledby="open" {
            h2 #open { "Nu open" @if !open.is_empty() { " (" (open.len()) ")" } }
            @if open.is_empty() { p.goed { "Er is nu niets aan de hand." } }
            ul.aandacht { @for alert in open { (item(names, alert, details)) } }
        }
    }
}

fn item(names: &Names<'_>, alert: &AlertView, details: bool) -> Markup {
    let grave = alert.severity.as_deref() == Some("critical");
    html! {
        li.erg[grave] {
            h3 { (capital(&alert.title)) ": " (names.subject(&alert.subject)) }
            @if !alert.text.is_empty() { p { (alert.text) } }
            p.klein {
                @if grave { "Kritiek. " }
                "Sinds " (time(alert.since)) ". " (who_was_told(alert))
                @if alert.muted { " Wordt nu niet gemeld." }
            }
            @for message in alert.messages.iter().filter(|it| it.sent_at.is_none()) { (unsent(message)) }
            @if details && !alert.muted { p.klein { a href=(mute_link(alert)) { "Meld dit een tijd niet" } } }
        }
    }
}

fn who_was_told(alert: &AlertView) -> String {
    let sent = |kind| alert.messages.iter().filter(move |it| it.kind == kind && it.sent_at.is_some());
    let to: Vec<String> = sent("begun").map(|it| channel(&it.channel)).collect();
    let mut text = match to.is_empty() {
        true => "Nog aan niemand gemeld.".to_owned(),
        false => format!("Gemeld: {}.", to.join(", ")),
    };
    if let Some(last) = sent("reminder").map(|it| it.made_at).max() {
        let reminders = count(sent("reminder").count(), "herinnering", "herinneringen");
        text += &format!(" {reminders}, voor het laatst op {}.", time(last));
    }
    text
}

fn channel(name: &str) -> String {
    match name {
        "webhook" => "webhook van de beheerders".to_owned(),
        "mail" => "mail aan de beheerders".to_owned(),
        _ => name.replacen("mail ", "mail aan ", 1),
    }
}

fn unsent(message: &AlertMessageView) -> Markup {
    let attempts = usize::try_from(message.attempts).unwrap_or(0);
    html! {
        p.klein {
            @if attempts == 0 { "Wordt nog verstuurd: " (channel(&message.channel)) "." }
            @else { "Niet verstuurd: " (channel(&message.channel)) ", na " (count(attempts, "poging", "pogingen")) "." }
            @if let Some(error) = &message.last_error { " " span lang="en" { (error) } }
        }
    }
}

fn mute_link(alert: &AlertView) -> String {
    let about = if alert.subject.starts_with("VT") { "regio" } else { "over" };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("regel", &alert.rule).append_pair(about, &alert.subject);
    format!("/alarmen?{}#stil", query.finish())
}

fn before(names: &Names<'_>, ended: &[AlertView], unfolded: bool, more: Option<u32>) -> Markup {
    let rows: Vec<Vec<Markup>> = ended.iter().map(|alert| ended_row(names, alert)).collect();
    html! {
        section aria-labelledby="voorbij" {
            h2 #voorbij { "Voorbij" }
            details open[unfolded] {
                summary { "Toon wat voorbij is" }
                (table("Voorbij, nieuwste eerst", &["Wat", "Waarover", "Sinds", "Voorbij"], &rows))
                @if let Some(shown) = more { p { a href={ "/alarmen?voorbij=" (shown * 4) "#voorbij" } { "Toon meer" } } }
            }
        }
    }
}

fn ended_row(names: &Names<'_>, alert: &AlertView) -> Vec<Markup> {
    vec![
        cell(capital(&alert.title)),
        names.subject(&alert.subject),
        cell(time(alert.since)),
        cell(alert.ended_at.map(time).unwrap_or_default()),
    ]
}

fn silent(visit: &Visit, names: &Names<'_>, mutes: &[MuteView], details: bool) -> Markup {
    html! {
        @if !mutes.is_empty() {
            h2 { "Wordt nu niet gemeld" }
            ul {
                @for mute in mutes {
                    li {
                        (mute.rule.as_deref().map_or_else(|| "Elke regel".to_owned(), |rule| names.rule(rule))) " over "
                        @match &mute.subject { Some(subject) => (names.subject(subject)), None => "alles" }
                        ", tot " (time(mute.until)) ": " (mute.reason) " (" (mute.actor) ")"
                        @if details { (speak_again(visit, mute)) }
                    }
                }
            }
        }
    }
}

fn speak_again(visit: &Visit, mute: &MuteView) -> Markup {
    html! {
        form.regel method="post" action={ "/alarmen/stil/" (mute.id) "/einde" } {
            (csrf(visit))
            label.verborgen for={ "stil-" (mute.id) } { "Reden om weer te melden" }
            input id={ "stil-" (mute.id) } type="text" name="reason" required placeholder="reden";
            button.stil { "Meld weer" }
        }
    }
}

fn form(visit: &Visit, names: &Names<'_>, open: &[AlertView], asked: &Asked) -> Markup {
    let app = &names.api.app;
    let until = app.clock.today() + MUTED;
    html! {
        section #stil aria-labelledby="stil-kop" {
            h2 #stil-kop { "Een tijd niet melden" }
            form.kaart method="post" action="/alarmen/stil" {
                (csrf(visit))
                label for="rule" { "Welk alarm" }
                select #rule name="rule" {
                    option value="" { "Elk alarm" }
                    @for rule in &app.alerting.rules {
                        option value=(rule.name) selected[asked.regel.as_deref() == Some(&rule.name)] { (names.rule(&rule.name)) }
                    }
                }
                label for="subject" { "Waarover" }
                select #subject name="subject" {
                    option value="" { "Alles" }
                    @for (subject, name) in subjects(names, open, asked) {
                        option value=(subject) selected[asked.regio.as_deref() == Some(&subject)] { (name) }
                    }
                }
                label for="until" { "Tot en met" }
                input #until type="date" name="until" required value=(until);
                (reason("stil-reden"))
                p.klein {
                    "Kies een alarm, een regio of beide; een regio geldt ook voor haar maanden. Zonder andere keuze geldt het tot en met "
                    (day(until)) ". Alarmen gaan door en blijven hier zichtbaar; er gaat alleen geen bericht uit."
                }
                button { "Meld dit niet" }
            }
        }
    }
}

/// What can be muted: every region, and what else is open now or was asked for.
fn subjects(names: &Names<'_>, open: &[AlertView], asked: &Asked) -> Vec<(String, String)> {
    let regions = names.register().vt_regions(names.api.app.clock.today()).into_iter();
    let mut subjects: Vec<(String, String)> =
        regions.map(|region| (region.code.clone(), format!("{} {}", region.code, region.naam))).collect();
    for other in open.iter().map(|alert| &alert.subject).chain(&asked.regio) {
        if !subjects.iter().any(|(subject, _)| subject == other) {
            subjects.push((other.clone(), names.about(other).0));
        }
    }
    subjects
}

async fn mute(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let given = |name: &str| Some(fields.text(name).to_owned()).filter(|text| !text.is_empty());
    let reason = fields.text("reason").to_owned();
    let (rule, subject, until) = (given("rule"), given("subject"), fields.required("until")?);
    let asked = MuteBody { rule, subject, until, reason: reason.clone() };
    ops::mute(&api.app, &asked, &api.change(&visit.caller, &reason)).await?;
    Ok(Redirect::to("/alarmen?gedaan=stil").into_response())
}

async fn unmute(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    ops::unmute(&api.app, id, &api.change(&visit.caller, fields.text("reason"))).await?;
    Ok(Redirect::to("/alarmen?gedaan=weer").into_response())
}
