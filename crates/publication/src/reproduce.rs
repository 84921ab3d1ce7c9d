//! Rendering a published issue again from its reservation, and comparing (DESIGN §5): nothing is solved or drawn again.

#[cfg(test)]
mod tests;

use object_store::ObjectStore;
use serde::Serialize;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::{Form, Issue, Manifest, SnapshotTable};
use vt_vault::{ReservationKey, Vault};

use crate::draft::SnapshotDraft;
use crate::error::PublicationError;
use crate::indicators::{BaseCache, BaseError, load_bases};
use crate::publish::store::{self, StoreError};
use crate::registers::{code_lists_of, register_of};
use crate::render::{RenderError, form, render};
use crate::reservation::reservation;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reproduced {
    /// Data files and files of the history that were made again.
    pub files: usize,
    /// Paths of what is not the same, or not there; the manifest's among them.
    pub differing: Vec<String>,
    /// Paths of what the published manifest names and is not there, or is not what the manifest says: whatever version made it.
    pub damaged: Vec<String>,
    /// The program that made the issue, when it is not this one.
    pub other_software: Option<String>,
    /// Whether the tables hold the same values.
    pub values_equal: bool,
}

impl Reproduced {
    /// Whether it holds: the same bytes, or of another version of the program whole files with the same values.
    pub fn holds(&self) -> bool {
        self.damaged.is_empty() && (self.differing.is_empty() || (self.other_software.is_some() && self.values_equal))
    }
}

/// Why an issue cannot be rendered again.
#[derive(Debug, thiserror::Error)]
pub enum ReproduceError {
    /// It has no reservation in this private store.
    #[error("{0} has no reservation in this private store: it is of another store, or an older copy")]
    NotReserved(Issue),
    /// The reservation, or what it names, cannot be used; also when it was removed by policy.
    #[error(transparent)]
    Publication(#[from] PublicationError),
    /// The figures it compares with cannot be used.
    #[error(transparent)]
    Bases(#[from] BaseError),
    /// It cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The published store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Renders an issue again and compares every file with what is published. `register` and `codes` are used when they
/// are those reserved; else the private store's own copies.
///
/// # Errors
/// [`ReproduceError`] when it cannot be rendered; what differs is in the result.
pub async fn reproduce(
    vault: &Vault,
    published: &dyn ObjectStore,
    issue: Issue,
    register: &Register,
    codes: &CodeLists,
    software: &str,
) -> Result<Reproduced, ReproduceError> {
    let key = ReservationKey { period: issue.periode, issue: issue.uitgave };
    let reserved = reservation(vault, key).await?.ok_or(ReproduceError::NotReserved(issue))?;
    let register = register_of(vault, &reserved.register, register).await?;
    let bases = load_bases(published, &reserved, &BaseCache::default()).await?;
    let codes = code_lists_of(vault, &reserved.codelijsten, codes).await?;
    let draft = render(&reserved, &register, &codes, &bases)?;
    let mut differing = Vec::new();
    let files = draft.files().iter().map(|file| (issue.file(&file.entry.naam), &file.bytes));
    let history = draft.history().iter().map(|file| (file.entry.naam.clone(), &file.bytes));
    let made: Vec<_> = files.chain(history).collect();
    for (path, bytes) in &made {
        if store::read(published, path).await?.as_ref() != Some(*bytes) {
            differing.push(path.clone());
        }
    }
    let manifest = store::read(published, &issue.manifest()).await?;
    if manifest.as_deref() != Some(&draft.manifest().to_bytes()[..]) {
        differing.push(issue.manifest());
    }
    let damaged = damaged(published, issue, manifest.as_deref()).await?;
    let other_software = (reserved.software != software).then(|| reserved.software.clone());
    let values_equal = differing.is_empty() || same_values(published, &draft).await?;
    Ok(Reproduced { files: made.len(), differing, damaged, other_software, values_equal })
}

/// What the published manifest does not say truly.
async fn damaged(
    published: &dyn ObjectStore,
    issue: Issue,
    manifest: Option<&[u8]>,
) -> Result<Vec<String>, StoreError> {
    let Some(manifest) = manifest.and_then(|bytes| serde_json::from_slice::<Manifest>(bytes).ok()) else {
        return Ok(vec![issue.manifest()]);
    };
    let files = manifest.bestanden.iter().map(|file| (issue.file(&file.naam), &file.sha256));
    let history = manifest.historie.iter().map(|file| (file.naam.clone(), &file.sha256));
    let mut damaged = Vec::new();
    for (path, sha256) in files.chain(history) {
        if store::read(published, &path).await?.is_none_or(|bytes| store::sha256(&bytes) != *sha256) {
            damaged.push(path);
        }
    }
    Ok(damaged)
}

/// Whether the published tables hold the rows that were rendered.
async fn same_values(published: &dyn ObjectStore, draft: &SnapshotDraft) -> Result<bool, StoreError> {
    let issue = draft.issue();
    for table in SnapshotTable::ALL {
        let path = issue.file(&table.file(Form::Parquet));
        let Some(bytes) = store::read(published, &path).await? else { return Ok(false) };
        let rows = form::read(Form::Parquet, table, issue.periode, &bytes);
        if rows.as_ref().map(|rows| form::difference(draft.table(table), rows)) != Ok(None) {
            return Ok(false);
        }
    }
    Ok(true)
}
