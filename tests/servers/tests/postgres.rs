//! The server starts, answers, and comes back with its data.

use vt_servers::{Postgres, PostgresOptions};

#[test]
fn it_keeps_its_data_however_it_ends() {
    let mut server = Postgres::start(PostgresOptions::default()).unwrap();
    let name = server.new_database().unwrap();
    server.sql(&name, "CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1)").unwrap();
    server.restart().unwrap();
    assert_eq!(server.sql(&name, "SELECT n FROM t").unwrap(), "1");
    server.kill().unwrap();
    server.start_again().unwrap();
    assert_eq!(server.sql(&name, "SELECT n FROM t").unwrap(), "1");
    server.shut_down().unwrap();
    assert!(server.sql(&name, "SELECT 1").is_err());
}

#[test]
fn a_server_that_goes_leaves_no_process_and_no_file() {
    let server = Postgres::start(PostgresOptions { tls: true, durable: false }).unwrap();
    let ca = server.ca().unwrap();
    assert!(ca.exists());
    let port = server.port();
    drop(server);
    assert!(!ca.exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}
