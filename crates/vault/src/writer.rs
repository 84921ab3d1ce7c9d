//! Writes an object piece by piece, sealed on its way when the store is encrypted.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};

use crate::error::VaultError;
use crate::objects::Vault;
use crate::seal::stream::SealWriter;

/// How much is handed to the store at once, in bytes: the least that S3 takes as a part.
const PART: usize = 5 << 20;

/// Writes an object, which appears when it is finished.
pub(crate) struct ObjectWriter {
    path: Path,
    upload: WriteMultipart,
    seal: Option<SealWriter>,
}

impl Vault {
    /// Opens an object for writing at a path. It is sealed for `place`, where it will stand in the end.
    pub(crate) async fn object_writer(&self, path: Path, place: &Path) -> Result<ObjectWriter, VaultError> {
        let upload = self.store().put_multipart(&path).await;
        let upload = upload.map_err(|source| VaultError::Store { path: path.to_string(), source })?;
        let seal = self.keys().map(|keys| keys.sealing(place));
        Ok(ObjectWriter { path, upload: WriteMultipart::new_with_chunk_size(upload, PART), seal })
    }
}

impl ObjectWriter {
    /// Adds bytes; waits while too many parts are under way, so that memory stays bounded.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), VaultError> {
        let ready = self.upload.wait_for_capacity(2).await;
        ready.map_err(|source| VaultError::Store { path: self.path.to_string(), source })?;
        let bytes = match &mut self.seal {
            Some(seal) => seal.write(&bytes).map_err(|error| not_sealed(&self.path, error))?,
            None => bytes,
        };
        self.upload.put(bytes);
        Ok(())
    }

    /// Completes the object.
    pub async fn finish(mut self) -> Result<(), VaultError> {
        if let Some(seal) = self.seal {
            self.upload.put(seal.finish().map_err(|error| not_sealed(&self.path, error))?);
        }
        let done = self.upload.finish().await;
        done.map(drop).map_err(|source| VaultError::Store { path: self.path.to_string(), source })
    }

    /// Gives up: nothing of the object stays behind.
    pub async fn abort(self) -> Result<(), VaultError> {
        let path = self.path.to_string();
        self.upload.abort().await.map_err(|source| VaultError::Store { path, source })
    }
}

fn not_sealed(path: &Path, error: std::io::Error) -> VaultError {
    let source = object_store::Error::Generic { store: "encryption", source: Box::new(error) };
    VaultError::Store { path: path.to_string(), source }
}
