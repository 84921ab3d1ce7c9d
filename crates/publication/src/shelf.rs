//! What stands in the published store: its snapshots and errata, from a listing. Pages, catalogue and feed are made from it.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use vt_domain::snapshot::{Erratum, Issue, Manifest};
use vt_domain::{Period, PeriodKind};

use crate::publish::store::{self, StoreError};

/// Objects read at once.
const CONCURRENT_READS: usize = 16;

/// A file of the store that can be read, and its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Shelved<T> {
    /// What it says.
    pub content: T,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The snapshots and errata of a published store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shelf {
    /// Manifests by period and issue.
    pub snapshots: BTreeMap<Issue, Shelved<Manifest>>,
    /// Errata and retractions by number.
    pub errata: BTreeMap<u32, Shelved<Erratum>>,
}

impl Shelf {
    /// Reads all manifests and errata. Those that cannot be read are left out: `verify` names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn read(store: &dyn ObjectStore) -> Result<Self, StoreError> {
        let listed = store::list(store, "manifests").await?;
        let issues: Vec<Issue> = listed.iter().filter_map(|(path, _)| Issue::of_manifest(path)).collect();
        let snapshots: Vec<Option<(Issue, Shelved<Manifest>)>> = stream::iter(issues)
            .map(|issue| async move { Ok(shelved(store, &issue.manifest()).await?.map(|found| (issue, found))) })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        Ok(Self { snapshots: snapshots.into_iter().flatten().collect(), errata: errata(store).await? })
    }

    /// The records about an issue, by number.
    pub fn errata_of(&self, issue: Issue) -> impl Iterator<Item = &Erratum> {
        self.errata.values().map(|found| &found.content).filter(move |erratum| erratum.issue() == issue)
    }

    /// Whether an issue is retracted.
    pub fn is_retracted(&self, issue: Issue) -> bool {
        self.errata_of(issue).any(Erratum::retracts)
    }

    /// The highest issue of a period that is not retracted.
    pub fn standing(&self, period: Period) -> Option<Issue> {
        let of = self.snapshots.keys().filter(|issue| issue.periode == period);
        of.copied().filter(|issue| !self.is_retracted(*issue)).max()
    }

    /// The newest snapshot of a cadence: the last period that has one, its highest issue that is not retracted.
    pub fn latest(&self, kind: PeriodKind) -> Option<Issue> {
        let of = self.snapshots.keys().filter(|issue| issue.periode.kind() == kind);
        of.copied().filter(|issue| !self.is_retracted(*issue)).max()
    }
}

/// All errata that can be read, by number.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn errata(store: &dyn ObjectStore) -> Result<BTreeMap<u32, Shelved<Erratum>>, StoreError> {
    let listed = store::list(store, Erratum::FOLDER).await?;
    let numbers: Vec<u32> = listed.iter().filter_map(|(path, _)| Erratum::number_of(path)).collect();
    let read: Vec<Option<(u32, Shelved<Erratum>)>> = stream::iter(numbers)
        .map(|number| async move { Ok(shelved(store, &Erratum::path_of(number)).await?.map(|found| (number, found))) })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(read.into_iter().flatten().collect())
}

/// The issues that are retracted.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn retracted_issues(store: &dyn ObjectStore) -> Result<BTreeSet<Issue>, StoreError> {
    let errata = errata(store).await?;
    Ok(errata.values().filter(|found| found.content.retracts()).map(|found| found.content.issue()).collect())
}

async fn shelved<T: serde::de::DeserializeOwned>(
    store: &dyn ObjectStore,
    path: &str,
) -> Result<Option<Shelved<T>>, StoreError> {
    let Some(bytes) = store::read(store, path).await? else { return Ok(None) };
    let sha256 = store::sha256(&bytes);
    Ok(serde_json::from_slice(&bytes).ok().map(|content| Shelved { content, sha256 }))
}
