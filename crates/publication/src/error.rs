//! What can go wrong between registrations and reservation. Never holds a count, a record id or a secret.

use vt_disclosure::{ProtectError, TableError};
use vt_domain::Period;
use vt_vault::VaultError;

/// Why a period could not be aggregated, protected or reserved.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// The private store failed or is damaged.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The published store failed.
    #[error("published store, {path}: {source}")]
    Store {
        /// The object or prefix.
        path: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A second issue was asked for.
    #[error(
        "{period} issue {issue}: a period is published once for now; a second issue needs revisions that keep every \
         unchanged value (the disclosure control does not have them yet). Nothing was written."
    )]
    RevisionNotYet {
        /// The period.
        period: Period,
        /// The issue asked for.
        issue: u32,
    },
    /// A reservation contradicts itself, its name or the policy it was made under.
    #[error("reservation {period} issue {issue}: {rule}")]
    Reservation {
        /// The period.
        period: Period,
        /// The issue.
        issue: u32,
        /// What is wrong.
        rule: String,
    },
    /// Something was published that the disclosure memory does not know: a restored old backup, or another vault.
    #[error(
        "{path} was published, but the private store has no matching reservation ({rule}). The disclosure memory is \
         incomplete, so nothing more may be published: restore the newest backup of the private store"
    )]
    MemoryLost {
        /// The manifest or draft folder in the published store.
        path: String,
        /// What does not match.
        rule: String,
    },
    /// The counts are not a problem that can be protected; an error in this program or in the registrations.
    #[error("cells of {period}: {source}")]
    Cells {
        /// The period.
        period: Period,
        /// What is wrong.
        #[source]
        source: TableError,
    },
    /// No protected values were found, or they were not certified.
    #[error(transparent)]
    Protect(#[from] ProtectError),
}
