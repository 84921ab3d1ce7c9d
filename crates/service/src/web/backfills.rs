//! Backfill: months are pulled again. First what that would change is shown; it begins when that is confirmed.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::{Markup, html};
use vt_ledger::BackfillState;

use super::causes;
use super::fields::Fields;
use super::frame::{Answer, LIVE_SECONDS, Page, cell, csrf, facts, reason, table};
use super::session::Visit;
use super::words::{count, month, time, word};
use crate::api::Api;
use crate::backfill::{Asked, BackfillPlan, Effect, PlanError, PlannedSnapshot};
use crate::ops::{self, Wrong};
use crate::views::{BackfillItemView, BackfillView};

pub fn read() -> Router<Api> {
    Router::new().route("/backfill", get(list)).route("/backfill/{id}", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new()
        .route("/backfill/plan", post(plan))
        .route("/backfill", post(apply))
        .route("/backfill/{id}/{wat}", post(change))
}

async fn list(State(api): State<Api>, Extension(visit): Extension<Visit>) -> Answer {
    let all = ops::backfills(&api.app, 100).await?;
    let row = |it: &BackfillView| {
        vec![
            html! { a href={ "/backfill/" (it.id) } { (it.id) } },
            cell(word(&it.state)),
            cell(time(it.begun_at)),
            cell(it.ended_at.map_or_else(|| "–".to_owned(), time)),
            cell(format!("{} klaar, {} te doen, {} mislukt", it.done, it.waiting, it.failed)),
            cell(&it.actor),
            cell(it.reason.as_deref().unwrap_or("–")),
        ]
    };
    let rows: Vec<Vec<Markup>> = all.iter().map(row).collect();
    let columns = ["Nummer", "Toestand", "Begonnen", "Geëindigd", "Regio-maanden", "Wie", "Reden"];
    let main = html! {
        h1 { "Backfill" }
        p { "Een backfill haalt maanden opnieuw op en publiceert wat daardoor verandert." }
        @if visit.caller.may_see_details() { (form(&api, &visit)) }
        h2 { "Backfills" }
        (table("Backfills, nieuwste eerst", &columns, &rows))
    };
    Ok(Page { visit: &visit, title: "Backfill", menu: "Backfill", live: false }.show(&main).into_response())
}

fn form(api: &Api, visit: &Visit) -> Markup {
    let regions = api.app.register.vt_regions(api.app.clock.today());
    html! {
        h2 { "Nieuwe backfill" }
        form.kaart method="post" action="/backfill/plan" {
            (csrf(visit))
            label for="from" { "Eerste maand" }
            input #from type="month" name="from" required placeholder="2019-01" pattern="[0-9]{4}-[0-9]{2}";
            label for="to" { "Laatste maand" }
            input #to type="month" name="to" required placeholder="2020-06" pattern="[0-9]{4}-[0-9]{2}";
            label for="regions" { "Regio's (geen keuze: alle)" }
            select #regions name="regions" multiple size="6" {
                @for region in regions { option value=(region.code) { (region.code) " " (region.naam) } }
            }
            label for="plan-reden" { "Reden" }
            input #plan-reden type="text" name="reason" maxlength="300";
            p.klein { "Met een reden krijgen veranderde perioden meteen een nieuwe uitgave; zonder reden op hun eigen dag." }
            button { "Laat zien wat dit doet" }
        }
    }
}

async fn plan(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let asked = Asked {
        from: fields.required("from")?,
        to: fields.required("to")?,
        regions: fields.all("regions"),
        reason: Some(fields.text("reason").to_owned()).filter(|reason| !reason.is_empty()),
    };
    let plan = ops::plan(&api.app, asked).await?;
    let text = serde_json::to_string(&plan).map_err(anyhow::Error::from)?;
    let main = html! {
        h1 { "Plan voor een backfill" }
        (facts(&[
            ("Maanden", html! { (month(plan.asked.from)) " t/m " (month(plan.asked.to)) }),
            ("Regio's", cell(if plan.asked.regions.is_empty() { "alle".to_owned() } else { plan.asked.regions.join(", ") })),
            ("Op te halen", cell(count(plan.pulls.len(), "regio-maand", "regio-maanden"))),
            ("Overgeslagen", cell(count(plan.skipped.len(), "regio-maand", "regio-maanden"))),
            ("Reden", cell(plan.asked.reason.as_deref().unwrap_or("geen"))),
        ]))
        h2 { "Gevolgen per periode" }
        (table("Gevolgen per periode", &["Periode", "Gevolg", "Uitgave", "Nieuw geleverd", "Cellen die veranderen"], &effects(&plan)))
        (skipped(&plan))
        @if plan.pulls.is_empty() { p.fout { "Dit plan haalt niets op." } }
        @else {
            form.kaart method="post" action="/backfill" {
                (csrf(&visit))
                input type="hidden" name="plan" value=(text);
                p { "Het plan geldt zolang er niets verandert. Is er dan iets anders, dan begint er niets en ziet u wat." }
                button { "Begin deze backfill" }
                " " a href="/backfill" { "Toch niet" }
            }
        }
    };
    Ok(Page { visit: &visit, title: "Plan voor een backfill", menu: "Backfill", live: false }
        .show(&main)
        .into_response())
}

fn effects(plan: &BackfillPlan) -> Vec<Vec<Markup>> {
    let cells = |it: &PlannedSnapshot| match &it.cells {
        None => "nog niet te zeggen".to_owned(),
        Some(areas) if areas.values().all(|cells| cells.changed == 0) => "geen".to_owned(),
        Some(areas) => {
            let changed = areas.iter().filter(|(_, cells)| cells.changed > 0);
            changed
                .map(|(area, cells)| format!("{area}: {} van {}", cells.changed, cells.of))
                .collect::<Vec<_>>()
                .join("; ")
        }
    };
    let new = |it: &PlannedSnapshot| {
        it.new
            .iter()
            .map(|new| format!("{} {} nr. {}", new.vt, month(new.maand), new.counts))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let row = |it: &PlannedSnapshot| {
        vec![
            cell(it.periode.to_string()),
            cell(effect(it.effect)),
            cell(it.issue.to_string()),
            cell(new(it)),
            cell(cells(it)),
        ]
    };
    plan.snapshots.iter().map(row).collect()
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::FirstIssue => "verschijnt voor het eerst",
        Effect::NewIssue => "krijgt een nieuwe uitgave",
        Effect::WaitsForItsDay => "veranderd, wacht op zijn dag",
        Effect::FollowsAsSum => "volgt als som",
        Effect::IfDelivered => "alleen als er iets nieuws geleverd wordt",
    }
}

fn skipped(plan: &BackfillPlan) -> Markup {
    html! {
        @if !plan.skipped.is_empty() {
            details {
                summary { "Overgeslagen regio-maanden" }
                ul { @for it in &plan.skipped { li { (it.vt) " " (month(it.maand)) ": " (left_out(&it.why)) } } }
            }
        }
    }
}

/// Why a plan leaves a region-month out, in Dutch; as it is when it is not known.
fn left_out(why: &str) -> String {
    match why.split_once(": ") {
        Some(("is kept out", reason)) => format!("gepauzeerd of buiten gebruik: {reason}"),
        _ if why == "has no source in regions.toml" => "er is geen leverpunt ingesteld".to_owned(),
        _ => why.to_owned(),
    }
}

async fn apply(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let plan =
        BackfillPlan::read("the plan", fields.text("plan")).map_err(|error: PlanError| anyhow::Error::from(error))?;
    let begun = ops::begin(&api.app, &plan, &api.change(&visit.caller, "")).await?;
    Ok(Redirect::to(&format!("/backfill/{}", begun.id)).into_response())
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Path(id): Path<i64>) -> Answer {
    let view = ops::one(&api.app, id).await?;
    let view = if visit.caller.may_see_details() { view } else { view.without_details() };
    let live = view.ended_at.is_none();
    let title = format!("Backfill {id}");
    let main = html! {
        h1 { (title) }
        div #live hx-get=[live.then(|| format!("/backfill/{id}"))] hx-trigger=[live.then(|| format!("every {LIVE_SECONDS}s"))]
            hx-select="#live" hx-swap="outerHTML" {
            (progress(&view))
            (items(&view))
        }
        @if visit.caller.may_see_details() { (steering(&visit, &view)) }
    };
    Ok(Page { visit: &visit, title: &title, menu: "Backfill", live }.show(&main).into_response())
}

fn progress(view: &BackfillView) -> Markup {
    let all = view.waiting + view.done + view.failed + view.cancelled;
    let over = all - view.waiting;
    html! {
        p {
            progress value=(over) max=(all.max(1)) aria-label="Voortgang" {}
            " " (over) " van " (all) " regio-maanden"
        }
        (facts(&[
            ("Toestand", cell(word(&view.state))),
            ("Begonnen", cell(time(view.begun_at))),
            ("Geëindigd", cell(view.ended_at.map_or_else(|| "nog niet".to_owned(), time))),
            ("Einde verwacht", cell(view.expected_end.map_or_else(|| "–".to_owned(), time))),
            ("Klaar", cell(view.done.to_string())),
            ("Mislukt", cell(view.failed.to_string())),
            ("Wie", cell(&view.actor)),
            ("Reden", cell(view.reason.as_deref().unwrap_or("geen"))),
        ]))
        @if let Some(why) = &view.unpublished {
            p.fout { "Niet alles kon verschijnen." @if !why.is_empty() { br; span.klein lang="en" { (why) } } }
        }
    }
}

fn items(view: &BackfillView) -> Markup {
    let row = |it: &BackfillItemView| {
        vec![html! { (it.vt) " " (month(it.maand)) }, cell(word(&it.state)), cell(it.attempts.to_string()), failure(it)]
    };
    let rows: Vec<Vec<Markup>> = view.items.iter().map(row).collect();
    html! {
        details open[view.failed > 0] {
            summary { "Regio-maanden" }
            (table("Regio-maanden", &["Regio-maand", "Toestand", "Pogingen", "Wat misging"], &rows))
        }
    }
}

/// Why a region-month failed: in Dutch, and for operators what the system says.
fn failure(it: &BackfillItemView) -> Markup {
    let message = it.failure.as_deref().unwrap_or_default();
    html! {
        @if let Some(class) = &it.class { (causes::pull(class)) }
        @if !message.is_empty() { br; span.klein lang="en" { (message) } }
    }
}

fn steering(visit: &Visit, view: &BackfillView) -> Markup {
    let mut ways: Vec<(&str, &str)> = Vec::new();
    match view.state.as_str() {
        "running" => ways.extend([("pauze", "Pauzeer"), ("stop", "Stop voorgoed")]),
        "paused" => ways.extend([("hervat", "Ga verder"), ("stop", "Stop voorgoed")]),
        _ => {}
    }
    if view.failed > 0 || view.unpublished.is_some() {
        ways.push(("opnieuw", "Probeer wat mislukte opnieuw"));
    }
    html! {
        @if !ways.is_empty() {
            h2 { "Besluiten" }
            div.kaarten {
                @for (way, words) in ways {
                    form.kaart method="post" action={ "/backfill/" (view.id) "/" (way) } {
                        (csrf(visit))
                        (reason(&format!("{way}-reden")))
                        button { (words) }
                    }
                }
            }
        }
    }
}

async fn change(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path((id, way)): Path<(i64, String)>,
    fields: Fields,
) -> Answer {
    let change = api.change(&visit.caller, fields.text("reason"));
    match way.as_str() {
        "pauze" => ops::steer(&api.app, id, BackfillState::Paused, &change).await?,
        "hervat" => ops::steer(&api.app, id, BackfillState::Running, &change).await?,
        "stop" => ops::steer(&api.app, id, BackfillState::Cancelled, &change).await?,
        "opnieuw" => ops::retry(&api.app, id, &change).await?,
        _ => return Err(Wrong::new("wat", "pauze, hervat, stop or opnieuw").into()),
    };
    Ok(Redirect::to(&format!("/backfill/{id}")).into_response())
}
