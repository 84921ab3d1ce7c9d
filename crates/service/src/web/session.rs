//! Logging in and out: a token opens a session of a working day, in a cookie that no script can read.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use bytes::Bytes;
use chrono::TimeDelta;
use maud::html;
use serde::Deserialize;
use vt_ledger::NewSession;

use super::asked::Query;
use super::fields::Fields;
use super::forms::page_of;
use super::frame::{Failure, bare};
use crate::access::{Caller, Entry, Refusal, Secret, digest};
use crate::api::{Api, enter};
use crate::problem::Problem;

/// The cookie.
const COOKIE: &str = "vt_monitor_sessie";

/// How long a session lasts: a working day.
const LASTS: TimeDelta = TimeDelta::hours(9);

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who, and what they may do.
    pub caller: Caller,
    /// What every form of this session carries.
    pub csrf: String,
}

impl Visit {
    /// Whether a form was written in this session.
    pub fn wrote(&self, shown: &str) -> bool {
        // Digests are compared, so that time tells nothing of how much of it is right.
        digest(&self.csrf) == digest(shown)
    }
}

/// The secret against forged requests follows from the cookie, which no other site can read.
fn csrf_of(cookie: &str) -> String {
    digest(&format!("formulier {cookie}"))
}

/// Pages for whoever is not logged in.
pub fn open() -> Router<Api> {
    Router::new().route("/inloggen", get(form).post(log_in)).route("/uitloggen", post(log_out))
}

/// Finds out who looks; whoever is not logged in is led to where that is done.
pub async fn come_in(State(api): State<Api>, jar: CookieJar, mut request: Request, next: Next) -> Response {
    match visit(&api, &jar).await {
        Ok(Some(visit)) => {
            request.extensions_mut().insert(visit.caller.clone());
            request.extensions_mut().insert(visit);
            next.run(request).await
        }
        Ok(None) => unknown(&request),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Leads whoever is not logged in to where that is done, and from there back to the page.
fn unknown(request: &Request) -> Response {
    let uri = request.uri();
    if request.headers().contains_key("hx-request") {
        // What is live is asked for in part: the library leaves the page itself, and does not swap the part for nothing.
        let leave = [("hx-redirect", log_in_for(&page_of(uri.path())))];
        return (StatusCode::UNAUTHORIZED, leave).into_response();
    }
    if request.method() == Method::GET {
        return Redirect::to(&log_in_for(uri.path_and_query().map_or("/", |to| to.as_str()))).into_response();
    }
    let what = "uw sessie is voorbij, en wat u invulde is niet verwerkt; na het inloggen komt u terug op de pagina";
    Failure::new(401).saying(what).next(log_in_for(&page_of(uri.path())), "Inloggen").into_response()
}

fn log_in_for(to: &str) -> String {
    let to: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("naar", to).finish();
    format!("/inloggen?{to}")
}

/// Who looks, by the cookie of a session.
///
/// # Errors
/// When the ledger can't be read.
pub async fn visit(api: &Api, jar: &CookieJar) -> anyhow::Result<Option<Visit>> {
    let Some(cookie) = jar.get(COOKIE) else { return Ok(None) };
    let Some(session) = api.app.ledger.session(&digest(cookie.value()), api.app.clock.now()).await? else {
        return Ok(None);
    };
    let csrf = csrf_of(cookie.value());
    if digest(&csrf) != session.csrf {
        return Ok(None);
    }
    let caller = Caller { actor: session.actor, role: session.role, regio: session.regio };
    Ok(Some(Visit { caller, csrf }))
}

/// Where to go after logging in.
#[derive(Debug, Deserialize)]
struct Goal {
    #[serde(default)]
    naar: String,
}

/// Only a page of our own: not an address elsewhere (`//…`, `/\…`).
fn own_page(to: &str) -> &str {
    let own = to.starts_with('/') && !to[1..].starts_with(['/', '\\']) && !to.contains(|it: char| it.is_control());
    if own { to } else { "/" }
}

async fn form(State(api): State<Api>, Query(goal): Query<Goal>) -> Html<String> {
    page(&api, own_page(&goal.naar), None)
}

fn page(api: &Api, to: &str, wrong: Option<&str>) -> Html<String> {
    let main = html! {
        h1 { "Inloggen" }
        @if let Some(wrong) = wrong { p.fout role="alert" { (wrong) } }
        form.kaart method="post" action="/inloggen" {
            input type="hidden" name="naar" value=(to);
            label for="token" { "Uw toegangscode" }
            input #token type="password" name="token" required autocomplete="current-password" autofocus;
            p.klein { "De code begint met " code { "vtm_" } ". U krijgt hem van de beheerder van de monitor." }
            @if api.oidc.is_some() { p.klein { "Een toegangsbewijs (JWT) van uw eigen organisatie mag ook." } }
            button { "Inloggen" }
        }
    };
    bare("Inloggen", &main)
}

async fn log_in(
    State(api): State<Api>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    jar: CookieJar,
    body: Bytes,
) -> Response {
    // Without a network (tests call the router itself) there is one address.
    let address = address.map_or(IpAddr::from([127, 0, 0, 1]), |Extension(ConnectInfo(address))| address.ip());
    let fields = Fields::read(&body);
    match begin(&api, address, fields.text("token")).await {
        Ok(Begun::Session(cookie)) => (jar.add(cookie), Redirect::to(own_page(fields.text("naar")))).into_response(),
        Ok(Begun::Refused(problem)) => {
            let wrong = match problem.status {
                429 => "Er is te vaak een verkeerde code ingevuld. Wacht enkele minuten en probeer het dan opnieuw.",
                403 => "Uw account heeft geen rol in deze monitor, of meer dan één regio. Vraag het uw beheerder.",
                503 => "De uitgever van uw toegangsbewijs is nu niet bereikbaar. Probeer het later opnieuw.",
                _ => "Deze code geldt niet: hij is verkeerd, verlopen of ingetrokken.",
            };
            let status = StatusCode::from_u16(problem.status).unwrap_or_default();
            (status, page(&api, own_page(fields.text("naar")), Some(wrong))).into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// What became of logging in.
enum Begun {
    Session(Cookie<'static>),
    Refused(Problem),
}

async fn begin(api: &Api, address: IpAddr, secret: &str) -> anyhow::Result<Begun> {
    let now = api.app.clock.now();
    if api.attempts.wait(address).is_some() {
        return Ok(Begun::Refused(Problem::new(429, "too many failed log-ins from this address")));
    }
    // A session has an end after its beginning: the leeway of an issuer's clock opens none.
    let entered =
        enter(api, secret).await?.and_then(|it| if it.expires_at > now { Ok(it) } else { Err(Refusal::Unknown) });
    let Entry { caller, token, expires_at } = match entered {
        Ok(entry) => entry,
        Err(refusal) => {
            if refusal == Refusal::Unknown {
                api.attempts.failed(address);
            }
            return Ok(Begun::Refused(refusal.problem()));
        }
    };
    let cookie = Secret::new()?;
    let session = NewSession {
        hash: cookie.digest(),
        csrf: digest(&csrf_of(cookie.reveal())),
        token,
        actor: caller.actor,
        role: caller.role,
        regio: caller.regio,
        begun_at: now,
        expires_at: expires_at.min(now + LASTS),
    };
    api.app.ledger.begin_session(&session).await?;
    Ok(Begun::Session(sealed(api, cookie.reveal().to_owned())))
}

/// A cookie that no script reads and no other site sends.
fn sealed(api: &Api, value: String) -> Cookie<'static> {
    let cookie = Cookie::build((COOKIE, value)).path("/").http_only(true).same_site(SameSite::Strict);
    cookie.secure(api.is_behind_tls).build()
}

async fn log_out(State(api): State<Api>, jar: CookieJar) -> Response {
    if let Some(cookie) = jar.get(COOKIE)
        && let Err(error) = api.app.ledger.end_session(&digest(cookie.value())).await
    {
        return Failure::from(anyhow::Error::from(error)).into_response();
    }
    let gone = Cookie::build((COOKIE, "")).path("/");
    (jar.remove(gone), Redirect::to("/inloggen")).into_response()
}
