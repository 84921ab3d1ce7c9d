//! Deliveries and what was decided on them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use vt_domain::Month;
use vt_domain::delivery::{DeliveryId, DeliveryKind};

use crate::code;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::{Columns, bigint};
use crate::time;

/// What was decided on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Its records may be counted. Stands.
    Accepted,
    /// Nothing of it is counted; a new number is needed. Stands.
    Rejected,
    /// It could not be read so far (cut off, other bytes than promised): it is tried again.
    Failed,
}

/// Records kept, per record type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCounts {
    /// Adviezen.
    pub advies: u64,
    /// Meldingen.
    pub melding: u64,
    /// Vervolgdiensten.
    pub vervolgdienst: u64,
}

/// A delivery of a region's month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Region, month and number.
    pub id: DeliveryId,
    /// Whole month, month-to-date or correction.
    pub soort: DeliveryKind,
    /// Last day covered.
    pub tot_en_met: NaiveDate,
    /// What was decided.
    pub status: DeliveryStatus,
    /// When it was first seen in a listing; the first time that it is recorded stands.
    pub first_seen: DateTime<Utc>,
    /// When it was decided; nothing exactly while it is [`DeliveryStatus::Failed`].
    pub decided_at: Option<DateTime<Utc>>,
    /// Records kept; nothing when it was not read to its end.
    pub records: Option<RecordCounts>,
    /// Records dropped by a `fout` of record scope. For the operator and the region; never published.
    pub dropped: u64,
    /// SHA-256 of its entry in the listing: the same digest needs no second fetch.
    pub listing_digest: String,
}

impl Delivery {
    /// Whether both say the same, apart from when.
    fn says_the_same_as(&self, other: &Self) -> bool {
        let without_times =
            |delivery: &Self| Self { first_seen: self.first_seen, decided_at: None, ..delivery.clone() };
        without_times(self) == without_times(other)
    }

    fn conflict(&self, offered: &Self) -> LedgerError {
        let describe = |delivery: &Self| {
            let digest: String = delivery.listing_digest.chars().take(12).collect();
            format!("{} (listing digest {digest}…)", code::name(delivery.status))
        };
        LedgerError::Conflict {
            what: format!("delivery {}", self.id),
            recorded: describe(self),
            offered: describe(offered),
        }
    }
}

/// Which deliveries to give; the default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Of this region only.
    pub vt: Option<String>,
    /// From this month on.
    pub from: Option<Month>,
    /// Up to and including this month.
    pub to: Option<Month>,
    /// With this status only.
    pub status: Option<DeliveryStatus>,
}

impl DeliveryFilter {
    /// The deliveries of one region for one month.
    pub fn of(vt: impl Into<String>, maand: Month) -> Self {
        Self { vt: Some(vt.into()), from: Some(maand), to: Some(maand), status: None }
    }
}

impl Ledger {
    /// Records a delivery. Accepted and rejected stand: the same again changes nothing, anything else is refused.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when something else was decided, or the number was listed with other files.
    pub async fn record_delivery(&self, delivery: &Delivery) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let recorded = write.delivery(delivery).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// One delivery.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, LedgerError> {
        let row = sqlx::query(ONE)
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(delivery).transpose()
    }

    /// Deliveries, by region, month and number.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, LedgerError> {
        // The casts tell PostgreSQL the type of a parameter that is compared with null only.
        const SQL: &str = "SELECT vt, maand, nr, soort, tot_en_met, status, first_seen, decided_at, advies, melding, vervolgdienst, dropped, listing_digest
            FROM deliveries
            WHERE (CAST($1 AS TEXT) IS NULL OR vt = $1) AND (CAST($2 AS TEXT) IS NULL OR maand >= $2)
                AND (CAST($3 AS TEXT) IS NULL OR maand <= $3) AND (CAST($4 AS TEXT) IS NULL OR status = $4)
            ORDER BY vt, maand, nr";
        let rows = sqlx::query(SQL)
            .bind(filter.vt.clone())
            .bind(filter.from.map(|month| month.to_string()))
            .bind(filter.to.map(|month| month.to_string()))
            .bind(filter.status.map(code::name))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(delivery).collect()
    }
}

const ONE: &str = "SELECT vt, maand, nr, soort, tot_en_met, status, first_seen, decided_at, advies, melding, vervolgdienst, dropped, listing_digest
    FROM deliveries WHERE vt = $1 AND maand = $2 AND nr = $3";

impl Write {
    pub(crate) async fn delivery(&mut self, offered: &Delivery) -> Result<Recorded, LedgerError> {
        if self.insert_delivery(offered).await? == Recorded::Written {
            return Ok(Recorded::Written);
        }
        let id = &offered.id;
        let row = sqlx::query(ONE)
            .bind(id.vt.as_str())
            .bind(id.maand.to_string())
            .bind(i64::from(id.nr))
            .fetch_one(self.connection())
            .await?;
        let recorded = delivery(&row)?;
        if recorded.says_the_same_as(offered) {
            return Ok(Recorded::Unchanged);
        }
        if recorded.status != DeliveryStatus::Failed {
            return Err(recorded.conflict(offered));
        }
        self.decide_delivery(&recorded, offered).await
    }

    async fn insert_delivery(&mut self, delivery: &Delivery) -> Result<Recorded, LedgerError> {
        const SQL: &str = "INSERT INTO deliveries
            (vt, maand, nr, soort, tot_en_met, status, decided_at, advies, melding, vervolgdienst, dropped, listing_digest, first_seen)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (vt, maand, nr) DO NOTHING";
        let done = bind(SQL, delivery).bind(time::text(delivery.first_seen)).execute(self.connection()).await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }

    async fn decide_delivery(&mut self, recorded: &Delivery, offered: &Delivery) -> Result<Recorded, LedgerError> {
        const SQL: &str =
            "UPDATE deliveries SET soort = $4, tot_en_met = $5, status = $6, decided_at = $7, advies = $8,
            melding = $9, vervolgdienst = $10, dropped = $11, listing_digest = $12
            WHERE vt = $1 AND maand = $2 AND nr = $3 AND status = 'failed'";
        match bind(SQL, offered).execute(self.connection()).await?.rows_affected() {
            1 => Ok(Recorded::Written),
            // Another process decided it in between.
            _ => Err(recorded.conflict(offered)),
        }
    }
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

/// Binds all but `first_seen`.
fn bind(sql: &'static str, delivery: &Delivery) -> Query {
    let count = |of: fn(&RecordCounts) -> u64| delivery.records.as_ref().map(|counts| bigint(of(counts)));
    sqlx::query(sql)
        .bind(delivery.id.vt.clone())
        .bind(delivery.id.maand.to_string())
        .bind(i64::from(delivery.id.nr))
        .bind(delivery.soort.name())
        .bind(delivery.tot_en_met.to_string())
        .bind(code::name(delivery.status))
        .bind(delivery.decided_at.map(time::text))
        .bind(count(|counts| counts.advies))
        .bind(count(|counts| counts.melding))
        .bind(count(|counts| counts.vervolgdienst))
        .bind(bigint(delivery.dropped))
        .bind(delivery.listing_digest.clone())
}

fn delivery(row: &AnyRow) -> Result<Delivery, LedgerError> {
    let columns = Columns::of("deliveries", row);
    let counts = (
        columns.optional_count("advies")?,
        columns.optional_count("melding")?,
        columns.optional_count("vervolgdienst")?,
    );
    Ok(Delivery {
        id: DeliveryId { vt: columns.text("vt")?, maand: columns.parsed("maand")?, nr: columns.number("nr")? },
        soort: columns.code("soort")?,
        tot_en_met: columns.parsed("tot_en_met")?,
        status: columns.code("status")?,
        first_seen: columns.instant("first_seen")?,
        decided_at: columns.optional_instant("decided_at")?,
        records: match counts {
            (Some(advies), Some(melding), Some(vervolgdienst)) => Some(RecordCounts { advies, melding, vervolgdienst }),
            _ => None,
        },
        dropped: columns.count("dropped")?,
        listing_digest: columns.text("listing_digest")?,
    })
}
