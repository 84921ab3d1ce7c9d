//! Two publishers at once: leases only save work; reservation and manifest decide.

use std::path::Path;
use std::sync::Arc;

use vt_domain::Clock;
use vt_monitor::app::App;
use vt_monitor::commands::{Demo, Places, Stage};
use vt_monitor::overview::Overview;
use vt_monitor::publishing::publish_all;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::runs;
use vt_publication::keys::MasterKey;
use vt_publication::verify::verify;
use vt_servers::faulty::{Fault, FaultyStore, Operation};
use vt_tests::{Tree, World, differences};
use vt_vault::Vault;

/// One of several instances, with a ledger of its own, so that no lease of another is seen.
async fn instance(demo: &Demo, out: &Path, places: &Places, ledger: &str) -> App {
    let mut config = demo.config_at(out, places);
    config.ledger.url = out.join(ledger).to_string_lossy().into_owned();
    let clock: Arc<dyn Clock> = Arc::new(vt_domain::ManualClock::at(demo.instant()));
    App::open(config, out, clock).await.unwrap().with_key(MasterKey::demo(demo.seed)).await.unwrap()
}

/// Publishes what is due; why not, of each.
async fn publish(app: &App) -> Vec<Option<String>> {
    let run = runs::begin(app, "publish").await.unwrap();
    let overview = Overview::read(app).await.unwrap();
    let due =
        overview.periods(app).into_iter().filter(|period| period.state.due()).map(|period| period.periode).collect();
    let results = publish_all(app, run, &overview, due).await.unwrap();
    assert_eq!(results.len(), 3);
    results.into_iter().map(|result| result.failure.map(|fault| fault.message)).collect()
}

async fn publisher(demo: &Demo, out: &Path, places: &Places, ledger: &str) -> Vec<Option<String>> {
    publish(&instance(demo, out, places, ledger).await).await
}

fn four_months() -> Demo {
    let (from, to) = ("2019-01".parse().unwrap(), "2019-04".parse().unwrap());
    Demo { from, to, seed: 2020, faults: false, revisions: 0 }
}

/// All deliveries are pulled, and nothing is published.
async fn pulled(demo: &Demo, out: &Path, places: &Places) -> Stage {
    let stage = demo.open_at(out, places, demo.regions(Default::default())).await.unwrap();
    let orders = Overview::read(&stage.app).await.unwrap().pulls_due(&stage.app);
    let run = runs::begin(&stage.app, "pull").await.unwrap();
    pull_all(&stage.app, run, orders, &Pace::of_rounds(&stage.app)).await.unwrap();
    stage
}

/// What stands in the published store is what an undisturbed publisher makes.
async fn is_as_undisturbed(places: &Places, out: &Path) {
    let whole = World::play("2019-01", "2019-04", "").await.unwrap();
    vt_tests::mirror_of(places, out).await.unwrap();
    let tree = |path: std::path::PathBuf| Tree::read(&path).unwrap();
    assert_eq!(differences(&tree(whole.path("published")), &tree(out.join("published"))), Vec::<String>::new());
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
    let (demo, out) = (four_months(), folder.path().join("demo"));
    let stage = pulled(&demo, &out, places).await;
    stage.simulator.stop().await;

    let (one, other) =
        tokio::join!(publisher(&demo, &out, places, "one.sqlite"), publisher(&demo, &out, places, "other.sqlite"));
    assert_eq!((one, other), (vec![None; 3], vec![None; 3]), "who comes second finishes the same draft");
    is_as_undisturbed(places, &out).await;
    assert!(verify(stage.app.published.as_ref(), None).await.unwrap().passed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_publisher_reserved_as_it_died_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, out, places) = (four_months(), folder.path().join("demo"), Places::default());
    let stage = pulled(&demo, &out, &places).await;
    stage.simulator.stop().await;

    let mut dying = instance(&demo, &out, &places, "one.sqlite").await;
    let store = FaultyStore::new(Arc::clone(dying.vault.store())).only(&[Operation::Create]);
    // Code lists, register and turn are written; the reservation is not put in its place, and nothing is written any more.
    dying.vault = Vault::new(Arc::new((3..100).fold(store, |store, number| store.at(number, Fault::Before))));
    assert!(publish(&dying).await.iter().all(Option::is_some));
    let turn = std::fs::read_to_string(out.join("private/turns/2019/1.json")).unwrap();
    let (name, reserved) = turn.split_once('\n').expect("the turn holds the reservation");
    let place = out.join("private/memory/four_weeks/2019W402/1.json");
    assert!(name.starts_with(r#"{"periode":"2019W402","uitgave":1,"sha256":"#) && !place.exists(), "{name}");

    assert_eq!(publisher(&demo, &out, &places, "other.sqlite").await, vec![None; 3]);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), reserved, "what stood in the turn is what was published");
    is_as_undisturbed(&places, &out).await;
}
