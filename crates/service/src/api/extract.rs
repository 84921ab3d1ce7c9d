//! Reads requests, and tells what is wrong with one in the form of a problem.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::ops::Wrong;
use crate::problem::Problem;

/// A problem as an answer.
#[derive(Debug)]
pub struct ApiError(pub Problem);

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        let problem = Problem::of(&error);
        if Problem::is_ours(&error) {
            tracing::error!("a request failed: {error:#}");
        }
        Self(problem)
    }
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        anyhow::Error::from(wrong).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, Json(&self.0)).into_response();
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer
    }
}

/// What a handler answers.
pub type Answer<T> = Result<Json<T>, ApiError>;

/// A body in JSON.
pub struct Given<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
        if !is_json {
            return Err(ApiError(Problem::new(415, "give the body as application/json")));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|refused| ApiError(Problem::new(refused.status().as_u16(), refused.body_text())))?;
        let given = serde_json::from_slice(&bytes);
        given.map(Self).map_err(|error| ApiError(Problem::new(422, format!("the body: {error}"))))
    }
}

/// Parts of the path. One that can't be read names nothing that is there.
pub struct At<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let refused = |refused: PathRejection| ApiError(Problem::new(404, refused.body_text()));
        Path::from_request_parts(parts, state).await.map(|Path(at)| Self(at)).map_err(refused)
    }
}

/// The query.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let refused = |refused: QueryRejection| ApiError(wrong_query(&refused.body_text(), &query));
        Query::from_request_parts(parts, state).await.map(|Query(asked)| Self(asked)).map_err(refused)
    }
}

/// The problem with a query, and the parameter that is at fault. What reads it names that before the rule (`limit: invalid digit …`),
/// or within (missing field `against`).
fn wrong_query(told: &str, query: &str) -> Problem {
    let rule = told.split_once(": ").map_or(told, |(_, rule)| rule);
    let is_given = |name: &str| form_urlencoded::parse(query.as_bytes()).any(|(given, _)| given == name);
    if let Some((name, rule)) = rule.split_once(": ").filter(|(name, _)| is_given(name)) {
        return Problem::of_field(name, rule);
    }
    match rule.split('`').nth(1) {
        Some(name) => Problem::of_field(name, rule),
        None => Problem::new(422, rule),
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// What the page before gave as `next`.
    pub after: Option<i64>,
    /// How many rows, at most 500.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: u32,
}

/// How many rows a page has when nothing is said.
pub fn fifty() -> u32 {
    50
}

/// How many rows a page has; a wrong number is refused.
pub fn rows(limit: u32) -> Result<u32, ApiError> {
    match limit {
        1..=500 => Ok(limit),
        _ => Err(Wrong::new("limit", "from 1 to 500", "van 1 tot en met 500").into()),
    }
}

/// Why something is changed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for the audit log.
    #[serde(default)]
    pub reason: String,
}
