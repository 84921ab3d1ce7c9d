//! What crashed publications left in the published store: files and signatures of an issue that has no manifest.
//!
//! Only those of a void issue are ever removed. One that is reserved is finished by the next run, from exactly these files; one
//! that is not reserved says that the memory was lost, and is reported. What a manifest names is never touched.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde::Serialize;
use vt_domain::PeriodKind;
use vt_domain::snapshot::Issue;
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;
use crate::publish::is_published;
use crate::publish::store::StoreError;

/// A file of an issue without a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Orphan {
    /// The file.
    pub path: String,
    /// The issue that it is of.
    pub issue: Issue,
    /// Why it is removed, or why it stays.
    pub why: &'static str,
}

/// The files without a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Those to be removed, by path.
    pub due: Vec<Orphan>,
    /// Those that stay, by path.
    pub left: Vec<Orphan>,
}

/// Finds files and signatures without a manifest. Those of void issues are due when last written before `before`.
///
/// # Errors
/// [`PublicationError::Store`] and [`PublicationError::Vault`] when a store fails.
pub async fn find(
    vault: &Vault,
    published: &dyn ObjectStore,
    before: DateTime<Utc>,
) -> Result<Orphans, PublicationError> {
    let mut files = listed(published, "snapshots").await?;
    // Listed last: a manifest that was written meanwhile is seen.
    let manifests = listed(published, "manifests").await?;
    let issues: BTreeSet<Issue> =
        manifests.iter().filter_map(|meta| Issue::of_manifest(meta.location.as_ref())).collect();
    files.extend(manifests);
    let memory = Memory::list(vault).await?;
    let mut orphans = Orphans::default();
    for meta in files {
        let Some(issue) = owner(meta.location.as_ref()).filter(|issue| !issues.contains(issue)) else { continue };
        let (goes, why) = memory.verdict(issue, meta.last_modified < before);
        let orphan = Orphan { path: meta.location.to_string(), issue, why };
        if goes { &mut orphans.due } else { &mut orphans.left }.push(orphan);
    }
    orphans.due.sort_by(|a, b| a.path.cmp(&b.path));
    orphans.left.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(orphans)
}

/// Removes one, when it still has no manifest and its issue is void; `false` when it stays.
///
/// # Errors
/// [`PublicationError::Store`] and [`PublicationError::Vault`] when a store fails.
pub async fn remove(vault: &Vault, published: &dyn ObjectStore, orphan: &Orphan) -> Result<bool, PublicationError> {
    let issue = orphan.issue;
    let key = ReservationKey { period: issue.periode, issue: issue.uitgave };
    let failed = |StoreError { path, source }| PublicationError::Store { path, source };
    if owner(&orphan.path) != Some(issue) || vault.void_mark(key).await?.is_none() {
        return Ok(false);
    }
    // Asked last: whoever published it meanwhile, a file that a manifest names stays.
    if is_published(published, issue).await.map_err(failed)? {
        return Ok(false);
    }
    match published.delete(&Path::from(orphan.path.as_str())).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(true),
        Err(source) => Err(PublicationError::Store { path: orphan.path.clone(), source }),
    }
}

/// What is reserved and what is void.
struct Memory {
    reserved: BTreeSet<ReservationKey>,
    void: BTreeSet<ReservationKey>,
}

impl Memory {
    async fn list(vault: &Vault) -> Result<Self, PublicationError> {
        let (mut reserved, mut void) = (BTreeSet::new(), BTreeSet::new());
        for kind in PeriodKind::ALL {
            reserved.extend(vault.reservations(kind).await?);
            reserved.extend(vault.removed_reservations(kind).await?);
            void.extend(vault.voids(kind).await?);
        }
        Ok(Self { reserved, void })
    }

    /// Whether a file of an issue without a manifest goes, and why it does or does not.
    fn verdict(&self, issue: Issue, old: bool) -> (bool, &'static str) {
        let key = ReservationKey { period: issue.periode, issue: issue.uitgave };
        match (self.reserved.contains(&key), self.void.contains(&key)) {
            (false, _) => (false, "it is not reserved in the private store: restore the newest backup of that"),
            (true, false) => (false, "its issue is reserved: the next run finishes it"),
            (true, true) if old => (true, "its issue is void and has no manifest"),
            (true, true) => (false, "its issue is void, and the file is younger than the grace time"),
        }
    }
}

/// The issue that a data file or a signature is of.
fn owner(path: &str) -> Option<Issue> {
    Issue::of_file(path).map(|(issue, _)| issue).or_else(|| Issue::of_manifest(path.strip_suffix(".minisig")?))
}

async fn listed(published: &dyn ObjectStore, prefix: &str) -> Result<Vec<ObjectMeta>, PublicationError> {
    let found = published.list(Some(&Path::from(prefix))).try_collect().await;
    found.map_err(|source| PublicationError::Store { path: prefix.to_owned(), source })
}

#[cfg(test)]
mod tests;
