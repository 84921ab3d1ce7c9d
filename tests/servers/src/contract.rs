//! What our code asks of a store, whoever keeps it: one suite for directories, buckets and whatever comes.

mod objects;
mod uploads;

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};

/// A store, and a prefix of it that is empty.
#[derive(Debug)]
pub(crate) struct Ground {
    store: Arc<dyn ObjectStore>,
    at: Path,
}

/// Holds a store against all that is asked of it. It leaves nothing behind.
///
/// # Errors
/// Names what does not hold.
pub async fn holds(store: Arc<dyn ObjectStore>) -> Result<()> {
    let on = |part: &str| Ground { store: Arc::clone(&store), at: Path::from("contract").join(part) };
    objects::created_once(&on("once")).await.context("an object is created once")?;
    objects::raced(&on("race")).await.context("of several that create at once one wins")?;
    objects::overwritten(&on("over")).await.context("an object can be overwritten")?;
    objects::read_in_ranges(&on("range")).await.context("an object is read in pieces")?;
    objects::absent(&on("absent")).await.context("what is not there")?;
    objects::named(&on("names")).await.context("names with other signs than letters")?;
    objects::listed(&on("list")).await.context("a listing shows all, page after page")?;
    uploads::finished(&on("upload")).await.context("an upload in parts")?;
    uploads::given_up(&on("abort")).await.context("an upload that is given up")?;
    let left: Vec<_> = store.list(Some(&Path::from("contract"))).try_collect().await?;
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

impl Ground {
    fn path(&self, name: &str) -> Path {
        self.at.clone().join(name)
    }

    async fn create(&self, path: &Path, bytes: impl Into<Bytes>) -> object_store::Result<()> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(path, bytes.into().into(), create).await.map(drop)
    }

    async fn put(&self, path: &Path, bytes: impl Into<Bytes>) -> Result<()> {
        self.store.put(path, bytes.into().into()).await?;
        Ok(())
    }

    async fn read(&self, path: &Path) -> Result<Bytes> {
        Ok(self.store.get(path).await?.bytes().await?)
    }

    /// The paths under it, in order.
    async fn list(&self, prefix: &Path) -> Result<Vec<Path>> {
        let mut found: Vec<Path> = self.store.list(Some(prefix)).map_ok(|meta| meta.location).try_collect().await?;
        found.sort();
        Ok(found)
    }

    async fn is_absent(&self, path: &Path) -> bool {
        matches!(self.store.head(path).await, Err(object_store::Error::NotFound { .. }))
    }

    async fn clear(&self) -> Result<()> {
        let found = self.list(&self.at).await?;
        let paths = Box::pin(futures::stream::iter(found.into_iter().map(Ok)));
        self.store.delete_stream(paths).try_collect::<Vec<_>>().await?;
        Ok(())
    }
}
