//! All that one pull leaves in the ledger, in one transaction: either all of it is there or nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use vt_domain::Month;
use vt_domain::finding::Finding;

use crate::delivery::Delivery;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::lease::Lease;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::run::RunId;
use crate::step::Step;
use crate::time;

/// A delivery and what the checks said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// All findings on it; their examples are left out.
    pub findings: Vec<Finding>,
}

/// What one pull of a region's month did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRecord {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The deliveries that it saw, of this region and month.
    pub deliveries: Vec<JudgedDelivery>,
    /// Why it failed; nothing when it did its work (also when a delivery was rejected): then earlier failures are cleared.
    pub failure: Option<Fault>,
    /// The backfill whose order this was: its item is closed with it.
    pub backfill: Option<i64>,
}

impl Ledger {
    /// Records a pull. With a lease, only when that lease is still held.
    ///
    /// # Errors
    /// [`LedgerError::LeaseLost`], [`LedgerError::UnknownRun`], [`LedgerError::Conflict`], [`LedgerError::UnknownBackfill`],
    /// [`LedgerError::UnknownOrder`]: nothing at all is recorded.
    pub async fn record_pull(
        &self,
        run: RunId,
        lease: Option<&Lease>,
        pull: &PullRecord,
    ) -> Result<Recorded, LedgerError> {
        self.record_work(run, lease, pull, true).await
    }

    /// Records a delivery that came by hand: as a pull, but nothing follows from it about the region's source.
    ///
    /// # Errors
    /// As [`Ledger::record_pull`].
    pub async fn record_by_hand(
        &self,
        run: RunId,
        lease: Option<&Lease>,
        pull: &PullRecord,
    ) -> Result<Recorded, LedgerError> {
        self.record_work(run, lease, pull, false).await
    }

    async fn record_work(
        &self,
        run: RunId,
        lease: Option<&Lease>,
        pull: &PullRecord,
        of_source: bool,
    ) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            if let Some(lease) = lease {
                write.still_held(lease).await?;
            }
            let mut recorded = write.steps(run, &pull.steps).await?;
            for JudgedDelivery { delivery, findings } in &pull.deliveries {
                recorded = recorded.and(write.delivery(delivery).await?);
                recorded = recorded.and(write.findings(&delivery.id, findings).await?);
            }
            if !of_source {
                write.commit().await?;
                return Ok(recorded);
            }
            recorded = recorded.and(match &pull.failure {
                Some(fault) => write.failed_pull(&pull.vt, pull.maand, pull.at, fault).await?,
                None => write.no_failed_pull(&pull.vt, pull.maand).await?.and(write.pulled(pull).await?),
            });
            if let Some(id) = pull.backfill {
                let closed =
                    write.close_backfill_item(id, &pull.vt, pull.maand, pull.failure.as_ref(), pull.at).await?;
                recorded = recorded.and(closed);
            }
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }
}

impl Ledger {
    /// When each region's month was last pulled to its end.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn pulled(&self) -> Result<BTreeMap<(String, Month), DateTime<Utc>>, LedgerError> {
        let rows = sqlx::query("SELECT vt, maand, at FROM pulled").fetch_all(&self.pool).await?;
        let pulled = rows.iter().map(|row| {
            let columns = Columns::of("pulled", row);
            Ok(((columns.text("vt")?, columns.parsed("maand")?), columns.instant("at")?))
        });
        pulled.collect()
    }
}

impl Write {
    /// Notes that a pull came to its end. An earlier one does not take the place of a later one.
    async fn pulled(&mut self, pull: &PullRecord) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO pulled (vt, maand, at) VALUES ($1, $2, $3)
            ON CONFLICT (vt, maand) DO UPDATE SET at = excluded.at WHERE pulled.at < excluded.at";
        let done = sqlx::query(SQL)
            .bind(pull.vt.as_str())
            .bind(pull.maand.to_string())
            .bind(time::text(pull.at))
            .execute(self.connection())
            .await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }
}
