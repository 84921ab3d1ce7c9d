//! The interval of every target.

use super::search::{Halt, Search, unless_ended};
use super::solver::{End, Limit};
use super::{AttackError, Bounds, Interval};

pub(super) fn bounds(mut search: Search<'_>, targets: usize) -> Result<Bounds, AttackError> {
    let mut intervals = Vec::with_capacity(targets);
    for target in 0..targets {
        intervals.push(unless_ended(interval(&mut search, target))?);
    }
    Ok(Bounds { intervals, point: search.point(), work: search.work() })
}

/// The interval of a target; solves only for an end that neither a point known nor a walk attains.
pub(super) fn interval(search: &mut Search<'_>, target: usize) -> Result<Interval, Halt> {
    let (lo, lo_attained) = find_end(search, target, End::Low)?;
    let (hi, hi_attained) = find_end(search, target, End::High)?;
    Ok(Interval { lo, hi, exact: lo_attained && hi_attained, reached: search.pool.reached(target) })
}

/// A bound of a target, and whether it is attained.
fn find_end(search: &mut Search<'_>, target: usize, end: End) -> Result<(Option<i64>, bool), Halt> {
    let outer = search.outer(target);
    let outer = if end == End::Low { outer.lo } else { outer.hi };
    if let Some(value) = outer
        && (reached(search, target, value, end) || !search.stopped() && search.walk_to(target, value, end))
    {
        return Ok((outer, true));
    }
    Ok(match search.solve_end(target, end)? {
        Limit::Open => (None, true),
        Limit::Unknown => (outer, false),
        Limit::At(value) => {
            let attained = reached(search, target, value, end) || search.walk_to(target, value, end);
            (Some(value), attained)
        }
    })
}

/// Whether a point known has a value that is a bound.
fn reached(search: &Search<'_>, target: usize, value: i64, end: End) -> bool {
    search.pool.reached(target).is_some_and(|(lo, hi)| value == if end == End::Low { lo } else { hi })
}
