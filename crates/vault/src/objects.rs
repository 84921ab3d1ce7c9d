//! The store behind the vault, and the one way of writing an object once.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::VaultError;
use crate::seal::parquet::no_key;
use crate::seal::{StoreKeys, is_sealed, stays_readable};

/// The private store.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Arc<dyn ObjectStore>,
    keys: Option<Arc<StoreKeys>>,
}

impl Vault {
    /// A vault on a store whose objects are not encrypted; use a prefix store to put it in a folder.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, keys: None }
    }

    /// A vault on a store whose objects are encrypted with these keys.
    pub fn sealed(store: Arc<dyn ObjectStore>, keys: StoreKeys) -> Self {
        Self { store, keys: Some(Arc::new(keys)) }
    }

    /// The store itself: to see whether it works and what stands in it. What an object holds is read through the vault.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The keys with which objects are encrypted, when they are.
    pub fn keys(&self) -> Option<&StoreKeys> {
        self.keys.as_deref()
    }

    pub(crate) fn shared_keys(&self) -> Option<&Arc<StoreKeys>> {
        self.keys.as_ref()
    }

    /// The same keys on another store.
    pub(crate) fn elsewhere(&self, store: Arc<dyn ObjectStore>) -> Self {
        Self { store, keys: self.keys.clone() }
    }

    /// The bytes of an object, opened; or nothing when it does not exist.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<Bytes>, VaultError> {
        let bytes = match self.store.get(path).await {
            Ok(found) => found.bytes().await,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => Err(error),
        };
        let bytes = bytes.map_err(|source| VaultError::Store { path: path.to_string(), source })?;
        self.opened(path, bytes).map(Some)
    }

    /// Writes an object that must not exist yet. When it does, or when the answer got lost, it is read back and opened: equal content is
    /// our own earlier write (`Ok(false)`), other content a conflict. The bytes in the store tell nothing here: each sealing has others.
    pub(crate) async fn create(&self, path: &Path, bytes: Bytes) -> Result<bool, VaultError> {
        let sealed = self.sealed_for(path, bytes.clone());
        create_or_same(self.store.as_ref(), path, sealed, |present| Ok(self.opened(path, present)? == bytes)).await
    }

    /// Writes an object, in the place of one that is there.
    pub(crate) async fn replace(&self, path: &Path, bytes: Bytes) -> Result<(), VaultError> {
        let put = self.store.put(path, self.sealed_for(path, bytes).into()).await;
        put.map(drop).map_err(|source| VaultError::Store { path: path.to_string(), source })
    }

    fn sealed_for(&self, path: &Path, bytes: Bytes) -> Bytes {
        match &self.keys {
            Some(keys) if !stays_readable(path) => keys.seal(path, &bytes).into(),
            _ => bytes,
        }
    }

    fn opened(&self, path: &Path, bytes: Bytes) -> Result<Bytes, VaultError> {
        if stays_readable(path) {
            return Ok(bytes);
        }
        match &self.keys {
            None if !is_sealed(&bytes) => Ok(bytes),
            None => Err(no_key(path, &bytes)),
            Some(keys) if is_sealed(&bytes) => keys.open(path, &bytes).map(Bytes::from),
            Some(keys) if keys.accepts_plain() => Ok(bytes),
            Some(_) => Err(VaultError::NotEncrypted { path: path.to_string() }),
        }
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
    create_or_same(store, path, bytes.clone(), |present| Ok(present == bytes)).await
}

/// The same, where `is_ours` tells whether what stands there is our own earlier write.
async fn create_or_same(
    store: &dyn ObjectStore,
    path: &Path,
    bytes: Bytes,
    is_ours: impl FnOnce(Bytes) -> Result<bool, VaultError>,
) -> Result<bool, VaultError> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let Err(failure) = store.put_opts(path, PutPayload::from_bytes(bytes), options).await else {
        return Ok(true);
    };
    let present = match store.get(path).await {
        Ok(found) => found.bytes().await,
        Err(_) => return Err(VaultError::Store { path: path.to_string(), source: failure }),
    };
    let present = present.map_err(|source| VaultError::Store { path: path.to_string(), source })?;
    if is_ours(present)? { Ok(false) } else { Err(VaultError::Conflict { path: path.to_string() }) }
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
