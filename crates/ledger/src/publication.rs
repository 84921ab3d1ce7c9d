//! Issues of periods, from reservation to publication. What exists is decided by the stores (DESIGN §5); this is the operator's list of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use vt_domain::{Period, PeriodKind};

use crate::code;
use crate::error::LedgerError;
use crate::fault::one_line;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::time;

/// How far an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationStatus {
    /// It is reserved; whoever finds it so finishes exactly that draft.
    Reserved,
    /// Its manifest is there. Stands.
    Published,
    /// It can't be finished; its number stays unused. Stands.
    Void,
}

/// An issue of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// The period; its kind is the cadence.
    pub period: Period,
    /// Number of the issue, from 1.
    pub issue: u32,
    /// How far it is.
    pub status: PublicationStatus,
    /// When it was reserved; nothing when this ledger did not see that (restored from an older backup).
    pub reserved_at: Option<DateTime<Utc>>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// SHA-256 of its manifest, once published.
    pub manifest_digest: Option<String>,
    /// When it was given up.
    pub voided_at: Option<DateTime<Utc>>,
    /// Why it was given up.
    pub void_reason: Option<String>,
}

impl Publication {
    fn conflict(&self, offered: &str) -> LedgerError {
        let digest =
            self.manifest_digest.as_deref().map(|digest| format!(" with manifest {digest}")).unwrap_or_default();
        let recorded = format!("{}{digest}", code::name(self.status));
        LedgerError::Conflict {
            what: format!("{} issue {}", self.period, self.issue),
            recorded,
            offered: offered.to_owned(),
        }
    }
}

impl Ledger {
    /// Records a reservation. Of an issue that is reserved or published already, nothing changes.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the issue is void.
    pub async fn record_reservation(
        &self,
        period: Period,
        issue: u32,
        at: DateTime<Utc>,
    ) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            const SQL: &str =
            "INSERT INTO publications (cadence, period, issue, status, reserved_at) VALUES ($1, $2, $3, 'reserved', $4)
            ON CONFLICT (cadence, period, issue) DO NOTHING";
            let mut write = self.write().await?;
            let query = sqlx::query(SQL)
                .bind(period.kind().name())
                .bind(period.to_string())
                .bind(i64::from(issue))
                .bind(time::text(at));
            let recorded = Recorded::by_rows(query.execute(write.connection()).await?.rows_affected());
            if recorded == Recorded::Unchanged {
                let present = write.publication(period, issue).await?;
                if present.status == PublicationStatus::Void {
                    return Err(present.conflict("reserved"));
                }
            }
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// Records that an issue's manifest is there, also when the ledger did not see the reservation. What held this issue or
    /// an earlier one of its period back is cleared.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when it is void, or was published with another manifest.
    pub async fn record_publication(
        &self,
        period: Period,
        issue: u32,
        at: DateTime<Utc>,
        manifest_digest: &str,
    ) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO publications (cadence, period, issue, status, published_at, manifest_digest) VALUES ($1, $2, $3, 'published', $4, $5)
            ON CONFLICT (cadence, period, issue) DO UPDATE
            SET status = excluded.status, published_at = excluded.published_at, manifest_digest = excluded.manifest_digest
            WHERE publications.status = 'reserved'";
        self.repeat(|| async {
            let mut write = self.write().await?;
            let query = sqlx::query(SQL)
                .bind(period.kind().name())
                .bind(period.to_string())
                .bind(i64::from(issue))
                .bind(time::text(at))
                .bind(manifest_digest);
            let recorded = Recorded::by_rows(query.execute(write.connection()).await?.rows_affected());
            if recorded == Recorded::Unchanged {
                let present = write.publication(period, issue).await?;
                if present.manifest_digest.as_deref() != Some(manifest_digest) {
                    return Err(present.conflict(&format!("published with manifest {manifest_digest}")));
                }
            }
            let recorded = recorded.and(write.no_longer_held_back(period, issue).await?);
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// Records that an issue is given up: its number stays unused, its values still count as published.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when it was published.
    pub async fn record_void(
        &self,
        period: Period,
        issue: u32,
        at: DateTime<Utc>,
        reason: &str,
    ) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO publications (cadence, period, issue, status, voided_at, void_reason) VALUES ($1, $2, $3, 'void', $4, $5)
            ON CONFLICT (cadence, period, issue) DO UPDATE
            SET status = excluded.status, voided_at = excluded.voided_at, void_reason = excluded.void_reason
            WHERE publications.status = 'reserved'";
        self.repeat(|| async {
            let mut write = self.write().await?;
            let query = sqlx::query(SQL)
                .bind(period.kind().name())
                .bind(period.to_string())
                .bind(i64::from(issue))
                .bind(time::text(at))
                .bind(one_line(reason));
            let recorded = Recorded::by_rows(query.execute(write.connection()).await?.rows_affected());
            if recorded == Recorded::Unchanged {
                let present = write.publication(period, issue).await?;
                if present.status != PublicationStatus::Void {
                    return Err(present.conflict("void"));
                }
            }
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// Issues of all periods, or of one cadence, by period and issue.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn publications(&self, kind: Option<PeriodKind>) -> Result<Vec<Publication>, LedgerError> {
        const SQL: &str =
            "SELECT period, issue, status, reserved_at, published_at, manifest_digest, voided_at, void_reason
            FROM publications WHERE CAST($1 AS TEXT) IS NULL OR cadence = $1";
        let rows = sqlx::query(SQL).bind(kind.map(PeriodKind::name)).fetch_all(&self.pool).await?;
        let mut publications: Vec<Publication> = rows.iter().map(publication).collect::<Result<_, _>>()?;
        publications.sort_by_key(|publication| (publication.period, publication.issue));
        Ok(publications)
    }
}

impl Write {
    async fn publication(&mut self, period: Period, issue: u32) -> Result<Publication, LedgerError> {
        const SQL: &str =
            "SELECT period, issue, status, reserved_at, published_at, manifest_digest, voided_at, void_reason
            FROM publications WHERE cadence = $1 AND period = $2 AND issue = $3";
        let row = sqlx::query(SQL)
            .bind(period.kind().name())
            .bind(period.to_string())
            .bind(i64::from(issue))
            .fetch_one(self.connection())
            .await?;
        publication(&row)
    }
}

fn publication(row: &AnyRow) -> Result<Publication, LedgerError> {
    let columns = Columns::of("publications", row);
    Ok(Publication {
        period: columns.parsed("period")?,
        issue: columns.number("issue")?,
        status: columns.code("status")?,
        reserved_at: columns.optional_instant("reserved_at")?,
        published_at: columns.optional_instant("published_at")?,
        manifest_digest: columns.optional_text("manifest_digest")?,
        voided_at: columns.optional_instant("voided_at")?,
        void_reason: columns.optional_text("void_reason")?,
    })
}
