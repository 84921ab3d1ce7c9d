//! Counts how the objects of a store are encrypted, from what they say of themselves; nothing is opened for it.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use serde::Serialize;

use crate::error::VaultError;
use crate::objects::Vault;
use crate::seal::{HEADER, is_sealed, named_key, stays_readable};

/// How many objects are looked at together.
const AT_ONCE: usize = 16;

/// How the objects of a store are encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Census {
    /// How many with which key, by its fingerprint.
    pub sealed: BTreeMap<String, u64>,
    /// How many are not encrypted.
    pub plain: u64,
    /// One of those.
    pub a_plain_one: Option<String>,
    /// Registrations that are not, because they are left to the encryption of their bucket.
    pub left_to_bucket: u64,
    /// Registrations that are, although they are left to the encryption of their bucket.
    pub not_left_yet: u64,
    /// Objects that are neither: damaged, or of another program.
    pub strange: Vec<String>,
}

/// How one object is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Nature {
    /// With the key of this fingerprint.
    Sealed(String),
    /// Not at all.
    Plain,
    /// It can't be told.
    Strange,
}

impl Vault {
    /// Counts all objects but those that stay readable.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn census(&self) -> Result<Census, VaultError> {
        let mut natures = futures::stream::iter(self.to_be_sealed().await?)
            .map(|meta| async move { Ok::<_, VaultError>((self.nature(&meta).await?, meta.location)) })
            .buffered(AT_ONCE);
        let mut census = Census::default();
        while let Some((nature, path)) = natures.try_next().await? {
            match nature {
                Some(Nature::Sealed(fingerprint)) => {
                    census.not_left_yet += u64::from(self.leaves(&path));
                    *census.sealed.entry(fingerprint).or_default() += 1;
                }
                Some(Nature::Plain) if self.leaves(&path) => census.left_to_bucket += 1,
                Some(Nature::Plain) => {
                    census.plain += 1;
                    census.a_plain_one.get_or_insert(path.to_string());
                }
                Some(Nature::Strange) => census.strange.push(path.to_string()),
                None => {}
            }
        }
        Ok(census)
    }

    /// Whether an object is left to the encryption of its bucket.
    pub(crate) fn leaves(&self, path: &Path) -> bool {
        in_registrations_folder(path) && self.keys().is_some_and(|keys| keys.leaves_registrations())
    }

    /// The objects that an encrypted store has sealed.
    pub(crate) async fn to_be_sealed(&self) -> Result<Vec<ObjectMeta>, VaultError> {
        let listed: Result<Vec<ObjectMeta>, _> = self.store().list(None).try_collect().await;
        let mut listed = listed.map_err(|source| VaultError::Store { path: String::new(), source })?;
        listed.retain(|meta| !stays_readable(&meta.location) && !is_scratch(&meta.location));
        listed.sort_by(|one, other| one.location.cmp(&other.location));
        Ok(listed)
    }

    /// How an object is encrypted, by its own word; nothing when it is gone meanwhile.
    pub(crate) async fn nature(&self, meta: &ObjectMeta) -> Result<Option<Nature>, VaultError> {
        let path = &meta.location;
        let looked =
            if in_registrations_folder(path) { self.of_registrations(path).await } else { self.of_object(meta).await };
        match looked {
            Ok(nature) => Ok(Some(nature)),
            Err(VaultError::Store { source: object_store::Error::NotFound { .. }, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn of_object(&self, meta: &ObjectMeta) -> Result<Nature, VaultError> {
        if meta.size == 0 {
            return Ok(Nature::Plain);
        }
        let head = self.store().get_range(&meta.location, 0..meta.size.min(HEADER as u64)).await;
        let head = head.map_err(|source| VaultError::Store { path: meta.location.to_string(), source })?;
        Ok(match named_key(&head) {
            Some(fingerprint) => Nature::Sealed(fingerprint),
            None if is_sealed(&head) => Nature::Strange,
            None => Nature::Plain,
        })
    }

    async fn of_registrations(&self, path: &Path) -> Result<Nature, VaultError> {
        // Without a key, an encrypted file is refused by the name of the key that it takes.
        let blind = Vault::new(std::sync::Arc::clone(self.store()));
        match blind.read_registrations(path, |_| Ok(())).await {
            Ok(()) => Ok(Nature::Plain),
            Err(VaultError::NoKey { fingerprint, .. }) => Ok(Nature::Sealed(fingerprint)),
            Err(error @ VaultError::Store { .. }) => Err(error),
            Err(_) => Ok(Nature::Strange),
        }
    }

    /// Sees to it that a file of registrations can be read to its end, and is what was written there.
    ///
    /// # Errors
    /// [`VaultError`] names the object, and the key that it takes.
    pub async fn examine_registrations(&self, path: &Path) -> Result<(), VaultError> {
        self.read_registrations(path, |file| {
            file.reader().build()?.try_for_each(|batch| batch.map(drop).map_err(Into::into))
        })
        .await
    }
}

/// Whether an object stands where registrations do, and so is Parquet; by its whole name: [`crate::is_of_registrations`].
pub(crate) fn in_registrations_folder(path: &Path) -> bool {
    path.as_ref().starts_with("registrations/")
}

/// What is on its way to another key, and what a trial of the store leaves.
fn is_scratch(path: &Path) -> bool {
    ["rekey/", "doctor/"].iter().any(|folder| path.as_ref().starts_with(folder))
}
