//! What one count may become: a published one near its count, a hidden one as the past allows.

use crate::draw::preferred;
use crate::past::{AtomBond, CellBond};
use crate::policy::Policy;
use crate::program::{Expr, Program};

/// Cost of a cell that does not get the candidate that was drawn.
const OFF_DRAW: i64 = 1;
/// Cost of each step beyond the two adjacent multiples, of a category and of a total.
const EXTRA_STEP: i64 = 100;
const EXTRA_STEP_TOTAL: i64 = 1_000;
/// How many units the witness of an atom that is no published area may lie beyond the multiples next to its count. Without a
/// limit the witness of a table for the country alone drifts from the counts, and a region that corrects many records
/// of such an atom leaves its next issue no solution.
const DRIFT: i64 = 3;

/// How far a cell may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To one of the two adjacent multiples; a multiple stays itself.
    Adjacent,
    /// As far as the bound.
    Bound,
    /// As far as the bound; the witness of atoms that are not published may drift, and where deliveries were replaced,
    /// move though its count did not.
    Loose,
}

/// What a published cell may become, in units.
pub(super) struct Cell {
    /// The adjacent multiples that it may become; the nearest possible value where it may become neither.
    near: (i64, i64),
    /// The candidate that was drawn is the upper one.
    up: bool,
    /// Least and greatest value: within the bound, and within what the past allows.
    least: i64,
    most: i64,
    step_cost: i64,
}

/// What the witness of an atom that is not published may become, in units.
#[derive(Clone, Copy)]
pub(super) enum Hidden {
    /// It is kept, because its count is the same; whether readers know that it is.
    Kept { value: i64, known: bool },
    /// It is at least this, and near its count: between these.
    Near { least: i64, near: (i64, i64) },
}

impl Cell {
    pub(super) fn new(count: u64, draw: u64, total: bool, bond: &CellBond, policy: &Policy) -> Self {
        let step_cost = if total { EXTRA_STEP_TOTAL } else { EXTRA_STEP };
        let base = i64::from(policy.base);
        if let Some(kept) = bond.kept {
            let value = i64::from(kept) / base;
            return Self { near: (value, value), up: false, least: value, most: value, step_cost };
        }
        // Counts are at most LARGEST_COUNT (table.rs).
        let z = count as i64;
        let bound = i64::from(policy.bound);
        let (low, high) = bond.offset.unwrap_or((-bound, bound));
        let mut least = ceil(z + low.max(-bound), base).max(i64::from(bond.at_least) / base).max(0);
        let mut most = (z + high.min(bound)).div_euclid(base);
        // Two values of one count must leave as many possible counts as one multiple does.
        let apart = 2 * bound - (base - 1);
        for &had in &bond.had {
            least = least.max(ceil(i64::from(had) - apart, base));
            most = most.min((i64::from(had) + apart).div_euclid(base));
        }
        let within = |value: i64| value.max(least).min(most);
        let floor = z / base;
        let near = match bond.had.first() {
            Some(&had) => (within(i64::from(had) / base), within(i64::from(had) / base)),
            None => (within(floor), within(ceil(z, base))),
        };
        let drawn = preferred(count, policy.base, draw) as i64 / base > floor;
        let up = leans(bond, near.0 * base - z, near.1 * base - z).unwrap_or(drawn);
        Self { near, up, least, most, step_cost }
    }

    /// The candidate that was drawn, as far as the past allows it.
    pub(super) fn drawn(&self) -> i64 {
        if self.up { self.near.1 } else { self.near.0 }
    }

    /// Greatest value within reach.
    pub(super) fn most(&self, reach: Reach) -> i64 {
        match reach {
            Reach::Adjacent => self.near.1,
            Reach::Bound | Reach::Loose => self.most,
        }
    }

    /// The value as a sum of steps of rising cost: convex, so the cheapest steps are taken first.
    pub(super) fn expr(&self, program: &mut Program, reach: Reach) -> Expr {
        if self.least > self.most {
            // Nothing is possible: a variable without values says so.
            return Expr::var(program.var(self.least, self.most, 0));
        }
        let (low, high) = self.near;
        let mut expr = Expr::constant(low);
        let mut step = |width: i64, cost: i64, sign: i64| {
            if width > 0 {
                expr.push(program.var(0, width, cost), sign);
            }
        };
        step(high - low, if self.up { -OFF_DRAW } else { OFF_DRAW }, 1);
        if reach != Reach::Adjacent {
            step(self.most - high, self.step_cost, 1);
            step(low - self.least, self.step_cost, -1);
        }
        expr
    }
}

/// Which of two candidates leaves room for the next part of a longer period, when only one does: whether the upper one.
fn leans(bond: &CellBond, lower: i64, upper: i64) -> Option<bool> {
    let (least, most) = bond.roomy?;
    match ((least..=most).contains(&lower), (least..=most).contains(&upper)) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}

impl Hidden {
    /// What binds the witness of an atom with this count.
    pub(super) fn new(count: u32, bond: &AtomBond, base: u32) -> Self {
        let (count, base) = (i64::from(count), i64::from(base));
        match *bond {
            AtomBond::Kept { witness, known } => Self::Kept { value: i64::from(witness) / base, known },
            AtomBond::AtLeast(witness) => {
                let least = i64::from(witness) / base;
                let (low, high) = (count / base - DRIFT, ceil(count, base) + DRIFT);
                Self::Near { least, near: (low.max(least), high.max(least + 1)) }
            }
        }
    }

    /// The witness; `most`: the greatest value of the regions that the atom is in.
    pub(super) fn expr(self, program: &mut Program, most: i64, reach: Reach) -> Expr {
        match self {
            Self::Kept { value, known: false } if reach == Reach::Loose => {
                let mut expr = Expr::constant(value);
                expr.push(program.var(0, (most - value).max(0), OFF_DRAW), 1);
                expr.push(program.var(0, value, OFF_DRAW), -1);
                expr
            }
            Self::Kept { value, .. } => Expr::constant(value),
            Self::Near { least, .. } if reach == Reach::Loose => Expr::var(program.var(least, most, 0)),
            Self::Near { near, .. } => Expr::var(program.var(near.0, most.min(near.1), 0)),
        }
    }
}

/// The quotient, rounded up.
fn ceil(value: i64, base: i64) -> i64 {
    -(-value).div_euclid(base)
}
