//! `latest.json`: rebuilt from a listing of manifests, never the truth itself.

use std::collections::BTreeMap;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::PeriodKind;
use vt_domain::snapshot::{Issue, LATEST_PATH, Latest, LatestEntry, SNAPSHOT_FORMAAT};

use super::store::{self, StoreError};

/// After its own write a publisher looks again, so that the last one to write wrote what is there. More rounds than
/// publishers at once are never needed.
const MAX_ROUNDS: usize = 16;

/// What `latest.json` must say: per cadence the last period and its highest issue, from a listing.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn derive_latest(store: &dyn ObjectStore) -> Result<Latest, StoreError> {
    let mut last: BTreeMap<PeriodKind, Issue> = BTreeMap::new();
    for (path, _) in store::list(store, "manifests").await? {
        let Some(issue) = Issue::of_manifest(&path) else { continue };
        let present = last.entry(issue.periode.kind()).or_insert(issue);
        *present = (*present).max(issue);
    }
    let mut latest = Latest { formaat: SNAPSHOT_FORMAAT, cadansen: BTreeMap::new() };
    for (cadence, issue) in last {
        let manifest = issue.manifest();
        // Manifests are never removed: what is listed can be read.
        let Some(bytes) = store::read(store, &manifest).await? else { continue };
        let Issue { periode, uitgave } = issue;
        let entry = LatestEntry { periode, uitgave, manifest, sha256: store::sha256(&bytes) };
        latest.cadansen.insert(cadence, entry);
    }
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
        if store::read(store, LATEST_PATH).await?.is_some_and(|present| present == bytes) {
            break;
        }
        let put = store.put(&Path::from(LATEST_PATH), bytes.into()).await;
        put.map_err(|source| StoreError { path: LATEST_PATH.to_owned(), source })?;
        changed = true;
    }
    Ok(changed)
}
