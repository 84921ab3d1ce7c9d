//! What can go wrong with the private store.

/// An error of the private store; names the object, never its content.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store did not do what was asked.
    #[error("private store, {path}: {source}")]
    Store {
        /// The object.
        path: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// An object that exists already holds other bytes than those to be written.
    #[error("private store, {path}: exists already with other content; nothing was overwritten")]
    Conflict {
        /// The object.
        path: String,
    },
    /// An object can't be read as what it should be.
    #[error("private store, {path}: damaged or of another version ({reason}); restore it from the backup")]
    Damaged {
        /// The object.
        path: String,
        /// Why, without content.
        reason: String,
    },
    /// An object is encrypted with a key that is not at hand.
    #[error(
        "private store, {path}: is encrypted with key {fingerprint}, which is not configured; restore that key and name it in \
         [store.encryption], as `file` or `env` when it is the current one, else in `previous` or `previous_env` (docs/KEYS.md)"
    )]
    NoKey {
        /// The object.
        path: String,
        /// Fingerprint of the key, as the object says.
        fingerprint: String,
    },
    /// An object does not open with the key that it names.
    #[error(
        "private store, {path}: is not what was written there: it was changed, cut short, moved from another place, or made by somebody \
         who does not have the key; restore it from the backup"
    )]
    NotGenuine {
        /// The object.
        path: String,
    },
    /// An object is not encrypted, in a store that is.
    #[error(
        "private store, {path}: is not encrypted, and this store is; in a store that was begun without encryption, set \
         `accept_plain = true` in [store.encryption] until `vt-monitor rekey` has encrypted all of it; otherwise somebody put it \
         there: restore the object from the backup"
    )]
    NotEncrypted {
        /// The object.
        path: String,
    },
    /// Registrations could not be written or read as Parquet.
    #[error("private store, {path}: {source}")]
    Parquet {
        /// The object.
        path: String,
        /// What Parquet said.
        #[source]
        source: parquet::errors::ParquetError,
    },
}

impl VaultError {
    /// Whether the same call can succeed later: the store was unreachable or busy, nothing is wrong with the data.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store { source, .. } if crate::objects::is_transient(source))
    }
}
