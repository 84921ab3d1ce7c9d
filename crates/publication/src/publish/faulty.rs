//! A store whose n-th operation fails, before or after its effect, and that lets others in between operations.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// When the failure comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The operation had no effect.
    Before,
    /// The operation was done, and the answer got lost.
    After,
}

#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<InMemory>,
    operations: AtomicUsize,
    fail_at: Option<(usize, Failure)>,
}

impl FaultyStore {
    /// Fails the operation of this number, from 0; none without a number.
    pub(crate) fn new(inner: Arc<InMemory>, fail_at: Option<(usize, Failure)>) -> Self {
        Self { inner, operations: AtomicUsize::new(0), fail_at }
    }

    /// Whether so many operations were asked that the failure came.
    pub(crate) fn failed(&self) -> bool {
        self.fail_at.is_some_and(|(at, _)| self.operations.load(Ordering::SeqCst) > at)
    }

    async fn operate<T>(&self, operation: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::task::yield_now().await;
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        match self.fail_at {
            Some((at, Failure::Before)) if at == number => Err(lost()),
            Some((at, Failure::After)) if at == number => {
                let _ = operation.await;
                Err(lost())
            }
            _ => operation.await,
        }
    }
}

fn lost() -> Error {
    Error::Generic { store: "faulty", source: "planted failure".into() }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.operate(self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "put_multipart".into(), implementer: "faulty".into() })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.operate(self.inner.get_opts(location, options)).await
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // Publishing never deletes.
        stream::once(async { Err(lost()) }).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.inner.list(prefix).try_collect::<Vec<_>>();
        // An answer without waiting, as the memory store gives it.
        let listed = self.operate(listed).now_or_never_after_yield();
        match listed {
            Ok(metas) => stream::iter(metas.into_iter().map(Ok)).boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.operate(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy".into(), implementer: "faulty".into() })
    }
}

/// Drives a future that waits for nothing but its own yields.
trait NowAfterYield: Future + Sized {
    fn now_or_never_after_yield(self) -> Self::Output {
        let mut future = Box::pin(self);
        loop {
            if let Some(output) = future.as_mut().now_or_never() {
                return output;
            }
        }
    }
}

impl<F: Future> NowAfterYield for F {}
