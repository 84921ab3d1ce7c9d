//! The keys that the configuration names, held against the history of keys in the private store (docs/KEYS.md).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use vt_publication::keys::{KeyError, KeyRing, MasterKey, text_of_env, text_of_file};
use vt_publication::sign::Signer;
use vt_vault::{KeyEntry, KeyHistory, Vault, VaultError};

use crate::app::App;
use crate::config::KeyConfig;
use crate::exit::Exit;

/// Where a key is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file that only its owner can read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

impl KeyPlace {
    /// Reads the key.
    ///
    /// # Errors
    /// When it can't be read, is no key, or others can read it.
    pub fn open(&self) -> Result<MasterKey, KeyError> {
        match self {
            Self::File(file) => MasterKey::from_file(file),
            Self::Env(name) => MasterKey::from_env(name),
        }
    }

    /// What stands there: a secret.
    ///
    /// # Errors
    /// When it can't be read, or others can read it.
    pub fn text(&self) -> Result<String, KeyError> {
        match self {
            Self::File(file) => text_of_file(file),
            Self::Env(name) => text_of_env(name),
        }
    }

    /// Where the current key is; [`crate::config::Config::load`] sees to it that one of the two is given.
    pub fn current(config: &KeyConfig) -> Option<Self> {
        config.file.clone().map(Self::File).or_else(|| config.env.clone().map(Self::Env))
    }

    /// Where the keys are that were current before.
    pub fn previous(config: &KeyConfig) -> Vec<Self> {
        let files = config.previous.iter().cloned().map(Self::File);
        files.chain(config.previous_env.iter().cloned().map(Self::Env)).collect()
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "file {}", file.display()),
            Self::Env(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// Reads the keys that the configuration names.
///
/// # Errors
/// When one can't be read, is no key, can be read by others, or stands twice.
pub fn open_ring(config: &KeyConfig) -> anyhow::Result<KeyRing> {
    let Some(current) = KeyPlace::current(config) else {
        anyhow::bail!("configuration, key: give `file` or `env`");
    };
    let previous: Result<_, KeyError> = KeyPlace::previous(config).iter().map(KeyPlace::open).collect();
    Ok(KeyRing::new(current.open()?, previous?)?)
}

/// The keys at hand, found to be those of the private store.
#[derive(Debug, Clone)]
pub struct Keys {
    ring: KeyRing,
    history: KeyHistory,
    ids: MasterKey,
    signer: Arc<Signer>,
}

/// The configured keys are not those that the private store was worked with.
#[derive(Debug, thiserror::Error)]
pub enum WrongKey {
    /// The current key is not the newest one of the history.
    #[error(
        "key {configured} is not the one that this private store was made with or last rotated to: that is {newest}, \
         number {number} of its history. Restore that key; or, if the configured one is new and meant to replace it, name \
         the old one in `key.previous` and run `vt-monitor key rotate --reason \"…\"`"
    )]
    NotTheNewest {
        /// Fingerprint of the configured key.
        configured: String,
        /// Fingerprint of the newest key of the history.
        newest: String,
        /// Its number.
        number: u32,
    },
    /// The current key was replaced.
    #[error(
        "key {configured} was replaced: it is number {old} of this private store's history, and the newest is {newest}, \
         number {number}. Name that one in `key.file` or `key.env`, and this one in `key.previous`"
    )]
    Replaced {
        /// Fingerprint of the configured key.
        configured: String,
        /// Its number.
        old: u32,
        /// Fingerprint of the newest key of the history.
        newest: String,
        /// Its number.
        number: u32,
    },
    /// The key that hashes ids is not there.
    #[error(
        "key {ids}, number {number} of this private store's history, is not configured: ids of registrations are hashed \
         with it, and without it services no longer find their melding of an earlier month. Restore it and name it in \
         `key.previous`; if it is lost for good, see docs/KEYS.md on `vt-monitor key rotate --old-key-lost`"
    )]
    NoIdKey {
        /// Fingerprint of the key.
        ids: String,
        /// Its number.
        number: u32,
    },
}

/// A key is asked for that is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingKey {
    /// A command that needs the key was opened without it: an error in this program.
    #[error("the key was not opened")]
    NotOpened,
    /// An earlier key that the configuration does not name.
    #[error(
        "key {fingerprint}, number {number} of this private store's history, is not configured, and a period can only be \
         revised with the key of its first issue: restore it and name it in `key.previous`"
    )]
    NotConfigured {
        /// Its fingerprint.
        fingerprint: String,
        /// Its number in the history.
        number: u32,
    },
    /// An earlier key that was recorded as lost.
    #[error(
        "key {fingerprint} was recorded as lost when key number {number} took over: periods first published with it can't \
         be revised any more (if it was found again, name it in `key.previous`)"
    )]
    Lost {
        /// Its fingerprint.
        fingerprint: String,
        /// Number of the entry that records the loss.
        number: u32,
    },
    /// A key that the store was never worked with.
    #[error(
        "key {fingerprint} is not in this private store's history of keys: the store holds something of another store, or \
         its folder `keys` was restored from an older backup; restore the whole private store"
    )]
    Unknown {
        /// Its fingerprint.
        fingerprint: String,
    },
}

impl MissingKey {
    /// The exit code: mended in the configuration, or by nothing.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NotConfigured { .. } => Exit::Config,
            Self::Lost { .. } => Exit::Refused,
            Self::NotOpened | Self::Unknown { .. } => Exit::Failed,
        }
    }
}

impl Keys {
    /// Holds the keys against the private store's history; at the store's first use the current key begins it.
    ///
    /// # Errors
    /// [`WrongKey`] when the keys are not those of the store; [`VaultError`] when the history can't be read.
    pub async fn open(vault: &Vault, ring: KeyRing, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let mut history = vault.key_history().await?;
        if history.newest().is_none() {
            let first = KeyEntry::first(&ring.current().fingerprint(), now, &App::software());
            // Whether it is ours or another process was first: what stands there counts.
            vault.append_key(&first).await?;
            history = vault.key_history().await?;
        }
        Ok(Self::held_against(history, ring)?)
    }

    /// The same for a history that was read already.
    ///
    /// # Errors
    /// [`WrongKey`] when the keys are not those of the history, or it is empty.
    pub fn held_against(history: KeyHistory, ring: KeyRing) -> Result<Self, WrongKey> {
        let configured = ring.current().fingerprint();
        // A history without entries has no key at all: the configured one is not its newest.
        let (newest, number, ids) = match history.newest() {
            Some(newest) => (newest.fingerprint.clone(), newest.number, newest.ids.clone()),
            None => (String::new(), 0, String::new()),
        };
        if configured != newest {
            return Err(match history.of(&configured) {
                Some(old) => WrongKey::Replaced { configured, old: old.number, newest, number },
                None => WrongKey::NotTheNewest { configured, newest, number },
            });
        }
        let Some(key) = ring.get(&ids).cloned() else {
            let number = history.of(&ids).map_or(0, |entry| entry.number);
            return Err(WrongKey::NoIdKey { ids, number });
        };
        let signer = Arc::new(ring.signer());
        Ok(Self { ring, history, ids: key, signer })
    }

    /// The key of new periods.
    pub fn current(&self) -> &MasterKey {
        self.ring.current()
    }

    /// Signs with the current key.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The key with a fingerprint: the current one or one before it.
    ///
    /// # Errors
    /// [`MissingKey`] says which key is missing and what to do.
    pub fn of(&self, fingerprint: &str) -> Result<&MasterKey, MissingKey> {
        let own = || fingerprint.to_owned();
        match (self.ring.get(fingerprint), self.history.of(fingerprint)) {
            (_, None) => Err(MissingKey::Unknown { fingerprint: own() }),
            (Some(key), Some(_)) => Ok(key),
            (None, Some(entry)) => Err(match self.history.lost(fingerprint) {
                Some(by) => MissingKey::Lost { fingerprint: own(), number: by.number },
                None => MissingKey::NotConfigured { fingerprint: own(), number: entry.number },
            }),
        }
    }

    /// The key under which ids are hashed and deliveries get their digest. A rotation does not change it.
    pub fn id_key(&self) -> [u8; 32] {
        self.ids.id_key()
    }
}

/// Earlier keys, still to be had, that the ring lacks: what was first published with them can't be revised as it is.
pub fn not_configured<'a>(history: &'a KeyHistory, ring: &KeyRing) -> Vec<&'a KeyEntry> {
    let wanted = history.entries().iter().filter(|entry| history.lost(&entry.fingerprint).is_none());
    wanted.filter(|entry| ring.get(&entry.fingerprint).is_none()).collect()
}

/// Why a rotation was refused; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RotationRefused {
    /// The store was never used.
    #[error(
        "this private store was never used: the first `run`, `pull` or `publish` takes the configured key; nothing to rotate"
    )]
    NeverUsed,
    /// The configured key is the current one.
    #[error(
        "the configured key {fingerprint} is the current one already (number {number}). To replace it, make another \
         (`vt-monitor key new --out FILE`), name that in `key.file` or `key.env` and this one in `key.previous`"
    )]
    NotNew {
        /// Its fingerprint.
        fingerprint: String,
        /// Its number.
        number: u32,
    },
    /// The configured key was current before.
    #[error("the configured key {fingerprint} was current before (number {number}); a key never returns: make another")]
    WasReplaced {
        /// Its fingerprint.
        fingerprint: String,
        /// Its number.
        number: u32,
    },
    /// Keys are missing from `previous`.
    #[error(
        "not in `key.previous`: {missing}. Without it, what was first published with it can't be revised{ids}. Restore it; \
         only if it is lost for good, add --old-key-lost"
    )]
    OldKeyMissing {
        /// Fingerprints and numbers.
        missing: String,
        /// What else goes with it.
        ids: &'static str,
    },
    /// Nothing is lost.
    #[error("--old-key-lost: every earlier key is configured, none is lost; leave the option out")]
    NothingLost,
    /// No reason, or one that is no line of text.
    #[error("--reason: say why in one line of at most {MAX_REASON} characters; it is kept in the private store")]
    Reason,
    /// Somebody else rotated at the same moment.
    #[error("another key took over at this very moment; look with `vt-monitor key show`")]
    Meanwhile,
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl RotationRefused {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Reason | Self::NothingLost => Exit::Usage,
            Self::Vault(_) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

/// Longest reason of a rotation, in characters.
const MAX_REASON: usize = 400;

/// Makes the key of an entry the current one: appends it to the private store's history.
///
/// # Errors
/// [`RotationRefused`]; nothing was written.
pub async fn take_over(vault: &Vault, entry: &KeyEntry) -> Result<(), RotationRefused> {
    if vault.append_key(entry).await? { Ok(()) } else { Err(RotationRefused::Meanwhile) }
}

/// The entry by which the configured key takes over, when it may. Writes nothing.
///
/// # Errors
/// [`RotationRefused`] says why it may not.
pub fn succession(
    history: &KeyHistory,
    ring: &KeyRing,
    reason: &str,
    old_key_lost: bool,
    now: DateTime<Utc>,
) -> Result<KeyEntry, RotationRefused> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(vt_domain::text::is_hidden) {
        return Err(RotationRefused::Reason);
    }
    let newest = history.newest().ok_or(RotationRefused::NeverUsed)?;
    let fingerprint = ring.current().fingerprint();
    match history.of(&fingerprint) {
        Some(entry) if entry.number == newest.number => {
            return Err(RotationRefused::NotNew { fingerprint, number: entry.number });
        }
        Some(entry) => return Err(RotationRefused::WasReplaced { fingerprint, number: entry.number }),
        None => {}
    }
    let missing = not_configured(history, ring);
    match (missing.is_empty(), old_key_lost) {
        (true, true) => return Err(RotationRefused::NothingLost),
        (false, false) => return Err(old_key_missing(&missing, &newest.ids)),
        _ => {}
    }
    let lost = missing.iter().map(|entry| entry.fingerprint.clone()).collect();
    history.next(&fingerprint, lost, reason, now, &App::software()).ok_or(RotationRefused::NeverUsed)
}

fn old_key_missing(missing: &[&KeyEntry], ids: &str) -> RotationRefused {
    let named = missing.iter().map(|entry| format!("key {} (number {})", entry.fingerprint, entry.number));
    let hashes_ids = missing.iter().any(|entry| entry.fingerprint == ids);
    RotationRefused::OldKeyMissing {
        missing: named.collect::<Vec<_>>().join(", "),
        ids: if hashes_ids { ", and ids of registrations can't be hashed as before" } else { "" },
    }
}

#[cfg(test)]
mod tests;
