//! What can go wrong between registrations and reservation. Never holds a count, a record id or a secret.

use vt_disclosure::TableError;
use vt_domain::Period;
use vt_domain::measure::Maat;
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
    /// Days of the period were published in periods of another length.
    #[error(
        "{period}: days of it were published as {other}. Figures of two lengths over the same days would narrow each other; a \
         longer period as the sum of its published parts needs what the disclosure control does not have yet. Nothing was written."
    )]
    Overlap {
        /// The period asked for.
        period: Period,
        /// One of another length that shares days with it.
        other: Period,
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
    /// The limits of the query engine make no sense.
    #[error("engine: {0}")]
    EngineConfig(&'static str),
    /// A query failed.
    #[error("query {query}: {source}")]
    Engine {
        /// Which query.
        query: &'static str,
        /// What the engine said.
        #[source]
        source: datafusion::error::DataFusionError,
    },
    /// A query's answer lacks a column; an error in this program.
    #[error("a query's answer has no usable column `{0}`")]
    Columns(String),
    /// Registrations hold a code that the lists in use do not have.
    #[error(
        "registrations of {maat} hold a code that list `{list}` does not have: were the code lists replaced after the delivery was checked?"
    )]
    Code {
        /// What was counted.
        maat: Maat,
        /// The list.
        list: String,
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
}
