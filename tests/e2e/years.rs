//! Years of service on a manual clock: regions that are late, correct, send what is rejected or are down for days; a service that
//! is stopped for hours to weeks; a cadence that is switched six times. At the end the stores are those of a straight backfill.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use vt_domain::Month;
use vt_domain::clock::local_date;
use vt_domain::period::{Period, PeriodKind};
use vt_ledger::{BackfillState, Change, NewBackfill};
use vt_monitor::app::App;
use vt_monitor::backfill::{Asked, make, work_on};
use vt_monitor::commands::{Demo, Stage};
use vt_monitor::drive;
use vt_monitor::issues::PeriodIssues;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::{PublishResult, UNPROTECTED, revise};
use vt_monitor::round::{all, once};
use vt_monitor::runs;
use vt_monitor::schedule::LocalCron;
use vt_publication::audit::{AuditOptions, Depth, audit_store};
use vt_publication::history::History;
use vt_publication::verify::verify;
use vt_simulator::{CorrectionWave, FaultPlan, SimulatorConfig};

/// The last month that is played; two years for a longer trial: VT_TEST_YEARS_TO=2020-12.
fn last_month() -> Month {
    std::env::var("VT_TEST_YEARS_TO").unwrap_or_else(|_| "2019-04".into()).parse().unwrap()
}

/// A small generator: the same play every time, another with VT_TEST_SEED.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn seed() -> u64 {
    std::env::var("VT_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7)
}

/// What goes wrong with regions: in about one of twelve region-months.
fn faults(draw: &mut Draw, first: Month, last: Month) -> FaultPlan {
    const FAULTS: [&str; 7] =
        ["late:3", "late:12", "late:40", "truncated_gzip", "unknown_codes", "server_error:2", "connection_cut:1"];
    let mut plan = Vec::new();
    for month in first.through(last) {
        for region in 1..=26 {
            if draw.below(12) == 0 {
                plan.push(format!("VT{region:02}@{month}={}", FAULTS[draw.below(7) as usize]));
            }
        }
    }
    plan.join(",").parse().unwrap()
}

fn regions(seed: u64, faults: FaultPlan, first: Month, last: Month) -> SimulatorConfig {
    let waves = first.through(last).step_by(3).map(|month| CorrectionWave::new(month.last_day() - TimeDelta::days(3)));
    SimulatorConfig {
        seed,
        faults,
        corrections: waves.collect(),
        tussentijds: true,
        secure: false,
        ..SimulatorConfig::default()
    }
}

async fn stage(folder: &tempfile::TempDir, name: &str, regions: SimulatorConfig) -> Stage {
    let demo =
        Demo { from: "2019-01".parse().unwrap(), to: last_month(), seed: regions.seed, faults: false, revisions: 0 };
    let mut stage = vt_tests::open_with(&demo, &folder.path().join(name), regions).await.unwrap();
    // What is held back must not depend on how busy the machine is.
    stage.app.attack.time_limit_seconds = 3_600;
    stage.app.backfill.months_per_minute = 60_000;
    stage
}

/// The days on which the cadence is switched, six times, spread over the time.
fn switches(first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, PeriodKind)> {
    use PeriodKind::{FourWeeks, TwoWeeks, Week};
    let span = (last - first).num_days() / 7;
    let kinds = [Week, FourWeeks, TwoWeeks, Week, TwoWeeks, FourWeeks];
    (1..).zip(kinds).map(|(n, kind)| (first + TimeDelta::days(span * n + n), kind)).collect()
}

fn change(app: &App) -> Change {
    Change { at: app.clock.now(), actor: "test".into(), reason: "as it goes".into() }
}

async fn decide(app: &App, at: NaiveDate, kind: PeriodKind) {
    app.ledger.decide_cadence(at, kind, None, &change(app)).await.unwrap();
}

/// Plays the time from wake to wake.
async fn play(
    stage: &Stage,
    draw: &mut Draw,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
    switches: &[(NaiveDate, PeriodKind)],
) -> usize {
    let cron = LocalCron::parse("0 30 6 * * Tue,Fri").unwrap();
    let mut waiting = switches.iter().peekable();
    let (mut rounds, mut stopped_until, mut down) = (0, begin, BTreeMap::new());
    for wake in cron.after(begin).take_while(|wake| *wake <= end) {
        while let Some((day, kind)) = waiting.next_if(|(day, _)| *day <= local_date(wake)) {
            // Decided on its day, also while the service is stopped.
            stage.clock.set(day.and_hms_opt(10, 0, 0).unwrap().and_utc());
            decide(&stage.app, *day, *kind).await;
        }
        stage.clock.set(wake);
        if draw.below(40) == 0 {
            stopped_until = wake + TimeDelta::hours(1 + draw.below(24 * 21) as i64);
        }
        if wake < stopped_until {
            continue;
        }
        if draw.below(6) == 0 {
            down.insert(format!("VT{:02}", 1 + draw.below(26)), wake + TimeDelta::days(1 + draw.below(9) as i64));
        }
        down.retain(|_, until| *until > wake);
        let app = with_regions_down(&stage.app, &down.keys().cloned().collect());
        let (report, _) = all(&app, "wake").await.unwrap();
        no_other_failure(&report.published, &format!("{wake}"));
        rounds += 1;
        // A double tick does nothing.
        if draw.below(25) == 0 {
            let (again, _) = once(&app, "again").await.unwrap();
            assert!(again.published.is_empty(), "{wake}: {:?}", again.published);
        }
    }
    rounds
}

/// A revision may find no protected values within its bounds: it is held back, and tried again at its next occasion. Nothing else
/// may fail.
fn no_other_failure(results: &[PublishResult], when: &str) {
    let other = |result: &&PublishResult| result.failure.as_ref().is_some_and(|fault| fault.class != UNPROTECTED);
    let failed: Vec<_> = results.iter().filter(other).collect();
    assert!(failed.is_empty(), "{when}: {failed:?}");
}

/// The same, when nothing answers at the addresses of some regions.
fn with_regions_down(app: &App, down: &BTreeSet<String>) -> App {
    let mut app = app.clone();
    for source in app.sources.iter_mut().filter(|source| down.contains(&source.vt)) {
        if let vt_intake::source::Source::Http(http) = &mut source.source {
            http.base = "http://127.0.0.1:9/".parse().unwrap();
        }
        source.limits.attempts = 1;
    }
    app
}

/// What the newest issue of each period rests on: parts of a sum, or deliveries; and which regions lack days.
async fn inputs(app: &App) -> BTreeMap<Period, (Vec<String>, Vec<String>)> {
    let overview = Overview::read(app).await.unwrap();
    let mut inputs = BTreeMap::new();
    for period in overview.issues.periods() {
        let Some(newest) = overview.issues.of(period).and_then(PeriodIssues::newest) else { continue };
        let mut names: Vec<String> =
            newest.invoer.iter().map(|it| format!("{} {} {}", it.regio, it.maand, it.levering_nr)).collect();
        names.extend(newest.parts.keys().map(ToString::to_string));
        let missing =
            overview.period(app, period).missing.into_iter().map(|(vt, days)| format!("{vt} {days}")).collect();
        inputs.insert(period, (names, missing));
    }
    inputs
}

/// Cells of rounded periods of which the count differs between what `counted` counts and what `kept` published last.
async fn different_cells(counted: &App, kept: &App, held: &BTreeSet<Period>) -> usize {
    let overview = Overview::read(counted).await.unwrap();
    let (mut different, mut compared) = (0, 0);
    let years: BTreeSet<i32> = overview.issues.periods().map(Period::iso_year).collect();
    let (own, theirs) =
        (History::read(&counted.vault, years.clone()).await.unwrap(), History::read(&kept.vault, years).await.unwrap());
    for period in overview.issues.rounded().difference(held).copied() {
        let (Some(first), Some(newest)) = (own.first(period), theirs.newest(period)) else { continue };
        let order = drive::order(counted, &overview.records, &own, period).await.unwrap();
        let register = order.register.clone();
        let table = drive::aggregate(counted, &[order.input], &register).await.unwrap().remove(0);
        let areas = table.with_categories_of(&first.geheugen).changed_from(&newest.geheugen).expect("the same tables");
        compared += areas.iter().map(|area| area.cells as usize).sum::<usize>();
        different += areas.iter().map(|area| area.changed as usize).sum::<usize>();
    }
    assert!(compared > 5_000, "{compared}");
    different
}

#[tokio::test(flavor = "multi_thread")]
async fn years_of_service_end_as_a_straight_backfill_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut draw = Draw(seed());
    let (first, last) = ("2019-01".parse::<Month>().unwrap(), last_month());
    let plan = faults(&mut draw, first, last);
    let served = stage(&folder, "served", regions(2020, plan.clone(), first, last)).await;
    let begin: DateTime<Utc> = "2019-01-07T00:00:00Z".parse().unwrap();
    let end = (last.last_day() + TimeDelta::days(75)).and_hms_opt(6, 0, 0).unwrap().and_utc();
    let switches = switches(local_date(begin), last.last_day());
    served.clock.set(begin);
    let rounds = play(&served, &mut draw, begin, end, &switches).await;
    served.clock.set(end);
    let mut held = settle(&served).await;

    let straight = stage(&folder, "straight", regions(2020, plan, first, last)).await;
    for (day, kind) in &switches {
        straight.clock.set(day.and_hms_opt(10, 0, 0).unwrap().and_utc());
        decide(&straight.app, *day, *kind).await;
    }
    straight.clock.set(end);
    held.extend(settle(&straight).await);

    let (one, other) = (inputs(&served.app).await, inputs(&straight.app).await);
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "the same periods");
    assert!(held.len() * 3 <= one.len(), "most revisions have protected values: {held:?} of {}", one.len());
    // A sum that holds a period whose revision is held back rests on its issue before.
    let settled = |period: &Period| !held.iter().any(|held| held == period || period.contains_period(*held));
    let compared: Vec<&Period> = one.keys().filter(|period| settled(period)).collect();
    assert!(compared.len() * 3 >= one.len(), "{compared:?} of {}", one.len());
    for period in compared {
        assert_eq!(one[period], other[period], "{period}");
    }
    assert!(one.keys().map(|period| period.kind()).collect::<BTreeSet<_>>().len() >= 3, "weeks, two weeks, four weeks");
    let counts = [
        different_cells(&served.app, &served.app, &held).await,
        different_cells(&served.app, &straight.app, &held).await,
        different_cells(&straight.app, &served.app, &held).await,
    ];
    assert_eq!(counts, [0, 0, 0], "after {rounds} rounds");
    for stage in [&served, &straight] {
        certified(stage).await;
    }
    served.simulator.stop().await;
    straight.simulator.stop().await;
}

/// Asks for every month once more, as an operator does: regions correct months whose half-year is closed, which rounds no longer
/// ask for (DESIGN §3).
async fn backfill(app: &App) {
    let asked = Asked {
        from: "2019-01".parse().unwrap(),
        to: last_month(),
        regions: Vec::new(),
        reason: Some("the end of the play".into()),
    };
    let plan = make(app, asked, false).await.unwrap();
    assert!(plan.skipped.is_empty(), "{:?}", plan.skipped);
    let new = NewBackfill {
        plan: serde_json::to_string(&plan).unwrap(),
        plan_digest: plan.digest(),
        orders: plan.pulls.iter().map(|pull| (pull.vt.clone(), pull.maand)).collect(),
        reason: plan.asked.reason.clone(),
    };
    let id = app.ledger.begin_backfill(&new, &change(app)).await.unwrap().id;
    while app.ledger.backfill_state(id).await.unwrap() == BackfillState::Running {
        work_on(app, id).await.unwrap();
    }
}

/// Pulls everything by a backfill, does what is due then, and publishes what changed again: nothing waits for a day to come.
async fn settle(stage: &Stage) -> BTreeSet<Period> {
    backfill(&stage.app).await;
    all(&stage.app, "last round").await.unwrap();
    stage.clock.advance(TimeDelta::days(1));
    let run = runs::begin(&stage.app, "settle").await.unwrap();
    let results = revise(&stage.app, run, |_| true, "the end of the play").await.unwrap();
    no_other_failure(&results, "settle");
    let overview = Overview::read(&stage.app).await.unwrap();
    let held = stage.app.ledger.held_back(None).await.unwrap();
    assert!(held.iter().all(|held| held.issue > 1), "every period has its first issue: {held:?}");
    let waits: Vec<_> = overview.periods(&stage.app).into_iter().filter(|row| row.state.due()).collect();
    assert!(waits.is_empty(), "{waits:?}");
    held.into_iter().map(|held| held.period).collect()
}

/// Every published value is within its bound and certified, and the store is whole.
async fn certified(stage: &Stage) {
    let store = stage.app.published.as_ref();
    let report = verify(store, None).await.unwrap();
    assert_eq!(report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let options = AuditOptions { depth: Depth::Proof, insiders: Vec::new(), period: None };
    let elapsed = || std::time::Duration::ZERO;
    let audit = audit_store(store, Some(&stage.app.vault), &options, &elapsed, &mut |_| {}, &|| false).await.unwrap();
    assert!(audit.safe, "{:?} {:?}", audit.reasons, audit.private.map(|found| found.findings));
}
