//! The ledger itself: connections, and transactions that write.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Executor, Row, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dialect::{Dialect, POSTGRES, SQLITE};
use crate::error::{LedgerError, is_lost};
use crate::reach::{Bounded, Reads, within};
use crate::{migrations, time};

/// The ledger. Cheap to clone; clones share their connections. Several processes may have the same ledger open.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) pool: Reads,
    pub(crate) dialect: &'static Dialect,
    writing: Arc<Semaphore>,
}

/// What recording did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Recorded {
    /// The ledger holds something that it did not hold before.
    Written,
    /// All of it was there already.
    Unchanged,
}

impl Recorded {
    /// What two recordings did together.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Written { self } else { other }
    }

    /// By the number of rows that a statement touched.
    pub(crate) fn by_rows(rows: u64) -> Self {
        if rows == 0 { Self::Unchanged } else { Self::Written }
    }
}

/// A transaction that writes. Dropped without [`Write::commit`], it leaves nothing.
pub(crate) struct Write {
    // Dropped before the turn is given back, so that the next writer finds the lock free.
    transaction: Transaction<'static, Any>,
    dialect: &'static Dialect,
    _turn: OwnedSemaphorePermit,
}

impl Ledger {
    /// In a file.
    pub(crate) fn of_file(pool: AnyPool) -> Self {
        Self::new(Reads::new(pool, &SQLITE, Arc::default()), &SQLITE)
    }

    /// At a server; `standby` is set as long as it takes no writes.
    pub(crate) fn of_server(pool: AnyPool, standby: Arc<AtomicBool>) -> Self {
        Self::new(Reads::new(pool, &POSTGRES, standby), &POSTGRES)
    }

    fn new(pool: Reads, dialect: &'static Dialect) -> Self {
        Self { pool, dialect, writing: Arc::new(Semaphore::new(dialect.writers)) }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn write(&self) -> Result<Write, LedgerError> {
        // Unwrap safety: nobody closes the semaphore.
        let turn = self.writing.clone().acquire_owned().await.expect("the semaphore is never closed");
        let transaction = self.pool.begin(self.dialect.begin_write).await?;
        Ok(Write { transaction, dialect: self.dialect, _turn: turn })
    }

    /// Writes, and does so again when the connection was lost or another held it up: for work that changes nothing when it was
    /// done before, and gives the same answer then.
    pub(crate) async fn repeat<T, F>(&self, work: impl Fn() -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, LedgerError>>,
    {
        tried(work, |error| matches!(error, LedgerError::Unconfirmed) || left_nothing(error)).await
    }

    /// The same for work that must not be done twice: not when it may have been done.
    pub(crate) async fn again<T, F>(&self, work: impl Fn() -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, LedgerError>>,
    {
        tried(work, left_nothing).await
    }

    /// The database's time, by which leases expire.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn now(&self) -> Result<DateTime<Utc>, LedgerError> {
        read_now(&self.pool, self.dialect).await
    }

    /// The version of the schema that the ledger has now: another process may have brought it further than
    /// [`Ledger::known_schema`].
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn schema(&self) -> Result<i64, LedgerError> {
        let row = sqlx::query("SELECT max(version) AS version FROM _sqlx_migrations").fetch_one(&self.pool).await?;
        Ok(row.try_get("version")?)
    }

    /// The newest schema that this program knows, of either database.
    pub fn known_schema() -> i64 {
        migrations::newest(&migrations::sqlite())
    }

    /// Closes all connections, after which the write-ahead log is folded into the file. Dropping does so too, but later.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// How often work is tried.
const TRIES: u32 = 3;

async fn tried<T, F>(work: impl Fn() -> F, may_repeat: fn(&LedgerError) -> bool) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    let mut tries = 1;
    loop {
        // Boxed, so that the futures of callers stay small.
        match Box::pin(work()).await {
            Err(error) if tries < TRIES && may_repeat(&error) => {
                tracing::info!("tried again: {error}");
                tries += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Whether a transaction that ended so has surely changed nothing, and may do better at once.
fn left_nothing(error: &LedgerError) -> bool {
    matches!(error, LedgerError::ConnectionLost | LedgerError::Contended)
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Write {
    pub(crate) fn connection(&mut self) -> Bounded<'_> {
        let connection: &mut AnyConnection = &mut self.transaction;
        Bounded { connection, patience: self.dialect.patience }
    }

    /// Keeps all others from writing a table until this transaction ends.
    pub(crate) async fn alone_with(&mut self, table: &str) -> Result<(), LedgerError> {
        if let Some(freeze) = self.dialect.freeze {
            sqlx::query(AssertSqlSafe(freeze(&[table]))).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// The database's time.
    pub(crate) async fn now(&mut self) -> Result<DateTime<Utc>, LedgerError> {
        let dialect = self.dialect;
        read_now(self.connection(), dialect).await
    }

    pub(crate) async fn commit(self) -> Result<(), LedgerError> {
        match within(self.dialect.patience, self.transaction.commit()).await {
            Err(error) if is_lost(&error) => Err(LedgerError::Unconfirmed),
            outcome => Ok(outcome?),
        }
    }
}

async fn read_now<'c>(
    connection: impl Executor<'c, Database = Any>,
    dialect: &Dialect,
) -> Result<DateTime<Utc>, LedgerError> {
    let row = sqlx::query(dialect.now).fetch_one(connection).await?;
    let text: String = row.try_get("now")?;
    time::instant(&text).ok_or(LedgerError::Damaged { table: "the database's clock", column: "now" })
}
