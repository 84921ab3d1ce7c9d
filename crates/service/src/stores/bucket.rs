//! A bucket as our store: under its prefix, with headers for readers over HTTP, and without uploads left unfinished.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use super::headers::headers;
use crate::belonging::Store;

/// What stands under a prefix of a bucket.
pub(super) fn open(bucket: Arc<dyn ObjectStore>, prefix: Path, store: Store) -> Arc<dyn ObjectStore> {
    Arc::new(Bucket { inner: Arc::new(PrefixStore::new(bucket, prefix)), published: store == Store::Published })
}

#[derive(Debug)]
struct Bucket {
    inner: Arc<dyn ObjectStore>,
    published: bool,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.published && options.attributes.is_empty() {
            options.attributes = headers(location);
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        mut options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if self.published && options.attributes.is_empty() {
            options.attributes = headers(location);
        }
        let upload = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(TidyUpload { upload: Some(upload) }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// An upload in parts that is given up when nobody finishes it: its parts would be paid for, and seen by nobody.
#[derive(Debug)]
struct TidyUpload {
    /// Nothing once it is finished or given up.
    upload: Option<Box<dyn MultipartUpload>>,
}

#[async_trait::async_trait]
impl MultipartUpload for TidyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match &mut self.upload {
            Some(upload) => upload.put_part(data),
            None => Box::pin(async { Err(ended()) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let upload = self.upload.as_mut().ok_or_else(ended)?;
        let done = upload.complete().await?;
        self.upload = None;
        Ok(done)
    }

    async fn abort(&mut self) -> Result<()> {
        match self.upload.take() {
            Some(mut upload) => given_up(upload.abort().await),
            None => Ok(()),
        }
    }
}

impl Drop for TidyUpload {
    fn drop(&mut self) {
        let Some(mut upload) = self.upload.take() else { return };
        // Where nothing runs any more, the bucket's rule for unfinished uploads sees to it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = given_up(upload.abort().await) {
                tracing::debug!(%error, "an unfinished upload could not be given up");
            }
        });
    }
}

/// An upload that is not there any more was finished, its answer lost, or given up already.
fn given_up(aborted: Result<()>) -> Result<()> {
    match aborted {
        Err(Error::NotFound { .. }) => Ok(()),
        other => other,
    }
}

fn ended() -> Error {
    Error::Generic { store: "bucket", source: "the upload has ended".into() }
}

#[cfg(test)]
mod tests;
