//! Verifying a published store from its published files and the public key alone: no secret, no private store, no clock.
//!
//! The chain of manifests, the files against their digests, the three forms of each table against each other, columns and types, the
//! grid and its order, rounding and additivity, longer periods against their parts, coverage and status, indicators and changes
//! recomputed, signatures, history, errata, pages and `latest.json`.

mod beside;
mod collect;
mod coverage;
mod figures;
mod files;
mod grid;
mod indicators;
mod listing;
mod longer;
mod report;
mod signed;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::snapshot::Manifest;

use crate::indicators::BaseCache;
use crate::publish::store::{self, StoreError};
use crate::publish::{MARK_PATH, mark_of};
use crate::sign::PublicKey;
use collect::Collector;
use listing::Listing;

pub use report::{Rule, VerifyFinding, VerifyReport};

/// What is verified.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// These periods with the figures they compare with; all when nothing is given.
    pub periods: Option<BTreeSet<Period>>,
    /// Whose signatures count. Without keys only the form of signatures is checked: who made the store is not known then.
    pub keys: Vec<PublicKey>,
    /// Name and version of this program: what it wrote itself is made again and compared byte for byte. Pages are also compared when
    /// this is empty, as if it were the one that published last.
    pub software: String,
    /// Files of a directory that no listing of it shows, such as `1.json#1`: nothing reads them here, but readers of the folder may.
    pub hidden: Vec<String>,
}

/// Verifies all snapshots of a store, or those of one period with the figures they compare with; signatures by their form only.
///
/// # Errors
/// [`StoreError`] when the store fails. What is wrong with its content is in the report.
pub async fn verify(store: &dyn ObjectStore, period: Option<Period>) -> Result<VerifyReport, StoreError> {
    let periods = period.map(|period| BTreeSet::from([period]));
    verify_scope(store, &Scope { periods, ..Scope::default() }).await
}

/// Verifies what the scope says.
///
/// # Errors
/// [`StoreError`] when the store fails. What is wrong with its content is in the report.
pub async fn verify_scope(store: &dyn ObjectStore, scope: &Scope) -> Result<VerifyReport, StoreError> {
    let mut found = Collector::default();
    let listing = Listing::read(store, scope.periods.clone(), &mut found).await?;
    let mut report = VerifyReport { signers: scope.keys.len(), ..VerifyReport::default() };
    let cache = BaseCache::default();
    for (issue, manifest) in &listing.manifests {
        listing.check_chain(*issue, manifest, &mut found);
        signed::check_named(*issue, manifest, &mut found);
        let content = files::check(store, *issue, manifest, &listing, &mut found).await?;
        report.files += manifest.bestanden.len();
        report.rows += content.rows();
        check_content(store, manifest, &content, &listing, &cache, &mut found).await?;
        beside::check_history(store, manifest, &content, &scope.software, &mut found).await?;
        report.snapshots.push(*issue);
    }
    // Also of manifests that can't be read any more.
    for issue in listing.scoped() {
        signed::check(store, &issue.manifest(), &scope.keys, &mut found).await?;
    }
    listing.check_stray(&mut found);
    if let Some(bytes) = store::read(store, MARK_PATH).await?
        && mark_of(&bytes).is_none()
    {
        found.add(MARK_PATH, None, Rule::FileDigest, "it is not what this program writes: restore it");
    }
    for path in &scope.hidden {
        found.add(path, None, Rule::FileStray, "a file that was left half-written, or of a name that no listing shows");
    }
    report.errata = beside::check_errata(store, &listing, &scope.keys, &mut found).await?;
    report.errata.retain(|erratum| listing.is_scoped(erratum.periode));
    beside::check_pages(store, &listing, &scope.software, &mut found).await?;
    Ok(found.report(report))
}

async fn check_content(
    store: &dyn ObjectStore,
    manifest: &Manifest,
    content: &files::Content,
    listing: &Listing,
    cache: &BaseCache,
    found: &mut Collector,
) -> Result<(), StoreError> {
    let Some(explanation) = &content.explanation else { return Ok(()) };
    let view = grid::View::new(manifest.issue(), explanation, content);
    grid::check(&view, manifest, found);
    coverage::check(&view, manifest, found);
    figures::check(&view, found);
    longer::check(store, &view, manifest, listing, cache, found).await?;
    indicators::check(store, &view, listing, cache, found).await
}
