//! Longer periods: the bound that is promised, and the sum of the published parts.

use std::sync::Arc;

use object_store::ObjectStore;
use vt_domain::PeriodKind;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Form, Issue, Manifest, SnapshotTable};

use super::collect::Collector;
use super::grid::View;
use super::listing::Listing;
use super::report::Rule;
use crate::indicators::{BaseCache, BaseError, BaseFigures, bases};
use crate::publish::store::StoreError;

pub(super) async fn check(
    store: &dyn ObjectStore,
    view: &View<'_>,
    manifest: &Manifest,
    listing: &Listing,
    cache: &BaseCache,
    found: &mut Collector,
) -> Result<(), StoreError> {
    check_bound(view, manifest, found);
    if manifest.delen.is_empty() {
        if let Some(shorter) = listing.shorter(manifest.periode) {
            let detail = format!("days of it are also published as {shorter}, and it is not the sum of its parts");
            found.add(&view.issue.manifest(), None, Rule::Parts, detail);
        }
        return Ok(());
    }
    if !tile(manifest) {
        let detail = "the parts are not the periods that make it up, in order and each once";
        found.add(&view.issue.manifest(), "delen".to_owned(), Rule::Parts, detail);
        return Ok(());
    }
    let mut parts = Vec::with_capacity(manifest.delen.len());
    for &part in &manifest.delen {
        match published(store, part, cache).await {
            Ok(figures) => parts.push((part, figures)),
            Err(BaseError::Store(error)) => return Err(error),
            Err(error) => found.add(&view.issue.manifest(), part.to_string(), Rule::Parts, error.to_string()),
        }
    }
    if parts.len() == manifest.delen.len() {
        check_sums(view, &parts, found);
    }
    Ok(())
}

/// Counts differ by less than two steps of the base from the registered ones; those of an ISO year that is a sum by less than three,
/// and by less than four once a part was revised: 9, 14 and 19.
fn check_bound(view: &View<'_>, manifest: &Manifest, found: &mut Collector) {
    let (base, bound) = (manifest.beleid.veelvoud, manifest.beleid.grens);
    let sum = manifest.cadans == PeriodKind::IsoYear && !manifest.delen.is_empty();
    let steps = match (sum, manifest.delen.iter().any(|part| part.uitgave > 1)) {
        (false, _) => 2,
        (true, false) => 3,
        (true, true) => 4,
    };
    if bound >= steps * base {
        let detail =
            format!("the bound {bound} is more than the {} that is promised for such a period", steps * base - 1);
        found.add(&view.issue.manifest(), "beleid".to_owned(), Rule::Margin, detail);
    }
}

/// Whether the parts follow each other from the first day to the last.
fn tile(manifest: &Manifest) -> bool {
    let mut next = manifest.periode.begin();
    for part in &manifest.delen {
        if part.periode.begin() != next || part.periode == manifest.periode {
            return false;
        }
        next = part.periode.end();
    }
    next == manifest.periode.end()
}

async fn published(store: &dyn ObjectStore, part: Issue, cache: &BaseCache) -> Result<Arc<BaseFigures>, BaseError> {
    let manifest = bases::manifest(store, part).await?;
    let name = SnapshotTable::Kerncijfers.file(Form::Json);
    let digest = manifest.file(&name).map(|file| file.sha256.clone()).unwrap_or_default();
    cache.figures_of(store, &manifest, &digest).await
}

/// A total is the sum of those of the parts that have the area, and is given only when all of these give it.
fn check_sums(view: &View<'_>, parts: &[(Issue, Arc<BaseFigures>)], found: &mut Collector) {
    for area in &view.areas {
        for maat in Maat::ALL {
            let Some(count) = view.figures.total(&area.code, maat).and_then(|figure| figure.waarde) else { continue };
            let figures =
                parts.iter().filter_map(|(part, base)| Some((part, base.figures.total(&area.code, maat)?.waarde)));
            let figures: Vec<(&Issue, Option<i64>)> = figures.collect();
            let empty = figures.iter().find(|(_, count)| count.is_none());
            let sum: i64 = figures.iter().filter_map(|(_, count)| *count).sum();
            let detail = match empty {
                Some((part, _)) => format!("it is given, though its part {part} leaves it empty"),
                None if sum != count => format!("it is {count}, and its parts add up to {sum}"),
                None => continue,
            };
            let row = format!("{}/{}/{maat}", area.regio_type, area.code);
            found.add(&view.file(SnapshotTable::Kerncijfers), row, Rule::Parts, detail);
        }
    }
}
