//! Instances of the service on one ledger: killed, told to stop, steered.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::kill::files;
use crate::rehearsal::{Instance, Rehearsal};

/// Wakes every few seconds, and gives a dead instance's lease away soon.
const BUSY: &str = "[schedule]\nwake = \"*/3 * * * * *\"\nperiods_per_round = 1\n[service]\nlease_seconds = 4\npoll_seconds = 1\n[backfill]\nmonths_per_minute = 6000\n";

const PATIENCE: Duration = Duration::from_secs(240);

/// The manifests of a published store.
fn manifests(published: &Path) -> Vec<String> {
    let all = files(published).into_keys().map(|path| path.to_string_lossy().into_owned());
    all.filter(|path| path.starts_with("manifests/") && path.ends_with(".json")).collect()
}

/// The snapshots' own files.
fn snapshots(published: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = files(published).into_iter().map(|(path, bytes)| (path.to_string_lossy().into_owned(), bytes));
    all.filter(|(path, _)| path.starts_with("snapshots/")).collect()
}

/// Whether something holds before the patience ends.
pub fn until(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    false
}

/// How often each order came to its end, in the log lines of all instances.
fn ends(logs: &[String]) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::new();
    for line in logs.iter().filter(|line| line.contains("done order=")) {
        *ends.entry(line.split_once("done order=").unwrap().1.to_owned()).or_insert(0) += 1;
    }
    ends
}

/// Seconds for which instances are killed; more for a longer trial: VT_TEST_KILL_SECONDS=600.
fn kill_seconds() -> u64 {
    std::env::var("VT_TEST_KILL_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[test]
fn three_instances_killed_at_random_do_everything_once() {
    let undisturbed = Rehearsal::new("2019-08-20T06:00:00Z", BUSY);
    undisturbed.expect(0, &["run"]);
    let expected = manifests(&undisturbed.published());
    assert_eq!(expected.len(), 6);

    let rehearsal = Rehearsal::new("2019-08-20T06:00:00Z", BUSY);
    let mut instances: Vec<Instance> = (0..3).map(|_| rehearsal.start(&["serve"])).collect();
    let (begun, mut kills, mut seed) = (Instant::now(), 0_usize, 12_345_u64);
    let mut logs = Vec::new();
    while begun.elapsed() < Duration::from_secs(kill_seconds()) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(200 + (seed >> 33) % 1_500));
        let victim = instances.remove((seed >> 20) as usize % instances.len());
        logs.extend(victim.kill());
        kills += 1;
        instances.push(rehearsal.start(&["serve"]));
    }
    assert!(
        until(PATIENCE, || manifests(&rehearsal.published()).len() == expected.len()),
        "after {kills} kills: {:?}",
        manifests(&rehearsal.published())
    );
    for instance in instances {
        logs.extend(instance.lines());
        assert_eq!(instance.terminate(PATIENCE), Some(0));
    }
    assert!(kills > 5, "{kills}");
    let published: Vec<usize> =
        ends(&logs).into_iter().filter(|(order, _)| order.starts_with("Publish")).map(|(_, times)| times).collect();
    assert!(published.iter().all(|times| *times == 1), "no snapshot was finished twice: {published:?}");
    assert_eq!(manifests(&rehearsal.published()), expected, "no snapshot twice, none lost");
    let (found, same) = (snapshots(&rehearsal.published()), snapshots(&undisturbed.published()));
    assert_eq!(found.keys().collect::<Vec<_>>(), same.keys().collect::<Vec<_>>());
    let other: Vec<_> = found.iter().filter(|(path, bytes)| same[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "other bytes than undisturbed: {other:?}");
    let deliveries = rehearsal.json(&["deliveries"]);
    assert_eq!(deliveries, undisturbed_deliveries(&undisturbed, &deliveries), "no delivery lost, none judged twice");
    rehearsal.expect(0, &["verify", rehearsal.published().to_str().unwrap()]);
    let status = rehearsal.json(&["status"]);
    assert_eq!(status["failed_pulls"], Value::Array(Vec::new()));
}

/// The deliveries of an undisturbed rehearsal, with the instants of another one: these differ.
fn undisturbed_deliveries(undisturbed: &Rehearsal, other: &Value) -> Value {
    let mut rows = undisturbed.json(&["deliveries"]);
    for (row, theirs) in rows.as_array_mut().unwrap().iter_mut().zip(other.as_array().unwrap()) {
        for field in ["first_seen", "decided_at"] {
            row[field] = theirs[field].clone();
        }
    }
    rows
}

#[test]
fn another_instance_takes_over_within_the_lease_when_the_leader_is_killed() {
    let rehearsal = Rehearsal::new("2019-03-20T06:00:00Z", BUSY);
    let leader = rehearsal.start(&["serve"]);
    assert!(leader.wait_for(&["leads"], PATIENCE));
    let other = rehearsal.start(&["serve"]);
    assert!(other.wait_for(&["stands by"], PATIENCE));
    assert!(leader.wait_for(&["step=Parse"], PATIENCE), "in the middle of its work");
    leader.kill();
    assert!(other.wait_for(&["leads"], Duration::from_secs(10)), "lease_seconds is 4");
    assert!(other.wait_for(&["round done"], PATIENCE));
    assert_eq!(other.terminate(PATIENCE), Some(0));
    assert!(!manifests(&rehearsal.published()).is_empty());
}

#[test]
fn told_to_stop_in_the_middle_of_each_step_it_ends_at_a_safe_point_and_the_next_one_goes_on() {
    let rehearsal = Rehearsal::new("2019-08-20T06:00:00Z", BUSY);
    for step in ["Fetch", "Parse", "Validate", "Keep", "Gate", "Aggregate", "Protect", "Reserve", "Render", "Publish"] {
        let instance = rehearsal.start(&["serve"]);
        let reached = instance.wait_for(&[&format!("step={step}")], PATIENCE);
        assert!(reached, "{step}");
        assert_eq!(instance.terminate(PATIENCE), Some(0), "{step}");
    }
    rehearsal.expect(0, &["run", "--reason", "to the end", "--by", "ann"]);
    assert_eq!(manifests(&rehearsal.published()).len(), 6);
    let log = rehearsal.json(&["audit-log"]);
    let said = ["action", "actor", "reason"].map(|name| log[0][name].as_str().unwrap());
    assert_eq!(said, ["round.order", "ann", "to the end"]);
    rehearsal.expect(0, &["verify", rehearsal.published().to_str().unwrap()]);
    let runs = rehearsal.json(&["status"]);
    assert_eq!(runs["held_back"], Value::Array(Vec::new()));
}

#[test]
fn a_service_takes_up_a_cadence_and_a_backfill_that_were_decided_elsewhere() {
    let calm = BUSY.replace("*/3 * * * * *", "0 0 3 1 1 *").replace("periods_per_round = 1\n", "");
    let rehearsal = Rehearsal::new("2019-04-20T06:00:00Z", &calm);
    let service = rehearsal.start(&["serve"]);
    assert!(service.wait_for(&["round done"], PATIENCE), "at its start");
    let refused = rehearsal.output(&["cadence", "set", "weekly", "--reason", " "]);
    assert_eq!(refused.status.code(), Some(2));
    rehearsal.expect(0, &["cadence", "set", "weekly", "--reason", "the crisis deepens", "--by", "an operator"]);
    assert!(service.wait_for(&["round begins", "as an operator decided"], Duration::from_secs(60)), "within a minute");
    assert!(service.wait_for(&["round done"], PATIENCE));
    assert_eq!(rehearsal.json(&["cadence", "show"])["cadence"], "week");
    assert!(manifests(&rehearsal.published()).iter().any(|path| path.contains("2019W113")));

    let plan = rehearsal.path().join("plan.json");
    let plan = plan.to_str().unwrap();
    rehearsal.expect(0, &["backfill", "plan", "--from", "2019-01", "--to", "2019-02", "-o", plan]);
    let begun = rehearsal.json(&["backfill", "apply", plan]);
    assert_eq!(begun["state"], "running");
    let ended = || rehearsal.json(&["backfill", "status", "1"])["state"] == "done";
    assert!(until(PATIENCE, ended), "{}", rehearsal.json(&["backfill", "status", "1"]));
    let again = rehearsal.json(&["audit-log"]);
    let actions: Vec<&str> = again.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["backfill.apply", "cadence.set"]);
    assert_eq!(service.terminate(PATIENCE), Some(0));
}

/// Months of the backfill that is killed; 24 for a longer trial: VT_TEST_BACKFILL_TO=2020-12.
fn backfill_to() -> String {
    std::env::var("VT_TEST_BACKFILL_TO").unwrap_or_else(|_| "2019-04".into())
}

#[test]
fn a_backfill_resumed_after_kills_pulls_nothing_twice() {
    let rehearsal = Rehearsal::new("2021-01-20T06:00:00Z", BUSY);
    let plan = rehearsal.path().join("plan.json");
    let plan = plan.to_str().unwrap();
    let to = backfill_to();
    rehearsal.expect(0, &["backfill", "plan", "--from", "2019-01", "--to", &to, "-o", plan]);
    let mut logs = Vec::new();
    let first = rehearsal.start(&["backfill", "apply", plan]);
    assert!(first.wait_for(&["step=Keep"], PATIENCE));
    logs.extend(first.kill());
    let kills = [("step=Parse", 1), ("step=Validate", 2), ("step=Keep", 3), ("step=Protect", 1), ("step=Publish", 1)];
    for (step, _) in kills {
        let instance = rehearsal.start(&["backfill", "resume", "1"]);
        assert!(instance.wait_for(&[step], PATIENCE), "{step}");
        logs.extend(instance.kill());
    }
    rehearsal.expect(0, &["backfill", "resume", "1"]);
    let ended = rehearsal.json(&["backfill", "status", "1"]);
    let items = ended["items"].as_array().unwrap();
    assert_eq!((ended["state"].as_str(), ended["done"].as_u64()), (Some("done"), Some(items.len() as u64)));
    assert!(items.iter().all(|item| item["attempts"] == 1), "{ended}");
    // What was done before a kill is done no more: only what was under way is.
    let twice = ends(&logs).into_iter().filter(|(order, n)| order.starts_with("Pull") && *n > 1).count();
    assert!(twice <= 4 * kills.len(), "{twice}");
    rehearsal.expect(0, &["verify", rehearsal.published().to_str().unwrap()]);
}

#[test]
fn a_backfill_is_cancelled_in_the_middle_of_a_step_and_leaves_nothing_half() {
    let rehearsal = Rehearsal::new("2019-04-20T06:00:00Z", BUSY);
    let plan = rehearsal.path().join("plan.json");
    let plan = plan.to_str().unwrap();
    for (number, step) in ["Fetch", "Parse", "Validate", "Keep", "Protect", "Publish"].into_iter().enumerate() {
        let id = (number + 1).to_string();
        rehearsal.expect(0, &["backfill", "plan", "--from", "2019-01", "--to", "2019-03", "-o", plan]);
        let working = rehearsal.start(&["backfill", "apply", plan]);
        assert!(working.wait_for(&[&format!("step={step}")], PATIENCE), "{step}");
        rehearsal.expect(0, &["backfill", "cancel", &id, "--reason", "not now"]);
        let mut working = working;
        assert!(
            until(Duration::from_secs(30), || working.child.try_wait().unwrap().is_some()),
            "{step}: it stops at once"
        );
        let state = rehearsal.json(&["backfill", "status", &id]);
        assert_eq!(state["state"], "cancelled", "{step}");
        assert_eq!(state["waiting"], 0, "{step}");
    }
    rehearsal.expect(0, &["run"]);
    rehearsal.expect(0, &["verify", rehearsal.published().to_str().unwrap()]);
    let private = files(&rehearsal.path().join("private"));
    assert!(!private.keys().any(|path| path.starts_with("quarantine")), "nothing unscanned is left");
}

#[test]
fn a_stale_plan_is_refused_with_what_moved() {
    let rehearsal = Rehearsal::new("2019-03-20T06:00:00Z", BUSY);
    let plan = rehearsal.path().join("plan.json");
    let plan = plan.to_str().unwrap();
    rehearsal.expect(0, &["backfill", "plan", "--from", "2019-01", "--to", "2019-02", "--region", "VT07", "-o", plan]);
    rehearsal.expect(0, &["pull", "--month", "2019-01", "--region", "VT07"]);
    let refused = rehearsal.output(&["backfill", "apply", plan]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(
        said.contains("VT07 2019-01: planned on none counts, of 0 judged; now number 1 counts, of 1 judged"),
        "{said}"
    );
    let wrong = rehearsal.output(&["backfill", "apply", "/nowhere/plan.json"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_rehearsal_is_refused_on_a_ledger_that_is_in_use() {
    let rehearsal = Rehearsal::new("2019-03-20T06:00:00Z", BUSY);
    rehearsal.expect(0, &["pull", "--month", "2019-01", "--region", "VT07"]);
    let earlier = rehearsal.output_at("2018-01-01T00:00:00Z", &["status"]);
    assert!(!earlier.status.success());
    assert!(String::from_utf8_lossy(&earlier.stderr).contains("stores and a ledger of their own"));
}
