//! The mark of identity of this store, which the published store that belongs to it bears too.

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::VaultError;
use crate::objects::Vault;

/// Says that a published store was made with this one.
const PUBLISHED: &str = "published.json";

/// How many hexadecimal digits a mark has.
const DIGITS: usize = 32;

#[derive(Serialize, Deserialize)]
struct Note {
    version: u32,
    mark: String,
}

impl Vault {
    /// The mark of this store; nothing when it was never used. It follows from the first entry of the history of keys, which every
    /// store has and none other: the same key, at the same instant.
    ///
    /// # Errors
    /// As [`Vault::key_history`].
    pub async fn mark(&self) -> Result<Option<String>, VaultError> {
        let history = self.key_history().await?;
        Ok(history.entries().first().map(|first| {
            let since = first.current_from.map(|at| at.timestamp_millis().to_string()).unwrap_or_default();
            let digest = Sha256::digest(format!("vt-monitor store 1\n{}\n{since}\n", first.fingerprint));
            hex::encode(digest)[..DIGITS].to_owned()
        }))
    }

    /// The mark of the published store that was made with this one; nothing when none was.
    ///
    /// # Errors
    /// [`VaultError::Store`] and [`VaultError::Damaged`].
    pub async fn published_mark(&self) -> Result<Option<String>, VaultError> {
        Ok(self.read_json::<Note>(&Path::from(PUBLISHED)).await?.map(|note| note.mark))
    }

    /// Notes that the published store bears a mark.
    ///
    /// # Errors
    /// [`VaultError::Conflict`] when another one is noted; [`VaultError::Store`].
    pub async fn note_published(&self, mark: &str) -> Result<(), VaultError> {
        // Unwrap safety: a number and a text always serialise.
        let bytes = serde_json::to_vec_pretty(&Note { version: 1, mark: mark.to_owned() }).unwrap();
        self.create(&Path::from(PUBLISHED), bytes.into()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::keys::KeyEntry;

    async fn used(fingerprint: &str, since: &str) -> Vault {
        let vault = Vault::new(Arc::new(InMemory::new()));
        assert_eq!(vault.mark().await.unwrap(), None);
        assert!(vault.append_key(&KeyEntry::first(fingerprint, since.parse().unwrap(), "test")).await.unwrap());
        vault
    }

    #[tokio::test]
    async fn stores_of_one_key_begun_at_other_times_have_other_marks() {
        let marks = [("ab", "2020-08-05T06:30:00Z"), ("ab", "2020-08-05T06:30:01Z"), ("cd", "2020-08-05T06:30:00Z")];
        let mut seen = std::collections::BTreeSet::new();
        for (fingerprint, since) in marks {
            let vault = used(fingerprint, since).await;
            let mark = vault.mark().await.unwrap().unwrap();
            assert_eq!(mark.len(), DIGITS);
            assert_eq!(used(fingerprint, since).await.mark().await.unwrap().unwrap(), mark);
            assert_eq!(vault.published_mark().await.unwrap(), None);
            vault.note_published(&mark).await.unwrap();
            vault.note_published(&mark).await.unwrap();
            assert_eq!(vault.published_mark().await.unwrap().as_ref(), Some(&mark));
            assert!(vault.note_published("another").await.is_err());
            assert!(seen.insert(mark));
        }
    }
}
