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
    say(&format!(
        "{what}: {:.1} s; this process {begin} MiB before, {peak} MiB at most",
        start.elapsed().as_secs_f64()
    ));
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
    for (role, process) in
        [("scheduler", &cluster.scheduler), ("executor", &cluster.executors[0]), ("executor", &cluster.executors[1])]
    {
        say(&format!("{role}: {} MiB at most", peak_mib(process.id()).unwrap()));
    }
}

/// Two months of the simulated regions, pulled and checked into a bucket as the service does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_comes_to_the_same_cells_as_in_one_process() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(PROGRAM, folder.path(), "demo/private", 2, "").unwrap();
    let records = play_demo(&folder.path().join("demo"), "demo").await;
    let vault = vault(&cluster.config).unwrap();
    let inputs = inputs(&["2020W406", "2020W407", "2020W127"], &records).unwrap();
    let engine = &cluster.config.engine;
    let one = cells(&embedded(engine), &vault, &inputs).await.unwrap();
    let other = cells(engine, &vault, &inputs).await.unwrap();
    assert_eq!(difference(&one, &other), None);
    // Different periods differ: what says that nothing does looks at something.
    assert!(difference(&one[..1], &one[1..2]).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_executor_had_when_it_was_killed_is_counted_by_the_others() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let engine = "cluster = { executor_timeout_seconds = 5, parts = 16 }";
    let mut cluster = Cluster::start(PROGRAM, folder.path(), "killed", 2, engine).unwrap();
    let vault = vault(&cluster.config).unwrap();
    let inputs = generated(&vault, 400_000).await;
    let engine = cluster.config.engine.clone();
    let one = cells(&embedded(&engine), &vault, &inputs).await.unwrap();
    let asked = tokio::spawn({
        let (engine, vault, inputs) = (engine.clone(), vault.clone(), inputs.clone());
        async move { cells(&engine, &vault, &inputs).await }
    });
    cluster.wait_for_work(0).await.unwrap();
    cluster.executors[0].kill().unwrap();
    assert!(!asked.is_finished(), "it was over before an executor could be killed");
    let other = asked.await.unwrap().unwrap();
    assert_eq!(difference(&one, &other), None);
    // What it wrote is private, and goes with the next one at its address; what the other one wrote goes with that one.
    let left = std::fs::metadata(cluster.folder(0)).unwrap().permissions().mode();
    assert_eq!(left & 0o777, 0o700);
    cluster.executors[1].signal("TERM").unwrap();
    cluster.executors[1].wait_for_end(Duration::from_secs(30)).unwrap();
    assert!(!cluster.folder(1).exists());
}

/// Everything else in the store takes its key; registrations, left to the bucket, are counted by executors that have none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_that_are_left_to_the_bucket_are_counted_and_encrypted_ones_are_refused() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(PROGRAM, folder.path(), "left", 1, "").unwrap();
    let engine = &cluster.config.engine;
    let store = vault(&cluster.config).unwrap().store().clone();
    let keys = StoreKeys::new(StoreKey::generate(), Vec::new()).unwrap();
    let sealed = Vault::sealed(store.clone(), keys.clone());
    let refused = Engine::new(engine, &sealed).err().unwrap().to_string();
    assert!(refused.contains("executors") && refused.contains("registrations = \"bucket\""), "{refused}");
    let left = Vault::sealed(store, keys.leaving_registrations(true));
    let inputs = generated(&left, 20_000).await;
    let one = cells(&embedded(engine), &left, &inputs).await.unwrap();
    let other = cells(engine, &left, &inputs).await.unwrap();
    assert_eq!(difference(&one, &other), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_what_was_written_is_named() {
    use object_store::ObjectStoreExt;

    ring();
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(PROGRAM, folder.path(), "damaged", 1, "").unwrap();
    let vault = vault(&cluster.config).unwrap();
    let inputs = generated(&vault, 20_000).await;
    let place = "registrations/melding/VT07/2020-07/1.parquet".into();
    vault.store().put(&place, vec![0; 500].into()).await.unwrap();
    let fault = cells(&cluster.config.engine, &vault, &inputs).await.err().unwrap().to_string();
    assert!(fault.contains("registrations/melding/VT07/2020-07/1.parquet"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_is_not_there_is_told_in_time() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let cluster =
        Cluster::start(PROGRAM, folder.path(), "absent", 0, "cluster = { ready_timeout_seconds = 2 }").unwrap();
    let vault = vault(&cluster.config).unwrap();
    let inputs = generated(&vault, 2_000).await;
    let refused = async |engine: &EngineConfig| {
        let begun = Instant::now();
        let error = cells(engine, &vault, &inputs).await.err().unwrap().to_string();
        assert!(begun.elapsed() < Duration::from_secs(10), "{error}");
        error
    };
    let engine = &cluster.config.engine;
    let alone = refused(engine).await;
    assert!(alone.contains("has no executor") && alone.contains("vt-monitor cluster executor"), "{alone}");
    let at = |port: u16| {
        let url = format!("df://127.0.0.1:{port}").try_into().unwrap();
        EngineConfig { scheduler_url: Some(url), ..engine.clone() }
    };
    let [nowhere] = vt_servers::free_ports().unwrap();
    let nowhere = refused(&at(nowhere)).await;
    assert!(nowhere.contains("gives no answer") && nowhere.contains("engine.scheduler_url"), "{nowhere}");
    let bucket = vt_servers::SeaweedFs::shared().unwrap().access.endpoint.port().unwrap();
    let other = refused(&at(bucket)).await;
    assert!(other.contains("something else answers there"), "{other}");
}

#[test]
fn a_configuration_that_no_cluster_can_work_with_is_refused_by_field_and_rule() {
    ring();
    let folder = tempfile::tempdir().unwrap();
    let engine = "[engine]\nscheduler_url = \"df://127.0.0.1:50050\"\n";
    let at = folder.path();
    write_config(at, "refused", engine).unwrap();
    let right = std::fs::read_to_string(at.join("service.toml")).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(right.contains(from));
        std::fs::write(at.join("service.toml"), right.replace(from, to)).unwrap();
        vt_monitor::config::Config::load(at).err().unwrap().to_string()
    };
    let folder = refused("s3://vt-cluster/refused", &format!("{}/private", at.display()));
    assert!(folder.contains("engine.scheduler_url") && folder.contains("must be a bucket"), "{folder}");
    let sealed = refused("[ledger]", "[store.encryption]\nfile = \"store.key\"\n[ledger]");
    assert!(sealed.contains("executors have none") && sealed.contains("registrations = \"bucket\""), "{sealed}");
    let form = refused("df://127.0.0.1:50050", "http://127.0.0.1:50050");
    assert!(form.contains("engine.scheduler_url") && form.contains("df://host:port"), "{form}");
    let limits = refused(engine, &format!("{engine}cluster = {{ parts = 0 }}\n"));
    assert!(limits.contains("engine.cluster.parts"), "{limits}");
}

/// Plays the demo with both stores under a prefix of the tests' bucket; gives the verdicts.
async fn play_demo(out: &Path, prefix: &str) -> Vec<vt_vault::DeliveryRecord> {
    use vt_monitor::commands::{Demo, Places};

    let server = vt_servers::SeaweedFs::shared().unwrap();
    let tables = format!("[s3]\n{}", server.access.settings(server.folder()).unwrap());
    let places = Places::at(&format!("s3://vt-cluster/{prefix}"), tables.parse().unwrap()).unwrap();
    let demo = Demo {
        from: "2020-06".parse().unwrap(),
        to: "2020-07".parse().unwrap(),
        seed: 2020,
        faults: false,
        revisions: 0,
    };
    let (stop, quiet) = (Default::default(), vt_monitor::progress::Progress::quiet());
    demo.play_at(out, &places, stop, quiet, Default::default()).await.unwrap();
    let store =
        vt_monitor::stores::open(places.store.as_ref().unwrap(), vt_monitor::belonging::Store::Private).unwrap();
    Vault::new(store).deliveries(None).await.unwrap()
}
