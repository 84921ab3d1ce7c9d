//! The example that suppliers get, delivered as it stands.

use std::path::Path;
use std::sync::Arc;

use vt_domain::{Clock, ManualClock};
use vt_intake::source::{InboxSource, Limits, Source, SourceConfig};
use vt_monitor::app::App;
use vt_monitor::config::Config;
use vt_monitor::due::PullOrder;
use vt_monitor::pulling::{Pace, pull_all};
use vt_monitor::runs;
use vt_publication::keys::MasterKey;

async fn app(folder: &Path, inbox: &Path) -> App {
    let mut config = Config::embedded();
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    config.store.published = path("published");
    config.store.private = path("private");
    config.ledger.url = path("ledger.sqlite");
    let source = Source::Inbox(InboxSource { url: inbox.to_string_lossy().into_owned(), s3: None });
    config.regions = vec![SourceConfig { vt: "VT07".into(), source, limits: Limits::default() }];
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2020-09-01T06:00:00Z".parse().unwrap()));
    App::open(config, folder, clock).await.unwrap().with_key(MasterKey::demo(1)).await.unwrap()
}

fn order() -> Vec<PullOrder> {
    vec![PullOrder { vt: "VT07".into(), maand: "2020-07".parse().unwrap() }]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suppliers_example_is_accepted_without_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/levering/voorbeeld/inbox").canonicalize().unwrap();
    let app = app(folder.path(), &inbox).await;
    let run = runs::begin(&app, "example").await.unwrap();
    let results = pull_all(&app, run, order(), &Pace::of_rounds(&app)).await.unwrap();
    assert_eq!((results[0].accepted, results[0].rejected), (2, 0), "{results:?}");
    let findings = app.ledger.findings("VT07", "2020-07".parse().unwrap()).await.unwrap();
    let grave: Vec<_> =
        findings.iter().filter(|found| found.finding.severity > vt_domain::finding::Severity::Signaal).collect();
    assert!(grave.is_empty(), "{grave:?}");
    let again = pull_all(&app, run, order(), &Pace::of_rounds(&app)).await.unwrap();
    assert_eq!((again[0].known, again[0].did_something()), (2, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_that_cannot_be_fetched_does_not_hold_up_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("inbox");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/levering/voorbeeld/inbox");
    for (path, bytes) in vt_tests::Tree::read(&example).unwrap().files() {
        let to = inbox.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    std::fs::remove_file(inbox.join("VT07/2020-07/1/advies.csv")).unwrap();
    let app = app(folder.path(), &inbox).await;
    let run = runs::begin(&app, "example").await.unwrap();
    let results = pull_all(&app, run, order(), &Pace::of_rounds(&app)).await.unwrap();
    assert_eq!(results[0].accepted, 1, "number 2 is there: {results:?}");
    let failure = results[0].failure.as_ref().unwrap();
    assert!(
        failure.class == "missing" && failure.message.contains("nr 1") && failure.message.contains("advies"),
        "{failure:?}"
    );
    assert_eq!(app.vault.quarantine_len().await.unwrap(), 0);
}
