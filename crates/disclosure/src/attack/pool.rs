//! Admissible points, and the values of the targets at them.

use super::system::{Standing, System, Unknown, merged, value_at};

/// Points kept to start from; the values at further points are kept, the points are not.
const MOST_KEPT: usize = 24;

/// Admissible points of a system, each checked in exact integers before it counts.
pub(super) struct Pool<'s> {
    system: &'s System,
    /// Terms of each target.
    targets: Vec<Vec<(usize, i64)>>,
    /// Targets of each unknown, with its coefficient there.
    uses: Vec<Vec<(usize, i64)>>,
    kept: Vec<Standing<'s>>,
    /// Least and greatest value of each target at the points; of none before there is a point.
    reached: Vec<(i64, i64)>,
    points: usize,
}

impl<'s> Pool<'s> {
    pub(super) fn new(system: &'s System, targets: impl Iterator<Item = &'s [(Unknown, i64)]>) -> Self {
        let targets: Vec<_> = targets.map(merged).collect();
        let mut uses = vec![Vec::new(); system.unknowns.len()];
        for (target, terms) in targets.iter().enumerate() {
            terms.iter().for_each(|&(unknown, factor)| uses[unknown].push((target, factor)));
        }
        Self { system, targets, uses, kept: Vec::new(), reached: Vec::new(), points: 0 }
    }

    /// Takes a point in if the system admits it.
    pub(super) fn take(&mut self, point: Vec<i64>) -> bool {
        let Some(standing) = self.system.standing(point) else { return false };
        let values = self.targets.iter().map(|terms| value_at(terms, &standing.point));
        if self.points == 0 {
            self.reached = values.map(|value| (value, value)).collect();
        } else {
            self.reached.iter_mut().zip(values).for_each(|(reached, value)| widen(reached, value));
        }
        self.points += 1;
        // The first point stays: seeds tend to lie well inside. Of the later ones the last stay.
        if self.kept.len() == MOST_KEPT {
            self.kept.remove(1);
        }
        self.kept.push(standing);
        true
    }

    /// Takes in a kept point plus a shift, if the system admits it.
    pub(super) fn take_shift(&mut self, kept: usize, shift: &[(Unknown, i64)]) -> bool {
        let standing = &self.kept[kept];
        if !standing.admits_shift(shift) {
            return false;
        }
        let mut moves: Vec<(usize, i64)> = Vec::new();
        for (unknown, by) in merged(shift) {
            moves.extend(self.uses[unknown].iter().map(|&(target, factor)| (target, factor.saturating_mul(by))));
        }
        moves.sort_unstable();
        for target in moves.chunk_by(|a, b| a.0 == b.0) {
            let by = target.iter().fold(0_i64, |sum, (_, by)| sum.saturating_add(*by));
            let index = target[0].0;
            let value = value_at(&self.targets[index], &standing.point).saturating_add(by);
            widen(&mut self.reached[index], value);
        }
        self.points += 1;
        true
    }

    /// Least and greatest value of a target at the points; `None` when there is no point.
    pub(super) fn reached(&self, target: usize) -> Option<(i64, i64)> {
        self.reached.get(target).copied()
    }

    /// Value of a target at a kept point.
    pub(super) fn value(&self, kept: usize, target: usize) -> i64 {
        value_at(&self.targets[target], &self.kept[kept].point)
    }

    pub(super) fn terms(&self, target: usize) -> &[(usize, i64)] {
        &self.targets[target]
    }

    pub(super) fn kept(&self) -> &[Standing<'s>] {
        &self.kept
    }

    pub(super) fn points(&self) -> usize {
        self.points
    }
}

fn widen(reached: &mut (i64, i64), value: i64) {
    *reached = (reached.0.min(value), reached.1.max(value));
}
