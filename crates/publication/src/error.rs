//! What can go wrong between registrations and reservation. Never holds a count, a record id or a secret.

use chrono::NaiveDate;
use vt_disclosure::{ProtectError, TableError};
use vt_domain::Period;
use vt_domain::delivery::DeliveryId;
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
    /// The period cannot come out, because of what was published in periods of another length.
    #[error("{period}: {rule}. Nothing was written.")]
    Overlap {
        /// The period asked for.
        period: Period,
        /// One of another length that shares days with it.
        other: Period,
        /// Why not, and what to do.
        rule: String,
    },
    /// Something was reserved since the issue was protected, which was to bind it.
    #[error("{period} issue {issue}: {rule} since it was protected. Nothing was written: protect it again.")]
    Moved {
        /// The period.
        period: Period,
        /// The issue.
        issue: u32,
        /// What was reserved.
        rule: String,
    },
    /// The parts of a longer period cannot be added up, or their sum is not certified.
    #[error("{period} as the sum of its parts: {source}")]
    Sum {
        /// The longer period.
        period: Period,
        /// What is wrong.
        #[source]
        source: ProtectError,
    },
    /// The attack before publication did not prove the issue safe.
    #[error("{period} issue {issue} is not published: {rule}. Nothing was written.")]
    Unsafe {
        /// The period.
        period: Period,
        /// The issue.
        issue: u32,
        /// What was found, and what to do.
        rule: String,
    },
    /// A period can't be counted: registrations that it needs were removed after their term.
    #[error(
        "{period}: the registrations of {delivery} were removed on {on} by the retention policy ({rule}), so that the period \
         can't be counted again: it gets no further issue"
    )]
    RegistrationsRemoved {
        /// The period.
        period: Period,
        /// The delivery.
        delivery: DeliveryId,
        /// The day of the removal.
        on: NaiveDate,
        /// The rule, as it is configured.
        rule: String,
    },
    /// A reservation was removed after its term.
    #[error(
        "the reservation of {period} issue {issue} was removed on {on} by the retention policy ({rule}): what was published \
         stays and can't be reproduced, and no period of ISO year {} can be published or summed any more", period.iso_year()
    )]
    MemoryRemoved {
        /// The period.
        period: Period,
        /// The issue.
        issue: u32,
        /// The day of the removal.
        on: NaiveDate,
        /// The rule, as it is configured.
        rule: String,
    },
    /// A reservation needs a register of regions that is not there.
    #[error(
        "register {version} of regions and gemeenten, with which the period was first published, is neither the configured one \
         nor in the private store: configure it, or restore the newest backup of the private store"
    )]
    RegisterLost {
        /// The version.
        version: String,
    },
    /// A reservation needs code lists that are not there.
    #[error(
        "code lists {version}, with which the issue was reserved, are neither the configured ones nor in the private store: \
         configure them, or restore the newest backup of the private store"
    )]
    CodeListsLost {
        /// The version.
        version: String,
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
    /// The disclosure memory contradicts itself: something in it is missing or damaged.
    #[error(
        "private store, {path}: {rule}. The disclosure memory is incomplete, so nothing more may be published: restore the \
         newest backup of the private store"
    )]
    MemoryDamaged {
        /// The reservation or its mark.
        path: String,
        /// What is wrong.
        rule: String,
    },
    /// A reservation was made with a key that the private store's history of keys does not have.
    #[error(
        "private store, {path}: made with key {fingerprint}, which the history of keys does not have. Nothing more may be \
         published: use the private store and the keys that belong together, or restore the newest backup of the private store"
    )]
    OtherKey {
        /// The reservation.
        path: String,
        /// Fingerprint of the key.
        fingerprint: String,
    },
    /// The limits of the query engine make no sense.
    #[error("{field}: {rule}")]
    EngineConfig {
        /// The field.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// The cluster that is configured can't count.
    #[error(transparent)]
    Cluster(#[from] crate::engine::ClusterError),
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
