//! The ledger itself: connections, and transactions that write.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dialect::Dialect;
use crate::error::LedgerError;
use crate::time;

/// The ledger. Cheap to clone; clones share their connections. Several processes may have the same ledger open.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) pool: AnyPool,
    dialect: &'static Dialect,
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
    pub(crate) fn new(pool: AnyPool, dialect: &'static Dialect) -> Self {
        // One writer at a time within a process: waiting here is fair and quick, waiting for SQLite's lock is neither.
        Self { pool, dialect, writing: Arc::new(Semaphore::new(1)) }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn write(&self) -> Result<Write, LedgerError> {
        // Unwrap safety: nobody closes the semaphore.
        let turn = self.writing.clone().acquire_owned().await.expect("the semaphore is never closed");
        let transaction = self.pool.begin_with(self.dialect.begin_write).await?;
        Ok(Write { transaction, dialect: self.dialect, _turn: turn })
    }

    /// The database's time.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn now(&self) -> Result<DateTime<Utc>, LedgerError> {
        read_now(&mut *self.pool.acquire().await?, self.dialect).await
    }

    /// Closes all connections, after which the write-ahead log is folded into the file. Dropping does so too, but later.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Write {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// The database's time.
    pub(crate) async fn now(&mut self) -> Result<DateTime<Utc>, LedgerError> {
        read_now(&mut self.transaction, self.dialect).await
    }

    pub(crate) async fn commit(self) -> Result<(), LedgerError> {
        Ok(self.transaction.commit().await?)
    }
}

async fn read_now(connection: &mut AnyConnection, dialect: &Dialect) -> Result<DateTime<Utc>, LedgerError> {
    let row = sqlx::query(dialect.now).fetch_one(connection).await?;
    let text: String = row.try_get("now")?;
    time::instant(&text).ok_or(LedgerError::Damaged { table: "the database's clock", column: "now" })
}
