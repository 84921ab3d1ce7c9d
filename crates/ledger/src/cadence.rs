//! Decisions on the cadence: from which day on periods of which length are published.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::any::AnyRow;
use vt_domain::PeriodKind;

use crate::change::Change;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::row::Columns;
use crate::time;

/// A decision on the cadence. Where two speak of the same day, the later one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CadenceDecision {
    /// Its number; later decisions have higher ones.
    pub id: i64,
    /// The first day for which it counts.
    pub from: NaiveDate,
    /// The cadence from that day on.
    pub cadence: PeriodKind,
    /// When it was taken.
    pub decided_at: DateTime<Utc>,
    /// Who took it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl Ledger {
    /// All decisions on the cadence, oldest first. None is ever changed or deleted.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn cadence_decisions(&self) -> Result<Vec<CadenceDecision>, LedgerError> {
        const SQL: &str = "SELECT id, from_day, cadence, decided_at, actor, reason FROM cadence_decisions ORDER BY id";
        let rows = sqlx::query(SQL).fetch_all(&self.pool).await?;
        rows.iter().map(decision).collect()
    }

    /// Decides on the cadence from a day on. `before` is the cadence that counted for that day so far, for the audit log
    /// (`cadence.set`). What the latest decision says already changes nothing and gives that decision.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] without an actor or a reason.
    pub async fn decide_cadence(
        &self,
        from: NaiveDate,
        cadence: PeriodKind,
        before: Option<PeriodKind>,
        change: &Change,
    ) -> Result<CadenceDecision, LedgerError> {
        const LATEST: &str =
            "SELECT id, from_day, cadence, decided_at, actor, reason FROM cadence_decisions ORDER BY id DESC LIMIT 1";
        const SQL: &str =
            "INSERT INTO cadence_decisions (from_day, cadence, decided_at, actor, reason) VALUES ($1, $2, $3, $4, $5)
            RETURNING id, from_day, cadence, decided_at, actor, reason";
        let change = change.kept_with_reason()?;
        let mut write = self.write().await?;
        let latest = sqlx::query(LATEST).fetch_optional(write.connection()).await?;
        if let Some(latest) = latest.as_ref().map(decision).transpose()?
            && (latest.from, latest.cadence) == (from, cadence)
        {
            return Ok(latest);
        }
        let row = sqlx::query(SQL)
            .bind(from.to_string())
            .bind(cadence.name())
            .bind(time::text(change.at))
            .bind(change.actor.as_str())
            .bind(change.reason.as_str())
            .fetch_one(write.connection())
            .await?;
        let says = |cadence: PeriodKind| json!({ "cadence": cadence.name(), "from": from });
        write.audit(&change.audit("cadence.set", "cadence", before.map(says), Some(says(cadence)))).await?;
        write.commit().await?;
        decision(&row)
    }
}

fn decision(row: &AnyRow) -> Result<CadenceDecision, LedgerError> {
    let columns = Columns::of("cadence_decisions", row);
    Ok(CadenceDecision {
        id: columns.integer("id")?,
        from: columns.parsed("from_day")?,
        cadence: columns.code("cadence")?,
        decided_at: columns.instant("decided_at")?,
        actor: columns.text("actor")?,
        reason: columns.text("reason")?,
    })
}
