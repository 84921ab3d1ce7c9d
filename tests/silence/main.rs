//! Nothing secret in any log at trace level, in any report to operators, in the ledger or in anything published: a faulty run
//! with planted markers, and a search for them. A process of its own, for it captures all that is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;
use vt_monitor::commands::{Demo, DemoReport};
use vt_monitor::round::once;
use vt_simulator::config::SECRET_PREFIX;
use vt_simulator::faults::{ERROR_PAGE_TITLE, PLANTED_BSN, PLANTED_CODE};
use vt_simulator::records::MARKERS;
use vt_simulator::{FaultPlan, SimulatorConfig};
use vt_tests::Tree;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What must not show, each planted in deliveries, answers or secrets of this run.
fn forbidden() -> Vec<&'static str> {
    let mut forbidden = vec![SECRET_PREFIX, PLANTED_BSN, PLANTED_CODE, ERROR_PAGE_TITLE];
    forbidden.extend(MARKERS);
    forbidden
}

fn search(place: &str, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    forbidden()
        .into_iter()
        .filter(|marker| text.contains(marker))
        .map(|marker| format!("{marker} in {place}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_no_record_id_and_no_content_is_logged_or_published() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace"))
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .init();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let demo = Demo {
        from: "2019-01".parse().unwrap(),
        to: "2019-02".parse().unwrap(),
        seed: 2020,
        faults: true,
        revisions: 0,
    };
    let faults = [
        "bsn",
        "unknown_codes",
        "duplicate_ids",
        "dates_outside_month",
        "wrong_encoding",
        "truncated_gzip",
        "wrong_count",
        "wrong_digest",
        "error_page_200:listing",
        "error_page_200:file",
        "redirect_other_host:file",
        "connection_cut",
        "server_error",
        "too_many_requests:3600s",
        "other_region",
        "other_month",
        "changed_bytes",
        "connection_cut:1",
    ];
    let plan: Vec<String> = faults.iter().zip(1..).map(|(fault, n)| format!("VT{n:02}@2019-02={fault}")).collect();
    let plan: FaultPlan = plan.join(",").parse().unwrap();
    let simulator = SimulatorConfig { seed: demo.seed, faults: plan, markers: true, ..SimulatorConfig::default() };
    let stage = demo.open_with(&out, simulator).await.unwrap();
    let (run, _) = once(&stage.app, "silence").await.unwrap();
    assert!(run.pulled.iter().any(|pull| pull.rejected > 0) && run.pulled.iter().any(|pull| pull.failure.is_some()));
    once(&stage.app, "again").await.unwrap();
    let mut found = search("the results", &serde_json::to_vec(&run).unwrap());
    let report = DemoReport::read(&stage.app, run).await.unwrap();
    found.extend(search("the report", report.text(&out).as_bytes()));
    stage.simulator.stop().await;
    drop(stage.app);

    let log = captured.0.lock().unwrap().clone();
    assert!(log.len() > 100_000, "trace logging is on: {} bytes", log.len());
    found.extend(search("the log", &log));
    for (path, bytes) in Tree::read(&out.join("published")).unwrap().files() {
        found.extend(search(&path.display().to_string(), bytes));
    }
    found.extend(search("the ledger", &std::fs::read(out.join("ledger.sqlite")).unwrap()));
    assert_eq!(found, Vec::<String>::new());

    // The search can find: the region's own report names records by id.
    let reports = Tree::read(&out.join("private/reports")).unwrap();
    assert!(reports.files().any(|(_, bytes)| !search("a report", bytes).is_empty()), "no report names a record");
    let about_bsn: Vec<_> =
        reports.files().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(PLANTED_BSN)).collect();
    assert!(about_bsn.is_empty(), "a report repeats a personal number");
}
