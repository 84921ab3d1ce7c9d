//! Stores that are not as a store should be, for tests.

use std::fmt;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is odd about a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    Sound,
    /// It creates what is there already.
    CreatesTwice,
    /// It refuses to remove.
    KeepsAll,
    /// It gives no answer, ever.
    Silent,
    /// It answers everything with an error.
    Broken,
}

/// A store in memory with an oddity.
#[derive(Debug)]
pub(crate) struct OddStore {
    inner: InMemory,
    oddity: Oddity,
}

impl OddStore {
    pub(crate) fn new(oddity: Oddity) -> Self {
        Self { inner: InMemory::new(), oddity }
    }

    async fn hurdle(&self) -> Result<()> {
        match self.oddity {
            Oddity::Broken => Err(broken()),
            Oddity::Silent => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

fn broken() -> Error {
    Error::Generic { store: "odd", source: "the bucket secret.example.nl is on fire".into() }
}

impl fmt::Display for OddStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("odd")
    }
}

#[async_trait::async_trait]
impl ObjectStore for OddStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.hurdle().await?;
        let twice = self.oddity == Oddity::CreatesTwice;
        let mode = if twice { PutMode::Overwrite } else { options.mode.clone() };
        self.inner.put_opts(location, payload, PutOptions { mode, ..options }).await
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(broken())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.hurdle().await?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.oddity {
            Oddity::Sound | Oddity::CreatesTwice => self.inner.delete_stream(locations),
            _ => stream::once(async { Err(broken()) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.oddity {
            Oddity::Broken => stream::once(async { Err(broken()) }).boxed(),
            Oddity::Silent => stream::pending().boxed(),
            _ => self.inner.list(prefix).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.hurdle().await?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(broken())
    }
}
