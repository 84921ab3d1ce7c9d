//! Raw bytes: in quarantine until the scan for personal numbers has passed, then kept, or removed.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetResultPayload, ObjectMeta, ObjectStoreExt};
use sha2::{Digest, Sha256};
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;

use crate::error::VaultError;
use crate::objects::Vault;
use crate::stream::Opened;
use crate::writer::ObjectWriter;

/// A file in the quarantine, opened for one reading.
pub enum Quarantined {
    /// A file of this machine, and the name of the object.
    File(String, File),
    /// Its bytes as they come.
    Stream(Opened),
}

/// Writes one file into the quarantine while computing its digest.
pub struct QuarantineWriter {
    object: ObjectWriter,
    hasher: Sha256,
    bytes: u64,
}

impl QuarantineWriter {
    /// Adds bytes; waits while too many parts are under way, so that memory stays bounded.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), VaultError> {
        self.hasher.update(&chunk);
        self.bytes += chunk.len() as u64;
        self.object.write(chunk).await
    }

    /// How many bytes were written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Completes the file; gives its size and SHA-256 in lower-case hexadecimal, as it came.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn finish(self) -> Result<(u64, String), VaultError> {
        self.object.finish().await?;
        Ok((self.bytes, hex::encode(self.hasher.finalize())))
    }

    /// Gives up: nothing of the file stays behind.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn abort(self) -> Result<(), VaultError> {
        self.object.abort().await
    }
}

impl Vault {
    /// Opens a file in the quarantine for writing; it appears when finished. An earlier one of that name is replaced.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn quarantine(&self, id: &DeliveryId, name: &str) -> Result<QuarantineWriter, VaultError> {
        let path = file_path("quarantine", id, name);
        let object = self.object_writer(path.clone(), &path).await?;
        Ok(QuarantineWriter { object, hasher: Sha256::new(), bytes: 0 })
    }

    /// Streams a file out of the quarantine.
    ///
    /// # Errors
    /// [`VaultError::Store`] when it is not there or the store fails.
    pub async fn quarantined(&self, id: &DeliveryId, name: &str) -> Result<Opened, VaultError> {
        self.stream(&file_path("quarantine", id, name)).await
    }

    /// Opens a file in the quarantine as the store gives it: a local file can then be read without a detour. One that is encrypted is
    /// opened as it streams.
    ///
    /// # Errors
    /// [`VaultError::Store`] when it is not there or the store fails.
    pub async fn open_quarantined(&self, id: &DeliveryId, name: &str) -> Result<Quarantined, VaultError> {
        let path = file_path("quarantine", id, name);
        if self.keys().is_some() {
            return Ok(Quarantined::Stream(self.stream(&path).await?));
        }
        // Not looked at: what a region sends may begin like an encrypted object.
        let found = self.store().get(&path).await.map_err(|source| failed(&path, source))?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => Quarantined::File(path.to_string(), file),
            GetResultPayload::Stream(stream) => {
                Quarantined::Stream(stream.map_err(move |source| failed(&path, source)).boxed())
            }
        })
    }

    /// Streams a kept raw file.
    ///
    /// # Errors
    /// [`VaultError::Store`] when it is not there or the store fails.
    pub async fn raw(&self, id: &DeliveryId, name: &str) -> Result<Opened, VaultError> {
        self.stream(&file_path("raw", id, name)).await
    }

    /// Keeps the named files of a delivery that passed: copies them from quarantine to `raw/`, and only then empties the quarantine.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; repeat it to go on.
    pub async fn keep_raw(&self, id: &DeliveryId, names: &[String]) -> Result<(), VaultError> {
        for name in names {
            let (from, to) = (file_path("quarantine", id, name), file_path("raw", id, name));
            let copied = self.store().copy(&from, &to).await;
            match copied {
                Ok(()) => {}
                Err(object_store::Error::NotFound { .. }) if self.store().head(&to).await.is_ok() => {}
                Err(source) => return Err(VaultError::Store { path: from.to_string(), source }),
            }
        }
        self.clear_quarantine(id).await
    }

    /// Removes what is left of a delivery in the quarantine.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn clear_quarantine(&self, id: &DeliveryId) -> Result<(), VaultError> {
        for path in self.list(&folder("quarantine", id)).await? {
            self.remove(&path).await?;
        }
        Ok(())
    }

    /// Removes everything of a delivery that was never committed, or was rejected: quarantine, raw bytes and registrations.
    /// What an interrupted attempt left is gone afterwards too.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; repeat it to go on.
    pub async fn discard(&self, id: &DeliveryId) -> Result<(), VaultError> {
        self.clear_quarantine(id).await?;
        for path in self.list(&folder("raw", id)).await? {
            self.remove(&path).await?;
        }
        for record in RecordType::ALL {
            self.remove(&self.registration_path(id, record)).await?;
        }
        Ok(())
    }

    /// A corner of the quarantine for files whose delivery is not known yet: a vault of its own, whose quarantine lies in ours, so that
    /// what a crash leaves there is removed with the rest.
    #[must_use]
    pub fn staging(&self, corner: &str) -> Self {
        let store = object_store::prefix::PrefixStore::new(Arc::clone(self.store()), corner_path(corner));
        self.elsewhere(Arc::new(store))
    }

    /// Copies a file of a corner to where its delivery belongs: in that corner, or (`to_corner` is none) in the quarantine itself.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn refile(
        &self,
        name: &str,
        (corner, from): (&str, &DeliveryId),
        (to_corner, to): (Option<&str>, &DeliveryId),
    ) -> Result<(), VaultError> {
        let within = |corner: &str, id: &DeliveryId| {
            Path::from_iter(corner_path(corner).parts().chain(file_path("quarantine", id, name).parts()))
        };
        let from = within(corner, from);
        let to = to_corner.map_or_else(|| file_path("quarantine", to, name), |corner| within(corner, to));
        if from == to {
            return Ok(());
        }
        if self.keys().is_some() {
            // It is bound to the name of its delivery, which is another one now.
            return self.transfer((&from, &from), (&to, &to)).await.map(drop);
        }
        self.store().copy(&from, &to).await.map_err(|source| failed(&from, source))
    }

    /// Removes a corner of the quarantine with all that is in it.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn clear_staging(&self, corner: &str) -> Result<(), VaultError> {
        for path in self.list(&corner_path(corner)).await? {
            self.remove(&path).await?;
        }
        Ok(())
    }

    /// How many files wait in the quarantine; none once all pulls are done.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn quarantine_len(&self) -> Result<usize, VaultError> {
        Ok(self.list(&Path::from("quarantine")).await?.len())
    }

    /// Files in the quarantine that were last written before an instant: left by a pull that is gone, when it lies far back.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn quarantined_before(&self, instant: DateTime<Utc>) -> Result<Vec<Path>, VaultError> {
        let prefix = Path::from("quarantine");
        let old = |meta: &ObjectMeta| meta.last_modified < instant;
        let listed: Result<Vec<ObjectMeta>, _> = self.store().list(Some(&prefix)).try_collect().await;
        let listed = listed.map_err(|source| VaultError::Store { path: prefix.to_string(), source })?;
        Ok(listed.into_iter().filter(old).map(|meta| meta.location).collect())
    }

    /// Removes a file of the quarantine; nothing else.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn remove_quarantined(&self, path: &Path) -> Result<(), VaultError> {
        if path.as_ref().starts_with("quarantine/") { self.remove(path).await } else { Ok(()) }
    }
}

fn failed(path: &Path, source: object_store::Error) -> VaultError {
    VaultError::Store { path: path.to_string(), source }
}

fn corner_path(corner: &str) -> Path {
    Path::from_iter(["quarantine", corner])
}

fn folder(room: &str, id: &DeliveryId) -> Path {
    Path::from_iter([room, &id.vt, &id.maand.to_string(), &id.nr.to_string()])
}

fn file_path(room: &str, id: &DeliveryId, name: &str) -> Path {
    folder(room, id).join(name)
}
