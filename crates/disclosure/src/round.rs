//! Controlled rounding of one measure: among the adjacent multiples where that has a solution, else within the bound.

use crate::model::{Measure, Reach, Witness};
use crate::policy::Policy;
use crate::program::Solved;

/// A rounded measure.
pub(crate) struct Rounded {
    /// Witness of each table of the measure, in units.
    pub(crate) witnesses: Vec<Witness>,
    /// Whether cells had to go further than the adjacent multiples.
    pub(crate) widened: bool,
}

/// Rounds one measure; the error says what the solver met.
pub(crate) fn round(measure: &Measure<'_>, policy: &Policy) -> Result<Rounded, &'static str> {
    match measure.solve(Reach::Adjacent, policy.max_iterations) {
        Ok(witnesses) => Ok(Rounded { witnesses, widened: false }),
        Err(_) => match measure.solve(Reach::Bound, policy.max_iterations) {
            Ok(witnesses) => Ok(Rounded { witnesses, widened: true }),
            Err(Solved::Infeasible) => Err("no values within the bound add up"),
            Err(_) => Err("the solver's limit was reached before it found values that add up"),
        },
    }
}
