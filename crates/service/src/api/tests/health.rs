//! Health, readiness and metrics, when all is well and when something is broken.

use std::sync::Arc;

use futures::StreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use vt_ledger::{NewRun, RunOutcome};
use vt_servers::faulty::{Fault, FaultyStore};

use super::{Desk, ROLES};
use crate::app::App;

fn with_store(fault: Fault) -> impl FnOnce(&mut App) {
    move |app| {
        app.published = Arc::new(FaultyStore::new(Arc::new(InMemory::new())).always(fault));
        app.local_stores.clear();
    }
}

#[tokio::test]
async fn a_service_that_is_ready_says_how_it_stands() {
    let desk = Desk::new().await;
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let run = ledger.begin_run(&NewRun::of_this_process("serve: start", "0.1.0", now)).await.unwrap();
    let _ = ledger.finish_run(run, now, RunOutcome::Partial).await.unwrap();
    desk.clock.advance(chrono::TimeDelta::minutes(2));
    let answer = desk.ask("GET", "/health/ready", None, None).await;
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), json["title"].as_str()), (200, Some("Ready")), "{}", answer.text);
    for part in ["ledger", "private store", "published store"] {
        assert_eq!(json["parts"][part], "ok", "{part}");
    }
    assert_eq!(json["ledger_schema"], vt_ledger::Ledger::known_schema());
    assert_eq!(json["instance"], "nobody leads");
    assert_eq!(json["last_round"], "2020-09-14T06:00:00Z");
    assert_eq!(json["last_round_seconds"], 120);
    let holder = crate::runs::holder();
    ledger.claim(crate::serve::LEADER, &holder, std::time::Duration::from_secs(60)).await.unwrap().unwrap();
    let other = Desk::new().await;
    let other_ledger = &other.api.app.ledger;
    other_ledger.claim(crate::serve::LEADER, "somebody", std::time::Duration::from_secs(60)).await.unwrap().unwrap();
    let instance = crate::health::instance;
    assert_eq!(instance(ledger).await.unwrap(), crate::health::Instance::Leads);
    assert_eq!(instance(other_ledger).await.unwrap(), crate::health::Instance::StandsBy);
}

#[tokio::test]
async fn a_broken_store_is_named_without_its_address() {
    let desk = Desk::with(&super::super::ApiConfig::default(), with_store(Fault::Before)).await;
    let answer = desk.ask("GET", "/health/ready", None, None).await;
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), json["status"].as_u64()), (503, Some(503)), "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(json["detail"], "the published store can't be read");
    assert_eq!((&json["parts"]["private store"], &json["parts"]["ledger"]), (&"ok".into(), &"ok".into()));
    assert!(!answer.text.contains("example.nl"), "{}", answer.text);
    assert_eq!(desk.ask("GET", "/health/live", None, None).await.status, 200, "it lives all the same");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_not_waited_for() {
    let desk = Desk::with(&super::super::ApiConfig::default(), with_store(Fault::Never)).await;
    let begun = tokio::time::Instant::now();
    let answers = futures::future::join_all((0..20).map(|_| desk.ask("GET", "/health/ready", None, None))).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "looked at once for all who ask");
    assert!(answers.iter().all(|answer| answer.status == 503 && answer.text.contains("gives no answer within 2.5 s")));
}

#[tokio::test]
async fn a_folder_that_has_gone_is_no_empty_store() {
    let desk = Desk::new().await;
    std::fs::remove_dir_all(desk._folder.path().join("published")).unwrap();
    let answer = desk.ask("GET", "/health/ready", None, None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (503, &"the published store can't be read".into()));
}

#[tokio::test]
async fn a_service_that_stops_is_not_ready() {
    let desk = Desk::new().await;
    desk.api.app.stop.cancel();
    let answer = desk.ask("GET", "/health/ready", None, None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (503, &"the service is stopping".into()));
}

#[tokio::test]
async fn metrics_are_for_whoever_may_see_the_status() {
    let desk = Desk::new().await;
    for (role, text) in ROLES {
        let token = desk.token(text).await;
        let answer = desk.ask("GET", "/metrics", Some(&token), None).await;
        let may = role != vt_ledger::Role::Regio;
        assert_eq!(answer.status.as_u16(), if may { 200 } else { 403 }, "{text}: {}", answer.text);
        if may {
            assert_eq!(answer.headers["content-type"], crate::metrics::TEXT);
            assert!(answer.text.contains("# HELP vt_monitor_ready "), "{}", answer.text);
        }
    }
    assert_eq!(desk.ask("GET", "/metrics", None, None).await.status, 401);
}

#[tokio::test]
async fn requests_are_counted_by_the_template_of_their_route() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    for path in ["/v1/regions/VT07", "/v1/regions/VT08", "/v1/nothing", "/also/nothing"] {
        desk.ask("GET", path, Some(&token), None).await;
    }
    desk.ask("BREW", "/v1/status", Some(&token), None).await;
    let text = desk.ask("GET", "/metrics", Some(&token), None).await.text;
    let counted = |series: &str| text.lines().any(|line| line == format!("vt_monitor_http_requests_total{series}"));
    assert!(counted("{method=\"GET\",route=\"/v1/regions/{vt}\",status=\"200\"} 2"), "{text}");
    assert!(counted("{method=\"GET\",route=\"unmatched\",status=\"404\"} 2"), "{text}");
    assert!(text.contains("{method=\"other\",route=\"/v1/status\",status=\"405\"} 1"), "{text}");
    assert!(!text.contains("BREW") && !text.contains("route=\"/v1/regions/VT07\""), "{text}");
}

#[tokio::test]
async fn an_emptied_store_is_no_empty_list_and_not_ready() {
    let emptied = |app: &mut App| app.published = Arc::new(InMemory::new());
    let desk = Desk::with(&super::super::ApiConfig::default(), emptied).await;
    let token = desk.token("lezer").await;
    for path in ["/v1/snapshots", "/v1/errata", "/v1/status"] {
        let answer = desk.ask("GET", path, Some(&token), None).await;
        assert_eq!(answer.status.as_u16(), 503, "{path}: {}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().contains("published store is empty"), "{}", answer.text);
    }
    let answer = desk.ask("GET", "/health/ready", None, None).await;
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), &json["parts"]["ledger"]), (503, &"ok".into()), "{}", answer.text);
    assert!(
        json["parts"]["published store"].as_str().unwrap().contains("is empty or bears no mark"),
        "{}",
        answer.text
    );
    assert!(desk.api.app.published.list(None).next().await.is_none(), "nothing was made there");
}
