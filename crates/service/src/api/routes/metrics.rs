//! The metrics, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::api::extract::ApiError;
use crate::metrics::TEXT;

pub fn read() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// What was done and how things stand, for Prometheus: nothing in it counts records.
#[utoipa::path(get, path = "/metrics", tag = "look",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, ApiError> {
    let text = api.app.metrics.text(&api.app).await?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], text))
}
