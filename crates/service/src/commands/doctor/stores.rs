//! Whether a store can be what commits rest on: it writes, refuses to create twice, gives back what was written, and removes it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

/// How long a store may take for one thing.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Where a trial object stands: no reader looks there.
const SCRATCH: &str = "doctor";

/// Tries a store, and leaves nothing behind.
pub async fn examine(
    address: &str,
    store: Result<Arc<dyn ObjectStore>>,
    now: DateTime<Utc>,
    patience: Duration,
) -> Result<String> {
    let store = store?;
    let path = Path::from(format!("{SCRATCH}/{}-{}", std::process::id(), now.timestamp_millis()));
    let trial = Trial { store: store.as_ref(), path: &path, patience };
    let tried = trial.run().await;
    if tried.is_err() {
        // What the trial left, if anything; why it failed is what matters.
        let _ = trial.bounded(store.delete(&path)).await;
    }
    tried?;
    Ok(format!("{address}: writes, refuses to create twice, reads back, removes"))
}

/// A trial of one store.
struct Trial<'a> {
    store: &'a dyn ObjectStore,
    path: &'a Path,
    patience: Duration,
}

impl Trial<'_> {
    async fn run(&self) -> Result<()> {
        let Self { store, path, .. } = *self;
        let create = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.bounded(store.put_opts(path, b"one".as_slice().into(), create()))
            .await
            .context("can't be written: check the address, the credentials and the permissions")?;
        match self.bounded(store.put_opts(path, b"two".as_slice().into(), create())).await {
            Err(error) if matches!(error.downcast_ref(), Some(Error::AlreadyExists { .. })) => {}
            Ok(_) => bail!(
                "does not refuse to create an object twice: two publishers could overwrite each other; use a store that knows conditional writes (If-None-Match)"
            ),
            Err(error) => {
                return Err(error.context(
                "answers a second creation otherwise than by saying that the object is there; use a store that knows conditional writes (If-None-Match)",
            ));
            }
        }
        let read = self.bounded(async { store.get(path).await?.bytes().await });
        let read = read.await.context("can't be read back: check the permissions to read")?;
        if read != "one" {
            bail!("gives back other bytes than were written: nothing can be kept there; use another store");
        }
        self.bounded(store.delete(path))
            .await
            .context("can't remove what was written: check the permissions to delete")?;
        match self.bounded(store.head(path)).await {
            Err(error) if matches!(error.downcast_ref(), Some(Error::NotFound { .. })) => Ok(()),
            _ => bail!(
                "still gives what was removed: retention would remove nothing; use another store, or one without such a cache"
            ),
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.patience, work).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => bail!("no answer within {} s", self.patience.as_secs()),
        }
    }
}
