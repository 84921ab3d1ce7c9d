//! The files of a snapshot: there, of the stated size and digest, readable, and the three forms of a table equal.

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use vt_domain::snapshot::{FileEntry, Form, Issue, Manifest, SnapshotTable};

use super::collect::Collector;
use super::listing::Listing;
use super::report::Rule;
use crate::publish::store::{self, StoreError};
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::render::form;
use crate::tables::TableRows;

/// Files read at once.
const CONCURRENT_READS: usize = 8;

/// What a snapshot holds, as far as it can be read.
pub(super) struct Content {
    pub(super) explanation: Option<Explanation>,
    tables: Vec<TableRows>,
}

impl Content {
    /// The rows of a table, from the first form that can be read: Parquet, JSON, CSV.
    pub(super) fn table(&self, table: SnapshotTable) -> Option<&TableRows> {
        self.tables.iter().find(|rows| rows.table == table)
    }

    pub(super) fn rows(&self) -> usize {
        self.tables.iter().map(|rows| rows.rows.len()).sum()
    }
}

pub(super) async fn check(
    store: &dyn ObjectStore,
    issue: Issue,
    manifest: &Manifest,
    listing: &Listing,
    found: &mut Collector,
) -> Result<Content, StoreError> {
    let reads = manifest.bestanden.iter().map(|entry| async move {
        let bytes = store::read(store, &issue.file(&entry.naam)).await?;
        Ok::<_, StoreError>((entry, bytes))
    });
    let files: Vec<(&FileEntry, Option<bytes::Bytes>)> =
        futures::stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
    for (entry, bytes) in &files {
        check_entry(&issue.file(&entry.naam), entry, bytes.as_deref(), listing, found);
    }
    let bytes = |name: &str| files.iter().find(|(entry, _)| entry.naam == name).and_then(|(_, bytes)| bytes.as_deref());
    let mut tables = Vec::new();
    for table in SnapshotTable::ALL {
        let mut read: Vec<(String, TableRows)> = Vec::new();
        for form in Form::ALL {
            let name = table.file(form);
            if manifest.file(&name).is_none() {
                found.add(
                    &issue.manifest(),
                    name,
                    Rule::FileMissing,
                    "every snapshot has this file, and it is not named",
                );
                continue;
            }
            let Some(bytes) = bytes(&name) else { continue };
            match form::read(form, table, issue.periode, bytes) {
                Ok(rows) => read.push((name, rows)),
                Err(error) => found.add(&issue.file(&name), None, Rule::Columns, error.to_string()),
            }
        }
        tables.extend(compare(issue, read, found));
    }
    let explanation = explanation(issue, manifest, bytes(EXPLANATION_FILE), found);
    Ok(Content { explanation, tables })
}

fn check_entry(path: &str, entry: &FileEntry, bytes: Option<&[u8]>, listing: &Listing, found: &mut Collector) {
    let Some(bytes) = bytes else {
        found.add(path, None, Rule::FileMissing, "the manifest names it, and it is not there");
        return;
    };
    let listed = listing.sizes.get(path).copied().unwrap_or_default();
    if listed != entry.bytes || bytes.len() as u64 != entry.bytes {
        let rule = format!("it has {listed} bytes, and the manifest states {}", entry.bytes);
        found.add(path, None, Rule::FileSize, rule);
    }
    if store::sha256(bytes) != entry.sha256 {
        found.add(path, None, Rule::FileDigest, "its SHA-256 is not the one that the manifest states");
    }
}

/// Compares each further form with the first and keeps that one.
fn compare(issue: Issue, mut read: Vec<(String, TableRows)>, found: &mut Collector) -> Option<TableRows> {
    if read.is_empty() {
        return None;
    }
    let (name, first) = read.remove(0);
    for (other, rows) in read {
        if let Some(place) = form::difference(&first, &rows) {
            found.add(&issue.file(&other), place, Rule::FormsEqual, format!("it differs from {name}"));
        }
    }
    Some(first)
}

fn explanation(issue: Issue, manifest: &Manifest, bytes: Option<&[u8]>, found: &mut Collector) -> Option<Explanation> {
    let path = issue.file(EXPLANATION_FILE);
    let Some(bytes) = bytes else {
        if manifest.file(EXPLANATION_FILE).is_none() {
            let rule = "every snapshot has this file, and it is not named";
            found.add(&issue.manifest(), EXPLANATION_FILE.to_owned(), Rule::FileMissing, rule);
        }
        return None;
    };
    let explanation = match Explanation::from_bytes(bytes) {
        Ok(explanation) => explanation,
        Err(error) => {
            found.add(&path, None, Rule::Explanation, format!("it cannot be read: {error}"));
            return None;
        }
    };
    let rules = [
        (explanation.issue() == issue && explanation.cadans == manifest.cadans, "periode"),
        (explanation.begin == manifest.begin && explanation.eind == manifest.eind, "begin"),
        (explanation.status == manifest.status, "status"),
        (explanation.beleid == manifest.beleid, "beleid"),
        (explanation.delen == manifest.delen, "delen"),
        (explanation.indeling.register == manifest.register, "indeling"),
    ];
    for (_, field) in rules.into_iter().filter(|(holds, _)| !holds) {
        found.add(&path, field.to_owned(), Rule::Explanation, "it is another one than in the manifest");
    }
    Some(explanation)
}
