//! What can go wrong here that is not the region's doing: the store, the temporary files, the machine.

use vt_vault::VaultError;

/// An error of parsing, validating or keeping. What is wrong with a delivery is never an error: it is a finding.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A temporary file for the search of duplicate ids could not be written or read.
    #[error("temporary file for the search of duplicate ids: {0}")]
    Spill(#[source] std::io::Error),
    /// A worker thread ended early; its panic was reported where it happened.
    #[error("a worker thread ended early while reading {file}")]
    Worker {
        /// The file that was being read.
        file: String,
    },
}

impl IntakeError {
    /// Whether the same call can succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Vault(error) => error.is_transient(),
            Self::Spill(_) | Self::Worker { .. } => false,
        }
    }
}
