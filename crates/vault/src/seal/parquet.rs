//! Registrations are encrypted by Parquet's own means, so that the engine reads them as they stand: footer and columns with one key
//! of 32 random bytes for each file, which stands in the file sealed as every other object is. Bound to the path twice: by the
//! seal of that key, and as the prefix of what each page authenticates (AAD).

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use object_store::path::Path;
use parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::{ParquetError, Result as ParquetResult};

use super::{StoreKeys, named_key};
use crate::error::VaultError;

/// Bytes of the key of a file: AES-256.
const KEY_BYTES: usize = 32;

/// How a file of registrations at a path is encrypted.
pub(crate) fn sealing(keys: &StoreKeys, path: &Path) -> ParquetResult<Arc<FileEncryptionProperties>> {
    let key = random_key()?;
    FileEncryptionProperties::builder(key.to_vec())
        .with_footer_key_metadata(keys.seal(path, &key))
        .with_aad_prefix(path.as_ref().as_bytes().to_vec())
        .with_aad_prefix_storage(false)
        .build()
}

/// The second of two places where randomness comes from the machine.
#[expect(clippy::disallowed_methods, reason = "a key has to be random; no published figure follows from it")]
fn random_key() -> ParquetResult<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| ParquetError::External(Box::new(error)))?;
    Ok(key)
}

/// The opening of one file of registrations: what a Parquet reader needs for it, and what came of it.
#[derive(Clone)]
pub struct Opening {
    path: Path,
    properties: Arc<FileDecryptionProperties>,
    seen: Arc<Seen>,
    /// Whether the file may be one that is not encrypted.
    plain: bool,
}

#[derive(Default)]
struct Seen {
    sealed: AtomicBool,
    fault: Mutex<Option<VaultError>>,
}

impl Opening {
    /// Of the file at a path. Without keys an encrypted one is refused by the name of the key that it takes.
    pub(crate) fn new(path: &Path, keys: Option<&Arc<StoreKeys>>) -> Self {
        let seen = Arc::new(Seen::default());
        let retriever = Retriever { path: path.clone(), keys: keys.cloned(), seen: Arc::clone(&seen) };
        let properties = FileDecryptionProperties::with_key_retriever(Arc::new(retriever))
            .with_aad_prefix(path.as_ref().as_bytes().to_vec())
            .build();
        // Unwrap safety: building fails for keys given by name only; every test that reads registrations comes by here.
        let properties = properties.unwrap();
        Self {
            path: path.clone(),
            properties,
            seen,
            plain: keys.is_none_or(|keys| keys.accepts_plain() || keys.leaves_registrations()),
        }
    }

    /// What the reader of the file is given.
    #[must_use]
    pub fn properties(&self) -> Arc<FileDecryptionProperties> {
        Arc::clone(&self.properties)
    }

    /// The outcome of reading the file, its metadata or all of it, in terms of this store.
    ///
    /// # Errors
    /// Names the object, and the key that it takes; never what is in it.
    pub fn judge<T>(&self, outcome: ParquetResult<T>) -> Result<T, VaultError> {
        let path = || self.path.to_string();
        let fault = self.seen.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sealed = self.seen.sealed.load(Ordering::Relaxed);
        match (fault, outcome) {
            (Some(fault), _) => Err(fault),
            (None, Ok(_)) if !sealed && !self.plain => Err(VaultError::NotEncrypted { path: path() }),
            (None, Ok(read)) => Ok(read),
            (None, Err(error)) => Err(match store_fault(error) {
                Ok(source) => VaultError::Store { path: path(), source },
                Err(_) if sealed => VaultError::NotGenuine { path: path() },
                Err(source) => VaultError::Parquet { path: path(), source },
            }),
        }
    }
}

/// The failure of the store that stopped a reader, if it was one.
fn store_fault(error: ParquetError) -> Result<object_store::Error, ParquetError> {
    match error {
        ParquetError::External(source) => source.downcast().map(|source| *source).map_err(ParquetError::External),
        other => Err(other),
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Opens the key that stands in the file.
struct Retriever {
    path: Path,
    keys: Option<Arc<StoreKeys>>,
    seen: Arc<Seen>,
}

impl KeyRetriever for Retriever {
    fn retrieve_key(&self, sealed: &[u8]) -> ParquetResult<Vec<u8>> {
        self.seen.sealed.store(true, Ordering::Relaxed);
        let opened = match &self.keys {
            Some(keys) => keys.open(&self.path, sealed),
            None => Err(no_key(&self.path, sealed)),
        };
        opened.map_err(|fault| {
            let text = fault.to_string();
            *self.seen.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
            ParquetError::General(text)
        })
    }
}

/// That nothing can be opened here, and with which key it could be.
pub(crate) fn no_key(path: &Path, sealed: &[u8]) -> VaultError {
    let path = path.to_string();
    match named_key(sealed) {
        Some(fingerprint) => VaultError::NoKey { path, fingerprint },
        None => VaultError::NotGenuine { path },
    }
}
