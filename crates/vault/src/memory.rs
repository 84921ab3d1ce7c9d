//! The memory of disclosure control: one reservation per cadence, period and issue, written before the first data file.
//!
//! The vault does not look inside: what a reservation holds is publication's word. It is as secret as the raw data.
//! Beside a reservation that will never be finished stands a mark (`1.void.json`).

use bytes::Bytes;
use object_store::path::Path;
use vt_domain::{Period, PeriodKind};

use crate::error::VaultError;
use crate::objects::Vault;

/// Names a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationKey {
    /// The period; its kind is the cadence.
    pub period: Period,
    /// Number of the issue, from 1.
    pub issue: u32,
}

/// What came of reserving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// The reservation is ours.
    Created,
    /// Somebody holds it already: this is what they wrote, and what must be finished.
    Held(Bytes),
    /// Another issue of the ISO year was reserved meanwhile, or this one: look again at what is reserved.
    Crossed,
}

impl Vault {
    /// Writes a reservation in its place, once.
    pub(crate) async fn place(&self, key: ReservationKey, reservation: Bytes) -> Result<Reserved, VaultError> {
        match self.create(&path(key), reservation).await {
            Ok(true) => Ok(Reserved::Created),
            Ok(false) | Err(VaultError::Conflict { .. }) => match self.reservation(key).await? {
                Some(held) => Ok(Reserved::Held(held)),
                None => Err(VaultError::Damaged { path: path(key).to_string(), reason: "it vanished".into() }),
            },
            Err(error) => Err(error),
        }
    }

    /// A reservation, when there is one.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn reservation(&self, key: ReservationKey) -> Result<Option<Bytes>, VaultError> {
        self.read(&path(key)).await
    }

    /// All reservations of a cadence, by period and issue.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or holds something else under `memory/`.
    pub async fn reservations(&self, kind: PeriodKind) -> Result<Vec<ReservationKey>, VaultError> {
        let mut keys = Vec::new();
        for path in self.list(&Path::from_iter(["memory", kind.name()])).await? {
            match parse(&path) {
                Some((key, Place::Reservation)) => keys.push(key),
                Some((_, Place::Void)) => {}
                None => {
                    let reason = "no reservation's name".into();
                    return Err(VaultError::Damaged { path: path.to_string(), reason });
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// Marks a reservation as void, once. `false` when it is marked already, with whatever words.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails and no mark stands.
    pub async fn mark_void(&self, key: ReservationKey, mark: Bytes) -> Result<bool, VaultError> {
        match self.create(&void_path(key), mark).await {
            Ok(created) => Ok(created),
            Err(VaultError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The mark that a reservation is void, when it is.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn void_mark(&self, key: ReservationKey) -> Result<Option<Bytes>, VaultError> {
        self.read(&void_path(key)).await
    }

    /// All reservations of a cadence that are void, by period and issue.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn voids(&self, kind: PeriodKind) -> Result<Vec<ReservationKey>, VaultError> {
        let listed = self.list(&Path::from_iter(["memory", kind.name()])).await?;
        let voids = listed.iter().filter_map(parse).filter(|(_, place)| *place == Place::Void);
        let mut keys: Vec<ReservationKey> = voids.map(|(key, _)| key).collect();
        keys.sort();
        Ok(keys)
    }
}

/// What stands in the folder of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Reservation,
    Void,
}

fn void_path(key: ReservationKey) -> Path {
    Path::from_iter(["memory", key.period.kind().name(), &key.period.to_string(), &format!("{}.void.json", key.issue)])
}

pub(crate) fn path(key: ReservationKey) -> Path {
    Path::from_iter(["memory", key.period.kind().name(), &key.period.to_string(), &format!("{}.json", key.issue)])
}

fn parse(path: &Path) -> Option<(ReservationKey, Place)> {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    let [_, kind, period, name] = parts.as_slice() else { return None };
    let name = name.strip_suffix(".json")?;
    let (issue, place) = match name.strip_suffix(".void") {
        Some(issue) => (issue, Place::Void),
        None => (name, Place::Reservation),
    };
    Some((named(kind, period, issue)?, place))
}

/// The name that these parts of a path spell.
pub(crate) fn named(kind: &str, period: &str, issue: &str) -> Option<ReservationKey> {
    let (period, issue): (Period, u32) = (period.parse().ok()?, issue.parse().ok()?);
    (period.kind().name() == kind).then_some(ReservationKey { period, issue })
}
