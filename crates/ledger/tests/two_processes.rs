//! Several real processes on one new ledger, in a file or at a server: they create, migrate, claim and record at the same time.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use vt_ledger::{Ledger, NewRun, OrderKind, Recorded, Step, StepName};
use vt_servers::Postgres;

const PROCESSES: usize = 3;
const NAMES: usize = 40;
/// The ledger's address, in a child; without it the child's part of this test does nothing.
const ADDRESS: &str = "VT_LEDGER_TEST_ADDRESS";

#[test]
fn of_several_processes_one_wins_each_claim_and_no_record_is_lost_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    one_wins_each_claim_and_no_record_is_lost(folder.path().join("ledger.sqlite").to_str().unwrap());
}

#[test]
fn of_several_processes_one_wins_each_claim_and_no_record_is_lost_at_a_server() {
    let server = Postgres::shared().unwrap();
    one_wins_each_claim_and_no_record_is_lost(&server.new_ledger().unwrap());
}

fn one_wins_each_claim_and_no_record_is_lost(address: &str) {
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "part_of_one_process", "--nocapture"])
                .env(ADDRESS, address)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut winners: BTreeMap<String, usize> = BTreeMap::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        for name in String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| line.strip_prefix("won ")) {
            *winners.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(winners.len(), NAMES);
    assert!(winners.values().all(|count| *count == 1), "{winners:?}");
    check_what_is_left(address);
}

#[tokio::main(flavor = "current_thread")]
async fn check_what_is_left(address: &str) {
    let ledger = Ledger::open(address).await.unwrap();
    let now = chrono::DateTime::UNIX_EPOCH;
    // The children are gone without having ended their runs.
    let interrupted = ledger.interrupted_runs(now, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(interrupted.len(), PROCESSES);
    for run in interrupted {
        assert_eq!(ledger.steps(run.id).await.unwrap().len(), NAMES);
    }
}

#[tokio::test]
async fn part_of_one_process() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let ledger = Ledger::open(&address).await.unwrap();
    let now = chrono::DateTime::UNIX_EPOCH;
    let run = ledger.begin_run(&NewRun::of_this_process("claim", "0.1.0", now)).await.unwrap();
    for n in 0..NAMES {
        let name = format!("name {n}");
        if ledger.claim(&name, &std::process::id().to_string(), Duration::from_secs(600)).await.unwrap().is_some() {
            writeln!(std::io::stdout(), "\nwon {name}").unwrap();
        }
        let step = Step::begun(OrderKind::Pull, name, StepName::Fetch, now).done(now);
        assert_eq!(ledger.record_step(run, &step).await.unwrap(), Recorded::Written);
    }
}
