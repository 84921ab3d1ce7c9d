//! What is ordered of single issues: to publish one now, and to give one up.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vt_domain::period::Period;

use super::change;
use super::snapshots::issue;
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, ApiError, At, Given, Reason};
use crate::ops::{self, PublishBody};
use crate::views::{OrderView, VoidView};

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(publish)).routes(routes!(void))
}

/// Publish a period now: its first issue, or with a reason its next one. What a rule refuses is told at once; the work goes on in a run, whether or not the caller waits: follow it at `/v1/runs/{id}`.
#[utoipa::path(post, path = "/v1/publish", tag = "snapshots", request_body = PublishBody,
    responses((status = 202, description = "It has begun, in this run", body = OrderView),
        (status = 200, description = "There is nothing to do", body = OrderView)))]
async fn publish(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<PublishBody>,
) -> Result<(StatusCode, Json<OrderView>), ApiError> {
    let change = change(&api, &caller, &body.reason);
    let order = ops::publish(&api.app, body, change).await?;
    let status = if order.run.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(order)))
}

/// Give up a reserved issue that can't be finished: its number stays unused, and its values bind the next issue.
#[utoipa::path(post, path = "/v1/snapshots/{cadans}/{periode}/{uitgave}/void", tag = "snapshots",
    params(("cadans" = String, Path, example = "four_weeks"), ("periode" = String, Path, example = "2020W407"),
        ("uitgave" = u32, Path)),
    request_body = Reason, responses((status = 200, body = VoidView)))]
async fn void(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(at): At<(String, Period, u32)>,
    Given(body): Given<Reason>,
) -> Answer<VoidView> {
    Ok(Json(ops::void(&api.app, issue(at)?, change(&api, &caller, &body.reason)).await?))
}
