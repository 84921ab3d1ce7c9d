//! Random small systems, and their answers by trying every point.

use vt_disclosure::attack::{Group, Need, System, Target, Unknown};

/// Reproducible numbers: splitmix64.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) % end as u64) as i64
    }

    pub fn in_span(&mut self, lo: i64, hi: i64) -> i64 {
        lo + self.below(hi - lo + 1)
    }

    pub fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
}

/// A row: group, factors by unknown, span.
pub type Row = (usize, Vec<i64>, Option<i64>, Option<i64>);

/// A system as data. Every unknown lies within its box; an open one by its rows only.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub boxes: Vec<(i64, i64)>,
    pub open: Vec<bool>,
    pub groups: usize,
    pub rows: Vec<Row>,
}

impl Plan {
    /// A table of atoms by categories with published groups that overlap and do not nest, in one or two snapshots.
    pub fn tables(draw: &mut Draw) -> Self {
        let mut plan = Self::default();
        let snapshots = draw.in_span(1, 2);
        let (atoms, categories) = if snapshots == 2 {
            [(3, 1), (1, 3), (2, 1)][draw.below(3) as usize]
        } else {
            [(2, 2), (2, 3), (3, 2), (4, 1), (5, 1)][draw.below(5) as usize]
        };
        let cells = atoms * categories;
        let most = if cells > 4 { 3 } else { 5 };
        let mut truth: Vec<i64> = (0..cells).map(|_| draw.in_span(0, most)).collect();
        for snapshot in 0..snapshots as usize {
            let first = snapshot * cells;
            for _ in 0..cells {
                plan.boxes.push((0, most));
                plan.open.push(draw.chance(15));
            }
            for _ in 0..draw.in_span(1, 4) {
                let group = plan.groups;
                plan.groups += 1;
                let members: Vec<bool> = (0..atoms).map(|_| draw.chance(60)).collect();
                let total = draw.chance(40);
                for category in 0..if total { 1 } else { categories } {
                    let inside = |cell: usize| members[cell / categories] && (total || cell % categories == category);
                    let sum: i64 = (0..cells).filter(|&cell| inside(cell)).map(|cell| truth[cell]).sum();
                    let mut factors = vec![0; first + cells];
                    (0..cells).filter(|&cell| inside(cell)).for_each(|cell| factors[first + cell] = 1);
                    let (lo, hi) = published(draw, sum);
                    plan.rows.push((group, factors, lo, hi));
                }
            }
            if snapshot == 1 {
                plan.link(draw, cells, &truth);
            }
            truth.iter_mut().for_each(|z| *z = (*z + i64::from(draw.chance(30))).min(most));
        }
        plan.close()
    }

    fn link(&mut self, draw: &mut Draw, cells: usize, truth: &[i64]) {
        let group = self.groups;
        self.groups += 1;
        let (lo, hi) = [(Some(0), Some(0)), (Some(0), None), (Some(-1), Some(1))][draw.below(3) as usize];
        // Equal where nothing changed is as in a store; elsewhere it may contradict.
        for cell in 0..cells.min(truth.len()) {
            let mut factors = vec![0; 2 * cells];
            (factors[cell], factors[cells + cell]) = (-1, 1);
            self.rows.push((group, factors, lo, hi));
        }
    }

    /// Rows of any factors, with or without a point.
    pub fn scattered(draw: &mut Draw) -> Self {
        let unknowns = draw.in_span(2, 5) as usize;
        let mut plan = Self::default();
        for _ in 0..unknowns {
            let lo = draw.in_span(-2, 2);
            plan.boxes.push((lo, lo + draw.in_span(0, 4)));
            plan.open.push(draw.chance(15));
        }
        let point: Vec<i64> = plan.boxes.iter().map(|&(lo, hi)| draw.in_span(lo, hi)).collect();
        let lost = draw.chance(20);
        for _ in 0..draw.in_span(1, 5) {
            let factors: Vec<i64> = (0..unknowns).map(|_| draw.in_span(-3, 3)).collect();
            let value: i64 = factors.iter().zip(&point).map(|(factor, value)| factor * value).sum();
            let value = value + if lost { draw.in_span(-4, 4) } else { 0 };
            let lo = (!draw.chance(25)).then(|| value - draw.below(3));
            let hi = (!draw.chance(25)).then(|| value + draw.below(3));
            if draw.chance(70) || plan.groups == 0 {
                plan.groups += 1;
            }
            plan.rows.push((plan.groups - 1, factors, lo, hi));
        }
        plan.close()
    }

    /// Gives open unknowns a row that bounds them, so that every point is in the boxes.
    fn close(mut self) -> Self {
        for (_, factors, ..) in &mut self.rows {
            factors.resize(self.boxes.len(), 0);
        }
        for unknown in 0..self.boxes.len() {
            if self.open[unknown] {
                let mut factors = vec![0; self.boxes.len()];
                factors[unknown] = 2;
                self.rows.push((self.groups, factors, None, Some(2 * self.boxes[unknown].1 + 1)));
                self.groups += 1;
            }
        }
        self
    }

    /// The system of this plan, with the rows of some groups.
    pub fn system(&self, keep: impl Fn(usize) -> bool) -> (System, Vec<Unknown>, Vec<Group>) {
        let mut system = System::new();
        let boxes = self.boxes.iter().zip(&self.open);
        let unknowns: Vec<_> = boxes.map(|(&(lo, hi), open)| system.unknown(lo, (!open).then_some(hi))).collect();
        let groups: Vec<_> = (0..self.groups).map(|group| system.group(format!("{group}"))).collect();
        for (group, factors, lo, hi) in self.rows.iter().filter(|row| keep(row.0)) {
            let terms: Vec<_> = unknowns.iter().copied().zip(factors.iter().copied()).collect();
            system.row(groups[*group], &terms, *lo, *hi);
        }
        (system, unknowns, groups)
    }

    /// Every point within the boxes that meets the rows of some groups.
    pub fn points(&self, keep: impl Fn(usize) -> bool) -> Vec<Vec<i64>> {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| keep(row.0)).collect();
        let mut points = Vec::new();
        let mut point: Vec<i64> = self.boxes.iter().map(|span| span.0).collect();
        loop {
            let holds = |(_, factors, lo, hi): &&Row| {
                let value: i64 = factors.iter().zip(&point).map(|(factor, value)| factor * value).sum();
                lo.is_none_or(|lo| lo <= value) && hi.is_none_or(|hi| value <= hi)
            };
            if rows.iter().all(holds) {
                points.push(point.clone());
            }
            let Some(next) = (0..point.len()).find(|&unknown| point[unknown] < self.boxes[unknown].1) else {
                return points;
            };
            point[next] += 1;
            (0..next).for_each(|unknown| point[unknown] = self.boxes[unknown].0);
        }
    }

    /// Factors of targets: every unknown, and some sums and differences.
    pub fn targets(&self, draw: &mut Draw) -> Vec<(Vec<i64>, Need)> {
        let count = self.boxes.len();
        let mut targets: Vec<Vec<i64>> =
            (0..count).map(|own| (0..count).map(|unknown| i64::from(unknown == own)).collect()).collect();
        targets.extend((0..2).map(|_| (0..count).map(|_| draw.in_span(0, 1)).collect()));
        targets.push((0..count).map(|_| draw.in_span(-1, 1)).collect());
        targets.push((0..count).map(|_| draw.in_span(-2, 3)).collect());
        targets.extend(self.rows.first().map(|row| row.1.clone()));
        targets
            .into_iter()
            .map(|factors| (factors, Need { width: draw.in_span(0, 5), k: draw.in_span(0, 5) }))
            .collect()
    }
}

/// What a reader knows of a published count.
fn published(draw: &mut Draw, z: i64) -> (Option<i64>, Option<i64>) {
    let rounded = |base: i64| (2 * z + base) / (2 * base) * base;
    match draw.below(4) {
        0 => (Some(z), Some(z)),
        1 => (Some(rounded(5) - 2), Some(rounded(5) + 2)),
        2 => (Some((rounded(3) - 1).max(0)), Some(rounded(3) + 1)),
        _ => (Some(z - draw.below(4)), Some(z + draw.below(4))),
    }
}

/// Terms of a target in a system.
pub fn target(unknowns: &[Unknown], (factors, need): &(Vec<i64>, Need)) -> Target {
    Target { terms: unknowns.iter().copied().zip(factors.iter().copied()).collect(), need: *need }
}

/// Least and greatest value of an expression at some points.
pub fn range(factors: &[i64], points: &[Vec<i64>]) -> (i64, i64) {
    let values = || points.iter().map(|point| factors.iter().zip(point).map(|(factor, value)| factor * value).sum());
    (values().min().unwrap(), values().max().unwrap())
}
