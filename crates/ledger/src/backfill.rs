//! Backfills: orders for the past that an operator has pulled (again), one by one, from the plan to the publications.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor};
use vt_domain::Month;

use crate::change::{self, Change};
use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::time;

mod items;
mod steer;

pub use items::{BackfillItem, BackfillItemState};

/// How many orders an error names.
const NAMED: usize = 5;

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillState {
    /// Its orders are pulled.
    Running,
    /// It waits for the operator.
    Paused,
    /// The operator ended it. Stands.
    Cancelled,
    /// All was pulled and published. Stands.
    Done,
    /// All was tried, and some orders or publications failed: these may be tried again.
    Partial,
}

impl BackfillState {
    /// Whether no more orders are pulled, unless the operator has the failed ones tried again.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done | Self::Partial)
    }
}

/// What a backfill is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBackfill {
    /// The plan, as JSON text.
    pub plan: String,
    /// Digest of the plan.
    pub plan_digest: String,
    /// The orders: region and month.
    pub orders: Vec<(String, Month)>,
    /// Why.
    pub reason: Option<String>,
}

/// A backfill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backfill {
    /// Its number.
    pub id: i64,
    /// How far it is.
    pub state: BackfillState,
    /// The plan, as JSON text.
    pub plan: String,
    /// Digest of the plan.
    pub plan_digest: String,
    /// Who began it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When it or one of its items last changed.
    pub changed_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Items that wait.
    pub waiting: i64,
    /// Items that were pulled.
    pub done: i64,
    /// Items that failed.
    pub failed: i64,
    /// Items that were cancelled.
    pub cancelled: i64,
    /// Whether its publications were made.
    pub published: bool,
    /// Which of its publications failed and why; nothing when none did.
    pub unpublished: Option<String>,
}

impl Backfill {
    fn subject(&self) -> String {
        format!("backfill {}", self.id)
    }
}

impl Ledger {
    /// Begins a backfill (`backfill.apply` in the audit log). The same plan again, while it runs or is paused, gives the
    /// backfill that there is. The reason of the change may be empty; with a reason in one of both places, it counts for both.
    ///
    /// # Errors
    /// [`LedgerError::BackfillOverlap`] when another backfill that runs or is paused has one of the orders, done or not;
    /// [`LedgerError::Invalid`] without an actor or a digest.
    pub async fn begin_backfill(&self, new: &NewBackfill, change: &Change) -> Result<Backfill, LedgerError> {
        let mut change = change.kept()?;
        if new.plan_digest.is_empty() {
            return Err(LedgerError::Invalid { reason: "a backfill needs the digest of its plan" });
        }
        let reason = new.reason.as_deref().map(change::text).filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| change.reason.clone());
        if change.reason.is_empty() {
            change.reason.clone_from(&reason);
        }
        let orders: BTreeSet<(String, String)> =
            new.orders.iter().map(|(vt, maand)| (vt.clone(), maand.to_string())).collect();

        self.again(|| async {
            let mut write = self.write().await?;
            let id = match write.open_backfill(new, &reason, &change).await? {
                Begun::Before(id) => return write.backfill(id).await,
                Begun::Now(id) => id,
            };
            write.claim_orders(id, &orders).await?;
            write.insert_items(id, &orders).await?;
            let begun = write.backfill(id).await?;
            let plan = json!({ "plan": new.plan_digest, "orders": orders.len() });
            write.audit(&change.audit("backfill.apply", begun.subject(), None, Some(plan))).await?;
            write.commit().await?;
            Ok(begun)
        })
        .await
    }

    /// One backfill.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn backfill(&self, id: i64) -> Result<Backfill, LedgerError> {
        read(&self.pool, id).await
    }

    /// The latest backfills, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn backfills(&self, limit: u32) -> Result<Vec<Backfill>, LedgerError> {
        const SQL: &str = "SELECT backfills.id, backfills.state, plan, plan_digest, actor, reason, begun_at, backfills.changed_at, ended_at, published, unpublished,
                count(CASE WHEN item.state = 'waiting' THEN 1 END) AS waiting, count(CASE WHEN item.state = 'done' THEN 1 END) AS done,
                count(CASE WHEN item.state = 'failed' THEN 1 END) AS failed, count(CASE WHEN item.state = 'cancelled' THEN 1 END) AS cancelled
            FROM backfills LEFT JOIN backfill_items AS item ON item.backfill = backfills.id
            GROUP BY backfills.id ORDER BY backfills.id DESC LIMIT $1";
        let rows = sqlx::query(SQL).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(backfill).collect()
    }
}

impl Ledger {
    /// The oldest backfill that runs.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn oldest_running_backfill(&self) -> Result<Option<i64>, LedgerError> {
        let row =
            sqlx::query("SELECT min(id) AS id FROM backfills WHERE state = 'running'").fetch_one(&self.pool).await?;
        Columns::of("backfills", &row).optional_integer("id")
    }

    /// The state of a backfill, without its plan.
    ///
    /// # Errors
    /// [`LedgerError::UnknownBackfill`].
    pub async fn backfill_state(&self, id: i64) -> Result<BackfillState, LedgerError> {
        let row = sqlx::query("SELECT state FROM backfills WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        Columns::of("backfills", &row.ok_or(LedgerError::UnknownBackfill(id))?).code("state")
    }
}

/// Whether the backfill of a plan was there.
enum Begun {
    Now(i64),
    Before(i64),
}

impl Write {
    /// Holds the row of a backfill, so that nobody else changes it or its items before this transaction ends. Every change of
    /// a backfill begins so; it is the backfill as it is then.
    async fn hold_backfill(&mut self, id: i64) -> Result<Backfill, LedgerError> {
        sqlx::query("UPDATE backfills SET changed_at = changed_at WHERE id = $1")
            .bind(id)
            .execute(self.connection())
            .await?;
        self.backfill(id).await
    }

    async fn backfill(&mut self, id: i64) -> Result<Backfill, LedgerError> {
        read(self.connection(), id).await
    }

    async fn open_backfill(&mut self, new: &NewBackfill, reason: &str, change: &Change) -> Result<Begun, LedgerError> {
        const SQL: &str =
            "INSERT INTO backfills (state, plan, plan_digest, actor, reason, begun_at, changed_at, published)
            VALUES ('running', $1, $2, $3, $4, $5, $5, 0)
            ON CONFLICT (plan_digest) WHERE ended_at IS NULL DO NOTHING RETURNING id";
        const OPEN: &str = "SELECT id FROM backfills WHERE plan_digest = $1 AND ended_at IS NULL";
        loop {
            let opened = sqlx::query(SQL)
                .bind(new.plan.as_str())
                .bind(new.plan_digest.as_str())
                .bind(change.actor.as_str())
                .bind((!reason.is_empty()).then_some(reason))
                .bind(time::text(change.at))
                .fetch_optional(self.connection())
                .await?;
            if let Some(row) = opened {
                return Ok(Begun::Now(Columns::of("backfills", &row).integer("id")?));
            }
            let open = sqlx::query(OPEN).bind(new.plan_digest.as_str()).fetch_optional(self.connection()).await?;
            // Otherwise another process ended it in between.
            if let Some(row) = open {
                return Ok(Begun::Before(Columns::of("backfills", &row).integer("id")?));
            }
        }
    }

    /// Takes orders for a backfill: in their order, so that two who take some of the same wait for each other at most once.
    async fn claim_orders(&mut self, id: i64, orders: &BTreeSet<(String, String)>) -> Result<(), LedgerError> {
        let mut taken: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (vt, maand) in orders {
            if let Some(other) = self.claim_order(id, vt, maand).await? {
                taken.entry(other).or_default().push(format!("{vt} {maand}"));
            }
        }
        match taken.pop_first() {
            None => Ok(()),
            Some((id, mut orders)) => {
                let more = orders.len().saturating_sub(NAMED);
                orders.truncate(NAMED);
                Err(LedgerError::BackfillOverlap { id, orders, more })
            }
        }
    }

    /// Takes an order; who has it, when it is somebody else's.
    async fn claim_order(&mut self, id: i64, vt: &str, maand: &str) -> Result<Option<i64>, LedgerError> {
        const SQL: &str =
            "INSERT INTO backfill_claims (vt, maand, backfill) VALUES ($1, $2, $3) ON CONFLICT (vt, maand) DO NOTHING";
        const WHOSE: &str = "SELECT backfill FROM backfill_claims WHERE vt = $1 AND maand = $2";
        loop {
            let taken = sqlx::query(SQL).bind(vt).bind(maand).bind(id).execute(self.connection()).await?;
            if taken.rows_affected() == 1 {
                return Ok(None);
            }
            // Without a row, the backfill that had it ended in between.
            if let Some(row) = sqlx::query(WHOSE).bind(vt).bind(maand).fetch_optional(self.connection()).await? {
                let whose = Columns::of("backfill_claims", &row).integer("backfill")?;
                return Ok((whose != id).then_some(whose));
            }
        }
    }
}

async fn read<'c>(connection: impl Executor<'c, Database = Any>, id: i64) -> Result<Backfill, LedgerError> {
    const SQL: &str =
        "SELECT id, state, plan, plan_digest, actor, reason, begun_at, changed_at, ended_at, published, unpublished,
            (SELECT count(*) FROM backfill_items WHERE backfill = $1 AND state = 'waiting') AS waiting,
            (SELECT count(*) FROM backfill_items WHERE backfill = $1 AND state = 'done') AS done,
            (SELECT count(*) FROM backfill_items WHERE backfill = $1 AND state = 'failed') AS failed,
            (SELECT count(*) FROM backfill_items WHERE backfill = $1 AND state = 'cancelled') AS cancelled
        FROM backfills WHERE id = $1";
    let row = sqlx::query(SQL).bind(id).fetch_optional(connection).await?;
    backfill(&row.ok_or(LedgerError::UnknownBackfill(id))?)
}

fn backfill(row: &AnyRow) -> Result<Backfill, LedgerError> {
    let columns = Columns::of("backfills", row);
    Ok(Backfill {
        id: columns.integer("id")?,
        state: columns.code("state")?,
        plan: columns.text("plan")?,
        plan_digest: columns.text("plan_digest")?,
        actor: columns.text("actor")?,
        reason: columns.optional_text("reason")?,
        begun_at: columns.instant("begun_at")?,
        changed_at: columns.instant("changed_at")?,
        ended_at: columns.optional_instant("ended_at")?,
        waiting: columns.integer("waiting")?,
        done: columns.integer("done")?,
        failed: columns.integer("failed")?,
        cancelled: columns.integer("cancelled")?,
        published: columns.flag("published")?,
        unpublished: columns.optional_text("unpublished")?,
    })
}
