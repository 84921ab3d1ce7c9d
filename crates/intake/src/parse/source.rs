//! The bytes of a quarantined file, read on a blocking thread.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt;
use tokio::runtime::Handle;
use vt_vault::{Opened, Quarantined, VaultError};

/// Remembers why the store failed, so that its failure is not taken for a damaged file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<VaultError>>>);

impl Failure {
    /// Takes the failure, if there was one.
    pub fn take(&self) -> Option<VaultError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: VaultError) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        io::Error::other("the store failed")
    }
}

enum Origin {
    /// A local file is read directly: the store would hand it over in small pieces between threads.
    File(String, File),
    Stream(Handle, Opened, Bytes),
}

/// Reads a file of the store; must be used on a thread that may block.
pub(crate) struct SourceReader {
    origin: Origin,
    failure: Failure,
}

impl SourceReader {
    /// A reader and the place where a failure of the store is noted.
    pub fn new(found: Quarantined, handle: Handle) -> (Self, Failure) {
        let failure = Failure::default();
        let origin = match found {
            Quarantined::File(path, file) => Origin::File(path, file),
            Quarantined::Stream(stream) => Origin::Stream(handle, stream, Bytes::new()),
        };
        (Self { origin, failure: failure.clone() }, failure)
    }
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.origin {
            Origin::File(path, file) => file.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::Interrupted => error,
                _ => self.failure.note(VaultError::Store { path: path.clone(), source: generic(error) }),
            }),
            Origin::Stream(handle, stream, chunk) => {
                while chunk.is_empty() {
                    match handle.block_on(stream.next()) {
                        None => return Ok(0),
                        Some(Ok(next)) => *chunk = next,
                        Some(Err(error)) => return Err(self.failure.note(error)),
                    }
                }
                let count = chunk.len().min(buffer.len());
                buffer[..count].copy_from_slice(&chunk.split_to(count));
                Ok(count)
            }
        }
    }
}

fn generic(error: io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "local file", source: Box::new(error) }
}
