//! A ledger one schema back: backed up, upgraded by this program, and brought back to the program before it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use vt_ledger::{Ledger, LedgerError, NewRun, RunOutcome, back_up};

fn noon() -> DateTime<Utc> {
    "2020-08-05T12:00:00Z".parse().unwrap()
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// The program before this one, as far as its ledger goes: it knows all migrations but the newest.
struct Before {
    migrator: Migrator,
}

impl Before {
    async fn new() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let migrator = Migrator::new(Path::new(folder)).await.unwrap();
        let newest = Ledger::known_schema();
        let older = migrator.iter().filter(|migration| migration.version < newest).cloned().collect();
        let migrator = Migrator::with_migrations(older);
        assert_eq!(migrator.iter().count() + 1, usize::try_from(newest).unwrap());
        Self { migrator }
    }

    async fn open(&self, path: &Path) -> Result<(), MigrateError> {
        self.migrator.run(&mut connect(path).await).await
    }
}

/// A ledger of the program before this one, in which a run stands.
async fn older(folder: &Path) -> PathBuf {
    let path = folder.join("ledger.sqlite");
    Before::new().await.open(&path).await.unwrap();
    let mut connection = connect(&path).await;
    sqlx::raw_sql(A_RUN).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    path
}

const A_RUN: &str = "INSERT INTO runs (command, software, started, last_seen)
    VALUES ('run', '0.0.9', '2020-08-05T06:30:00.000Z', '2020-08-05T06:30:00.000Z')";

/// The schema and all that stands in a ledger, as the database itself writes it.
async fn content(path: &Path) -> (i64, Vec<(String, i64)>) {
    let mut connection = connect(path).await;
    let schema =
        sqlx::query("SELECT max(version) AS v FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
    let tables =
        sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name");
    let mut rows = Vec::new();
    for table in tables.fetch_all(&mut connection).await.unwrap() {
        let name: String = table.get("name");
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) AS n FROM {name}"));
        rows.push((name, sqlx::query(count).fetch_one(&mut connection).await.unwrap().get("n")));
    }
    (schema.get("v"), rows)
}

#[tokio::test]
async fn one_schema_up_keeps_what_stands_and_the_backup_brings_the_former_program_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = older(folder.path()).await;
    let before = content(&path).await;
    let newest = Ledger::known_schema();
    assert_eq!(before.0, newest - 1);

    // What the runbook says: this program copies the ledger first, and does not upgrade it by that.
    let copy = folder.path().join("copy.sqlite");
    assert_eq!(back_up(path.to_str().unwrap(), &copy).await.unwrap(), newest - 1);
    assert_eq!((content(&path).await, content(&copy).await), (before.clone(), before.clone()));

    let ledger = Ledger::open(path.to_str().unwrap()).await.unwrap();
    assert_eq!(ledger.schema().await.unwrap(), newest);
    let runs = ledger.latest_runs(9).await.unwrap();
    assert_eq!(runs.iter().map(|run| (run.software.as_str(), run.outcome)).collect::<Vec<_>>(), [("0.0.9", None)]);
    let run = ledger.begin_run(&NewRun::of_this_process("run", "0.1.0", noon())).await.unwrap();
    assert!(ledger.finish_run(run, noon(), RunOutcome::Succeeded).await.is_ok());
    ledger.close().await;

    // The former program refuses what this one changed, and changes nothing.
    let upgraded = content(&path).await;
    let refused = Before::new().await.open(&path).await;
    assert!(matches!(refused, Err(MigrateError::VersionMissing(version)) if version == newest), "{refused:?}");
    assert_eq!(content(&path).await, upgraded);

    // Rolled back: the copy in its place is the former program's own.
    std::fs::copy(&copy, &path).unwrap();
    Before::new().await.open(&path).await.unwrap();
    assert_eq!(content(&path).await, before);
}

#[tokio::test]
async fn a_copy_is_of_one_moment_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(path.to_str().unwrap()).await.unwrap();
    let writing = ledger.clone();
    let writer = tokio::spawn(async move {
        for nr in 0..200 {
            let at = noon() + chrono::TimeDelta::seconds(nr);
            let run = writing.begin_run(&NewRun::of_this_process("run", "0.1.0", at)).await.unwrap();
            assert!(writing.finish_run(run, at, RunOutcome::Succeeded).await.is_ok());
        }
    });
    let mut seen = Vec::new();
    for nr in 0..5 {
        let copy = folder.path().join(format!("copy-{nr}.sqlite"));
        back_up(path.to_str().unwrap(), &copy).await.unwrap();
        let copied = Ledger::open(copy.to_str().unwrap()).await.unwrap();
        let runs = copied.latest_runs(1000).await.unwrap();
        // At most the newest is still under way: never a later one without the earlier ones.
        assert!(runs.iter().skip(1).all(|run| run.outcome.is_some()), "copy {nr}");
        seen.push(runs.len());
    }
    writer.await.unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_its_owners_only_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("ledger.sqlite"), folder.path().join("copy.sqlite"));
    Ledger::open(path.to_str().unwrap()).await.unwrap().close().await;
    back_up(path.to_str().unwrap(), &copy).await.unwrap();
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let again = back_up(path.to_str().unwrap(), &copy).await;
    assert!(matches!(again, Err(LedgerError::NotWritable { path, .. }) if path == copy));
}

#[tokio::test]
async fn what_is_no_ledger_is_not_copied_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("other.sqlite"), folder.path().join("copy.sqlite"));
    let missing = back_up(path.to_str().unwrap(), &copy).await;
    assert!(matches!(missing, Err(LedgerError::NotWritable { .. })) && !path.exists(), "{missing:?}");
    let mut connection = connect(&path).await;
    sqlx::raw_sql("CREATE TABLE notes (text TEXT)").execute(&mut connection).await.unwrap();
    let other = back_up(path.to_str().unwrap(), &copy).await;
    assert!(matches!(other, Err(LedgerError::NotALedger { .. })) && !copy.exists(), "{other:?}");
}
