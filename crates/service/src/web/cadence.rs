//! Cadans: how often is published, and the one decision by which that changes.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::Query;
use super::fields::Fields;
use super::forms::{Form, Input, REASON, Tried};
use super::frame::{Answer, Failure, Page, cell, csrf, facts, table, told};
use super::session::Visit;
use super::words::{day, time, word};
use crate::api::Api;
use crate::cadence::CADENCES;
use crate::ops::{self, CadenceChange, Decided};
use crate::views::{CadenceView, code};

pub fn read() -> Router<Api> {
    Router::new().route("/cadans", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new().route("/cadans", post(decide))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    gedaan: Option<String>,
    /// How many earlier decisions are void by it.
    vervallen: Option<u32>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    page(&api, &visit, &asked, &Tried::default()).await
}

impl Asked {
    /// What the decision before this page came to: nothing, or another cadence from a day on.
    fn done(&self, today: NaiveDate) -> Option<String> {
        const VOID: &str = " Eerdere besluiten die op of na die dag ingingen, zijn daardoor vervallen.";
        let what = self.gedaan.as_deref()?;
        if what == "niets" {
            return Some("Deze cadans gold al; er is niets vastgelegd.".to_owned());
        }
        let from: NaiveDate = what.parse().ok()?;
        let decided = match from > today {
            true => format!("De cadans is vastgelegd en gaat in op {}; tot die dag verandert er niets.", day(from)),
            false => "De cadans is vastgelegd en geldt binnen een minuut.".to_owned(),
        };
        Some(decided + if self.vervallen.is_some() { VOID } else { "" })
    }
}

async fn page(api: &Api, visit: &Visit, asked: &Asked, tried: &Tried) -> Answer {
    let view = ops::cadence(&api.app).await?;
    let main = html! {
        h1 { "Cadans" }
        (told(asked.done(view.today).as_deref()))
        (tried.told())
        (facts(&[
            ("Nu", cell(word(&view.cadence))),
            ("Lopende periode", html! { (view.running.to_string()) ", verschijnt " (word(&view.running_in)) }),
        ]))
        @for ahead in &view.ahead { p { "Vanaf " (day(ahead.from)) ": " (word(&ahead.cadence)) "." } }
        @if visit.caller.may_see_details() { (form(visit, &view, tried)) }
        h2 { "Besluiten" }
        (table("Besluiten", &["Vanaf", "Cadans", "Geldt", "Besloten", "Wie", "Reden"], &decisions(&view)))
    };
    Ok(tried.answer(Page { visit, title: "Cadans", menu: "Cadans", live: false }.show(&main)))
}

fn decisions(view: &CadenceView) -> Vec<Vec<Markup>> {
    let row = |it: &crate::views::CadenceDecisionView| {
        let stands = if it.stands { "ja" } else { "vervallen" };
        let what = [cell(day(it.from)), cell(word(&it.cadence)), cell(stands)];
        what.into_iter().chain([cell(time(it.decided_at)), cell(&it.actor), cell(&it.reason)]).collect()
    };
    view.decisions.iter().rev().map(row).collect()
}

fn another() -> Form {
    Form::new("andere-cadans", &[("cadence", "Cadans"), ("from", "Vanaf"), REASON])
}

fn form(visit: &Visit, view: &CadenceView, tried: &Tried) -> Markup {
    let form = tried.of(another());
    html! {
        h2 { "Andere cadans" }
        form.kaart id=(form.form()) method="post" action="/cadans" {
            (csrf(visit))
            (form.label("cadence"))
            select id=(form.id("cadence")) name="cadence" aria-invalid=[form.invalid("cadence")] aria-describedby=[form.explained("cadence")] {
                @for kind in CADENCES {
                    @let name = code(kind);
                    option value=(name) selected[form.chosen("cadence", &name, name == view.cadence)] { (word(&name)) }
                }
            }
            (form.wrong("cadence"))
            (form.input("from", &Input::day().at_first(&view.today)))
            (form.reason())
            p.klein {
                "Vier weken waarin een kortere cadans begint of eindigt, verschijnen in hun geheel in de kortere. "
                "Regio's leveren dan tussentijds. Langere perioden blijven verschijnen, als som."
            }
            button { "Leg vast" }
        }
    }
}

async fn decide(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    match decision(&api, &visit, &fields).await {
        Ok(Decided { view, from }) => {
            let what = from.map_or_else(|| "niets".to_owned(), |from| from.to_string());
            let voided =
                if view.voided.is_empty() { String::new() } else { format!("&vervallen={}", view.voided.len()) };
            Ok(Redirect::to(&format!("/cadans?gedaan={what}{voided}")).into_response())
        }
        Err(failure) => page(&api, &visit, &Asked::default(), &Tried::refused(another(), fields, failure)).await,
    }
}

async fn decision(api: &Api, visit: &Visit, fields: &Fields) -> Result<Decided, Failure> {
    let reason = fields.text("reason").to_owned();
    let asked = CadenceChange {
        cadence: fields.text("cadence").to_owned(),
        from: fields.optional("from")?,
        reason: reason.clone(),
    };
    Ok(ops::decide(&api.app, &asked, &api.change(&visit.caller, &reason)).await?)
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn it_says_what_a_decision_came_to() {
        let today = "2020-09-14".parse().unwrap();
        let done = |gedaan: Option<&str>, vervallen| Asked { gedaan: gedaan.map(str::to_owned), vervallen }.done(today);
        assert_eq!(done(None, None), None);
        assert!(done(Some("niets"), None).unwrap().contains("er is niets vastgelegd"));
        assert!(done(Some("2020-09-14"), None).unwrap().ends_with("geldt binnen een minuut."));
        let later = done(Some("2020-10-01"), Some(2)).unwrap();
        assert!(later.contains("gaat in op 1-10-2020") && later.ends_with("vervallen."), "{later}");
    }
}
