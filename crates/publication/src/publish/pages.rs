//! What follows from the whole store, and is rebuilt from a listing: the pages and whatever of the history is missing.

use bytes::Bytes;
use object_store::ObjectStore;
use vt_domain::snapshot::{Form, HistoryTable, Issue, Manifest, SnapshotTable};

use super::latest::{MAX_ROUNDS, rebuild_latest, replace};
use super::{PublishError, create, store};
use crate::describe::catalogue::{CATALOGUE_FILE, catalogue};
use crate::describe::feed::{FEED_FILE, feed};
use crate::historie;
use crate::render::form;
use crate::report::index::{INDEX_FILE, index};
use crate::shelf::Shelf;

/// A page of the store: its path, and how it follows from what stands there.
pub(crate) struct Page {
    pub(crate) path: &'static str,
    pub(crate) make: fn(&Shelf) -> Vec<u8>,
}

/// The pages, beside `latest.json`.
pub(crate) const PAGES: &[Page] = &[
    Page { path: INDEX_FILE, make: index },
    Page { path: CATALOGUE_FILE, make: catalogue },
    Page { path: FEED_FILE, make: feed },
];

/// Brings the history, the pages and `latest.json` up to date; `false` when they were already.
///
/// # Errors
/// [`PublishError`] when the store fails, or a snapshot's file cannot be read back.
pub async fn rebuild_pages(store: &dyn ObjectStore) -> Result<bool, PublishError> {
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        let shelf = Shelf::read(store).await?;
        let mut round = complete_history(store, &shelf).await?;
        for page in PAGES {
            round |= replace(store, page.path, (page.make)(&shelf).into()).await?;
        }
        round |= rebuild_latest(store).await?;
        if !round {
            break;
        }
        changed = true;
    }
    Ok(changed)
}

/// Writes what a crash between a manifest and its history left out.
async fn complete_history(store: &dyn ObjectStore, shelf: &Shelf) -> Result<bool, PublishError> {
    let listed = store::list(store, HistoryTable::FOLDER).await?;
    let missing = |path: &str| listed.binary_search_by(|(found, _)| found.as_str().cmp(path)).is_err();
    let mut written = false;
    for found in shelf.snapshots.values() {
        let manifest = &found.content;
        if manifest.historie.iter().any(|entry| missing(&entry.naam)) {
            for (path, bytes) in history_of(store, manifest).await? {
                written |= create(store, &path, bytes).await?;
            }
        }
    }
    for found in shelf.errata.values() {
        let erratum = &found.content;
        if erratum.historie.as_ref().is_some_and(|entry| missing(&entry.naam)) {
            let row = historie::of_retraction(erratum).map_err(|source| PublishError::History { source })?;
            written |= create(store, &row.entry.naam, row.bytes).await?;
        }
    }
    Ok(written)
}

/// The history of a published issue, made again from its own files.
async fn history_of(store: &dyn ObjectStore, manifest: &Manifest) -> Result<Vec<(String, Bytes)>, PublishError> {
    let issue: Issue = manifest.issue();
    let mut tables = Vec::new();
    for table in [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen, SnapshotTable::Indicatoren] {
        let path = issue.file(&table.file(Form::Parquet));
        // What is damaged or gone is named by `verify`; the history can't be made from it.
        let Some(bytes) = store::read(store, &path).await? else { return Ok(Vec::new()) };
        let rows = form::read(Form::Parquet, table, issue.periode, &bytes);
        tables.push(rows.map_err(|source| PublishError::History { source })?);
    }
    let files = historie::of_issue(issue, manifest.gepubliceerd_op, &tables);
    let files = files.map_err(|source| PublishError::History { source })?;
    // Another version of this program may write other bytes: only those that were promised are written.
    let promised = files.into_iter().filter(|file| manifest.historie.contains(&file.entry));
    Ok(promised.map(|file| (file.entry.naam, file.bytes)).collect())
}
