//! Controlled rounding of one measure: among the adjacent multiples where that has a solution, else within the bound.

use crate::model::{Measure, Reach, Witness};
use crate::policy::Policy;
use crate::program::Solved;

/// Beyond so many cells the tables of a measure are solved one by one, the totals first: jointly they take too long.
const MOST_JOINT_CELLS: usize = 8_000;

/// A rounded measure.
pub(crate) struct Rounded {
    /// Witness of each table of the measure, in units.
    pub(crate) witnesses: Vec<Witness>,
    /// Whether cells had to go further than the adjacent multiples.
    pub(crate) widened: bool,
    /// Whether the witness of unchanged counts had to move where no reader can know that they are unchanged.
    pub(crate) loose: bool,
}

/// Rounds one measure; the error says what the solver met.
pub(crate) fn round(measure: &Measure<'_>, policy: &Policy) -> Result<Rounded, &'static str> {
    let limit = policy.max_iterations;
    if measure.cells() > MOST_JOINT_CELLS
        && !measure.is_linked()
        && let Some(rounded) = one_by_one(measure, limit)
    {
        return Ok(rounded);
    }
    nearest(|reach| measure.solve(reach, limit)).map_err(|end| match end {
        Solved::Infeasible => "no values within the bound add up",
        _ => "the solver's limit was reached before it found values that add up",
    })
}

/// The totals, then each breakdown with the totals as they are. Nothing when a breakdown does not fit the totals: other
/// totals may have a solution.
fn one_by_one(measure: &Measure<'_>, limit: u64) -> Option<Rounded> {
    let mut all = nearest(|reach| measure.solve_tables(&[0], None, reach, limit)).ok()?;
    for table in 1..measure.blocks.len() {
        let totals = &all.witnesses[0];
        let one = nearest(|reach| measure.solve_tables(&[table], Some(totals), reach, limit)).ok()?;
        all.witnesses.extend(one.witnesses);
        all.widened |= one.widened;
        all.loose |= one.loose;
    }
    Some(all)
}

/// The nearest reach that has a solution.
fn nearest(solve: impl Fn(Reach) -> Result<Vec<Witness>, Solved>) -> Result<Rounded, Solved> {
    let rounded = |witnesses, widened, loose| Rounded { witnesses, widened, loose };
    solve(Reach::Adjacent)
        .map(|witnesses| rounded(witnesses, false, false))
        .or_else(|_| solve(Reach::Bound).map(|witnesses| rounded(witnesses, true, false)))
        .or_else(|_| solve(Reach::Loose).map(|witnesses| rounded(witnesses, true, true)))
}
