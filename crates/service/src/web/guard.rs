//! Who may see and do what on the pages: the same needs as the routes of the API have.

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use vt_ledger::Role;

use super::fields::forged;
use super::forms::page_of;
use super::frame::Failure;
use crate::access::{Caller, Need};
use crate::api::Api;

/// Pages that only those may see who meet a need.
pub fn require(api: &Api, need: Need, group: Router<Api>) -> Router<Api> {
    group.route_layer(from_fn_with_state((api.clone(), need), allow))
}

async fn allow(State((_, need)): State<(Api, Need)>, params: RawPathParams, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Failure::new(401).into_response();
    };
    let about = params.iter().find(|(name, _)| *name == "vt").map(|(_, vt)| vt.to_owned());
    if need.met_by(caller.role, about.is_some() && about == caller.regio) {
        return next.run(request).await;
    }
    // A region that opens the address of the service comes to what is its own.
    match (&caller.regio, caller.role, request.uri().path()) {
        (Some(vt), Role::Regio, "/overzicht") => Redirect::to(&format!("/regio/{vt}")).into_response(),
        _ => Failure::new(403).into_response(),
    }
}

/// An address that only takes forms leads to the page of its form.
pub async fn wrong_method(request: Request) -> Response {
    let path = request.uri().path();
    let to = page_of(path);
    if request.method() == Method::GET && to != path {
        return Redirect::to(&to).into_response();
    }
    Failure::new(405).into_response()
}

/// What changes something comes from our own pages: browsers say so in a header that no page can set.
pub async fn same_site(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let elsewhere = from.is_some_and(|from| !matches!(from, "same-origin" | "none"));
    if request.method() != Method::GET && request.method() != Method::HEAD && elsewhere {
        return forged().into_response();
    }
    next.run(request).await
}
