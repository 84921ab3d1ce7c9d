//! The routes, grouped by what they need.

mod access;
mod alerts;
mod backfills;
mod live;
mod look;
mod metrics;
mod orders;
mod regions;
mod snapshots;
mod steer;
mod uploads;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use vt_ledger::Change;

use super::Api;
use crate::access::{Caller, Need};
use crate::problem::Problem;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "vt-monitor",
        description = "What operators, readers and regions may ask of a running vt-monitor. Every route needs a bearer token; `x-rollen` names the roles that may use it. Errors are problems (RFC 9457)."
    ),
    components(schemas(Problem)),
    security(("token" = []))
)]
struct Description;

/// The description without the routes.
pub fn description() -> OpenApi {
    let mut description = Description::openapi();
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    description.components.get_or_insert_default().add_security_scheme("token", token);
    description
}

/// All routes that need somebody to come in.
pub fn groups() -> Vec<(Need, OpenApiRouter<Api>)> {
    vec![
        (Need::Anyone, access::anyone()),
        (Need::Read, look::read()),
        (Need::Read, metrics::read()),
        (Need::Read, steer::read()),
        (Need::Read, backfills::read()),
        (Need::Read, alerts::read()),
        (Need::ReadRegion, regions::read()),
        (Need::OwnRegion, regions::own()),
        (Need::OwnRegion, uploads::own()),
        (Need::Read, snapshots::read()),
        (Need::Steer, snapshots::steer()),
        (Need::Steer, orders::steer()),
        (Need::Steer, look::steer()),
        (Need::Steer, steer::steer()),
        (Need::Steer, backfills::steer()),
        (Need::Steer, alerts::steer()),
        (Need::Manage, access::manage()),
    ]
}

/// Routes that are open: whether the service lives, and whether it can do its work.
pub fn open() -> Router<Api> {
    Router::new()
        .route("/health/live", get(|| async { Json(json!({ "status": "live" })) }))
        .route("/health/ready", get(ready))
}

/// Ready when the ledger and both stores can be read; what is wrong is named, without addresses.
async fn ready(State(api): State<Api>) -> Response {
    let seen = api.app.health.look(&api.app).await;
    if seen.is_ready() {
        return Json(seen.json()).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::SERVICE_UNAVAILABLE, kind, seen.json().to_string()).into_response()
}

/// A change by a caller.
fn change(api: &Api, caller: &Caller, reason: &str) -> Change {
    api.change(caller, reason)
}
