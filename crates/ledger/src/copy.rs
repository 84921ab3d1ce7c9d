//! Copies a ledger into an empty one, of the other kind or the same: everything in one transaction, and checked before that ends.

mod rows;
mod tables;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use self::rows::Sum;
use self::tables::{TABLES, Table};
use crate::audit::AuditVerdict;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::process::ProcessMark;

/// So many rows are written with one statement.
const AT_ONCE: usize = 100;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// The tables, each with what both sides have.
    pub tables: Vec<CopiedTable>,
    /// How many entries the audit log has; it was checked in the copy.
    pub audit_entries: i64,
    /// Digest of the newest entry; 64 zeros when there is none.
    pub audit_newest: String,
}

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopiedTable {
    /// The table.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256, in hex, of all its values in the order of its key.
    pub digest: String,
}

impl Ledger {
    /// Copies everything into another ledger, which must be empty. Nobody writes in this one meanwhile; the other has all of it
    /// at the end, or nothing.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] while a process that is not gone holds a lease here; [`LedgerError::NotEmpty`];
    /// [`LedgerError::CopyDiffers`] when what is read back there is not what was read here.
    pub async fn copy_to(&self, target: &Self) -> Result<Copied, LedgerError> {
        // Another process would go on in this ledger, and what it does would be in none.
        self.is_at_rest().await?;
        let mut from = self.write().await?;
        let from = from.connection().connection;
        if let Some(freeze) = self.dialect.freeze {
            let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            sqlx::raw_sql(AssertSqlSafe(freeze(&names))).execute(&mut *from).await?;
        }
        // Whoever was quicker than the lock.
        self.is_at_rest().await?;
        let mut to = target.write().await?;
        let mut tables = Vec::new();
        for table in TABLES {
            let connection = to.connection().connection;
            let sent = copy(from, connection, table, target.dialect.overriding).await?;
            if sent != sum(connection, table).await? {
                return Err(LedgerError::CopyDiffers { table: table.name });
            }
            if table.is_numbered
                && let Some(number_on) = target.dialect.number_on
            {
                sqlx::raw_sql(AssertSqlSafe(number_on(table.name))).execute(connection).await?;
            }
            tables.push(sent);
        }
        to.commit().await?;
        match target.verify_audit().await? {
            AuditVerdict::Whole { entries, newest, .. } => {
                Ok(Copied { tables, audit_entries: entries, audit_newest: newest })
            }
            _ => Err(LedgerError::CopyDiffers { table: "audit" }),
        }
    }

    /// Refuses a ledger that somebody works with.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] names the lease that is held; when the ledger can't be read.
    pub async fn is_at_rest(&self) -> Result<(), LedgerError> {
        let is_gone = |holder: &str| holder.parse::<ProcessMark>().is_ok_and(|mark| mark.is_gone());
        match self.leases().await?.into_iter().find(|lease| !is_gone(&lease.holder)) {
            Some(lease) => Err(LedgerError::InUse { lease: lease.name, holder: lease.holder }),
            None => Ok(()),
        }
    }
}

/// Copies a table; gives what was sent.
async fn copy(
    from: &mut AnyConnection,
    to: &mut AnyConnection,
    table: &Table,
    overriding: &str,
) -> Result<CopiedTable, LedgerError> {
    let there = sqlx::query(AssertSqlSafe(format!("SELECT count(*) AS n FROM {}", table.name)));
    if there.fetch_one(&mut *to).await?.try_get::<i64, _>("n")? > 0 {
        return Err(LedgerError::NotEmpty { table: table.name });
    }
    let (mut sum, mut waiting) = (Sum::default(), Vec::with_capacity(AT_ONCE));
    let mut read = sqlx::query(rows::select(table)).fetch(from);
    while let Some(row) = read.try_next().await? {
        let values = rows::values(table, &row)?;
        sum.add(&values);
        waiting.push(values);
        if waiting.len() == AT_ONCE {
            rows::insert(to, table, overriding, &waiting).await?;
            waiting.clear();
        }
    }
    if !waiting.is_empty() {
        rows::insert(to, table, overriding, &waiting).await?;
    }
    Ok(summed(table, sum))
}

/// What a table holds.
async fn sum(connection: &mut AnyConnection, table: &Table) -> Result<CopiedTable, LedgerError> {
    let mut sum = Sum::default();
    let mut read = sqlx::query(rows::select(table)).fetch(connection);
    while let Some(row) = read.try_next().await? {
        sum.add(&rows::values(table, &row)?);
    }
    Ok(summed(table, sum))
}

fn summed(table: &Table, sum: Sum) -> CopiedTable {
    CopiedTable { table: table.name, rows: sum.rows, digest: sum.digest() }
}

#[cfg(test)]
mod tests;
