//! Alerts, and what is not to be told for a while.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change;
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, Asked, At, Given, Reason, fifty, rows};
use crate::ops::{self, MuteBody, TrialBody};
use crate::problem::Problem;
use crate::views::{AlertView, MuteView, TrialView};

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(alerts)).routes(routes!(mutes))
}

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(mute)).routes(routes!(unmute)).routes(routes!(try_channels))
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Alerts {
    /// Only those that go on.
    #[serde(default)]
    open: bool,
    /// How many rows, at most 500.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default = "fifty")]
    limit: u32,
}

/// What is wrong or was, newest first, and who was told. Why, and what to do, is for operators.
#[utoipa::path(get, path = "/v1/alerts", tag = "look", params(Alerts), responses((status = 200, body = [AlertView])))]
async fn alerts(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Asked(asked): Asked<Alerts>,
) -> Answer<Vec<AlertView>> {
    let alerts = ops::alerts(&api.app, asked.open, rows(asked.limit)?).await?;
    if caller.may_see_details() {
        return Ok(Json(alerts));
    }
    Ok(Json(alerts.into_iter().map(AlertView::without_details).collect()))
}

/// What is not told now, who decided that, and until when.
#[utoipa::path(get, path = "/v1/alerts/mutes", tag = "look", responses((status = 200, body = [MuteView])))]
async fn mutes(State(api): State<Api>) -> Answer<Vec<MuteView>> {
    Ok(Json(ops::mutes(&api.app).await?))
}

/// Tell nothing of a rule or a subject until a day has ended.
#[utoipa::path(post, path = "/v1/alerts/mutes", tag = "steer", request_body = MuteBody,
    responses((status = 200, body = MuteView)))]
async fn mute(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<MuteBody>,
) -> Answer<MuteView> {
    Ok(Json(ops::mute(&api.app, &body, &change(&api, &caller, &body.reason)).await?))
}

/// Tell it again before that day.
#[utoipa::path(post, path = "/v1/alerts/mutes/{id}/end", tag = "steer", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = MuteView)))]
async fn unmute(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<MuteView> {
    Ok(Json(ops::unmute(&api.app, id, &change(&api, &caller, &body.reason)).await?))
}

/// Send a test message over every channel, or over one, and say what happened.
#[utoipa::path(post, path = "/v1/alerts/test", tag = "steer", request_body = TrialBody,
    responses((status = 200, body = [TrialView]),
        (status = 404, description = "No such channel is configured", body = Problem, content_type = "application/problem+json")))]
async fn try_channels(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<TrialBody>,
) -> Answer<Vec<TrialView>> {
    Ok(Json(ops::test_alerts(&api.app, &body, &change(&api, &caller, &body.reason)).await?))
}
