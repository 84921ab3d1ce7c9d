//! The watch over a whole service.

use std::path::Path;

use tempfile::TempDir;
use vt_ledger::{Fault, NewRun, PullRecord, RunId, RunOutcome};
use vt_publication::keys::MasterKey;

use super::*;
use crate::alerts::Watch;
use crate::app::App;
use crate::config::in_folder;

struct Site {
    folder: TempDir,
    app: App,
    clock: Arc<ManualClock>,
}

impl Site {
    /// A service without sources: in August, June is late from every region, which could deliver it by hand since yesterday.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2020-08-05T06:00:00Z".parse().unwrap()));
        let app = app(folder.path(), clock.clone()).await;
        let site = Self { folder, app, clock };
        site.round("2020-08-04T04:30:01Z").await;
        site
    }

    /// A round was made.
    async fn round(&self, at: &str) {
        let (ledger, at) = (&self.app.ledger, at.parse().unwrap());
        let run = ledger.begin_run(&NewRun::of_this_process("serve: start", "0.1.0", at)).await.unwrap();
        let _ = ledger.finish_run(run, at, RunOutcome::Succeeded).await.unwrap();
    }

    /// The subjects of open alerts of a rule.
    async fn open(&self, rule: &str) -> Vec<String> {
        let open = self.app.ledger.open_alerts().await.unwrap().into_iter();
        open.filter(|alert| alert.rule == rule).map(|alert| alert.subject).collect()
    }
}

/// A service in a folder, in rehearsal.
pub(super) async fn app(folder: &Path, clock: Arc<ManualClock>) -> App {
    let app = App::open(in_folder(folder), folder, clock).await.unwrap();
    let mut app = app.with_key(MasterKey::demo(7)).await.unwrap();
    app.rehearses = true;
    app
}

#[tokio::test]
async fn late_months_and_failing_pulls_begin_and_end() {
    let site = Site::new().await;
    let mut watch = Watch::new(&site.app);
    watch.look().await.unwrap();
    let late = site.open("delivery_late").await;
    assert_eq!(late.len(), site.app.register.vt_regions(site.clock.today()).len());
    assert!(late.contains(&"VT07".to_owned()), "{late:?}");
    let open = site.app.ledger.open_alerts().await.unwrap();
    assert!(open.iter().all(|alert| alert.rule != "delivery_late" || alert.text.contains("over juni 2020")));
    let (maand, fault) = ("2020-06".parse().unwrap(), Fault::new("timeout", "1234 records were promised"));
    for minute in 0..3 {
        assert!(site.open("pulls_failing").await.is_empty());
        let at = site.clock.now() + TimeDelta::minutes(minute);
        let _ = site.app.ledger.record_failed_pull("VT07", maand, at, &fault).await.unwrap();
        watch.look().await.unwrap();
    }
    assert_eq!(site.open("pulls_failing").await, ["VT07"]);
    let open = site.app.ledger.open_alerts().await.unwrap();
    assert!(open.iter().all(|alert| !alert.text.contains("1234")), "what failures say may name sizes");
    let _ = site.app.ledger.clear_failed_pull("VT07", maand).await.unwrap();
    watch.look().await.unwrap();
    assert!(site.open("pulls_failing").await.is_empty());
}

#[tokio::test]
async fn a_store_that_is_gone_is_told_and_nothing_else_changes() {
    let site = Site::new().await;
    let mut watch = Watch::new(&site.app);
    watch.look().await.unwrap();
    let late = site.open("delivery_late").await;
    let (private, away) = (site.folder.path().join("private"), site.folder.path().join("away"));
    std::fs::rename(&private, &away).unwrap();
    watch.look().await.unwrap();
    assert!(site.open("store_unreachable").await.is_empty(), "once may be chance");
    watch.look().await.unwrap();
    assert_eq!(site.open("store_unreachable").await, ["private"]);
    assert_eq!(site.open("delivery_late").await, late, "what can't be known goes on as it was");
    let _ = std::fs::remove_dir_all(&private);
    std::fs::rename(&away, &private).unwrap();
    watch.look().await.unwrap();
    assert!(site.open("store_unreachable").await.is_empty());
}

#[tokio::test]
async fn the_database_clock_is_compared_unless_it_is_a_rehearsal() {
    let mut site = Site::new().await;
    Watch::new(&site.app).look().await.unwrap();
    assert!(site.open("clock_skew").await.is_empty());
    site.app.rehearses = false;
    Watch::new(&site.app).look().await.unwrap();
    assert_eq!(site.open("clock_skew").await, ["de database"], "the clock of this test stands in 2020");
}

#[tokio::test]
async fn it_stops_when_told_to() {
    let site = Site::new().await;
    site.app.stop.cancel();
    Watch::new(&site.app).run(&tokio::sync::Notify::new()).await;
}

#[tokio::test]
async fn nobody_is_told_that_it_is_late_before_it_was_asked() {
    let mut site = Site::new().await;
    site.app.sources = vec![toml::from_str("vt = 'VT07'\nsource = { kind = 'inbox', url = '/nowhere' }").unwrap()];
    // A month of downtime: nobody was there to deliver to, and nobody was asked.
    site.clock.set("2020-09-15T09:00:00Z".parse().unwrap());
    let mut watch = Watch::new(&site.app);
    watch.look().await.unwrap();
    assert!(site.open("delivery_late").await.is_empty() && site.open("coverage_low").await.is_empty());
    site.round("2020-09-15T09:00:05Z").await;
    let pull = PullRecord {
        vt: "VT07".into(),
        maand: "2020-06".parse().unwrap(),
        at: "2020-09-15T09:00:06Z".parse().unwrap(),
        steps: Vec::new(),
        deliveries: Vec::new(),
        failure: None,
        backfill: None,
    };
    let _ = site.app.ledger.record_pull(RunId(1), None, &pull).await.unwrap();
    site.clock.set("2020-09-15T09:01:00Z".parse().unwrap());
    watch.look().await.unwrap();
    assert!(site.open("delivery_late").await.is_empty(), "July and August of it were not asked for yet");
    for maand in ["2020-07", "2020-08"] {
        let pull = PullRecord { maand: maand.parse().unwrap(), ..pull.clone() };
        let _ = site.app.ledger.record_pull(RunId(1), None, &pull).await.unwrap();
    }
    watch.look().await.unwrap();
    assert_eq!(site.open("delivery_late").await, ["VT07"], "one alert of all its months, and of nobody else");
    let open = site.app.ledger.open_alerts().await.unwrap();
    let text = &open.iter().find(|alert| alert.rule == "delivery_late").unwrap().text;
    assert!(text.contains("over juni t/m augustus 2020 zijn te laat"), "{text}");
    // By hand: there is a day to do so since we are back.
    site.round("2020-09-16T04:30:01Z").await;
    site.clock.set("2020-09-17T03:00:00Z".parse().unwrap());
    watch.look().await.unwrap();
    assert_eq!(site.open("delivery_late").await.len(), site.app.register.vt_regions(site.clock.today()).len());
}
