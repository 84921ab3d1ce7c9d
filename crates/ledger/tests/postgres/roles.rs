//! The service's user may read and write rows and no more; the owner of the tables changes the schema. And what is written down in the
//! audit log stays.

use chrono::DateTime;
use sha2::{Digest, Sha256};
use vt_ledger::{AuditVerdict, Change, Ledger, LedgerError, Location, NewToken, Role};
use vt_servers::{PASSWORD, Postgres, USER};

use super::{noon, refusal, run};

/// As in docs/OPERATING.md.
const GRANTS: &str =
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO monitor";

/// A database and the address at which the service's user comes in.
fn with_a_role(server: &Postgres) -> (String, String) {
    let name = server.new_database().unwrap();
    let role = "DO $$ BEGIN CREATE ROLE monitor LOGIN PASSWORD 'monitor'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
    server.sql(&name, role).unwrap();
    server.sql(&name, GRANTS).unwrap();
    let address = server.url(&name).replace(&format!("{USER}:{PASSWORD}"), "monitor:monitor");
    (name, address)
}

#[tokio::test]
async fn who_may_not_change_the_schema_can_work_and_can_not_rewrite_the_log() {
    let server = Postgres::shared().unwrap();
    let (name, service) = with_a_role(server);
    let error = refusal(&service).await;
    assert!(matches!(&error, LedgerError::NotAllowed { .. }), "{error:?}");
    assert!(error.to_string().contains("vt-monitor ledger migrate"), "{error}");
    Ledger::open(&server.url(&name)).await.unwrap().close().await;

    let ledger = Ledger::open(&service).await.unwrap();
    vt_ledger::contract_suite::all(&ledger).await.unwrap();
    for attempt in [
        "UPDATE audit SET actor = 'bob'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_is_never_changed ON audit",
        "DROP TABLE audit",
        "SET session_replication_role = replica",
    ] {
        server.sql(&name, &format!("SET ROLE monitor; {attempt}")).unwrap_err();
    }
    assert!(matches!(ledger.verify_audit().await.unwrap(), AuditVerdict::Whole { .. }));
}

#[tokio::test]
async fn an_audit_log_that_the_superuser_changed_is_found_out() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    for n in 1..=4 {
        let change = Change { at: noon(), actor: "ann".into(), reason: format!("{n}") };
        ledger.record_audit(&change.audit("test.act", "VT07", None, None)).await.unwrap();
    }
    let insert = "INSERT INTO audit SELECT 9, at, actor, action, subject, reason, before_json, after_json, previous, digest FROM audit WHERE seq = 3";
    for attempt in ["UPDATE audit SET actor = 'bob'", "DELETE FROM audit", "TRUNCATE audit", insert] {
        let refused = server.sql(&name, attempt).unwrap_err().to_string();
        assert!(refused.contains("the audit log is append-only"), "{attempt}: {refused}");
    }
    server.sql(&name, "ALTER TABLE audit DISABLE TRIGGER ALL; UPDATE audit SET actor = 'bob' WHERE seq = 3").unwrap();
    let broken = AuditVerdict::Broken { seq: 3, rule: "was changed".into() };
    assert_eq!(ledger.verify_audit().await.unwrap(), broken);
}

#[tokio::test]
async fn a_dump_holds_no_secret_and_comes_back_whole() {
    const SECRET: &str = "vtm_PLANTED-0123456789-0123456789-0123456789-0123456789-01234567";
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    vt_ledger::contract_suite::all(&ledger).await.unwrap();
    let change = Change { at: noon(), actor: "ann".into(), reason: String::new() };
    let expires_at = noon() + chrono::TimeDelta::hours(8);
    let new = NewToken { name: "one".into(), role: Role::Lezer, regio: None, hash: SECRET.into(), expires_at };
    assert!(matches!(ledger.new_token(&new, &change).await, Err(LedgerError::Invalid { .. })));
    let digest = hex::encode(Sha256::digest(SECRET));
    ledger.new_token(&NewToken { hash: digest.clone(), ..new }, &change).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sql");
    server.dump(&name, &file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&digest) && !text.contains(SECRET));
    let other = server.new_database().unwrap();
    server.restore(&other, &file).unwrap();
    let restored = Ledger::open(&server.url(&other)).await.unwrap();
    assert_eq!(restored.verify_audit().await.unwrap(), ledger.verify_audit().await.unwrap());
    assert_eq!(restored.latest_runs(9).await.unwrap(), ledger.latest_runs(9).await.unwrap());
    assert!(restored.begin_run(&run()).await.unwrap() > ledger.latest_runs(1).await.unwrap()[0].id);
}

#[tokio::test]
async fn an_upgrade_is_made_by_the_owner() {
    let server = Postgres::shared().unwrap();
    let (name, service) = with_a_role(server);
    Ledger::open(&server.url(&name)).await.unwrap().close().await;
    server.sql(&name, "DROP TABLE stores; DELETE FROM _sqlx_migrations WHERE version = 4").unwrap();
    assert!(matches!(refusal(&service).await, LedgerError::NotAllowed { .. }));
    assert_eq!(Ledger::schema_at(&Location::parse(&service).unwrap()).await.unwrap(), Some(3));
    Ledger::open(&server.url(&name)).await.unwrap().close().await;
    let ledger = Ledger::open(&service).await.unwrap();
    assert!(ledger.remember_stores("a mark", DateTime::UNIX_EPOCH).await.is_ok());
    ledger.begin_run(&run()).await.unwrap();
}
