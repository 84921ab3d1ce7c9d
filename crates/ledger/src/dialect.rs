//! The two statements in which databases differ. All other SQL of the ledger is the same on each.

/// What differs between databases.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Begins a transaction that writes.
    pub(crate) begin_write: &'static str,
    /// Reads the database's time, in the form of [`crate::time`].
    pub(crate) now: &'static str,
}

/// SQLite.
pub(crate) static SQLITE: Dialect = Dialect {
    // A transaction that reads first and then wants to write fails at once when another wrote in between; one that takes
    // the write lock at its beginning waits for it instead.
    begin_write: "BEGIN IMMEDIATE",
    now: "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS now",
};
