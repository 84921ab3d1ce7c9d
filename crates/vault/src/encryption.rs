//! The history of encryption: with which key objects of this store are encrypted, and since when. Never a secret.
//!
//! `encryption/1.json` says that the store is an encrypted one. Entries are appended and never change; the last one names the key that
//! seals. An earlier key opens what it sealed until `rekey` has gone over the whole store.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::VaultError;
use crate::numbered::numbered_path;
use crate::objects::Vault;
use crate::seal::StoreKey;

/// Version of the form of an entry.
const VERSION: u32 = 1;
/// Folder of the entries.
const FOLDER: &str = "encryption";

/// A key with which objects are encrypted from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionEntry {
    /// Version of this form.
    pub version: u32,
    /// Number of the entry, from 1.
    pub number: u32,
    /// Fingerprint of the key.
    pub fingerprint: String,
    /// Its public part.
    pub recipient: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Name and version of the program that wrote this.
    pub software: String,
}

/// All entries, from number 1 without a gap; empty for a store that is not encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncryptionHistory {
    entries: Vec<EncryptionEntry>,
}

impl EncryptionHistory {
    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[EncryptionEntry] {
        &self.entries
    }

    /// The entry of the key that seals.
    #[must_use]
    pub fn newest(&self) -> Option<&EncryptionEntry> {
        self.entries.last()
    }

    /// The entry of a key.
    #[must_use]
    pub fn of(&self, fingerprint: &str) -> Option<&EncryptionEntry> {
        self.entries.iter().find(|entry| entry.fingerprint == fingerprint)
    }

    /// The entry by which a key takes over.
    #[must_use]
    pub fn next(&self, key: &StoreKey, reason: &str, now: DateTime<Utc>, software: &str) -> EncryptionEntry {
        EncryptionEntry {
            version: VERSION,
            number: self.newest().map_or(1, |newest| newest.number + 1),
            fingerprint: key.fingerprint().to_owned(),
            recipient: key.recipient().to_owned(),
            since: now,
            reason: reason.to_owned(),
            software: software.to_owned(),
        }
    }

    fn push(&mut self, entry: EncryptionEntry) -> Result<(), &'static str> {
        let fault = if entry.version != VERSION {
            Some("it is of another version of the form")
        } else if Some(entry.number) != u32::try_from(self.entries.len() + 1).ok() {
            Some("its number is not that of its place")
        } else if self.of(&entry.fingerprint).is_some() {
            Some("its key stands in an entry before it")
        } else {
            None
        };
        match fault {
            Some(fault) => Err(fault),
            None => {
                self.entries.push(entry);
                Ok(())
            }
        }
    }
}

impl Vault {
    /// The history of encryption.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when an entry is missing or wrong.
    pub async fn encryption_history(&self) -> Result<EncryptionHistory, VaultError> {
        let mut history = EncryptionHistory::default();
        for number in self.numbers(FOLDER, "encryption entry").await? {
            let path = numbered_path(FOLDER, number);
            let damaged = |reason: &str| VaultError::Damaged { path: path.to_string(), reason: reason.to_owned() };
            let entry: EncryptionEntry = self.read_json(&path).await?.ok_or_else(|| damaged("it vanished"))?;
            history.push(entry).map_err(damaged)?;
        }
        Ok(history)
    }

    /// Appends an entry under its number. `false` when another one stands there already.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn append_encryption(&self, entry: &EncryptionEntry) -> Result<bool, VaultError> {
        // Unwrap safety: texts, numbers and an instant always have a JSON form.
        let bytes = serde_json::to_vec_pretty(entry).unwrap();
        match self.create(&numbered_path(FOLDER, entry.number), bytes.into()).await {
            Ok(_) => Ok(true),
            Err(VaultError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
