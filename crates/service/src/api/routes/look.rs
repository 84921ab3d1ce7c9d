//! What is there, what was done, and what comes up.

use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::Event;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use futures::Stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vt_domain::ManualClock;
use vt_domain::month::Month;
use vt_ledger::AuditFilter;

use super::live::{LastSeen, RunLines, Streamed};
use super::{change, live};
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, Asked, At, Given, Paging, Reason, fifty, rows};
use crate::ops::{self, DeliveryQuery, Status, Wrong};
use crate::overview::RegionOverview;
use crate::preview::Wake;
use crate::views::{AuditVerdictView, AuditView, DeliveryView, LineView, Page, RunView, StepView};

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(regions))
        .routes(routes!(deliveries))
        .routes(routes!(runs))
        .routes(routes!(run))
        .routes(routes!(steps))
        .routes(routes!(schedule))
}

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(run_now))
        .routes(routes!(lines))
        .routes(routes!(events))
        .routes(routes!(audit))
        .routes(routes!(verify_audit))
}

/// Which months and periods are there, late or due.
#[utoipa::path(get, path = "/v1/status", tag = "look", responses((status = 200, body = Status)))]
async fn status(State(api): State<Api>, Extension(caller): Extension<Caller>) -> Answer<Status> {
    let status = ops::status(&api.app).await?;
    Ok(Json(if caller.may_see_details() { status } else { status.without_details() }))
}

/// All regions, and how they are doing.
#[utoipa::path(get, path = "/v1/regions", tag = "look", responses((status = 200, body = [RegionOverview])))]
async fn regions(State(api): State<Api>) -> Answer<Vec<RegionOverview>> {
    Ok(Json(ops::regions(&api.app).await?))
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Deliveries {
    /// Only of this region.
    #[param(example = "VT07")]
    regio: Option<String>,
    /// Only of this month.
    #[param(value_type = Option<String>, example = "2020-07")]
    maand: Option<Month>,
    /// What the page before gave as `next`.
    after: Option<String>,
    /// How many rows, at most 500.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default = "fifty")]
    limit: u32,
}

/// Judged deliveries, by region, month and number. Counts of records are for operators.
#[utoipa::path(get, path = "/v1/deliveries", tag = "look", params(Deliveries),
    responses((status = 200, body = Page<DeliveryView>)))]
async fn deliveries(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Asked(asked): Asked<Deliveries>,
) -> Answer<Page<DeliveryView>> {
    let limit = rows(asked.limit)? as usize;
    if let Some(after) = asked.after.as_deref().filter(|after| !is_row(after)) {
        return Err(Wrong::new(
            "after",
            format!("`{after}` is no `next` of a page before"),
            "dit is geen vervolg van een lijst",
        )
        .into());
    }
    let query = DeliveryQuery { vt: asked.regio, maand: asked.maand };
    let all = ops::deliveries(&api.app, query, caller.may_see_details()).await?;
    Ok(Json(page(all, asked.after.as_deref(), limit)))
}

/// Whether a text names a row by region, month and number.
fn is_row(text: &str) -> bool {
    let mut parts = text.split('.');
    let (vt, maand, nr) = (parts.next(), parts.next(), parts.next());
    vt.is_some_and(|vt| vt.starts_with("VT"))
        && maand.is_some_and(|maand| maand.parse::<Month>().is_ok())
        && nr.is_some_and(|nr| nr.parse::<u32>().is_ok())
        && parts.next().is_none()
}

/// The rows after one that is named by region, month and number.
fn page(all: Vec<DeliveryView>, after: Option<&str>, limit: usize) -> Page<DeliveryView> {
    let name = |it: &DeliveryView| format!("{}.{}.{:06}", it.vt, it.maand, it.nr);
    let mut all = all;
    all.sort_by_key(name);
    let mut rows = all.into_iter().filter(|it| after.is_none_or(|after| name(it).as_str() > after));
    let items: Vec<DeliveryView> = rows.by_ref().take(limit).collect();
    let next = if rows.next().is_some() { items.last().map(name) } else { None };
    Page { items, next }
}

/// Runs, newest first.
#[utoipa::path(get, path = "/v1/runs", tag = "look", params(Paging),
    responses((status = 200, body = Page<RunView>)))]
async fn runs(State(api): State<Api>, Asked(paging): Asked<Paging>) -> Answer<Page<RunView>> {
    Ok(Json(ops::runs(&api.app, paging.after, rows(paging.limit)?).await?))
}

/// A run.
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "look", params(("id" = i64, Path)),
    responses((status = 200, body = RunView)))]
async fn run(State(api): State<Api>, At(id): At<i64>) -> Answer<RunView> {
    Ok(Json(ops::run(&api.app, id).await?))
}

/// The steps of a run.
#[utoipa::path(get, path = "/v1/runs/{id}/steps", tag = "look", params(("id" = i64, Path)),
    responses((status = 200, body = [StepView])))]
async fn steps(State(api): State<Api>, Extension(caller): Extension<Caller>, At(id): At<i64>) -> Answer<Vec<StepView>> {
    Ok(Json(ops::steps(&api.app, id, caller.may_see_details()).await?))
}

/// What a run logged, oldest first.
#[utoipa::path(get, path = "/v1/runs/{id}/lines", tag = "look", params(("id" = i64, Path), Paging),
    responses((status = 200, body = Page<LineView>)))]
async fn lines(State(api): State<Api>, At(id): At<i64>, Asked(paging): Asked<Paging>) -> Answer<Page<LineView>> {
    Ok(Json(ops::line_page(&api.app, id, paging.after.unwrap_or(0), rows(paging.limit)?).await?))
}

/// What a run logs, as it happens (server-sent events `line`, each a line in JSON); ends with an event `end`, the run itself.
#[utoipa::path(get, path = "/v1/runs/{id}/events", tag = "look",
    params(("id" = i64, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn events(
    State(api): State<Api>,
    At(id): At<i64>,
    LastSeen(above): LastSeen,
) -> Streamed<impl Stream<Item = Result<Event, axum::Error>>> {
    ops::run(&api.app, id).await?;
    Ok(live::follow(api, RunLines { id, above }))
}

/// Ask for a round now: it pulls and publishes what is due. The instance that leads takes it up within a minute.
#[utoipa::path(post, path = "/v1/runs", tag = "steer", request_body = Reason, responses((status = 200, body = AuditView)))]
async fn run_now(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<Reason>,
) -> Answer<AuditView> {
    Ok(Json(ops::request_round(&api.app, &change(&api, &caller, &body.reason)).await?))
}

/// From when, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LookAhead {
    /// From this instant; now when not given.
    from: Option<DateTime<Utc>>,
    /// How many wakes, at most 1000.
    #[param(minimum = 1, maximum = 1000)]
    #[serde(default = "twenty")]
    n: u32,
}

fn twenty() -> u32 {
    20
}

/// The next wakes, and what is expected and due at each.
#[utoipa::path(get, path = "/v1/schedule", tag = "look", params(LookAhead),
    responses((status = 200, body = [Wake])))]
async fn schedule(State(api): State<Api>, Asked(asked): Asked<LookAhead>) -> Answer<Vec<Wake>> {
    if !(1..=1000).contains(&asked.n) {
        return Err(Wrong::new("n", "from 1 to 1000", "van 1 tot en met 1000").into());
    }
    let within = |at: DateTime<Utc>| (2000..2098).contains(&chrono::Datelike::year(&at));
    if asked.from.is_some_and(|from| !within(from)) {
        return Err(Wrong::new("from", "a year from 2000 to 2097", "een jaar van 2000 tot en met 2097").into());
    }
    let app = match asked.from {
        Some(from) => api.app.at(Arc::new(ManualClock::at(from))),
        None => api.app.clone(),
    };
    Ok(Json(ops::schedule(&app, asked.n as usize).await?))
}

/// Which entries of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only what this one decided.
    actor: Option<String>,
    /// Only this kind.
    #[param(example = "cadence.set")]
    action: Option<String>,
    /// What the page before gave as `next`.
    after: Option<i64>,
    /// How many rows, at most 500.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default = "fifty")]
    limit: u32,
}

/// Who decided what, when and why; newest first.
#[utoipa::path(get, path = "/v1/audit", tag = "look", params(AuditQuery),
    responses((status = 200, body = Page<AuditView>)))]
async fn audit(State(api): State<Api>, Asked(asked): Asked<AuditQuery>) -> Answer<Page<AuditView>> {
    let AuditQuery { actor, action, after, limit } = asked;
    let filter = AuditFilter { actor, action, below: after, limit: rows(limit)?, ..AuditFilter::default() };
    Ok(Json(ops::audit_log(&api.app, &filter).await?))
}

/// What must be there.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Kept {
    /// The digest of an entry that was the newest once, kept elsewhere: says whether that entry is still there.
    #[param(pattern = "^[0-9A-Fa-f]{64}$")]
    expect: Option<String>,
}

/// Whether the audit log is whole.
#[utoipa::path(get, path = "/v1/audit/verify", tag = "look", params(Kept),
    responses((status = 200, body = AuditVerdictView)))]
async fn verify_audit(State(api): State<Api>, Asked(kept): Asked<Kept>) -> Answer<AuditVerdictView> {
    Ok(Json(ops::audit_verdict(&api.app, kept.expect.as_deref()).await?))
}
