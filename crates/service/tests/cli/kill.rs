//! `kill -9` anywhere, then the same command again: the same bytes as an undisturbed run.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{demo, expect, wait_for_step};

/// Steps at whose beginning the program is killed, one after another in the same folder, and the how-manieth of that name.
const POINTS: [(&str, usize); 30] = [
    ("Fetch", 1),
    ("Fetch", 3),
    ("Parse", 1),
    ("Parse", 2),
    ("Validate", 1),
    ("Validate", 4),
    ("Keep", 1),
    ("Keep", 3),
    ("Keep", 10),
    ("Validate", 12),
    ("Parse", 20),
    ("Fetch", 100),
    ("Keep", 8),
    ("Keep", 20),
    ("Gate", 1),
    ("Aggregate", 1),
    ("Protect", 1),
    ("Protect", 2),
    ("Reserve", 1),
    ("Render", 1),
    ("Render", 1),
    ("Publish", 1),
    ("Publish", 1),
    ("Reserve", 1),
    ("Render", 1),
    ("Publish", 1),
    ("Protect", 1),
    ("Reserve", 1),
    ("Render", 1),
    ("Publish", 1),
];

/// Files below a folder, with their bytes.
pub fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Steps of a demo whose three periods are published, and of which a correction is then published: the fourth of a name is
/// the first of a revision, until one of these is done.
const REVISION_POINTS: [(&str, usize); 8] = [
    ("Protect", 4),
    ("Reserve", 1),
    ("Render", 1),
    ("Publish", 1),
    ("Protect", 1),
    ("Render", 1),
    ("Publish", 1),
    ("Publish", 1),
];

/// Reservations without a manifest.
fn unfinished(out: &Path) -> usize {
    let marks = |path: &PathBuf| path.to_string_lossy().ends_with(".void.json");
    let memory = files(&out.join("private/memory")).into_keys().filter(|path| !marks(path)).count();
    let manifest = |path: &PathBuf| path.extension().is_some_and(|end| end == "json");
    memory - files(&out.join("published/manifests")).into_keys().filter(manifest).count()
}

/// A small demo with a revision.
fn revised(out: &Path) -> Command {
    let mut command = demo(out);
    command.args(["--revisions", "1"]);
    command
}

fn undisturbed(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let done = demo(out).stderr(Stdio::null()).status().unwrap();
    assert_eq!(done.code(), Some(0));
    files(&out.join("published"))
}

pub fn same(left: &BTreeMap<PathBuf, Vec<u8>>, right: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    let other: Vec<_> = left.iter().filter(|(path, bytes)| right[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "other bytes: {other:?}");
}

/// Kills a run at each point, every one going on where the last was; says how often, and how often between reservation and manifest.
fn kill_at(points: &[(&str, usize)], out: &Path, command: fn(&Path) -> Command) -> (usize, usize) {
    let (mut kills, mut between) = (0, 0);
    for &(step, nth) in points {
        let mut child = command(out).spawn().unwrap();
        let reached = wait_for_step(&mut child, step, nth);
        // Unless it ended by itself, this is SIGKILL.
        child.kill().unwrap();
        let status = child.wait().unwrap();
        if reached && status.signal() == Some(9) {
            kills += 1;
            between += usize::from(unfinished(out) > 0);
        }
    }
    (kills, between)
}

#[test]
fn killed_at_thirty_points_it_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    for milliseconds in [2, 4, 8, 12, 20, 40] {
        let mut child = demo(&killed).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (kills, between) = kill_at(&POINTS, &killed, demo);
    assert!(kills >= 25, "killed {kills} times");
    assert!(between >= 3, "killed {between} times between reservation and manifest");
    same(&undisturbed(&whole), &undisturbed(&killed));
    assert_eq!(unfinished(&killed), 0);
    let left: Vec<_> = files(&killed.join("private/quarantine")).into_keys().collect();
    assert!(left.is_empty(), "left in the quarantine: {left:?}");
}

#[test]
fn killed_in_a_revision_it_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let (kills, between) = kill_at(&REVISION_POINTS, &killed, revised);
    assert!(kills >= 5 && between >= 2, "killed {kills} times, {between} of them between reservation and manifest");
    for out in [&whole, &killed] {
        let done = revised(out).stderr(Stdio::null()).status().unwrap();
        assert_eq!(done.code(), Some(0));
    }
    let published = files(&whole.join("published"));
    let second = published.keys().filter(|path| path.starts_with("manifests") && path.ends_with("2.json")).count();
    assert_eq!(second, 3, "each of the three periods has a second issue");
    same(&published, &files(&killed.join("published")));
    assert_eq!(unfinished(&killed), 0);
}

#[test]
fn a_reservation_that_was_given_up_is_never_finished_and_the_next_issue_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let mut child = demo(&out).spawn().unwrap();
    assert!(wait_for_step(&mut child, "Render", 1));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(unfinished(&out), 1);
    let config = out.join("config").to_string_lossy().into_owned();
    let void = |code: i32, period: &str, issue: &str| {
        let asked = ["--config", &config, "void", "--period", period, "--issue", issue, "--reason", "made by a test"];
        expect(code, &asked)
    };
    void(5, "2019W402", "2");
    assert!(void(0, "2019W402", "1").contains("is void"));
    assert!(void(0, "2019W402", "1").contains("already"));
    let done = demo(&out).stderr(Stdio::null()).status().unwrap();
    assert_eq!(done.code(), Some(0));
    let published = out.join("published/manifests/four_weeks/2019W402");
    assert!(!published.join("1.json").exists() && published.join("2.json").exists());
    void(5, "2019W402", "2");
}

#[test]
fn two_at_once_publish_each_snapshot_once() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, twice) = (folder.path().join("whole"), folder.path().join("twice"));
    let mut one = demo(&twice).stderr(Stdio::null()).spawn().unwrap();
    let mut other = demo(&twice).stderr(Stdio::null()).spawn().unwrap();
    let mut codes = [one.wait().unwrap().code(), other.wait().unwrap().code()];
    codes.sort();
    // One does all the work; the other is told so, or comes when it is done already.
    assert!(matches!(codes, [Some(0), Some(0 | 5)]), "{codes:?}");
    same(&undisturbed(&whole), &files(&twice.join("published")));
    same(&undisturbed(&whole), &undisturbed(&twice));
}

#[test]
fn a_signal_stops_at_a_safe_point_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    for (signal, step, nth) in [("-INT", "Validate", 6), ("-TERM", "Render", 1)] {
        let mut child = demo(&stopped).spawn().unwrap();
        assert!(wait_for_step(&mut child, step, nth));
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(unfinished(&stopped), 0, "stopped between reservation and manifest");
        assert!(files(&stopped.join("private/quarantine")).is_empty());
    }
    same(&undisturbed(&whole), &undisturbed(&stopped));
}
