//! TLS to the server: with the right CA it opens, with another one or none it does not.

use vt_ledger::{Ledger, LedgerError};
use vt_servers::{PASSWORD, Postgres, PostgresOptions, USER};

use super::{refusal, run};

#[tokio::test]
async fn only_the_server_that_the_ca_vouches_for_gets_the_password() {
    let server = Postgres::start(PostgresOptions { tls: true, durable: false }).unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    ledger.begin_run(&run()).await.unwrap();
    let guarded =
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'vt-monitor'";
    assert_eq!(server.sql(&name, guarded).unwrap(), "t");

    let port = server.port();
    let plain = |host: &str, query: &str| format!("postgres://{USER}:{PASSWORD}@{host}:{port}/{name}?{query}");
    let told = async |address: &str, said: &str| {
        let error = refusal(address).await;
        assert!(matches!(&error, LedgerError::Tls { .. }) && !error.is_transient(), "{address}: {error:?}");
        assert!(error.to_string().contains(said) && error.to_string().contains("sslrootcert"), "{error}");
    };
    told(&plain("localhost", "sslmode=verify-full"), "UnknownIssuer").await;
    let other = Postgres::start(PostgresOptions { tls: true, durable: false }).unwrap();
    let wrong = format!("sslmode=verify-full&sslrootcert={}", other.ca().unwrap().display());
    told(&plain("localhost", &wrong), "certificate").await;
    let right = format!("sslmode=verify-full&sslrootcert={}", server.ca().unwrap().display());
    told(&plain("127.0.0.1", &right), "certificate").await;
    told(&plain("localhost", "sslmode=verify-full&sslrootcert=/nowhere/ca.pem"), "/nowhere/ca.pem").await;

    let open = refusal(&plain("localhost", "sslmode=disable")).await;
    assert!(matches!(open, LedgerError::LoginRefused { .. }), "the server takes nobody in without TLS: {open:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_when_it_is_asked_for() {
    let server = Postgres::shared().unwrap();
    let address = format!("{}?sslmode=verify-full", server.new_ledger().unwrap());
    let error = refusal(&address).await;
    assert!(matches!(&error, LedgerError::Tls { reason, .. } if reason.contains("does not support TLS")), "{error:?}");
}
