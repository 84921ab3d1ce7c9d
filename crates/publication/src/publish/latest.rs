//! `latest.json`: rebuilt from a listing of manifests, never the truth itself.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::PeriodKind;
use vt_domain::snapshot::{Erratum, ErratumEntry, Issue, LATEST_PATH, Latest, LatestEntry, SNAPSHOT_FORMAAT};

use super::store::{self, StoreError};
use crate::shelf::{Shelved, errata};

/// After its own write a publisher looks again, so that the last one to write wrote what is there. More rounds than
/// publishers at once are never needed.
pub(super) const MAX_ROUNDS: usize = 16;

/// What `latest.json` must say: per cadence the last period and its highest issue that is not retracted, and the errata, from a listing.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn derive_latest(store: &dyn ObjectStore) -> Result<Latest, StoreError> {
    let errata = errata(store).await?;
    let retracted: BTreeSet<Issue> =
        errata.values().filter(|found| found.content.retracts()).map(|found| found.content.issue()).collect();
    let mut last: BTreeMap<PeriodKind, Issue> = BTreeMap::new();
    for (path, _) in store::list(store, "manifests").await? {
        let Some(issue) = Issue::of_manifest(&path).filter(|issue| !retracted.contains(issue)) else { continue };
        let present = last.entry(issue.periode.kind()).or_insert(issue);
        *present = (*present).max(issue);
    }
    let mut latest = Latest { formaat: SNAPSHOT_FORMAAT, ..Latest::default() };
    for (cadence, issue) in last {
        let manifest = issue.manifest();
        // Manifests are never removed: what is listed can be read.
        let Some(bytes) = store::read(store, &manifest).await? else { continue };
        let Issue { periode, uitgave } = issue;
        let entry = LatestEntry { periode, uitgave, manifest, sha256: store::sha256(&bytes) };
        latest.cadansen.insert(cadence, entry);
    }
    let entry =
        |Shelved { content, sha256 }| ErratumEntry { bestand: Erratum::path(&content), sha256, erratum: content };
    latest.errata = errata.into_values().map(entry).collect();
    Ok(latest)
}

/// Brings `latest.json` up to date; `false` when it was already.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn rebuild_latest(store: &dyn ObjectStore) -> Result<bool, StoreError> {
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        let bytes = derive_latest(store).await?.to_bytes();
        if !replace(store, LATEST_PATH, bytes.into()).await? {
            break;
        }
        changed = true;
    }
    Ok(changed)
}

/// Writes an object that may be overwritten; `false` when it stood there already, equal.
pub(super) async fn replace(store: &dyn ObjectStore, path: &str, bytes: Bytes) -> Result<bool, StoreError> {
    if store::read(store, path).await?.is_some_and(|present| present == bytes) {
        return Ok(false);
    }
    let put = store.put(&Path::from(path), bytes.into()).await;
    put.map_err(|source| StoreError { path: path.to_owned(), source })?;
    Ok(true)
}
