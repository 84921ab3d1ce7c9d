//! Indicators and changes, computed again from the published counts of this snapshot and of those it compares with.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::ObjectStore;
use vt_domain::snapshot::{Comparison, Form, Issue, SnapshotTable};

use super::collect::Collector;
use super::grid::View;
use super::listing::Listing;
use super::report::Rule;
use crate::changes::{self, Against, change_rows};
use crate::indicators::bases::manifest;
use crate::indicators::{
    BaseCache, BaseError, BaseFigures, Bases, Current, OtherIssue, exceptional, in_series, indicator_rows,
};
use crate::publish::store::StoreError;
use crate::render::explanation::{ChangedFrom, EXPLANATION_FILE, SeriesIssue};
use crate::tables::{Row, row_name};

pub(super) async fn check(
    store: &dyn ObjectStore,
    view: &View<'_>,
    listing: &Listing,
    cache: &BaseCache,
    found: &mut Collector,
) -> Result<(), StoreError> {
    let mut reading = Reading { store, view, listing, cache, found, usable: true };
    let bases = reading.bases().await?;
    if !reading.usable {
        return Ok(());
    }
    let current = Current { explanation: view.explanation, areas: &view.areas, figures: &view.figures };
    let indicators = indicator_rows(current, &bases);
    compare(view, SnapshotTable::Indicatoren, Rule::Indicator, &indicators.rows, found);
    if view.explanation.bijzonderheden != exceptional(&indicators) {
        let file = view.issue.file(EXPLANATION_FILE);
        found.add(&file, "bijzonderheden".to_owned(), Rule::Indicator, "it is not what follows from the indicators");
    }
    let counts = OtherIssue::TABLES.map(|table| view.table(table));
    if let [Some(totals), Some(parts)] = counts {
        let computed = change_rows(view.explanation, totals, parts, &bases);
        compare(view, SnapshotTable::Wijzigingen, Rule::Change, &computed.rows, found);
    }
    Ok(())
}

/// Reads the figures compared with, as `toelichting.json` names them.
struct Reading<'a> {
    store: &'a dyn ObjectStore,
    view: &'a View<'a>,
    listing: &'a Listing,
    cache: &'a BaseCache,
    found: &'a mut Collector,
    /// Whether all of them can be used.
    usable: bool,
}

impl Reading<'_> {
    fn refuse(&mut self, entry: &str, detail: impl Into<String>) {
        self.usable = false;
        self.found.add(&self.view.issue.file(EXPLANATION_FILE), entry.to_owned(), Rule::Base, detail);
    }

    async fn bases(&mut self) -> Result<Bases, StoreError> {
        let explanation = self.view.explanation;
        let mut figures = Vec::with_capacity(explanation.reeks.len());
        for named in &explanation.reeks {
            figures.extend(self.figures(named).await?);
        }
        if !explanation.reeks.is_sorted_by(|one, next| one.periode < next.periode) {
            self.refuse("reeks", "its periods are not in order, each once");
        }
        let mut bases = Bases::new(figures);
        for changed in &explanation.gewijzigd_ten_opzichte_van {
            let other = self.other(changed).await?;
            match changed.met {
                Against::VorigeUitgave => bases.previous_issue = other,
                Against::VorigePeriode => bases.previous_period = other,
            }
        }
        self.check_completeness(&bases);
        Ok(bases)
    }

    /// What is compared with is in the series, and what could be compared is.
    fn check_completeness(&mut self, bases: &Bases) {
        if !self.usable {
            return;
        }
        let explanation = self.view.explanation;
        if explanation.vergelijking != bases.compared(explanation.periode) {
            self.refuse("vergelijking", "it is not what follows from `reeks`");
        }
        if explanation.gewijzigd_ten_opzichte_van != changes::named(bases) {
            self.refuse("gewijzigd_ten_opzichte_van", "its files are not those of the issues that it names");
        }
    }

    async fn figures(&mut self, named: &SeriesIssue) -> Result<Option<Arc<BaseFigures>>, StoreError> {
        let issue = Issue { periode: named.periode, uitgave: named.uitgave };
        let entry = format!("reeks {issue}");
        let of = self.view.issue.periode;
        let compared = Comparison::ALL.iter().any(|met| met.period(of) == Some(named.periode));
        if !compared && !in_series(of, named.periode) {
            self.refuse(&entry, format!("{} is not a period that this one is compared with", named.periode));
        } else if named.bestand != issue.file(&SnapshotTable::Kerncijfers.file(Form::Json)) {
            self.refuse(&entry, format!("{} is not the kerncijfers of {issue}", named.bestand));
        } else if !self.listing.has(issue) {
            self.refuse(&entry, format!("{issue} is not published"));
        } else {
            let loaded = async {
                let manifest = match self.listing.manifests.get(&issue) {
                    Some(manifest) => manifest.clone(),
                    None => manifest(self.store, issue).await?,
                };
                self.cache.figures_of(self.store, &manifest, &named.sha256).await
            };
            match loaded.await {
                Ok(figures) => return Ok(Some(figures)),
                Err(BaseError::Store(error)) => return Err(error),
                Err(error @ BaseError::Changed { .. }) => self.refuse(&entry, error.to_string()),
            }
        }
        Ok(None)
    }

    async fn other(&mut self, named: &ChangedFrom) -> Result<Option<Arc<OtherIssue>>, StoreError> {
        let issue = Issue { periode: named.periode, uitgave: named.uitgave };
        let entry = format!("gewijzigd_ten_opzichte_van {}", named.met.code());
        let own = self.view.issue;
        let right = match named.met {
            Against::VorigeUitgave => issue.periode == own.periode && issue.uitgave < own.uitgave,
            Against::VorigePeriode => issue.periode == own.periode.previous(),
        };
        if !right {
            self.refuse(&entry, format!("{issue} is not what it says"));
            return Ok(None);
        }
        match self.cache.tables(self.store, issue, None).await {
            Ok(other) => Ok(Some(other)),
            Err(BaseError::Store(error)) => Err(error),
            Err(error @ BaseError::Changed { .. }) => {
                self.refuse(&entry, error.to_string());
                Ok(None)
            }
        }
    }
}

/// Compares published rows with computed ones, by their keys.
fn compare(view: &View<'_>, table: SnapshotTable, rule: Rule, computed: &[Row], found: &mut Collector) {
    let file = view.file(table);
    let Some(published) = view.table(table) else { return };
    let mut expected: BTreeMap<String, &Row> = computed.iter().map(|row| (row_name(table, row), row)).collect();
    for row in &published.rows {
        let name = row_name(table, row);
        let Some(computed) = expected.remove(&name) else {
            found.add(&file, name, Rule::DenseGrid, "there is no such row in what follows from the published counts");
            continue;
        };
        for (column, (one, other)) in table.columns().iter().zip(row.iter().zip(computed)) {
            if one != other {
                let detail =
                    format!("column `{}` is {one}, and {other} follows from the published counts", column.name);
                found.add(&file, name.clone(), rule, detail);
            }
        }
    }
    for name in expected.into_keys() {
        found.add(&file, name, Rule::DenseGrid, "the row is missing");
    }
}
