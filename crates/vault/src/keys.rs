//! The history of keys: which secret key the store was worked with, and since when. Only fingerprints, never a key.
//!
//! ```text
//! keys/1.json          the key of the store's first use
//! keys/2.json          the key that took its place
//! key-fingerprint      in stores from before the history was kept: stands for keys/1.json
//! ```
//!
//! Entries are appended and never change. The last one says which key is current and which one hashes ids.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::error::VaultError;
use crate::numbered::numbered_path;
use crate::objects::Vault;

/// Version of the form of an entry.
const VERSION: u32 = 1;
/// The one object that stood for a history before there was one.
const ONLY_FINGERPRINT: &str = "key-fingerprint";
/// Folder of the entries.
const FOLDER: &str = "keys";

/// A key that became the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Version of this form.
    pub version: u32,
    /// Number of the entry, from 1.
    pub number: u32,
    /// Fingerprint of the key that is current from then on.
    pub fingerprint: String,
    /// When it became so; `None` in a store from before the history was kept.
    pub current_from: Option<DateTime<Utc>>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Name and version of the program that wrote this.
    pub software: String,
    /// Fingerprint of the key that hashes ids and digests of deliveries from then on.
    pub ids: String,
    /// Fingerprints of earlier keys that were lost by then: periods first published with them can't be revised.
    pub lost: Vec<String>,
}

impl KeyEntry {
    /// The entry of a store's first use.
    pub fn first(fingerprint: &str, now: DateTime<Utc>, software: &str) -> Self {
        Self {
            version: VERSION,
            number: 1,
            fingerprint: fingerprint.to_owned(),
            current_from: Some(now),
            reason: "first use of this private store".to_owned(),
            software: software.to_owned(),
            ids: fingerprint.to_owned(),
            lost: Vec::new(),
        }
    }
}

/// All entries, from number 1 without a gap; empty for a store that was never used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyHistory {
    entries: Vec<KeyEntry>,
}

impl KeyHistory {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.entries
    }

    /// The entry of the current key.
    pub fn newest(&self) -> Option<&KeyEntry> {
        self.entries.last()
    }

    /// The entry of a key.
    pub fn of(&self, fingerprint: &str) -> Option<&KeyEntry> {
        self.entries.iter().find(|entry| entry.fingerprint == fingerprint)
    }

    /// The entry that records a key as lost.
    pub fn lost(&self, fingerprint: &str) -> Option<&KeyEntry> {
        self.entries.iter().find(|entry| entry.lost.iter().any(|lost| lost == fingerprint))
    }

    /// The entry of the next key. Ids are hashed as before, unless the key that hashes them is among those lost.
    /// `None` when there is no entry before it.
    pub fn next(
        &self,
        fingerprint: &str,
        lost: Vec<String>,
        reason: &str,
        now: DateTime<Utc>,
        software: &str,
    ) -> Option<KeyEntry> {
        let newest = self.newest()?;
        let ids = if lost.contains(&newest.ids) { fingerprint.to_owned() } else { newest.ids.clone() };
        Some(KeyEntry {
            version: VERSION,
            number: newest.number + 1,
            fingerprint: fingerprint.to_owned(),
            current_from: Some(now),
            reason: reason.to_owned(),
            software: software.to_owned(),
            ids,
            lost,
        })
    }

    /// Ids join registrations of different months: the key that hashes them stays, for as long as anybody has it.
    fn hashes_ids_rightly(&self, entry: &KeyEntry) -> bool {
        match self.newest() {
            Some(newest) if !entry.lost.contains(&newest.ids) => entry.ids == newest.ids,
            _ => entry.ids == entry.fingerprint,
        }
    }

    /// Takes up the next entry, or says what is wrong with it.
    fn push(&mut self, entry: KeyEntry) -> Result<(), &'static str> {
        let known = |fingerprint: &String| self.of(fingerprint).is_some();
        let fault = if entry.version != VERSION {
            Some("it is of another version of the form")
        } else if Some(entry.number) != u32::try_from(self.entries.len() + 1).ok() {
            Some("its number is not that of its place")
        } else if known(&entry.fingerprint) {
            Some("its key was current before")
        } else if !entry.lost.iter().all(known) {
            Some("a key that it calls lost is in no entry before it")
        } else if !self.hashes_ids_rightly(&entry) {
            Some("ids are hashed with another key than before, and that one was not lost")
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
    /// The history of keys.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when an entry is missing or wrong, or when the
    /// store was used and has no history: a new key must not slip in where entries were lost.
    pub async fn key_history(&self) -> Result<KeyHistory, VaultError> {
        let mut history = KeyHistory::default();
        let only = self.read(&Path::from(ONLY_FINGERPRINT)).await?;
        if let Some(only) = only {
            let entry = from_before(&only).ok_or_else(|| damaged(ONLY_FINGERPRINT, "no fingerprint"))?;
            history.push(entry).map_err(|reason| damaged(ONLY_FINGERPRINT, reason))?;
        }
        for number in self.numbers(FOLDER, "key entry").await? {
            let path = numbered_path(FOLDER, number);
            let entry: KeyEntry = self.read_json(&path).await?.ok_or_else(|| damaged(path.as_ref(), "it vanished"))?;
            history.push(entry).map_err(|reason| damaged(path.as_ref(), reason))?;
        }
        if history.entries.is_empty() && self.was_used().await? {
            return Err(damaged(FOLDER, "the store holds deliveries or reservations, but not with which key"));
        }
        Ok(history)
    }

    /// Appends an entry under its number. `false` when another one stands there already.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn append_key(&self, entry: &KeyEntry) -> Result<bool, VaultError> {
        // Unwrap safety: an entry has no maps and no floats, so it always serialises.
        let bytes = serde_json::to_vec_pretty(entry).unwrap();
        match self.create(&numbered_path(FOLDER, entry.number), bytes.into()).await {
            Ok(_) => Ok(true),
            Err(VaultError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether anything was judged or reserved with this store.
    async fn was_used(&self) -> Result<bool, VaultError> {
        for prefix in ["deliveries", "memory", "turns"] {
            let first = self.store().list(Some(&Path::from(prefix))).try_next().await;
            if first.map_err(|source| VaultError::Store { path: prefix.to_owned(), source })?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The first entry of a store from before the history was kept.
fn from_before(fingerprint: &[u8]) -> Option<KeyEntry> {
    let fingerprint = std::str::from_utf8(fingerprint).ok()?.trim();
    let is_one = !fingerprint.is_empty() && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| KeyEntry {
        version: VERSION,
        number: 1,
        fingerprint: fingerprint.to_owned(),
        current_from: None,
        reason: "first use of this private store, before the history of keys was kept".to_owned(),
        software: String::new(),
        ids: fingerprint.to_owned(),
        lost: Vec::new(),
    })
}

fn damaged(path: &str, reason: &str) -> VaultError {
    VaultError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}
