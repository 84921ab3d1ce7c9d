//! Looks at what the service stands on: stores, disks, clocks. Nothing is left behind, and no probe waits for long.

use std::collections::BTreeMap;
use std::path::Path as Folder;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use reqwest::header::DATE;
use url::Url;

use super::facts::{ClockState, DiskState, StoreState};
use crate::app::App;
use crate::belonging::{self, Store, WrongStore};

/// How long a store or a clock may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// An object larger than this is not read to try writing.
const SMALL: u64 = 1 << 20;

/// Looks at the stores, and remembers how often in a row each failed.
#[derive(Debug, Default)]
pub struct StoreProbe {
    failures: BTreeMap<&'static str, u32>,
}

impl StoreProbe {
    /// Tries both stores.
    pub async fn look(&mut self, app: &App) -> Vec<StoreState> {
        let (published, private, wrong) =
            tokio::join!(works(app.published.as_ref()), works(app.vault.store().as_ref()), wrong(app));
        let of = |store: Store| wrong.clone().filter(|wrong| wrong.store == store);
        let right = |store: Store| of(store).map_or(Ok(()), |wrong| Err(wrong.to_string()));
        vec![
            self.note("published", published.and_then(|()| right(Store::Published))),
            self.note("private", private.and_then(|()| right(Store::Private))),
        ]
    }

    fn note(&mut self, name: &'static str, works: Result<(), String>) -> StoreState {
        let failures = self.failures.entry(name).or_default();
        match works {
            Ok(()) => *failures = 0,
            Err(error) => {
                *failures = failures.saturating_add(1);
                tracing::warn!(store = name, failures = *failures, "can't be used: {error}");
            }
        }
        StoreState { name, failures: *failures }
    }
}

/// A store that is not the one that was worked with, if one is: an empty folder, or another service's.
async fn wrong(app: &App) -> Option<WrongStore> {
    let checked = tokio::time::timeout(PATIENCE, belonging::check(app)).await.ok()?;
    checked.err()?.downcast().ok()
}

/// Whether a store can be used.
async fn works(store: &dyn ObjectStore) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, read_and_write(store)).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// Reads an object, and writes the same bytes on condition that it is not there. The store refuses that, after it has looked at
/// permissions and room: so writing is tried and nothing changes, whoever looks at the store meanwhile.
async fn read_and_write(store: &dyn ObjectStore) -> Result<(), StoreError> {
    let Some(path) = a_small_object(store).await? else { return Ok(()) };
    let bytes = store.get(&path).await?.bytes().await?;
    let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(&path, bytes.into(), create).await {
        Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(()),
        // The object stays, so that it was there: two publishers could overwrite each other.
        Ok(_) => {
            Err(StoreError::Generic { store: "probe", source: "it does not refuse to create an object twice".into() })
        }
        Err(error) => Err(error),
    }
}

/// Some small object that stays: at the top, of the keys, or a manifest.
async fn a_small_object(store: &dyn ObjectStore) -> Result<Option<Path>, StoreError> {
    let top = store.list_with_delimiter(None).await?;
    if let Some(found) = top.objects.iter().find(|object| object.size <= SMALL) {
        return Ok(Some(found.location.clone()));
    }
    for folder in ["keys", "manifests"] {
        let mut listed = store.list(Some(&Path::from(folder)));
        if let Some(found) = listed.try_next().await?.filter(|object| object.size <= SMALL) {
            return Ok(Some(found.location));
        }
    }
    Ok(None)
}

/// How much is free on the disks of the ledger and of the stores that are directories.
pub fn disks(app: &App) -> Vec<DiskState> {
    let private = app.local_private.as_deref();
    let name = |folder: &Folder| if private == Some(folder) { "private" } else { "published" };
    let stores = app.local_stores.iter().map(|folder| (name(folder), folder));
    let all = stores.chain(app.ledger_folder.iter().map(|folder| ("ledger", folder)));
    all.map(|(name, folder)| DiskState { name, free_percent: free_percent(folder) }).collect()
}

/// How much of a disk is free to us, in percent.
fn free_percent(folder: &Folder) -> Option<u32> {
    let disk =
        rustix::fs::statvfs(folder).inspect_err(|error| tracing::warn!("free room can't be told: {error}")).ok()?;
    let percent = u128::from(disk.f_bavail) * 100 / u128::from(disk.f_blocks.max(1));
    u32::try_from(percent).ok()
}

/// Holds the machine's clock against that of the database, and against the `Date` of an address where one is configured. In a
/// rehearsal the service believes another date, so that there is nothing to compare.
pub async fn clocks(app: &App) -> Vec<ClockState> {
    if app.rehearses {
        return Vec::new();
    }
    let before = app.clock.now();
    let database = app.ledger.now().await.ok().map(|theirs| ahead(before, app.clock.now(), theirs));
    let mut clocks = vec![ClockState { name: "de database", ahead_seconds: database }];
    if let Some(url) = &app.alerting.clock_url {
        clocks.push(ClockState { name: "de tijdbron", ahead_seconds: web(app, url).await });
    }
    clocks
}

async fn web(app: &App, url: &Url) -> Option<i64> {
    let client = reqwest::Client::builder()
        .tls_backend_rustls()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .ok()?;
    let before = app.clock.now();
    let answer = client.head(url.clone()).send().await.ok()?;
    let theirs = DateTime::parse_from_rfc2822(answer.headers().get(DATE)?.to_str().ok()?).ok()?;
    Some(ahead(before, app.clock.now(), theirs.to_utc()))
}

/// By how many seconds our clock is ahead, with the benefit of the time that the answer took.
fn ahead(before: DateTime<Utc>, after: DateTime<Utc>, theirs: DateTime<Utc>) -> i64 {
    if theirs < before {
        (before - theirs).num_seconds()
    } else if theirs > after {
        -(theirs - after).num_seconds()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use vt_servers::faulty::{FaultyStore, Flaw};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_time_an_answer_takes_is_no_skew() {
        let (before, after) = (at("2020-08-07T06:00:00Z"), at("2020-08-07T06:00:10Z"));
        assert_eq!(ahead(before, after, at("2020-08-07T06:00:05Z")), 0);
        assert_eq!(ahead(before, after, at("2020-08-07T05:59:00Z")), 60);
        assert_eq!(ahead(before, after, at("2020-08-07T06:01:10Z")), -60);
    }

    #[tokio::test]
    async fn a_store_is_tried_without_a_trace() {
        let store = InMemory::new();
        read_and_write(&store).await.unwrap();
        store.put(&Path::from("keys/1.json"), b"{}".as_slice().into()).await.unwrap();
        read_and_write(&store).await.unwrap();
        let all: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert_eq!((all.len(), all[0].size), (1, 2));
    }

    #[tokio::test]
    async fn a_store_that_creates_twice_can_not_be_used() {
        let store = FaultyStore::new(Arc::new(InMemory::new())).with(Flaw::CreatesTwice);
        store.put(&Path::from("latest.json"), b"{}".as_slice().into()).await.unwrap();
        assert!(works(&store).await.unwrap_err().contains("create an object twice"));
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_fails_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store");
        std::fs::create_dir(&place).unwrap();
        let store = object_store::local::LocalFileSystem::new_with_prefix(&place).unwrap();
        store.put(&Path::from("latest.json"), b"{}".as_slice().into()).await.unwrap();
        let mut probe = StoreProbe::default();
        assert_eq!(probe.note("published", works(&store).await).failures, 0);
        std::fs::rename(&place, folder.path().join("away")).unwrap();
        std::fs::write(&place, "no folder").unwrap();
        assert_eq!(probe.note("published", works(&store).await).failures, 1);
        assert_eq!(probe.note("published", works(&store).await).failures, 2);
        std::fs::remove_file(&place).unwrap();
        std::fs::rename(folder.path().join("away"), &place).unwrap();
        assert_eq!(probe.note("published", works(&store).await).failures, 0);
    }

    #[tokio::test]
    async fn a_store_that_was_emptied_fails_though_it_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let clock = std::sync::Arc::new(vt_domain::ManualClock::at(at("2020-09-14T06:00:00Z")));
        let app = App::open(crate::config::in_folder(folder.path()), folder.path(), clock).await.unwrap();
        let mut app = app.with_key(vt_publication::keys::MasterKey::demo(7)).await.unwrap();
        let mut probe = StoreProbe::default();
        let failures = |states: Vec<StoreState>| states.into_iter().map(|state| state.failures).collect::<Vec<_>>();
        assert_eq!(failures(probe.look(&app).await), [0, 0]);
        app.published = std::sync::Arc::new(InMemory::new());
        assert_eq!(failures(probe.look(&app).await), [1, 0], "published, private");
    }

    #[test]
    fn free_room_is_a_share() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_percent(folder.path()).unwrap() <= 100);
        assert_eq!(free_percent(&folder.path().join("nothing")), None);
    }
}
