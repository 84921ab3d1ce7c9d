//! Indicators, computed again from the published counts of this snapshot and of those it compares with.

use std::collections::BTreeMap;

use object_store::ObjectStore;
use vt_domain::snapshot::{Form, Issue, SnapshotTable};

use super::collect::Collector;
use super::grid::View;
use super::listing::Listing;
use super::report::Rule;
use crate::indicators::bases::{figures, manifest};
use crate::indicators::{BaseError, BaseFigures, Bases, Current, indicator_rows};
use crate::publish::store::StoreError;
use crate::render::explanation::EXPLANATION_FILE;
use crate::tables::{Row, row_name};

pub(super) async fn check(
    store: &dyn ObjectStore,
    view: &View<'_>,
    listing: &Listing,
    found: &mut Collector,
) -> Result<(), StoreError> {
    let Some(bases) = bases(store, view, listing, found).await? else { return Ok(()) };
    let current = Current { explanation: view.explanation, areas: &view.areas, figures: &view.figures };
    let computed = indicator_rows(current, &bases);
    compare(view, &computed.rows, found);
    Ok(())
}

/// The figures compared with, as `toelichting.json` names them; nothing when one of them cannot be used.
async fn bases(
    store: &dyn ObjectStore,
    view: &View<'_>,
    listing: &Listing,
    found: &mut Collector,
) -> Result<Option<Bases>, StoreError> {
    let file = view.issue.file(EXPLANATION_FILE);
    let mut all: BTreeMap<Issue, BaseFigures> = BTreeMap::new();
    let mut usable = true;
    for compared in &view.explanation.vergelijking {
        let issue = Issue { periode: compared.periode, uitgave: compared.uitgave };
        let entry = format!("vergelijking {}", compared.met.code());
        let mut refuse = |detail: String| {
            usable = false;
            found.add(&file, entry.clone(), Rule::Base, detail);
        };
        if compared.met.period(view.issue.periode) != Some(compared.periode) {
            refuse(format!("{} is not the period that this comparison is with", compared.periode));
        } else if compared.bestand != issue.file(&SnapshotTable::Kerncijfers.file(Form::Json)) {
            refuse(format!("{} is not the kerncijfers of {issue}", compared.bestand));
        } else if !listing.has(issue) {
            refuse(format!("{issue} is not published"));
        } else {
            let loaded = async {
                let manifest = manifest(store, issue).await?;
                Ok((manifest.is_revised(), figures(store, issue, &compared.sha256).await?))
            };
            match loaded.await {
                Ok((herzien, figures)) => {
                    let (periode, uitgave) = (compared.periode, compared.uitgave);
                    let (bestand, sha256) = (compared.bestand.clone(), compared.sha256.clone());
                    all.insert(issue, BaseFigures { periode, uitgave, herzien, bestand, sha256, figures });
                }
                Err(BaseError::Store(error)) => return Err(error),
                Err(error @ BaseError::Changed { .. }) => refuse(error.to_string()),
            }
        }
    }
    Ok(usable.then(|| Bases::new(all.into_values().collect())))
}

/// Compares published rows with computed ones, by their keys.
fn compare(view: &View<'_>, computed: &[Row], found: &mut Collector) {
    let table = SnapshotTable::Indicatoren;
    let file = view.file(table);
    let Some(published) = view.table(table) else { return };
    let mut expected: BTreeMap<String, &Row> = computed.iter().map(|row| (row_name(table, row), row)).collect();
    for row in &published.rows {
        let name = row_name(table, row);
        let Some(computed) = expected.remove(&name) else {
            found.add(&file, name, Rule::DenseGrid, "there is no such indicator, measure or area in this snapshot");
            continue;
        };
        for (column, (one, other)) in table.columns().iter().zip(row.iter().zip(computed)) {
            if one != other {
                let detail =
                    format!("column `{}` is {one}, and {other} follows from the published counts", column.name);
                found.add(&file, name.clone(), Rule::Indicator, detail);
            }
        }
    }
    for name in expected.into_keys() {
        found.add(&file, name, Rule::DenseGrid, "the row is missing");
    }
}
