//! Cadans: how often is published, and the one decision by which that changes.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;

use super::fields::Fields;
use super::frame::{Answer, Page, cell, csrf, facts, reason, table, told};
use super::session::Visit;
use super::words::{day, time, word};
use crate::api::Api;
use crate::cadence::CADENCES;
use crate::ops::{self, CadenceChange};
use crate::views::{CadenceView, code};

pub fn read() -> Router<Api> {
    Router::new().route("/cadans", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new().route("/cadans", post(decide))
}

#[derive(Debug, Deserialize)]
struct Asked {
    gedaan: Option<String>,
    /// How many earlier decisions are void by it.
    vervallen: Option<u32>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    let view = ops::cadence(&api.app).await?;
    let main = html! {
        h1 { "Cadans" }
        (told(asked.gedaan.map(|_| "De cadans is vastgelegd en geldt binnen een minuut.")))
        (told(asked.vervallen.map(|_| "Eerdere besluiten die op of na die dag ingingen, zijn daardoor vervallen.")))
        (facts(&[
            ("Nu", cell(word(&view.cadence))),
            ("Lopende periode", html! { (view.running.to_string()) ", verschijnt " (word(&view.running_in)) }),
        ]))
        @for ahead in &view.ahead { p { "Vanaf " (day(ahead.from)) ": " (word(&ahead.cadence)) "." } }
        @if visit.caller.may_see_details() { (form(&visit, &view)) }
        h2 { "Besluiten" }
        (table("Besluiten", &["Vanaf", "Cadans", "Geldt", "Besloten", "Wie", "Reden"], &decisions(&view)))
    };
    Ok(Page { visit: &visit, title: "Cadans", menu: "Cadans", live: false }.show(&main).into_response())
}

fn decisions(view: &CadenceView) -> Vec<Vec<Markup>> {
    let row = |it: &crate::views::CadenceDecisionView| {
        let stands = if it.stands { "ja" } else { "vervallen" };
        let what = [cell(day(it.from)), cell(word(&it.cadence)), cell(stands)];
        what.into_iter().chain([cell(time(it.decided_at)), cell(&it.actor), cell(&it.reason)]).collect()
    };
    view.decisions.iter().rev().map(row).collect()
}

fn form(visit: &Visit, view: &CadenceView) -> Markup {
    html! {
        h2 { "Andere cadans" }
        form.kaart method="post" action="/cadans" {
            (csrf(visit))
            label for="cadence" { "Cadans" }
            select #cadence name="cadence" {
                @for kind in CADENCES {
                    @let name = code(kind);
                    option value=(name) selected[name == view.cadence] { (word(&name)) }
                }
            }
            label for="from" { "Vanaf" }
            input #from type="date" name="from" value=(view.today);
            (reason("cadans-reden"))
            p.klein {
                "Vier weken waarin een kortere cadans begint of eindigt, verschijnen in hun geheel in de kortere. "
                "Regio's leveren dan tussentijds. Langere perioden blijven verschijnen, als som."
            }
            button { "Leg vast" }
        }
    }
}

async fn decide(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let reason = fields.text("reason").to_owned();
    let asked = CadenceChange {
        cadence: fields.text("cadence").to_owned(),
        from: fields.optional("from")?,
        reason: reason.clone(),
    };
    let view = ops::decide(&api.app, &asked, &api.change(&visit.caller, &reason)).await?;
    api.shown.forget();
    let voided = if view.voided.is_empty() { String::new() } else { format!("&vervallen={}", view.voided.len()) };
    Ok(Redirect::to(&format!("/cadans?gedaan=ja{voided}")).into_response())
}
