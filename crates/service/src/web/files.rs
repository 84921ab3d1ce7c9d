//! The style sheet, the icon and the library of the pages: part of the program, so that nothing is loaded from elsewhere.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::api::Api;

/// Version of what stands in `assets/`, in its address: it may be kept for long.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn routes() -> Router<Api> {
    Router::new()
        .route("/vast/stijl.css", get(|| async { file("text/css; charset=utf-8", include_str!("assets/style.css")) }))
        .route(
            "/vast/htmx.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("assets/htmx.min.js")) }),
        )
        .route("/favicon.ico", get(|| async { file("image/svg+xml", include_str!("assets/icon.svg")) }))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=86400")], text)
}
