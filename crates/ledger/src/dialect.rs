//! What differs between databases: two statements, and how much is asked of them at once. All other SQL of the ledger is the same on each.

use std::time::Duration;

use sqlx::migrate::Migrator;

use crate::migrations;

/// What differs between databases.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Begins a transaction that writes.
    pub(crate) begin_write: &'static str,
    /// Reads the database's time, in the form of [`crate::time`].
    pub(crate) now: &'static str,
    /// How many tables there are, and how many of those are ours.
    pub(crate) tables: &'static str,
    /// The schema.
    pub(crate) migrations: fn() -> Migrator,
    /// How many transactions of one process may write at a time.
    pub(crate) writers: usize,
    /// Within a transaction, keeps all others from writing these tables; nothing where its beginning does.
    pub(crate) freeze: Option<fn(&[&str]) -> String>,
    /// Lets rows be inserted with the number that they have.
    pub(crate) overriding: &'static str,
    /// Goes on numbering a table after the highest number in it; nothing where that goes by itself.
    pub(crate) number_on: Option<fn(&str) -> String>,
    /// After so long without an answer a statement counts as lost with its connection; nothing where there is no network.
    pub(crate) patience: Option<Duration>,
}

/// SQLite.
pub(crate) static SQLITE: Dialect = Dialect {
    // A transaction that reads first and then wants to write fails at once when another wrote in between; one that takes
    // the write lock at its beginning waits for it instead.
    begin_write: "BEGIN IMMEDIATE",
    now: "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS now",
    tables: "SELECT count(*) AS tables, count(CASE WHEN name = '_sqlx_migrations' THEN 1 END) AS ours FROM sqlite_master",
    migrations: migrations::sqlite,
    // Waiting for another of this process is fair and quick, waiting for SQLite's lock is neither.
    writers: 1,
    freeze: None,
    overriding: "",
    number_on: None,
    patience: None,
};

/// PostgreSQL.
pub(crate) static POSTGRES: Dialect = Dialect {
    // Whatever the server's defaults are; a standby refuses it at once.
    begin_write: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    // Not `now()`: that is when the transaction began, before it waited for a lock.
    now: r#"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now"#,
    tables: "SELECT count(*) AS tables, count(CASE WHEN table_name = '_sqlx_migrations' THEN 1 END) AS ours
        FROM information_schema.tables WHERE table_schema = current_schema()",
    migrations: migrations::postgres,
    writers: 3,
    freeze: Some(|tables| format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "))),
    overriding: "OVERRIDING SYSTEM VALUE",
    number_on: Some(|table| {
        format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"
        )
    }),
    patience: Some(Duration::from_secs(20)),
};
