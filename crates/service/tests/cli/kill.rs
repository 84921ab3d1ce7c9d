//! `kill -9` anywhere, then the same command again: the same bytes as an undisturbed run.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::program::{demo, wait_for_step};

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

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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

/// Reservations without a manifest.
fn unfinished(out: &Path) -> usize {
    files(&out.join("private/memory")).len() - files(&out.join("published/manifests")).len()
}

fn undisturbed(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let done = demo(out).stderr(Stdio::null()).status().unwrap();
    assert_eq!(done.code(), Some(0));
    files(&out.join("published"))
}

fn same(left: &BTreeMap<PathBuf, Vec<u8>>, right: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    let other: Vec<_> = left.iter().filter(|(path, bytes)| right[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "other bytes: {other:?}");
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
    let (mut kills, mut between) = (0, 0);
    for (step, nth) in POINTS {
        let mut child = demo(&killed).spawn().unwrap();
        let reached = wait_for_step(&mut child, step, nth);
        // Unless it ended by itself, this is SIGKILL.
        child.kill().unwrap();
        let status = child.wait().unwrap();
        if reached && status.signal() == Some(9) {
            kills += 1;
            between += usize::from(unfinished(&killed) > 0);
        }
    }
    assert!(kills >= 25, "killed {kills} times");
    assert!(between >= 3, "killed {between} times between reservation and manifest");
    same(&undisturbed(&whole), &undisturbed(&killed));
    assert_eq!(unfinished(&killed), 0);
    let left: Vec<_> = files(&killed.join("private/quarantine")).into_keys().collect();
    assert!(left.is_empty(), "left in the quarantine: {left:?}");
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
