//! Writes files that nobody but their owner may read, from their first byte on. As other writers do: under a name such as
//! `3.json#1` beside their place, and moved there when they are whole.

use std::fs::{File, OpenOptions, hard_link, remove_file, rename};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::{failed, off_the_threads_that_serve};

/// Writes a file; with `create` only when there is none.
pub(super) fn put(path: &Path, payload: &PutPayload, create: bool) -> Result<()> {
    let (mut file, staged) = stage(path).map_err(|error| failed(path, error))?;
    let written = payload.iter().try_for_each(|chunk| file.write_all(chunk));
    let placed = written.and_then(|()| if create { hard_link(&staged, path) } else { rename(&staged, path) });
    if create || placed.is_err() {
        // Housekeeping sees to what is left.
        let _ = remove_file(&staged);
    }
    placed.map_err(|error| failed(path, error))
}

/// A file of its own beside a place.
fn stage(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 1_u32;
    loop {
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!("#{number}"));
        let staged = PathBuf::from(staged);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged) {
            Ok(file) => return Ok((file, staged)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// A file that is written in parts.
#[derive(Debug)]
pub(super) struct ClosedUpload {
    file: Arc<File>,
    /// Where it is written; nothing once it is placed or given up.
    staged: Option<PathBuf>,
    path: PathBuf,
    length: u64,
}

impl ClosedUpload {
    /// Begins a file that replaces what is there when it is whole.
    pub(super) fn begin(path: PathBuf) -> Result<Self> {
        let (file, staged) = stage(&path).map_err(|error| failed(&path, error))?;
        Ok(Self { file: Arc::new(file), staged: Some(staged), path, length: 0 })
    }

    async fn end(&mut self, end: fn(&Path, &Path) -> io::Result<()>) -> Result<()> {
        let Some(staged) = self.staged.take() else { return Ok(()) };
        let path = self.path.clone();
        off_the_threads_that_serve(move || end(&staged, &path).map_err(|error| failed(&path, error))).await
    }
}

#[async_trait::async_trait]
impl MultipartUpload for ClosedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (file, path, mut at) = (Arc::clone(&self.file), self.path.clone(), self.length);
        self.length += data.content_length() as u64;
        let write = move || {
            data.iter().try_for_each(|chunk| {
                let written = file.write_all_at(chunk, at);
                at += chunk.len() as u64;
                written.map_err(|error| failed(&path, error))
            })
        };
        Box::pin(off_the_threads_that_serve(write))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.end(|staged, path| rename(staged, path)).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.end(|staged, _| remove_file(staged)).await
    }
}

impl Drop for ClosedUpload {
    fn drop(&mut self) {
        if let Some(staged) = self.staged.take() {
            let _ = remove_file(staged);
        }
    }
}
