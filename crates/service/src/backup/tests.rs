//! Backups of stores in memory: what is in them, in which order, and what a restoration refuses.

mod meanwhile;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use chrono::{DateTime, TimeDelta, Utc};
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt, PutPayload};
use tempfile::TempDir;
use vt_domain::ManualClock;
use vt_ledger::Ledger;

use super::copy::{Turn, turn};
use super::generation::older_than;
use super::*;
use meanwhile::{AtWork, Seen};

/// A ledger and two stores, with a folder for backups.
struct World {
    folder: TempDir,
    sources: Sources,
    clock: ManualClock,
    stop: CancellationToken,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.sqlite").to_string_lossy().into_owned();
        Ledger::open(&ledger).await.unwrap().close().await;
        let sources = Sources {
            ledger: LedgerSource::Sqlite(ledger),
            published: Arc::new(InMemory::new()),
            private: Arc::new(InMemory::new()),
        };
        // What these stores hold was written now; backups are made later than any clocks may be apart.
        let clock = ManualClock::at(DateTime::<Utc>::from(std::time::UNIX_EPOCH) + TimeDelta::days(40_000));
        let world = Self { folder, sources, clock, stop: CancellationToken::new() };
        world.published("manifests/1.json", "m").await;
        world.published("snapshots/1/a.csv", "a").await;
        world.private("memory/1.json", "r").await;
        world.private("quarantine/x", "q").await;
        world
    }

    async fn published(&self, path: &str, bytes: &'static str) {
        put(&self.sources.published, path, bytes).await;
    }

    async fn private(&self, path: &str, bytes: &'static str) {
        put(&self.sources.private, path, bytes).await;
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    async fn make(&self) -> PathBuf {
        self.clock.advance(TimeDelta::hours(1));
        make(&self.sources, &self.to(), &self.clock, &self.stop).await.unwrap().0
    }
}

async fn put(store: &Arc<dyn ObjectStore>, path: &str, bytes: &'static str) {
    store.put(&ObjectPath::from(path), PutPayload::from_static(bytes.as_bytes())).await.unwrap();
}

/// Every object of a store.
async fn objects(store: &Arc<dyn ObjectStore>) -> BTreeMap<String, Vec<u8>> {
    use futures::TryStreamExt;
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    let mut objects = BTreeMap::new();
    for meta in listed {
        let bytes = store.get(&meta.location).await.unwrap().bytes().await.unwrap();
        objects.insert(meta.location.to_string(), bytes.to_vec());
    }
    objects
}

fn targets(folder: &Path) -> Targets {
    Targets {
        ledger: Some(LedgerTarget::File(folder.join("restored.sqlite"))),
        published: Some(Arc::new(InMemory::new())),
        private: Some(Arc::new(InMemory::new())),
    }
}

#[tokio::test]
async fn what_comes_back_is_what_was_there_but_for_the_quarantine() {
    let world = World::new().await;
    let backup = world.make().await;
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o700);
    let file = backup.join("private/memory/1.json");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let targets = targets(world.folder.path());
    let restored = restore(&backup, &targets).await.unwrap();
    assert_eq!((restored.published, restored.private, restored.ledger), (2, 1, true));
    assert_eq!(objects(targets.published.as_ref().unwrap()).await, objects(&world.sources.published).await);
    let private = objects(targets.private.as_ref().unwrap()).await;
    assert_eq!(private, BTreeMap::from([("memory/1.json".to_owned(), b"r".to_vec())]));
    let ledger = world.folder.path().join("restored.sqlite");
    let ledger = Ledger::open(ledger.to_str().unwrap()).await.unwrap();
    assert_eq!(ledger.schema().await.unwrap(), Ledger::known_schema());
}

#[tokio::test]
async fn what_is_sound_comes_back_from_a_backup_of_which_another_part_is_damaged() {
    let world = World::new().await;
    let backup = world.make().await;
    std::fs::remove_file(backup.join("published/manifests/1.json")).unwrap();
    let all = targets(world.folder.path());
    assert!(restore(&backup, &all).await.unwrap_err().to_string().contains("published/manifests/1.json"));
    assert!(objects(all.private.as_ref().unwrap()).await.is_empty(), "nothing was begun");
    let private = Targets { private: all.private, ..Targets::default() };
    assert_eq!(restore(&backup, &private).await.unwrap().private, 1);
    std::fs::write(backup.join("private/memory/1.json"), "s").unwrap();
    assert!(restore(&backup, &private).await.is_err(), "of what is asked for, all is looked at");
}

#[tokio::test]
async fn a_ledger_in_a_file_is_named_where_the_configuration_has_one_on_a_server() {
    let world = World::new().await;
    let backup = world.make().await;
    let elsewhere = Targets { ledger: Some(LedgerTarget::Server), ..Targets::default() };
    let restored = restore(&backup, &elsewhere).await.unwrap();
    assert_eq!((restored.ledger, restored.dump), (false, None));
    assert_eq!(restored.sqlite, Some(backup.join("ledger.sqlite")));
}

#[tokio::test]
async fn an_interrupted_restoration_is_repeated_and_other_bytes_are_never_overwritten() {
    let world = World::new().await;
    let backup = world.make().await;
    let half = targets(world.folder.path());
    put(half.published.as_ref().unwrap(), "snapshots/1/a.csv", "a").await;
    restore(&backup, &half).await.unwrap();
    assert_eq!(objects(half.published.as_ref().unwrap()).await, objects(&world.sources.published).await);
    let in_the_way = restore(&backup, &half).await.unwrap_err().to_string();
    assert!(in_the_way.contains("ledger") && in_the_way.contains("is there"), "{in_the_way}");

    for (path, bytes, said) in [
        ("memory/1.json", "other", "other bytes stand at `memory/1.json`"),
        ("memory/2.json", "r", "which the backup does not"),
    ] {
        let used = targets(&world.folder.path().join("none"));
        put(used.private.as_ref().unwrap(), path, bytes).await;
        let refused = format!("{:#}", restore(&backup, &used).await.unwrap_err());
        assert!(refused.contains(said) && refused.contains("nothing is overwritten"), "{refused}");
        assert_eq!(objects(used.private.as_ref().unwrap()).await[path], bytes.as_bytes());
        assert!(objects(used.published.as_ref().unwrap()).await.is_empty(), "the private store is first");
    }
}

#[tokio::test]
async fn a_damaged_backup_is_named_and_brings_nothing_back() {
    let world = World::new().await;
    let backup = world.make().await;
    let file = backup.join("published/snapshots/1/a.csv");
    check(&backup).await.unwrap();
    std::fs::write(&file, "b").unwrap();
    let targets = targets(world.folder.path());
    for error in [check(&backup).await.unwrap_err(), restore(&backup, &targets).await.map(drop).unwrap_err()] {
        let said = error.to_string();
        assert!(said.contains("`published/snapshots/1/a.csv` was changed") && said.contains("another one"), "{said}");
    }
    assert!(objects(targets.private.as_ref().unwrap()).await.is_empty());
    std::fs::remove_file(&file).unwrap();
    assert!(check(&backup).await.unwrap_err().to_string().contains("can't be read"));
    let sums = std::fs::read_to_string(backup.join("SHA256SUMS")).unwrap();
    std::fs::write(backup.join("SHA256SUMS"), sums.replacen('a', "b", 1)).unwrap();
    assert!(check(&backup).await.unwrap_err().to_string().contains("SHA256SUMS is not as it was written"));
    std::fs::remove_file(backup.join("backup.json")).unwrap();
    assert!(check(&backup).await.unwrap_err().to_string().contains("is no backup: it has no backup.json"));
}

#[tokio::test]
async fn what_did_not_change_is_taken_over_and_what_was_removed_is_not() {
    let world = World::new().await;
    let first = world.make().await;
    world.published("manifests/2.json", "m2").await;
    world.sources.private.delete(&ObjectPath::from("memory/1.json")).await.unwrap();
    let second = world.make().await;
    let inode = |backup: &Path| std::fs::metadata(backup.join("published/snapshots/1/a.csv")).unwrap().ino();
    assert_eq!(inode(&first), inode(&second), "linked");
    assert!(second.join("published/manifests/2.json").is_file() && !second.join("private/memory").exists());
    assert!(first.join("private/memory/1.json").is_file());
    check(&first).await.unwrap();
    check(&second).await.unwrap();
}

#[tokio::test]
async fn what_was_written_since_is_copied_though_it_is_as_long() {
    let mut world = World::new().await;
    world.clock = ManualClock::at(DateTime::<Utc>::from(std::time::UNIX_EPOCH));
    world.make().await;
    world.published("latest.json", "1").await;
    world.make().await;
    world.published("latest.json", "2").await;
    let last = world.make().await;
    assert_eq!(std::fs::read_to_string(last.join("published/latest.json")).unwrap(), "2");
}

#[tokio::test]
async fn a_backup_that_is_stopped_or_fails_leaves_none_and_hinders_no_other() {
    let world = World::new().await;
    world.stop.cancel();
    let stopped = make(&world.sources, &world.to(), &world.clock, &world.stop).await.unwrap_err();
    assert!(format!("{stopped:#}").contains("no backup was made"), "{stopped:#}");
    assert_eq!(super::generation::names(&world.to()).unwrap(), [""; 0]);
    let world = World { stop: CancellationToken::new(), ..world };
    check(&world.make().await).await.unwrap();
}

#[tokio::test]
async fn two_at_once_and_an_open_folder_are_refused() {
    let world = World::new().await;
    world.make().await;
    let lock = std::fs::File::open(world.to().join(".lock")).unwrap();
    lock.lock().unwrap();
    let busy = make(&world.sources, &world.to(), &world.clock, &world.stop).await.unwrap_err();
    assert!(busy.to_string().contains("another backup is being made"), "{busy}");
    drop(lock);
    std::fs::set_permissions(world.to(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let open = make(&world.sources, &world.to(), &world.clock, &world.stop).await.unwrap_err();
    assert!(open.to_string().contains("chmod 700"), "{open}");
}

/// What stands below a folder of a backup.
fn stands(backup: &Path, folder: &str) -> Vec<String> {
    let names = std::fs::read_dir(backup.join(folder)).into_iter().flatten();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_copy_that_is_made_while_issues_come_out_and_raw_bytes_go_lacks_nothing_that_it_rests_on() {
    let mut world = World::new().await;
    let work = Arc::new(AtWork::default());
    for _ in 0..4 {
        work.goes_on().await;
    }
    let seen = |is_private| Arc::new(Seen { work: Arc::clone(&work), is_private });
    (world.sources.published, world.sources.private) = (seen(false), seen(true));
    for _ in 0..3 {
        let backup = world.make().await;
        let (manifests, reservations) = (stands(&backup, "published/manifests"), stands(&backup, "private/memory"));
        assert!(manifests.len() >= 4 && reservations.len() > manifests.len(), "it went on meanwhile: {manifests:?}");
        for nr in &manifests {
            assert!(backup.join(format!("published/snapshots/{nr}/a.csv")).is_file(), "files of {nr}");
            assert!(reservations.contains(nr), "the reservation of {nr}");
        }
        let turns = stands(&backup, "private/turns");
        for nr in &turns {
            let turn = std::fs::read_to_string(backup.join(format!("private/turns/{nr}"))).unwrap();
            assert!(turn != "name" || reservations.contains(nr), "the reservation that turn {nr} says stands");
        }
        assert!(turns.len() >= 4 && reservations.len() > turns.len(), "it went on meanwhile: {turns:?}");
        for nr in &reservations {
            assert!(backup.join(format!("private/deliveries/{nr}")).is_file(), "a delivery of {nr}");
        }
        for nr in &stands(&backup, "private/deliveries") {
            assert!(backup.join(format!("private/registrations/{nr}")).is_file(), "registrations of {nr}");
            let raw = backup.join(format!("private/raw/{nr}")).is_file();
            assert!(
                raw || backup.join(format!("private/removed/raw/{nr}")).is_file(),
                "raw bytes of {nr}, or that they went"
            );
        }
    }
}

#[test]
fn what_makes_something_be_is_copied_before_what_it_rests_on() {
    let of = |part: &str, path: &str| turn(part, &ObjectPath::from(path));
    for path in ["manifests/four_weeks/2020W407/1.json", "kenmerk.json"] {
        assert_eq!(of(PUBLISHED, path), Turn::Issues, "{path}");
    }
    assert_eq!(of(PUBLISHED, "snapshots/four_weeks/2020W407/1/rapport.html"), Turn::Rest);
    for path in ["memory/four_weeks/2020W407/1.json", "errata/3.json"] {
        assert_eq!(of(PRIVATE, path), Turn::Issues, "{path}");
    }
    assert_eq!(of(PRIVATE, "turns/2020/3.json"), Turn::Order);
    assert_eq!(of(PRIVATE, "deliveries/VT07/2020-07/3.json"), Turn::Verdicts);
    for path in [
        "keys/1.json",
        "raw/VT07/2020-07/3/melding.csv.gz",
        "registrations/melding/VT07/2020-07/3.parquet",
        "published.json",
    ] {
        assert_eq!(of(PRIVATE, path), Turn::Rest, "{path}");
    }
    assert_eq!(of(PRIVATE, "removed/raw/VT07/2019-01/2.json"), Turn::Removals);
    assert!(
        Turn::Order < Turn::Issues
            && Turn::Issues < Turn::Verdicts
            && Turn::Verdicts < Turn::Rest
            && Turn::Rest < Turn::Removals
    );
    assert_eq!(of(PRIVATE, "quarantine/VT07/2020-07/3/melding.csv.gz"), Turn::Never);
}

#[test]
fn old_backups_go_but_never_the_newest_two() {
    let now = "2020-08-31T12:00:00Z".parse().unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all = names(&["2020-06-01T000000Z", "2020-07-01T000000Z", "2020-08-30T000000Z", "2020-08-31T000000Z"]);
    assert_eq!(older_than(&all, 35, now), all[..2]);
    assert_eq!(older_than(&all, 80, now), all[..1]);
    assert_eq!(older_than(&all[..2], 35, now), names(&[]), "nothing newer is there");
    assert_eq!(older_than(&names(&["notes", "2020-08-30T000000Z", "2020-08-31T000000Z"]), 35, now), names(&[]));
}
