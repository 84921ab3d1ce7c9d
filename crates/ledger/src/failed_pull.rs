//! Pulls that fail now: which region's month, how often, and why last.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;
use vt_domain::Month;

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::run::RunId;
use crate::time;

/// A region's month that could not be pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedPull {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// How many attempts failed in a row.
    pub attempts: u64,
    /// The first of them.
    pub first_failed: DateTime<Utc>,
    /// The last of them.
    pub last_failed: DateTime<Utc>,
    /// The run in which that was; nothing when it took no step.
    pub run: Option<RunId>,
    /// Why the last one failed.
    pub fault: Fault,
}

impl Ledger {
    /// Records that an attempt failed at an instant. The attempt of the same instant again changes nothing.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn record_failed_pull(
        &self,
        vt: &str,
        maand: Month,
        at: DateTime<Utc>,
        fault: &Fault,
    ) -> Result<Recorded, LedgerError> {
        self.again(|| async {
            let mut write = self.write().await?;
            let recorded = write.failed_pull(vt, maand, at, fault).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// Records that a region's month can be pulled again.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn clear_failed_pull(&self, vt: &str, maand: Month) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let recorded = write.no_failed_pull(vt, maand).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// All pulls that fail now, by region and month.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn failed_pulls(&self) -> Result<Vec<FailedPull>, LedgerError> {
        // The runs of that moment are few: of these the one that has steps of the pull.
        const SQL: &str = "SELECT vt, maand, attempts, first_failed, last_failed, error_class, error_message,
                (SELECT MAX(runs.id) FROM runs WHERE runs.started <= failed.last_failed
                    AND (runs.ended IS NULL OR runs.ended >= failed.last_failed)
                    AND EXISTS (SELECT 1 FROM steps WHERE steps.run = runs.id AND steps.kind = 'pull'
                        AND steps.subject = failed.vt || ' ' || failed.maand)) AS run
            FROM failed_pulls AS failed ORDER BY vt, maand";
        let rows = sqlx::query(SQL).fetch_all(&self.pool).await?;
        rows.iter().map(failed_pull).collect()
    }
}

impl Write {
    pub(crate) async fn failed_pull(
        &mut self,
        vt: &str,
        maand: Month,
        at: DateTime<Utc>,
        fault: &Fault,
    ) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO failed_pulls (vt, maand, attempts, first_failed, last_failed, error_class, error_message)
            VALUES ($1, $2, 1, $3, $3, $4, $5)
            ON CONFLICT (vt, maand) DO UPDATE SET attempts = failed_pulls.attempts + 1, last_failed = excluded.last_failed,
                error_class = excluded.error_class, error_message = excluded.error_message
            WHERE failed_pulls.last_failed <> excluded.last_failed";
        let fault = fault.kept();
        let done = sqlx::query(SQL)
            .bind(vt)
            .bind(maand.to_string())
            .bind(time::text(at))
            .bind(fault.class)
            .bind(fault.message)
            .execute(self.connection())
            .await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }

    pub(crate) async fn no_failed_pull(&mut self, vt: &str, maand: Month) -> Result<Recorded, LedgerError> {
        let done = sqlx::query("DELETE FROM failed_pulls WHERE vt = $1 AND maand = $2")
            .bind(vt)
            .bind(maand.to_string())
            .execute(self.connection())
            .await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }
}

fn failed_pull(row: &AnyRow) -> Result<FailedPull, LedgerError> {
    let columns = Columns::of("failed_pulls", row);
    Ok(FailedPull {
        vt: columns.text("vt")?,
        maand: columns.parsed("maand")?,
        attempts: columns.count("attempts")?,
        first_failed: columns.instant("first_failed")?,
        last_failed: columns.instant("last_failed")?,
        run: columns.optional_integer("run")?.map(RunId),
        fault: columns.fault("error_class", "error_message")?,
    })
}
