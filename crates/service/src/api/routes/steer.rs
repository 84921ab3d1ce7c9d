//! Cadence, and what is agreed with regions.

use axum::extract::State;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change;
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, At, Given, Reason};
use crate::ops::{self, Arrange, CadenceChange};
use crate::problem::Problem;
use crate::views::{ArrangementView, CadenceView};

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(cadence)).routes(routes!(arrangements))
}

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(set_cadence))
        .routes(routes!(arrange))
        .routes(routes!(end))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// How often is published, and who decided that.
#[utoipa::path(get, path = "/v1/cadence", tag = "look", responses((status = 200, body = CadenceView)))]
async fn cadence(State(api): State<Api>) -> Answer<CadenceView> {
    Ok(Json(ops::cadence(&api.app).await?))
}

/// Publish in another rhythm from a day on.
#[utoipa::path(post, path = "/v1/cadence", tag = "steer", request_body = CadenceChange,
    responses((status = 200, body = CadenceView)))]
async fn set_cadence(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<CadenceChange>,
) -> Answer<CadenceView> {
    Ok(Json(ops::decide(&api.app, &body, &change(&api, &caller, &body.reason)).await?.view))
}

/// What was agreed with regions, ended or not. Who is behind it, and why, is for operators.
#[utoipa::path(get, path = "/v1/arrangements", tag = "look", responses((status = 200, body = [ArrangementView])))]
async fn arrangements(State(api): State<Api>, Extension(caller): Extension<Caller>) -> Answer<Vec<ArrangementView>> {
    let all = ops::arrangements(&api.app).await?;
    if caller.may_see_details() {
        return Ok(Json(all));
    }
    Ok(Json(all.into_iter().map(ArrangementView::without_details).collect()))
}

/// Note an outage, or give a region longer for a month.
#[utoipa::path(post, path = "/v1/arrangements", tag = "steer", request_body = Arrange,
    responses((status = 200, body = ArrangementView), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn arrange(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<Arrange>,
) -> Answer<ArrangementView> {
    Ok(Json(ops::arrange(&api.app, &body, &change(&api, &caller, &body.reason)).await?))
}

/// End what was agreed before its time.
#[utoipa::path(post, path = "/v1/arrangements/{id}/end", tag = "steer", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = ArrangementView)))]
async fn end(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<ArrangementView> {
    Ok(Json(ops::end(&api.app, id, &change(&api, &caller, &body.reason)).await?))
}

/// Pull a region no more until it is resumed.
#[utoipa::path(post, path = "/v1/regions/{vt}/pause", tag = "steer", params(("vt" = String, Path, example = "VT07")),
    request_body = Reason,
    responses((status = 200, body = ArrangementView)))]
async fn pause(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(vt): At<String>,
    Given(body): Given<Reason>,
) -> Answer<ArrangementView> {
    Ok(Json(ops::pause(&api.app, &vt, &change(&api, &caller, &body.reason)).await?))
}

/// Pull a paused region again.
#[utoipa::path(post, path = "/v1/regions/{vt}/resume", tag = "steer", params(("vt" = String, Path, example = "VT07")),
    request_body = Reason,
    responses((status = 200, body = [ArrangementView])))]
async fn resume(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(vt): At<String>,
    Given(body): Given<Reason>,
) -> Answer<Vec<ArrangementView>> {
    Ok(Json(ops::resume(&api.app, &vt, &change(&api, &caller, &body.reason)).await?))
}
