//! The attack on a published store: from what a reader of the files sees to systems, targets and proofs.
//!
//! A [`Family`] is a period with all its issues, joined with the shorter and longer periods that add up to it within the
//! same bound. Each family gives one [`System`] per measure: unknown counts per issue, table, atom and category, and a row
//! for everything that a reader knows. [`audit`] first *proves by points*: it reconstructs a witness from the published
//! values alone, a point of the system with every error 0, and moves it by 1 to 4 records of one admissible kind. The moved
//! points are checked in exact integers against every row, so that this is the guarantee's proof played on the reader's own
//! system. What points do not show, the engine decides; what it does not decide is `Unchecked`, and never safe.
//!
//! **Longer periods with a wider bound** (an ISO year: 14 or 19 against 9 of its parts) are not rows of any system, and
//! nothing is lost by that. Take any point of one part's system and the witnesses of all other parts: the error of the year
//! is then that of the one part, at most 9, so that the row of the year holds. Every value that a family allows is therefore
//! allowed with the year published as well ([`Longer`] checks in exact integers that the year is the sum of its parts). The
//! same holds of the running errors of parts whose year is not published yet.

mod audit;
mod issue;
mod knowledge;
mod longer;
mod model;
mod point;
mod stretch;
mod target;
mod witness;

pub use audit::{Ask, Exactly, InsiderFigures, MeasureAttack, TargetAttack, audit, profile_figures};
pub use issue::{Family, PublishedIssue, PublishedTable, Store, StoreError};
pub use knowledge::{Profile, Seed};
pub use longer::{Longer, LongerAttack};
pub use model::Model;
pub use target::{TargetName, Which};
pub use witness::NoWitness;

#[cfg(doc)]
use super::System;

/// Least width of an interval that the guarantee promises: five possible values.
pub(crate) const WIDTH: i64 = 4;
/// An interval may not lie wholly within `1..=4`.
pub(crate) const SMALL: i64 = 5;
