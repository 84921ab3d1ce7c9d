//! Aggregation on a Ballista cluster, whose roles are processes of their own, beside aggregation in this process.
//!
//! `VT_TEST_CLUSTER_REGISTRATIONS=50000000 cargo test --release -p vt-cluster-tests millions -- --nocapture` counts so many, and prints what
//! each took.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use vt_cluster_tests::{
    Cluster, cells, difference, embedded, generate, inputs, months, peak_mib, reset_peak, vault, write_config,
};
use vt_disclosure::CellTable;
use vt_publication::engine::{Engine, EngineConfig};
use vt_publication::gate::PeriodInput;
use vt_vault::{StoreKey, StoreKeys, Vault};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vt-monitor-ballista");
const PERIODS: [&str; 3] = ["2020W406", "2020W407", "2020W408"];

fn ring() {
    // Fails only when another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// How many registrations are generated where the environment does not say.
fn registrations(otherwise: u64) -> u64 {
    std::env::var("VT_TEST_CLUSTER_REGISTRATIONS").map_or(otherwise, |text| text.parse().unwrap())
}

async fn generated(vault: &Vault, count: u64) -> Vec<PeriodInput> {
    let records = generate(vault, &months("2020-06", "2020-07").unwrap(), count).await.unwrap();
    inputs(&PERIODS, &records).unwrap()
}

async fn timed(what: &str, config: &EngineConfig, vault: &Vault, inputs: &[PeriodInput]) -> Vec<CellTable> {
    reset_peak().unwrap();
    let begin = peak_mib(std::process::id()).unwrap();
    let start = Instant::now();
    let cells = cells(config, vault, inputs).await.unwrap();
    let peak = peak_mib(std::process::id()).unwrap();
    say(&format!("{what}: {:.1} s; this process {begin} MiB before, {peak} MiB at most", start.elapsed().as_secs_f64()));
    cells
}

#[expect(clippy::print_stdout, reason = "it is read by a person")]
fn say(text: &str) {
    println!("{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn millions_of_registrations_come_to_the_same_cells_as_in_one_process() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(PROGRAM, folder.path(), "millions", 2, "").unwrap();
    let vault = vault(&cluster.config).unwrap();
    let count = registrations(200_000);
    let start = Instant::now();
    let inputs = generated(&vault, count).await;
    say(&format!("{count} registrations generated: {:.1} s", start.elapsed().as_secs_f64()));
    let engine = &cluster.config.engine;
    let one = timed("embedded", &EngineConfig { partitions: 2, ..embedded(engine) }, &vault, &inputs).await;
    let other = timed("cluster", engine, &vault, &inputs).await;
    assert_eq!(difference(&one, &other), None);
    for (role, process) in [("scheduler", &cluster.scheduler), ("executor", &cluster.executors[0]), ("executor", &cluster.executors[1])] {
        say(&format!("{role}: {} MiB at most", peak_mib(process.id()).unwrap()));
    }
}
