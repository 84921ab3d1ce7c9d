//! What stands beside the snapshots: history, errata, pages and `latest.json`.

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_domain::PeriodKind;
use vt_domain::snapshot::{
    ERRATUM_FORMAAT, Erratum, FileEntry, LATEST_PATH, Latest, LatestEntry, Manifest, PreviousIssue, SnapshotTable,
    check_text,
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

/// What to do about a convenience that is not as it must be.
const REBUILDS: &str = "publishing anything rebuilds it";

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
        None => found.add(&entry.naam, None, Rule::History, format!("it is missing; {REBUILDS}")),
        Some(bytes) if store::sha256(&bytes) != entry.sha256 => {
            found.add(&entry.naam, None, Rule::History, "its SHA-256 is not the one that was promised");
        }
        Some(_) => {}
    }
    Ok(())
}

/// The errata of the listing: signed, chained, about an issue that is there, and without a number in their text. Gives those that can
/// be read, by number.
pub(super) async fn check_errata(
    store: &dyn ObjectStore,
    listing: &Listing,
    keys: &[PublicKey],
    found: &mut Collector,
) -> Result<Vec<Erratum>, StoreError> {
    let (mut retracted, mut errata) = (BTreeSet::new(), Vec::new());
    let mut before: Option<PreviousIssue> = None;
    for number in listing.sizes.keys().filter_map(|path| Erratum::number_of(path)).collect::<BTreeSet<_>>() {
        let path = Erratum::path_of(number);
        signed::check(store, &path, keys, found).await?;
        let Some(bytes) = store::read(store, &path).await? else { continue };
        let own = Some(PreviousIssue { pad: path.clone(), sha256: store::sha256(&bytes) });
        let before = std::mem::replace(&mut before, own);
        let Ok(erratum) = serde_json::from_slice::<Erratum>(&bytes) else {
            found.add(&path, None, Rule::Erratum, "it cannot be read");
            continue;
        };
        for rule in faults(&erratum, number, listing, bytes == erratum.to_bytes()) {
            found.add(&path, None, Rule::Erratum, rule);
        }
        check_before(&erratum, before.as_ref(), listing, found);
        if erratum.retracts() && !retracted.insert(erratum.issue()) {
            found.add(&path, None, Rule::Erratum, "it retracts what is retracted already");
        }
        check_row(store, &erratum, found).await?;
        errata.push(erratum);
    }
    Ok(errata)
}

/// An erratum names the one before it, with its digest.
fn check_before(erratum: &Erratum, before: Option<&PreviousIssue>, listing: &Listing, found: &mut Collector) {
    let path = erratum.path();
    match &erratum.vorige {
        named if named.as_ref() == before => {}
        Some(named) if !listing.sizes.contains_key(&named.pad) => {
            let detail = format!("it is missing: {path} names it as the record before it");
            found.add(&named.pad, None, Rule::Erratum, detail);
        }
        Some(named) if before.is_some_and(|before| before.pad == named.pad) => {
            let detail = format!("its SHA-256 is not the one that {path} states");
            found.add(&named.pad, None, Rule::Erratum, detail);
        }
        _ => found.add(&path, "vorige".to_owned(), Rule::Erratum, "it does not name the record before it"),
    }
}

/// A retraction has its row in the history.
async fn check_row(store: &dyn ObjectStore, erratum: &Erratum, found: &mut Collector) -> Result<(), StoreError> {
    let row: Option<DraftFile> = erratum.retracts().then(|| historie::of_retraction(erratum).ok()).flatten();
    if erratum.historie.as_ref().map(|entry| &entry.naam) != row.as_ref().map(|row| &row.entry.naam) {
        let detail = "a retraction names its row in the history, and nothing else does";
        found.add(&erratum.path(), "historie".to_owned(), Rule::Erratum, detail);
    } else if let Some(entry) = &erratum.historie {
        check_file(store, entry, found).await?;
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

/// `latest.json` and the pages, byte for byte as they follow from what stands in the store. `software`: this program; what another
/// version made last is not compared, and that is noted.
pub(super) async fn check_pages(
    store: &dyn ObjectStore,
    listing: &Listing,
    software: &str,
    found: &mut Collector,
) -> Result<(), StoreError> {
    if listing.is_empty() && !listing.sizes.contains_key(LATEST_PATH) {
        return Ok(());
    }
    let lost = check_named_in_latest(store, listing, found).await?;
    let latest = latest::derive_latest(store).await?;
    let advice = if lost { "it names what is missing" } else { REBUILDS };
    compare(store, LATEST_PATH, Rule::Latest, &latest.to_bytes(), &format!("{}; {advice}", newest(&latest)), found)
        .await?;
    let shelf = Shelf::read(store).await?;
    let other = last_software(&shelf).filter(|last| !software.is_empty() && *last != software);
    for page in PAGES {
        let expected = (page.make)(&shelf);
        match other {
            Some(last) if store::read(store, page.path).await?.is_some_and(|present| present != expected) => {
                let note = format!("{}: not compared: {last} published last, and this is {software}", page.path);
                found.note(note);
            }
            _ => {
                let detail = format!("it is not what follows from the store; {REBUILDS}");
                compare(store, page.path, Rule::Page, &expected, &detail, found).await?;
            }
        }
    }
    Ok(())
}

/// The program that published last: an issue, or an erratum.
fn last_software(shelf: &Shelf) -> Option<&str> {
    let issues = shelf.snapshots.values().map(|found| (found.content.gepubliceerd_op, &*found.content.software));
    let errata = shelf.errata.values().map(|found| (found.content.gepubliceerd_op, &*found.content.software));
    issues.chain(errata).max().map(|(_, software)| software)
}

/// What `latest.json` names is there; `true` when something of it is missing.
async fn check_named_in_latest(
    store: &dyn ObjectStore,
    listing: &Listing,
    found: &mut Collector,
) -> Result<bool, StoreError> {
    let present = store::read(store, LATEST_PATH).await?;
    let Some(latest) = present.and_then(|bytes| serde_json::from_slice::<Latest>(&bytes).ok()) else {
        return Ok(false);
    };
    let issues = latest.cadansen.values().map(|entry| (Rule::Manifest, &entry.manifest));
    let errata = latest.errata.iter().map(|entry| (Rule::Erratum, &entry.bestand));
    let mut missing = false;
    for (rule, path) in issues.chain(errata) {
        if !listing.sizes.contains_key(path) {
            found.add(path, None, rule, "it is missing: latest.json names it");
            missing = true;
        }
    }
    Ok(missing)
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
        None => found.add(path, None, rule, format!("it is missing; {REBUILDS}")),
        Some(present) if present != expected => found.add(path, None, rule, detail),
        Some(_) => {}
    }
    Ok(())
}
