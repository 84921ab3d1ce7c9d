//! Verifying a published store from its published files alone: no key, no private store, no clock.
//!
//! The chain of manifests, the files against their digests, the three forms of each table against each other, columns and types, the
//! grid and its order, rounding and additivity, longer periods against their parts, coverage and status, the indicators recomputed,
//! and `latest.json`.

mod collect;
mod coverage;
mod figures;
mod files;
mod grid;
mod indicators;
mod listing;
mod longer;
mod report;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::snapshot::{Issue, LATEST_PATH, Manifest};

use crate::indicators::BaseCache;
use crate::publish::store::StoreError;
use crate::publish::{latest, store};
use collect::Collector;
use listing::Listing;

pub use report::{Rule, VerifyFinding, VerifyReport};

/// Verifies all snapshots of a store, or those of one period with the figures they compare with.
///
/// # Errors
/// [`StoreError`] when the store fails. What is wrong with its content is in the report.
pub async fn verify(store: &dyn ObjectStore, period: Option<Period>) -> Result<VerifyReport, StoreError> {
    verify_periods(store, period.map(|period| BTreeSet::from([period]))).await
}

/// Verifies all snapshots of a store, or those of some periods with the figures they compare with.
///
/// # Errors
/// [`StoreError`] when the store fails. What is wrong with its content is in the report.
pub async fn verify_periods(
    store: &dyn ObjectStore,
    periods: Option<BTreeSet<Period>>,
) -> Result<VerifyReport, StoreError> {
    let mut found = Collector::default();
    let listing = Listing::read(store, periods, &mut found).await?;
    let mut report = VerifyReport::default();
    let cache = BaseCache::default();
    for (issue, manifest) in &listing.manifests {
        listing.check_chain(*issue, manifest, &mut found);
        let content = files::check(store, *issue, manifest, &listing, &mut found).await?;
        report.files += manifest.bestanden.len();
        report.rows += content.rows();
        check_content(store, manifest, &content, &listing, &cache, &mut found).await?;
        report.snapshots.push(*issue);
    }
    listing.check_stray(&mut found);
    check_latest(store, &listing, &mut found).await?;
    (report.findings, report.omitted) = found.into_findings();
    Ok(report)
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

async fn check_latest(store: &dyn ObjectStore, listing: &Listing, found: &mut Collector) -> Result<(), StoreError> {
    let present = store::read(store, LATEST_PATH).await?;
    if listing.is_empty() && present.is_none() {
        return Ok(());
    }
    let Some(present) = present else {
        found.add(LATEST_PATH, None, Rule::Latest, "it is missing; publishing anything rebuilds it");
        return Ok(());
    };
    let expected = latest::derive_latest(store).await?;
    match serde_json::from_slice::<vt_domain::snapshot::Latest>(&present) {
        Err(error) => found.add(LATEST_PATH, None, Rule::Latest, format!("it cannot be read: {error}")),
        Ok(present) if present.formaat != expected.formaat => {
            found.add(LATEST_PATH, None, Rule::Latest, format!("it is of version {} of the form", present.formaat));
        }
        Ok(present) => {
            let cadences = present.cadansen.keys().chain(expected.cadansen.keys());
            let differing = cadences.filter(|cadence| present.cadansen.get(cadence) != expected.cadansen.get(cadence));
            for cadence in differing.collect::<BTreeSet<_>>() {
                let newest = expected
                    .cadansen
                    .get(cadence)
                    .map(|entry| Issue { periode: entry.periode, uitgave: entry.uitgave });
                let newest = newest.map_or("none".to_owned(), |issue| issue.to_string());
                let row = Some(cadence.name().to_owned());
                found.add(LATEST_PATH, row, Rule::Latest, format!("the newest snapshot of the store is {newest}"));
            }
        }
    }
    Ok(())
}
