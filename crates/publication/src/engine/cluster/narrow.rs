//! The private store as an executor has it: registrations can be read, and nothing else. A scheduler hands on whatever plan it is given, and
//! asks nobody who he is.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use vt_vault::is_of_registrations;

/// A store of which only registrations can be read.
#[derive(Debug)]
pub(super) struct RegistrationsOnly(pub Arc<dyn ObjectStore>);

fn refused(path: &Path) -> Error {
    Error::PermissionDenied {
        path: path.to_string(),
        source: "an executor reads registrations, and nothing else".into(),
    }
}

fn read(path: &Path) -> Result<()> {
    if is_of_registrations(path) { Ok(()) } else { Err(refused(path)) }
}

impl fmt::Display for RegistrationsOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "registrations of {}", self.0)
    }
}

#[async_trait::async_trait]
impl ObjectStore for RegistrationsOnly {
    async fn put_opts(&self, path: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(refused(path))
    }

    async fn put_multipart_opts(&self, path: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(refused(path))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        read(path)?;
        self.0.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        read(path)?;
        self.0.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        paths.map(|path| path.and_then(|path| Err(refused(&path)))).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let error = refused(prefix.unwrap_or(&Path::default()));
        stream::once(async { Err(error) }).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        Err(refused(prefix.unwrap_or(&Path::default())))
    }

    async fn copy_opts(&self, from: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(refused(from))
    }
}
