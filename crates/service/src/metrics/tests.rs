//! The metrics as text: which there are, and that none counts records.

use std::collections::BTreeSet;
use std::sync::Arc;

use object_store::memory::InMemory;
use vt_domain::ManualClock;
use vt_ledger::{Fault, NewRun, RunOutcome};
use vt_servers::faulty::{self, FaultyStore};

use super::*;
use crate::config::in_folder;

async fn app(folder: &std::path::Path) -> App {
    let clock = Arc::new(ManualClock::at("2020-09-14T06:00:00Z".parse().unwrap()));
    App::open(in_folder(folder), folder, clock).await.unwrap()
}

/// A round that ended, a pull that failed, and one request.
async fn work(app: &App) {
    let now = app.clock.now();
    let run = app.ledger.begin_run(&NewRun::of_this_process("serve: start", "0.1.0", now)).await.unwrap();
    let _ = app.ledger.finish_run(run, now, RunOutcome::Succeeded).await.unwrap();
    let fault = Fault::new("count", "1234 records were promised");
    let _ = app.ledger.record_failed_pull("VT07", "2020-07".parse().unwrap(), now, &fault).await.unwrap();
    app.metrics.round(&Ok((RoundReport::default(), Exit::Done)), Duration::from_secs(2));
    app.metrics.request("/v1/regions/{vt}", "GET", 200, Duration::from_millis(3));
}

fn names(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect()
}

fn value<'a>(text: &'a str, series: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{series} is not in\n{text}"))
}

#[tokio::test]
async fn the_names_are_those_that_rules_and_documentation_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    work(&app).await;
    let text = app.metrics.text(&app).await.unwrap();
    let all = [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "vt_monitor_backfill_items",
        "vt_monitor_build_info",
        "vt_monitor_failed_region_months",
        "vt_monitor_has_leader",
        "vt_monitor_held_back_issues",
        "vt_monitor_http_request_duration_seconds",
        "vt_monitor_http_requests_total",
        "vt_monitor_last_completed_round_timestamp_seconds",
        "vt_monitor_leader",
        "vt_monitor_next_wake_timestamp_seconds",
        "vt_monitor_open_alerts",
        "vt_monitor_part_ready",
        "vt_monitor_periods_due",
        "vt_monitor_periods_interrupted",
        "vt_monitor_publications_total",
        "vt_monitor_pulls_total",
        "vt_monitor_ready",
        "vt_monitor_region_late_months",
        "vt_monitor_region_months",
        "vt_monitor_round_duration_seconds",
        "vt_monitor_rounds_total",
        "vt_monitor_scrape_errors_total",
    ];
    assert_eq!(names(&text), BTreeSet::from(all), "{text}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/OPERATING.md");
    let documented = std::fs::read_to_string(file).unwrap();
    let missing: Vec<_> = all.into_iter().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/OPERATING.md lacks {missing:?}");
}

/// Names of metrics in a query, as Prometheus knows them: a histogram stands for its series.
fn asked(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("vt_monitor_") || word.starts_with("process_"));
    ours.map(|name| ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name))
}

#[tokio::test]
async fn what_dashboard_and_rules_ask_for_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    work(&app).await;
    let text = app.metrics.text(&app).await.unwrap();
    let there = names(&text);
    let deployed =
        |name: &str| std::fs::read_to_string(format!("{}/../../deploy/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut all = BTreeSet::new();
    for file in ["prometheus/vt-monitor.rules.yml", "grafana/vt-monitor.json"] {
        let queries = deployed(file);
        let names: BTreeSet<_> = asked(&queries).map(str::to_owned).collect();
        let unknown: Vec<_> = names.iter().filter(|name| !there.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "deploy/{file} asks for {unknown:?}");
        all.extend(names);
    }
    // And nothing that the service tells goes unseen.
    let unseen: Vec<_> = there.iter().filter(|name| !all.contains(**name)).collect();
    assert!(unseen.is_empty(), "neither a panel nor a rule shows {unseen:?}");
}

#[tokio::test]
async fn they_say_how_things_stand() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    work(&app).await;
    let text = app.metrics.text(&app).await.unwrap();
    assert_eq!(value(&text, "vt_monitor_ready"), "1");
    assert_eq!(value(&text, "vt_monitor_leader"), "0");
    assert_eq!(value(&text, "vt_monitor_rounds_total{outcome=\"done\"}"), "1");
    assert_eq!(value(&text, "vt_monitor_rounds_total{outcome=\"failed\"}"), "0");
    assert_eq!(value(&text, "vt_monitor_failed_region_months"), "1");
    assert_eq!(value(&text, "vt_monitor_region_late_months{region=\"VT07\"}"), "3", "June, July and August");
    assert_eq!(value(&text, "vt_monitor_region_months{state=\"late\"}"), "78", "of 26 regions");
    let at = app.clock.now().timestamp().to_string();
    assert_eq!(value(&text, "vt_monitor_last_completed_round_timestamp_seconds"), at);
    let route = "{method=\"GET\",route=\"/v1/regions/{vt}\",status=\"200\"}";
    assert_eq!(value(&text, &format!("vt_monitor_http_requests_total{route}")), "1");
    assert!(!text.contains("1234"), "what failures say is not in it");
}

#[tokio::test]
async fn a_part_that_fails_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path()).await;
    app.published = Arc::new(FaultyStore::new(Arc::new(InMemory::new())).always(faulty::Fault::Before));
    app.local_stores.clear();
    let text = app.metrics.text(&app).await.unwrap();
    assert!(!text.contains("vt_monitor_region_months"), "{text}");
    assert_eq!(value(&text, "vt_monitor_scrape_errors_total{part=\"stores\"}"), "1");
    assert_eq!(value(&text, "vt_monitor_scrape_errors_total{part=\"ledger\"}"), "0");
    assert_eq!(value(&text, "vt_monitor_ready"), "0");
    assert_eq!(value(&text, "vt_monitor_part_ready{part=\"published_store\"}"), "0");
    assert_eq!(value(&text, "vt_monitor_part_ready{part=\"private_store\"}"), "1");
    assert_eq!(value(&text, "vt_monitor_held_back_issues"), "0");
}

#[tokio::test]
async fn every_outcome_has_its_counter_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path()).await;
    let text = app.metrics.text(&app).await.unwrap();
    for (name, outcomes) in [("rounds", &ROUNDS[..]), ("pulls", &PULLS), ("publications", &PUBLICATIONS)] {
        for outcome in outcomes {
            assert_eq!(value(&text, &format!("vt_monitor_{name}_total{{outcome=\"{outcome}\"}}")), "0");
        }
    }
}
