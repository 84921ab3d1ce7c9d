//! The words of vt-monitor: regions, gemeenten, periods, the delivery contract and the shape of a snapshot.
//!
//! No I/O, no Arrow, no async. All other crates rest on this one; it rests on none of them.

pub mod atoms;
pub mod clock;
pub mod codes;
pub mod contract;
pub mod delivery;
pub mod finding;
pub mod measure;
pub mod month;
pub mod period;
pub mod register;
pub mod snapshot;
pub mod text;
pub mod workday;

pub use clock::{Clock, ManualClock, SystemClock};
pub use month::Month;
pub use period::{Period, PeriodKind};
