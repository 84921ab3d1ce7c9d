//! The ledger: what was done, what came of it, and who is at work. An SQLite file, or a database of a PostgreSQL server; one type
//! for both (docs/decisions/0003-ledger-one-type.md).
//!
//! The ledger saves work and answers the operator; it decides nothing about bytes. Whether a delivery or a snapshot exists is
//! decided by the private and the published store (DESIGN §5). So every method may be repeated after a crash at any point:
//! recording the same thing twice changes nothing and says so ([`Recorded::Unchanged`]), and what was decided is never
//! overwritten by something else ([`LedgerError::Conflict`]).
//!
//! What an operator decides is kept with who decided it and why, and each such change has its entry in the audit log, in the
//! same transaction ([`Change`], [`AuditEntry`]).
//!
//! Instants come from the caller's [`vt_domain::Clock`] and are kept to the millisecond. Only leases and the sign of life of
//! a run go by the database's time (see [`Lease`]).
//!
//! Never in the ledger: ids or contents of records, secrets, addresses with credentials. Of tokens, cookies and the secrets
//! against forged requests it holds digests only. Answers to requests, lines of runs and messages about alerts are texts of
//! the caller's, who keeps secrets out of them.

mod alert;
mod answer;
mod arrangement;
mod audit;
mod backfill;
mod backup;
mod cadence;
mod change;
mod code;
mod copy;
mod delivery;
mod dialect;
mod digest;
mod error;
mod failed_pull;
mod fault;
mod finding;
mod held_back;
mod lease;
mod ledger;
mod line;
mod location;
mod migrations;
mod open;
mod process;
mod publication;
mod pull;
mod reach;
mod row;
mod run;
mod session;
mod step;
mod store;
mod time;
mod token;

#[cfg(any(test, feature = "contract-suite"))]
pub mod contract_suite;

pub use alert::{Alert, AlertMessage, AlertMessageKind, AlertMute};
pub use answer::{Claimed, NewRequest};
pub use arrangement::{Arrangement, ArrangementKind, NewArrangement};
pub use audit::{AuditEntry, AuditFilter, AuditVerdict, NewAudit};
pub use backfill::{Backfill, BackfillItem, BackfillItemState, BackfillState, NewBackfill};
pub use backup::back_up;
pub use cadence::{CadenceDecision, standing};
pub use change::Change;
pub use copy::{Copied, CopiedTable};
pub use delivery::{Delivery, DeliveryFilter, DeliveryStatus, RecordCounts};
pub use error::LedgerError;
pub use failed_pull::FailedPull;
pub use fault::Fault;
pub use finding::DeliveryFinding;
pub use held_back::HeldBack;
pub use lease::Lease;
pub use ledger::{Ledger, Recorded};
pub use line::RunLine;
pub use location::{Location, Server};
pub use process::ProcessMark;
pub use publication::{Publication, PublicationStatus};
pub use pull::{JudgedDelivery, PullRecord};
pub use run::{NewRun, Run, RunId, RunOutcome, SILENCE_OF_A_LOST_RUN};
pub use session::{NewSession, Session};
pub use step::{OrderKind, Step, StepName, StepOutcome};
pub use token::{NewToken, Role, Token};
