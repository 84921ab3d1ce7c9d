//! Corrections of what was published: a new issue on the next publication day, with every unchanged value kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, Utc};
use object_store::ObjectStoreExt;
use serde_json::Value;
use vt_domain::clock::local_date;
use vt_domain::period::Period;
use vt_monitor::commands::{Demo, Stage, exit_of};
use vt_monitor::due::{PeriodState, PullOrder};
use vt_monitor::exit::Exit;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::revise;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::recount;
use vt_monitor::round::once;
use vt_monitor::runs;
use vt_publication::verify::verify;
use vt_simulator::{CorrectionWave, REGIONS, SimulatorConfig};

const FIRST: &str = "2019W402";

/// Two periods are published in April; four regions correct a few days later.
async fn corrected(out: &Path) -> (Demo, Stage) {
    corrected_by(out, CorrectionWave::new).await
}

/// The same, when regions correct as `wave` says.
async fn corrected_by(out: &Path, wave: impl Fn(NaiveDate) -> CorrectionWave) -> (Demo, Stage) {
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-03".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let wave = wave(local_date(demo.instant()) + Days::new(4));
    let regions = SimulatorConfig { seed: demo.seed, corrections: vec![wave], ..SimulatorConfig::default() };
    let stage = vt_tests::open_with(&demo, out, regions).await.unwrap();
    (demo, stage)
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}T05:00:00Z").parse().unwrap()
}

async fn published(stage: &Stage) -> Vec<(String, u32)> {
    let (report, _) = once(&stage.app, "run").await.unwrap();
    assert!(report.published.iter().all(|result| result.failure.is_none()), "{:?}", report.published);
    report.published.iter().map(|result| (result.periode.to_string(), result.uitgave.unwrap())).collect()
}

async fn state(stage: &Stage, period: &str) -> PeriodState {
    let overview = Overview::read(&stage.app).await.unwrap();
    overview.period(&stage.app, period.parse().unwrap()).state
}

fn read(out: &Path, path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("published").join(path)).unwrap()).unwrap()
}

/// The counts of VT regions in an issue.
fn counts(out: &Path, period: &str, issue: u32) -> BTreeMap<(String, String, String, String), Value> {
    let mut counts = BTreeMap::new();
    for table in ["kerncijfers", "verdelingen"] {
        let rows = read(out, &format!("snapshots/four_weeks/{period}/{issue}/{table}.json"));
        for row in rows["rijen"].as_array().unwrap().iter().filter(|row| row["regio_type"] == "VT") {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            counts
                .insert((text("regio_code"), text("maat"), text("dimensie"), text("categorie")), row["waarde"].clone());
        }
    }
    counts
}

/// Regions of which a counting delivery differs between two issues.
fn changed_regions(out: &Path, period: &str) -> BTreeSet<String> {
    let inputs = |issue: u32| -> BTreeSet<String> {
        let manifest = read(out, &format!("manifests/four_weeks/{period}/{issue}.json"));
        manifest["invoer"].as_array().unwrap().iter().map(Value::to_string).collect()
    };
    let region = |entry: &String| serde_json::from_str::<Value>(entry).unwrap()["regio"].as_str().unwrap().to_owned();
    inputs(1).symmetric_difference(&inputs(2)).map(region).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_makes_the_next_issue_with_the_next_period_and_keeps_what_did_not_change() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let (demo, stage) = corrected(&out).await;
    assert_eq!(published(&stage).await, [(FIRST.into(), 1), ("2019W403".into(), 1)]);

    stage.clock.set(demo.instant() + chrono::TimeDelta::days(5));
    assert_eq!(published(&stage).await, [], "no publication day");
    assert_eq!(state(&stage, FIRST).await, PeriodState::ChangedWaits { issue: 1 });

    // 2019W404 ends in April, which is published in the middle of May.
    stage.clock.set(at("2019-05-15"));
    let expected = [(FIRST.into(), 2), ("2019W403".into(), 2), ("2019W404".into(), 1)];
    assert_eq!(published(&stage).await, expected);
    assert_eq!(published(&stage).await, [], "twice in a day is nothing");
    assert_eq!(state(&stage, FIRST).await, PeriodState::Published { issue: 2 });

    vt_tests::mirror(&out).await.unwrap();
    let manifest = read(&out, &format!("manifests/four_weeks/{FIRST}/2.json"));
    assert_eq!(manifest["vorige"]["pad"], format!("manifests/four_weeks/{FIRST}/1.json"));
    let (before, after) = (counts(&out, FIRST, 1), counts(&out, FIRST, 2));
    let changed = changed_regions(&out, FIRST);
    assert!((1..20).contains(&changed.len()), "{changed:?}");
    let moved: Vec<_> = before.iter().filter(|(cell, value)| after[*cell] != **value).map(|(cell, _)| cell).collect();
    assert!(!moved.is_empty(), "the corrections show");
    assert!(before.len() > 1_000 && moved.len() < before.len() / 10, "{} of {} moved", moved.len(), before.len());
    let report = verify(stage.app.published.as_ref(), None).await.unwrap();
    assert_eq!(report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_need_not_wait_but_gets_one_issue_a_day_too() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, stage) = corrected(&folder.path().join("demo")).await;
    published(&stage).await;
    let period: Period = FIRST.parse().unwrap();
    let order = || async {
        let run = runs::begin(&stage.app, "publish").await.unwrap();
        revise(&stage.app, run, |wanted| *wanted == period, "asked for by LOT-C").await.unwrap()
    };
    assert!(order().await.is_empty(), "nothing changed");
    stage.clock.set(demo.instant() + chrono::TimeDelta::days(5));
    published(&stage).await;
    let results = order().await;
    assert_eq!(results.iter().map(|result| result.uitgave).collect::<Vec<_>>(), [Some(2)], "{results:?}");
    assert!(order().await.is_empty(), "once a day");
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_takes_a_period_of_which_only_an_earlier_month_changed_when_a_count_differs() {
    let folder = tempfile::tempdir().unwrap();
    let everyone = |on| CorrectionWave { regions: REGIONS.len(), changed_per_mille: 900, ..CorrectionWave::new(on) };
    let (demo, stage) = corrected_by(&folder.path().join("demo"), everyone).await;
    published(&stage).await;
    stage.clock.set(demo.instant() + chrono::TimeDelta::days(5));
    // 2019W403 has no day in January; services that began in it have the gemeente of a melding of January.
    let later: Period = "2019W403".parse().unwrap();
    let (mut same, mut differs) = (0, 0);
    for vt in REGIONS {
        let run = runs::begin(&stage.app, "january").await.unwrap();
        let order = PullOrder { vt: vt.into(), maand: "2019-01".parse().unwrap() };
        let pulled = pull_all(&stage.app, run, vec![order], &Pace::of_rounds(&stage.app)).await.unwrap();
        assert!(pulled.iter().all(|pull| pull.failure.is_none() && pull.rejected == 0), "{pulled:?}");
        let overview = Overview::read(&stage.app).await.unwrap();
        assert!(!overview.same_input(&stage.app, later), "a delivery it looks into is another one");
        assert_eq!(overview.period(&stage.app, later).state, PeriodState::Published { issue: 1 }, "no occasion");
        match recount::changed(&stage.app, &overview, |period| *period == later).await.unwrap().as_slice() {
            [] => same += 1,
            found => differs += found.len(),
        }
    }
    assert!(same > 0 && differs > 0, "same {same}, differs {differs}");
    let run = runs::begin(&stage.app, "publish").await.unwrap();
    let results = revise(&stage.app, run, |_| true, "asked for by LOT-C").await.unwrap();
    assert!(results.iter().any(|result| result.periode == later && result.uitgave == Some(2)), "{results:?}");
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_memory_of_the_first_issue_there_is_no_second_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let (_, stage) = corrected(&out).await;
    published(&stage).await;
    let manifests = async || {
        vt_tests::mirror(&out).await.unwrap();
        vt_tests::Tree::read(&out.join("published")).unwrap()
    };
    let before = manifests().await;
    stage.app.vault.store().delete(&format!("memory/four_weeks/{FIRST}/1.json").into()).await.unwrap();
    stage.clock.set(at("2019-05-15"));
    let error = once(&stage.app, "run").await.unwrap_err();
    assert_eq!(exit_of(&error), Exit::Refused, "{error:#}");
    assert!(format!("{error:#}").contains("restore the newest backup"), "{error:#}");
    assert_eq!(vt_tests::differences(&before, &manifests().await), Vec::<String>::new());
    stage.simulator.stop().await;
}
