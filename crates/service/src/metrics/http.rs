//! Counts and traces requests, by the template of their route: never by what stands in a path.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::api::Api;

/// The route of a request that none of ours answers.
const UNMATCHED: &str = "unmatched";

/// Where the API is mounted beside the pages: axum puts that before the template of a route within.
const MOUNTS: [&str; 3] = ["/v1/{*rest}", "/health/{*rest}", METRICS];

/// The route of the metrics.
const METRICS: &str = "/metrics";

/// Counts a request and its answer.
pub async fn measure(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = template(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str)).to_owned();
    let method = method(request.method());
    let begun = Instant::now();
    let answer = next.run(request).instrument(span(&route, method)).await;
    api.app.metrics.request(&route, method, answer.status().as_u16(), begun.elapsed());
    answer
}

/// The template of a route, wherever it is mounted.
fn template(matched: Option<&str>) -> &str {
    let Some(path) = matched else { return UNMATCHED };
    match MOUNTS.iter().find_map(|mount| path.strip_prefix(mount)) {
        // Nothing within answers, unless the mount is a route itself.
        Some("") if path != METRICS => UNMATCHED,
        Some("") | None => path,
        Some(within) => within,
    }
}

/// The span of a request; none for those that come all day and tell nothing.
fn span(route: &str, method: &str) -> Span {
    if route.starts_with("/health/") || route == METRICS {
        return Span::none();
    }
    tracing::info_span!("request", method, route)
}

/// A method as a label: one of a few, whatever somebody sends.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_called_alike_wherever_it_is_mounted() {
        for (matched, route) in [
            ("/v1/regions/{vt}", "/v1/regions/{vt}"),
            ("/v1/{*rest}/v1/regions/{vt}", "/v1/regions/{vt}"),
            ("/health/{*rest}/health/live", "/health/live"),
            ("/metrics", "/metrics"),
            ("/metrics/metrics", "/metrics"),
            ("/v1/{*rest}", UNMATCHED),
            ("/regio/{vt}", "/regio/{vt}"),
        ] {
            assert_eq!(template(Some(matched)), route, "{matched}");
        }
        assert_eq!(template(None), UNMATCHED);
    }

    #[test]
    fn whatever_method_is_sent_the_labels_stay_few() {
        assert_eq!(method(&Method::POST), "POST");
        assert_eq!(method(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
