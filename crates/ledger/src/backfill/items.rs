//! The orders of a backfill, one by one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use vt_domain::Month;

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::lease::Lease;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::time;

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillItemState {
    /// It is to be pulled.
    Waiting,
    /// It was pulled. Stands.
    Done,
    /// It could not be pulled; the fault tells why.
    Failed,
    /// Its backfill was cancelled before.
    Cancelled,
}

/// An order of a backfill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackfillItem {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// How far it is.
    pub state: BackfillItemState,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed, while it is [`BackfillItemState::Failed`].
    pub fault: Option<Fault>,
    /// When it last changed; nothing when it never did.
    pub changed_at: Option<DateTime<Utc>>,
}

impl Ledger {
    /// The items of a backfill, by region and month.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn backfill_items(&self, id: i64) -> Result<Vec<BackfillItem>, LedgerError> {
        const SQL: &str = "SELECT vt, maand, state, attempts, error_class, error_message, changed_at
            FROM backfill_items WHERE backfill = $1 ORDER BY vt, maand";
        let rows = sqlx::query(SQL).bind(id).fetch_all(&self.pool).await?;
        if rows.is_empty() {
            self.backfill(id).await?;
        }
        rows.iter().map(item).collect()
    }

    /// The orders of a backfill that wait, by region and month; also while it is paused.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn waiting_items(&self, id: i64) -> Result<Vec<(String, Month)>, LedgerError> {
        const SQL: &str =
            "SELECT vt, maand FROM backfill_items WHERE backfill = $1 AND state = 'waiting' ORDER BY vt, maand";
        let rows = sqlx::query(SQL).bind(id).fetch_all(&self.pool).await?;
        if rows.is_empty() {
            self.backfill(id).await?;
        }
        let order = |row| {
            let columns = Columns::of("backfill_items", row);
            Ok((columns.text("vt")?, columns.parsed("maand")?))
        };
        rows.iter().map(order).collect()
    }

    /// Records what came of an item that waits. Of one that is done or failed, nothing changes. One that was cancelled while
    /// it was being pulled is done when that worked. With a lease, only when that lease is still held.
    ///
    /// # Errors
    /// [`LedgerError::LeaseLost`], [`LedgerError::UnknownBackfill`], [`LedgerError::UnknownOrder`]: nothing is recorded.
    pub async fn finish_backfill_item(
        &self,
        id: i64,
        vt: &str,
        maand: Month,
        outcome: Result<(), Fault>,
        at: DateTime<Utc>,
        lease: Option<&Lease>,
    ) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            if let Some(lease) = lease {
                write.still_held(lease).await?;
            }
            let recorded = write.close_backfill_item(id, vt, maand, outcome.as_ref().err(), at).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }
}

impl Write {
    /// All orders of a backfill.
    pub(super) async fn orders(&mut self, id: i64) -> Result<BTreeSet<(String, String)>, LedgerError> {
        const SQL: &str = "SELECT vt, maand FROM backfill_items WHERE backfill = $1";
        let rows = sqlx::query(SQL).bind(id).fetch_all(self.connection()).await?;
        let order = |row| {
            let columns = Columns::of("backfill_items", row);
            Ok((columns.text("vt")?, columns.text("maand")?))
        };
        rows.iter().map(order).collect()
    }

    pub(super) async fn insert_items(
        &mut self,
        id: i64,
        orders: &BTreeSet<(String, String)>,
    ) -> Result<(), LedgerError> {
        const SQL: &str =
            "INSERT INTO backfill_items (backfill, vt, maand, state, attempts) VALUES ($1, $2, $3, 'waiting', 0)";
        for (vt, maand) in orders {
            sqlx::query(SQL).bind(id).bind(vt.as_str()).bind(maand.as_str()).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Closes an item: done, or failed when there is a fault.
    pub(crate) async fn close_backfill_item(
        &mut self,
        id: i64,
        vt: &str,
        maand: Month,
        fault: Option<&Fault>,
        at: DateTime<Utc>,
    ) -> Result<Recorded, LedgerError> {
        const SQL: &str = "UPDATE backfill_items
            SET state = $4, attempts = attempts + 1, error_class = $5, error_message = $6, changed_at = $7
            WHERE backfill = $1 AND vt = $2 AND maand = $3
                AND (state = 'waiting' OR state = 'cancelled' AND CAST($5 AS TEXT) IS NULL)";
        self.hold_backfill(id).await?;
        let fault = fault.map(Fault::kept);
        let closed = sqlx::query(SQL)
            .bind(id)
            .bind(vt)
            .bind(maand.to_string())
            .bind(if fault.is_some() { "failed" } else { "done" })
            .bind(fault.as_ref().map(|fault| fault.class.clone()))
            .bind(fault.map(|fault| fault.message))
            .bind(time::text(at))
            .execute(self.connection())
            .await?;
        let recorded = Recorded::by_rows(closed.rows_affected());
        match recorded {
            Recorded::Written => self.touch_backfill(id, at).await?,
            Recorded::Unchanged => self.known_order(id, vt, maand).await?,
        }
        Ok(recorded)
    }

    async fn known_order(&mut self, id: i64, vt: &str, maand: Month) -> Result<(), LedgerError> {
        let row = sqlx::query("SELECT vt FROM backfill_items WHERE backfill = $1 AND vt = $2 AND maand = $3")
            .bind(id)
            .bind(vt)
            .bind(maand.to_string())
            .fetch_optional(self.connection())
            .await?;
        let unknown = || LedgerError::UnknownOrder { backfill: id, order: format!("{vt} {maand}") };
        row.map(drop).ok_or_else(unknown)
    }

    /// Notes when an item of a backfill changed.
    async fn touch_backfill(&mut self, id: i64, at: DateTime<Utc>) -> Result<(), LedgerError> {
        sqlx::query("UPDATE backfills SET changed_at = $2 WHERE id = $1")
            .bind(id)
            .bind(time::text(at))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

fn item(row: &AnyRow) -> Result<BackfillItem, LedgerError> {
    let columns = Columns::of("backfill_items", row);
    Ok(BackfillItem {
        vt: columns.text("vt")?,
        maand: columns.parsed("maand")?,
        state: columns.code("state")?,
        attempts: columns.integer("attempts")?,
        fault: columns.optional_fault("error_class", "error_message")?,
        changed_at: columns.optional_instant("changed_at")?,
    })
}
