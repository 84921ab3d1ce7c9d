//! The store behind the vault, and the one way of writing an object once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

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
        create_or_same(self.store.as_ref(), path, sealed, |present| Ok(self.opened(path, present.clone())? == bytes))
            .await
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

/// How long is waited before it is looked again, one time after the other.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

/// Writes an object that must not exist yet. When it does, or when the answer got lost, it is read back: equal bytes
/// are our own earlier write (`Ok(false)`), others a conflict.
///
/// # Errors
/// [`VaultError::Conflict`] when other bytes stand there; [`VaultError::Store`] when the store fails and the object is not there, or
/// it can't be told: then the same call may be made again.
pub async fn create_or_equal(store: &dyn ObjectStore, path: &Path, bytes: Bytes) -> Result<bool, VaultError> {
    create_or_same(store, path, bytes.clone(), |present| Ok(*present == bytes)).await
}

/// The same, where `is_ours` tells whether what stands there is our own earlier write.
async fn create_or_same(
    store: &dyn ObjectStore,
    path: &Path,
    bytes: Bytes,
    is_ours: impl Fn(&Bytes) -> Result<bool, VaultError>,
) -> Result<bool, VaultError> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let Err(failure) = store.put_opts(path, PutPayload::from_bytes(bytes.clone()), options).await else {
            return Ok(true);
        };
        let is_taken = matches!(failure, Error::AlreadyExists { .. } | Error::Precondition { .. });
        let failed = |source| Err(VaultError::Store { path: path.to_string(), source });
        match read_back(store, path).await {
            Ok(Some(present)) if is_ours(&present)? => return Ok(false),
            Ok(Some(_)) => return Err(VaultError::Conflict { path: path.to_string() }),
            Ok(None) if !is_taken => return failed(failure),
            // Said to be there, and not there: S3 refuses so while another write of it is under way, which may yet fail.
            Ok(None) => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return failed(failure),
            },
            Err(source) => return failed(if is_taken { source } else { failure }),
        }
    }
}

/// The bytes of an object, or nothing when it does not exist; asked again when the store fails, for much hangs on the answer.
async fn read_back(store: &dyn ObjectStore, path: &Path) -> Result<Option<Bytes>, Error> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let read = match store.get(path).await {
            Ok(found) => found.bytes().await,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => Err(error),
        };
        match (read, pauses.next()) {
            (Ok(bytes), _) => return Ok(Some(bytes)),
            (Err(error), Some(pause)) if is_transient(&error) => {
                tokio::time::sleep(pause).await;
            }
            (Err(error), _) => return Err(error),
        }
    }
}

/// Whether the same call of a store can succeed later: it was unreachable or busy, nothing is wrong with the data.
pub fn is_transient(error: &Error) -> bool {
    matches!(
        error,
        Error::Generic { .. } | Error::JoinError { .. } | Error::AlreadyExists { .. } | Error::Precondition { .. }
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::memory::InMemory;
    use vt_servers::faulty::{Fault, FaultyStore, Operation};

    use super::*;

    const ONE: Bytes = Bytes::from_static(b"one");

    fn path() -> Path {
        Path::from("a/b.json")
    }

    fn stores(change: impl Fn(FaultyStore) -> FaultyStore) -> (Arc<InMemory>, FaultyStore) {
        let inner = Arc::new(InMemory::new());
        (Arc::clone(&inner), change(FaultyStore::new(inner)))
    }

    async fn holds(store: &InMemory) -> Option<Bytes> {
        Some(store.get(&path()).await.ok()?.bytes().await.unwrap())
    }

    #[tokio::test]
    async fn equal_bytes_are_our_own_and_others_a_conflict() {
        let store = InMemory::new();
        assert!(create_or_equal(&store, &path(), ONE).await.unwrap());
        assert!(!create_or_equal(&store, &path(), ONE).await.unwrap());
        let conflict = create_or_equal(&store, &path(), Bytes::from_static(b"two")).await.unwrap_err();
        assert!(matches!(conflict, VaultError::Conflict { .. }));
        assert_eq!(holds(&store).await.unwrap(), ONE);
    }

    #[tokio::test]
    async fn an_answer_that_got_lost_is_found_by_reading_back_though_that_fails_at_first() {
        for fault in [Fault::After, Fault::Twice] {
            let (inner, store) = stores(|store| store.at(0, fault).at(1, Fault::Before).at(2, Fault::After));
            let created = create_or_equal(&store, &path(), ONE).await.unwrap();
            assert_eq!((created, store.struck(), holds(&inner).await), (false, 3, Some(ONE)), "{fault:?}");
        }
    }

    #[tokio::test]
    async fn a_request_that_got_lost_is_told_and_can_be_made_again() {
        let (inner, store) = stores(|store| store.at(0, Fault::Before));
        let error = create_or_equal(&store, &path(), ONE).await.unwrap_err();
        assert!(error.is_transient() && holds(&inner).await.is_none(), "{error}");
        assert!(create_or_equal(&store, &path(), ONE).await.unwrap());
    }

    #[tokio::test]
    async fn what_can_not_be_told_is_an_error_after_which_it_is_tried_again() {
        for fault in [Fault::After, Fault::Twice] {
            let blind = |store: FaultyStore| (1..5).fold(store.at(0, fault), |store, n| store.at(n, Fault::Before));
            let (inner, store) = stores(blind);
            let error = create_or_equal(&store, &path(), ONE).await.unwrap_err();
            assert!(error.is_transient() && holds(&inner).await == Some(ONE), "{fault:?}: {error}");
            assert!(!create_or_equal(&store, &path(), ONE).await.unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_done_later_is_our_own_then() {
        let (inner, store) = stores(|store| store.at(0, Fault::Delayed(Duration::from_millis(20))));
        assert!(create_or_equal(&store, &path(), ONE).await.unwrap_err().is_transient());
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(!create_or_equal(&store, &path(), ONE).await.unwrap() && holds(&inner).await == Some(ONE));
    }

    #[tokio::test]
    async fn while_another_write_is_under_way_it_is_tried_again() {
        let busy = |store: FaultyStore| store.only(&[Operation::Create]).at(0, Fault::Busy).at(1, Fault::Busy);
        let (inner, store) = stores(busy);
        assert!(create_or_equal(&store, &path(), ONE).await.unwrap());
        assert_eq!((store.struck(), holds(&inner).await), (2, Some(ONE)));
        let (inner, store) = stores(|store| store.only(&[Operation::Create]).always(Fault::Busy));
        let error = create_or_equal(&store, &path(), ONE).await.unwrap_err();
        assert!(error.is_transient() && store.struck() == 4 && holds(&inner).await.is_none(), "{error}");
    }
}
