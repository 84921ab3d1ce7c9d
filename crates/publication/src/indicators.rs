//! Indicators: rates, changes and shares, computed from published values only (DESIGN §6).
//!
//! Whoever has the published files has all that goes in: the counts with their margins, the counts of the periods compared with, and
//! `toelichting.json` (definitions, inhabitants, breaks, bases). `verify` computes them again from those.

pub mod arithmetic;
pub mod bases;
pub mod breaks;
pub mod catalogue;
mod compute;
mod series;

#[cfg(test)]
mod tests;

pub use bases::{BaseCache, BaseError, BaseFigures, Bases, OtherIssue, find_bases, in_series, load_bases};
pub use breaks::{Break, Breaks, Effect};
pub use catalogue::{Bound, Calculation, IndicatorDefinition, catalogue};
pub use compute::{Current, MATURITY_DIFFERS, indicator_rows};
pub use series::{HIGHER, LOWER, exceptional};
