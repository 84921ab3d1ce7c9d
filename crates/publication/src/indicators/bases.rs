//! The published figures of other issues that this one is compared with, read back from the published store.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::snapshot::{Comparison, Form, Issue, Manifest, SnapshotTable};

use crate::publish::store::{self, StoreError};
use crate::render::explanation::{ComparedIssue, SeriesIssue};
use crate::render::form;
use crate::reservation::{Base, Reservation};
use crate::shelf::retracted_issues;
use crate::tables::{Figures, TableRows};

/// ISO years before its own that a period's series goes back: "what is usual" looks at five years.
const SERIES_YEARS: i32 = 5;

/// The kerncijfers of one published issue of another period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFigures {
    /// The other period.
    pub periode: Period,
    /// Its issue.
    pub uitgave: u32,
    /// Whether values of a second or later issue are in it, also as a part that it sums.
    pub herzien: bool,
    /// Path of its kerncijfers in the store.
    pub bestand: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Its counts.
    pub figures: Figures,
}

/// Kerncijfers and verdelingen of another issue, row by row: what `wijzigingen` compares with.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherIssue {
    /// The issue.
    pub issue: Issue,
    /// Paths and SHA-256 of the two files.
    pub bestanden: Vec<(String, String)>,
    /// Its kerncijfers.
    pub totals: TableRows,
    /// Its verdelingen.
    pub parts: TableRows,
}

/// The published figures that a snapshot is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bases {
    figures: Vec<Arc<BaseFigures>>,
    /// The issue of the same period before this one.
    pub previous_issue: Option<Arc<OtherIssue>>,
    /// The period before.
    pub previous_period: Option<Arc<OtherIssue>>,
}

impl Bases {
    /// These figures; at most one issue per period counts, the first.
    pub fn new(figures: Vec<Arc<BaseFigures>>) -> Self {
        Self { figures, ..Self::default() }
    }

    /// Those of a period.
    pub fn of(&self, period: Period) -> Option<&BaseFigures> {
        self.figures.iter().find(|base| base.periode == period).map(Arc::as_ref)
    }

    /// All of them, oldest first.
    pub fn series(&self) -> impl Iterator<Item = &BaseFigures> {
        self.figures.iter().map(Arc::as_ref)
    }

    /// Period and issue of each.
    pub fn issues(&self) -> impl Iterator<Item = (Period, u32)> {
        self.figures.iter().map(|base| (base.periode, base.uitgave))
    }

    /// Which comparisons of a period have figures, as `toelichting.json` says it.
    pub fn compared(&self, period: Period) -> Vec<ComparedIssue> {
        let of = |met: &Comparison| {
            let base = self.of(met.period(period)?)?;
            let BaseFigures { periode, uitgave, bestand, sha256, .. } = base.clone();
            Some(ComparedIssue { met: *met, periode, uitgave, bestand, sha256 })
        };
        Comparison::ALL.iter().filter_map(of).collect()
    }

    /// The earlier issues that series are made from, as `toelichting.json` says it.
    pub fn named(&self) -> Vec<SeriesIssue> {
        let name = |base: &BaseFigures| SeriesIssue {
            periode: base.periode,
            uitgave: base.uitgave,
            bestand: base.bestand.clone(),
            sha256: base.sha256.clone(),
        };
        self.series().map(name).collect()
    }
}

/// Why the figures to compare with cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The published store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was published is not there any more, or is not what the reservation or the manifest says.
    #[error("{path}, needed to compare with: {rule}")]
    Changed {
        /// The object.
        path: String,
        /// What is wrong.
        rule: String,
    },
}

/// Whether a period's figures stand in the series of a later one: of the same kind, and at most five years before it.
pub fn in_series(of: Period, earlier: Period) -> bool {
    earlier.kind() == of.kind() && earlier < of && earlier.iso_year() >= of.iso_year() - SERIES_YEARS
}

/// The highest published issue that is not retracted of each earlier period in the series of `period`, for its reservation.
///
/// # Errors
/// [`BaseError::Store`] when the store fails.
pub async fn find_bases(store: &dyn ObjectStore, period: Period) -> Result<Vec<Base>, BaseError> {
    let retracted = retracted_issues(store).await?;
    let mut highest: BTreeMap<Period, u32> = BTreeMap::new();
    for (path, _) in store::list(store, &format!("manifests/{}", period.kind())).await? {
        let Some(issue) = Issue::of_manifest(&path) else { continue };
        let compared = || Comparison::ALL.iter().any(|met| met.period(period) == Some(issue.periode));
        if !retracted.contains(&issue) && (in_series(period, issue.periode) || compared()) {
            let newest = highest.entry(issue.periode).or_insert(issue.uitgave);
            *newest = issue.uitgave.max(*newest);
        }
    }
    let mut bases = Vec::new();
    for (periode, uitgave) in highest {
        if let Some(bytes) = store::read(store, &Issue { periode, uitgave }.manifest()).await? {
            bases.push(Base { periode, uitgave, sha256: store::sha256(&bytes) });
        }
    }
    Ok(bases)
}

/// Issues whose figures are remembered at most: the series of five years of weeks, and what else is compared with.
const MOST_FIGURES: usize = 512;

/// Issues whose rows are remembered at most: those of the period before, and of the issue before.
const MOST_TABLES: usize = 32;

/// Remembers what was read of published issues, whose files never change: one period's figures stand in the series of many.
#[derive(Debug, Default)]
pub struct BaseCache {
    figures: Mutex<HashMap<(String, String), Arc<BaseFigures>>>,
    tables: Mutex<HashMap<(String, String), Arc<OtherIssue>>>,
}

type Remembered<T> = Mutex<HashMap<(String, String), Arc<T>>>;

fn remembered<T>(cache: &Remembered<T>, key: &(String, String)) -> Option<Arc<T>> {
    cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(key).cloned()
}

/// Beyond `most` all is forgotten: what is still needed is read again.
fn remember<T>(cache: &Remembered<T>, most: usize, key: (String, String), value: Arc<T>) -> Arc<T> {
    let mut cache = cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if cache.len() >= most {
        cache.clear();
    }
    cache.insert(key, Arc::clone(&value));
    value
}

fn forget<T>(cache: &Remembered<T>) {
    // With its room: a service holds on to nothing between its rounds.
    *cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = HashMap::new();
}

impl BaseCache {
    /// Forgets all: when nothing more is to be published for now.
    pub fn forget(&self) {
        forget(&self.figures);
        forget(&self.tables);
    }

    /// The kerncijfers of an issue, whose manifest has this digest.
    async fn figures(
        &self,
        store: &dyn ObjectStore,
        issue: Issue,
        sha256: &str,
    ) -> Result<Arc<BaseFigures>, BaseError> {
        let key = (issue.manifest(), sha256.to_owned());
        if let Some(known) = remembered(&self.figures, &key) {
            return Ok(known);
        }
        let manifest = manifest_with(store, issue, Some(sha256)).await?;
        let (_, digest) = entry(&manifest, SnapshotTable::Kerncijfers, Form::Json)?;
        Ok(remember(&self.figures, MOST_FIGURES, key, self.figures_of(store, &manifest, &digest).await?))
    }

    /// The kerncijfers of an issue, whose file has this digest.
    pub(crate) async fn figures_of(
        &self,
        store: &dyn ObjectStore,
        manifest: &Manifest,
        sha256: &str,
    ) -> Result<Arc<BaseFigures>, BaseError> {
        let (table, form, issue) = (SnapshotTable::Kerncijfers, Form::Json, manifest.issue());
        let key = (issue.file(&table.file(form)), sha256.to_owned());
        if let Some(known) = remembered(&self.figures, &key) {
            return Ok(known);
        }
        let rows = read_table(store, table, issue, form, &key.0, sha256).await?;
        let base = BaseFigures {
            periode: issue.periode,
            uitgave: issue.uitgave,
            herzien: manifest.is_revised(),
            bestand: key.0.clone(),
            sha256: sha256.to_owned(),
            figures: Figures::from_rows([&rows]),
        };
        Ok(remember(&self.figures, MOST_FIGURES, key, Arc::new(base)))
    }

    /// The counts of an issue row by row, whose manifest has this digest; of any, when none is given.
    pub(crate) async fn tables(
        &self,
        store: &dyn ObjectStore,
        issue: Issue,
        sha256: Option<&str>,
    ) -> Result<Arc<OtherIssue>, BaseError> {
        let key = (issue.manifest(), sha256.unwrap_or_default().to_owned());
        if let Some(known) = remembered(&self.tables, &key) {
            return Ok(known);
        }
        let manifest = manifest_with(store, issue, sha256).await?;
        let mut tables = Vec::with_capacity(2);
        let mut bestanden = Vec::with_capacity(2);
        for table in OtherIssue::TABLES {
            let (path, digest) = entry(&manifest, table, Form::Parquet)?;
            tables.push(read_table(store, table, issue, Form::Parquet, &path, &digest).await?);
            bestanden.push((path, digest));
        }
        // Unwrap safety: two tables were pushed.
        let (parts, totals) = (tables.pop().unwrap(), tables.pop().unwrap());
        Ok(remember(&self.tables, MOST_TABLES, key, Arc::new(OtherIssue { issue, bestanden, totals, parts })))
    }
}

impl OtherIssue {
    /// The tables that are compared row by row.
    pub const TABLES: [SnapshotTable; 2] = [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen];
}

/// Reads the figures that a reservation compares with, checked against the digests recorded in it.
///
/// # Errors
/// [`BaseError`] when the store fails, or what stands there is not what was recorded.
pub async fn load_bases(
    store: &dyn ObjectStore,
    reservation: &Reservation,
    cache: &BaseCache,
) -> Result<Bases, BaseError> {
    let mut bases = Bases::default();
    for base in &reservation.vergelijking {
        let issue = Issue { periode: base.periode, uitgave: base.uitgave };
        bases.figures.push(cache.figures(store, issue, &base.sha256).await?);
    }
    if let Some(previous) = &reservation.vorige {
        let issue = Issue::of_manifest(&previous.pad)
            .ok_or_else(|| changed(&previous.pad, &"it is not the path of a manifest"))?;
        bases.previous_issue = Some(cache.tables(store, issue, Some(&previous.sha256)).await?);
    }
    let before = reservation.periode.previous();
    if let Some(base) = reservation.vergelijking.iter().find(|base| base.periode == before) {
        let issue = Issue { periode: base.periode, uitgave: base.uitgave };
        bases.previous_period = Some(cache.tables(store, issue, Some(&base.sha256)).await?);
    }
    Ok(bases)
}

async fn manifest_with(store: &dyn ObjectStore, issue: Issue, sha256: Option<&str>) -> Result<Manifest, BaseError> {
    let path = issue.manifest();
    let bytes = match sha256 {
        Some(sha256) => checked(store, &path, sha256).await?,
        None => present(store, &path).await?,
    };
    serde_json::from_slice(&bytes).map_err(|error| changed(&path, &error))
}

/// The manifest of a published issue.
pub(crate) async fn manifest(store: &dyn ObjectStore, issue: Issue) -> Result<Manifest, BaseError> {
    manifest_with(store, issue, None).await
}

/// Path and digest of a table's file.
fn entry(manifest: &Manifest, table: SnapshotTable, form: Form) -> Result<(String, String), BaseError> {
    let name = table.file(form);
    let path = manifest.issue().file(&name);
    match manifest.file(&name) {
        Some(entry) => Ok((path, entry.sha256.clone())),
        None => Err(changed(&path, &"the manifest does not name it")),
    }
}

async fn read_table(
    store: &dyn ObjectStore,
    table: SnapshotTable,
    issue: Issue,
    form: Form,
    path: &str,
    sha256: &str,
) -> Result<TableRows, BaseError> {
    let bytes = checked(store, path, sha256).await?;
    form::read(form, table, issue.periode, &bytes).map_err(|error| changed(path, &error))
}

async fn present(store: &dyn ObjectStore, path: &str) -> Result<Bytes, BaseError> {
    store::read(store, path).await?.ok_or_else(|| changed(path, &"it is not there"))
}

async fn checked(store: &dyn ObjectStore, path: &str, sha256: &str) -> Result<Bytes, BaseError> {
    let bytes = present(store, path).await?;
    if store::sha256(&bytes) == sha256 { Ok(bytes) } else { Err(changed(path, &"its digest is another one")) }
}

fn changed(path: &str, rule: &dyn std::fmt::Display) -> BaseError {
    BaseError::Changed { path: path.to_owned(), rule: rule.to_string() }
}
