//! What the attack says when it is cut short, has nothing to hold on to, or is given more than it can take.

use std::cell::Cell;

use vt_disclosure::attack::{
    AttackError, Interval, Limits, Need, Outcome, System, Target, Unknown, bounds, causes, prove,
};

use crate::plan::{Draw, Plan, range, target};

const NEED: Need = Need { width: 4, k: 5 };

fn on() -> bool {
    false
}

fn of(terms: &[(Unknown, i64)]) -> Target {
    Target { terms: terms.to_vec(), need: NEED }
}

fn one(system: &System, target: Target) -> Interval {
    bounds(system, &[target], &[], &Limits::default(), &on).unwrap().intervals[0].unwrap()
}

#[test]
fn nothing_holds_an_unknown_without_rows() {
    let mut system = System::new();
    let (open, shut) = (system.unknown(0, None), system.unknown(2, Some(7)));
    let found = one(&system, of(&[(open, 1)]));
    assert_eq!((found.lo, found.hi, found.exact), (Some(0), None, true));
    let found = one(&system, of(&[(shut, 2), (open, -1)]));
    assert_eq!((found.lo, found.hi, found.exact), (None, Some(14), true));
    let proof = prove(&system, &[of(&[(open, 1)]), of(&[(shut, 1)])], &[], &Limits::default(), &on).unwrap();
    assert!(proof.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Proven { .. })), "{proof:?}");
}

/// Unknowns without an upper bound, of which a difference and one sum are known.
#[test]
fn open_unknowns_are_bounded_by_their_rows_or_not_at_all() {
    let mut system = System::new();
    let unknowns: Vec<Unknown> = (0..4).map(|_| system.unknown(0, None)).collect();
    let [a, b, c, d] = unknowns[..] else { unreachable!() };
    let group = system.group("rows");
    system.row(group, &[(a, 1), (b, -1)], Some(3), Some(5));
    system.row(group, &[(b, 1), (c, -1), (d, 1)], Some(0), Some(0));
    let open = one(&system, of(&[(a, 1)]));
    assert_eq!((open.lo, open.hi, open.exact), (Some(3), None, true));
    let held = one(&system, of(&[(a, 1), (c, -1), (d, 1)]));
    assert_eq!((held.lo, held.hi, held.exact), (Some(3), Some(5), true));
    let seen = prove(&system, &[of(&[(a, 1)]), of(&[(a, 1), (b, -1)])], &[], &Limits::default(), &on).unwrap();
    assert!(matches!(seen.outcomes[0], Outcome::Proven { .. }));
    assert_eq!(
        seen.outcomes[1],
        Outcome::Unsafe(Interval { lo: Some(3), hi: Some(5), exact: true, reached: Some((3, 5)) })
    );
}

/// The relaxation allows a half; integers do not.
#[test]
fn bounds_are_those_of_integers() {
    let mut system = System::new();
    let unknowns: Vec<Unknown> = (0..3).map(|_| system.unknown(0, Some(1))).collect();
    let group = system.group("pairs");
    for pair in [(0, 1), (1, 2), (0, 2)] {
        system.row(group, &[(unknowns[pair.0], 1), (unknowns[pair.1], 1)], None, Some(1));
    }
    let sum: Vec<_> = unknowns.iter().map(|&unknown| (unknown, 1)).collect();
    let found = one(&system, of(&sum));
    assert_eq!((found.lo, found.hi, found.exact), (Some(0), Some(1), true));
}

/// Sixty cells under overlapping rounded sums: every interval holds the truth, as proofs do.
#[test]
fn a_larger_system_holds_the_truth() {
    let mut draw = Draw(3);
    let truth: Vec<i64> = (0..60).map(|_| draw.below(7) * draw.below(4)).collect();
    let mut system = System::new();
    let unknowns: Vec<Unknown> = truth.iter().map(|_| system.unknown(0, None)).collect();
    for table in 0..5 {
        let group = system.group(format!("table {table}"));
        let area: Vec<i64> = (0..60).map(|_| draw.below(8)).collect();
        for code in 0..8 {
            let members: Vec<usize> = (0..60).filter(|&cell| area[cell] == code).collect();
            let sum: i64 = members.iter().map(|&cell| truth[cell]).sum();
            let terms: Vec<_> = members.iter().map(|&cell| (unknowns[cell], 1)).collect();
            let nearest = (sum + 2) / 5 * 5;
            system.row(group, &terms, Some((nearest - 2).max(0)), Some(nearest + 2));
        }
    }
    let targets: Vec<Target> = unknowns.iter().map(|&unknown| of(&[(unknown, 1)])).collect();
    let found = bounds(&system, &targets, &[], &Limits::default(), &on).unwrap();
    let proof = prove(&system, &targets, &[], &Limits::default(), &on).unwrap();
    for ((&z, interval), outcome) in truth.iter().zip(&found.intervals).zip(&proof.outcomes) {
        let interval = interval.expect("looked at");
        assert!(interval.lo.is_none_or(|lo| lo <= z) && interval.hi.is_none_or(|hi| z <= hi), "{interval:?} {z}");
        let (least, most) = interval.reached.expect("points");
        assert!(interval.lo.is_none_or(|lo| lo <= least) && interval.hi.is_none_or(|hi| most <= hi));
        match outcome {
            Outcome::Proven { lo, hi } => {
                assert!(NEED.met(interval.lo, interval.hi));
                assert!(interval.lo.is_none_or(|least| least <= *lo) && interval.hi.is_none_or(|most| *hi <= most));
            }
            Outcome::Unsafe(_) => assert!(!NEED.met(Some(least), Some(most))),
            Outcome::Unchecked => assert!(!interval.exact, "{interval:?}"),
        }
    }
    assert!(found.intervals.iter().flatten().filter(|interval| interval.exact).count() >= 55);
}

/// However little it may do, it never calls safe what is not, and its bounds hold every point.
#[test]
fn limits_never_make_a_target_safe() {
    let (mut unchecked, mut inexact) = (0, 0);
    for seed in 0..400 {
        let mut draw = Draw(seed);
        let plan = if seed % 2 == 0 { Plan::tables(&mut draw) } else { Plan::scattered(&mut draw) };
        let points = plan.points(|_| true);
        if points.is_empty() {
            continue;
        }
        let (system, unknowns, _) = plan.system(|_| true);
        let plans = plan.targets(&mut draw);
        let targets: Vec<Target> = plans.iter().map(|plan| target(&unknowns, plan)).collect();
        let limits = Limits { nodes: draw.below(2) as u64, solves: draw.below(4) as usize };
        let asked = Cell::new(0);
        let patience = draw.below(12);
        let stop = || asked.replace(asked.get() + 1) >= patience;
        let found = bounds(&system, &targets, &[], &limits, &stop).unwrap();
        for ((factors, _), interval) in plans.iter().zip(found.intervals) {
            let (lo, hi) = range(factors, &points);
            let Some(interval) = interval else {
                unchecked += 1;
                continue;
            };
            assert!(interval.lo.is_none_or(|outer| outer <= lo), "{seed}: {interval:?} {lo}");
            assert!(interval.hi.is_none_or(|outer| hi <= outer), "{seed}: {interval:?} {hi}");
            assert!(interval.reached.is_none_or(|reached| lo <= reached.0 && reached.1 <= hi), "{seed}");
            let same = (interval.lo, interval.hi) == (Some(lo), Some(hi));
            assert!(same || !interval.exact, "{seed}: {interval:?} is not {lo}..{hi}");
            inexact += usize::from(!interval.exact);
        }
        asked.set(0);
        let proof = prove(&system, &targets, &[], &limits, &stop).unwrap();
        for ((factors, need), outcome) in plans.iter().zip(proof.outcomes) {
            let (lo, hi) = range(factors, &points);
            match outcome {
                Outcome::Proven { .. } => assert!(need.met(Some(lo), Some(hi)), "{seed}"),
                Outcome::Unsafe(_) => assert!(!need.met(Some(lo), Some(hi)), "{seed}"),
                Outcome::Unchecked => unchecked += 1,
            }
        }
    }
    assert!(unchecked >= 100, "{unchecked} unchecked, {inexact} inexact");
}

/// Two rows of scattered factors, to be met exactly: no walk meets them, and a search needs many nodes.
fn scattered_sums() -> (System, Vec<Unknown>) {
    let mut system = System::new();
    let unknowns: Vec<Unknown> = (0..20).map(|_| system.unknown(0, Some(1))).collect();
    let group = system.group("sums");
    for seed in [37, 61] {
        let factors = (0..20).map(|unknown| (unknown + 3) * seed * seed % 101);
        let half = factors.clone().sum::<i64>() / 2;
        let terms: Vec<_> = unknowns.iter().copied().zip(factors).collect();
        system.row(group, &terms, Some(half), Some(half));
    }
    (system, unknowns)
}

#[test]
fn a_target_not_decided_is_unchecked_and_its_interval_is_not_exact() {
    let (system, unknowns) = scattered_sums();
    let wide = Target { terms: unknowns.iter().map(|&unknown| (unknown, 1)).collect(), need: Need { width: 1, k: 0 } };
    let least = Limits { nodes: 0, solves: 100 };
    let short = bounds(&system, std::slice::from_ref(&wide), &[], &least, &on).unwrap().intervals[0].unwrap();
    let full = one(&system, wide.clone());
    assert!(!short.exact && full.exact, "{short:?} {full:?}");
    assert!(short.lo <= full.lo && full.hi <= short.hi, "{short:?} {full:?}");
    let outcome = |limits: &Limits, stop: &dyn Fn() -> bool| {
        prove(&system, std::slice::from_ref(&wide), &[], limits, stop).unwrap().outcomes[0]
    };
    assert_eq!(outcome(&least, &on), Outcome::Unchecked);
    assert_eq!(outcome(&Limits { solves: 0, ..Limits::default() }, &on), Outcome::Unchecked);
    assert_eq!(outcome(&Limits::default(), &|| true), Outcome::Unchecked);
    assert!(matches!(outcome(&Limits::default(), &on), Outcome::Proven { .. }));
    assert_eq!(bounds(&system, &[wide], &[], &Limits::default(), &|| true).unwrap().intervals, [None]);
}

#[test]
fn seeds_that_are_not_admissible_are_passed_over() {
    let mut system = System::new();
    let unknown = system.unknown(0, Some(3));
    let seeds = [vec![9], vec![], vec![1, 2], vec![-1]];
    let proof = prove(&system, &[of(&[(unknown, 1)])], &seeds, &Limits::default(), &on).unwrap();
    assert!(matches!(proof.outcomes[0], Outcome::Unsafe(Interval { lo: Some(0), hi: Some(3), .. })), "{proof:?}");
}

#[test]
fn numbers_beyond_the_solver_are_refused() {
    let mut system = System::new();
    let unknown = system.unknown(0, Some(5_000_000_000));
    let error = bounds(&system, &[of(&[(unknown, 1)])], &[], &Limits::default(), &on).unwrap_err();
    assert_eq!(error, AttackError::TooLarge { value: 5_000_000_000, largest: 1_000_000_000 });
}

#[test]
fn a_contradiction_names_the_tables_that_make_it() {
    let mut system = System::new();
    let unknowns: Vec<Unknown> = (0..3).map(|_| system.unknown(0, Some(9))).collect();
    let rows = [("a", vec![0, 1], 4), ("b", vec![1, 2], 8), ("c", vec![0, 1, 2], 3), ("d", vec![0], 1)];
    for (name, members, value) in rows {
        let group = system.group(name);
        let terms: Vec<_> = members.iter().map(|&member| (unknowns[member], 1)).collect();
        system.row(group, &terms, Some(value), Some(value));
    }
    let error = prove(&system, &[], &[], &Limits::default(), &on).unwrap_err();
    let AttackError::Infeasible { groups } = &error else { panic!("{error}") };
    assert!(groups.contains(&"c".to_owned()) && groups.len() == 2, "{error}");
    assert!(error.to_string().contains("contradict each other"));
}

/// A row of nothing that demands something is a contradiction by itself.
#[test]
fn an_empty_row_can_contradict() {
    let mut system = System::new();
    system.unknown(0, None);
    let (fine, wrong) = (system.group("fine"), system.group("wrong"));
    system.row(fine, &[], Some(0), None);
    system.row(wrong, &[], Some(1), None);
    let error = bounds(&system, &[], &[], &Limits::default(), &on).unwrap_err();
    assert_eq!(error, AttackError::Infeasible { groups: vec!["wrong".to_owned()] });
}

/// A region minus its part, both exact: the cause is those two tables and no third.
#[test]
fn a_subtraction_is_blamed_on_its_two_tables() {
    let mut system = System::new();
    let atoms: Vec<Unknown> = (0..3).map(|_| system.unknown(0, None)).collect();
    let (vt, vr, nl) = (system.group("VT"), system.group("VR"), system.group("NL"));
    system.row(vt, &[(atoms[0], 1), (atoms[1], 1)], Some(12), Some(12));
    system.row(vr, &[(atoms[0], 1)], Some(10), Some(10));
    system.row(nl, &[(atoms[0], 1), (atoms[1], 1), (atoms[2], 1)], Some(25), Some(35));
    let target = of(&[(atoms[1], 1)]);
    assert_eq!(causes(&system, &target, &Limits::default(), &on).unwrap(), [vt, vr]);
    assert_eq!(one(&system, target).lo, Some(2));
    assert!(causes(&system, &of(&[(atoms[2], 1)]), &Limits::default(), &on).unwrap().is_empty());
}

#[test]
fn a_shift_is_admitted_exactly_when_the_point_there_is() {
    let mut tried = [0, 0];
    for seed in 0..500 {
        let mut draw = Draw(seed);
        let plan = Plan::tables(&mut draw);
        let (system, unknowns, _) = plan.system(|_| true);
        let points = plan.points(|_| true);
        let Some(point) = points.get(draw.below(points.len().max(1) as i64) as usize) else { continue };
        let standing = system.standing(point.clone()).expect("an admissible point");
        for _ in 0..10 {
            let mut shift: Vec<(Unknown, i64)> = Vec::new();
            // The first stands there twice: shifts of one unknown add up.
            for &unknown in unknowns.iter().chain(unknowns.first()) {
                if draw.chance(40) {
                    shift.push((unknown, draw.in_span(-1, 1)));
                }
            }
            let mut moved = point.clone();
            for (at, unknown) in unknowns.iter().enumerate() {
                moved[at] += shift.iter().filter(|(other, _)| other == unknown).map(|(_, by)| by).sum::<i64>();
            }
            assert_eq!(standing.admits_shift(&shift), system.admits(&moved), "{seed}: {shift:?}");
            tried[usize::from(system.admits(&moved))] += 1;
        }
    }
    assert!(tried.iter().all(|&times| times >= 300), "{tried:?}");
}
