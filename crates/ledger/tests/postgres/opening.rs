//! Opening a database: what is made, what is refused, and what the operator is told.

use vt_ledger::{Ledger, LedgerError, Location};
use vt_servers::{PASSWORD, Postgres, USER};

use super::{refusal, run};

#[tokio::test]
async fn what_was_recorded_is_there_after_opening_again_over_either_way() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    let run = ledger.begin_run(&run()).await.unwrap();
    ledger.close().await;
    let again = Ledger::open(&server.socket_url(&name)).await.unwrap();
    assert_eq!(again.latest_runs(9).await.unwrap().iter().map(|run| run.id).collect::<Vec<_>>(), [run]);
    assert_eq!(again.schema().await.unwrap(), Ledger::known_schema());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_open_a_new_ledger_at_once() {
    let server = Postgres::shared().unwrap();
    let address = server.new_ledger().unwrap();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { Ledger::open(&address).await })
        })
        .collect();
    for ledger in opening {
        ledger.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let location = Location::parse(&server.url(&name)).unwrap();
    assert_eq!(Ledger::schema_at(&location).await.unwrap(), None);
    assert_eq!(server.sql(&name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "0");
    Ledger::open_at(&location).await.unwrap().close().await;
    assert_eq!(Ledger::schema_at(&location).await.unwrap(), Some(Ledger::known_schema()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let location = Location::parse(file.to_str().unwrap()).unwrap();
    assert_eq!((Ledger::schema_at(&location).await.unwrap(), file.exists()), (None, false));
    Ledger::open_at(&location).await.unwrap().close().await;
    assert_eq!(Ledger::schema_at(&location).await.unwrap(), Some(Ledger::known_schema()));
}

#[tokio::test]
async fn each_reason_is_told_apart() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let [nobody] = vt_servers::free_ports().unwrap();
    let error = refusal(&server.url_through(nobody, &name)).await;
    assert!(matches!(&error, LedgerError::NoAnswer { place, .. } if place.contains(&nobody.to_string())), "{error:?}");
    assert!(error.is_transient() && error.is_unusable());

    let error = refusal(&server.url(&name).replace(PASSWORD, "another")).await;
    assert!(matches!(&error, LedgerError::LoginRefused { .. }) && !error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("ledger.password") && !error.to_string().contains("another"), "{error}");

    let error = refusal(&server.url("nowhere")).await;
    assert!(matches!(&error, LedgerError::NoDatabase { said } if said.contains("nowhere")), "{error:?}");

    let error = refusal(&format!("{}?schema=nowhere", server.url(&name))).await;
    assert!(matches!(&error, LedgerError::NoDatabase { .. }), "{error:?}");

    server.sql(&name, "CREATE ROLE guest LOGIN PASSWORD 'guest' CONNECTION LIMIT 0").unwrap();
    let guest = server.url(&name).replace(&format!("{USER}:{PASSWORD}"), "guest:guest");
    let error = refusal(&guest).await;
    assert!(matches!(&error, LedgerError::TooManyConnections { .. }) && error.is_transient(), "{error:?}");

    server.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").unwrap();
    let error = refusal(&server.url("latin")).await;
    assert!(matches!(&error, LedgerError::Encoding { encoding, .. } if encoding == "LATIN1"), "{error:?}");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    server.sql(&name, "CREATE TABLE runs (id BIGINT)").unwrap();
    let error = refusal(&server.url(&name)).await;
    assert!(matches!(&error, LedgerError::NotALedger { place } if place.contains(&name)), "{error:?}");
    assert_eq!(server.sql(&name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "1");
    // Beside it, in a schema of its own, there is room.
    server.sql(&name, "CREATE SCHEMA monitor").unwrap();
    let ledger = Ledger::open(&format!("{}?schema=monitor", server.url(&name))).await.unwrap();
    ledger.begin_run(&run()).await.unwrap();
    assert_eq!(server.sql(&name, "SELECT count(*) FROM monitor.runs").unwrap(), "1");
}

#[tokio::test]
async fn a_newer_ledger_and_one_with_another_history_are_refused() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let address = server.url(&name);
    Ledger::open(&address).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999, 'later', TRUE, '\\x00', 0)";
    server.sql(&name, newer).unwrap();
    for error in [refusal(&address).await, Ledger::schema_at(&Location::parse(&address).unwrap()).await.unwrap_err()] {
        assert!(matches!(error, LedgerError::Newer { found: 999, known: 4 }), "{error:?}");
    }
    let other = "DELETE FROM _sqlx_migrations WHERE version = 999; UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 1";
    server.sql(&name, other).unwrap();
    assert!(matches!(refusal(&address).await, LedgerError::OtherHistory { version: 1 }));
}

#[tokio::test]
async fn an_older_ledger_is_brought_up_to_date_with_what_it_holds() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    let run = ledger.begin_run(&run()).await.unwrap();
    ledger.close().await;
    server.sql(&name, "DROP TABLE stores; DELETE FROM _sqlx_migrations WHERE version = 4").unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    assert_eq!(ledger.latest_runs(9).await.unwrap()[0].id, run);
    assert_eq!(ledger.mark_of_stores().await.unwrap(), None);
}
