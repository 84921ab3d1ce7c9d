//! What single requests come to: pages, problems, digests, keys, log-ins.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Desk;

#[tokio::test]
async fn a_cadence_is_decided_by_whoever_bears_the_token() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let body = json!({ "cadence": "week", "reason": "the crisis deepens" });
    let answer = desk.ask("POST", "/v1/cadence", Some(&token), Some(body)).await;
    assert_eq!((answer.status.as_u16(), answer.json()["cadence"].as_str()), (200, Some("week")), "{}", answer.text);
    let log = desk.ask("GET", "/v1/audit?action=cadence.set", Some(&token), None).await.json();
    assert_eq!(log["items"][0]["actor"], "the operator (token 1)");
    assert_eq!(log["items"][0]["reason"], "the crisis deepens");
    assert_eq!(log["items"][0]["after"]["cadence"], "week");
    assert_eq!(desk.ask("GET", "/v1/audit/verify", Some(&token), None).await.json()["verdict"], "whole");
}

#[tokio::test]
async fn a_decision_tells_which_earlier_ones_it_makes_void() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let decide = async |cadence: &str, from: &str| {
        let body = json!({ "cadence": cadence, "from": from, "reason": "r" });
        let answer = desk.ask("POST", "/v1/cadence", Some(&token), Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        desk.clock.advance(TimeDelta::seconds(1));
        answer.json()
    };
    assert!(decide("two_weeks", "2020-10-20").await.get("voided").is_none());
    let sooner = decide("week", "2020-10-10").await;
    assert_eq!(sooner["voided"].as_array().map(Vec::len), Some(1), "{sooner}");
    assert_eq!(sooner["voided"][0]["from"], "2020-10-20");
    let stands: Vec<_> = sooner["decisions"].as_array().unwrap().iter().map(|it| it["stands"].clone()).collect();
    assert_eq!(stands, [false, true]);
    let log = desk.ask("GET", "/v1/audit?action=cadence.set", Some(&token), None).await.json();
    let entry = &log["items"][0];
    assert_eq!(entry["before"]["decisions"], json!([{ "cadence": "two_weeks", "from": "2020-10-20" }]), "{entry}");
    assert_eq!(entry["after"]["decisions"], json!([{ "cadence": "week", "from": "2020-10-10" }]), "{entry}");
}

#[tokio::test]
async fn a_digest_that_was_kept_elsewhere_is_looked_for_in_the_audit_log() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let verify = async |query: &str| {
        let answer = desk.ask("GET", &format!("/v1/audit/verify{query}"), Some(&token), None).await;
        (answer.status.as_u16(), answer.json())
    };
    let kept = verify("").await.1["newest"].as_str().unwrap().to_owned();
    desk.ask("POST", "/v1/runs", Some(&token), Some(json!({ "reason": "r" }))).await;
    let (status, found) = verify(&format!("?expect={}", kept.to_uppercase())).await;
    assert_eq!(
        (status, &found["verdict"], &found["entries"], &found["kept"]),
        (200, &"whole".into(), &2.into(), &1.into())
    );
    let (status, lacks) = verify(&format!("?expect={}", "f".repeat(64))).await;
    assert_eq!((status, &lacks["verdict"], &lacks["entries"]), (200, &"lacks".into(), &2.into()));
    let (status, wrong) = verify("?expect=nothing").await;
    assert_eq!((status, &wrong["field"]), (422, &"expect".into()));
}

#[tokio::test]
async fn what_is_wrong_is_told_as_a_problem() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let problem = async |method: &str, path: &str, body: Option<Value>| {
        let answer = desk.ask(method, path, Some(&token), body).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}: {}", answer.text);
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status.as_u16());
        (answer.status.as_u16(), problem["field"].as_str().unwrap_or_default().to_owned())
    };
    let wrong = |body: Value| problem("POST", "/v1/cadence", Some(body));
    assert_eq!(wrong(json!({ "cadence": "daily", "reason": "r" })).await, (422, "cadence".into()));
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "" })).await, (422, "reason".into()));
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "r", "from": "2019-01-01" })).await, (422, "from".into()));
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "r", "from": "9999-12-31" })).await, (422, "from".into()));
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "r", "from": "+262142-12-31" })).await.0, 422);
    assert_eq!(wrong(json!({ "cadence": "week" })).await.0, 422);
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "r", "more": 1 })).await.0, 422);
    assert_eq!(problem("GET", "/v1/regions/VT99", None).await.0, 404);
    assert_eq!(problem("GET", "/v1/runs/12345", None).await.0, 404);
    assert_eq!(problem("GET", "/v1/runs/twelve", None).await.0, 404);
    assert_eq!(problem("GET", "/v1/runs?limit=0", None).await, (422, "limit".into()));
    assert_eq!(problem("GET", "/v1/runs?many=1", None).await, (422, "many".into()));
    assert_eq!(problem("GET", "/v1/runs?limit=ten", None).await, (422, "limit".into()));
    assert_eq!(problem("GET", "/v1/runs?limit=1&limit=2", None).await, (422, "limit".into()));
    assert_eq!(problem("GET", "/v1/regions?op=2020-07-01", None).await, (422, "op".into()), "it takes nothing");
    assert_eq!(problem("POST", "/v1/runs?reason=r", Some(json!({ "reason": "r" }))).await, (422, "reason".into()));
    assert_eq!(problem("GET", "/v1/deliveries?regio=VT99", None).await, (422, "regio".into()));
    assert_eq!(problem("GET", "/v1/deliveries?after=999999", None).await, (422, "after".into()));
    assert_eq!(problem("GET", "/v1/deliveries?maand=juli", None).await, (422, "maand".into()));
    assert_eq!(problem("GET", "/v1/regions/VT99/deliveries", None).await.0, 404);
    assert_eq!(problem("GET", "/v1/snapshots/four_weeks/2020W407/1/diff", None).await, (422, "against".into()));
    let long = json!({ "cadence": "week", "reason": "x".repeat(301) });
    assert_eq!(wrong(long).await, (422, "reason".into()));
    assert_eq!(wrong(json!({ "cadence": "week", "reason": "one\ntwo" })).await, (422, "reason".into()));
    assert_eq!(problem("POST", "/v1/runs", Some(json!({ "reason": "x".repeat(301) }))).await, (422, "reason".into()));
    assert_eq!(problem("GET", "/v1/nothing", None).await.0, 404);
    assert_eq!(problem("POST", "/v1/status", Some(json!({}))).await.0, 405);
    assert_eq!(problem("POST", "/v1/regions/VT07/resume", Some(json!({ "reason": "r" }))).await.0, 409);
}

#[tokio::test]
async fn a_region_that_is_paused_already_is_not_paused_for_another_reason() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let pause = async |reason: &str| {
        desk.ask("POST", "/v1/regions/VT07/pause", Some(&token), Some(json!({ "reason": reason }))).await
    };
    assert_eq!(pause("levert onzin").await.status, 200);
    let again = pause("iets anders").await;
    let said = "VT07 is paused already, by the operator (token 1) since 2020-09-14";
    assert!(again.status == 409 && again.text.contains(said), "{}", again.text);
}

#[tokio::test]
async fn of_an_extension_of_no_month_that_can_be_due_the_month_is_named() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let extend = async |maand: &str, until: &str| {
        let body = json!({ "kind": "extension", "vt": "VT07", "maand": maand, "until": until, "reason": "r" });
        desk.ask("POST", "/v1/arrangements", Some(&token), Some(body)).await.json()
    };
    let later = extend("2035-04", "2035-05-20").await;
    assert_eq!((&later["field"], &later["detail"]), (&json!("maand"), &json!("from 2020-06 to 2020-10")));
    assert_eq!(extend("2020-08", "2035-05-20").await["field"], "until");
}

#[tokio::test]
async fn whoever_has_an_answer_gets_nothing_again() {
    let desk = Desk::new().await;
    let token = desk.token("lezer").await;
    let first = desk.ask("GET", "/v1/cadence", Some(&token), None).await;
    let etag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = desk.ask_with("GET", "/v1/cadence", Some(&token), None, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    let operator = desk.token("operator").await;
    let body = json!({ "cadence": "two_weeks", "reason": "r" });
    desk.ask("POST", "/v1/cadence", Some(&operator), Some(body)).await;
    let changed = desk.ask_with("GET", "/v1/cadence", Some(&token), None, &[("if-none-match", &etag)]).await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn a_change_under_one_key_is_made_once() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let body = json!({ "reason": "asked twice" });
    let ask = |body: Value| desk.ask_with("POST", "/v1/runs", Some(&token), Some(body), &[("idempotency-key", "k1")]);
    let (first, second) = (ask(body.clone()).await, ask(body).await);
    assert_eq!(first.json()["seq"], second.json()["seq"]);
    assert_eq!(second.headers["idempotent-replayed"], "true");
    let log = desk.ask("GET", "/v1/audit?action=run.request", Some(&token), None).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    assert_eq!(ask(json!({ "reason": "another" })).await.status, 409, "the key was used for something else");
}

#[tokio::test]
async fn a_key_of_one_token_is_nothing_to_another_of_the_same_name() {
    let desk = Desk::new().await;
    let manager = desk.token("beheerder").await;
    let body = |role: &str| json!({ "name": "one name", "role": role });
    let secret = async |role: &str| {
        let made = desk.ask("POST", "/v1/tokens", Some(&manager), Some(body(role))).await.json();
        made["secret"].as_str().unwrap().to_owned()
    };
    let (operator, reader) = (secret("operator").await, secret("lezer").await);
    let ask = async |token: &str| {
        let body = Some(json!({ "reason": "r" }));
        desk.ask_with("POST", "/v1/runs", Some(token), body, &[("idempotency-key", "k")]).await.status
    };
    assert_eq!(ask(&operator).await, 200);
    assert_eq!(ask(&reader).await, 403, "not the answer that the other got");
}

#[tokio::test]
async fn readers_learn_that_something_failed_but_no_size_of_it() {
    let desk = Desk::new().await;
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let fault = vt_ledger::Fault::new("count", "1234 records were promised, and 1233 came");
    let _ = ledger.record_failed_pull("VT07", "2020-07".parse().unwrap(), now, &fault).await.unwrap();
    let (reader, operator) = (desk.token("lezer").await, desk.token("operator").await);
    let status = desk.ask("GET", "/v1/status", Some(&reader), None).await;
    assert!(status.json()["failed_pulls"][0]["class"] == "count" && !status.text.contains("1233"), "{}", status.text);
    assert!(desk.ask("GET", "/v1/status", Some(&operator), None).await.text.contains("1233"));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    for number in 0..5 {
        desk.ask("POST", "/v1/runs", Some(&token), Some(json!({ "reason": format!("{number}") }))).await;
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = desk.ask("GET", &format!("/v1/audit?limit=2{after}"), Some(&token), None).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn a_token_is_shown_once_expires_and_is_revoked() {
    let desk = Desk::new().await;
    let manager = desk.token("beheerder").await;
    let body = json!({ "name": "LOT-C", "role": "lezer", "days": 2 });
    let made = desk.ask("POST", "/v1/tokens", Some(&manager), Some(body)).await.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert_eq!(desk.ask("GET", "/v1/me", Some(&secret), None).await.json()["role"], "lezer");
    let listed = desk.ask("GET", "/v1/tokens", Some(&manager), None).await;
    assert!(!listed.text.contains(&secret) && !listed.text.contains(&crate::access::digest(&secret)));
    desk.clock.advance(TimeDelta::days(3));
    assert_eq!(desk.ask("GET", "/v1/me", Some(&secret), None).await.status, 401, "expired");
    let other = desk.token("lezer").await;
    let path = format!("/v1/tokens/{}/revoke", made["id"].as_i64().unwrap() + 1);
    assert_eq!(desk.ask("GET", "/v1/me", Some(&other), None).await.status, 200);
    assert_eq!(desk.ask("POST", &path, Some(&manager), Some(json!({}))).await.status, 200);
    assert_eq!(desk.ask("GET", "/v1/me", Some(&other), None).await.status, 401, "revoked");
    let wrong = json!({ "name": "x", "role": "regio:VT99" });
    assert_eq!(desk.ask("POST", "/v1/tokens", Some(&manager), Some(wrong)).await.status, 404);
}

#[tokio::test]
async fn whoever_fails_too_often_waits() {
    let desk = Desk::new().await;
    for _ in 0..10 {
        assert_eq!(desk.ask("GET", "/v1/me", Some("vtm_guess"), None).await.status, 401);
    }
    let waits = desk.ask("GET", "/v1/me", Some("vtm_guess"), None).await;
    assert_eq!(waits.status, 429);
    assert_eq!(desk.ask("GET", "/v1/me", None, None).await.status, 401, "who shows nothing has failed at nothing");
    let token = desk.token("lezer").await;
    assert_eq!(desk.ask("GET", "/v1/me", Some(&token), None).await.status, 200, "who shares the address comes in");
    assert!(waits.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap() > 0);
    desk.clock.advance(TimeDelta::minutes(6));
    assert_eq!(desk.ask("GET", "/v1/me", Some("vtm_guess"), None).await.status, 401);
}

#[tokio::test]
async fn a_plan_is_made_and_applied_and_a_stale_one_refused() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let asked = json!({ "from": "2020-06", "to": "2020-08", "regions": [] });
    let plan = desk.ask("POST", "/v1/backfills/plan", Some(&token), Some(asked)).await;
    assert_eq!(plan.status, 200, "{}", plan.text);
    let plan = plan.json();
    assert_eq!(plan["skipped"].as_array().unwrap().len(), 78, "no region has a source here");
    let nothing = desk.ask("POST", "/v1/backfills", Some(&token), Some(plan.clone())).await;
    assert!(nothing.status == 409 && nothing.text.contains("pulls nothing"), "{}", nothing.text);
    let mut edited = plan.clone();
    edited["pulls"] = json!([{ "vt": "VT99", "maand": "2035-01", "counts": null, "judged": 0 }]);
    let refused = desk.ask("POST", "/v1/backfills", Some(&token), Some(edited)).await;
    assert!(refused.status == 422 && refused.text.contains("was changed"), "{}", refused.text);
    let mut edited = plan.clone();
    edited["asked"]["reason"] = json!("another");
    let refused = desk.ask("POST", "/v1/backfills", Some(&token), Some(edited)).await;
    assert!(refused.status == 422 && refused.text.contains("was changed"), "{}", refused.text);
    desk.ask("POST", "/v1/cadence", Some(&token), Some(json!({ "cadence": "week", "reason": "r" }))).await;
    let stale = desk.ask("POST", "/v1/backfills", Some(&token), Some(plan)).await;
    assert_eq!(stale.status, 409);
    assert!(stale.json()["detail"].as_str().unwrap().contains("cadence: planned on"), "{}", stale.text);
}
