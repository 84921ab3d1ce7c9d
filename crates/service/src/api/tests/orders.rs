//! What is ordered of single issues: what is refused at once, and what goes on and ends as a snapshot or as a void reservation.

use std::sync::Arc;

use object_store::memory::InMemory;
use serde_json::{Value, json};
use vt_domain::period::PeriodKind;
use vt_ledger::{Change, Ledger};

use super::uploads::{Form, outcome};
use super::{Answered, ApiConfig, Desk, routes};
use crate::app::App;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::issues::Issues;
use crate::ops::{self, Arrange, ArrangeKind};
use crate::round;

/// The week of which VT07 delivered every day, and which waits for the other regions.
const WEEK: &str = "2020W129";

/// A service that waits with [`WEEK`] for regions.
pub(crate) async fn waiting() -> Desk {
    let desk = Desk::with(&ApiConfig::default(), |app| app.schedule.cadence = PeriodKind::Week).await;
    let token = desk.token("regio:VT07").await;
    assert_eq!(outcome(&desk, &token, false, &Form::of_july()).await.0, "accepted");
    extend(&desk).await;
    desk
}

/// A region may deliver July later, so that the deadlines of its weeks have not passed.
async fn extend(desk: &Desk) {
    let asked = Arrange {
        kind: ArrangeKind::Extension,
        vt: "VT08".into(),
        maand: Some("2020-07".parse().unwrap()),
        from: None,
        until: "2020-09-25".parse().unwrap(),
        owner: None,
        reason: "agreed".into(),
    };
    let change = Change { at: desk.api.app.clock.now(), actor: "test".into(), reason: "agreed".into() };
    ops::arrange(&desk.api.app, &asked, &change).await.unwrap();
}

/// The same private store after a crash between reservation and manifest: nothing else knows of what was published.
pub(crate) async fn cut_off(desk: &mut Desk) {
    let ledger = desk._folder.path().join("another.sqlite");
    desk.api.app.ledger = Ledger::open(&ledger.to_string_lossy()).await.unwrap();
    desk.api.app.published = Arc::new(InMemory::new());
    let mark = object_store::path::Path::from("published.json");
    object_store::ObjectStoreExt::delete(desk.api.app.vault.store().as_ref(), &mark).await.unwrap();
    desk.api.app.changes.note();
    desk.router = routes(&desk.api).0;
    extend(desk).await;
}

/// What is reserved, and neither published nor void.
async fn unfinished(app: &App) -> Vec<String> {
    let issues = Issues::read(&app.vault, app.published.as_ref()).await.unwrap();
    issues.unfinished().iter().map(ToString::to_string).collect()
}

/// Waits until no order is under way.
pub(crate) async fn settled(desk: &Desk) {
    desk.api.app.orders.close();
    desk.api.app.orders.wait().await;
}

fn incomplete(reason: &str) -> Value {
    json!({ "periode": WEEK, "incomplete": true, "reason": reason })
}

async fn publish(desk: &Desk, token: &str, body: Value) -> Answered {
    desk.ask("POST", "/v1/publish", Some(token), Some(body)).await
}

/// Publishes what is there of the week; gives how the run ended.
pub(crate) async fn published(desk: &Desk, token: &str) -> Value {
    let begun = publish(desk, token, incomplete("made by a test")).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    settled(desk).await;
    desk.ask("GET", &format!("/v1/runs/{}", begun.json()["run"]["id"]), Some(token), None).await.json()
}

async fn void(desk: &Desk, token: &str, path: &str, reason: &str) -> Answered {
    let path = format!("/v1/snapshots/{path}/void");
    desk.ask("POST", &path, Some(token), Some(json!({ "reason": reason }))).await
}

async fn audited(desk: &Desk, token: &str, action: &str) -> Vec<Value> {
    let log = desk.ask("GET", &format!("/v1/audit?action={action}"), Some(token), None).await.json();
    log["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_published_by_order_in_a_run_that_can_be_followed() {
    let desk = waiting().await;
    let token = desk.token("operator").await;
    let waits = publish(&desk, &token, json!({ "periode": WEEK })).await;
    assert!(waits.status == 409 && waits.text.contains("waits for regions until"), "{}", waits.text);
    let silent = publish(&desk, &token, incomplete(" ")).await;
    assert_eq!((silent.status.as_u16(), silent.json()["field"].as_str()), (422, Some("reason")), "{}", silent.text);
    assert!(audited(&desk, &token, "publish.order").await.is_empty(), "what is refused is no order");

    let key = [("idempotency-key", "k1")];
    let order = || desk.ask_with("POST", "/v1/publish", Some(&token), Some(incomplete("the ministry asks")), &key);
    let (begun, again) = (order().await, order().await);
    assert_eq!((begun.status.as_u16(), again.status.as_u16()), (202, 202), "{} {}", begun.text, again.text);
    assert_eq!((&begun.text, &again.headers["idempotent-replayed"]), (&again.text, &"true".parse().unwrap()));
    let run = &begun.json()["run"];
    assert_eq!(run["command"], "publish --period 2020W129 --incomplete", "the reason is for the audit log alone");
    settled(&desk).await;
    let run = format!("/v1/runs/{}", run["id"]);
    assert_eq!(desk.ask("GET", &run, Some(&token), None).await.json()["outcome"], "succeeded");
    let steps = desk.ask("GET", &format!("{run}/steps"), Some(&token), None).await;
    assert!(steps.text.contains("\"publish\"") && steps.text.contains(WEEK), "{}", steps.text);
    let snapshot = desk.ask("GET", "/v1/snapshots/week/2020W129/1", Some(&token), None).await;
    assert_eq!(snapshot.status, 200, "{}", snapshot.text);

    let nothing = publish(&desk, &token, incomplete("once more")).await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["run"]), (200, &Value::Null), "{}", nothing.text);
    assert!(nothing.json()["text"].as_str().unwrap().contains("nothing to do"), "{}", nothing.text);
    let entries = audited(&desk, &token, "publish.order").await;
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["subject"], &entries[0]["reason"]), (&json!(WEEK), &json!("the ministry asks")));
    assert_eq!(entries[0]["actor"], "the operator (token 2)");
}

#[tokio::test]
async fn what_a_rule_refuses_is_told_at_once_and_begins_no_run() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let refused = async |body: Value| {
        let answer = publish(&desk, &token, body).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
        (answer.status.as_u16(), answer.json()["detail"].as_str().unwrap_or_default().to_owned())
    };
    for (period, status, rule) in [
        ("2020W410", 409, "2020W410 running"),
        ("2020W407", 409, "no region has all its days"),
        ("2020W129", 409, "come out as 2020W408"),
        ("2020-07", 422, "2020W407"),
    ] {
        let (said, detail) = refused(json!({ "periode": period, "reason": "r" })).await;
        assert!(said == status && detail.contains(rule), "{period}: {said} {detail}");
    }
    assert_eq!(refused(json!({ "periode": "2020W407", "more": 1 })).await.0, 422);
    assert_eq!(refused(json!({ "reason": "r" })).await.0, 422);

    let nothing = void(&desk, &token, "four_weeks/2020W407/1", "r").await;
    assert!(nothing.status == 409 && nothing.text.contains("is not reserved"), "{}", nothing.text);
    assert_eq!(void(&desk, &token, "week/2020W407/1", "r").await.status, 404);
    assert_eq!(void(&desk, &token, "four_weeks/2020W499/1", "r").await.status, 404);
    let silent = void(&desk, &token, "four_weeks/2020W407/1", " ").await;
    assert_eq!((silent.status.as_u16(), silent.json()["field"].as_str()), (422, Some("reason")));

    let hold = Hold::take(&desk.api.app, "run").await.unwrap().unwrap();
    let (status, detail) = refused(json!({ "periode": "2020W407" })).await;
    assert!(status == 409 && detail.contains("another run is at work"), "{status} {detail}");
    let busy = void(&desk, &token, "four_weeks/2020W407/1", "r").await;
    assert!(busy.status == 409 && busy.text.contains("a run is at work"), "{}", busy.text);
    hold.release().await;
    desk.api.app.stop.cancel();
    assert_eq!(refused(json!({ "periode": "2020W407" })).await.0, 503);
    assert_eq!(void(&desk, &token, "four_weeks/2020W407/1", "r").await.status, 503);

    assert_eq!(desk.ask("GET", "/v1/runs", Some(&token), None).await.json()["items"], json!([]));
    for action in ["publish.order", "publish.void"] {
        assert!(audited(&desk, &token, action).await.is_empty(), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_an_order_ends_at_a_safe_point_and_is_waited_for() {
    let desk = waiting().await;
    let token = desk.token("operator").await;
    let begun = publish(&desk, &token, incomplete("made by a test")).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    desk.api.app.stop.cancel();
    settled(&desk).await;
    let run = desk.ask("GET", &format!("/v1/runs/{}", begun.json()["run"]["id"]), Some(&token), None).await;
    assert_eq!(run.json()["outcome"], "stopped", "{}", run.text);
    assert!(unfinished(&desk.api.app).await.is_empty(), "nothing is left half");
    let leases = desk.api.app.ledger.leases().await.unwrap();
    assert!(leases.iter().all(|lease| lease.name != "run"), "{leases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_killed_half_way_is_finished_by_the_next_round() {
    let mut desk = waiting().await;
    let token = desk.token("operator").await;
    assert_eq!(published(&desk, &token).await["outcome"], "succeeded");
    cut_off(&mut desk).await;
    let app = &desk.api.app;
    let left: Vec<String> = unfinished(app).await;
    assert_eq!(left, ["2020W129 issue 1"]);
    let (report, exit) = Box::pin(round::once(app, "run")).await.unwrap();
    let done: Vec<_> = report.published.iter().map(|result| (result.periode.to_string(), result.uitgave)).collect();
    assert_eq!((exit, done), (Exit::Done, vec![(WEEK.to_owned(), Some(1))]), "though it is not complete");
    assert!(unfinished(app).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_given_up_and_the_next_issue_takes_its_place() {
    let mut desk = waiting().await;
    let token = desk.token("operator").await;
    assert_eq!(published(&desk, &token).await["outcome"], "succeeded");
    cut_off(&mut desk).await;
    let token = desk.token("operator").await;
    let first = void(&desk, &token, "week/2020W129/1", "can't be finished").await;
    assert_eq!((first.status.as_u16(), &first.json()["changed"]), (200, &json!(true)), "{}", first.text);
    let again = void(&desk, &token, "week/2020W129/1", "can't be finished").await;
    assert_eq!((again.status.as_u16(), &again.json()["changed"]), (200, &json!(false)), "{}", again.text);
    let entry = &audited(&desk, &token, "publish.void").await[0];
    assert_eq!((&entry["subject"], &entry["reason"]), (&json!("2020W129 issue 1"), &json!("can't be finished")));
    assert_eq!(entry["actor"], "the operator (token 1)");

    assert_eq!(published(&desk, &token).await["outcome"], "succeeded");
    assert_eq!(desk.ask("GET", "/v1/snapshots/week/2020W129/2", Some(&token), None).await.status, 200);
    assert_eq!(desk.ask("GET", "/v1/snapshots/week/2020W129/1", Some(&token), None).await.status, 404);
    let stays = void(&desk, &token, "week/2020W129/2", "r").await;
    assert!(stays.status == 409 && stays.text.contains("what was published stays"), "{}", stays.text);
}
