//! Bodies are read whole, in time and within their size, before anything is done with them. Uploads are not: they stream, within limits of their
//! own.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;

use super::idempotency::passes_by;

/// Where uploads go: over the API, and on the page.
const UPLOADS: [&str; 2] = ["/uploads", "/aanleveren"];

fn streams(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(passes_by) && UPLOADS.iter().any(|end| request.uri().path().ends_with(end))
}

/// Reads the body before the request goes on; `refuse` makes the answer to one that is too large or comes too slowly. One that says
/// itself that it has more than `largest` bytes is not waited for.
pub(crate) async fn whole(
    request: Request,
    next: Next,
    largest: usize,
    limit: Duration,
    refuse: fn(StatusCode) -> Response,
) -> Response {
    if streams(&request) {
        return next.run(request).await;
    }
    if request.body().size_hint().lower() > largest as u64 {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let (parts, body) = request.into_parts();
    // The reader looks up in the request how large a body may be.
    let reading = Request::from_parts(parts.clone(), body);
    match tokio::time::timeout(limit, Bytes::from_request(reading, &())).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(refused)) => refuse(refused.status()),
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT),
    }
}
