//! The store behind the vault, and the one way of writing an object once.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::VaultError;

/// The private store.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Arc<dyn ObjectStore>,
}

impl Vault {
    /// A vault on a store; use a prefix store to put it in a folder.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// The store itself, for readers that stream (the engine).
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The bytes of an object, or nothing when it does not exist.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Bytes>, VaultError> {
        let bytes = match self.store.get(path).await {
            Ok(found) => found.bytes().await,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => Err(error),
        };
        bytes.map(Some).map_err(|source| VaultError::Store { path: path.to_string(), source })
    }

    /// Reads and parses a JSON object.
    pub(crate) async fn read_json<T: serde::de::DeserializeOwned>(&self, path: &Path) -> Result<Option<T>, VaultError> {
        let Some(bytes) = self.read(path).await? else { return Ok(None) };
        let damaged = |error: serde_json::Error| VaultError::Damaged {
            path: path.to_string(),
            reason: format!("line {}, column {}: {:?} error", error.line(), error.column(), error.classify()),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Paths under a prefix, sorted.
    pub(crate) async fn list(&self, prefix: &Path) -> Result<Vec<Path>, VaultError> {
        let listed: Result<Vec<_>, _> = self.store.list(Some(prefix)).map_ok(|meta| meta.location).try_collect().await;
        let mut paths = listed.map_err(|source| VaultError::Store { path: prefix.to_string(), source })?;
        paths.sort();
        Ok(paths)
    }

    /// Removes an object; one that is gone already is fine.
    pub(crate) async fn remove(&self, path: &Path) -> Result<(), VaultError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(VaultError::Store { path: path.to_string(), source }),
        }
    }
}

/// Writes an object that must not exist yet. When it does, or when the answer got lost, it is read back: equal bytes
/// are our own earlier write (`Ok(false)`), others a conflict.
///
/// # Errors
/// [`VaultError::Conflict`] when other bytes stand there; [`VaultError::Store`] when the store fails and the object is not there.
pub async fn create_or_equal(store: &dyn ObjectStore, path: &Path, bytes: Bytes) -> Result<bool, VaultError> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let Err(failure) = store.put_opts(path, PutPayload::from_bytes(bytes.clone()), options).await else {
        return Ok(true);
    };
    let present = match store.get(path).await {
        Ok(found) => found.bytes().await,
        Err(_) => return Err(VaultError::Store { path: path.to_string(), source: failure }),
    };
    match present {
        Ok(present) if present == bytes => Ok(false),
        Ok(_) => Err(VaultError::Conflict { path: path.to_string() }),
        Err(source) => Err(VaultError::Store { path: path.to_string(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    #[tokio::test]
    async fn equal_bytes_are_our_own_and_others_a_conflict() {
        let store = InMemory::new();
        let path = Path::from("a/b.json");
        assert!(create_or_equal(&store, &path, Bytes::from_static(b"one")).await.unwrap());
        assert!(!create_or_equal(&store, &path, Bytes::from_static(b"one")).await.unwrap());
        let conflict = create_or_equal(&store, &path, Bytes::from_static(b"two")).await.unwrap_err();
        assert!(matches!(conflict, VaultError::Conflict { .. }));
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "one");
    }
}
