//! A change that is asked for twice under one key (`Idempotency-Key`) is made once; the second time gets the answer of the first.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use vt_ledger::{Claimed, NewRequest};

use super::{Api, ApiError, LARGEST_BODY};
use crate::access::Caller;
use crate::problem::Problem;

/// The header.
const KEY: &str = "idempotency-key";

/// How long answers are kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// The route whose answer holds a secret, which is kept nowhere: the second time is refused.
const SECRET: &str = "/v1/tokens";

/// How long a key is at most, in characters.
pub(super) const LONGEST: usize = 255;

/// Whether a body of this kind is not looked at: an upload streams, and is known by its files. Given again it is the same delivery,
/// without any key.
pub(super) fn passes_by(kind: &str) -> bool {
    kind.to_ascii_lowercase().starts_with("multipart/")
}

/// Makes a change once per key.
pub async fn once(State(api): State<Api>, request: Request, next: Next) -> Response {
    let key = request.headers().get(KEY).map(|value| value.to_str().unwrap_or_default().to_owned());
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(key), Some(caller), true) = (key, caller, request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(passes_by) {
        return next.run(request).await;
    }
    // In a task of its own: a caller who hangs up leaves nothing half, and gets the answer when it asks again.
    let done = tokio::spawn(async move { claimed(&api, &caller, key, request, next).await });
    match done.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => ApiError::from(error).into_response(),
        Err(_) => ApiError(Problem::new(500, "the service failed; its log says why")).into_response(),
    }
}

async fn claimed(api: &Api, caller: &Caller, key: String, request: Request, next: Next) -> anyhow::Result<Response> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return Ok(ApiError(Problem::new(413, "the body is too large")).into_response());
    };
    let path = parts.uri.path().to_owned();
    let mut whole = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), path.as_bytes(), &bytes] {
        whole.update((part.len() as u64).to_be_bytes());
        whole.update(part);
    }
    let actor = caller.actor.clone();
    let new = NewRequest {
        actor: actor.clone(),
        key: key.clone(),
        request: hex::encode(whole.finalize()),
        at: api.app.clock.now(),
    };
    match api.app.ledger.claim_request(&new, KEPT).await? {
        Claimed::New => {}
        Claimed::Answered { status, body } => return Ok(again(status, body)),
        Claimed::UnderWay => return Ok(refuse("the same request is under way; ask again in a moment")),
        Claimed::OtherRequest => return Ok(refuse("this key was used for another request")),
    }
    let answer = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await?;
    // What failed on our side, and what the caller may not do, is not the answer for ever.
    let passes = parts.status.is_server_error() || matches!(parts.status.as_u16(), 401 | 403);
    if passes {
        api.app.ledger.release_request(&actor, &key).await?;
    } else {
        let text = if path == SECRET && parts.status.is_success() {
            String::new()
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        api.app.ledger.answer_request(&actor, &key, parts.status.as_u16(), &text).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn refuse(why: &str) -> Response {
    ApiError(Problem::new(409, why)).into_response()
}

fn again(status: u16, body: String) -> Response {
    if body.is_empty() {
        return refuse("this was done already, and its answer held a secret that is kept nowhere");
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    (status, [(header::CONTENT_TYPE, kind), (header::HeaderName::from_static("idempotent-replayed"), "true")], body)
        .into_response()
}
