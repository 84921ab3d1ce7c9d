//! What must not be published: days in two lengths, and periods that miss a region through our own doing.

use vt_domain::period::{Period, PeriodKind};
use vt_monitor::commands::Demo;
use vt_monitor::hold::Hold;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::publish_all;
use vt_monitor::round::once;
use vt_monitor::runs;

fn demo() -> Demo {
    Demo { from: "2019-01".parse().unwrap(), to: "2019-03".parse().unwrap(), seed: 2020, faults: false, revisions: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_published_in_one_length_are_refused_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = vt_tests::open(&demo(), &folder.path().join("demo"), Default::default()).await.unwrap();
    once(&stage.app, "four weeks").await.unwrap();
    stage.app.schedule.cadence = PeriodKind::Week;
    let run = runs::begin(&stage.app, "week").await.unwrap();
    let overview = Overview::read(&stage.app).await.unwrap();
    let within: Period = "2019W107".parse().unwrap();
    let before: Period = "2019W104".parse().unwrap();
    let results = publish_all(&stage.app, run, &overview, vec![within, before]).await.unwrap();
    let of = |period| results.iter().find(|result| result.periode == period).unwrap();
    let refusal = of(within).failure.as_ref().unwrap();
    assert!(of(within).refused && refusal.message.contains("2019W402"), "{refusal:?}");
    assert!(of(before).failure.is_none(), "its days are in no published period: {:?}", of(before).failure);
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_in_another_processs_hands_holds_its_periods_up() {
    let folder = tempfile::tempdir().unwrap();
    let stage = vt_tests::open(&demo(), &folder.path().join("demo"), Default::default()).await.unwrap();
    let elsewhere = Hold::take(&stage.app, "pull VT07").await.unwrap().unwrap();
    let (report, _) = once(&stage.app, "with VT07 held").await.unwrap();
    assert!(report.pulled.iter().filter(|pull| pull.vt == "VT07").all(|pull| pull.is_our_failure()));
    assert!(report.published.is_empty(), "no NL without VT07 because we were busy: {:?}", report.published);
    elsewhere.release().await;
    let (report, _) = once(&stage.app, "after").await.unwrap();
    assert_eq!(report.published.iter().filter(|result| result.failure.is_none()).count(), 2);
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_leaves_the_work_to_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let stage = vt_tests::open(&demo(), &folder.path().join("demo"), Default::default()).await.unwrap();
    let first = Hold::take(&stage.app, "run").await.unwrap().unwrap();
    let (report, exit) = once(&stage.app, "second").await.unwrap();
    assert_eq!(exit, vt_monitor::exit::Exit::Refused);
    assert!(report.pulled.is_empty() && report.published.is_empty());
    first.release().await;
    stage.simulator.stop().await;
}
