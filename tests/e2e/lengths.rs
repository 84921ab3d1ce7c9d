//! Periods of several lengths: weeks and the sums that follow, and a cadence that changes in the middle of a period.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use vt_domain::period::{Period, PeriodKind};
use vt_monitor::commands::{Demo, Stage};
use vt_monitor::due::PeriodState;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::publish_all;
use vt_monitor::round::once;
use vt_monitor::runs;
use vt_publication::audit::{AuditOptions, Depth, audit_store};
use vt_publication::verify::verify;

/// The periods that a run publishes. A revision may be held back: by week the bounds leave little room.
async fn published(stage: &Stage) -> Vec<String> {
    let before = Overview::read(&stage.app).await.unwrap().published;
    let (report, _) = once(&stage.app, "run").await.unwrap();
    for result in report.published.iter().filter(|result| result.failure.is_some()) {
        assert!(before.contains_key(&result.periode) && result.refused, "{result:?}");
    }
    let published = report.published.iter().filter(|result| result.failure.is_none());
    published.map(|result| result.periode.to_string()).collect()
}

/// The counts of kerncijfers in the newest issue of a period.
fn counts(out: &Path, period: &str) -> BTreeMap<(String, String), Option<i64>> {
    let period: Period = period.parse().unwrap();
    let issues = std::fs::read_dir(out.join(format!("published/manifests/{}/{period}", period.kind()))).unwrap();
    let issue =
        issues.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ext| ext == "json")).count();
    let path = format!("published/snapshots/{}/{period}/{issue}/kerncijfers.json", period.kind());
    let table: Value = serde_json::from_slice(&std::fs::read(out.join(path)).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = table["rijen"].as_array().unwrap().iter();
    rows.map(|row| ((text(&row["regio_code"]), text(&row["maat"])), row["waarde"].as_i64())).collect()
}

/// Every figure of a longer period is the sum of those of its parts.
fn adds_up(out: &Path, sum: &str, parts: &[&str]) {
    let (whole, parts) = (counts(out, sum), parts.iter().map(|part| counts(out, part)).collect::<Vec<_>>());
    let mut compared = 0;
    for (cell, value) in &whole {
        let added: Option<i64> = parts.iter().map(|part| part[cell]).sum();
        if let (Some(value), Some(added)) = (value, added) {
            assert_eq!(*value, added, "{sum} {cell:?}");
            compared += 1;
        }
    }
    assert!(compared > 150, "{sum}: {compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn weeks_add_up_to_longer_periods_and_what_was_begun_in_weeks_is_finished_in_weeks() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-03".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let mut stage = vt_tests::open(&demo, &out, Default::default()).await.unwrap();
    stage.app.schedule.cadence = PeriodKind::Week;
    let done = published(&stage).await;
    let weeks: Vec<String> = (102..=113).map(|week| format!("2019W{week}")).collect();
    assert_eq!(done[..12], weeks, "week 1 begins in 2018, week 13 ends with March");
    let sums = ["2019W202", "2019W203", "2019W204", "2019W205", "2019W206", "2019W402", "2019W403"];
    assert_eq!(done[12..], sums);
    vt_tests::mirror(&out).await.unwrap();
    adds_up(&out, "2019W203", &["2019W105", "2019W106"]);
    adds_up(&out, "2019W402", &["2019W105", "2019W106", "2019W107", "2019W108"]);

    // The crisis is over, in the middle of 2019W404, of which week 13 is out.
    stage.app.schedule.cadence = PeriodKind::FourWeeks;
    stage.clock.set("2019-05-15T05:00:00Z".parse().unwrap());
    let done = published(&stage).await;
    for text in ["2019W114", "2019W208", "2019W404"] {
        assert!(done.contains(&text.to_owned()), "{text}: {done:?}");
    }
    assert!(!done.contains(&"2019W115".to_owned()), "{done:?}");
    vt_tests::mirror(&out).await.unwrap();
    adds_up(&out, "2019W404", &["2019W113", "2019W114", "2019W208"]);

    // And back again: what is out in a longer period is not published shorter.
    stage.app.schedule.cadence = PeriodKind::Week;
    let overview = Overview::read(&stage.app).await.unwrap();
    let longer: Period = "2019W208".parse().unwrap();
    let asked: Period = "2019W115".parse().unwrap();
    assert_eq!(overview.period(&stage.app, asked).state, PeriodState::PartOf { longer });
    let run = runs::begin(&stage.app, "publish").await.unwrap();
    let results = publish_all(&stage.app, run, &overview, vec![asked]).await.unwrap();
    assert!(results[0].refused && results[0].failure.as_ref().unwrap().message.contains("2019W208"), "{results:?}");
    let done = published(&stage).await;
    assert_eq!(done[0], "2019W117", "{done:?}");

    let store = stage.app.published.as_ref();
    let report = verify(store, None).await.unwrap();
    assert_eq!(report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let options = AuditOptions { depth: Depth::Proof, insiders: Vec::new(), period: None };
    let elapsed = || std::time::Duration::ZERO;
    let report = audit_store(store, Some(&stage.app.vault), &options, &elapsed, &mut |_| {}, &|| false).await.unwrap();
    assert!(report.safe, "{:?} {:?}", report.reasons, report.private.map(|found| found.findings));
    stage.simulator.stop().await;
}
