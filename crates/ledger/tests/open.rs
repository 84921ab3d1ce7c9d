//! Opening a ledger file: what is created, what is refused, and what the operator is told.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryId, DeliveryKind};
use vt_domain::finding::{Finding, RecordRef, Scope, Severity};
use vt_ledger::{Delivery, DeliveryStatus, Ledger, LedgerError, NewRun, RunOutcome};

fn noon() -> DateTime<Utc> {
    "2020-08-05T12:00:00Z".parse().unwrap()
}

async fn open(path: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(path.to_str().unwrap()).await
}

/// Opens the file without the ledger's help and runs one statement.
async fn tamper(path: &Path, sql: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_ledger_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("ledger.sqlite")).await.unwrap();
    ledger.begin_run(&NewRun::of_this_process("pull", "0.1.0", noon())).await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal"]);
}

#[tokio::test]
async fn what_was_recorded_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = open(&path).await.unwrap();
    let run = ledger.begin_run(&NewRun::of_this_process("pull", "0.1.0", noon())).await.unwrap();
    assert!(ledger.finish_run(run, noon(), RunOutcome::Succeeded).await.is_ok());
    ledger.close().await;
    assert!(!folder.path().join("ledger.sqlite-wal").exists(), "closing folds the log into the file");
    let runs = Ledger::open(&format!("sqlite://{}", path.display())).await.unwrap().latest_runs(9).await.unwrap();
    assert_eq!(runs.iter().map(|run| (run.id, run.outcome)).collect::<Vec<_>>(), [(run, Some(RunOutcome::Succeeded))]);
}

#[tokio::test]
async fn special_characters_in_a_path_are_part_of_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("vt 50%20?x=1#é");
    std::fs::create_dir(&odd).unwrap();
    open(&odd.join("led ger.sqlite")).await.unwrap();
    assert!(odd.join("led ger.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_open_a_new_ledger_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { open(&path).await })
        })
        .collect();
    for ledger in opening {
        ledger.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(&folder.path().join("none/ledger.sqlite")).await.unwrap_err();
    assert!(matches!(error, LedgerError::NoFolder { .. }));
    assert!(
        error.to_string().contains("none/ledger.sqlite") && error.to_string().contains("create the folder"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_can_not_be_created_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("it is a folder"), "{error}");
    // No user, root neither, may create a file here.
    #[cfg(target_os = "linux")]
    assert!(matches!(open(Path::new("/proc/ledger.sqlite")).await.unwrap_err(), LedgerError::NotWritable { .. }));
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but long enough to be taken for one by its length alone\n".repeat(20);
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(open(&path).await.unwrap_err(), LedgerError::NotALedger { .. }));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    tamper(&path, "CREATE TABLE runs (id INTEGER PRIMARY KEY)").await;
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotALedger { .. }), "{error:?}");
    assert!(error.to_string().contains("nothing was changed"));
}

#[tokio::test]
async fn a_newer_ledger_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    open(&path).await.unwrap().close().await;
    tamper(&path, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', TRUE, x'00', 0)").await;
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, LedgerError::Newer { found: 999, known: 4 }), "{error:?}");
    assert!(error.to_string().contains("has schema 999, this program knows up to 4; run the newer program"));
}

#[tokio::test]
async fn an_older_ledger_is_brought_up_to_date_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = open(&path).await.unwrap();
    let run = ledger.begin_run(&NewRun::of_this_process("pull", "0.1.0", noon())).await.unwrap();
    ledger.close().await;
    // Back to schema 1.
    let older = "DROP TABLE stores; DROP TABLE alert_mutes; DROP TABLE alert_messages; DROP TABLE alerts; DROP TABLE run_lines;
        DROP TABLE requests; DROP TABLE sessions; DROP TABLE tokens;
        DROP TABLE backfill_claims; DROP TABLE backfill_items; DROP TABLE backfills; DROP TABLE arrangements;
        DROP TABLE pulled; DROP TABLE cadence_decisions; DROP TABLE audit; DELETE FROM _sqlx_migrations WHERE version > 1";
    tamper(&path, older).await;
    let ledger = open(&path).await.unwrap();
    assert_eq!(ledger.latest_runs(9).await.unwrap().iter().map(|run| run.id).collect::<Vec<_>>(), [run]);
    assert_eq!(ledger.arrangements().await.unwrap(), []);
    assert_eq!(ledger.tokens().await.unwrap(), []);
}

#[tokio::test]
async fn a_ledger_with_another_history_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    open(&path).await.unwrap().close().await;
    tamper(&path, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1").await;
    assert!(matches!(open(&path).await.unwrap_err(), LedgerError::OtherHistory { version: 1 }));
}

#[tokio::test]
async fn what_this_program_can_not_read_is_named_by_table_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = open(&path).await.unwrap();
    ledger.begin_run(&NewRun::of_this_process("pull", "0.1.0", noon())).await.unwrap();
    tamper(&path, "UPDATE runs SET started = 'on a Monday in August  x'").await;
    let error = ledger.latest_runs(1).await.unwrap_err();
    assert!(matches!(error, LedgerError::Damaged { table: "runs", column: "started" }), "{error:?}");
}

#[tokio::test]
async fn ids_of_records_never_reach_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let maand: Month = "2020-07".parse().unwrap();
    let delivery = Delivery {
        id: DeliveryId { vt: "VT07".into(), maand, nr: 1 },
        soort: DeliveryKind::Volledig,
        tot_en_met: maand.last_day(),
        status: DeliveryStatus::Rejected,
        first_seen: noon(),
        decided_at: Some(noon()),
        records: None,
        dropped: 0,
        listing_digest: "0".repeat(64),
    };
    let finding = Finding {
        check: "R012".into(),
        severity: Severity::Fout,
        scope: Scope::Record,
        bestand: Some(RecordType::Melding),
        veld: Some("melding_id".into()),
        aantal: 1,
        voorbeelden: vec![RecordRef { regel: 7, id: Some("M-PLANTED".into()) }],
        melding: "Het nummer komt tweemaal voor.".into(),
    };
    let ledger = open(&path).await.unwrap();
    assert!(ledger.record_delivery(&delivery).await.is_ok());
    assert!(ledger.record_findings(&delivery.id, &[finding]).await.is_ok());
    ledger.close().await;
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Het nummer komt tweemaal voor.") && !holds("M-PLANTED"));
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_and_blocks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(&folder.path().join("ledger.sqlite")).await.unwrap();
    let new = NewRun::of_this_process("pull", "0.1.0", noon());
    for micros in [0, 50, 100, 200, 400, 800] {
        let _ = tokio::time::timeout(Duration::from_micros(micros), ledger.begin_run(&new)).await;
    }
    let run = ledger.begin_run(&new).await.unwrap();
    assert_eq!(ledger.latest_runs(9).await.unwrap().iter().map(|run| run.id).collect::<Vec<_>>(), [run]);
}
