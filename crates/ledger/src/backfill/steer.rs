//! The course of a backfill: what the operator does to it, and how it ends by itself.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Backfill, BackfillState};
use crate::change::{self, Change};
use crate::code;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::time;

impl Ledger {
    /// Pauses, resumes or cancels a backfill (`backfill.pause`, `backfill.resume`, `backfill.cancel` in the audit log). Items
    /// that wait are cancelled with it. The state that it has already changes nothing. The reason may be empty.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`]; [`LedgerError::Conflict`] when it has ended, or when `to` is an end that only work
    /// leads to; [`LedgerError::Invalid`] without an actor.
    pub async fn steer_backfill(&self, id: i64, to: BackfillState, change: &Change) -> Result<Backfill, LedgerError> {
        let change = change.kept()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let present = write.hold_backfill(id).await?;
            if present.state == to {
                return Ok(present);
            }
            let action = match (present.state, to) {
                (BackfillState::Running, BackfillState::Paused) => "backfill.pause",
                (BackfillState::Paused, BackfillState::Running) => "backfill.resume",
                (BackfillState::Running | BackfillState::Paused, BackfillState::Cancelled) => "backfill.cancel",
                _ => return Err(present.conflict(to)),
            };
            if to == BackfillState::Cancelled {
                write.cancel_items(id, change.at).await?;
            }
            write.set_backfill_state(id, to, change.at).await?;
            let changed = write.backfill(id).await?;
            let entry = change.audit(action, changed.subject(), Some(present.brief()), Some(changed.brief()));
            write.audit(&entry).await?;
            write.commit().await?;
            Ok(changed)
        })
        .await
    }

    /// Has the items that failed tried again (`backfill.retry` in the audit log): they wait, the backfill runs, and its
    /// publications are to be made again. Returns how many; without any, and with all publications made, nothing changes. The reason may be empty.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`]; [`LedgerError::Conflict`] when it is done or cancelled;
    /// [`LedgerError::BackfillOverlap`] when it had ended and another backfill now has one of its orders;
    /// [`LedgerError::Invalid`] without an actor.
    pub async fn retry_backfill(&self, id: i64, change: &Change) -> Result<usize, LedgerError> {
        let change = change.kept()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let present = write.hold_backfill(id).await?;
            if matches!(present.state, BackfillState::Cancelled | BackfillState::Done) {
                return Err(present.conflict(BackfillState::Running));
            }
            if present.failed == 0 && present.unpublished.is_none() {
                return Ok(0);
            }
            if present.state.is_end() {
                let orders = write.orders(id).await?;
                write.claim_orders(id, &orders).await?;
            }
            write.retry_items(id, change.at).await?;
            let changed = write.backfill(id).await?;
            let entry = change.audit("backfill.retry", changed.subject(), Some(present.brief()), Some(changed.brief()));
            write.audit(&entry).await?;
            write.commit().await?;
            Ok(usize::try_from(present.failed).unwrap_or(usize::MAX))
        })
        .await
    }

    /// Ends a backfill that runs, of which no item waits and whose publications were made: done, or partial when an item
    /// or a publication failed. Otherwise it stays as it is.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn end_backfill(&self, id: i64, at: DateTime<Utc>) -> Result<Backfill, LedgerError> {
        self.again(|| async {
            let mut write = self.write().await?;
            let present = write.hold_backfill(id).await?;
            if present.state != BackfillState::Running || present.waiting > 0 || !present.published {
                return Ok(present);
            }
            let whole = present.failed == 0 && present.unpublished.is_none();
            let end = if whole { BackfillState::Done } else { BackfillState::Partial };
            write.set_backfill_state(id, end, at).await?;
            let ended = write.backfill(id).await?;
            write.commit().await?;
            Ok(ended)
        })
        .await
    }

    /// Records that the publications of a backfill were made, or tried: `failure` says which failed. While an item waits, nothing
    /// changes: they are to be made again after it.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn mark_backfill_published(
        &self,
        id: i64,
        failure: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            const SQL: &str =
                "UPDATE backfills SET published = 1, unpublished = $3, changed_at = $2 WHERE id = $1 AND published = 0";
            let mut write = self.write().await?;
            if write.hold_backfill(id).await?.waiting > 0 {
                return Ok(Recorded::Unchanged);
            }
            let failure = failure.map(change::text).filter(|text| !text.is_empty());
            let query = sqlx::query(SQL).bind(id).bind(time::text(at)).bind(failure);
            let marked = query.execute(write.connection()).await?;
            write.commit().await?;
            Ok(Recorded::by_rows(marked.rows_affected()))
        })
        .await
    }
}

impl Backfill {
    /// What the audit log says of it.
    fn brief(&self) -> serde_json::Value {
        let Self { state, waiting, done, failed, cancelled, .. } = self;
        json!({ "state": state, "waiting": waiting, "done": done, "failed": failed, "cancelled": cancelled })
    }

    fn conflict(&self, offered: BackfillState) -> LedgerError {
        LedgerError::Conflict { what: self.subject(), recorded: code::name(self.state), offered: code::name(offered) }
    }
}

impl Write {
    /// Gives a backfill another state; at its end its orders are free for another one.
    async fn set_backfill_state(
        &mut self,
        id: i64,
        state: BackfillState,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let at = time::text(at);
        sqlx::query("UPDATE backfills SET state = $2, changed_at = $3, ended_at = $4 WHERE id = $1")
            .bind(id)
            .bind(code::name(state))
            .bind(at.as_str())
            .bind(state.is_end().then_some(at.as_str()))
            .execute(self.connection())
            .await?;
        if state.is_end() {
            sqlx::query("DELETE FROM backfill_claims WHERE backfill = $1").bind(id).execute(self.connection()).await?;
        }
        Ok(())
    }

    async fn cancel_items(&mut self, id: i64, at: DateTime<Utc>) -> Result<(), LedgerError> {
        const SQL: &str =
            "UPDATE backfill_items SET state = 'cancelled', changed_at = $2 WHERE backfill = $1 AND state = 'waiting'";
        sqlx::query(SQL).bind(id).bind(time::text(at)).execute(self.connection()).await?;
        Ok(())
    }

    /// Has failed items wait again and their backfill run, and forgets that its publications were made.
    async fn retry_items(&mut self, id: i64, at: DateTime<Utc>) -> Result<(), LedgerError> {
        const STATE: &str = "UPDATE backfills SET state = 'running', changed_at = $2, ended_at = NULL, published = 0, unpublished = NULL WHERE id = $1";
        const ITEMS: &str =
            "UPDATE backfill_items SET state = 'waiting', error_class = NULL, error_message = NULL, changed_at = $2
            WHERE backfill = $1 AND state = 'failed'";
        for sql in [STATE, ITEMS] {
            sqlx::query(sql).bind(id).bind(time::text(at)).execute(self.connection()).await?;
        }
        Ok(())
    }
}
