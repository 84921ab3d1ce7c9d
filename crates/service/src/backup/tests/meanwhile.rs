//! A store beside which a service goes on publishing: whatever is listed, right after it an issue comes out, and raw bytes are removed.

use std::fmt;

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Both stores of a service that is at work.
#[derive(Debug, Default)]
pub struct AtWork {
    published: InMemory,
    private: InMemory,
    issues: AtomicU32,
}

impl AtWork {
    /// Publishes an issue and removes raw bytes, in the order in which a service does both.
    pub async fn goes_on(&self) {
        let nr = self.issues.fetch_add(1, Ordering::Relaxed);
        for (store, path, text) in [
            (&self.private, format!("raw/{nr}"), "x"),
            (&self.private, format!("registrations/{nr}"), "x"),
            (&self.private, format!("deliveries/{nr}"), "x"),
            (&self.private, format!("turns/{nr}"), "all of it"),
            (&self.private, format!("memory/{nr}"), "x"),
            (&self.private, format!("turns/{nr}"), "name"),
            (&self.published, format!("snapshots/{nr}/a.csv"), "x"),
            (&self.published, format!("manifests/{nr}"), "x"),
        ] {
            store.put(&Path::from(path), PutPayload::from_static(text.as_bytes())).await.unwrap();
        }
        if let Some(old) = nr.checked_sub(2) {
            self.private.put(&Path::from(format!("removed/raw/{old}")), PutPayload::from_static(b"x")).await.unwrap();
            self.private.delete(&Path::from(format!("raw/{old}"))).await.unwrap();
        }
    }
}

/// One of the two stores, as a backup sees it.
#[derive(Debug)]
pub struct Seen {
    /// Both.
    pub work: Arc<AtWork>,
    /// Which.
    pub is_private: bool,
}

impl Seen {
    fn inner(&self) -> &InMemory {
        if self.is_private { &self.work.private } else { &self.work.published }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("at work")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Seen {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner().put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner().put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner().get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner().delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (work, listed) = (Arc::clone(&self.work), self.inner().list(prefix));
        stream::once(async move {
            let listed: Result<Vec<ObjectMeta>> = listed.try_collect().await;
            work.goes_on().await;
            stream::iter(listed.map_or_else(|error| vec![Err(error)], |listed| listed.into_iter().map(Ok).collect()))
        })
        .flatten()
        .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner().list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner().copy_opts(from, to, options).await
    }
}
