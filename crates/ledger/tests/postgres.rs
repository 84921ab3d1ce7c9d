//! A ledger at a real PostgreSQL server: what is told when it can't be opened or used, roles, TLS, restarts and failovers. That it does
//! what a ledger must do is shown by the contract suite.

#[path = "postgres/opening.rs"]
mod opening;
#[path = "postgres/roles.rs"]
mod roles;
#[path = "postgres/tls.rs"]
mod tls;
#[path = "postgres/trouble.rs"]
mod trouble;

use std::time::Duration;

use chrono::{DateTime, Utc};
use vt_ledger::{Ledger, LedgerError, NewRun, contract_suite};
use vt_servers::{PASSWORD, Postgres};

const TTL: Duration = Duration::from_secs(600);

fn noon() -> DateTime<Utc> {
    "2020-08-05T12:00:00Z".parse().unwrap()
}

fn run() -> NewRun {
    NewRun::of_this_process("pull", "0.1.0", noon())
}

/// Why a ledger can't be opened; never with the password.
async fn refusal(address: &str) -> LedgerError {
    let error = Ledger::open(address).await.expect_err("it can't be opened");
    assert!(!format!("{error} {error:?}").contains(PASSWORD), "{error:?}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_what_a_ledger_must_do() {
    let server = Postgres::shared().unwrap();
    let address = server.new_ledger().unwrap();
    let (one, other) = (Ledger::open(&address).await.unwrap(), Ledger::open(&address).await.unwrap());
    contract_suite::all(&one).await.unwrap();
    contract_suite::between(&one, &other).await.unwrap();
}
