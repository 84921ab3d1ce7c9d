//! Years later: what is past its term goes, what was published stays, and a period that can't be counted again says why.

use std::path::Path;

use chrono::{DateTime, Days, Utc};
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_monitor::commands::{Demo, Stage};
use vt_monitor::due::{PeriodState, PullOrder};
use vt_monitor::exit::Exit;
use vt_monitor::housekeeping::{Plan, keep_house};
use vt_monitor::overview::Overview;
use vt_monitor::publishing::{self, PublishResult, checked_memory, publish_all, revise};
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::round::once;
use vt_monitor::runs;
use vt_publication::verify::verify;
use vt_simulator::{CorrectionWave, SimulatorConfig};
use vt_tests::Tree;
use vt_vault::Kept;

const FIRST: &str = "2019W402";

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}T05:00:00Z").parse().unwrap()
}

/// Two periods are published in April 2019; four regions correct some days later.
async fn published(out: &Path) -> Stage {
    let (from, to) = ("2019-01".parse().unwrap(), "2019-03".parse().unwrap());
    let demo = Demo { from, to, seed: 2020, faults: false, revisions: 0 };
    let wave = CorrectionWave::new(local_date(demo.instant()) + Days::new(4));
    let regions = SimulatorConfig { seed: demo.seed, corrections: vec![wave], ..SimulatorConfig::default() };
    let stage = vt_tests::open_with(&demo, out, regions).await.unwrap();
    let (report, exit) = once(&stage.app, "run").await.unwrap();
    assert_eq!((report.published.len(), exit), (2, Exit::Done));
    stage
}

/// The first half-year closes: both periods get their issue at definitief, after which nothing is counted from their deliveries.
async fn definitive(stage: &Stage) {
    stage.clock.set(at("2019-08-01"));
    let overview = Overview::read(&stage.app).await.unwrap();
    let run = runs::begin(&stage.app, "definitief").await.unwrap();
    let periods = [FIRST, "2019W403"].map(|period| period.parse().unwrap()).to_vec();
    let results = publish_all(&stage.app, run, &overview, periods).await.unwrap();
    assert!(results.iter().all(|result| result.uitgave == Some(2)), "{results:?}");
}

async fn kept_house(stage: &Stage) -> Plan {
    let (plan, whole) = keep_house(&stage.app).await.unwrap().unwrap();
    assert!(whole);
    plan
}

async fn state(stage: &Stage) -> PeriodState {
    Overview::read(&stage.app).await.unwrap().period(&stage.app, FIRST.parse().unwrap()).state
}

async fn revised(stage: &Stage) -> Vec<PublishResult> {
    let run = runs::begin(&stage.app, "revise").await.unwrap();
    revise(&stage.app, run, |period| period.to_string() == FIRST, "test").await.unwrap()
}

async fn pull_january(stage: &Stage) -> usize {
    let run = runs::begin(&stage.app, "pull").await.unwrap();
    let maand: Month = "2019-01".parse().unwrap();
    let orders = stage.app.sources.iter().map(|source| PullOrder { vt: source.vt.clone(), maand }).collect();
    pull_all(&stage.app, run, orders, &Pace::of_rounds(&stage.app))
        .await
        .unwrap()
        .iter()
        .map(|result| result.accepted)
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn past_their_terms_deliveries_and_memory_go_and_what_was_published_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = published(folder.path()).await;
    definitive(&stage).await;
    vt_tests::mirror(folder.path()).await.unwrap();
    let before = Tree::read(&folder.path().join("published")).unwrap();
    let vault = stage.app.vault.clone();
    let delivered = vault.kept(Kept::Raw).await.unwrap().len();
    assert!(kept_house(&stage).await.is_empty(), "nothing is past its term");

    // Raw deliveries of January 2019 are kept through February 2020, registrations through February 2021.
    stage.clock.set(at("2020-03-01"));
    let plan = kept_house(&stage).await;
    let january = plan.raw.len();
    assert!(january >= 26 && plan.registrations.is_empty());
    assert!(plan.raw.iter().all(|id| id.maand.to_string() == "2019-01"));
    stage.clock.set(at("2022-06-01"));
    let plan = kept_house(&stage).await;
    assert_eq!((plan.raw.len(), plan.registrations.len(), plan.needed.len()), (delivered - january, delivered, 0));
    assert!(kept_house(&stage).await.is_empty(), "once");
    for what in [Kept::Raw, Kept::Registrations] {
        assert!(vault.kept(what).await.unwrap().is_empty());
        assert_eq!(vault.removed(what).await.unwrap().len(), delivered);
    }
    assert_eq!(state(&stage).await, PeriodState::Published { issue: 2 });

    // A correction comes in: the period can't be counted again, says so when asked, and is not tried by itself.
    let corrected = pull_january(&stage).await;
    assert!(corrected > 0 && corrected < 26, "{corrected}");
    assert_eq!(state(&stage).await, PeriodState::TermOver { issue: Some(2) });
    let results = revised(&stage).await;
    let failure = results[0].failure.as_ref().unwrap();
    let message = &failure.message;
    assert!(message.contains("removed on 2022-06-01") && message.contains("registrations_months = 25"), "{message}");
    assert_eq!(publishing::exit(&results), Exit::Refused);
    let plan = kept_house(&stage).await;
    assert_eq!((plan.raw.len(), plan.registrations.len()), (corrected, corrected));

    // The memory of 2019 too, when that is the policy: what was published is known, and the year is closed.
    stage.app.retention.memory_months = Some(30);
    assert!(kept_house(&stage).await.reservations.is_empty());
    stage.app.retention.memory_months = Some(29);
    assert_eq!(kept_house(&stage).await.reservations.len(), 4);
    assert!(kept_house(&stage).await.is_empty());
    checked_memory(&stage.app).await.unwrap();
    assert_eq!(state(&stage).await, PeriodState::Published { issue: 2 });
    let overview = Overview::read(&stage.app).await.unwrap();
    let run = runs::begin(&stage.app, "publish").await.unwrap();
    let results = publish_all(&stage.app, run, &overview, vec![FIRST.parse().unwrap()]).await.unwrap();
    let message = &results[0].failure.as_ref().unwrap().message;
    assert!(message.contains("memory_months = 29") && message.contains("ISO year 2019"), "{message}");
    assert_eq!(publishing::exit(&results), Exit::Refused);

    vt_tests::mirror(folder.path()).await.unwrap();
    assert!(Tree::read(&folder.path().join("published")).unwrap() == before, "published/ is the same, byte for byte");
    let report = verify(stage.app.published.as_ref(), None).await.unwrap();
    assert!(report.findings.is_empty() && report.snapshots.len() == 4);
    stage.simulator.stop().await;
}
