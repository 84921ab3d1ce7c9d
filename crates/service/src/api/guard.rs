//! Who comes in, and what they may do.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use utoipa_axum::router::OpenApiRouter;

use super::description::QueryNames;
use super::{Api, ApiError, description, enter};
use crate::access::{Caller, Entry, Need, Refusal};
use crate::problem::Problem;

/// A route group that only those may use who meet a need, and that is asked nothing but what its description names; that says who
/// these are too, and what any route may answer.
pub fn require(api: &Api, need: Need, mut group: OpenApiRouter<Api>) -> OpenApiRouter<Api> {
    description::complete(group.get_openapi_mut(), need);
    let named = Arc::new(description::query_names(group.get_openapi()));
    group
        .route_layer(from_fn_with_state(named, ask_by_name))
        .route_layer(from_fn_with_state((api.clone(), need), allow))
}

/// Finds out who comes in: by a bearer token that counts, ours or the OIDC issuer's. Whoever shows too many others from one address waits before the next try.
pub async fn come_in(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    // Without a network (tests call the router itself) there is one address.
    let address = address.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match caller(&api, shown.as_deref()).await {
        Ok(Ok(entry)) => {
            request.extensions_mut().insert(entry.caller);
            next.run(request).await
        }
        Ok(Err(Refusal::Unknown)) => refuse(&api, address, shown.is_some()),
        Ok(Err(refusal)) => ApiError(refusal.problem()).into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Refuses somebody who has not come in. One who shows nothing is told what to show, and has failed at nothing.
fn refuse(api: &Api, address: IpAddr, showed_something: bool) -> Response {
    if let Some(wait) = api.attempts.wait(address).filter(|_| showed_something) {
        let problem = Problem::new(429, "too many failed log-ins from this address; wait before the next one");
        let mut answer = ApiError(problem).into_response();
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.num_seconds().max(1)));
        return answer;
    }
    if showed_something {
        api.attempts.failed(address);
    }
    let mut answer = ApiError(Refusal::Unknown.problem()).into_response();
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vt-monitor\""));
    answer
}

async fn caller(api: &Api, shown: Option<&str>) -> anyhow::Result<Result<Entry, Refusal>> {
    match shown.and_then(|header| header.split_once(' ')) {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("bearer") => enter(api, secret).await,
        _ => Ok(Err(Refusal::Unknown)),
    }
}

/// Lets through what asks for nothing that the description does not name: of a parameter that is written wrong the answer would be
/// that to another question.
async fn ask_by_name(
    State(named): State<Arc<QueryNames>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let names = named.get(path.as_str());
    let query = request.uri().query().unwrap_or_default();
    let mut given = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    let unknown = given.find(|name| !names.is_some_and(|names| names.contains(name)));
    match unknown {
        Some(name) => ApiError(Problem::of_field(&name, "is asked nowhere here")).into_response(),
        None => next.run(request).await,
    }
}

/// Lets through who meets the need. A region that asks about another one learns no more than that it may not.
async fn allow(State((_, need)): State<(Api, Need)>, params: RawPathParams, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return ApiError(Problem::new(401, "nobody has come in")).into_response();
    };
    let about = params.iter().find(|(name, _)| *name == "vt").map(|(_, vt)| vt.to_owned());
    let own = about.is_some() && about == caller.regio;
    if need.met_by(caller.role, own) {
        return next.run(request).await;
    }
    let role = crate::access::name(caller.role);
    ApiError(Problem::new(403, format!("the role {role} may not do this"))).into_response()
}
