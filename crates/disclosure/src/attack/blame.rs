//! Which groups of rows cause a narrow interval, or contradict each other.

use super::reduce::Reduced;
use super::solver::{self, Answer, Effort, End};
use super::system::{Group, System};
use super::{AttackError, Limits, Outcome, Target, prove};

pub(super) fn causes(
    system: &System,
    target: &Target,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Group>, AttackError> {
    let mut seeds = Vec::new();
    let mut narrow = |keep: &[bool]| -> Result<bool, AttackError> {
        let proof = prove(&system.with_groups(keep), std::slice::from_ref(target), &seeds, limits, stop)?;
        // A point of all rows is one of fewer rows: later questions need no first point.
        seeds.extend(proof.point.filter(|_| seeds.is_empty()));
        Ok(matches!(proof.outcomes[0], Outcome::Unsafe(_)))
    };
    let start = target.terms.iter().map(|(unknown, _)| unknown.0);
    let mut keep = connected(system, start);
    if !narrow(&vec![true; keep.len()])? {
        return Ok(Vec::new());
    }
    reduce_to(&mut keep, &mut narrow)?;
    Ok(system.groups().filter(|group| keep[group.0]).collect())
}

/// The error for a system without points, with groups that contradict each other. Looks at the rows that are tied to
/// some unknowns, if those are known to be where it is.
pub(super) fn contradiction(
    system: &System,
    among: Option<&[bool]>,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
) -> AttackError {
    let mut keep = match among {
        Some(among) => connected(system, (0..among.len()).filter(|&unknown| among[unknown])),
        None => vec![true; system.groups().count()],
    };
    let mut solves = 0;
    let mut contradict = |keep: &[bool]| -> Result<bool, AttackError> {
        if stop() {
            return Ok(false);
        }
        Ok(infeasible(&system.with_groups(keep), limits, &mut solves))
    };
    // An error only leaves more groups than needed.
    let _ = reduce_to(&mut keep, &mut contradict);
    let groups = system.groups().filter(|group| keep[group.0]).map(|group| system.name(group).to_owned());
    AttackError::Infeasible { groups: groups.collect() }
}

/// Whether rows are seen to contradict each other. A doubtful case counts as none.
fn infeasible(system: &System, limits: &Limits, solves: &mut usize) -> bool {
    let Some(reduced) = Reduced::of(system) else { return true };
    reduced.parts.iter().any(|part| {
        *solves += usize::from(*solves < limits.solves);
        let effort = Effort { nodes: limits.nodes, gap: 1.0 };
        *solves < limits.solves && matches!(solver::solve(part, &[], End::Low, None, effort), Ok(Answer::Infeasible))
    })
}

/// Leaves groups out, in halves, quarters, ... and one by one, as long as what is left still has a property.
fn reduce_to(
    keep: &mut Vec<bool>,
    still: &mut impl FnMut(&[bool]) -> Result<bool, AttackError>,
) -> Result<(), AttackError> {
    let mut size = keep.iter().filter(|keep| **keep).count().div_ceil(2);
    while size > 0 {
        let kept: Vec<usize> = (0..keep.len()).filter(|&group| keep[group]).collect();
        for chunk in kept.chunks(size) {
            let mut fewer = keep.clone();
            chunk.iter().for_each(|&group| fewer[group] = false);
            if still(&fewer)? {
                *keep = fewer;
            }
        }
        size /= 2;
    }
    Ok(())
}

/// Groups with rows that are tied to some unknowns, directly or through other rows.
fn connected(system: &System, start: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut groups = vec![false; system.groups().count()];
    let mut seen = vec![false; system.unknowns.len()];
    let mut seen_row = vec![false; system.rows.len()];
    let mut due: Vec<usize> = start.collect();
    while let Some(unknown) = due.pop() {
        if std::mem::replace(&mut seen[unknown], true) {
            continue;
        }
        for &(row, _) in &system.uses[unknown] {
            groups[system.rows[row].group] = true;
            if !std::mem::replace(&mut seen_row[row], true) {
                due.extend(system.rows[row].terms.iter().map(|(unknown, _)| *unknown));
            }
        }
    }
    groups
}
