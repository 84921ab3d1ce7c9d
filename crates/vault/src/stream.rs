//! Objects read as they stream, opened on the way, and carried from one place to another.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetResult, GetResultPayload, ObjectStoreExt};
use sha2::{Digest, Sha256};

use crate::error::VaultError;
use crate::objects::Vault;
use crate::seal::parquet::no_key;
use crate::seal::stream::{look, open};

/// The content of an object, piece by piece.
pub type Opened = BoxStream<'static, Result<Bytes, VaultError>>;

/// How much of a local file is read at once.
const PIECE: usize = 1 << 20;

impl Vault {
    /// Streams an object that stands where it was sealed for.
    pub(crate) async fn stream(&self, path: &Path) -> Result<Opened, VaultError> {
        self.stream_for(path, path).await
    }

    /// Streams an object that was sealed for `place`.
    pub(crate) async fn stream_for(&self, path: &Path, place: &Path) -> Result<Opened, VaultError> {
        let name = path.to_string();
        let store = |source| VaultError::Store { path: name.clone(), source };
        let found = self.store().get(path).await.map_err(store)?;
        let (sealed, head, stored) = look(large_pieces(found)).await.map_err(store)?;
        match self.keys() {
            Some(keys) if sealed => open(keys, place, stored).await,
            Some(keys) if !keys.accepts_plain() => Err(VaultError::NotEncrypted { path: name }),
            None if sealed => Err(no_key(path, &head)),
            _ => Ok(stored.map_err(move |source| VaultError::Store { path: name.clone(), source }).boxed()),
        }
    }

    /// Writes what stands at `from` to `to`, sealed anew; gives the SHA-256 of its content. Each is a path, and the place that the object is
    /// sealed for.
    pub(crate) async fn transfer(&self, from: (&Path, &Path), to: (&Path, &Path)) -> Result<[u8; 32], VaultError> {
        let mut content = self.stream_for(from.0, from.1).await?;
        let mut writer = self.object_writer(to.0.clone(), to.1).await?;
        let mut digest = Sha256::new();
        let carried = async {
            while let Some(piece) = content.try_next().await? {
                digest.update(&piece);
                writer.write(piece).await?;
            }
            Ok(())
        };
        if let Err(error) = carried.await {
            // Why it failed is what matters.
            let _ = writer.abort().await;
            return Err(error);
        }
        writer.finish().await?;
        Ok(digest.finalize().into())
    }

    /// The SHA-256 of the content of an object that was sealed for `place`.
    pub(crate) async fn digest(&self, path: &Path, place: &Path) -> Result<[u8; 32], VaultError> {
        let mut content = self.stream_for(path, place).await?;
        let mut digest = Sha256::new();
        while let Some(piece) = content.try_next().await? {
            digest.update(&piece);
        }
        Ok(digest.finalize().into())
    }
}

/// The bytes of an object; a local file in pieces of a mebibyte, for the store would hand it over in pieces of 8 KiB between threads.
fn large_pieces(found: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    let file = match found.payload {
        GetResultPayload::Stream(stream) => return stream,
        GetResultPayload::File(file, _) => file,
    };
    stream::try_unfold(file, |mut file: File| async move {
        let piece = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            (&mut file).take(PIECE as u64).read_to_end(&mut piece).map(|_| (Bytes::from(piece), file))
        });
        let (piece, file) = piece.await.map_err(generic)?.map_err(generic)?;
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
    .boxed()
}

fn generic(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "local file", source: Box::new(error) }
}
