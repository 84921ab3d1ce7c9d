//! Stores that went away, came back, or were never the right ones.

use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use vt_domain::{Clock, ManualClock};
use vt_publication::keys::MasterKey;

use super::*;
use crate::config::in_folder;

fn clock(day: u32) -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(format!("2020-09-{day:02}T06:00:00Z").parse().unwrap()))
}

async fn open(folder: &Path, day: u32) -> Result<App> {
    let app = App::open(in_folder(folder), folder, clock(day)).await?;
    app.with_key(MasterKey::demo(7)).await
}

fn wrong(error: anyhow::Error) -> WrongStore {
    error.downcast::<WrongStore>().unwrap_or_else(|error| panic!("{error:#}"))
}

#[tokio::test]
async fn the_first_use_marks_both_stores_and_the_ledger_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), 14).await.unwrap();
    let mark = app.vault.mark().await.unwrap();
    assert!(mark.is_some());
    assert_eq!(read_mark(app.published.as_ref()).await.unwrap(), mark);
    assert_eq!(app.vault.published_mark().await.unwrap(), mark);
    assert_eq!(app.ledger.mark_of_stores().await.unwrap(), mark);
    // On another day it is the same, and a new ledger takes it up.
    let mut again = open(folder.path(), 15).await.unwrap();
    assert_eq!(again.vault.mark().await.unwrap(), mark);
    let new = folder.path().join("new.sqlite");
    again.ledger = Ledger::open(&new.to_string_lossy()).await.unwrap();
    ensure(&again).await.unwrap();
    assert_eq!(again.ledger.mark_of_stores().await.unwrap(), mark);
}

#[tokio::test]
async fn an_emptied_store_is_wrong_and_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = open(folder.path(), 14).await.unwrap();
    let empty = Arc::new(InMemory::new());
    app.published = empty.clone();
    let error = wrong(ensure(&app).await.unwrap_err());
    assert_eq!((error.store, &error.found), (Store::Published, &Found::Nothing));
    assert!(error.to_string().contains("restore its newest copy"), "{error}");
    assert!(!error.to_string().contains(&*folder.path().to_string_lossy()), "no addresses: {error}");
    assert!(empty.list(None).try_collect::<Vec<_>>().await.unwrap().is_empty());
    // Also when the ledger was lost with it: the private store knows.
    let new = folder.path().join("new.sqlite");
    app.ledger = Ledger::open(&new.to_string_lossy()).await.unwrap();
    assert_eq!(wrong(check(&app).await.unwrap_err()).store, Store::Published);
    let mut app = open(folder.path(), 14).await.unwrap();
    app.vault = Vault::new(Arc::new(InMemory::new()));
    let error = wrong(ensure(&app).await.unwrap_err());
    assert_eq!((error.store, error.found), (Store::Private, Found::Nothing));
}

#[tokio::test]
async fn another_service_s_stores_are_told_apart() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut app = open(one.path(), 14).await.unwrap();
    let theirs = open(other.path(), 15).await.unwrap();
    let own = std::mem::replace(&mut app.published, theirs.published.clone());
    let error = wrong(check(&app).await.unwrap_err());
    assert!(error.store == Store::Published && matches!(error.found, Found::Other(_)), "{error}");
    app.published = own;
    app.vault = theirs.vault.clone();
    let error = wrong(check(&app).await.unwrap_err());
    assert!(error.store == Store::Private && matches!(error.found, Found::Other(_)), "{error}");
}

#[tokio::test]
async fn a_lost_folder_is_not_made_anew_at_the_next_start() {
    for store in ["private", "published"] {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), 14).await.unwrap());
        std::fs::rename(folder.path().join(store), folder.path().join("away")).unwrap();
        let error = wrong(open(folder.path(), 15).await.map(drop).unwrap_err());
        assert_eq!((error.store.part(), error.found), (&*format!("{store} store"), Found::NoFolder));
        assert!(!folder.path().join(store).exists());
        std::fs::rename(folder.path().join("away"), folder.path().join(store)).unwrap();
        open(folder.path(), 15).await.unwrap();
    }
}

#[tokio::test]
async fn stores_and_a_ledger_from_before_marks_are_taken_up_when_they_fit() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = open(folder.path(), 14).await.unwrap();
    let period = "2020W407".parse().unwrap();
    let before = async |app: &mut App, name: &str| {
        app.ledger = Ledger::open(&folder.path().join(name).to_string_lossy()).await.unwrap();
        app.published = Arc::new(InMemory::new());
        app.vault = Vault::new(Arc::new(InMemory::new()));
        let first = vt_vault::KeyEntry::first("ab", app.clock.now(), "before");
        assert!(app.vault.append_key(&first).await.unwrap());
        let _ = app.ledger.record_publication(period, 1, app.clock.now(), &"a".repeat(64)).await.unwrap();
    };
    before(&mut app, "one.sqlite").await;
    let error = wrong(ensure(&app).await.unwrap_err());
    assert_eq!((error.store, error.found), (Store::Published, Found::Less));
    before(&mut app, "two.sqlite").await;
    let manifest = object_store::path::Path::from("manifests/four_weeks/2020W407/1.json");
    object_store::ObjectStoreExt::put(app.published.as_ref(), &manifest, b"{}".as_slice().into()).await.unwrap();
    ensure(&app).await.unwrap();
    assert_eq!(app.ledger.mark_of_stores().await.unwrap(), app.vault.mark().await.unwrap());
}

#[tokio::test]
async fn a_round_on_a_lost_store_fails_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), 14).await.unwrap();
    let away = folder.path().join("away");
    for store in ["private", "published"] {
        let place = folder.path().join(store);
        std::fs::rename(&place, &away).unwrap();
        assert!(crate::round::once(&app, "run").await.is_err(), "{store}");
        assert!(!place.exists(), "{store}");
        // An empty folder in its place is not taken for it.
        std::fs::create_dir(&place).unwrap();
        assert!(crate::round::once(&app, "run").await.is_err(), "{store}");
        assert!(std::fs::read_dir(&place).unwrap().next().is_none(), "{store}");
        std::fs::remove_dir(&place).unwrap();
        std::fs::rename(&away, &place).unwrap();
        crate::round::once(&app, "run").await.unwrap();
    }
}
