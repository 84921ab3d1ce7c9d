//! Times the attack on a system of the size of a period: 32 atoms by 8 dimensions of 10 categories, published for the
//! country and for two partitions that do not nest, each value known within 9; then for every sliver, an atom's cell.
//!
//! `cargo run -p vt-disclosure --example attack_bench [-- REGISTRATIONS [SNAPSHOTS [BOUND]]]`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use vt_disclosure::attack::{Group, Interval, Limits, Need, Outcome, System, Target, Unknown, bounds, causes, prove};

const ATOMS: usize = 32;
const DIMENSIONS: usize = 8;
const CATEGORIES: usize = 10;
const COLUMNS: usize = 1 + DIMENSIONS * CATEGORIES;

#[path = "../tests/attack/plan.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod plan;

use plan::Draw;

struct Period {
    system: System,
    targets: Vec<Target>,
    truth: Vec<i64>,
}

/// Counts by atom and column: the total, then the categories of every dimension.
fn counts(draw: &mut Draw, registrations: i64) -> Vec<i64> {
    let mut counts = vec![0; ATOMS * COLUMNS];
    for _ in 0..registrations {
        let atom = draw.below(ATOMS as i64).min(draw.below(ATOMS as i64)) as usize;
        counts[atom * COLUMNS] += 1;
        for dimension in 0..DIMENSIONS {
            let category = draw.below(CATEGORIES as i64).min(draw.below(CATEGORIES as i64)) as usize;
            counts[atom * COLUMNS + 1 + dimension * CATEGORIES + category] += 1;
        }
    }
    counts
}

/// The country and two partitions: one or two atoms an area, as veiligheids- and politieregions overlap.
fn areas(draw: &mut Draw) -> Vec<Vec<usize>> {
    let mut areas = vec![(0..ATOMS).collect()];
    for (count, step) in [(26, 1), (25, 7)] {
        let first = areas.len();
        areas.extend((0..count).map(|area| vec![area * step % ATOMS]));
        for rest in count..ATOMS {
            areas[first + draw.below(count as i64) as usize].push(rest * step % ATOMS);
        }
    }
    areas
}

fn period(draw: &mut Draw, registrations: i64, snapshots: usize, bound: i64, rounded: bool) -> Period {
    let z = counts(draw, registrations);
    let areas = areas(draw);
    let mut period = Period { system: System::new(), targets: Vec::new(), truth: Vec::new() };
    let mut before: Option<Vec<Unknown>> = None;
    for _ in 0..snapshots {
        let unknowns: Vec<Unknown> = z.iter().map(|_| period.system.unknown(0, None)).collect();
        period.truth.extend(&z);
        let adds_up = period.system.group("adds up");
        for atom in 0..ATOMS {
            for dimension in 0..DIMENSIONS {
                let mut terms = vec![(unknowns[atom * COLUMNS], -1)];
                let first = atom * COLUMNS + 1 + dimension * CATEGORIES;
                terms.extend((first..first + CATEGORIES).map(|cell| (unknowns[cell], 1)));
                period.system.row(adds_up, &terms, Some(0), Some(0));
            }
        }
        for column in 0..COLUMNS {
            let table: Group = period.system.group(format!("column {column}"));
            for area in &areas {
                let sum: i64 = area.iter().map(|atom| z[atom * COLUMNS + column]).sum();
                let value = if rounded { (sum + 2) / 5 * 5 } else { sum };
                let terms: Vec<_> = area.iter().map(|atom| (unknowns[atom * COLUMNS + column], 1)).collect();
                period.system.row(table, &terms, Some(value - bound), Some(value + bound));
                period.targets.push(Target { terms, need: Need { width: 4, k: 5 } });
            }
        }
        if let Some(before) = before.replace(unknowns.clone()) {
            let link = period.system.group("unchanged");
            for (&before, &now) in before.iter().zip(&unknowns) {
                period.system.row(link, &[(before, -1), (now, 1)], Some(0), Some(0));
            }
        }
    }
    period
}

fn slivers(system: &System) -> Vec<Target> {
    system.unknowns().map(|unknown| Target { terms: vec![(unknown, 1)], need: Need { width: 4, k: 5 } }).collect()
}

fn main() {
    let registrations = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2_500);
    let snapshots = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    let bound = std::env::args().nth(3).and_then(|n| n.parse().ok()).unwrap_or(9);
    for (rounded, seeded) in [(false, true), (false, false), (true, false)] {
        let mut draw = Draw(1);
        let mut period = period(&mut draw, registrations, snapshots, bound, rounded);
        println!(
            "{registrations} registrations, {snapshots} snapshots, bound {bound}, rounded {rounded}, seed {seeded}"
        );
        run(&period, seeded);
        period.targets = slivers(&period.system);
        println!(" slivers");
        run(&period, seeded);
    }
}

fn run(period: &Period, seeded: bool) {
    let Period { system, targets, truth } = period;
    let seeds: Vec<Vec<i64>> = if seeded { vec![truth.clone()] } else { Vec::new() };
    let on = || false;
    let start = Instant::now();
    let proof = prove(system, targets, &seeds, &Limits::default(), &on).unwrap();
    let count = |wanted: fn(&Outcome) -> bool| proof.outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let proven = count(|outcome| matches!(outcome, Outcome::Proven { .. }));
    let unchecked = count(|outcome| matches!(outcome, Outcome::Unchecked));
    println!(
        "  prove {} targets: {proven} proven, {unchecked} unchecked, {:?} in {:?}",
        targets.len(),
        proof.work,
        start.elapsed()
    );
    let some: Vec<Target> = targets.iter().step_by(targets.len() / 50).cloned().collect();
    let start = Instant::now();
    let found = bounds(system, &some, &seeds, &Limits::default(), &on).unwrap();
    let exact = found.intervals.iter().flatten().filter(|interval| interval.exact).count();
    println!("  bounds of {} targets: {exact} exact, {:?} in {:?}", some.len(), found.work, start.elapsed());
    let width = |interval: &Interval| interval.hi.unwrap_or(i64::MAX) - interval.lo.unwrap_or(0);
    println!("  least width {:?}", found.intervals.iter().flatten().map(width).min());
    let wide = Target { need: Need { width: 1_000, k: 0 }, ..targets[targets.len() / 2].clone() };
    let start = Instant::now();
    let groups = causes(system, &wide, &Limits::default(), &on).unwrap();
    println!("  causes of a narrow target: {} groups in {:?}", groups.len(), start.elapsed());
}
