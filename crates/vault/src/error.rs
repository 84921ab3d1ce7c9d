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
