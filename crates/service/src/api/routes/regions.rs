//! What is about one region: for that region itself, and for those who see all.

use axum::extract::State;
use axum::{Extension, Json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vt_domain::month::Month;

use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, At};
use crate::ops::{self, DeliveryQuery};
use crate::views::{DeliveryView, FindingView, RegionView, ReportView};

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(region)).routes(routes!(deliveries))
}

pub fn own() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(findings)).routes(routes!(report))
}

/// A region, its months, and what was agreed with it. Who is behind that, and why, is for operators.
#[utoipa::path(get, path = "/v1/regions/{vt}", tag = "regions", params(("vt" = String, Path, example = "VT07")),
    responses((status = 200, body = RegionView)))]
async fn region(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(vt): At<String>,
) -> Answer<RegionView> {
    let region = ops::region(&api.app, &vt).await?;
    Ok(Json(if caller.may_see_details() { region } else { region.without_details() }))
}

/// The deliveries of a region. Counts of records are for the region itself and for operators.
#[utoipa::path(get, path = "/v1/regions/{vt}/deliveries", tag = "regions", params(("vt" = String, Path, example = "VT07")),
    responses((status = 200, body = [DeliveryView])))]
async fn deliveries(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(vt): At<String>,
) -> Answer<Vec<DeliveryView>> {
    ops::known(&api.app, &vt).map_err(anyhow::Error::from)?;
    let counts = caller.may_count(&vt);
    let query = DeliveryQuery { vt: Some(vt), ..DeliveryQuery::default() };
    Ok(Json(ops::deliveries(&api.app, query, counts).await?))
}

/// What the checks found in a region's month.
#[utoipa::path(get, path = "/v1/regions/{vt}/months/{maand}/findings", tag = "regions",
    params(("vt" = String, Path, example = "VT07"), ("maand" = String, Path, example = "2020-07")),
    responses((status = 200, body = [FindingView])))]
async fn findings(State(api): State<Api>, At((vt, maand)): At<(String, Month)>) -> Answer<Vec<FindingView>> {
    Ok(Json(ops::findings(&api.app, &vt, maand).await?))
}

/// What a region is told of a delivery: spiegelrapport and kwaliteitsrapport.
#[utoipa::path(get, path = "/v1/regions/{vt}/deliveries/{maand}/{nr}/report", tag = "regions",
    params(("vt" = String, Path, example = "VT07"), ("maand" = String, Path, example = "2020-07"), ("nr" = u32, Path)),
    responses((status = 200, body = ReportView)))]
async fn report(State(api): State<Api>, At((vt, maand, nr)): At<(String, Month, u32)>) -> Answer<ReportView> {
    Ok(Json(ops::report(&api.app, &vt, maand, nr).await?))
}
