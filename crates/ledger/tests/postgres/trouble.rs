//! A server that restarts, becomes a standby, is full or hangs, and a network that swallows what it carries.

use std::time::{Duration, Instant};

use vt_ledger::{Ledger, LedgerError};
use vt_servers::{Postgres, PostgresOptions, Proxy, Weather};

use super::{TTL, run};

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_of_the_server_is_told_apart() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    let said = async |code: &str| {
        let raise = format!(
            "CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '{code}'; END $$;
            CREATE OR REPLACE TRIGGER trouble BEFORE INSERT ON leases EXECUTE FUNCTION trouble()"
        );
        server.sql(&name, &raise).unwrap();
        let error = ledger.claim("trouble", "a", TTL).await.unwrap_err();
        assert!(error.is_unusable(), "{code}: {error:?}");
        (error.is_transient(), error)
    };
    assert!(matches!(said("53100").await, (false, LedgerError::Full)));
    assert!(matches!(said("25006").await, (false, LedgerError::ReadOnly)));
    assert!(matches!(said("42501").await, (false, LedgerError::NotAllowed { .. })));
    assert!(matches!(said("55P03").await, (true, LedgerError::Locked)));
    assert!(matches!(said("40P01").await, (true, LedgerError::Contended)));
    assert!(matches!(said("57014").await, (true, LedgerError::Slow)));
    assert!(matches!(said("57P01").await, (true, LedgerError::ConnectionLost)));
    server.sql(&name, "DROP TRIGGER trouble ON leases").unwrap();
    assert!(ledger.claim("trouble", "a", TTL).await.unwrap().is_some(), "none of them left anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_lock_for_long_is_not_waited_for() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    ledger.claim("contested", "a", Duration::ZERO).await.unwrap();
    let database = name.clone();
    let holder = std::thread::spawn(move || {
        server.sql(&database, "BEGIN; SELECT 1 FROM leases FOR UPDATE; SELECT pg_sleep(14); COMMIT").unwrap();
    });
    while server.sql(&name, "SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock'").unwrap() == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = ledger.claim("contested", "b", TTL).await.unwrap_err();
    assert!(matches!(error, LedgerError::Locked) && error.is_transient(), "{error:?}");
    assert!(ledger.leases().await.unwrap().is_empty(), "who reads need not wait");
    holder.join().unwrap();
    assert!(ledger.claim("contested", "b", TTL).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_calls_is_not_noticed() {
    let mut server = Postgres::start(PostgresOptions::default()).unwrap();
    let ledger = Ledger::open(&server.new_ledger().unwrap()).await.unwrap();
    let begun = ledger.begin_run(&run()).await.unwrap();
    server.restart().unwrap();
    assert_eq!(ledger.latest_runs(1).await.unwrap()[0].id, begun);
    server.kill().unwrap();
    server.start_again().unwrap();
    assert!(ledger.claim("after", "a", TTL).await.unwrap().is_some());
    // While it is away, a call waits for it.
    server.shut_down().unwrap();
    let waiting = ledger.clone();
    let call = tokio::spawn(async move { waiting.claim("meanwhile", "a", TTL).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.start_again().unwrap();
    assert!(call.await.unwrap().unwrap().is_some());
    server.stop().unwrap();
    let error = ledger.claim("too late", "a", TTL).await.unwrap_err();
    assert!(matches!(error, LedgerError::NoConnection) && error.is_transient(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_a_standby_is_told_and_left_for_the_new_primary() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let ledger = Ledger::open(&server.url(&name)).await.unwrap();
    ledger.begin_run(&run()).await.unwrap();
    let set = |read_only: &str| format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
    server.sql(&name, &set("on")).unwrap();
    let cut = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'vt-monitor'"
    );
    server.sql("postgres", &cut).unwrap();
    let error = ledger.begin_run(&run()).await.unwrap_err();
    assert!(matches!(error, LedgerError::ReadOnly), "{error:?}");
    assert!(error.to_string().contains("standby"), "{error}");
    server.sql("postgres", &set("off")).unwrap();
    ledger.begin_run(&run()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_borne_for_a_while_only() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    let ledger = Ledger::open(&server.url_through(proxy.port(), &name)).await.unwrap();
    let begun = ledger.begin_run(&run()).await.unwrap();
    proxy.set(Weather::BlackHole);
    let began = Instant::now();
    let error = ledger.latest_runs(1).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    // What hung is let go of: all connections are new ones.
    proxy.cut();
    proxy.set(Weather::Forward);
    let began = Instant::now();
    assert_eq!(ledger.latest_runs(1).await.unwrap()[0].id, begun);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_network_is_slow_and_nothing_else() {
    let server = Postgres::shared().unwrap();
    let name = server.new_database().unwrap();
    let proxy = Proxy::start(server.port()).unwrap();
    let ledger = Ledger::open(&server.url_through(proxy.port(), &name)).await.unwrap();
    for weather in [Weather::Delay(Duration::from_millis(40)), Weather::Drip(Duration::from_micros(500))] {
        proxy.set(weather);
        let name = format!("{weather:?}");
        let lease = ledger.claim(&name, "a", TTL).await.unwrap().expect("it is free");
        assert!(ledger.release(&lease).await.unwrap());
    }
}
