//! Aanleveren.
use crate::api::Api;
use axum::Router;
pub fn routes() -> Router<Api> {
    Router::new()
}
