//! Points near a point: shift an expression, then mend the rows that this breaks, one unknown at a time.
//!
//! Most intervals are wide for a plain reason, such as one record more in a cell and in its totals. A walk finds such a
//! shift in microseconds where a solver takes a second. It may miss one: that decides nothing.

use super::system::{Span, Standing, System, Unknown};

/// Mends before a walk is given up.
const MOST_STEPS: usize = 120;

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
    /// Coefficients of the goal, by unknown.
    goal: Vec<i64>,
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
            goal: vec![0; unknowns],
        }
    }

    /// A shift of an admissible point that moves an expression by at least `by`, towards the sign of `by`.
    pub(super) fn walk(&mut self, from: &Standing<'s>, goal: &[(usize, i64)], by: i64) -> Option<Vec<(Unknown, i64)>> {
        goal.iter().for_each(|&(unknown, factor)| self.goal[unknown] = factor);
        let found = self.steps(from, goal, by).then(|| {
            self.moved.sort_unstable();
            self.moved.dedup();
            let shifted = self.moved.iter().filter(|&&unknown| self.shift[unknown] != 0);
            shifted.map(|&unknown| (Unknown(unknown), self.shift[unknown])).collect()
        });
        self.reset(goal);
        found
    }

    fn reset(&mut self, goal: &[(usize, i64)]) {
        goal.iter().for_each(|&(unknown, _)| self.goal[unknown] = 0);
        for unknown in self.moved.drain(..) {
            self.shift[unknown] = 0;
        }
        for row in self.touched.drain(..) {
            self.row_shift[row] = 0;
            self.is_touched[row] = false;
        }
    }

    fn steps(&mut self, from: &Standing<'s>, goal: &[(usize, i64)], by: i64) -> bool {
        let want = if by > 0 { Span { lo: Some(by), hi: None } } else { Span { lo: None, hi: Some(by) } };
        let mut gone = 0_i64;
        for _ in 0..MOST_STEPS {
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
        }
    }

    /// A row that is broken, and how far it is beyond its span.
    fn broken(&self, from: &Standing<'s>) -> Option<(usize, i64)> {
        self.touched.iter().map(|&row| (row, self.beyond(from, row, 0))).find(|(_, beyond)| *beyond != 0)
    }

    fn beyond(&self, from: &Standing<'s>, row: usize, by: i64) -> i64 {
        self.system.rows[row].span.beyond(from.values[row].saturating_add(self.row_shift[row]).saturating_add(by))
    }

    /// The step within an expression that takes back most of what is beyond, at the least cost.
    fn step(
        &mut self,
        from: &Standing<'s>,
        terms: &[(usize, i64)],
        beyond: i64,
        want: Span,
        gone: i64,
    ) -> Option<Step> {
        let mut best: Option<Step> = None;
        let mut equals = 0;
        for &(unknown, factor) in terms {
            let Some(by) = self.allowed(from, unknown, factor, beyond) else { continue };
            let cost = self.cost(from, unknown, by, want, gone);
            equals = match &best {
                Some(best) if best.cost < cost => continue,
                Some(best) if best.cost == cost => equals + 1,
                _ => 1,
            };
            if self.draw.next().is_multiple_of(equals) {
                best = Some(Step { unknown, by, cost });
            }
        }
        best
    }

    /// How far an unknown may go to take back what is beyond; never back on a step made before.
    fn allowed(&self, from: &Standing<'s>, unknown: usize, factor: i64, beyond: i64) -> Option<i64> {
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

    /// What a step breaks less what it mends, in rows and in the goal.
    fn cost(&self, from: &Standing<'s>, unknown: usize, by: i64, want: Span, gone: i64) -> i64 {
        let goal = gone.saturating_add(self.goal[unknown].saturating_mul(by));
        let start = want.beyond(goal).saturating_abs().saturating_sub(want.beyond(gone).saturating_abs());
        self.system.uses[unknown].iter().fold(start, |cost, &(row, factor)| {
            let after = self.beyond(from, row, factor.saturating_mul(by)).saturating_abs();
            cost.saturating_add(after).saturating_sub(self.beyond(from, row, 0).saturating_abs())
        })
    }
}
