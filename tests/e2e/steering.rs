//! What operators decide: cadence, arrangements with regions, backfills; and what a look ahead says of it.

use chrono::{NaiveDate, TimeDelta};
use vt_domain::clock::local_date;
use vt_domain::period::PeriodKind;
use vt_ledger::{ArrangementKind, BackfillState, Change, NewArrangement, NewBackfill};
use vt_monitor::backfill::{Asked, BackfillPlan, Effect, PlanError, Worked, make, work_on};
use vt_monitor::commands::{Demo, Stage};
use vt_monitor::exit::Exit;
use vt_monitor::overview::Overview;
use vt_monitor::preview::{What, preview};
use vt_monitor::pulling::PullResult;
use vt_monitor::round::{all, once};
use vt_monitor::schedule::LocalCron;
use vt_simulator::SimulatorConfig;

async fn stage(folder: &tempfile::TempDir, from: &str, to: &str, revisions: u32) -> Stage {
    let demo = Demo { from: from.parse().unwrap(), to: to.parse().unwrap(), seed: 2020, faults: false, revisions };
    let mut stage = vt_tests::open(&demo, &folder.path().join("demo"), Default::default()).await.unwrap();
    stage.app.backfill.months_per_minute = 60_000;
    stage
}

fn change(stage: &Stage) -> Change {
    Change { at: stage.app.clock.now(), actor: "test".into(), reason: "a test".into() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn asked(from: &str, to: &str, regions: &[&str], reason: Option<&str>) -> Asked {
    Asked {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        regions: regions.iter().map(|vt| (*vt).to_owned()).collect(),
        reason: reason.map(str::to_owned),
    }
}

async fn begin(stage: &Stage, plan: &BackfillPlan) -> i64 {
    let orders = plan.pulls.iter().map(|pull| (pull.vt.clone(), pull.maand)).collect();
    let new = NewBackfill {
        plan: serde_json::to_string(plan).unwrap(),
        plan_digest: plan.digest(),
        orders,
        reason: plan.asked.reason.clone(),
    };
    stage.app.ledger.begin_backfill(&new, &change(stage)).await.unwrap().id
}

fn done(report: &vt_monitor::round::RoundReport) -> Vec<String> {
    let done = report.published.iter().filter(|result| result.failure.is_none());
    done.map(|result| result.periode.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cadence_that_was_decided_is_followed_from_its_day_on() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder, "2019-01", "2019-03", 0).await;
    let (report, _) = all(&stage.app, "run").await.unwrap();
    assert_eq!(done(&report), ["2019W402", "2019W403"]);
    // Decided within 2019W404, which has begun in March.
    stage.clock.set("2019-04-12T06:00:00Z".parse().unwrap());
    let before = Some(PeriodKind::FourWeeks);
    stage.app.ledger.decide_cadence(day("2019-04-12"), PeriodKind::Week, before, &change(&stage)).await.unwrap();
    let overview = Overview::read(&stage.app).await.unwrap();
    assert!(overview.pulls_due(&stage.app).iter().any(|order| order.maand.to_string() == "2019-04"), "month-to-date");
    let (report, _) = all(&stage.app, "run").await.unwrap();
    assert_eq!(done(&report)[0], "2019W113", "the running four weeks come out in weeks, whole");
    stage.clock.set("2019-05-20T06:00:00Z".parse().unwrap());
    let before = Some(PeriodKind::Week);
    stage.app.ledger.decide_cadence(day("2019-05-20"), PeriodKind::FourWeeks, before, &change(&stage)).await.unwrap();
    let (report, _) = all(&stage.app, "run").await.unwrap();
    for text in ["2019W114", "2019W115", "2019W116", "2019W404", "2019W117"] {
        assert!(done(&report).contains(&text.to_owned()), "{text}: {:?}", done(&report));
    }
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_region_is_not_asked_and_a_resumed_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder, "2019-01", "2019-01", 0).await;
    let pause = NewArrangement {
        kind: ArrangementKind::Pause,
        vt: "VT07".into(),
        maand: None,
        from: stage.app.clock.today(),
        until: None,
        owner: "test".into(),
    };
    let paused = stage.app.ledger.arrange(&pause, &change(&stage)).await.unwrap();
    let (report, _) = once(&stage.app, "run").await.unwrap();
    assert!(
        !report.pulled.iter().any(|pull| pull.vt == "VT07") && report.pulled.len() == 25,
        "{}",
        report.pulled.len()
    );
    let overview = Overview::read(&stage.app).await.unwrap();
    let row = overview.regions(&stage.app).into_iter().find(|region| region.vt == "VT07").unwrap();
    assert_eq!((row.late.len(), row.out_of_service.len()), (0, 1));
    stage.app.ledger.end_arrangement(paused.id, &change(&stage)).await.unwrap();
    let (report, _) = once(&stage.app, "run").await.unwrap();
    assert!(report.pulled.iter().any(|pull| pull.vt == "VT07" && pull.accepted == 1));
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_round_publishes_goes_on_in_the_next_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(&folder, "2019-01", "2019-06", 0).await;
    stage.app.schedule.periods_per_round = 2;
    let (first, _) = once(&stage.app, "run").await.unwrap();
    assert_eq!((done(&first), first.more), (vec!["2019W402".to_owned(), "2019W403".to_owned()], true));
    let (rest, exit) = all(&stage.app, "run").await.unwrap();
    assert_eq!(done(&rest), ["2019W404", "2019W405", "2019W406"]);
    assert_eq!((exit, rest.more), (Exit::Done, false));
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_ahead_names_what_comes_up_at_each_wake() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder, "2019-01", "2019-01", 0).await;
    stage.clock.set("2019-03-29T12:00:00Z".parse().unwrap());
    let overview = Overview::read(&stage.app).await.unwrap();
    let wakes = preview(&stage.app, &overview, &LocalCron::parse(&stage.app.schedule.wake).unwrap(), 12);
    assert_eq!(wakes.len(), 12);
    assert_eq!(wakes[0].local, "Mon 2019-04-01 06:30 +02:00", "after the spring night");
    let of = |what: What| -> Vec<(String, String)> {
        let all = wakes.iter().flat_map(|wake| wake.due.iter().map(move |due| (wake, due)));
        all.filter(|(_, due)| due.what == what)
            .map(|(wake, due)| (local_date(wake.at).to_string(), due.about.clone()))
            .collect()
    };
    let pair = |day: &str, about: &str| (day.to_owned(), about.to_owned());
    assert_eq!(of(What::Reminder), [pair("2019-04-03", "2019-03")]);
    assert_eq!(of(What::DeliveryDue), [pair("2019-04-05", "2019-03")]);
    assert!(of(What::Expected).contains(&pair("2019-04-08", "2019W403")), "{:?}", of(What::Expected));
    assert!(of(What::AtTheLatest).contains(&pair("2019-04-12", "2019W403")), "{:?}", of(What::AtTheLatest));
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_is_planned_carried_out_and_leaves_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder, "2019-01", "2019-03", 0).await;
    let plan = make(&stage.app, asked("2019-01", "2019-03", &[], None), true).await.unwrap();
    assert_eq!((plan.pulls.len(), plan.skipped.len()), (78, 0));
    let id = begin(&stage, &plan).await;
    while stage.app.ledger.backfill(id).await.unwrap().state == BackfillState::Running {
        work_on(&stage.app, id).await.unwrap();
    }
    let ended = stage.app.ledger.backfill(id).await.unwrap();
    assert_eq!((ended.state, ended.done, ended.waiting), (BackfillState::Done, 78, 0));
    let overview = Overview::read(&stage.app).await.unwrap();
    assert_eq!(overview.published.len(), 2, "what followed is published");
    assert_eq!(work_on(&stage.app, id).await.unwrap(), Worked::Ended);
    let (report, _) = once(&stage.app, "run").await.unwrap();
    assert!(!report.pulled.iter().any(PullResult::did_something) && report.published.is_empty());
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_which_cells_would_change_and_is_refused_when_its_state_has_moved() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-03".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 1,
    };
    let regions: SimulatorConfig = demo.regions(Default::default());
    let mut stage = vt_tests::open_with(&demo, &folder.path().join("demo"), regions).await.unwrap();
    stage.app.backfill.months_per_minute = 60_000;
    once(&stage.app, "run").await.unwrap();
    // Regions correct a fortnight later; the corrections are pulled, and wait for their day.
    stage.clock.advance(TimeDelta::days(20));
    let before = make(&stage.app, asked("2019-01", "2019-03", &[], Some("corrections")), true).await.unwrap();
    assert!(before.snapshots.iter().all(|snapshot| snapshot.cells.is_none()), "nothing new is known yet");
    once(&stage.app, "run").await.unwrap();
    let moved = before.check(&make(&stage.app, before.asked.clone(), false).await.unwrap()).unwrap_err();
    let PlanError::Moved(differences) = &moved else { panic!("{moved}") };
    assert!(
        differences.iter().any(|it| it.about.ends_with("2019-03") && it.now.as_ref().unwrap().contains("number 2"))
    );
    assert!(moved.to_string().contains("make a new plan"), "{moved}");

    let plan = make(&stage.app, asked("2019-01", "2019-03", &[], Some("corrections")), true).await.unwrap();
    let revised = plan.snapshots.iter().find(|snapshot| snapshot.effect == Effect::NewIssue).expect("a new issue");
    let cells = revised.cells.as_ref().unwrap();
    assert!(cells["NL01"].changed > 0 && cells["NL01"].changed <= cells["NL01"].of, "{cells:?}");
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(BackfillPlan::read("plan.json", &text).unwrap(), plan);
    let forged = text.replacen("number 2 counts", "number 1 counts", 1);
    assert!(BackfillPlan::read("plan.json", &forged).unwrap_err().to_string().contains("was changed"));

    let id = begin(&stage, &plan).await;
    while work_on(&stage.app, id).await.unwrap() != Worked::Ended {}
    let overview = Overview::read(&stage.app).await.unwrap();
    assert_eq!(overview.published[&revised.periode], revised.issue, "at once, by order of an operator");
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_backfill_waits_a_cancelled_one_is_over_and_what_failed_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-02".parse().unwrap(),
        seed: 2020,
        faults: true,
        revisions: 0,
    };
    let mut stage =
        vt_tests::open(&demo, &folder.path().join("demo"), "VT05@2019-02=server_error".parse().unwrap()).await.unwrap();
    stage.app.backfill.months_per_minute = 60_000;
    let app = &stage.app;
    let plan = make(app, asked("2019-01", "2019-02", &["VT05", "VT06"], None), false).await.unwrap();
    let id = begin(&stage, &plan).await;
    let other = make(app, asked("2019-02", "2019-02", &[], None), false).await.unwrap();
    let orders = other.pulls.iter().map(|pull| (pull.vt.clone(), pull.maand)).collect();
    let new = NewBackfill { plan: "{}".into(), plan_digest: other.digest(), orders, reason: None };
    let refused = app.ledger.begin_backfill(&new, &change(&stage)).await.unwrap_err().to_string();
    assert!(refused.contains("VT05 2019-02") && refused.contains(&format!("{id}")), "{refused}");

    assert_eq!(work_on(app, id).await.unwrap(), Worked::Part);
    app.ledger.steer_backfill(id, BackfillState::Paused, &change(&stage)).await.unwrap();
    assert_eq!(work_on(app, id).await.unwrap(), Worked::Stopped);
    app.ledger.steer_backfill(id, BackfillState::Running, &change(&stage)).await.unwrap();
    while work_on(app, id).await.unwrap() != Worked::Ended {}
    let ended = app.ledger.backfill(id).await.unwrap();
    assert_eq!((ended.state, ended.done, ended.failed), (BackfillState::Partial, 3, 1));
    assert_eq!(app.ledger.retry_backfill(id, &change(&stage)).await.unwrap(), 1);
    assert_eq!(app.ledger.waiting_items(id).await.unwrap(), [("VT05".to_owned(), "2019-02".parse().unwrap())]);
    app.ledger.steer_backfill(id, BackfillState::Cancelled, &change(&stage)).await.unwrap();
    assert_eq!(work_on(app, id).await.unwrap(), Worked::Stopped);
    let chain = app.ledger.verify_audit().await.unwrap();
    assert!(matches!(chain, vt_ledger::AuditVerdict::Whole { entries: 5, .. }), "{chain:?}");
    stage.simulator.stop().await;
}
