//! A store in a folder that is never made anew behind our back: when the folder is gone, or another one stands in its place, nothing
//! is read there and nothing written. What is private is written for its owner only.

mod closed;

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use self::closed::ClosedUpload;

/// Files that say which store a folder holds, whatever disk it is on.
const PROOFS: [&str; 3] = [vt_publication::publish::MARK_PATH, "keys/1.json", "key-fingerprint"];

/// A store in a folder.
#[derive(Debug)]
pub struct Guarded {
    files: LocalFileSystem,
    root: Arc<Root>,
}

impl Guarded {
    /// Opens a folder that is there. A `private` one is written for its owner only.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(folder: &FsPath, private: bool) -> Result<Self> {
        let files = LocalFileSystem::new_with_prefix(folder)?;
        let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let held = Held { folder: identity(&path).map_err(|source| lost(source.to_string()))?, proof: proof(&path) };
        Ok(Self { files, root: Arc::new(Root { path, private, held: Mutex::new(held) }) })
    }

    /// Sees to it that the folder is the one that was opened.
    async fn check(&self) -> Result<()> {
        let root = Arc::clone(&self.root);
        off_the_threads_that_serve(move || root.check()).await
    }

    /// The same, and makes the folders in which an object stands.
    async fn make_way(&self, to: &Path) -> Result<PathBuf> {
        let (root, file) = (Arc::clone(&self.root), self.files.path_to_filesystem(to)?);
        let folders: Vec<String> = to.parts().map(|part| part.as_ref().to_owned()).collect();
        off_the_threads_that_serve(move || {
            root.check()?;
            root.make(&folders[..folders.len().saturating_sub(1)])?;
            Ok(file)
        })
        .await
    }
}

/// The folder.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    private: bool,
    held: Mutex<Held>,
}

/// Which folder it is.
#[derive(Debug)]
struct Held {
    folder: (u64, u64),
    proof: Option<Vec<u8>>,
}

impl Root {
    fn check(&self) -> Result<()> {
        let seen = identity(&self.path).map_err(|_| lost("its folder is not there".to_owned()))?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.folder == seen {
            if held.proof.is_none() {
                held.proof = proof(&self.path);
            }
            return Ok(());
        }
        // Brought back from elsewhere, or mounted anew: the same store in another folder.
        let brought_back = held.proof.is_some() && proof(&self.path) == held.proof;
        if !brought_back || (self.private && is_open(&self.path)) {
            return Err(lost("another folder stands in its place".to_owned()));
        }
        held.folder = seen;
        Ok(())
    }

    /// Makes folders one by one, and never the root itself.
    fn make(&self, folders: &[String]) -> Result<()> {
        let mut path = self.path.clone();
        for folder in folders {
            path.push(folder);
            let mode = if self.private { 0o700 } else { 0o777 };
            match DirBuilder::new().mode(mode).create(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(&path, error)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn identity(folder: &FsPath) -> io::Result<(u64, u64)> {
    let about = std::fs::metadata(folder)?;
    Ok((about.dev(), about.ino()))
}

fn proof(folder: &FsPath) -> Option<Vec<u8>> {
    PROOFS.iter().find_map(|file| std::fs::read(folder.join(file)).ok())
}

/// Whether others may look into a folder.
fn is_open(folder: &FsPath) -> bool {
    std::fs::metadata(folder).map_or(true, |about| about.permissions().mode() & 0o077 != 0)
}

fn lost(what: String) -> Error {
    Error::Generic { store: "folder", source: what.into() }
}

fn failed(path: &FsPath, error: io::Error) -> Error {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        io::ErrorKind::NotFound => lost("its folder is not there".to_owned()),
        _ => Error::Generic { store: "folder", source: error.into() },
    }
}

async fn off_the_threads_that_serve<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Guarded {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let file = self.make_way(location).await?;
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => return self.files.put_opts(location, payload, options).await,
        };
        if !self.root.private {
            return self.files.put_opts(location, payload, options).await;
        }
        off_the_threads_that_serve(move || closed::put(&file, &payload, create)).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let file = self.make_way(location).await?;
        if !self.root.private {
            return self.files.put_multipart_opts(location, options).await;
        }
        Ok(Box::new(off_the_threads_that_serve(move || ClosedUpload::begin(file)).await?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.check().await?;
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.check().await?;
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // In a folder in its place none of the objects is there; where the folder is gone, neither.
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (root, listed) = (Arc::clone(&self.root), self.files.list(prefix));
        let checked = async move {
            off_the_threads_that_serve(move || root.check()).await?;
            Ok::<_, Error>(listed)
        };
        stream::once(checked).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.check().await?;
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.make_way(to).await?;
        self.files.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.make_way(to).await?;
        self.files.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests;
