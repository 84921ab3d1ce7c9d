//! Whether a store can be what commits rest on: it refuses to create twice, also at once, gives back and lists what was written, and
//! removes it; and whether what is private is closed to who has no credentials.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult};
use sha2::{Digest, Sha256};

use crate::belonging::Store;
use crate::error_text::with_advice;

/// How long a store may take for one thing.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Where trial objects stand: no reader looks there.
pub(super) const SCRATCH: &str = "doctor";

/// So many publishers try to create one object at once.
const RIVALS: usize = 4;

/// A store that nothing may rest on, however often it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(&'static str);

const TWICE: Unfit = Unfit(
    "does not refuse to create an object twice: two publishers could overwrite each other; use a store that knows conditional writes (If-None-Match)",
);
const RACE: Unfit = Unfit(
    "lets several create one object at once: two publishers could overwrite each other; use a store whose conditional writes (If-None-Match) have one winner",
);
const OTHER_BYTES: Unfit = Unfit(
    "gives back other bytes than were written: nothing can be kept there; use another store, or one without such a cache",
);
const UNLISTED: Unfit = Unfit(
    "does not list what was written: what is published would be passed over; use a store whose listings follow each write at once",
);
const KEPT: Unfit = Unfit(
    "still gives what was removed: retention would remove nothing; use another store, or one without such a cache",
);
const OPEN: Unfit = Unfit(
    "can be read by anybody, without credentials: it holds raw deliveries and the disclosure memory; close the bucket to the public, and see who has read it",
);

/// A store beyond this machine.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Which.
    pub store: Store,
    /// As we reach it.
    pub ours: Arc<dyn ObjectStore>,
    /// As somebody without credentials reaches it, when nobody may.
    pub anybody: Option<Arc<dyn ObjectStore>>,
}

/// Tries the stores beyond this machine before work begins: nothing is written elsewhere until each has shown that it is fit.
///
/// # Errors
/// [`Unfit`], named; when a store can't be used.
pub async fn prove(remotes: &[Remote], now: DateTime<Utc>) -> Result<()> {
    for remote in remotes {
        let tried = examine(remote.ours.as_ref(), remote.anybody.as_deref(), now, PATIENCE).await;
        tried.with_context(|| format!("the {}", remote.store))?;
    }
    Ok(())
}

/// Tries a store, and leaves nothing behind.
///
/// # Errors
/// [`Unfit`], or what failed and how to mend it.
pub async fn examine(
    store: &dyn ObjectStore,
    anybody: Option<&dyn ObjectStore>,
    now: DateTime<Utc>,
    patience: Duration,
) -> Result<String> {
    // Trials of one process at one instant, of which a clock that stands still has many, keep out of each other's way too.
    static TRIALS: AtomicU64 = AtomicU64::new(0);
    let process = &Sha256::digest(crate::runs::holder())[..8];
    let nth = TRIALS.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}-{}-{nth}", hex::encode(process), now.timestamp_millis());
    let (one, raced) = (Path::from(SCRATCH).join(name.as_str()), Path::from(SCRATCH).join(format!("{name}-race")));
    let trial = Trial { store, anybody, one, raced, patience };
    let tried = trial.run().await;
    if tried.is_err() {
        trial.clear().await;
    }
    tried?;
    let closed = if anybody.is_some() { "; closed to who has no credentials" } else { "" };
    Ok(format!("writes, refuses to create twice, reads back, lists, removes{closed}"))
}

/// A trial of one store.
struct Trial<'a> {
    store: &'a dyn ObjectStore,
    anybody: Option<&'a dyn ObjectStore>,
    one: Path,
    raced: Path,
    patience: Duration,
}

impl Trial<'_> {
    async fn run(&self) -> Result<()> {
        // In a rehearsal and a demo time stands still: one of the same name may have been killed in the middle.
        self.clear().await;
        self.creates_once().await?;
        self.is_closed().await?;
        self.has_one_winner().await?;
        self.overwrites().await?;
        self.removes().await
    }

    /// Removes what a trial left, if anything; whether it can be is seen elsewhere.
    async fn clear(&self) {
        for path in [&self.one, &self.raced] {
            let _ = self.bounded(self.store.delete(path)).await;
        }
    }

    async fn create(&self, path: &Path, text: &'static str) -> Result<PutResult> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.bounded(self.store.put_opts(path, PutPayload::from_static(text.as_bytes()), create)).await
    }

    async fn creates_once(&self) -> Result<()> {
        self.create(&self.one, "one").await.map_err(|error| with_advice(error, "can't be written"))?;
        match self.create(&self.one, "two").await {
            Err(error) if is_there(&error) => {}
            Ok(_) => return Err(TWICE.into()),
            Err(error) => {
                return Err(error.context(
                    "answers a second creation otherwise than by saying that the object is there; use a store that knows conditional writes (If-None-Match)",
                ));
            }
        }
        if self.read(&self.one).await? != "one" {
            return Err(OTHER_BYTES.into());
        }
        self.is_listed(&self.one, true).await
    }

    /// Whether who has no credentials is refused: any answer but the object's bytes or its name will do.
    async fn is_closed(&self) -> Result<()> {
        let Some(anybody) = self.anybody else { return Ok(()) };
        let read = self.bounded(async { anybody.get(&self.one).await?.bytes().await }).await;
        let listed = self.bounded(anybody.list_with_delimiter(Some(&Path::from(SCRATCH)))).await;
        let shown = listed.is_ok_and(|listed| listed.objects.iter().any(|found| found.location == self.one));
        if read.is_ok() || shown { Err(OPEN.into()) } else { Ok(()) }
    }

    async fn has_one_winner(&self) -> Result<()> {
        const TEXTS: [&str; RIVALS] = ["0", "1", "2", "3"];
        let outcomes = join_all(TEXTS.map(|text| self.create(&self.raced, text))).await;
        let mut winners = Vec::new();
        for (text, outcome) in TEXTS.iter().zip(outcomes) {
            match outcome {
                Ok(_) => winners.push(*text),
                Err(error) if is_there(&error) => {}
                Err(error) => return Err(error.context("fails when several create one object at once")),
            }
        }
        match winners.as_slice() {
            // An answer that got lost, and was sent for again: somebody won.
            [] => Ok(()),
            [winner] if self.read(&self.raced).await? == *winner => Ok(()),
            _ => Err(RACE.into()),
        }
    }

    async fn overwrites(&self) -> Result<()> {
        let put = self.bounded(self.store.put(&self.one, PutPayload::from_static(b"three"))).await;
        put.context("can't overwrite: latest.json and the pages are; check the permissions and a lock on objects")?;
        if self.read(&self.one).await? == "three" { Ok(()) } else { Err(OTHER_BYTES.into()) }
    }

    async fn removes(&self) -> Result<()> {
        for path in [&self.one, &self.raced] {
            let removed = self.bounded(self.store.delete(path)).await;
            removed.context("can't remove what was written: check the permissions to delete")?;
        }
        match self.bounded(self.store.head(&self.one)).await {
            Err(error) if matches!(error.downcast_ref(), Some(Error::NotFound { .. })) => {}
            _ => return Err(KEPT.into()),
        }
        self.is_listed(&self.one, false).await
    }

    async fn read(&self, path: &Path) -> Result<bytes::Bytes> {
        let read = self.bounded(async { self.store.get(path).await?.bytes().await }).await;
        read.context("can't be read back: check the permissions to read")
    }

    async fn is_listed(&self, path: &Path, expected: bool) -> Result<()> {
        let prefix = Path::from(SCRATCH);
        let listed =
            self.bounded(self.store.list(Some(&prefix)).map_ok(|found| found.location).try_collect::<Vec<_>>());
        let listed = listed.await.context("can't be listed: check the permissions to list")?;
        match (listed.contains(path), expected) {
            (true, false) => Err(KEPT.into()),
            (false, true) => Err(UNLISTED.into()),
            _ => Ok(()),
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.patience, work).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => bail!("no answer within {} s", self.patience.as_secs()),
        }
    }
}

fn is_there(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::AlreadyExists { .. }))
}

#[cfg(test)]
mod tests;
