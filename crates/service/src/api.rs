//! The API: what operators, readers and regions may ask of a running service, over HTTP. Versioned, described by itself
//! (`/v1/openapi.json`), one function of [`crate::ops`] behind each route.

mod attempts;
mod body;
mod certificate;
mod description;
mod door;
mod entry;
mod etag;
mod extract;
mod guard;
mod idempotency;
mod listen;
mod routes;

#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use vt_ledger::Change;

use crate::access::{Caller, Need};
use crate::app::App;
use crate::oidc::Oidc;
use crate::problem::Problem;
use crate::web::Shown;

pub(crate) use body::whole;
pub use door::ApiLimits;
pub(crate) use entry::enter;
pub use extract::ApiError;
pub use listen::{ApiConfig, Bound, Tls};

/// The largest body that is read, in bytes: a plan of years of months has some hundreds of thousands.
const LARGEST_BODY: usize = 8 << 20;

/// What every route works with. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// The service.
    pub app: App,
    /// Failed log-ins.
    pub(crate) attempts: attempts::Attempts,
    /// The issuer whose tokens count beside ours, if any.
    pub(crate) oidc: Option<Oidc>,
    /// What the pages show.
    pub(crate) shown: Shown,
    /// Whether whoever looks does so over TLS: ours, or that of a proxy.
    pub(crate) is_behind_tls: bool,
    /// How long a body may take.
    pub(crate) body_timeout: Duration,
}

impl Api {
    /// The API of a service.
    pub fn new(app: App, config: &ApiConfig) -> Self {
        let attempts = attempts::Attempts::new(app.clock.clone(), config.failed_logins_per_address);
        let is_behind_tls = config.tls.is_some() || config.without_tls_beyond_loopback;
        let oidc = config.oidc.as_ref().map(Oidc::new);
        let body_timeout = config.limits.body_timeout();
        Self { app, attempts, oidc, shown: Shown::default(), is_behind_tls, body_timeout }
    }

    /// A change by a caller.
    pub(crate) fn change(&self, caller: &Caller, reason: &str) -> Change {
        Change { at: self.app.clock.now(), actor: caller.actor.clone(), reason: reason.trim().to_owned() }
    }
}

/// All routes, and their description.
pub fn routes(api: &Api) -> (Router, OpenApi) {
    let mut all = OpenApiRouter::with_openapi(routes::description());
    for (need, group) in routes::groups() {
        all = all.merge(guard::require(api, need, group));
    }
    let (router, description) = all.split_for_parts();
    // Unwrap safety: a description is texts and numbers.
    let text = description.to_pretty_json().unwrap();
    let described = move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text) }
    };
    let router = router
        .layer(from_fn_with_state(api.clone(), idempotency::once))
        .layer(from_fn_with_state(api.clone(), whole_body))
        .layer(from_fn_with_state(api.clone(), guard::come_in))
        .route("/v1/openapi.json", get(described))
        .merge(routes::open())
        .fallback(|| async {
            ApiError(Problem::new(404, "there is no such route; /v1/openapi.json lists them")).into_response()
        })
        .method_not_allowed_fallback(|| async {
            ApiError(Problem::new(405, "not by this method; /v1/openapi.json lists them")).into_response()
        })
        .layer(axum::middleware::from_fn(etag::tag))
        .layer(axum::extract::DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(api.clone(), crate::metrics::measure))
        .with_state(api.clone());
    (router, description)
}

/// Reads the body of whoever has come in.
async fn whole_body(State(api): State<Api>, request: Request, next: Next) -> Response {
    whole(request, next, LARGEST_BODY, api.body_timeout, |status| {
        ApiError(Problem::new(status.as_u16(), refused_body(status))).into_response()
    })
    .await
}

fn refused_body(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
        StatusCode::REQUEST_TIMEOUT => "the body came in too slowly",
        _ => "the body can't be read to its end",
    }
}

/// What each route of the description needs, by method and path: for the documentation and the test of all roles.
pub fn needs() -> Vec<(String, String, Need)> {
    let mut needs = Vec::new();
    for (need, group) in routes::groups() {
        let (_, description) = group.split_for_parts();
        for (path, item) in description.paths.paths {
            let methods = [("GET", item.get.is_some()), ("POST", item.post.is_some())];
            let there = methods.into_iter().filter(|(_, there)| *there);
            needs.extend(there.map(|(method, _)| (method.to_owned(), path.clone(), need)));
        }
    }
    needs
}
