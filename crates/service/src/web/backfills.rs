//! Backfill: months are pulled again. First what that would change is shown; it begins when that is confirmed.

mod one;
mod plan;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use vt_ledger::BackfillState;

use super::asked::{Path, Query};
use super::fields::Fields;
use super::forms::{Form, Input, Tried};
use super::frame::{Answer, Failure, Page, cell, csrf, table};
use super::session::Visit;
use super::words::{time, word};
use crate::api::Api;
use crate::backfill::{Asked, BackfillPlan};
use crate::ops;
use crate::views::BackfillView;

pub fn read() -> Router<Api> {
    Router::new().route("/backfill", get(list)).route("/backfill/{id}", get(show))
}

pub fn steer() -> Router<Api> {
    Router::new()
        .route("/backfill/plan", post(make))
        .route("/backfill", post(apply))
        .route("/backfill/{id}/{wat}", post(change))
}

async fn list(State(api): State<Api>, Extension(visit): Extension<Visit>) -> Answer {
    page(&api, &visit, &Tried::default()).await
}

async fn page(api: &Api, visit: &Visit, tried: &Tried) -> Answer {
    let all = ops::backfills(&api.app, 100).await?;
    let row = |it: &BackfillView| {
        let BackfillView { done, waiting, failed, cancelled, .. } = it;
        vec![
            html! { a href={ "/backfill/" (it.id) } { (it.id) } },
            cell(word(&it.state)),
            cell(time(it.begun_at)),
            cell(it.ended_at.map_or_else(|| "–".to_owned(), time)),
            cell(format!("{done} klaar, {waiting} te doen, {failed} mislukt, {cancelled} afgebroken")),
            cell(&it.actor),
            cell(it.reason.as_deref().unwrap_or("–")),
        ]
    };
    let rows: Vec<Vec<Markup>> = all.iter().map(row).collect();
    let columns = ["Nummer", "Toestand", "Begonnen", "Geëindigd", "Regio-maanden", "Wie", "Reden"];
    let main = html! {
        h1 { "Backfill" }
        p { "Een backfill haalt maanden opnieuw op en publiceert wat daardoor verandert." }
        (tried.told())
        @if visit.caller.may_see_details() { (form(api, visit, tried)) }
        h2 { "Backfills" }
        (table("Backfills, nieuwste eerst", &columns, &rows))
    };
    Ok(tried.answer(Page { visit, title: "Backfill", menu: "Backfill", live: false }.show(&main)))
}

fn planning() -> Form {
    const LABELS: &[(&str, &str)] = &[
        ("from", "Eerste maand"),
        ("to", "Laatste maand"),
        ("regions", "Regio's (geen keuze: alle)"),
        ("reason", "Reden (mag leeg blijven)"),
    ];
    Form::new("nieuwe-backfill", LABELS)
}

fn form(api: &Api, visit: &Visit, tried: &Tried) -> Markup {
    let regions = api.app.register.vt_regions(api.app.clock.today());
    let form = tried.of(planning());
    html! {
        h2 { "Nieuwe backfill" }
        form.kaart id=(form.form()) method="post" action="/backfill/plan" {
            (csrf(visit))
            (form.input("from", &Input::month().required()))
            (form.input("to", &Input::month().required()))
            (form.label("regions"))
            select id=(form.id("regions")) name="regions" multiple size="6" aria-invalid=[form.invalid("regions")]
                aria-describedby=[form.explained("regions")] {
                @for region in regions {
                    option value=(region.code) selected[form.chosen("regions", &region.code, false)] { (region.code) " " (region.naam) }
                }
            }
            (form.wrong("regions"))
            (form.input("reason", &Input::reason()))
            p.klein { "Met een reden krijgen veranderde perioden meteen een nieuwe uitgave; zonder reden op hun eigen dag." }
            button { "Laat zien wat dit doet" }
        }
    }
}

async fn make(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    match planned(&api, &fields).await {
        Ok((plan, text)) => Ok(plan::page(&visit, &plan, &text)),
        Err(failure) => page(&api, &visit, &Tried::refused(planning(), fields, failure)).await,
    }
}

async fn planned(api: &Api, fields: &Fields) -> Result<(BackfillPlan, String), Failure> {
    let asked = Asked {
        from: fields.required("from")?,
        to: fields.required("to")?,
        regions: fields.all("regions"),
        reason: Some(fields.text("reason").to_owned()).filter(|reason| !reason.is_empty()),
    };
    let plan = ops::plan(&api.app, asked).await?;
    let text = serde_json::to_string(&plan).map_err(anyhow::Error::from)?;
    Ok((plan, text))
}

async fn apply(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    let plan = match BackfillPlan::read("the plan", fields.text("plan")) {
        Ok(plan) => plan,
        Err(error) => {
            let tried = Tried::refused(planning(), Fields::default(), anyhow::Error::from(error).into());
            return page(&api, &visit, &tried).await;
        }
    };
    match ops::begin(&api.app, &plan, &api.change(&visit.caller, "")).await {
        Ok(begun) => Ok(Redirect::to(&format!("/backfill/{}?gedaan=begonnen", begun.id)).into_response()),
        // What was asked stands in the form again: a new plan is one click away.
        Err(error) => {
            let tried = Tried::refused(planning(), filled(&plan.asked), error.into());
            page(&api, &visit, &tried).await
        }
    }
}

/// The form as it was filled in for a plan.
fn filled(asked: &Asked) -> Fields {
    let field = |name: &str, text: String| (name.to_owned(), text);
    let mut fields = vec![field("from", asked.from.to_string()), field("to", asked.to.to_string())];
    fields.extend(asked.regions.iter().map(|vt| field("regions", vt.clone())));
    fields.push(field("reason", asked.reason.clone().unwrap_or_default()));
    Fields::of(fields)
}

#[derive(Debug, Deserialize)]
struct Showing {
    gedaan: Option<String>,
    stand: Option<String>,
}

async fn show(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(showing): Query<Showing>,
    headers: HeaderMap,
) -> Answer {
    // Only the library has a part of the page already; whoever opens the same address gets all of it.
    let has = showing.stand.as_deref().filter(|_| headers.contains_key("hx-request"));
    let view = seen(&api, &visit, id).await?;
    Ok(one::page(&visit, &view, has, &one::done(showing.gedaan.as_deref()), &Tried::default()))
}

/// A backfill as somebody may see it.
async fn seen(api: &Api, visit: &Visit, id: i64) -> Result<BackfillView, Failure> {
    let view = ops::one(&api.app, id).await?;
    Ok(if visit.caller.may_see_details() { view } else { view.without_details() })
}

async fn change(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path((id, way)): Path<(i64, String)>,
    fields: Fields,
) -> Answer {
    let change = api.change(&visit.caller, fields.text("reason"));
    let done = match way.as_str() {
        "pauze" => ops::steer(&api.app, id, BackfillState::Paused, &change).await,
        "hervat" => ops::steer(&api.app, id, BackfillState::Running, &change).await,
        "stop" => ops::steer(&api.app, id, BackfillState::Cancelled, &change).await,
        "opnieuw" => ops::retry(&api.app, id, &change).await,
        _ => return Err(Failure::new(404)),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/backfill/{id}?gedaan={way}")).into_response()),
        Err(error) => {
            let tried = Tried::refused(one::deciding(&way), fields, error.into());
            Ok(one::page(&visit, &seen(&api, &visit, id).await?, None, &html! {}, &tried))
        }
    }
}
