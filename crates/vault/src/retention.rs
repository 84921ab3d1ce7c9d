//! Retention: what goes when its term is over, and the record that says why it is gone.
//!
//! The rule is a pure function of the day. A removal is recorded first and carried out then, so that whoever finds a record beside
//! what it is about finishes the removal. A record holds no count and no digest of what it is about.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;
use vt_domain::{Month, PeriodKind};

use crate::error::VaultError;
use crate::memory::{ReservationKey, named};
use crate::objects::Vault;

/// Version of the form of a [`Removal`].
const VERSION: u32 = 1;

/// What is kept of a delivery for a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Bytes as they came.
    Raw,
    /// Checked records.
    Registrations,
}

impl Kept {
    /// The name of its room: `raw`, `registrations`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Registrations => "registrations",
        }
    }
}

/// The record that something was removed when its term was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// Version of this form.
    pub version: u32,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// The rule, as it is configured: `registrations_months = 25`.
    pub rule: String,
    /// Name and version of the program.
    pub software: String,
}

impl Removal {
    /// Decided now, by this rule and program.
    pub fn new(at: DateTime<Utc>, rule: String, software: String) -> Self {
        Self { version: VERSION, at, rule, software }
    }
}

/// The first day on which something of a month is past its term: so many whole calendar months lie between.
///
/// Of January 2019 and 13 months: 1 March 2020, the day after the thirteenth month end.
pub fn expires_on(month: Month, months: u32) -> NaiveDate {
    (0..=months).fold(month, |month, _| month.next()).first_day()
}

/// Whether something of a month is past its term on a day.
pub fn expired(today: NaiveDate, month: Month, months: u32) -> bool {
    today >= expires_on(month, months)
}

/// Of the deliveries of which something stands, those of which it goes: past their term and not needed. What a removal was begun
/// of goes in any case: it counts as gone already.
pub fn due(
    today: NaiveDate,
    months: u32,
    standing: impl IntoIterator<Item = DeliveryId>,
    begun: &BTreeSet<DeliveryId>,
    needed: &BTreeSet<DeliveryId>,
) -> BTreeSet<DeliveryId> {
    let goes = |id: &DeliveryId| begun.contains(id) || (expired(today, id.maand, months) && !needed.contains(id));
    standing.into_iter().filter(goes).collect()
}

impl Vault {
    /// The deliveries of which something stands, with how many files.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn kept(&self, what: Kept) -> Result<BTreeMap<DeliveryId, usize>, VaultError> {
        let mut kept = BTreeMap::new();
        for path in self.list(&Path::from(what.name())).await? {
            if let Some(id) = of_kept(what, &path) {
                *kept.entry(id).or_default() += 1;
            }
        }
        Ok(kept)
    }

    /// The deliveries of which something was removed, or is being removed.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn removed(&self, what: Kept) -> Result<BTreeSet<DeliveryId>, VaultError> {
        let records = self.list(&Path::from_iter(["removed", what.name()])).await?;
        Ok(records.iter().filter_map(of_record).collect())
    }

    /// Why something of a delivery is gone, when it was removed.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or the record is damaged.
    pub async fn removal(&self, what: Kept, id: &DeliveryId) -> Result<Option<Removal>, VaultError> {
        self.read_json(&record_path(what, id)).await
    }

    /// Records that something of a delivery is removed, and then removes it; says how many files. The first record stays.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; repeat it to go on.
    pub async fn remove_kept(&self, what: Kept, id: &DeliveryId, removal: &Removal) -> Result<usize, VaultError> {
        // Unwrap safety: texts, a number and an instant always have a JSON form.
        let bytes = serde_json::to_vec_pretty(removal).unwrap();
        self.record_once(&record_path(what, id), bytes.into()).await?;
        let mut files = 0;
        for path in self.files_of(what, id).await? {
            self.remove(&path).await?;
            files += 1;
        }
        Ok(files)
    }

    async fn files_of(&self, what: Kept, id: &DeliveryId) -> Result<Vec<Path>, VaultError> {
        match what {
            Kept::Raw => self.list(&Path::from_iter(["raw", &id.vt, &id.maand.to_string(), &id.nr.to_string()])).await,
            Kept::Registrations => Ok(RecordType::ALL.map(|record| self.registration_path(id, record)).into()),
        }
    }

    /// Writes a record; one that stands there stays.
    async fn record_once(&self, path: &Path, bytes: Bytes) -> Result<(), VaultError> {
        match self.create(path, bytes).await {
            Ok(_) | Err(VaultError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The reservations of a cadence that were removed, or are being removed, by period and issue.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or something else stands there.
    pub async fn removed_reservations(&self, kind: PeriodKind) -> Result<BTreeSet<ReservationKey>, VaultError> {
        let records = self.list(&Path::from_iter(["removed", "memory", kind.name()])).await?;
        let key = |path: Path| {
            let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
            let [_, _, kind, period, name] = parts.as_slice() else { return Err(no_record(&path)) };
            let key = name.strip_suffix(".json").and_then(|issue| named(kind, period, issue));
            key.ok_or_else(|| no_record(&path))
        };
        records.into_iter().map(key).collect()
    }

    /// What is kept of a removed reservation. The vault does not look inside.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn removed_reservation(&self, key: ReservationKey) -> Result<Option<Bytes>, VaultError> {
        self.read(&removed_path(key)).await
    }

    /// Writes what is kept of a reservation, and then removes the reservation. The first record stays.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; repeat it to go on.
    pub async fn remove_reservation(&self, key: ReservationKey, record: Bytes) -> Result<(), VaultError> {
        self.record_once(&removed_path(key), record).await?;
        self.remove(&crate::memory::path(key)).await
    }
}

fn no_record(path: &Path) -> VaultError {
    VaultError::Damaged { path: path.to_string(), reason: "no name of a removed reservation".into() }
}

fn removed_path(key: ReservationKey) -> Path {
    let (kind, period) = (key.period.kind().name(), key.period.to_string());
    Path::from_iter(["removed", "memory", kind, &period, &format!("{}.json", key.issue)])
}

fn record_path(what: Kept, id: &DeliveryId) -> Path {
    Path::from_iter(["removed", what.name(), &id.vt, &id.maand.to_string(), &format!("{}.json", id.nr)])
}

/// The delivery whose record of removal has this path.
fn of_record(path: &Path) -> Option<DeliveryId> {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    let [_, _, vt, month, name] = parts.as_slice() else { return None };
    delivery(vt, month, name.strip_suffix(".json")?)
}

/// The delivery that a kept file is of: `raw/VT07/2020-07/3/melding.csv.gz`, `registrations/melding/VT07/2020-07/3.parquet`.
fn of_kept(what: Kept, path: &Path) -> Option<DeliveryId> {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    let [_, a, b, c, d] = parts.as_slice() else { return None };
    match what {
        Kept::Raw => delivery(a, b, c),
        Kept::Registrations => delivery(b, c, d.strip_suffix(".parquet")?),
    }
}

fn delivery(vt: &str, month: &str, number: &str) -> Option<DeliveryId> {
    Some(DeliveryId { vt: vt.to_owned(), maand: month.parse().ok()?, nr: number.parse().ok()? })
}

#[cfg(test)]
mod tests;
