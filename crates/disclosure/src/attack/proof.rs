//! Which targets have intervals that suffice, at the least cost: points first, the solver for what they leave.

use super::search::{Search, unless_ended};
use super::solver::End;
use super::{AttackError, Need, Outcome, Proof, Target, interval};

/// Rounds of moving many targets at once.
const MOST_ROUNDS: usize = 8;
/// With so few targets left, each is cheaper by itself.
const FEW_TARGETS: usize = 4;

pub(super) fn prove(mut search: Search<'_>, targets: &[Target]) -> Result<Proof, AttackError> {
    let mut left: Vec<usize> = (0..targets.len()).collect();
    left.retain(|&target| search.stopped() || !walked(&mut search, target, targets[target].need));
    for _ in 0..MOST_ROUNDS {
        if left.len() <= FEW_TARGETS || search.ended() {
            break;
        }
        let before = left.len();
        search.scatter(&left)?;
        left.retain(|&target| search.stopped() || !walked(&mut search, target, targets[target].need));
        if left.len() == before {
            break;
        }
    }
    // The hardest are left for last: points found for the others may move them.
    left.sort_by_key(|&target| search.pool.reached(target).map_or(0, |(lo, hi)| lo.saturating_sub(hi)));
    let mut outcomes: Vec<Option<Outcome>> = vec![None; targets.len()];
    for target in left {
        outcomes[target] = Some(decide(&mut search, target, targets[target].need)?);
    }
    let outcome = |(target, outcome): (usize, Option<Outcome>)| {
        let proven = shown(&search, target, targets[target].need);
        proven.or(outcome).unwrap_or(Outcome::Unchecked)
    };
    let outcomes = outcomes.into_iter().enumerate().map(outcome).collect();
    Ok(Proof { outcomes, point: search.point(), work: search.work() })
}

/// Whether the points known show that a target is safe.
fn shown(search: &Search<'_>, target: usize, need: Need) -> Option<Outcome> {
    let (lo, hi) = search.pool.reached(target)?;
    need.met(Some(lo), Some(hi)).then_some(Outcome::Proven { lo, hi })
}

/// Tries to show a target safe by walks.
fn walked(search: &mut Search<'_>, target: usize, need: Need) -> bool {
    for end in [End::High, End::Low] {
        let Some((lo, hi)) = search.pool.reached(target) else { return false };
        if need.met(Some(lo), Some(hi)) {
            return true;
        }
        // The value that would suffice with what is reached on the other side.
        let small = lo >= 1 && hi < need.k;
        let want = match end {
            End::High => lo.saturating_add(need.width).max(if small { need.k } else { hi }),
            End::Low => hi.saturating_sub(need.width).min(if small { 0 } else { lo }),
        };
        let mut by = want.saturating_sub(if end == End::High { hi } else { lo });
        while by != 0 {
            let (lo, hi) = search.pool.reached(target).unwrap_or((lo, hi));
            let from = if end == End::High { hi } else { lo };
            if search.walk_to(target, from.saturating_add(by), end) {
                break;
            }
            by /= 2;
        }
    }
    shown(search, target, need).is_some()
}

/// Solves for the ends of a target until it is shown safe or unsafe.
fn decide(search: &mut Search<'_>, target: usize, need: Need) -> Result<Outcome, AttackError> {
    let outer = search.outer(target);
    if need.met(outer.lo, outer.hi) {
        for end in [End::High, End::Low] {
            if let Some(proven) = shown(search, target, need) {
                return Ok(proven);
            }
            if unless_ended(search.solve_end(target, end))?.is_none() {
                return Ok(Outcome::Unchecked);
            }
        }
        if let Some(proven) = shown(search, target, need) {
            return Ok(proven);
        }
    }
    Ok(match unless_ended(interval::interval(search, target))? {
        Some(interval) if !need.met(interval.lo, interval.hi) => Outcome::Unsafe(interval),
        _ => Outcome::Unchecked,
    })
}
