//! Verdicts on deliveries, and what a region is told.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryHeader, DeliveryId};

use crate::error::VaultError;
use crate::objects::Vault;

/// Verdicts read at once: one by one, a store far away would take its time for each.
const CONCURRENT_READS: usize = 16;

/// The lasting record of one judged delivery. Of a rejected delivery it holds digests and findings, no content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryRecord {
    /// Version of this record's form: 1.
    pub formaat: u32,
    /// The header as delivered.
    pub kop: DeliveryHeader,
    /// Accepted or rejected.
    pub verdict: Verdict,
    /// Digests promised in the listing and met by the bytes. Changed digests under a known number are a `fout`.
    pub bestanden: Vec<FileDigest>,
    /// Keyed digest of the whole delivery, for manifests: a plain one would confirm guesses.
    pub kenmerk: String,
    /// When it was judged.
    pub beoordeeld_op: DateTime<Utc>,
    /// Ids of the checks that found something, with how many records; for the ledger and `findings`.
    pub bevindingen: Vec<vt_domain::finding::Finding>,
    /// What later deliveries of the region are compared with; present when accepted.
    pub samenvatting: Option<DeliverySummary>,
}

impl DeliveryRecord {
    /// The name of the delivery.
    pub fn id(&self) -> DeliveryId {
        self.kop.id()
    }

    /// Whether its records may be counted.
    pub fn accepted(&self) -> bool {
        self.verdict == Verdict::Geaccepteerd
    }
}

/// The verdict on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its records may be counted.
    Geaccepteerd,
    /// Nothing of it is counted; a new number is needed.
    Afgekeurd,
}

/// One file as promised and met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// What the file holds.
    pub recordsoort: RecordType,
    /// The name under which raw bytes are kept.
    pub naam: String,
    /// Bytes as transferred.
    pub bytes: u64,
    /// SHA-256 as transferred.
    pub sha256: String,
    /// Records promised.
    pub records: u64,
}

/// A region's month in a few numbers; private.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverySummary {
    /// Records read, kept and dropped per record type.
    pub records: BTreeMap<RecordType, RecordCount>,
    /// Accepted adviezen per day (startdatum) and meldingen per day (ontvangstdatum).
    pub per_dag: BTreeMap<RecordType, BTreeMap<NaiveDate, u64>>,
    /// Shares that the reeks checks watch, by name: `melding.politie`, `advies.vorm.onbekend`, …
    pub aandelen: BTreeMap<String, MonthShare>,
}

/// How many records of a file were read, kept and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCount {
    /// Records in the file.
    pub gelezen: u64,
    /// Records that count.
    pub behouden: u64,
    /// Records dropped by a `fout` of record scope.
    pub geweigerd: u64,
}

/// A share as numerator and denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthShare {
    /// How many have the property.
    pub teller: u64,
    /// Of how many.
    pub noemer: u64,
}

impl Vault {
    /// Writes the verdict: from here on the delivery exists. `false` when the very same verdict was there already.
    ///
    /// # Errors
    /// [`VaultError::Conflict`] when another verdict stands there.
    pub async fn commit_delivery(&self, record: &DeliveryRecord) -> Result<bool, VaultError> {
        let path = record_path(&record.id());
        // Unwrap safety: the record holds only strings, numbers and maps with string-like keys.
        let bytes = serde_json::to_vec_pretty(record).unwrap();
        self.create(&path, bytes.into()).await
    }

    /// The verdict on a delivery, when it was judged.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or the record is damaged.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<DeliveryRecord>, VaultError> {
        self.read_json(&record_path(id)).await
    }

    /// All verdicts, by region, month and number; of one region when `vt` is given.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or a record is damaged.
    pub async fn deliveries(&self, vt: Option<&str>) -> Result<Vec<DeliveryRecord>, VaultError> {
        let prefix = vt.map_or_else(|| Path::from("deliveries"), |vt| Path::from_iter(["deliveries", vt]));
        self.verdicts_below(&prefix).await
    }

    /// All verdicts on one region's month, by number.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or a record is damaged.
    pub async fn deliveries_of_month(&self, vt: &str, maand: Month) -> Result<Vec<DeliveryRecord>, VaultError> {
        self.verdicts_below(&Path::from_iter(["deliveries", vt, &maand.to_string()])).await
    }

    async fn verdicts_below(&self, prefix: &Path) -> Result<Vec<DeliveryRecord>, VaultError> {
        let listed = self.list(prefix).await?;
        let read = stream::iter(listed).map(async |path| self.read_json(&path).await).buffered(CONCURRENT_READS);
        let read: Vec<Option<DeliveryRecord>> = read.try_collect().await?;
        let mut records: Vec<DeliveryRecord> = read.into_iter().flatten().collect();
        records.sort_by_key(DeliveryRecord::id);
        Ok(records)
    }

    /// Writes a report for the region, such as `spiegelrapport`; a repeated writing replaces it, as a report follows
    /// from the delivery alone.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn write_report<T: Serialize + Sync>(
        &self,
        id: &DeliveryId,
        name: &str,
        report: &T,
    ) -> Result<(), VaultError> {
        let path = report_path(id, name);
        // Unwrap safety: reports are plain structs of strings, numbers and lists.
        let bytes = serde_json::to_vec_pretty(report).unwrap();
        self.replace(&path, bytes.into()).await
    }

    /// The text of a report, when there is one.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn report(&self, id: &DeliveryId, name: &str) -> Result<Option<bytes::Bytes>, VaultError> {
        self.read(&report_path(id, name)).await
    }
}

fn record_path(id: &DeliveryId) -> Path {
    Path::from_iter(["deliveries", &id.vt, &id.maand.to_string(), &format!("{}.json", id.nr)])
}

fn report_path(id: &DeliveryId, name: &str) -> Path {
    Path::from_iter(["reports", &id.vt, &id.maand.to_string(), &id.nr.to_string(), &format!("{name}.json")])
}
