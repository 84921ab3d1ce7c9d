//! Disclosure control of vt-monitor: from true counts to published values whose protection can be proved.
//!
//! Pure: no I/O, no clock, no Arrow. The method is keyed-random, controlled rounding (`docs/ARCHITECTURE.md`): every
//! published count is a multiple of 5 within 9 of the registered one, all tables of a period add up, and a *witness*, a
//! set of admissible records, stands behind them. [`protect`] is the only entry:
//!
//! - [`CellTable`]: true counts; they cannot leave this crate.
//! - [`protect`]: draws, rounds jointly, writes the [`MemoryRecord`] and has it certified.
//! - [`ProtectedTable`]: values that may be published; its only other source is a certified record.

mod atoms;
pub mod attack;
mod audit;
mod cell;
mod certificate;
mod changed;
mod draw;
mod error;
mod fit;
pub mod links;
mod memory;
mod model;
mod past;
mod policy;
mod program;
mod protect;
mod protected;
mod round;
mod sum;
mod table;

pub use audit::{AttackAudit, MeasureAudit, ProtectionAudit};
pub use cell::{Area, BlockKind, BlockScope, BlockSpec, CategorySpec, Geography, NATIONAL};
pub use certificate::{Certificate, SaidSum, certify, certify_all, certify_among, certify_running};
pub use changed::ChangedCells;
pub use draw::Key;
pub use error::{ProtectError, TableError};
pub use fit::{Fit, TotalFit};
pub use memory::{IssueName, MemoryRecord};
pub use past::{InputChange, Past, SumOf};
pub use policy::Policy;
pub use protect::{Protection, protect};
pub use protected::{ProtectedCell, ProtectedTable};
pub use sum::sum;
pub use table::CellTable;
