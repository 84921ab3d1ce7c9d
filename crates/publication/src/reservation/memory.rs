//! The guard against a restored old backup: what was published, the disclosure memory must know (DESIGN §7).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use serde::Deserialize;
use vt_domain::PeriodKind;
use vt_domain::snapshot::{Issue, Manifest};
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;
use crate::gate::Input;
use crate::publish::store::{self, StoreError};

/// What [`check_memory`] found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryCheck {
    /// Issues that have a manifest and the reservation it was made from.
    pub published: usize,
    /// Reservations without a manifest: to be finished exactly as they are, or void.
    pub unfinished: Vec<ReservationKey>,
}

/// The part of a reservation that its manifest repeats.
#[derive(Debug, PartialEq, Deserialize)]
struct Repeated {
    gepubliceerd_op: DateTime<Utc>,
    software: String,
    register: String,
    invoer: Vec<Input>,
}

/// Checks that every manifest and every draft in the published store has the reservation in the vault that it was made from.
///
/// # Errors
/// [`PublicationError::MemoryLost`] when one has not: nothing may be published then. [`PublicationError::Store`] and
/// [`PublicationError::Vault`] when a store fails.
pub async fn check_memory(vault: &Vault, published: &dyn ObjectStore) -> Result<MemoryCheck, PublicationError> {
    let mut reserved = BTreeSet::new();
    for kind in PeriodKind::ALL {
        reserved.extend(vault.reservations(kind).await?);
    }
    for (path, issue) in drafts(published).await? {
        if !reserved.contains(&key(issue)) {
            return Err(lost(path, "it is not reserved"));
        }
    }
    let manifests = manifests(published).await?;
    for (&issue, path) in &manifests {
        if !reserved.contains(&key(issue)) {
            return Err(lost(path.clone(), "it is not reserved"));
        }
        compare(vault, published, issue, path).await?;
    }
    let unfinished = reserved.into_iter().filter(|key| !manifests.contains_key(&issue_of(*key))).collect();
    Ok(MemoryCheck { published: manifests.len(), unfinished })
}

/// Issues with a data file, each with the path of one.
async fn drafts(published: &dyn ObjectStore) -> Result<BTreeMap<String, Issue>, PublicationError> {
    let listed = store::list(published, "snapshots").await.map_err(failed)?;
    let folders = listed.iter().filter_map(|(path, _)| Issue::of_file(path)).map(|(issue, _)| (issue.folder(), issue));
    Ok(folders.collect())
}

async fn manifests(published: &dyn ObjectStore) -> Result<BTreeMap<Issue, String>, PublicationError> {
    let listed = store::list(published, "manifests").await.map_err(failed)?;
    Ok(listed.into_iter().filter_map(|(path, _)| Issue::of_manifest(&path).map(|issue| (issue, path))).collect())
}

async fn compare(vault: &Vault, published: &dyn ObjectStore, issue: Issue, path: &str) -> Result<(), PublicationError> {
    let Some(manifest) = store::read(published, path).await.map_err(failed)? else {
        return Err(lost(path.to_owned(), "it vanished"));
    };
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|_| lost(path.to_owned(), "it cannot be read as a manifest"))?;
    // Whoever renders checks the reservation as a whole; here its counts are passed over.
    let reservation = vault.reservation(key(issue)).await?;
    let reservation = reservation.and_then(|bytes| serde_json::from_slice::<Repeated>(&bytes).ok());
    let reservation = reservation.ok_or_else(|| lost(path.to_owned(), "its reservation cannot be read"))?;
    if reservation != repeated(manifest) {
        return Err(lost(path.to_owned(), "the reservation of that name is another one"));
    }
    Ok(())
}

fn repeated(manifest: Manifest) -> Repeated {
    let input = |entry: vt_domain::snapshot::InputEntry| Input {
        regio: entry.regio,
        maand: entry.maand,
        levering_nr: entry.levering_nr,
        kenmerk: entry.kenmerk,
    };
    Repeated {
        gepubliceerd_op: manifest.gepubliceerd_op,
        software: manifest.software,
        register: manifest.register,
        invoer: manifest.invoer.into_iter().map(input).collect(),
    }
}

fn key(issue: Issue) -> ReservationKey {
    ReservationKey { period: issue.periode, issue: issue.uitgave }
}

fn issue_of(key: ReservationKey) -> Issue {
    Issue { periode: key.period, uitgave: key.issue }
}

fn lost(path: String, rule: &str) -> PublicationError {
    PublicationError::MemoryLost { path, rule: rule.to_owned() }
}

fn failed(StoreError { path, source }: StoreError) -> PublicationError {
    PublicationError::Store { path, source }
}
