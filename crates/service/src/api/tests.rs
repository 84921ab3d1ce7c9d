//! Every route, for every role: allowed or refused as its description says; and what a region may never see.

mod alerts;
mod bodies;
mod description;
mod health;
mod hostile;
pub(crate) mod orders;
mod requests;
mod roles;
mod streams;
pub(crate) mod uploads;

pub(crate) use roles::fill;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use vt_domain::ManualClock;
use vt_ledger::{Change, Role};
use vt_publication::keys::MasterKey;

use super::{Api, ApiConfig, routes};
use crate::app::App;
use crate::config::in_folder;
use crate::ops::{NewTokenBody, new_token};

/// A service without a network, with a token for each role.
pub(crate) struct Desk {
    _folder: TempDir,
    pub(crate) api: Api,
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
}

/// An answer.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(&ApiConfig::default(), |_| {}).await
    }

    /// One whose API or service is changed before it begins.
    pub(crate) async fn with(config_of_api: &ApiConfig, change: impl FnOnce(&mut App)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2020-09-14T06:00:00Z".parse().unwrap()));
        let app = App::open(in_folder(folder.path()), folder.path(), clock.clone()).await.unwrap();
        let mut app = app.with_key(MasterKey::demo(7)).await.unwrap();
        change(&mut app);
        let api = Api::new(app, config_of_api);
        let (router, _) = routes(&api);
        Self { _folder: folder, api, router, clock }
    }

    pub(crate) async fn token(&self, role: &str) -> String {
        let body = NewTokenBody { name: format!("the {role}"), role: role.to_owned(), days: 30, reason: String::new() };
        let change = Change { at: self.api.app.clock.now(), actor: "test".into(), reason: String::new() };
        new_token(&self.api.app, &body, &change).await.unwrap().secret
    }

    /// Sends a request; with a body it is a POST in JSON.
    pub(crate) async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answered {
        self.ask_with(method, path, token, body, &[]).await
    }

    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
}

/// A role and its name on the command line, with the region where it has one.
pub(crate) const ROLES: [(Role, &str); 4] =
    [(Role::Regio, "regio:VT07"), (Role::Lezer, "lezer"), (Role::Operator, "operator"), (Role::Beheerder, "beheerder")];
