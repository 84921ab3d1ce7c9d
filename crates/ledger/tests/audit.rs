//! An audit log that somebody changed behind the program's back is found out.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use vt_ledger::{AuditFilter, AuditVerdict, Ledger, NewAudit};

/// Takes the locks off: what a person with the file in hand can do.
const UNLOCK: &str =
    "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted; DROP TRIGGER audit_only_grows;";

fn act(n: i64) -> NewAudit {
    let at: DateTime<Utc> = "2020-08-05T12:00:00Z".parse().unwrap();
    NewAudit {
        at,
        actor: "ann".to_owned(),
        action: "test.act".to_owned(),
        subject: "VT07".to_owned(),
        reason: "a test".to_owned(),
        before: (n % 2 == 0).then(|| json!({ "n": n - 1 })),
        after: Some(json!({ "n": n })),
    }
}

/// A log of so many entries.
async fn log(path: &Path, entries: i64) -> Ledger {
    let ledger = Ledger::open(path.to_str().unwrap()).await.unwrap();
    for n in 1..=entries {
        assert_eq!(ledger.record_audit(&act(n)).await.unwrap().seq, n);
    }
    ledger
}

/// Runs statements without the ledger's help.
async fn tamper(path: &Path, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.map(drop)
}

/// What is found of a log of five entries after this was done to it.
async fn found_after(sql: &str) -> AuditVerdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = log(&path, 5).await;
    let AuditVerdict::Whole { entries: 5, .. } = ledger.verify_audit().await.unwrap() else { panic!("it is whole") };
    tamper(&path, &format!("{UNLOCK} {sql}")).await.unwrap();
    ledger.verify_audit().await.unwrap()
}

fn broken(seq: i64, rule: &str) -> AuditVerdict {
    AuditVerdict::Broken { seq, rule: rule.to_owned() }
}

#[tokio::test]
async fn any_field_that_was_changed_is_found() {
    let changes = [
        "at = '2020-08-05T12:00:00.001Z'",
        "actor = 'bob'",
        "action = 'test.other'",
        "subject = 'VT08'",
        "reason = ''",
        "before_json = NULL",
        "before_json = '{\"n\": 3}'",
        "after_json = '{\"n\":5}'",
        "actor = 'annt', action = 'est.act'",
        "digest = replace(digest, substr(digest, 1, 1), 'z')",
    ];
    for change in changes {
        let verdict = found_after(&format!("UPDATE audit SET {change} WHERE seq = 4")).await;
        assert_eq!(verdict, broken(4, "was changed"), "{change}");
    }
}

#[tokio::test]
async fn an_entry_that_was_deleted_is_found() {
    assert_eq!(found_after("DELETE FROM audit WHERE seq = 3").await, broken(3, "is missing"));
    assert_eq!(found_after("DELETE FROM audit WHERE seq = 1").await, broken(1, "is missing"));
    let renumbered = "DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;";
    assert_eq!(found_after(renumbered).await, broken(3, "was changed"));
}

#[tokio::test]
async fn entries_that_changed_places_are_found() {
    let swapped = "UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 9;";
    assert_eq!(found_after(swapped).await, broken(2, "was changed"));
}

#[tokio::test]
async fn an_entry_of_another_log_does_not_follow() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("ledger.sqlite"), folder.path().join("other.sqlite"));
    let ledger = log(&path, 5).await;
    log(&other, 1).await.close().await;
    let unlike = Ledger::open(other.to_str().unwrap()).await.unwrap();
    // The same place in another past: each digest is right by itself.
    for n in [7, 3, 4] {
        unlike.record_audit(&act(n)).await.unwrap();
    }
    unlike.close().await;
    let put_in = format!(
        "{UNLOCK} ATTACH '{}' AS other; DELETE FROM audit WHERE seq = 3; INSERT INTO audit SELECT * FROM other.audit WHERE seq = 3;",
        other.display()
    );
    tamper(&path, &put_in).await.unwrap();
    assert_eq!(ledger.verify_audit().await.unwrap(), broken(3, "does not follow the one before"));
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_against_a_digest_kept_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = log(&path, 5).await;
    let newest = ledger.audit_log(&AuditFilter { limit: 2, ..AuditFilter::default() }).await.unwrap();
    tamper(&path, &format!("{UNLOCK} DELETE FROM audit WHERE seq = 5")).await.unwrap();
    let whole = |kept| AuditVerdict::Whole { entries: 4, newest: newest[1].digest.clone(), kept };
    assert_eq!(ledger.verify_audit().await.unwrap(), whole(None));
    assert_eq!(ledger.verify_audit_with(&newest[1].digest).await.unwrap(), whole(Some(4)));
    let lacks = AuditVerdict::Lacks { entries: 4, newest: newest[1].digest.clone() };
    assert_eq!(ledger.verify_audit_with(&newest[0].digest).await.unwrap(), lacks);
    // What was cut off written anew, with other words: the number is there again, and the digest is not.
    ledger.record_audit(&NewAudit { reason: "another".to_owned(), ..act(5) }).await.unwrap();
    let found = ledger.verify_audit_with(&newest[0].digest).await.unwrap();
    assert!(matches!(found, AuditVerdict::Lacks { entries: 5, .. }), "{found:?}");
}

#[tokio::test]
async fn with_its_triggers_the_file_itself_refuses_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = log(&path, 3).await;
    let columns = "at, actor, action, subject, reason, previous, digest";
    let attempts = [
        "UPDATE audit SET actor = 'bob'".to_owned(),
        "DELETE FROM audit".to_owned(),
        format!("INSERT OR REPLACE INTO audit (seq, {columns}) SELECT 2, {columns} FROM audit WHERE seq = 3"),
        format!("INSERT INTO audit (seq, {columns}) SELECT 9, {columns} FROM audit WHERE seq = 3"),
        format!("INSERT INTO audit ({columns}) SELECT {columns} FROM audit WHERE seq = 3"),
    ];
    for attempt in attempts {
        let refused = tamper(&path, &attempt).await.unwrap_err().to_string();
        assert!(refused.contains("the audit log is append-only"), "{attempt}: {refused}");
    }
    assert!(matches!(ledger.verify_audit().await.unwrap(), AuditVerdict::Whole { entries: 3, .. }));
}

#[tokio::test]
async fn what_is_hashed_is_the_text_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = log(&path, 1).await;
    let odd = json!({ "b": 1.0, "a": "é\u{1}", "c": 12_345_678_901_234_567_890_u64, "d": 0.1 });
    let entry = ledger.record_audit(&NewAudit { after: Some(odd.clone()), ..act(2) }).await.unwrap();
    assert_eq!(entry.after.as_ref(), Some(&odd));
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let row = sqlx::query("SELECT after_json FROM audit WHERE seq = 2").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<String, _>(0), odd.to_string());
    assert!(matches!(ledger.verify_audit().await.unwrap(), AuditVerdict::Whole { entries: 2, .. }));
}
