//! Backups of a service: made by hand and while it publishes, brought back into a fresh instance, which goes on as if nothing was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::kill::files;
use crate::program::{program, run};
use crate::rehearsal::Rehearsal;

const APRIL: &str = "2019-04-20T06:00:00Z";
const MAY: &str = "2019-05-20T06:00:00Z";

/// Wakes once a year: rounds are made by hand.
const BY_HAND: &str = "[schedule]\nwake = \"0 0 3 1 1 *\"\n";

/// A second instance on places of its own, with the configuration, the key and the regions of the first.
struct Fresh {
    folder: PathBuf,
}

impl Fresh {
    fn beside(first: &Rehearsal, name: &str) -> Self {
        let folder = first.path().join(name);
        let config = folder.join("config");
        std::fs::create_dir_all(&config).unwrap();
        for file in ["service.toml", "regions.toml", "disclosure.toml"] {
            let from = first.path().join("config").join(file);
            if let Ok(text) = std::fs::read_to_string(from) {
                let place = |name: &str| format!("{:?}", first.path().join(name));
                let own = |name: &str| format!("{:?}", folder.join(name));
                let text = ["published", "private", "ledger.sqlite"]
                    .iter()
                    .fold(text, |text, name| text.replace(&place(name), &own(name)));
                std::fs::write(config.join(file), text).unwrap();
            }
        }
        Self { folder }
    }

    fn output(&self, at: &str, arguments: &[&str]) -> Output {
        let config = self.folder.join("config").to_string_lossy().into_owned();
        run(&[&["--config", &config, "--rehearse-at", at], arguments].concat())
    }

    fn expect(&self, code: i32, at: &str, arguments: &[&str]) -> String {
        let output = self.output(at, arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        format!("{out}{err}")
    }

    fn published(&self) -> PathBuf {
        self.folder.join("published")
    }
}

fn ran(first: &Rehearsal, at: &str, arguments: &[&str]) -> String {
    let output = first.output_at(at, arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{out}\n{err}");
    out.into_owned()
}

/// Makes a backup in a folder of its own, and gives where it is.
fn backup(first: &Rehearsal, at: &str, name: &str) -> String {
    let to = first.path().join(name);
    let made: serde_json::Value =
        serde_json::from_str(&ran(first, at, &["--json", "backup", "make", "--to", to.to_str().unwrap()])).unwrap();
    made["backup"].as_str().unwrap().to_owned()
}

/// Bytes of the snapshots' own files.
fn snapshots(published: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(published).into_iter().filter(|(path, _)| path.starts_with("snapshots")).collect()
}

fn periods(published: &Path) -> Vec<String> {
    let folder = published.join("manifests/four_weeks");
    let names = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_in_a_fresh_instance_reproduces_what_was_published_and_goes_on_publishing() {
    let first = Rehearsal::new(MAY, BY_HAND);
    ran(&first, APRIL, &["run"]);
    assert_eq!(periods(&first.published()), ["2019W402", "2019W403"]);
    let taken = backup(&first, APRIL, "backups");
    assert!(
        Command::new("sha256sum").args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&taken).status().unwrap().success()
    );
    ran(&first, MAY, &["run"]);

    let fresh = Fresh::beside(&first, "fresh");
    let told = fresh.expect(0, APRIL, &["backup", "restore", &taken]);
    assert!(told.contains("brought back") && told.contains("vt-monitor doctor"), "{told}");
    let doctor = fresh.expect(0, APRIL, &["doctor"]);
    assert!(doctor.contains("private store") && !doctor.contains("WRONG"), "{doctor}");
    for period in ["2019W402", "2019W403"] {
        assert!(fresh.expect(0, APRIL, &["reproduce", period]).contains("byte for byte"));
    }
    assert!(fresh.expect(0, APRIL, &["audit-log", "--verify"]).contains("whole"));
    let published = fresh.published().to_string_lossy().into_owned();
    assert!(fresh.expect(0, APRIL, &["verify", &published]).contains("nothing wrong"));
    assert!(fresh.expect(0, APRIL, &["verify"]).contains("nothing wrong"), "the configured store");
    // What the first instance published after the backup, this one publishes too: the same bytes.
    fresh.expect(0, MAY, &["run"]);
    assert_eq!(periods(&fresh.published()), ["2019W402", "2019W403", "2019W404"]);
    assert!(snapshots(&fresh.published()) == snapshots(&first.published()));
    assert!(fresh.expect(0, MAY, &["verify", &published]).contains("nothing wrong"));
    let again = fresh.expect(5, MAY, &["backup", "restore", &taken]);
    assert!(again.contains("nothing is overwritten"), "{again}");
}

#[test]
fn a_private_store_that_is_older_than_what_was_published_publishes_nothing_more() {
    let first = Rehearsal::new(MAY, BY_HAND);
    ran(&first, APRIL, &["run"]);
    let old = backup(&first, APRIL, "old");
    ran(&first, MAY, &["run"]);
    let new = backup(&first, MAY, "new");
    // The published store outlived the disk of the private one.
    for (taken, code) in [(&old, 5), (&new, 0)] {
        let fresh = Fresh::beside(&first, if code == 0 { "right" } else { "wrong" });
        fresh.expect(0, MAY, &["backup", "restore", taken, "--only", "private", "--only", "ledger"]);
        copy(&first.published(), &fresh.published());
        let before = files(&fresh.published());
        let said = fresh.expect(code, MAY, &["run"]);
        if code != 0 {
            assert!(said.contains("newest backup of the private store"), "{said}");
        }
        assert!(files(&fresh.published()) == before, "{code}");
    }
}

#[test]
fn a_published_store_that_is_older_is_finished_from_the_reservations() {
    let first = Rehearsal::new(MAY, BY_HAND);
    ran(&first, APRIL, &["run"]);
    let old = backup(&first, APRIL, "old");
    ran(&first, MAY, &["run"]);
    let new = backup(&first, MAY, "new");
    let fresh = Fresh::beside(&first, "fresh");
    fresh.expect(0, MAY, &["backup", "restore", &new, "--only", "private", "--only", "ledger"]);
    fresh.expect(0, MAY, &["backup", "restore", &old, "--only", "published"]);
    assert_eq!(periods(&fresh.published()), ["2019W402", "2019W403"]);
    fresh.expect(0, MAY, &["run"]);
    assert!(snapshots(&fresh.published()) == snapshots(&first.published()));
    let published = fresh.published().to_string_lossy().into_owned();
    assert!(fresh.expect(0, MAY, &["verify", &published]).contains("nothing wrong"));
}

#[test]
fn backups_that_are_made_while_a_service_publishes_are_each_whole() {
    const BUSY: &str = "[schedule]\nwake = \"*/2 * * * * *\"\nperiods_per_round = 1\n[service]\npoll_seconds = 1\n";
    const LATER: &str = "2019-06-20T06:00:00Z";
    let first = Rehearsal::new(LATER, BUSY);
    let service = first.start(&["serve"]);
    assert!(service.wait_for(&["step=Reserve"], Duration::from_secs(120)));
    let mut taken = vec![(backup(&first, LATER, "backup-0"), periods(&first.published()).len())];
    while taken.last().unwrap().1 < 4 && taken.len() < 60 {
        taken.push((backup(&first, LATER, &format!("backup-{}", taken.len())), periods(&first.published()).len()));
    }
    assert!(service.wait_for(&["2019W405"], Duration::from_secs(120)));
    assert_eq!(service.terminate(Duration::from_secs(60)), Some(0));
    let undisturbed = snapshots(&first.published());
    // One of each number of published periods: those in the middle were made while something was being written.
    taken.dedup_by_key(|(_, published)| *published);
    assert!(taken.len() > 2, "{taken:?}");
    for (nr, (backup, _)) in taken.iter().enumerate() {
        let fresh = Fresh::beside(&first, &format!("fresh-{nr}"));
        fresh.expect(0, LATER, &["backup", "restore", backup]);
        while periods(&fresh.published()).len() < periods(&first.published()).len() {
            fresh.expect(0, LATER, &["run"]);
        }
        let mine = snapshots(&fresh.published());
        assert!(undisturbed.iter().all(|(path, bytes)| mine.get(path) == Some(bytes)), "{backup}");
        let published = fresh.published().to_string_lossy().into_owned();
        assert!(fresh.expect(0, LATER, &["verify", &published]).contains("nothing wrong"));
    }
}

#[test]
fn the_scripts_make_a_backup_and_read_the_newest_one() {
    let first = Rehearsal::new(APRIL, BY_HAND);
    ran(&first, APRIL, &["run"]);
    let script = |name: &str, with: &[(&str, &str)]| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/backup").join(name);
        let mut command = Command::new(path);
        command.arg(first.path().join("backups")).envs(with.iter().copied()).env("VT_MONITOR_REHEARSE_AT", APRIL);
        let config = first.path().join("config");
        command.env("VT_MONITOR_CONFIG", config).env("VT_MONITOR", program(&[]).get_program()).output().unwrap()
    };
    assert_eq!(script("check-newest", &[]).status.code(), Some(4), "there is none");
    let made = script("backup", &[("VT_MONITOR_KEEP_DAYS", "35")]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let checked = script("check-newest", &[]);
    assert!(checked.status.success() && String::from_utf8_lossy(&checked.stdout).contains("is as it was made"));
    let backup = first.path().join("backups/2019-04-20T060000Z");
    let about = std::fs::File::options().write(true).open(backup.join("backup.json")).unwrap();
    about.set_modified(std::time::UNIX_EPOCH).unwrap();
    let old = script("check-newest", &[]);
    assert!(old.status.code() == Some(4) && String::from_utf8_lossy(&old.stderr).contains("older than 26 hours"));
    about.set_modified(backup.metadata().unwrap().modified().unwrap()).unwrap();
    std::fs::write(backup.join("private/published.json"), "x").unwrap();
    assert_eq!(script("check-newest", &[]).status.code(), Some(6), "damaged");
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let to = to.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}
