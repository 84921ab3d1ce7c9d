//! Reading the published store; errors name the object.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

/// The published store did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("published store, {path}: {source}")]
pub struct StoreError {
    /// The object or prefix.
    pub path: String,
    /// What the store said.
    #[source]
    pub source: object_store::Error,
}

/// The bytes of an object, or nothing when it does not exist.
///
/// # Errors
/// When the store fails.
pub async fn read(store: &dyn ObjectStore, path: &str) -> Result<Option<Bytes>, StoreError> {
    let error = |source| StoreError { path: path.to_owned(), source };
    match store.get(&Path::from(path)).await {
        Ok(found) => found.bytes().await.map(Some).map_err(error),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(source) => Err(error(source)),
    }
}

/// Paths and sizes under a prefix (all for an empty one), by path.
pub(crate) async fn list(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let under = (!prefix.is_empty()).then(|| Path::from(prefix));
    let found = store.list(under.as_ref()).map_ok(|meta| (meta.location.to_string(), meta.size)).try_collect();
    let path = || if prefix.is_empty() { "listing" } else { prefix }.to_owned();
    let mut found: Vec<(String, u64)> = found.await.map_err(|source| StoreError { path: path(), source })?;
    found.sort();
    Ok(found)
}

/// SHA-256, lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
