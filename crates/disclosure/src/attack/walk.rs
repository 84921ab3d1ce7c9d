//! Points near a point: shift an expression, then mend the rows that this breaks, one unknown at a time.
//!
//! Most intervals are wide for a plain reason, such as one record more in a cell and in its totals. A walk finds such a
//! shift in microseconds where a solver takes a second. Mending every row of any point finds a first one in the same
//! way. A walk may miss a point: that decides nothing.

use std::collections::VecDeque;

use super::system::{Span, Standing, System, Unknown, value_at};

/// Mends before a walk is given up.
const MOST_STEPS: usize = 120;
/// Mends for each row of a point that need not be admissible, and rounds of it.
const STEPS_A_ROW: usize = 10;
const MOST_ROUNDS: usize = 40;
/// Rounds that may pass without the rows being less broken than ever before.
const VAIN_ROUNDS: usize = 4;

/// A shift beyond this is no walk: factors above 1 can double it step by step.
const MOST_SHIFT: i64 = 1 << 40;

/// Reproducible numbers to break ties with: splitmix64.
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// Walks over a system; keeps its scratch space.
pub(super) struct Walker<'s> {
    system: &'s System,
    draw: Draw,
    /// Shift of each unknown, and those that have one.
    shift: Vec<i64>,
    moved: Vec<usize>,
    /// Shift of each row, and those that were touched.
    row_shift: Vec<i64>,
    touched: Vec<usize>,
    is_touched: Vec<bool>,
    /// Rows that may be broken.
    due: VecDeque<usize>,
    is_due: Vec<bool>,
    /// Coefficients of the goal, by unknown.
    goal: Vec<i64>,
}

/// Where a walk starts: a point, admissible or not, and the values of the rows there.
#[derive(Clone, Copy)]
struct Start<'a> {
    point: &'a [i64],
    values: &'a [i64],
}

/// A shift of one unknown, and what it costs in broken rows.
struct Step {
    unknown: usize,
    by: i64,
    cost: i64,
}

impl<'s> Walker<'s> {
    pub(super) fn new(system: &'s System) -> Self {
        let (unknowns, rows) = (system.unknowns.len(), system.rows.len());
        Self {
            system,
            draw: Draw::new(0x5eed),
            shift: vec![0; unknowns],
            moved: Vec::new(),
            row_shift: vec![0; rows],
            touched: Vec::new(),
            is_touched: vec![false; rows],
            due: VecDeque::new(),
            is_due: vec![false; rows],
            goal: vec![0; unknowns],
        }
    }

    /// A shift of an admissible point that moves an expression by at least `by`, towards the sign of `by`.
    pub(super) fn walk(&mut self, from: &Standing<'s>, goal: &[(usize, i64)], by: i64) -> Option<Vec<(Unknown, i64)>> {
        goal.iter().for_each(|&(unknown, factor)| self.goal[unknown] = factor);
        let want = if by > 0 { Span { lo: Some(by), hi: None } } else { Span { lo: None, hi: Some(by) } };
        let from = Start { point: &from.point, values: &from.values };
        let found = self.steps(from, goal, want, MOST_STEPS).then(|| self.shifted());
        goal.iter().for_each(|&(unknown, _)| self.goal[unknown] = 0);
        self.reset();
        found
    }

    /// An admissible point, from a point within the bounds of the unknowns.
    pub(super) fn mend(&mut self, mut point: Vec<i64>) -> Option<Vec<i64>> {
        let any = Span { lo: None, hi: None };
        let (mut least, mut vain) = (i64::MAX, 0);
        for _ in 0..MOST_ROUNDS {
            let values: Vec<i64> = self.system.rows.iter().map(|row| value_at(&row.terms, &point)).collect();
            let broken = self.system.rows.iter().zip(&values).map(|(row, value)| row.span.beyond(*value));
            let broken = broken.fold(0_i64, |sum, beyond| sum.saturating_add(beyond.saturating_abs()));
            vain = if broken < least { 0 } else { vain + 1 };
            if vain > VAIN_ROUNDS {
                return None;
            }
            least = least.min(broken);
            (0..self.system.rows.len()).for_each(|row| self.suspect(row));
            let from = Start { point: &point, values: &values };
            let done = self.steps(from, &[], any, STEPS_A_ROW * self.system.rows.len());
            // Where a round is stuck the next one may take its steps back.
            let shift = self.shifted();
            shift.iter().for_each(|(unknown, by)| point[unknown.0] = point[unknown.0].saturating_add(*by));
            self.reset();
            if done {
                return self.system.admits(&point).then_some(point);
            }
            if shift.is_empty() {
                return None;
            }
        }
        None
    }

    fn shifted(&mut self) -> Vec<(Unknown, i64)> {
        self.moved.sort_unstable();
        self.moved.dedup();
        let shifted = self.moved.iter().filter(|&&unknown| self.shift[unknown] != 0);
        shifted.map(|&unknown| (Unknown(unknown), self.shift[unknown])).collect()
    }

    fn reset(&mut self) {
        for row in self.due.drain(..) {
            self.is_due[row] = false;
        }
        for unknown in self.moved.drain(..) {
            self.shift[unknown] = 0;
        }
        for row in self.touched.drain(..) {
            self.row_shift[row] = 0;
            self.is_touched[row] = false;
        }
    }

    fn steps(&mut self, from: Start<'_>, goal: &[(usize, i64)], want: Span, most: usize) -> bool {
        let mut gone = 0_i64;
        for _ in 0..most {
            let step = if want.beyond(gone) != 0 {
                self.step(from, goal, want.beyond(gone), want, gone)
            } else if let Some((row, beyond)) = self.broken(from) {
                self.step(from, &self.system.rows[row].terms, beyond, want, gone)
            } else {
                return true;
            };
            let Some(Step { unknown, by, .. }) = step else { return false };
            gone = gone.saturating_add(self.goal[unknown].saturating_mul(by));
            self.apply(unknown, by);
        }
        false
    }

    fn apply(&mut self, unknown: usize, by: i64) {
        self.shift[unknown] = self.shift[unknown].saturating_add(by);
        self.moved.push(unknown);
        for &(row, factor) in &self.system.uses[unknown] {
            self.row_shift[row] = self.row_shift[row].saturating_add(factor.saturating_mul(by));
            if !std::mem::replace(&mut self.is_touched[row], true) {
                self.touched.push(row);
            }
            self.suspect(row);
        }
    }

    fn suspect(&mut self, row: usize) {
        if !std::mem::replace(&mut self.is_due[row], true) {
            self.due.push_back(row);
        }
    }

    /// A row that is broken, and how far it is beyond its span.
    fn broken(&mut self, from: Start<'_>) -> Option<(usize, i64)> {
        while let Some(&row) = self.due.front() {
            let beyond = self.beyond(from, row, 0);
            if beyond != 0 {
                return Some((row, beyond));
            }
            self.due.pop_front();
            self.is_due[row] = false;
        }
        None
    }

    fn beyond(&self, from: Start<'_>, row: usize, by: i64) -> i64 {
        self.system.rows[row].span.beyond(from.values[row].saturating_add(self.row_shift[row]).saturating_add(by))
    }

    /// The step within an expression that takes back most of what is beyond, at the least cost.
    fn step(&mut self, from: Start<'_>, terms: &[(usize, i64)], beyond: i64, want: Span, gone: i64) -> Option<Step> {
        let mut best: Option<Step> = None;
        let mut equals = 0;
        for &(unknown, factor) in terms {
            let Some(by) = self.allowed(from, unknown, factor, beyond) else { continue };
            let free = self.free(from, unknown, by);
            for by in [by, free] {
                // No part of the step may be free.
                if by == 0 {
                    continue;
                }
                let cost = self.cost(from, unknown, by, want, gone);
                equals = match &best {
                    Some(best) if best.cost < cost => continue,
                    Some(best) if best.cost == cost => equals + 1,
                    _ => 1,
                };
                if self.draw.next().is_multiple_of(equals) {
                    best = Some(Step { unknown, by, cost });
                }
                if by == free {
                    break;
                }
            }
        }
        best
    }

    /// How far an unknown may go to take back what is beyond; never back on a step made before.
    fn allowed(&self, from: Start<'_>, unknown: usize, factor: i64, beyond: i64) -> Option<i64> {
        // Rounded away from zero: a row with room takes the surplus.
        let by = match beyond.saturating_neg().checked_div(factor)? {
            0 => -beyond.signum() * factor.signum(),
            by => by,
        };
        if by.saturating_abs() > MOST_SHIFT {
            return None;
        }
        let (span, before) = (self.system.unknowns[unknown], self.shift[unknown]);
        let now = from.point[unknown].saturating_add(before);
        let target = now.saturating_add(by);
        let by = target.saturating_sub(span.beyond(target)).saturating_sub(now);
        (by != 0 && before.signum() * by.signum() >= 0).then_some(by)
    }

    /// The part of a step that breaks no row which holds.
    fn free(&self, from: Start<'_>, unknown: usize, by: i64) -> i64 {
        self.system.uses[unknown].iter().fold(by, |by, &(row, factor)| {
            let value = from.values[row].saturating_add(self.row_shift[row]);
            let span = self.system.rows[row].span;
            let after = span.beyond(value.saturating_add(factor.saturating_mul(by)));
            if after == 0 || span.beyond(value) != 0 {
                return by;
            }
            // What is beyond, taken back in full units of the factor; never past where the step began.
            let back = after / factor + i64::from(after % factor != 0) * after.signum() * factor.signum();
            if back.saturating_abs() >= by.saturating_abs() { 0 } else { by - back }
        })
    }

    /// What a step breaks less what it mends, in rows and in the goal.
    fn cost(&self, from: Start<'_>, unknown: usize, by: i64, want: Span, gone: i64) -> i64 {
        let goal = gone.saturating_add(self.goal[unknown].saturating_mul(by));
        let start = want.beyond(goal).saturating_abs().saturating_sub(want.beyond(gone).saturating_abs());
        self.system.uses[unknown].iter().fold(start, |cost, &(row, factor)| {
            let after = self.beyond(from, row, factor.saturating_mul(by)).saturating_abs();
            cost.saturating_add(after).saturating_sub(self.beyond(from, row, 0).saturating_abs())
        })
    }
}
