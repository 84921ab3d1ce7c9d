//! Attack (B): what a reader can compute from all that is published.
//!
//! A [`System`] holds the unknown true counts and every row that a reader knows of them: published values with their
//! rounding ranges, tables that add up, links between snapshots. For each [`Target`], a cell or a difference, the attack
//! finds the least and the greatest integer value that it can have. It shares no code with the solver of the protection
//! or with the certificate: an error there must show here. Pure: no I/O, no clock; a caller with a clock passes `stop`.
//!
//! Two ways of asking:
//! - [`bounds`]: the interval of every target;
//! - [`prove`]: only whether each interval is as wide as needed. Two admissible points show it, and a point is checked in
//!   exact integers, so that nothing that is called proven rests on floating point.
//!
//! [`causes`] names the tables that make an interval narrow.

mod blame;
mod interval;
mod pool;
mod proof;
mod propagate;
mod reduce;
mod search;
mod solver;
pub mod spec;
pub mod store;
mod system;
mod walk;

use thiserror::Error;

pub use system::{Group, Standing, System, Unknown};

use search::Search;

/// A linear expression of unknowns whose value a reader should not be able to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The expression: a sum of `coefficient · unknown`.
    pub terms: Vec<(Unknown, i64)>,
    /// What its interval must be.
    pub need: Need,
}

/// What the interval of a target must be for the target to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Least width: `hi − lo ≥ width`.
    pub width: i64,
    /// The interval may not lie wholly within `1..=k−1`; 0 or 1 demands nothing.
    pub k: i64,
}

impl Need {
    /// Whether an interval suffices; `None` is unbounded.
    pub fn met(self, lo: Option<i64>, hi: Option<i64>) -> bool {
        let (Some(lo), Some(hi)) = (lo, hi) else { return true };
        hi.saturating_sub(lo) >= self.width && !(lo >= 1 && hi < self.k)
    }
}

/// Values that a target can have. Only `reached`, or an exact interval, shows that a target is safe: a bound that is not
/// attained may be too far out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// No admissible point has a lower value; `None` is unbounded.
    pub lo: Option<i64>,
    /// No admissible point has a higher value; `None` is unbounded.
    pub hi: Option<i64>,
    /// Both ends are attained: this is the interval. Otherwise the true one lies within it.
    pub exact: bool,
    /// Least and greatest value at the admissible points found, each checked in exact integers; `None` when none was
    /// found. The true interval contains it.
    pub reached: Option<(i64, i64)>,
}

/// Outcome of [`prove`] for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Two admissible points have these values, and so wide an interval suffices.
    Proven {
        /// Least value reached.
        lo: i64,
        /// Greatest value reached.
        hi: i64,
    },
    /// The interval does not suffice, whatever the points not found.
    Unsafe(Interval),
    /// Not decided within the limits. Never to be taken for safe.
    Unchecked,
}

/// Limits of the search, for outcomes that do not depend on the speed of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the search tree of one integer program.
    pub nodes: u64,
    /// Programs solved in all.
    pub solves: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 2_000, solves: 1_000_000 }
    }
}

/// What an attack cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Programs solved.
    pub solves: usize,
    /// Admissible points found.
    pub points: usize,
}

/// Outcome of [`bounds`].
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The interval of each target, in their order; `None` when a limit ended the attack before it was looked at.
    pub intervals: Vec<Option<Interval>>,
    /// An admissible point, when one was found: a seed for a later attack on the same system.
    pub point: Option<Vec<i64>>,
    /// What it cost.
    pub work: Work,
}

/// Outcome of [`prove`].
#[derive(Clone, Debug)]
pub struct Proof {
    /// The outcome for each target, in their order.
    pub outcomes: Vec<Outcome>,
    /// An admissible point, when one was found: a seed for a later attack on the same system.
    pub point: Option<Vec<i64>>,
    /// What it cost.
    pub work: Work,
}

/// Why there is no outcome.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AttackError {
    /// No counts at all agree with what the system says.
    #[error("no counts agree with all that is given; these contradict each other: {}", groups.join(", "))]
    Infeasible {
        /// Names of groups that contradict each other; without any one of them there is no contradiction that was found.
        groups: Vec<String>,
    },
    /// A number is too large for the attack.
    #[error("a bound of {value} is beyond the largest count that the attack takes, {largest}")]
    TooLarge {
        /// The bound.
        value: i64,
        /// The largest one taken.
        largest: i64,
    },
}

/// Finds the interval of every target.
///
/// `seeds` are points that may be admissible, such as the published values where they add up; others are passed over.
/// `stop` is asked between solves; once it says true, targets not reached stay `None`.
///
/// # Errors
/// [`AttackError::Infeasible`] when no point is admissible; [`AttackError::TooLarge`].
///
/// # Panics
/// When a target has an unknown of another, larger system.
pub fn bounds(
    system: &System,
    targets: &[Target],
    seeds: &[Vec<i64>],
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Bounds, AttackError> {
    interval::bounds(Search::start(system, targets, seeds, limits, stop)?, targets.len())
}

/// Proves for every target that its interval is as wide as it needs to be, or finds that it is not.
///
/// Arguments as for [`bounds`].
///
/// # Errors
/// As for [`bounds`].
pub fn prove(
    system: &System,
    targets: &[Target],
    seeds: &[Vec<i64>],
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Proof, AttackError> {
    proof::prove(Search::start(system, targets, seeds, limits, stop)?, targets)
}

/// Groups whose rows together make the interval of a target too narrow for its need: a set from which none can be left
/// out. Empty when the bounds of the unknowns alone do so, or when the target is not seen to be unsafe.
///
/// # Errors
/// As for [`bounds`].
pub fn causes(
    system: &System,
    target: &Target,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Group>, AttackError> {
    blame::causes(system, target, limits, stop)
}
