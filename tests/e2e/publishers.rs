//! Two publishers at once: leases only save work; reservation and manifest decide.

use std::sync::Arc;

use vt_domain::Clock;
use vt_monitor::app::App;
use vt_monitor::commands::{Demo, Places};
use vt_monitor::overview::Overview;
use vt_monitor::publishing::publish_all;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::runs;
use vt_publication::keys::MasterKey;
use vt_publication::verify::verify;
use vt_tests::{Tree, World, differences};

/// Publishes what is due with a ledger of its own, so that no lease of the other is seen.
async fn publisher(demo: &Demo, out: &std::path::Path, places: &Places, ledger: &str) -> Vec<Option<String>> {
    let mut config = demo.config_at(out, places);
    config.ledger.url = out.join(ledger).to_string_lossy().into_owned();
    let clock: Arc<dyn Clock> = Arc::new(vt_domain::ManualClock::at(demo.instant()));
    let app = App::open(config, out, clock).await.unwrap().with_key(MasterKey::demo(demo.seed)).await.unwrap();
    let run = runs::begin(&app, ledger).await.unwrap();
    let overview = Overview::read(&app).await.unwrap();
    let due =
        overview.periods(&app).into_iter().filter(|period| period.state.due()).map(|period| period.periode).collect();
    let results = publish_all(&app, run, &overview, due).await.unwrap();
    assert_eq!(results.len(), 3);
    results.into_iter().map(|result| result.failure.map(|fault| fault.message)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishers_make_each_snapshot_once_with_the_same_bytes() {
    Box::pin(race(&Places::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_publishers_in_one_bucket_make_each_snapshot_once_with_the_same_bytes() {
    let server = vt_servers::SeaweedFs::shared().unwrap();
    Box::pin(race(&vt_tests::s3_places(server, "vt-race", "twee").unwrap())).await;
}

/// Two publishers, each with a ledger of its own, publish what an undisturbed one does.
async fn race(places: &Places) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-04".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let stage = demo.open_at(&out, places, demo.regions(Default::default())).await.unwrap();
    let orders = Overview::read(&stage.app).await.unwrap().pulls_due(&stage.app);
    let run = runs::begin(&stage.app, "pull").await.unwrap();
    pull_all(&stage.app, run, orders, &Pace::of_rounds(&stage.app)).await.unwrap();
    stage.simulator.stop().await;

    let (one, other) =
        tokio::join!(publisher(&demo, &out, places, "one.sqlite"), publisher(&demo, &out, places, "other.sqlite"));
    assert_eq!((one, other), (vec![None; 3], vec![None; 3]), "who comes second finishes the same draft");
    let whole = World::play("2019-01", "2019-04", "").await.unwrap();
    vt_tests::mirror_of(places, &out).await.unwrap();
    let tree = |path: std::path::PathBuf| Tree::read(&path).unwrap();
    assert_eq!(differences(&tree(whole.path("published")), &tree(out.join("published"))), Vec::<String>::new());
    assert!(verify(stage.app.published.as_ref(), None).await.unwrap().passed());
}
