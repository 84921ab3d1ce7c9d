//! The published figures of other periods that changes compare with, read back from the published store.

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::snapshot::{Comparison, Form, Issue, Manifest, SnapshotTable};

use crate::publish::store::{self, StoreError};
use crate::render::explanation::ComparedIssue;
use crate::render::json;
use crate::reservation::{Base, Reservation};
use crate::tables::Figures;

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

/// The figures that a period's changes compare with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bases(Vec<BaseFigures>);

impl Bases {
    /// These figures; at most one issue per period counts, the first.
    pub fn new(figures: Vec<BaseFigures>) -> Self {
        Self(figures)
    }

    /// Those of a period.
    pub fn of(&self, period: Period) -> Option<&BaseFigures> {
        self.0.iter().find(|base| base.periode == period)
    }

    /// Period and issue of each.
    pub fn issues(&self) -> impl Iterator<Item = (Period, u32)> {
        self.0.iter().map(|base| (base.periode, base.uitgave))
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

/// The periods that a period is compared with.
pub fn comparison_periods(period: Period) -> BTreeSet<Period> {
    Comparison::ALL.iter().filter_map(|comparison| comparison.period(period)).collect()
}

/// The highest published issue of each period that `period` is compared with, for its reservation. None for those not published.
///
/// # Errors
/// [`BaseError::Store`] when the store fails.
pub async fn find_bases(store: &dyn ObjectStore, period: Period) -> Result<Vec<Base>, BaseError> {
    let mut bases = Vec::new();
    for other in comparison_periods(period) {
        let listed = store::list(store, &format!("manifests/{}/{other}", other.kind())).await?;
        let issues = listed.iter().filter_map(|(path, _)| Issue::of_manifest(path));
        let Some(highest) = issues.max_by_key(|issue| issue.uitgave) else { continue };
        if let Some(bytes) = store::read(store, &highest.manifest()).await? {
            bases.push(Base { periode: other, uitgave: highest.uitgave, sha256: store::sha256(&bytes) });
        }
    }
    Ok(bases)
}

/// Reads the figures that a reservation compares with, checked against the digests recorded in it.
///
/// # Errors
/// [`BaseError`] when the store fails, or what stands there is not what was recorded.
pub async fn load_bases(store: &dyn ObjectStore, reservation: &Reservation) -> Result<Bases, BaseError> {
    let mut all = Vec::with_capacity(reservation.vergelijking.len());
    for base in &reservation.vergelijking {
        all.push(load(store, base).await?);
    }
    Ok(Bases(all))
}

async fn load(store: &dyn ObjectStore, base: &Base) -> Result<BaseFigures, BaseError> {
    let issue = Issue { periode: base.periode, uitgave: base.uitgave };
    let manifest_path = issue.manifest();
    let bytes = checked(store, &manifest_path, &base.sha256).await?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| changed(&manifest_path, &error))?;
    let name = SnapshotTable::Kerncijfers.file(Form::Json);
    let path = issue.file(&name);
    let entry = manifest.file(&name).ok_or_else(|| changed(&path, &"the manifest does not name it"))?;
    let figures = figures(store, issue, &entry.sha256).await?;
    Ok(BaseFigures {
        periode: base.periode,
        uitgave: base.uitgave,
        herzien: manifest.is_revised(),
        bestand: path,
        sha256: entry.sha256.clone(),
        figures,
    })
}

/// The manifest of a published issue.
pub(crate) async fn manifest(store: &dyn ObjectStore, issue: Issue) -> Result<Manifest, BaseError> {
    let path = issue.manifest();
    let bytes = store::read(store, &path).await?.ok_or_else(|| changed(&path, &"it is not there"))?;
    serde_json::from_slice(&bytes).map_err(|error| changed(&path, &error))
}

/// The counts of an issue's kerncijfers, whose digest is known.
pub(crate) async fn figures(store: &dyn ObjectStore, issue: Issue, sha256: &str) -> Result<Figures, BaseError> {
    let path = issue.file(&SnapshotTable::Kerncijfers.file(Form::Json));
    let bytes = checked(store, &path, sha256).await?;
    let rows = json::read(SnapshotTable::Kerncijfers, issue.periode, &bytes).map_err(|error| changed(&path, &error))?;
    Ok(Figures::from_rows([&rows]))
}

async fn checked(store: &dyn ObjectStore, path: &str, sha256: &str) -> Result<bytes::Bytes, BaseError> {
    let bytes = store::read(store, path).await?.ok_or_else(|| changed(path, &"it is not there"))?;
    if store::sha256(&bytes) == sha256 { Ok(bytes) } else { Err(changed(path, &"its digest is another one")) }
}

fn changed(path: &str, rule: &dyn std::fmt::Display) -> BaseError {
    BaseError::Changed { path: path.to_owned(), rule: rule.to_string() }
}
