//! Disclosure control of vt-monitor: from true counts to published values whose protection can be proved.
//!
//! Pure: no I/O, no clock, no Arrow. The method is sticky, keyed-random, controlled rounding (`docs/ARCHITECTURE.md`):
//! every published count is a multiple of 5 within 9 of the registered one, all tables of a period add up, and a
//! *witness*, a set of admissible records, stands behind them. [`protect`] is the only entry.

mod cell;
mod certificate;
mod error;
pub mod links;
mod memory;
mod protect;

pub use cell::{Area, BlockKind, BlockScope, BlockSpec, CategorySpec, CellTable, Geography, NATIONAL};
pub use certificate::{Certificate, certify};
pub use error::{ProtectError, TableError};
pub use memory::MemoryRecord;
pub use protect::{Key, Policy, ProtectedCell, ProtectedTable, Protection, ProtectionAudit, protect};
