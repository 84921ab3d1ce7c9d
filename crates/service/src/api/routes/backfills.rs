//! Backfills.

use axum::extract::State;
use axum::response::sse::Event;
use axum::{Extension, Json};
use futures::Stream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vt_ledger::BackfillState;

use super::live::{BackfillProgress, Streamed};
use super::{change, live};
use crate::access::Caller;
use crate::api::extract::{Answer, At, Given, Reason};
use crate::api::{Api, ApiError};
use crate::backfill::{Asked, BackfillPlan};
use crate::ops;
use crate::views::BackfillView;

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(backfills)).routes(routes!(backfill)).routes(routes!(events))
}

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(plan))
        .routes(routes!(apply))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(retry))
}

/// The newest hundred backfills, without their region-months.
#[utoipa::path(get, path = "/v1/backfills", tag = "backfills", responses((status = 200, body = [BackfillView])))]
async fn backfills(State(api): State<Api>, Extension(caller): Extension<Caller>) -> Answer<Vec<BackfillView>> {
    let all = ops::backfills(&api.app, 100).await?.into_iter();
    let details = caller.may_see_details();
    Ok(Json(all.map(|view| if details { view } else { view.without_details() }).collect()))
}

/// A backfill, with its region-months.
#[utoipa::path(get, path = "/v1/backfills/{id}", tag = "backfills", params(("id" = i64, Path)),
    responses((status = 200, body = BackfillView)))]
async fn backfill(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
) -> Answer<BackfillView> {
    let view = ops::one(&api.app, id).await?;
    Ok(Json(if caller.may_see_details() { view } else { view.without_details() }))
}

/// How far a backfill is (server-sent events `progress`, each the backfill in JSON without its region-months, whenever it changed);
/// ends with an event `end`, the same.
#[utoipa::path(get, path = "/v1/backfills/{id}/events", tag = "backfills", params(("id" = i64, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn events(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
) -> Streamed<impl Stream<Item = Result<Event, axum::Error>>> {
    api.app.ledger.backfill(id).await.map_err(anyhow::Error::from)?;
    Ok(live::follow(api, BackfillProgress::new(id, caller.may_see_details())))
}

/// Say what pulling months again would do; changes nothing.
#[utoipa::path(post, path = "/v1/backfills/plan", tag = "backfills", request_body = Asked,
    responses((status = 200, body = BackfillPlan)))]
async fn plan(State(api): State<Api>, Given(asked): Given<Asked>) -> Answer<BackfillPlan> {
    Ok(Json(ops::plan(&api.app, asked).await?))
}

/// Carry out a plan, while what it was made on still holds.
#[utoipa::path(post, path = "/v1/backfills", tag = "backfills", request_body = BackfillPlan,
    responses((status = 200, body = BackfillView)))]
async fn apply(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(plan): Given<BackfillPlan>,
) -> Answer<BackfillView> {
    plan.whole("the plan").map_err(|error| ApiError::from(anyhow::Error::from(error)))?;
    Ok(Json(ops::begin(&api.app, &plan, &change(&api, &caller, "")).await?))
}

/// Stop a backfill for a while.
#[utoipa::path(post, path = "/v1/backfills/{id}/pause", tag = "backfills", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = BackfillView)))]
async fn pause(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<BackfillView> {
    Ok(Json(ops::steer(&api.app, id, BackfillState::Paused, &change(&api, &caller, &body.reason)).await?))
}

/// Go on with a backfill.
#[utoipa::path(post, path = "/v1/backfills/{id}/resume", tag = "backfills", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = BackfillView)))]
async fn resume(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<BackfillView> {
    Ok(Json(ops::steer(&api.app, id, BackfillState::Running, &change(&api, &caller, &body.reason)).await?))
}

/// Stop a backfill for good; what was pulled stays.
#[utoipa::path(post, path = "/v1/backfills/{id}/cancel", tag = "backfills", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = BackfillView)))]
async fn cancel(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<BackfillView> {
    Ok(Json(ops::steer(&api.app, id, BackfillState::Cancelled, &change(&api, &caller, &body.reason)).await?))
}

/// Pull once more what failed.
#[utoipa::path(post, path = "/v1/backfills/{id}/retry", tag = "backfills", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = BackfillView)))]
async fn retry(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<BackfillView> {
    Ok(Json(ops::retry(&api.app, id, &change(&api, &caller, &body.reason)).await?))
}
