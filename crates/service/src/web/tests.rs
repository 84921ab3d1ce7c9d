//! The pages without a network: who sees and does what, and that no form works from elsewhere.

mod alerts;
mod attention;
mod forms;
mod orders;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;

use crate::access::Need;
use crate::api::tests::{Desk, ROLES, fill};

/// Somebody with a browser.
pub(crate) struct Browser {
    pub(crate) router: Router,
    pub(crate) cookie: Option<String>,
}

pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(desk: &Desk) -> Self {
        Self { router: super::routes(&desk.api, &desk.router), cookie: None }
    }

    pub(crate) async fn of(desk: &Desk, role: &str) -> Self {
        let mut browser = Self::new(desk);
        let seen = browser.log_in(&desk.token(role).await).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
        browser
    }

    pub(crate) async fn log_in(&mut self, token: &str) -> Seen {
        let seen = self.send("POST", "/inloggen", format!("token={token}&naar=%2Fcadans"), &[]).await;
        let cookie = seen.headers.get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        self.cookie = cookie.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        seen
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: String, headers: &[(&str, &str)]) -> Seen {
        self.send_bytes(method, path, body.into_bytes(), headers).await
    }

    async fn send_bytes(&self, method: &str, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Seen {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Seen { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send("GET", path, String::new(), &[]).await
    }

    /// The secret that the forms of this session carry.
    pub(crate) async fn csrf(&self, page: &str) -> String {
        let text = self.get(page).await.text;
        let (_, rest) =
            text.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form on {page}: {text}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Every page and form, with what it needs. One that is not here fails the test below it.
const PAGES: [(&str, &str, Need); 32] = [
    ("GET", "/overzicht", Need::Read),
    ("GET", "/publicaties", Need::Read),
    ("GET", "/publicaties/four_weeks/2020W407/1", Need::Read),
    ("GET", "/runs", Need::Read),
    ("GET", "/runs/1", Need::Read),
    ("GET", "/cadans", Need::Read),
    ("GET", "/backfill", Need::Read),
    ("GET", "/backfill/1", Need::Read),
    ("GET", "/alarmen", Need::Read),
    ("GET", "/regio/{vt}", Need::ReadRegion),
    ("GET", "/regio/{vt}/levering/2020-07/1", Need::OwnRegion),
    ("GET", "/regio/{vt}/aanleveren", Need::OwnRegion),
    ("POST", "/regio/{vt}/aanleveren", Need::OwnRegion),
    ("GET", "/auditlog", Need::Steer),
    ("GET", "/auditlog?controleer=ja", Need::Steer),
    ("POST", "/cadans", Need::Steer),
    ("POST", "/backfill/plan", Need::Steer),
    ("POST", "/backfill", Need::Steer),
    ("POST", "/backfill/1/pauze", Need::Steer),
    ("POST", "/backfill/1/hervat", Need::Steer),
    ("POST", "/backfill/1/stop", Need::Steer),
    ("POST", "/backfill/1/opnieuw", Need::Steer),
    ("POST", "/publicaties/opdracht", Need::Steer),
    ("POST", "/publicaties/four_weeks/2020W407/1/vervallen", Need::Steer),
    ("POST", "/ronde", Need::Steer),
    ("POST", "/regio/{vt}/pauze", Need::Steer),
    ("POST", "/regio/{vt}/hervat", Need::Steer),
    ("POST", "/regio/{vt}/storing", Need::Steer),
    ("POST", "/regio/{vt}/uitstel", Need::Steer),
    ("POST", "/afspraken/1/einde", Need::Steer),
    ("POST", "/alarmen/stil", Need::Steer),
    ("POST", "/alarmen/stil/1/einde", Need::Steer),
];

#[tokio::test]
async fn every_page_lets_in_exactly_those_who_may() {
    let desk = Desk::new().await;
    fill(&desk).await;
    for (role, text) in ROLES {
        let browser = Browser::of(&desk, text).await;
        for (method, template, need) in PAGES {
            for vt in ["VT07", "VT08"] {
                let path = template.replace("{vt}", vt);
                // A form without the secret of the session: whoever may not is refused before that is looked at.
                let seen = browser.send(method, &path, String::new(), &[]).await;
                let own = template.contains("{vt}") && vt == "VT07";
                let what = format!("{method} {path} as {text}: {} {}", seen.status, seen.text);
                assert!(seen.status.as_u16() < 500, "{what}");
                if need.met_by(role, own) {
                    assert!(!seen.text.contains("Uw rol mag dit niet"), "{what}");
                } else if path == "/overzicht" {
                    assert_eq!(seen.headers[header::LOCATION], "/regio/VT07", "{what}");
                } else {
                    assert!(seen.status == 403 && seen.text.contains("Uw rol mag dit niet"), "{what}");
                }
                // Whoever may is stopped all the same when the form is not one of ours.
                assert!(method == "GET" || seen.status == 403, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_region_sees_no_other_regions_code_and_a_reader_no_count_of_records() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let (region, reader) = (Browser::of(&desk, "regio:VT07").await, Browser::of(&desk, "lezer").await);
    let operator = Browser::of(&desk, "operator").await;
    let all = operator.get("/overzicht").await.text;
    assert!(
        all.contains("VT08") && operator.get("/regio/VT08").await.text.contains("1234"),
        "there is something to leak"
    );
    let codes: Vec<String> = (1..=27).filter(|n| *n != 7).map(|n| format!("VT{n:02}")).collect();
    for (method, template, _) in PAGES.iter().filter(|(method, ..)| *method == "GET") {
        for vt in ["VT07", "VT08"] {
            let path = template.replace("{vt}", vt);
            let text = region.send(method, &path, String::new(), &[]).await.text;
            let seen: Vec<&String> = codes.iter().filter(|code| text.contains(code.as_str())).collect();
            assert!(seen.is_empty(), "{path}: {seen:?} in {text}");
            let text = reader.get(&path).await.text;
            assert!(!text.contains("1234"), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn who_is_not_logged_in_logs_in_and_comes_to_the_page_that_was_asked_for() {
    let desk = Desk::new().await;
    let mut browser = Browser::new(&desk);
    let seen = browser.get("/regio/VT07").await;
    assert_eq!(
        (seen.status, &seen.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/inloggen?naar=%2Fregio%2FVT07".parse().unwrap())
    );
    let wrong = browser.log_in("vtm_wrong").await;
    assert!(wrong.status == 401 && browser.cookie.is_none() && wrong.text.contains("geldt niet"), "{}", wrong.text);
    let right = browser.log_in(&desk.token("operator").await).await;
    assert_eq!(right.headers[header::LOCATION], "/cadans");
    let cookie = right.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let page = browser.get("/cadans").await;
    assert_eq!(page.status, 200);
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    browser.send("POST", "/uitloggen", String::new(), &[]).await;
    assert_eq!(browser.get("/cadans").await.status, 303, "the cookie counts no more");
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_after_a_working_day() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "lezer").await;
    assert_eq!(browser.get("/cadans").await.status, 200);
    desk.clock.advance(chrono::TimeDelta::hours(10));
    assert_eq!(browser.get("/cadans").await.status, 303);
    let again = Browser::of(&desk, "lezer").await;
    let change = desk.api.change(&crate::access::Caller { actor: "a".into(), role: ROLES[3].0, regio: None }, "leaked");
    crate::ops::revoke_token(&desk.api.app, 2, &change).await.unwrap();
    assert_eq!(again.get("/cadans").await.status, 303);
}

#[tokio::test]
async fn all_sessions_of_somebody_are_ended_by_a_beheerder() {
    let desk = Desk::new().await;
    let one = Browser::of(&desk, "lezer").await;
    desk.clock.advance(chrono::TimeDelta::minutes(1));
    let stays = Browser::of(&desk, "operator").await;
    let manager = desk.token("beheerder").await;
    let listed = desk.ask("GET", "/v1/sessions", Some(&manager), None).await;
    let who: Vec<String> =
        listed.json().as_array().unwrap().iter().map(|it| it["actor"].as_str().unwrap().to_owned()).collect();
    assert_eq!(who, ["the lezer (token 1)", "the operator (token 2)"]);
    assert!(!listed.text.contains("csrf") && !listed.text.contains("hash"), "{}", listed.text);
    let end = async || {
        let body = serde_json::json!({ "actor": who[0], "reason": "left" });
        desk.ask("POST", "/v1/sessions/end", Some(&manager), Some(body)).await
    };
    let ended = end().await;
    assert_eq!((ended.status.as_u16(), &ended.json()["ended"]), (200, &1.into()), "{}", ended.text);
    assert_eq!(one.get("/cadans").await.status, 303);
    assert_eq!(stays.get("/cadans").await.status, 200);
    assert_eq!(end().await.status, 404, "there is none left");
    let log = desk.ask("GET", "/v1/audit?action=session.end", Some(&manager), None).await.json();
    assert_eq!((&log["items"][0]["subject"], &log["items"][0]["reason"]), (&who[0].clone().into(), &"left".into()));
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_audit_log_is_checked_against_a_digest_that_was_kept() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "operator").await;
    let kept = desk.api.app.ledger.audit_log(&vt_ledger::AuditFilter::default()).await.unwrap()[0].digest.clone();
    let check = async |kept: &str| browser.get(&format!("/auditlog?controleer=ja&kenmerk={kept}")).await;
    assert!(check(&kept).await.text.contains("Regel 1, van het bewaarde kenmerk, is er nog."));
    assert!(check(&"f".repeat(64)).await.text.contains("is er niet meer"));
    assert!(check("").await.text.contains("De keten is heel: 1 regels."));
    assert_eq!(check("x").await.status, 422);
}

#[tokio::test]
async fn after_too_many_wrong_codes_an_address_waits() {
    let desk = Desk::new().await;
    let mut browser = Browser::new(&desk);
    for _ in 0..10 {
        assert_eq!(browser.log_in("vtm_wrong").await.status, 401);
    }
    let right = desk.token("operator").await;
    assert_eq!(browser.log_in(&right).await.status, 429, "even with the right one");
}

#[tokio::test]
async fn a_form_works_from_our_own_page_only() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "operator").await;
    let csrf = browser.csrf("/cadans").await;
    let form = |csrf: &str| format!("csrf={csrf}&cadence=week&from=&reason=crisis");
    assert_eq!(browser.send("POST", "/cadans", form("x"), &[]).await.status, 403);
    let elsewhere = browser.send("POST", "/cadans", form(&csrf), &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(elsewhere.status, 403);
    let other = Browser::of(&desk, "operator").await;
    assert_eq!(other.send("POST", "/cadans", form(&csrf), &[]).await.status, 403, "the secret of another session");
    assert!(desk.api.app.ledger.cadence_decisions().await.unwrap().is_empty());
    let done = browser.send("POST", "/cadans", form(&csrf), &[("sec-fetch-site", "same-origin")]).await;
    let today = desk.api.app.clock.today();
    assert_eq!(done.headers[header::LOCATION], format!("/cadans?gedaan={today}").as_str(), "{}", done.text);
    assert_eq!(desk.api.app.ledger.cadence_decisions().await.unwrap().len(), 1);
    assert!(browser.get("/auditlog").await.text.contains("crisis"));
}

#[tokio::test]
async fn what_is_filled_in_wrongly_is_told_and_changes_nothing() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "operator").await;
    let csrf = browser.csrf("/regio/VT07").await;
    for (form, said) in [
        ("reason=r", "Tot en met: vul een datum in"),
        ("reason=r&until=gisteren", "Tot en met: vul een datum in"),
        ("reason=&until=2020-10-01", "Reden: zeg waarom"),
    ] {
        let seen = browser.send("POST", "/regio/VT07/storing", format!("csrf={csrf}&{form}"), &[]).await;
        assert!(seen.status == 422 && seen.text.contains(said), "{form}: {}", seen.text);
    }
    let form = format!("csrf={csrf}&reason=%3Cscript%3E&until=2020-10-01&owner=beheer");
    let seen = browser.send("POST", "/regio/VT07/storing", form, &[]).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let page = browser.get("/regio/VT07").await.text;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "what people write is text: {page}");
    assert!(page.contains("buiten gebruik"), "{page}");
}

#[tokio::test]
async fn after_logging_in_nobody_is_sent_elsewhere() {
    let desk = Desk::new().await;
    let token = desk.token("lezer").await;
    let browser = Browser::new(&desk);
    for to in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%09%2Fevil.example"] {
        let seen = browser.send("POST", "/inloggen", format!("token={token}&naar={to}"), &[]).await;
        assert_eq!(seen.headers[header::LOCATION], "/", "{to}");
    }
}

#[tokio::test]
async fn the_api_answers_beside_the_pages() {
    let desk = Desk::new().await;
    let browser = Browser::new(&desk);
    assert_eq!(browser.get("/v1/status").await.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(browser.get("/health/live").await.status, 200);
    let missing = browser.get("/iets").await;
    assert!(missing.status == 404 && missing.text.contains("Dit is er niet"), "{}", missing.text);
}
