//! The memory of disclosure control: one reservation per cadence, period and issue, written before the first data file.
//!
//! The vault does not look inside: what a reservation holds is publication's word. It is as secret as the raw data.

use bytes::Bytes;
use object_store::path::Path;
use vt_domain::{Period, PeriodKind};

use crate::error::VaultError;
use crate::objects::{Vault, create_or_equal};

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
}

impl Vault {
    /// Reserves an issue, exactly once. When it is held already (also by our own lost write), what stands there is returned.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails and no reservation stands.
    pub async fn reserve(&self, key: ReservationKey, reservation: Bytes) -> Result<Reserved, VaultError> {
        match create_or_equal(self.store().as_ref(), &path(key), reservation).await {
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
            let key = parse(&path).ok_or_else(|| VaultError::Damaged {
                path: path.to_string(),
                reason: "no reservation's name".into(),
            })?;
            keys.push(key);
        }
        keys.sort();
        Ok(keys)
    }
}

fn path(key: ReservationKey) -> Path {
    Path::from_iter(["memory", key.period.kind().name(), &key.period.to_string(), &format!("{}.json", key.issue)])
}

fn parse(path: &Path) -> Option<ReservationKey> {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    let [_, kind, period, issue] = parts.as_slice() else { return None };
    let period: Period = period.parse().ok()?;
    let issue = issue.strip_suffix(".json")?.parse().ok()?;
    (period.kind().name() == kind.as_str()).then_some(ReservationKey { period, issue })
}
