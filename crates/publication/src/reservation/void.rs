//! Void reservations: reserved and never to be finished. Their number stays unused, and their values still bind.

use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use vt_domain::snapshot::Issue;
use vt_vault::{ReservationKey, Vault, VaultError};

use crate::error::PublicationError;
use crate::publish::is_published;
use crate::publish::store::{self, StoreError};

/// Why and when a reservation was made void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// Why, in the operator's words.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Name and version of the program.
    pub software: String,
}

/// Makes a reservation void. `false` when it was so before; the first mark stays.
///
/// # Errors
/// [`PublicationError::Reservation`] when there is no such reservation, or it was published already; [`PublicationError::Store`]
/// and [`PublicationError::Vault`] when a store fails.
pub async fn void(
    vault: &Vault,
    published: &dyn ObjectStore,
    key: ReservationKey,
    mark: &Void,
) -> Result<bool, PublicationError> {
    let refuse =
        |rule: &str| PublicationError::Reservation { period: key.period, issue: key.issue, rule: rule.to_owned() };
    if vault.reservation(key).await?.is_none() {
        return Err(refuse("it is not reserved, and cannot be void"));
    }
    let issue = Issue { periode: key.period, uitgave: key.issue };
    let failed = |StoreError { path, source }| PublicationError::Store { path, source };
    if is_published(published, issue).await.map_err(failed)? {
        return Err(refuse("it was published, and cannot be void: publish a new issue, or retract it"));
    }
    // Unwrap safety: texts and an instant always have a JSON form.
    let bytes = serde_json::to_vec_pretty(mark).unwrap();
    Ok(vault.mark_void(key, bytes.into()).await?)
}

/// Removes the data files that a void issue left in the published store; says how many. They are no snapshot, as they have no
/// manifest, and what they say still binds by the memory. Repeated, it removes what is left.
///
/// # Errors
/// [`PublicationError::Reservation`] when the issue is not void, or has a manifest: then its files stay.
/// [`PublicationError::Store`] and [`PublicationError::Vault`] when a store fails.
pub async fn clear_draft(
    vault: &Vault,
    published: &dyn ObjectStore,
    key: ReservationKey,
) -> Result<usize, PublicationError> {
    let refuse =
        |rule: &str| PublicationError::Reservation { period: key.period, issue: key.issue, rule: rule.to_owned() };
    let failed = |StoreError { path, source }| PublicationError::Store { path, source };
    if vault.void_mark(key).await?.is_none() {
        return Err(refuse("it is not void, and its files stay"));
    }
    let issue = Issue { periode: key.period, uitgave: key.issue };
    let mut removed = 0;
    for (path, _) in store::list(published, &issue.folder()).await.map_err(failed)? {
        if Issue::of_file(&path).is_none_or(|(owner, _)| owner != issue) {
            continue;
        }
        // Asked before each file: whoever published it meanwhile, a file that a manifest names stays.
        if is_published(published, issue).await.map_err(failed)? {
            return Err(refuse("it has a manifest, and its files stay"));
        }
        match published.delete(&Path::from(path.as_str())).await {
            Ok(()) => removed += 1,
            Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(PublicationError::Store { path, source }),
        }
    }
    Ok(removed)
}

/// Why a reservation is void, when it is.
///
/// # Errors
/// [`PublicationError::Vault`] when the private store fails or the mark is damaged.
pub async fn voided(vault: &Vault, key: ReservationKey) -> Result<Option<Void>, PublicationError> {
    let Some(bytes) = vault.void_mark(key).await? else { return Ok(None) };
    let damaged = || VaultError::Damaged {
        path: format!("memory/{}/{}/{}.void.json", key.period.kind(), key.period, key.issue),
        reason: "the mark cannot be read".to_owned(),
    };
    Ok(Some(serde_json::from_slice(&bytes).map_err(|_| damaged())?))
}
