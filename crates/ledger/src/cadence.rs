//! Decisions on the cadence: from which day on periods of which length are published.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use vt_domain::PeriodKind;

use crate::change::Change;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::row::Columns;
use crate::time;

/// All decisions, in the order in which they were taken.
const ALL: &str = "SELECT id, from_day, cadence, decided_at, actor, reason FROM cadence_decisions ORDER BY id";

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

/// The decisions that stand, of all in the order in which they were taken: each replaces earlier ones from its first day on, also
/// those that were to come into force after it. By first day.
pub fn standing(all: &[CadenceDecision]) -> Vec<&CadenceDecision> {
    let mut standing: Vec<&CadenceDecision> = Vec::new();
    for decision in all {
        standing.retain(|earlier| earlier.from < decision.from);
        standing.push(decision);
    }
    standing
}

impl Ledger {
    /// All decisions on the cadence, oldest first. None is ever changed or deleted.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn cadence_decisions(&self) -> Result<Vec<CadenceDecision>, LedgerError> {
        let rows = sqlx::query(ALL).fetch_all(&self.pool).await?;
        rows.iter().map(decision).collect()
    }

    /// Decides on the cadence from a day on. `before` is the cadence that counted for that day so far, for the audit log
    /// (`cadence.set`), which also gets the decisions that stood and those that stand. What the latest decision says already changes nothing and gives that decision.
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
        const SQL: &str =
            "INSERT INTO cadence_decisions (from_day, cadence, decided_at, actor, reason) VALUES ($1, $2, $3, $4, $5)
            RETURNING id, from_day, cadence, decided_at, actor, reason";
        let change = change.kept_with_reason()?;
        self.again(|| async {
            let mut write = self.write().await?;
            // What stands is read first: of two who decide at once, the later must see what the other did.
            write.alone_with("cadence_decisions").await?;
            let rows = sqlx::query(ALL).fetch_all(write.connection()).await?;
            let mut all: Vec<CadenceDecision> = rows.iter().map(decision).collect::<Result<_, _>>()?;
            if let Some(latest) = all.last().filter(|latest| (latest.from, latest.cadence) == (from, cadence)) {
                return Ok(latest.clone());
            }
            let row = sqlx::query(SQL)
                .bind(from.to_string())
                .bind(cadence.name())
                .bind(time::text(change.at))
                .bind(change.actor.as_str())
                .bind(change.reason.as_str())
                .fetch_one(write.connection())
                .await?;
            let taken = decision(&row)?;
            let stood = before.map(|before| audited(before, from, &all));
            all.push(taken.clone());
            let stands = audited(cadence, from, &all);
            write.audit(&change.audit("cadence.set", "cadence", stood, Some(stands))).await?;
            write.commit().await?;
            Ok(taken)
        })
        .await
    }
}

/// The cadence of a day, and the decisions that stand, for the audit log.
fn audited(cadence: PeriodKind, from: NaiveDate, all: &[CadenceDecision]) -> Value {
    let stand = standing(all).into_iter().map(|it| json!({ "from": it.from, "cadence": it.cadence.name() }));
    json!({ "cadence": cadence.name(), "from": from, "decisions": stand.collect::<Vec<_>>() })
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
