//! From the files of a published store to what a reader has of each issue.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use vt_disclosure::attack::store::{PublishedIssue, PublishedTable};
use vt_disclosure::{Area, BlockKind, BlockScope, BlockSpec, CategorySpec, Geography, IssueName, links};
use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Form, Issue, Manifest, SNAPSHOT_FORMAAT, SnapshotTable};

use super::inputs::{self, Seen};
use crate::publish::store::{self, StoreError};
use crate::render::explanation::{BreakdownDefinition, EXPLANATION_FILE, Explanation};
use crate::render::form;
use crate::tables::{FigureKey, Figures, TableRows};

/// Issues read at once.
const CONCURRENT_READS: usize = 4;

/// Why a published store cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file is missing, damaged or not the one that its manifest names.
    #[error(
        "{file}: {rule}. The store cannot be audited as it is; take a fresh copy of it, or run `vt-monitor verify`"
    )]
    Damaged {
        /// The object.
        file: String,
        /// What is wrong.
        rule: String,
    },
    /// Issues do not fit together.
    #[error("the store cannot be audited: {0}")]
    Unfit(#[from] vt_disclosure::attack::store::StoreError),
}

/// All that is published.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// The manifests.
    pub manifests: BTreeMap<Issue, Manifest>,
    /// What a reader has of each issue, in the same order.
    pub issues: Vec<PublishedIssue>,
}

/// Reads every issue of a store.
///
/// # Errors
/// [`AuditError`] when a manifest or file is missing, tampered with, or cannot be read.
pub async fn read(store: &dyn ObjectStore) -> Result<Published, AuditError> {
    let listed = store::list(store, "manifests").await?;
    let mut manifests = BTreeMap::new();
    for issue in listed.iter().filter_map(|(path, _)| Issue::of_manifest(path)) {
        manifests.insert(issue, manifest(store, issue).await?);
    }
    let read = stream::iter(manifests.values()).map(|manifest| issue(store, manifest, &manifests));
    let issues = read.buffered(CONCURRENT_READS).try_collect().await?;
    Ok(Published { issues, manifests })
}

fn damaged(file: impl Into<String>, rule: impl Into<String>) -> AuditError {
    AuditError::Damaged { file: file.into(), rule: rule.into() }
}

async fn manifest(store: &dyn ObjectStore, issue: Issue) -> Result<Manifest, AuditError> {
    let path = issue.manifest();
    let bytes = store::read(store, &path).await?.ok_or_else(|| damaged(&path, "it vanished"))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| damaged(&path, format!("it is no manifest: {error}")))?;
    if manifest.formaat != SNAPSHOT_FORMAAT {
        return Err(damaged(path, format!("it is of version {} of the form", manifest.formaat)));
    }
    if manifest.issue() != issue {
        return Err(damaged(path, format!("it says that it is {}", manifest.issue())));
    }
    Ok(manifest)
}

/// A file of a snapshot, as its manifest names it.
async fn file(store: &dyn ObjectStore, manifest: &Manifest, name: &str) -> Result<Bytes, AuditError> {
    let path = manifest.issue().file(name);
    let entry = manifest.file(name).ok_or_else(|| damaged(&path, "its manifest does not name it"))?;
    let bytes = store::read(store, &path).await?.ok_or_else(|| damaged(&path, "it is missing"))?;
    if bytes.len() as u64 != entry.bytes || store::sha256(&bytes) != entry.sha256 {
        return Err(damaged(path, "it is not the file that its manifest names (size or SHA-256)"));
    }
    Ok(bytes)
}

async fn table(store: &dyn ObjectStore, manifest: &Manifest, table: SnapshotTable) -> Result<TableRows, AuditError> {
    let name = table.file(Form::Parquet);
    let bytes = file(store, manifest, &name).await?;
    form::read(Form::Parquet, table, manifest.periode, &bytes)
        .map_err(|error| damaged(manifest.issue().file(&name), error.to_string()))
}

async fn issue(
    store: &dyn ObjectStore,
    manifest: &Manifest,
    all: &BTreeMap<Issue, Manifest>,
) -> Result<PublishedIssue, AuditError> {
    let path = manifest.issue().file(EXPLANATION_FILE);
    let bytes = file(store, manifest, EXPLANATION_FILE).await?;
    let explanation = Explanation::from_bytes(&bytes).map_err(|rule| damaged(&path, rule))?;
    if explanation.issue() != manifest.issue() || explanation.beleid != manifest.beleid {
        return Err(damaged(path, "it is of another issue or another policy than the manifest"));
    }
    let tables = [
        table(store, manifest, SnapshotTable::Kerncijfers).await?,
        table(store, manifest, SnapshotTable::Verdelingen).await?,
    ];
    let figures = Figures::from_rows(&tables);
    let atoms: Vec<AtomCode> = explanation.indeling.overlap.iter().copied().collect();
    let geography = geography(&atoms);
    let specs = specs(&explanation);
    let mut published = Vec::with_capacity(specs.len());
    for spec in specs {
        let values = values(&figures, &geography, &spec).map_err(|row| {
            damaged(manifest.issue().folder(), format!("{row} is missing, or no multiple that a count can be"))
        })?;
        published.push(PublishedTable { spec, values });
    }
    let of_period = all.range(..manifest.issue()).filter(|(other, _)| other.periode == manifest.periode);
    let before = of_period.map(|(_, before)| before).next_back().filter(|_| manifest.delen.is_empty());
    let parts = manifest.delen.iter().map(name);
    Ok(PublishedIssue {
        name: name(&manifest.issue()),
        base: manifest.beleid.veelvoud,
        bound: manifest.beleid.grens,
        geography,
        links: links::contract(),
        tables: published,
        inputs: before.map(|before| Seen::from(manifest).changes(&Seen::from(before), &atoms)).unwrap_or_default(),
        unlinked: inputs::unlinked(),
        parts: parts.collect(),
    })
}

/// The name of an issue in the disclosure control.
pub(super) fn name(issue: &Issue) -> IssueName {
    IssueName { period: issue.periode.to_string(), issue: issue.uitgave }
}

/// The areas that follow from the overlap of VTs and VRs, in the order in which they are published.
fn geography(atoms: &[AtomCode]) -> Geography {
    let area = |kind: &str, code: &str, atoms: Vec<usize>| Area {
        kind: kind.to_owned(),
        code: code.to_owned(),
        atoms,
        withheld: false,
    };
    let mut by_vt: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut by_vr: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, atom) in atoms.iter().enumerate() {
        by_vt.entry(atom.vt()).or_default().push(index);
        by_vr.entry(atom.vr()).or_default().push(index);
    }
    let mut areas = vec![area("NL", "NL01", (0..atoms.len()).collect())];
    areas.extend(by_vt.into_iter().map(|(code, atoms)| area("VT", code, atoms)));
    areas.extend(by_vr.into_iter().map(|(code, atoms)| area("VR", code, atoms)));
    Geography { atoms: atoms.iter().map(ToString::to_string).collect(), areas }
}

/// Per measure its totals and its breakdowns; categories that cannot occur are not among them.
fn specs(explanation: &Explanation) -> Vec<BlockSpec> {
    let mut specs = Vec::new();
    for maat in Maat::ALL {
        specs.push(BlockSpec::total(maat.code()));
        let own = explanation.verdelingen.iter().filter(|breakdown| breakdown.maat == maat);
        specs.extend(own.map(|breakdown| spec(maat, breakdown)));
    }
    specs
}

fn spec(maat: Maat, breakdown: &BreakdownDefinition) -> BlockSpec {
    let categories = breakdown.categorieen.iter().map(|category| CategorySpec {
        code: category.categorie.clone(),
        exclusive: category.uitsluitend,
        structural_zero: false,
    });
    BlockSpec {
        measure: maat.code().to_owned(),
        dimension: Some(breakdown.dimensie.code().to_owned()),
        kind: if breakdown.meervoudig { BlockKind::Multi } else { BlockKind::Single },
        categories: categories.collect(),
        scope: if breakdown.alleen_nl { BlockScope::NationalOnly } else { BlockScope::AllAreas },
    }
}

/// The values of a table, or the row that is missing or unusable.
fn values(figures: &Figures, geography: &Geography, spec: &BlockSpec) -> Result<Vec<Vec<Option<u32>>>, String> {
    let value = |regio: &str, category: &CategorySpec| {
        let part = spec.dimension.as_deref().map(|dimension| (dimension, category.code.as_str()));
        let row = || format!("{}/{}/{regio}", spec.name(), category.code);
        let figure = figures.get(FigureKey { regio, maat: &spec.measure, part }).ok_or_else(row)?;
        figure.waarde.map(u32::try_from).transpose().map_err(|_| row())
    };
    let rows = geography.areas_in(spec.scope);
    rows.map(|area| spec.categories.iter().map(|category| value(&area.code, category)).collect()).collect()
}
