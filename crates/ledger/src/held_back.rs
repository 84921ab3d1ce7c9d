//! Issues that are not published, and why: refused by the gate, not to be protected, or not possible yet.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;
use vt_domain::{Period, PeriodKind};

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::time;

/// An issue that is held back now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    /// The period.
    pub period: Period,
    /// The issue that would have been published.
    pub issue: u32,
    /// Since when for this reason.
    pub since: DateTime<Utc>,
    /// Why, and what would help. Private: it may tell more than a published coverage table does.
    pub reason: Fault,
}

impl Ledger {
    /// Records that an issue is held back. For the same reason again, nothing changes; another reason replaces it.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn record_held_back(
        &self,
        period: Period,
        issue: u32,
        at: DateTime<Utc>,
        reason: &Fault,
    ) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO held_back (cadence, period, issue, since, reason_class, reason_message) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (cadence, period, issue) DO UPDATE
            SET since = excluded.since, reason_class = excluded.reason_class, reason_message = excluded.reason_message
            WHERE held_back.reason_class <> excluded.reason_class OR held_back.reason_message <> excluded.reason_message";
        self.repeat(|| async {
            let mut write = self.write().await?;
            let reason = reason.kept();
            let done = sqlx::query(SQL)
                .bind(period.kind().name())
                .bind(period.to_string())
                .bind(i64::from(issue))
                .bind(time::text(at))
                .bind(reason.class)
                .bind(reason.message)
                .execute(write.connection())
                .await?;
            write.commit().await?;
            Ok(Recorded::by_rows(done.rows_affected()))
        })
        .await
    }

    /// Records that nothing holds an issue, or an earlier one of its period, back any more.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn clear_held_back(&self, period: Period, issue: u32) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let recorded = write.no_longer_held_back(period, issue).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// Issues held back now, of all cadences or of one, by period and issue.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn held_back(&self, kind: Option<PeriodKind>) -> Result<Vec<HeldBack>, LedgerError> {
        const SQL: &str = "SELECT period, issue, since, reason_class, reason_message FROM held_back WHERE CAST($1 AS TEXT) IS NULL OR cadence = $1";
        let rows = sqlx::query(SQL).bind(kind.map(PeriodKind::name)).fetch_all(&self.pool).await?;
        let mut held_back: Vec<HeldBack> = rows.iter().map(read).collect::<Result<_, _>>()?;
        held_back.sort_by_key(|held_back| (held_back.period, held_back.issue));
        Ok(held_back)
    }
}

impl Write {
    pub(crate) async fn no_longer_held_back(&mut self, period: Period, issue: u32) -> Result<Recorded, LedgerError> {
        let done = sqlx::query("DELETE FROM held_back WHERE cadence = $1 AND period = $2 AND issue <= $3")
            .bind(period.kind().name())
            .bind(period.to_string())
            .bind(i64::from(issue))
            .execute(self.connection())
            .await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }
}

fn read(row: &AnyRow) -> Result<HeldBack, LedgerError> {
    let columns = Columns::of("held_back", row);
    Ok(HeldBack {
        period: columns.parsed("period")?,
        issue: columns.number("issue")?,
        since: columns.instant("since")?,
        reason: columns.fault("reason_class", "reason_message")?,
    })
}
