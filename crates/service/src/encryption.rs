//! The encryption of the private store: its keys as configured, held against the store's own history (docs/KEYS.md).

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use vt_publication::PublicationError;
use vt_publication::audit::AuditFailure;
use vt_publication::keys::KeyError;
use vt_vault::{Census, EncryptionEntry, EncryptionHistory, StoreKey, StoreKeys, Vault, VaultError};

use crate::app::App;
use crate::config::{EncryptionConfig, RegistrationsBy, StoreConfig};
use crate::error_text::with_advice;
use crate::exit::Exit;
use crate::keys::KeyPlace;

/// The private store is encrypted otherwise than the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongEncryption {
    /// It is encrypted, and no key is configured.
    #[error(
        "the private store is encrypted with key {newest}, number {number} of its history, and the configuration names no key \
         of it: name that key in [store.encryption] (docs/KEYS.md). Nothing is read or written without it"
    )]
    NotConfigured {
        /// Fingerprint of the key that seals.
        newest: String,
        /// Its number.
        number: u32,
    },
    /// Another key is configured than the one that seals.
    #[error(
        "[store.encryption] names key {configured} as the current one, and the private store is encrypted with {newest}, number \
         {number} of its history. Restore that key; or, if the configured one is meant to replace it, name the old one in \
         `previous` and run `vt-monitor rekey --reason \"…\"`"
    )]
    NotTheNewest {
        /// Fingerprint of the configured key.
        configured: String,
        /// Fingerprint of the key that seals.
        newest: String,
        /// Its number.
        number: u32,
    },
    /// Encryption was to begin on a store that holds what is not encrypted.
    #[error(
        "the private store holds {objects} objects that are not encrypted, `{path}` among them, and [store.encryption] takes none \
         such: nothing was written. To begin, add `accept_plain = true`, run `vt-monitor rekey --reason \"…\"`, and take it out \
         again (docs/OPERATING.md, \"The private store at rest\")"
    )]
    Plain {
        /// How many.
        objects: u64,
        /// One of them.
        path: String,
    },
    /// The configured key was replaced.
    #[error(
        "[store.encryption] names key {configured} as the current one, and that one, number {old} of the private store's history, \
         was replaced by {newest}, number {number}: name that one as the current one"
    )]
    Replaced {
        /// Fingerprint of the configured key.
        configured: String,
        /// Its number.
        old: u32,
        /// Fingerprint of the key that seals.
        newest: String,
        /// Its number.
        number: u32,
    },
}

/// Why the store was not taken over to another key; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RekeyRefused {
    /// No key is configured.
    #[error(
        "[store.encryption] names no key: make one with `vt-monitor key new-encryption --out FILE`, and name it there"
    )]
    NoKey,
    /// The configured key was replaced.
    #[error(transparent)]
    Replaced(WrongEncryption),
    /// Objects take a key that is not configured.
    #[error(
        "{objects} objects take key {fingerprint}, which is not configured: name it in `previous` of [store.encryption]; only if it is \
         lost for good, add --old-key-lost, and those objects stay as they are, unreadable"
    )]
    OldKeyMissing {
        /// Its fingerprint.
        fingerprint: String,
        /// How many objects.
        objects: u64,
    },
    /// Nothing is lost.
    #[error("--old-key-lost: no object takes a key that is not configured; leave the option out")]
    NothingLost,
    /// Somebody is at work.
    #[error("{0}: stop every `vt-monitor serve` and `run` of this store first, and begin again")]
    AtWork(&'static str),
    /// Another entry came first.
    #[error("another key took over at this very moment; look with `vt-monitor key show`")]
    Meanwhile,
}

impl RekeyRefused {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoKey | Self::OldKeyMissing { .. } | Self::Replaced(_) => Exit::Config,
            Self::NothingLost => Exit::Usage,
            Self::AtWork(_) | Self::Meanwhile => Exit::Refused,
        }
    }
}

/// Reads the keys that the configuration names.
///
/// # Errors
/// When one can't be read, is no key, can be read by others, or stands twice.
pub fn open_keys(config: &EncryptionConfig) -> Result<StoreKeys> {
    let places = config.keys();
    let Some(current) = KeyPlace::current(&places) else {
        anyhow::bail!("configuration, store.encryption: give `file` or `env`");
    };
    let previous: Result<Vec<StoreKey>, KeyError> = KeyPlace::previous(&places).iter().map(open_key).collect();
    let keys = StoreKeys::new(open_key(&current)?, previous?).map_err(|twice| {
        anyhow::anyhow!("configuration, store.encryption: key {twice} is named twice: a key stands there once")
    })?;
    let left = config.registrations == RegistrationsBy::Bucket;
    Ok(keys.accepting_plain(config.accept_plain).leaving_registrations(left))
}

/// Reads one key.
///
/// # Errors
/// When it can't be read, is no key, or can be read by others.
pub fn open_key(place: &KeyPlace) -> Result<StoreKey, KeyError> {
    StoreKey::parse(&place.text()?).map_err(|rule| KeyError::new(place.to_string(), rule))
}

/// The private store with the keys that are configured, if any; not held against its history.
///
/// # Errors
/// As [`open_keys`].
pub fn unchecked(store: Arc<dyn ObjectStore>, config: &StoreConfig) -> Result<Vault> {
    Ok(match &config.encryption {
        Some(encryption) => Vault::sealed(store, open_keys(encryption)?),
        None => Vault::new(store),
    })
}

/// The same, found to be the keys with which it is encrypted. Writes nothing.
///
/// # Errors
/// As [`open_keys`]; [`WrongEncryption`].
pub async fn open(store: Arc<dyn ObjectStore>, config: &StoreConfig) -> Result<Vault> {
    let vault = unchecked(store, config)?;
    let history = vault.encryption_history().await;
    let history = history.map_err(|error| with_advice(error.into(), "the private store can't be read"))?;
    held_against(&history, vault.keys())?;
    Ok(vault)
}

/// Holds keys against a history. One without entries is that of a store that is not encrypted yet.
///
/// # Errors
/// [`WrongEncryption`].
pub fn held_against(history: &EncryptionHistory, keys: Option<&StoreKeys>) -> Result<(), WrongEncryption> {
    let Some(EncryptionEntry { fingerprint: newest, number, .. }) = history.newest().cloned() else { return Ok(()) };
    let Some(keys) = keys else { return Err(WrongEncryption::NotConfigured { newest, number }) };
    let configured = keys.current().fingerprint().to_owned();
    match history.of(&configured) {
        Some(entry) if entry.number == number => Ok(()),
        Some(entry) => Err(WrongEncryption::Replaced { configured, old: entry.number, newest, number }),
        None => Err(WrongEncryption::NotTheNewest { configured, newest, number }),
    }
}

/// Whether encryption may begin on what a store holds: else neither the configuration with the key nor that without it would do.
///
/// # Errors
/// [`WrongEncryption::Plain`].
pub fn may_begin(census: &Census, keys: &StoreKeys) -> Result<(), WrongEncryption> {
    match &census.a_plain_one {
        Some(path) if !keys.accepts_plain() => {
            Err(WrongEncryption::Plain { objects: census.plain, path: path.clone() })
        }
        _ => Ok(()),
    }
}

/// Notes, at the first use with keys, that the store is encrypted from now on.
///
/// # Errors
/// When the store fails; [`WrongEncryption`] when somebody else began with another key.
pub async fn begin(vault: &Vault, now: DateTime<Utc>) -> Result<()> {
    let Some(keys) = vault.keys() else { return Ok(()) };
    let history = vault.encryption_history().await?;
    if history.newest().is_none() {
        may_begin(&vault.census().await?, keys)?;
        let first = history.next(keys.current(), "first use with encryption", now, &App::software());
        // Whether it is ours or another process was first: what stands there counts.
        vault.append_encryption(&first).await?;
    }
    Ok(held_against(&vault.encryption_history().await?, Some(keys))?)
}

/// The entry by which the configured key takes over; nothing when it is the current one already. Writes nothing.
///
/// # Errors
/// [`RekeyRefused::Replaced`] when it was replaced: a key never returns.
pub fn succession(
    history: &EncryptionHistory,
    keys: &StoreKeys,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Option<EncryptionEntry>, RekeyRefused> {
    match held_against(history, Some(keys)) {
        Ok(()) if history.newest().is_some() => Ok(None),
        Err(replaced @ WrongEncryption::Replaced { .. }) => Err(RekeyRefused::Replaced(replaced)),
        Ok(()) | Err(_) => Ok(Some(history.next(keys.current(), reason, now, &App::software()))),
    }
}

/// Whether an error says that an object can't be read as the store is configured: mended in the configuration.
pub fn is_locked(error: &(dyn std::error::Error + 'static)) -> bool {
    let of_publication = |error: &PublicationError| match error {
        PublicationError::Vault(error) => locks(error),
        _ => false,
    };
    if let Some(AuditFailure::Private(error)) = error.downcast_ref() {
        return of_publication(error);
    }
    error.downcast_ref().is_some_and(locks) || error.downcast_ref().is_some_and(of_publication)
}

fn locks(error: &VaultError) -> bool {
    matches!(error, VaultError::NoKey { .. } | VaultError::NotEncrypted { .. })
}

#[cfg(test)]
mod tests;
