//! Alarmen: what is wrong and who was told, and what is not told for a while.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::{Markup, html};

use super::asked::Path;
use super::fields::Fields;
use super::frame::{Answer, Page, cell, csrf, reason, table};
use super::session::Visit;
use super::words::time;
use crate::api::Api;
use crate::ops::{self, MuteBody};
use crate::views::{AlertView, MuteView};

/// How many alerts are shown.
const SHOWN: u32 = 100;

pub fn read() -> Router<Api> {
    Router::new().route("/alarmen", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new().route("/alarmen/stil", post(mute)).route("/alarmen/stil/{id}/einde", post(unmute))
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>) -> Answer {
    let details = visit.caller.may_see_details();
    let alerts = ops::alerts(&api.app, false, SHOWN).await?.into_iter();
    let alerts: Vec<AlertView> = alerts.map(|alert| if details { alert } else { alert.without_details() }).collect();
    let mutes = if details { ops::mutes(&api.app).await? } else { Vec::new() };
    let rows: Vec<Vec<Markup>> = alerts.iter().map(row).collect();
    let columns = ["Regel", "Waarover", "Wat", "Sinds", "Voorbij"];
    let main = html! {
        h1 { "Alarmen" }
        (table("Alarmen, nieuwste eerst", &columns, &rows))
        @if details {
            (silent(&visit, &mutes))
            (form(&visit))
        }
    };
    Ok(Page { visit: &visit, title: "Alarmen", menu: "Alarmen", live: false }.show(&main).into_response())
}

fn row(alert: &AlertView) -> Vec<Markup> {
    vec![
        cell(&alert.rule),
        cell(&alert.subject),
        html! { p.tekst { (alert.text) } },
        cell(time(alert.since)),
        cell(alert.ended_at.map_or_else(|| "nee".to_owned(), time)),
    ]
}

fn silent(visit: &Visit, mutes: &[MuteView]) -> Markup {
    html! {
        @if !mutes.is_empty() {
            h2 { "Wordt nu niet gemeld" }
            ul {
                @for mute in mutes {
                    li {
                        (mute.rule.as_deref().unwrap_or("elke regel")) " over " (mute.subject.as_deref().unwrap_or("alles"))
                        ", tot " (time(mute.until)) ": " (mute.reason) " (" (mute.actor) ")"
                        form.regel method="post" action={ "/alarmen/stil/" (mute.id) "/einde" } {
                            (csrf(visit))
                            label.verborgen for={ "stil-" (mute.id) } { "Reden om weer te melden" }
                            input id={ "stil-" (mute.id) } type="text" name="reason" required placeholder="reden";
                            button.stil { "Meld weer" }
                        }
                    }
                }
            }
        }
    }
}

fn form(visit: &Visit) -> Markup {
    html! {
        h2 { "Een tijd niet melden" }
        form.kaart method="post" action="/alarmen/stil" {
            (csrf(visit))
            label for="rule" { "Regel (leeg: elke)" } input #rule type="text" name="rule" placeholder="delivery_late";
            label for="subject" { "Waarover (leeg: alles)" } input #subject type="text" name="subject" placeholder="VT07 2020-07";
            label for="until" { "Tot en met" } input #until type="date" name="until" required;
            (reason("stil-reden"))
            p.klein { "Alarmen gaan door en blijven hier zichtbaar; er gaat alleen geen bericht uit." }
            button { "Meld dit niet" }
        }
    }
}

async fn mute(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let given = |name: &str| Some(fields.text(name).to_owned()).filter(|text| !text.is_empty());
    let reason = fields.text("reason").to_owned();
    let (rule, subject, until) = (given("rule"), given("subject"), fields.required("until")?);
    let asked = MuteBody { rule, subject, until, reason: reason.clone() };
    ops::mute(&api.app, &asked, &api.change(&visit.caller, &reason)).await?;
    Ok(Redirect::to("/alarmen").into_response())
}

async fn unmute(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    ops::unmute(&api.app, id, &api.change(&visit.caller, fields.text("reason"))).await?;
    Ok(Redirect::to("/alarmen").into_response())
}
