//! What a machine lacks: room on a disk, the right to write, memory. Each for real: a small file system, one that is read-only, a limit
//! that the kernel holds a process to. What is said, what is left, and the same snapshots once it is mended.

mod shell;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use self::shell::{Said, Shell};
use crate::kill::files;
use crate::rehearsal::Rehearsal;

/// All regions have delivered, and the deadline of 2019W402 has not come: it waits for whoever can't be pulled.
pub const AT: &str = "2019-03-12T06:00:00Z";

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The snapshots' own files below a folder: manifests hold the instant beside them, which goes on with the machine's clock.
fn snapshots(published: &std::path::Path) -> Files {
    files(published).into_iter().filter(|(path, _)| path.starts_with("snapshots")).collect()
}

/// What is published when nothing lacks.
pub fn undisturbed() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let rehearsal = Rehearsal::new(AT, "");
        rehearsal.expect(0, &["run"]);
        snapshots(&rehearsal.published())
    })
}

/// The same snapshots are there as undisturbed, sound, and nothing is left half done.
pub fn same_end(rehearsal: &Rehearsal, published: &std::path::Path) {
    let found = snapshots(published);
    assert_eq!(found.keys().collect::<Vec<_>>(), undisturbed().keys().collect::<Vec<_>>());
    let other: Vec<_> =
        found.iter().filter(|(path, bytes)| undisturbed()[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "other bytes: {other:?}");
    rehearsal.expect(0, &["verify", published.to_str().unwrap()]);
}

/// After a fault was mended.
fn mended(rehearsal: &Rehearsal, after: &Said) {
    assert_eq!(after.code, 0, "{after:?}");
    same_end(rehearsal, &rehearsal.path().join("kept"));
}

const NO_ROOM: &str = "No space left on device";
const READ_ONLY: &str = "Read-only file system";

#[test]
fn a_full_disk_under_the_published_store_is_said_and_the_next_run_finishes_the_same_draft() {
    let rehearsal = Rehearsal::new(AT, "");
    let [full, again, after] = Shell(&rehearsal).full("published", 256);
    assert!(
        full.code == 1 && full.says("published store, snapshots/four_weeks/2019W402") && full.says(NO_ROOM),
        "{full:?}"
    );
    // What was reserved stays so, and is what is tried again.
    assert!(again.code == 1 && again.says(NO_ROOM) && !again.says("step=Protect"), "{again:?}");
    assert!(!after.says("step=Protect"), "{after:?}");
    mended(&rehearsal, &after);
}

#[test]
fn a_full_disk_under_the_private_store_is_ours_and_nothing_comes_out_without_a_region() {
    let rehearsal = Rehearsal::new(AT, "");
    let [full, again, after] = Shell(&rehearsal).full("private", 2048);
    for said in [&full, &again] {
        assert!(said.code == 4 && said.says("vault") && said.says(NO_ROOM), "{said:?}");
        assert!(said.says("no period is due"), "{said:?}");
    }
    mended(&rehearsal, &after);
}

#[test]
fn a_limit_on_the_size_of_files_is_felt_as_a_full_disk() {
    let rehearsal = Rehearsal::new(AT, "");
    // Half a kibibyte each: what the ledger writes ahead of its file comes to more.
    let said = Shell(&rehearsal).within("trap \"\" XFSZ; ulimit -f 600");
    assert!(matches!(said.code, 1 | 4) && (said.says("disk I/O error") || said.says("File too large")), "{said:?}");
    // What had no room is refused; what comes after it is not.
    assert!(!said.says("begin_with"), "{said:?}");
    mended(&rehearsal, &Shell(&rehearsal).free());
}

#[test]
fn a_published_store_that_can_only_be_read_is_said_and_the_next_run_goes_on() {
    let rehearsal = Rehearsal::new(AT, "");
    let [refused, again, after] = Shell(&rehearsal).read_only("published");
    for said in [&refused, &again] {
        assert!(said.code == 1 && said.says("published store") && said.says(READ_ONLY), "{said:?}");
    }
    mended(&rehearsal, &after);
}

#[test]
fn a_private_store_that_can_only_be_read_is_said_and_nothing_is_lost() {
    let rehearsal = Rehearsal::new(AT, "");
    let [refused, again, after] = Shell(&rehearsal).read_only("private");
    for said in [&refused, &again] {
        assert!(said.code != 0 && said.says("private store") && said.says(READ_ONLY), "{said:?}");
    }
    mended(&rehearsal, &after);
}

#[test]
fn whatever_memory_there_is_it_ends_well_or_at_once_and_the_next_run_gives_the_same() {
    let rehearsal = Rehearsal::new(AT, "");
    let mut codes = Vec::new();
    for mib in [120, 200, 300, 400, 600] {
        let said = Shell(&rehearsal).within(&format!("ulimit -v {}", mib * 1024));
        assert!(said.code == 0 || said.code >= 128 || said.says("memory"), "{mib} MiB: {said:?}");
        codes.push(said.code);
    }
    assert!(codes.iter().any(|code| *code != 0), "no limit was felt: {codes:?}");
    mended(&rehearsal, &Shell(&rehearsal).free());
}
