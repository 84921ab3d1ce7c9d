//! The operator's page, in Dutch: what is there and late, what needs attention, and the few things that are decided by hand. Rendered
//! here, works without JavaScript; a small library refreshes what is live.
//!
//! Whoever looks has logged in with a token; each page asks for the same role as the route of the API that shows the same.

mod alerts;
mod asked;
mod attention;
mod auditlog;
mod backfills;
mod board;
mod cadence;
mod fields;
mod files;
mod forms;
mod frame;
mod guard;
mod orders;
mod overview;
mod publications;
mod refused;
mod region;
mod runs;
mod score;
mod session;
mod steer;
mod trouble;
mod words;

#[cfg(test)]
pub(crate) mod tests;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, any_service, get};

use crate::access::Need;
use crate::api::{Api, whole};
use crate::kept::Changes;

pub use board::Shown;

/// Nothing comes from elsewhere, nothing is sent elsewhere, and no other page may show this one in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The largest form of whoever is not logged in, in bytes: a token, and where to go.
const LARGEST_LOG_IN: usize = 64 << 10;

/// The largest form of whoever is, in bytes.
const LARGEST_FORM: usize = 2 << 20;

/// The pages, with the API beside them.
pub fn routes(api: &Api, beside: &Router) -> Router {
    let mut pages: Router<Api> = Router::new();
    for (need, group) in groups() {
        pages = pages.merge(guard::require(api, need, group));
    }
    let log_in = session::open().layer(from_fn_with_state(api.clone(), whole_log_in));
    let log_in = log_in.layer(DefaultBodyLimit::max(LARGEST_LOG_IN));
    pages
        .layer(from_fn_with_state(api.clone(), whole_form))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn_with_state(api.clone(), session::come_in))
        .merge(log_in)
        .merge(files::routes())
        .route("/", get(|| async { Redirect::to("/overzicht") }))
        .fallback(|| async { frame::Failure::new(404) })
        .method_not_allowed_fallback(guard::wrong_method)
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(api.clone(), frame::dress))
        .layer(from_fn(careful))
        .layer(from_fn_with_state(api.clone(), crate::metrics::measure))
        .with_state(api.clone())
        .layer(from_fn_with_state(any_service(beside.clone()), to_the_api))
        .layer(from_fn_with_state(api.app.changes.clone(), changed))
}

/// Reads what a form sent.
async fn whole_form(State(api): State<Api>, request: Request, next: Next) -> Response {
    form_of(request, next, LARGEST_FORM, &api).await
}

async fn whole_log_in(State(api): State<Api>, request: Request, next: Next) -> Response {
    form_of(request, next, LARGEST_LOG_IN, &api).await
}

async fn form_of(request: Request, next: Next, largest: usize, api: &Api) -> Response {
    whole(request, next, largest, api.body_timeout, |status| frame::Failure::new(status.as_u16()).into_response()).await
}

/// Hands the API what is the API's, as it came: mounted within the pages it would see their parameters beside its own.
async fn to_the_api(State(beside): State<MethodRouter>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == "/metrics" || path.starts_with("/v1/") || path.starts_with("/health/") {
        return beside.call(request, ()).await;
    }
    next.run(request).await
}

/// What is shown is read anew after whatever may have changed it, by a form or over the API.
async fn changed(State(changes): State<Changes>, request: Request, next: Next) -> Response {
    let changes = (!request.method().is_safe()).then_some(changes);
    let answer = next.run(request).await;
    if let Some(changes) = changes.filter(|_| !answer.status().is_client_error()) {
        changes.note();
    }
    answer
}

/// All pages that need somebody to be logged in.
fn groups() -> Vec<(Need, Router<Api>)> {
    vec![
        (Need::Read, alerts::read()),
        (Need::Read, overview::read()),
        (Need::Read, publications::read()),
        (Need::Read, runs::read()),
        (Need::Read, cadence::read()),
        (Need::Read, backfills::read()),
        (Need::ReadRegion, region::read()),
        (Need::OwnRegion, region::own()),
        (Need::Steer, alerts::steer()),
        (Need::Steer, auditlog::steer()),
        (Need::Steer, cadence::steer()),
        (Need::Steer, backfills::steer()),
        (Need::Steer, orders::steer()),
        (Need::Steer, steer::steer()),
    ]
}

/// The headers of every page: nothing is kept by the browser, and nothing in it is guessed or sent on.
async fn careful(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await.into_response();
    let headers = answer.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}
