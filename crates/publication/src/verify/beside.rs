//! What stands beside the snapshots: history, errata, pages and `latest.json`.

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_domain::PeriodKind;
use vt_domain::snapshot::{
    ERRATUM_FORMAAT, Erratum, FileEntry, LATEST_PATH, Latest, LatestEntry, Manifest, SnapshotTable, check_text,
};

use super::collect::Collector;
use super::files::Content;
use super::listing::Listing;
use super::report::Rule;
use super::signed;
use crate::draft::DraftFile;
use crate::historie;
use crate::publish::latest;
use crate::publish::pages::PAGES;
use crate::publish::store::{self, StoreError};
use crate::shelf::Shelf;
use crate::sign::PublicKey;
use crate::tables::TableRows;

/// The files of the history that a manifest promises.
pub(super) async fn check_history(
    store: &dyn ObjectStore,
    manifest: &Manifest,
    content: &Content,
    software: &str,
    found: &mut Collector,
) -> Result<(), StoreError> {
    for entry in &manifest.historie {
        check_file(store, entry, found).await?;
    }
    let tables = [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen, SnapshotTable::Indicatoren];
    let tables: Vec<TableRows> = tables.iter().filter_map(|table| content.table(*table).cloned()).collect();
    // Another version may write other bytes for the same rows: then the digests of the manifest stand alone.
    if manifest.software == software
        && let Ok(files) = historie::of_issue(manifest.issue(), manifest.gepubliceerd_op, &tables)
        && !files.iter().map(|file| &file.entry).eq(&manifest.historie)
    {
        let rule = "its files are not those that follow from the tables of the snapshot";
        found.add(&manifest.issue().manifest(), "historie".to_owned(), Rule::History, rule);
    }
    Ok(())
}

async fn check_file(store: &dyn ObjectStore, entry: &FileEntry, found: &mut Collector) -> Result<(), StoreError> {
    match store::read(store, &entry.naam).await? {
        None => found.add(&entry.naam, None, Rule::History, "it is missing; publishing anything rebuilds it"),
        Some(bytes) if store::sha256(&bytes) != entry.sha256 => {
            found.add(&entry.naam, None, Rule::History, "its SHA-256 is not the one that was promised");
        }
        Some(_) => {}
    }
    Ok(())
}

/// The errata: signed, numbered, about an issue that is there, and without a number in their text.
pub(super) async fn check_errata(
    store: &dyn ObjectStore,
    listing: &Listing,
    keys: &[PublicKey],
    found: &mut Collector,
) -> Result<(), StoreError> {
    let mut retracted = BTreeSet::new();
    for number in listing.sizes.keys().filter_map(|path| Erratum::number_of(path)).collect::<BTreeSet<_>>() {
        let path = Erratum::path_of(number);
        signed::check(store, &path, keys, found).await?;
        let Some(bytes) = store::read(store, &path).await? else { continue };
        let Ok(erratum) = serde_json::from_slice::<Erratum>(&bytes) else {
            found.add(&path, None, Rule::Erratum, "it cannot be read");
            continue;
        };
        for rule in faults(&erratum, number, listing, bytes == erratum.to_bytes()) {
            found.add(&path, None, Rule::Erratum, rule);
        }
        if erratum.retracts() && !retracted.insert(erratum.issue()) {
            found.add(&path, None, Rule::Erratum, "it retracts what is retracted already");
        }
        let row: Option<DraftFile> = erratum.retracts().then(|| historie::of_retraction(&erratum).ok()).flatten();
        if erratum.historie.as_ref().map(|entry| &entry.naam) != row.as_ref().map(|row| &row.entry.naam) {
            found.add(
                &path,
                "historie".to_owned(),
                Rule::Erratum,
                "a retraction names its row in the history, and nothing else does",
            );
        } else if let Some(entry) = &erratum.historie {
            check_file(store, entry, found).await?;
        }
    }
    Ok(())
}

fn faults(erratum: &Erratum, number: u32, listing: &Listing, canonical: bool) -> Vec<String> {
    let mut faults = Vec::new();
    if erratum.formaat != ERRATUM_FORMAAT {
        faults.push(format!("it is of version {} of the form", erratum.formaat));
    }
    if erratum.nummer != number {
        faults.push(format!("it says that its number is {}", erratum.nummer));
    }
    if !listing.has(erratum.issue()) {
        faults.push(format!("{} is not published", erratum.issue()));
    }
    if let Err(refused) = check_text(&erratum.tekst) {
        faults.push(refused.to_string());
    }
    if !canonical {
        faults.push("it is not written as this program writes it".to_owned());
    }
    faults
}

/// `latest.json` and the pages, byte for byte as they follow from what stands in the store.
pub(super) async fn check_pages(
    store: &dyn ObjectStore,
    listing: &Listing,
    found: &mut Collector,
) -> Result<(), StoreError> {
    if listing.is_empty() && !listing.sizes.contains_key(LATEST_PATH) {
        return Ok(());
    }
    let latest = latest::derive_latest(store).await?;
    compare(store, LATEST_PATH, Rule::Latest, &latest.to_bytes(), &newest(&latest), found).await?;
    let shelf = Shelf::read(store).await?;
    for page in PAGES {
        let rule = "it is not what follows from the store with this version of the program";
        compare(store, page.path, Rule::Page, &(page.make)(&shelf), rule, found).await?;
    }
    Ok(())
}

/// What `latest.json` must say, in words.
fn newest(latest: &Latest) -> String {
    let name =
        |(cadence, entry): (&PeriodKind, &LatestEntry)| format!("{cadence}: {} issue {}", entry.periode, entry.uitgave);
    let names: Vec<String> = latest.cadansen.iter().map(name).collect();
    format!("it does not say what follows from the store ({})", names.join(", "))
}

async fn compare(
    store: &dyn ObjectStore,
    path: &str,
    rule: Rule,
    expected: &[u8],
    detail: &str,
    found: &mut Collector,
) -> Result<(), StoreError> {
    match store::read(store, path).await? {
        None => found.add(path, None, rule, "it is missing; publishing anything rebuilds it"),
        Some(present) if present != expected => {
            found.add(path, None, rule, format!("{detail}; publishing anything rebuilds it"));
        }
        Some(_) => {}
    }
    Ok(())
}
