//! A store whose user is killed at its n-th operation: that one is done or not, and none after it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// Counts operations; from the fatal one on nothing works.
#[derive(Debug)]
pub struct Life {
    operations: AtomicUsize,
    fatal: usize,
    after: bool,
}

impl Life {
    /// What is left of the operation with the next number.
    async fn live<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        if number < self.fatal {
            return operation.await;
        }
        if number == self.fatal && self.after {
            let _ = operation.await;
        }
        Err(Error::Generic { store: "dying", source: "killed".into() })
    }

    /// Whether the fatal operation came.
    pub fn ended(&self) -> bool {
        self.operations.load(Ordering::SeqCst) > self.fatal
    }
}

#[derive(Debug)]
pub struct Dying {
    inner: Arc<dyn ObjectStore>,
    life: Arc<Life>,
}

impl Dying {
    /// Dies at the operation of this number, from 0: before its effect or `after` it.
    pub fn around(inner: Arc<dyn ObjectStore>, fatal: usize, after: bool) -> (Arc<dyn ObjectStore>, Arc<Life>) {
        let life = Arc::new(Life { operations: AtomicUsize::new(0), fatal, after });
        (Arc::new(Self { inner, life: Arc::clone(&life) }), life)
    }
}

impl fmt::Display for Dying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dying")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Dying {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.life.live(self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.life.live(self.inner.put_multipart_opts(at, options)).await?;
        Ok(Box::new(Upload { inner, life: Arc::clone(&self.life) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.life.live(self.inner.get_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, life) = (Arc::clone(&self.inner), Arc::clone(&self.life));
        locations
            .then(move |path| {
                let (inner, life) = (Arc::clone(&inner), Arc::clone(&life));
                async move {
                    let path = path?;
                    let one = stream::once(std::future::ready(Ok(path.clone()))).boxed();
                    life.live(async { inner.delete_stream(one).try_for_each(|_| async { Ok(()) }).await }).await?;
                    Ok(path)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (listed, life) = (self.inner.list(prefix), Arc::clone(&self.life));
        let listed = async move { life.live(listed.try_collect::<Vec<_>>()).await };
        listed.map_ok(|all| stream::iter(all.into_iter().map(Ok))).try_flatten_stream().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.life.live(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.life.live(self.inner.copy_opts(from, to, options)).await
    }
}

#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    life: Arc<Life>,
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (part, life) = (self.inner.put_part(data), Arc::clone(&self.life));
        async move { life.live(part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.life.live(self.inner.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.life.live(self.inner.abort()).await
    }
}
