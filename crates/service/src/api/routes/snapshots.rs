//! What is published.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::Issue;

use super::change;
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, ApiError, Asked, At, Given};
use crate::ops::{self, ErratumBody, Wrong};
use crate::problem::Problem;
use crate::views::{ErratumView, SnapshotDetail, SnapshotView, of_code};

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(snapshots))
        .routes(routes!(snapshot))
        .routes(routes!(difference))
        .routes(routes!(errata))
}

pub fn steer() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(add_erratum))
}

/// Which issues.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only of this cadence: week, two_weeks, four_weeks or iso_year.
    #[param(example = "four_weeks")]
    cadans: Option<String>,
}

/// All published issues, newest period first.
#[utoipa::path(get, path = "/v1/snapshots", tag = "snapshots", params(Which), responses((status = 200, body = [SnapshotView])))]
async fn snapshots(State(api): State<Api>, Asked(which): Asked<Which>) -> Answer<Vec<SnapshotView>> {
    let wrong =
        || Wrong::new("cadans", "week, two_weeks, four_weeks or iso_year", "week, two_weeks, four_weeks of iso_year");
    let kind = which.cadans.map(|name| of_code::<PeriodKind>(&name).ok_or_else(wrong)).transpose()?;
    Ok(Json(ops::snapshots(&api.app, kind).await?))
}

/// The issue that a path names.
pub(super) fn issue((cadans, periode, uitgave): (String, Period, u32)) -> Result<Issue, ApiError> {
    Ok(ops::issue_at((&cadans, periode, uitgave)).map_err(anyhow::Error::from)?)
}

/// A published issue: its files, and what was said of it since.
#[utoipa::path(get, path = "/v1/snapshots/{cadans}/{periode}/{uitgave}", tag = "snapshots",
    params(("cadans" = String, Path, example = "four_weeks"), ("periode" = String, Path, example = "2020W407"),
        ("uitgave" = u32, Path)),
    responses((status = 200, body = SnapshotDetail)))]
async fn snapshot(State(api): State<Api>, At(at): At<(String, Period, u32)>) -> Answer<SnapshotDetail> {
    Ok(Json(ops::snapshot(&api.app, issue(at)?).await?))
}

/// With which issue to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Against {
    /// A period, for its newest issue that is not retracted, or an issue of it.
    #[param(example = "2020W406/1")]
    against: String,
}

/// What differs between two published issues, from the published files alone.
#[utoipa::path(get, path = "/v1/snapshots/{cadans}/{periode}/{uitgave}/diff", tag = "snapshots",
    params(("cadans" = String, Path, example = "four_weeks"), ("periode" = String, Path, example = "2020W407"),
        ("uitgave" = u32, Path), Against),
    responses((status = 200, body = Object)))]
async fn difference(
    State(api): State<Api>,
    At(at): At<(String, Period, u32)>,
    Asked(asked): Asked<Against>,
) -> Answer<Value> {
    let against = asked
        .against
        .parse()
        .map_err(|rule: String| Wrong::new("against", rule, "een periode of uitgave, zoals 2020W407.1"))?;
    let difference = ops::difference(&api.app, issue(at)?, against).await?;
    Ok(Json(serde_json::to_value(&difference).map_err(anyhow::Error::from)?))
}

/// What readers were told of issues, oldest first.
#[utoipa::path(get, path = "/v1/errata", tag = "snapshots", responses((status = 200, body = [ErratumView])))]
async fn errata(State(api): State<Api>) -> Answer<Vec<ErratumView>> {
    Ok(Json(ops::errata(&api.app).await?))
}

/// Publish a signed erratum or retraction.
#[utoipa::path(post, path = "/v1/errata", tag = "snapshots", request_body = ErratumBody,
    responses((status = 200, body = ErratumView), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn add_erratum(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<ErratumBody>,
) -> Answer<ErratumView> {
    Ok(Json(ops::add_erratum(&api.app, &body, &change(&api, &caller, "")).await?))
}
