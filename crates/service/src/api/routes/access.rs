//! Who may come in.

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change;
use crate::access::{Caller, name};
use crate::api::Api;
use crate::api::extract::{Answer, At, Given, Reason};
use crate::ops::{self, EndSessionsBody, NewTokenBody};
use crate::problem::Problem;
use crate::views::{EndedView, NewTokenView, SessionView, TokenView};

pub fn anyone() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(me))
}

pub fn manage() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(tokens, new_token))
        .routes(routes!(revoke))
        .routes(routes!(sessions))
        .routes(routes!(end_sessions))
}

/// Who the caller is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Me {
    /// The name, as it stands in the audit log.
    name: String,
    /// The role.
    role: String,
    /// The region, of the role regio.
    regio: Option<String>,
}

/// Who the caller is.
#[utoipa::path(get, path = "/v1/me", tag = "access", responses((status = 200, body = Me)))]
async fn me(Extension(caller): Extension<Caller>) -> Json<Me> {
    Json(Me { name: caller.actor, role: name(caller.role).to_owned(), regio: caller.regio })
}

/// All tokens, without their secrets.
#[utoipa::path(get, path = "/v1/tokens", tag = "access", responses((status = 200, body = [TokenView])))]
async fn tokens(State(api): State<Api>) -> Answer<Vec<TokenView>> {
    Ok(Json(ops::tokens(&api.app).await?))
}

/// Make a token; the answer holds its secret, this once.
#[utoipa::path(post, path = "/v1/tokens", tag = "access", request_body = NewTokenBody,
    responses((status = 200, body = NewTokenView)))]
async fn new_token(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<NewTokenBody>,
) -> Answer<NewTokenView> {
    Ok(Json(ops::new_token(&api.app, &body, &change(&api, &caller, &body.reason)).await?))
}

/// Let a token count no more.
#[utoipa::path(post, path = "/v1/tokens/{id}/revoke", tag = "access", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 200, body = TokenView)))]
async fn revoke(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(id): At<i64>,
    Given(body): Given<Reason>,
) -> Answer<TokenView> {
    Ok(Json(ops::revoke_token(&api.app, id, &change(&api, &caller, &body.reason)).await?))
}

/// Who is logged in on the page.
#[utoipa::path(get, path = "/v1/sessions", tag = "access", responses((status = 200, body = [SessionView])))]
async fn sessions(State(api): State<Api>) -> Answer<Vec<SessionView>> {
    Ok(Json(ops::sessions(&api.app).await?))
}

/// End all sessions of somebody, however they logged in. What they logged in with is not revoked by it.
#[utoipa::path(post, path = "/v1/sessions/end", tag = "access", request_body = EndSessionsBody,
    responses((status = 200, body = EndedView),
        (status = 404, description = "Nobody of that name is logged in", body = Problem, content_type = "application/problem+json")))]
async fn end_sessions(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Given(body): Given<EndSessionsBody>,
) -> Answer<EndedView> {
    Ok(Json(ops::end_sessions(&api.app, &body.actor, &change(&api, &caller, &body.reason)).await?))
}
