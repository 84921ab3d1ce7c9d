//! What stays of a reservation that was removed after its term: why, and what the guard against a restored old backup compares.

use chrono::{DateTime, NaiveDate, Utc};
use object_store::ObjectStore;
use serde::{Deserialize, Serialize};
use vt_domain::clock::local_date;
use vt_domain::snapshot::Issue;
use vt_domain::{Period, PeriodKind};
use vt_vault::{Removal, ReservationKey, Vault, VaultError};

use super::{Reservation, reservation};
use crate::error::PublicationError;
use crate::gate::Input;
use crate::publish::is_published;
use crate::publish::store::StoreError;

/// The record of a removed reservation. Holds no count; everything in it but key and period stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovedReservation {
    /// When it was removed, by which rule and program.
    pub removal: Removal,
    /// Whether it was published; otherwise it was void.
    pub published: bool,
    /// The period.
    pub periode: Period,
    /// Number of the issue.
    pub uitgave: u32,
    /// The instant of publication.
    pub gepubliceerd_op: DateTime<Utc>,
    /// The program that made it.
    pub software: String,
    /// Version of its register.
    pub register: String,
    /// The deliveries that counted.
    pub invoer: Vec<Input>,
    /// Fingerprint of its key.
    pub sleutel_kenmerk: String,
}

impl RemovedReservation {
    /// The day of the removal.
    pub fn on(&self) -> NaiveDate {
        local_date(self.removal.at)
    }

    /// The error of whoever asks for the reservation.
    pub fn refusal(self) -> PublicationError {
        let (on, rule) = (self.on(), self.removal.rule);
        PublicationError::MemoryRemoved { period: self.periode, issue: self.uitgave, on, rule }
    }
}

/// Removes a reservation whose term is over, and leaves its record; `false` when it was gone already. A removal that was cut off
/// is finished.
///
/// # Errors
/// [`PublicationError::Reservation`] when it is damaged, or neither published nor void: then it is to be finished.
/// [`PublicationError::Store`] and [`PublicationError::Vault`] when a store fails.
pub async fn remove(
    vault: &Vault,
    published: &dyn ObjectStore,
    key: ReservationKey,
    removal: &Removal,
) -> Result<bool, PublicationError> {
    if vault.reservation(key).await?.is_none() {
        return Ok(false);
    }
    let record = match removed(vault, key).await? {
        Some(begun) => begun,
        None => record(vault, published, key, removal).await?,
    };
    // Unwrap safety: texts, numbers and instants always have a JSON form.
    vault.remove_reservation(key, serde_json::to_vec_pretty(&record).unwrap().into()).await?;
    Ok(true)
}

async fn record(
    vault: &Vault,
    published: &dyn ObjectStore,
    key: ReservationKey,
    removal: &Removal,
) -> Result<RemovedReservation, PublicationError> {
    let refuse =
        |rule: &str| PublicationError::Reservation { period: key.period, issue: key.issue, rule: rule.to_owned() };
    let issue = Issue { periode: key.period, uitgave: key.issue };
    let failed = |StoreError { path, source }| PublicationError::Store { path, source };
    let is_published = is_published(published, issue).await.map_err(failed)?;
    if !is_published && vault.void_mark(key).await?.is_none() {
        return Err(refuse("it is neither published nor void, and stays until it is finished"));
    }
    let Reservation { periode, uitgave, gepubliceerd_op, software, register, invoer, sleutel_kenmerk, .. } =
        reservation(vault, key).await?.ok_or_else(|| refuse("it vanished"))?;
    Ok(RemovedReservation {
        removal: removal.clone(),
        published: is_published,
        periode,
        uitgave,
        gepubliceerd_op,
        software,
        register,
        invoer,
        sleutel_kenmerk,
    })
}

/// What stays of a reservation that was removed, or is being removed.
///
/// # Errors
/// [`PublicationError::Vault`] when the private store fails or the record is damaged.
pub async fn removed(vault: &Vault, key: ReservationKey) -> Result<Option<RemovedReservation>, PublicationError> {
    let Some(bytes) = vault.removed_reservation(key).await? else { return Ok(None) };
    let damaged = || VaultError::Damaged {
        path: format!("removed/memory/{}/{}/{}.json", key.period.kind(), key.period, key.issue),
        reason: "the record of a removal cannot be read".to_owned(),
    };
    Ok(Some(serde_json::from_slice(&bytes).map_err(|_| damaged())?))
}

/// The first record of a removed reservation of an ISO year; an error when there is none.
///
/// # Errors
/// [`PublicationError::Vault`] when the private store fails or no record of the year can be read.
pub async fn closing(vault: &Vault, iso_year: i32) -> Result<RemovedReservation, PublicationError> {
    for kind in PeriodKind::ALL {
        let keys = vault.removed_reservations(kind).await?;
        if let Some(key) = keys.into_iter().find(|key| key.period.iso_year() == iso_year)
            && let Some(record) = removed(vault, key).await?
        {
            return Ok(record);
        }
    }
    let reason = format!("no record of a removed reservation of {iso_year} is there any more");
    Err(VaultError::Damaged { path: "removed/memory".to_owned(), reason }.into())
}
