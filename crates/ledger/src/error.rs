//! What can go wrong with the ledger, and what to do about it.

mod told;

use std::path::PathBuf;

pub(crate) use told::{SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_READONLY, is_lost, read_only, sqlite_code};

/// Seconds for which a write waits for another process to finish its own.
pub(crate) const BUSY_SECONDS: u64 = 10;
/// Seconds within which a connection to a server must come: a restart takes less.
pub(crate) const CONNECT_SECONDS: u64 = 10;
/// Seconds that a statement may take at a server. The ledger's take milliseconds.
pub(crate) const STATEMENT_SECONDS: u64 = 15;

/// An error of the ledger. Never holds what was to be recorded, nor an address with credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The address names no ledger.
    #[error(
        "ledger: {reason}; give the path of a file, sqlite:///path/to/ledger.sqlite, or postgres://user@host/database"
    )]
    Location {
        /// What is wrong with the address.
        reason: String,
    },
    /// The server does not answer.
    #[error("ledger {place}: does not answer ({reason}); is the server there, and its address right?")]
    NoAnswer {
        /// The server, without the password.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// TLS to the server failed.
    #[error(
        "ledger {place}: no TLS that can be trusted ({reason}); `sslrootcert` names the CA's certificate, and the server's must be for the host in the address"
    )]
    Tls {
        /// The server, without the password.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The server lets this user not in.
    #[error(
        "ledger: the server does not let this user in ({said}); look at the user in `ledger.url`, `ledger.password`, and pg_hba.conf"
    )]
    LoginRefused {
        /// What the server said.
        said: String,
    },
    /// There is no such database or schema.
    #[error("ledger: {said}; make it first (docs/OPERATING.md, PostgreSQL), or correct `ledger.url`")]
    NoDatabase {
        /// What the server said.
        said: String,
    },
    /// The database keeps text in an encoding that can't hold all of it.
    #[error("ledger {place}: the database's encoding is {encoding}; make one with ENCODING 'UTF8'")]
    Encoding {
        /// The server, without the password.
        place: String,
        /// The encoding.
        encoding: String,
    },
    /// The server has no connection to spare.
    #[error("ledger: the server has no connection to spare ({said}); try again, or let it have more (max_connections)")]
    TooManyConnections {
        /// What the server said.
        said: String,
    },
    /// The user may not do this.
    #[error(
        "ledger: the database user may not do this ({said}); an older schema is brought up to date by its owner, with `vt-monitor ledger migrate`"
    )]
    NotAllowed {
        /// What the server said.
        said: String,
    },
    /// No connection came within the time there is for it.
    #[error("ledger: no connection within {CONNECT_SECONDS} s: the server is down, out of reach, or busy; try again")]
    NoConnection,
    /// The connection was lost before anything was recorded.
    #[error("ledger: the connection was lost (a restart, a failover, the network); nothing was recorded. Try again")]
    ConnectionLost,
    /// The connection was lost while the database confirmed.
    #[error(
        "ledger: the connection was lost before the database had confirmed; what was to be recorded may stand or not. Do the same again: what stands is not recorded twice"
    )]
    Unconfirmed,
    /// Another process and this one held each other up, and the database ended this one's work.
    #[error("ledger: another process did the same at the same time; nothing was recorded. Try again")]
    Contended,
    /// The database took too long.
    #[error(
        "ledger: the database took longer than {STATEMENT_SECONDS} s; nothing was recorded. Try again, and look what keeps it"
    )]
    Slow,
    /// The folder of the file is not there.
    #[error("ledger {path}: its folder does not exist; create the folder or give another path", path = .path.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// The file can't be created or written.
    #[error("ledger {path}: can't be written ({reason}); let the user that runs this program own the file and its folder", path = .path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file or database is something else.
    #[error("ledger {place}: is not a ledger of this program; nothing was changed. Give another path or database")]
    NotALedger {
        /// The file, or the database without the password.
        place: String,
    },
    /// The ledger was made by a newer program.
    #[error(
        "ledger: has schema {found}, this program knows up to {known}; run the newer program, or restore the backup made before the upgrade"
    )]
    Newer {
        /// Schema of the ledger.
        found: i64,
        /// Highest schema of this program.
        known: i64,
    },
    /// A migration that this ledger went through is not the one that this program has.
    #[error(
        "ledger: migration {version} is not the one of this program; it was made by another build. Run that build, or restore a backup"
    )]
    OtherHistory {
        /// The migration.
        version: i64,
    },
    /// Another process holds the write lock.
    #[error(
        "ledger: another process has been writing for more than {BUSY_SECONDS} s; try again, and look for a process that hangs"
    )]
    Locked,
    /// The disk is full.
    #[error("ledger: the disk is full, here or at the server; make room and run the same command again")]
    Full,
    /// The ledger became read-only.
    #[error(
        "ledger: can't be written (a read-only file or file system, or a server that is a standby or set read-only); mend that and run the same command again"
    )]
    ReadOnly,
    /// There is no such run.
    #[error("ledger: there is no run {0}")]
    UnknownRun(i64),
    /// There is no such delivery.
    #[error("ledger: delivery {0} is not recorded; record the delivery before its findings")]
    UnknownDelivery(String),
    /// There is no such arrangement.
    #[error("ledger: there is no arrangement {0}")]
    UnknownArrangement(i64),
    /// There is no such backfill.
    #[error("ledger: there is no backfill {0}")]
    UnknownBackfill(i64),
    /// There is no such token.
    #[error("ledger: there is no token {0}")]
    UnknownToken(i64),
    /// There is no such request: it was never claimed, or was released or removed since.
    #[error("ledger: there is no request with this key; nothing was recorded. Claim it before it is answered")]
    UnknownRequest,
    /// There is no such alert.
    #[error("ledger: there is no alert {0}")]
    UnknownAlert(i64),
    /// There is no such message about an alert.
    #[error("ledger: there is no message {0}")]
    UnknownMessage(i64),
    /// There is no such mute of alerts.
    #[error("ledger: there is no mute {0}")]
    UnknownMute(i64),
    /// A backfill does not have this order.
    #[error("ledger: backfill {backfill} does not have the order {order}; nothing was recorded")]
    UnknownOrder {
        /// The backfill.
        backfill: i64,
        /// The order, such as `VT07 2020-07`.
        order: String,
    },
    /// Another backfill is at work on some of the same orders.
    #[error("ledger: backfill {id} is at work on {orders}{rest}; nothing was changed. Wait until it has ended, or cancel it", orders = .orders.join(", "), rest = and_more(*.more))]
    BackfillOverlap {
        /// The other backfill; the oldest when there are several.
        id: i64,
        /// Up to five of the orders that both have, such as `VT07 2020-07`.
        orders: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// What was to be changed lacks something, or contradicts itself.
    #[error("ledger: {reason}; nothing was changed")]
    Invalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Something else was recorded before, and it stands.
    #[error("ledger: {what} is recorded as {recorded}, and can't become {offered}; nothing was changed")]
    Conflict {
        /// What it is about, such as `delivery VT07 2020-07 nr 2`.
        what: String,
        /// What stands.
        recorded: String,
        /// What was offered.
        offered: String,
    },
    /// A lease went to somebody else, or ran out.
    #[error("ledger: the lease `{0}` is no longer held; nothing was recorded. The work goes to whoever holds it now")]
    LeaseLost(String),
    /// Somebody works with the ledger that is to be copied.
    #[error(
        "ledger: `{lease}` is held by {holder}; stop the service and whatever runs, and copy then. Nothing was copied"
    )]
    InUse {
        /// The lease.
        lease: String,
        /// Who holds it.
        holder: String,
    },
    /// The ledger that is to be copied into holds something.
    #[error(
        "ledger: the target is not empty (table {table}); nothing was copied. Give an empty database or a new file"
    )]
    NotEmpty {
        /// The table.
        table: &'static str,
    },
    /// What was read back is not what was copied.
    #[error("ledger: table {table} of the copy is not what was copied; the copy is not to be used")]
    CopyDiffers {
        /// The table.
        table: &'static str,
    },
    /// A stored value can't be read.
    #[error("ledger: column {column} of {table} holds what this program can't read; restore a backup")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The stores that it works with were remembered, and others are offered.
    #[error("ledger: works with other stores; nothing was changed")]
    OtherStores,
    /// Anything else that the database says. It is no source: what it says stands in the text already, once.
    #[error("ledger: {0}")]
    Database(sqlx::Error),
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" and {more} more") }
}

impl LedgerError {
    /// Whether the same call can succeed later, without anybody mending something.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Locked
                | Self::NoAnswer { .. }
                | Self::TooManyConnections { .. }
                | Self::NoConnection
                | Self::ConnectionLost
                | Self::Unconfirmed
                | Self::Contended
                | Self::Slow
        )
    }

    /// Whether the ledger can't be used: now, or until somebody mends something. Otherwise what was asked of it is wrong.
    pub fn is_unusable(&self) -> bool {
        self.is_transient()
            || matches!(
                self,
                Self::Database(_)
                    | Self::Full
                    | Self::ReadOnly
                    | Self::NotWritable { .. }
                    | Self::NoFolder { .. }
                    | Self::Tls { .. }
                    | Self::LoginRefused { .. }
                    | Self::NoDatabase { .. }
                    | Self::NotAllowed { .. }
            )
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        told::of(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    /// What a statement gives on a ledger after another statement has made things worse.
    async fn after(worse: &'static str, statement: &'static str) -> LedgerError {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("ledger.sqlite").to_str().unwrap().to_owned();
        let (ledger, writer) = (Ledger::open(&address).await.unwrap(), Ledger::open(&address).await.unwrap());
        let _holds_the_write_lock = writer.write().await.unwrap();
        let mut connection = ledger.pool.connection().await.unwrap();
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await.unwrap();
        sqlx::raw_sql(worse).execute(&mut *connection).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut *connection).await.unwrap_err().into()
    }

    #[tokio::test]
    async fn a_held_write_lock_is_told_and_may_be_tried_again() {
        let error = after("SELECT 1", "BEGIN IMMEDIATE").await;
        assert!(matches!(error, LedgerError::Locked) && error.is_transient(), "{error:?}");
    }

    #[tokio::test]
    async fn what_the_database_says_is_said_once() {
        let error = after("SELECT 1", "SELECT * FROM nowhere").await;
        assert_eq!(error.to_string().matches("no such table").count(), 1, "{error}");
        assert!(std::error::Error::source(&error).is_none(), "a chain of errors would say it again");
    }

    #[tokio::test]
    async fn a_read_only_ledger_is_told() {
        let error = after("PRAGMA query_only = 1", "DELETE FROM leases").await;
        assert!(matches!(error, LedgerError::ReadOnly) && !error.is_transient(), "{error:?}");
    }

    #[tokio::test]
    async fn a_full_disk_is_told() {
        let error = after(
            "PRAGMA temp_store = 2; CREATE TEMP TABLE t (x); PRAGMA temp.max_page_count = 2",
            "INSERT INTO t VALUES (zeroblob(1000000))",
        )
        .await;
        assert!(matches!(error, LedgerError::Full) && !error.is_transient(), "{error:?}");
    }

    #[tokio::test]
    async fn after_a_full_disk_that_ended_a_transaction_by_itself_the_ledger_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap();
        for _ in 0..20 {
            let mut write = ledger.write().await.unwrap();
            // What SQLite does itself when a disk is full or fails.
            sqlx::raw_sql("ROLLBACK").execute(write.connection()).await.unwrap();
            assert!(write.commit().await.is_err());
        }
        ledger.write().await.unwrap().commit().await.unwrap();
    }
}
