//! The audit of a published store (DESIGN §7, gate B): what a reader of everything published can compute.
//!
//! - [`read`]: from manifests and files alone to what a reader has. No key, no private store, no configuration; works on a
//!   copy. Areas, tables and what cannot occur follow from `toelichting.json`, which the manifest's digests cover; how
//!   deliveries changed between issues follows from the manifests' `invoer`.
//! - [`attack`]: the outsider's attack on all of it.
//! - [`Scope`]: a period with all that ties its counts, when not everything is asked for.
//! - [`private`]: with the private store, the certificate of every reservation, that published values are those of their
//!   reservations, and what insiders find.
//! - [`gate`]: the same attack on one new issue before it is reserved, within a time limit, failing closed.

mod attack;
mod gate;
mod inputs;
mod memory;
mod private;
mod read;
mod report;
mod scope;
#[cfg(test)]
mod tests;
mod verdict;

pub use attack::{Depth, FamilyReport, attack};
pub use gate::{AttackLimits, Attacked, gate};
pub use inputs::Seen;
pub use private::{PrivateReport, Records, private, profiles};
pub use read::{AuditError, Published, read};
pub use report::{AuditFailure, AuditNews, AuditOptions, AuditReport, AuditSeconds, audit_store};
pub use scope::Scope;
