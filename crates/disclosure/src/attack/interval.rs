//! The interval of every target.

use super::search::{Ended, Search};
use super::solver::{End, Limit};
use super::{AttackError, Bounds, Interval};

pub(super) fn bounds(mut search: Search<'_>, targets: usize) -> Result<Bounds, AttackError> {
    let mut intervals = Vec::with_capacity(targets);
    for target in 0..targets {
        intervals.push(interval(&mut search, target)?.ok());
    }
    Ok(Bounds { intervals, point: search.point(), work: search.work() })
}

/// The interval of a target; solves only for an end that neither a point known nor a walk attains.
pub(super) fn interval(search: &mut Search<'_>, target: usize) -> Result<Result<Interval, Ended>, AttackError> {
    let mut ends = [(None, false); 2];
    for (found, end) in ends.iter_mut().zip([End::Low, End::High]) {
        *found = match find_end(search, target, end)? {
            Ok(found) => found,
            Err(Ended) => return Ok(Err(Ended)),
        };
    }
    let [(lo, lo_exact), (hi, hi_exact)] = ends;
    Ok(Ok(Interval { lo, hi, exact: lo_exact && hi_exact, reached: search.pool.reached(target) }))
}

/// A bound of a target, and whether it is attained.
fn find_end(
    search: &mut Search<'_>,
    target: usize,
    end: End,
) -> Result<Result<(Option<i64>, bool), Ended>, AttackError> {
    let outer = search.outer(target);
    let outer = if end == End::Low { outer.lo } else { outer.hi };
    if let Some(value) = outer
        && search.walk_to(target, value, end)
    {
        return Ok(Ok((outer, true)));
    }
    if search.ended() {
        return Ok(Err(Ended));
    }
    let limit = match search.solve_end(target, end)? {
        Ok(limit) => limit,
        Err(Ended) => return Ok(Err(Ended)),
    };
    Ok(Ok(match limit {
        Limit::Open => (None, true),
        Limit::Unknown => (outer, false),
        Limit::At(value) => (Some(value), reaches(search, target, value, end)),
    }))
}

fn reaches(search: &mut Search<'_>, target: usize, value: i64, end: End) -> bool {
    search.pool.reached(target).is_some_and(|(lo, hi)| value == if end == End::Low { lo } else { hi })
        || search.walk_to(target, value, end)
}
