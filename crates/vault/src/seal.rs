//! Sealing: objects of the private store, encrypted by the program, so that whoever has the store alone sees nothing of what is in it.
//!
//! Each object is an [age](https://age-encryption.org/v1) file for the current key, bound to the name under which it stands; a file of
//! registrations is encrypted by Parquet's own means (`seal/parquet.rs`). Two sealings of the same content differ, so that equal objects
//! can't be told from others: what is there already is compared after opening (`objects.rs`).
//!
//! Not hidden: paths (region, month, number, period), sizes, and when an object was written.

mod binding;
mod key;
pub(crate) mod parquet;
pub(crate) mod stream;

use std::collections::BTreeSet;
use std::io::{Read, Write};

use object_store::path::Path;

pub use key::StoreKey;

use crate::error::VaultError;
use binding::{Bound, Fault, Opener};
use stream::SealWriter;

/// What every age file begins with.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";
/// Our stanza stands within so many bytes of the beginning.
pub(crate) const HEADER: usize = 1024;

/// The keys of the private store: one that seals, and earlier ones that open what they sealed.
#[derive(Debug, Clone)]
pub struct StoreKeys {
    current: StoreKey,
    previous: Vec<StoreKey>,
    accept_plain: bool,
    leave_registrations: bool,
}

impl StoreKeys {
    /// Keys of which the first seals. What is not sealed is refused.
    ///
    /// # Errors
    /// The fingerprint of a key that stands there twice.
    pub fn new(current: StoreKey, previous: Vec<StoreKey>) -> Result<Self, String> {
        let keys = Self { current, previous, accept_plain: false, leave_registrations: false };
        let mut seen = BTreeSet::new();
        let twice = keys.all().map(|key| key.fingerprint().to_owned()).find(|name| !seen.insert(name.clone()));
        twice.map_or(Ok(keys), Err)
    }

    /// The same, which also reads what is not sealed: of a store that was begun without keys, until all of it is.
    #[must_use]
    pub fn accepting_plain(self, accept_plain: bool) -> Self {
        Self { accept_plain, ..self }
    }

    /// The same, which leaves registrations to the encryption of the bucket that they lie in: for a cluster whose executors have no keys.
    /// Everything else is sealed all the same.
    #[must_use]
    pub fn leaving_registrations(self, leave_registrations: bool) -> Self {
        Self { leave_registrations, ..self }
    }

    /// The key that seals.
    #[must_use]
    pub fn current(&self) -> &StoreKey {
        &self.current
    }

    /// All keys, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &StoreKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The key with a fingerprint.
    #[must_use]
    pub fn get(&self, fingerprint: &str) -> Option<&StoreKey> {
        self.all().find(|key| key.fingerprint() == fingerprint)
    }

    /// Whether what is not sealed is read too.
    #[must_use]
    pub fn accepts_plain(&self) -> bool {
        self.accept_plain
    }

    /// Whether registrations are left to the encryption of their bucket.
    #[must_use]
    pub fn leaves_registrations(&self) -> bool {
        self.leave_registrations
    }

    /// Seals an object for the path at which it will stand.
    pub(crate) fn seal(&self, path: &Path, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(plain.len() + HEADER);
        let written = self.encryptor(path).wrap_output(&mut sealed).and_then(|mut writer| {
            writer.write_all(plain)?;
            writer.finish().map(drop)
        });
        // Unwrap safety: memory takes all that is written.
        written.unwrap();
        sealed
    }

    /// Seals an object as it streams.
    pub(crate) fn sealing(&self, path: &Path) -> SealWriter {
        // Unwrap safety: memory takes all that is written.
        SealWriter::new(self.encryptor(path)).unwrap()
    }

    /// Opens an object that was sealed for this path.
    pub(crate) fn open(&self, path: &Path, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let not_genuine = || VaultError::NotGenuine { path: path.to_string() };
        let name = bound_name(path);
        let opener = Opener::new(self, &name);
        let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| not_genuine())?;
        let reader = decryptor.decrypt(std::iter::once(&opener as &dyn age::Identity));
        let mut reader = reader.map_err(|_| refused(path, opener.fault()))?;
        let mut plain = Vec::with_capacity(sealed.len());
        reader.read_to_end(&mut plain).map_err(|_| not_genuine())?;
        Ok(plain)
    }

    fn encryptor(&self, path: &Path) -> age::Encryptor {
        let name = bound_name(path);
        let (bound, public) = (Bound { key: &self.current, name: &name }, self.current.public());
        let recipients: [&dyn age::Recipient; 2] = [&bound, &public];
        // Unwrap safety: there are recipients, neither fails, and neither has labels.
        age::Encryptor::with_recipients(recipients.into_iter()).unwrap()
    }
}

fn refused(path: &Path, fault: Fault) -> VaultError {
    let path = path.to_string();
    match fault {
        Fault::NoKey(fingerprint) => VaultError::NoKey { path, fingerprint },
        Fault::NotGenuine => VaultError::NotGenuine { path },
    }
}

/// The name that an object is bound to: its path. A raw file is bound to delivery and name, wherever it waits in the quarantine, so that it is
/// kept by copying it.
fn bound_name(path: &Path) -> String {
    let parts: Vec<_> = path.parts().map(|part| part.as_ref().to_owned()).collect();
    match parts.as_slice() {
        [room, .., vt, month, number, name] if room == "quarantine" => format!("raw/{vt}/{month}/{number}/{name}"),
        _ => path.to_string(),
    }
}

/// Whether bytes are the beginning of a sealed object.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The fingerprint of the key that a sealed object takes, by its own word.
pub(crate) fn named_key(bytes: &[u8]) -> Option<String> {
    is_sealed(bytes).then(|| binding::named_key(bytes)).flatten()
}

/// What stays readable for everyone, as it must be found before there is a key and tells nothing: the histories of keys (fingerprints, days
/// and reasons) and the mark of the published store, which that store bears too.
pub(crate) fn stays_readable(path: &Path) -> bool {
    let whole = path.as_ref();
    whole.starts_with("keys/")
        || whole.starts_with("encryption/")
        || ["key-fingerprint", "published.json"].contains(&whole)
}

#[cfg(test)]
mod tests;
