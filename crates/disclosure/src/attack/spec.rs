//! An attack that is described in a file: tables, dimensions, rules of rounding and suppression (`docs/disclosure-spec.md`).
//!
//! Pure: who reads the files gives their fields ([`RawTable`]). [`Problem`] holds a [`Spec`] against its tables;
//! [`Problem::attack`] finds what a reader can compute, [`Problem::round`] protects the same tables.

mod dimension;
mod error;
mod form;
mod json;
mod layout;
mod problem;
mod rounding;
mod rule;
mod table;
mod targets;
mod verdict;

pub use error::SpecError;
pub use form::{
    DifferenceSpec, DifferenceTargets, DimensionSpec, GroupSpec, KnownSpec, Link, OneOrMore, PairSpec, ProtectSpec,
    SnapshotsSpec, Spec, StatusColumn, TableSpec, TargetsSpec,
};
pub use problem::Problem;
pub use rounding::Rounded;
pub use rule::{Rule, Tie};
pub use table::{RawRow, RawTable};
pub use verdict::{Attacked, AttackedTarget, Verdict};
