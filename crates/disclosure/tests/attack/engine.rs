//! The engine of the attack, against trying every point.

use vt_disclosure::attack::{AttackError, Limits, Need, Outcome, Target, bounds, causes, prove};

use crate::plan::{Draw, Plan, range, target};

/// Systems tried of each kind.
const SYSTEMS: u64 = 600;

fn on() -> bool {
    false
}

/// Calls with each random system, its targets and a source of numbers.
fn each_plan(mut try_it: impl FnMut(&str, &Plan, &mut Draw)) {
    for seed in 0..SYSTEMS {
        let mut draw = Draw(seed);
        try_it(&format!("tables {seed}"), &Plan::tables(&mut draw), &mut draw);
        let mut draw = Draw(seed);
        try_it(&format!("scattered {seed}"), &Plan::scattered(&mut draw), &mut draw);
    }
}

fn narrow(need: Need, (lo, hi): (i64, i64)) -> bool {
    hi - lo < need.width || (1 <= lo && hi < need.k)
}

/// The groups named contradict each other, and any one fewer do not.
fn check_contradiction(name: &str, plan: &Plan, error: &AttackError) {
    let AttackError::Infeasible { groups } = error else { panic!("{name}: {error}") };
    let named = |group: usize| groups.contains(&group.to_string());
    // An open unknown leaves its box when the row that bounds it goes.
    if plan.open.contains(&true) {
        return;
    }
    assert!(plan.points(named).is_empty(), "{name}: {groups:?} have a point");
    for left_out in groups {
        let fewer = |group: usize| named(group) && group.to_string() != *left_out;
        assert!(!plan.points(fewer).is_empty(), "{name}: {left_out} of {groups:?} is not needed");
    }
}

#[test]
fn bounds_are_those_of_trying_everything() {
    let (mut feasible, mut infeasible) = (0, 0);
    each_plan(|name, plan, draw| {
        let (system, unknowns, _) = plan.system(|_| true);
        let plans = plan.targets(draw);
        let targets: Vec<Target> = plans.iter().map(|plan| target(&unknowns, plan)).collect();
        let points = plan.points(|_| true);
        let seeds: Vec<Vec<i64>> =
            if draw.chance(50) { points.iter().take(1).cloned().collect() } else { vec![vec![9; unknowns.len()]] };
        match bounds(&system, &targets, &seeds, &Limits::default(), &on) {
            Ok(found) => {
                feasible += 1;
                assert!(!points.is_empty(), "{name}: a system without points has bounds");
                assert!(system.admits(&found.point.expect("a point")), "{name}");
                for ((factors, _), interval) in plans.iter().zip(found.intervals) {
                    let (lo, hi) = range(factors, &points);
                    let interval = interval.expect("looked at");
                    assert_eq!((interval.lo, interval.hi), (Some(lo), Some(hi)), "{name}: {factors:?} {plan:?}");
                    assert!(interval.exact, "{name}: {factors:?}");
                    assert_eq!(interval.reached, Some((lo, hi)), "{name}: {factors:?}");
                }
            }
            Err(error) => {
                infeasible += 1;
                assert!(points.is_empty(), "{name}: {error} {plan:?}");
                check_contradiction(name, plan, &error);
            }
        }
    });
    assert!(feasible >= 800 && infeasible >= 50, "{feasible} systems with points, {infeasible} without");
}

#[test]
fn what_is_proven_is_safe_and_the_rest_is_not() {
    let (mut proven, mut unsafe_ones) = (0, 0);
    each_plan(|name, plan, draw| {
        let (system, unknowns, _) = plan.system(|_| true);
        let plans = plan.targets(draw);
        let targets: Vec<Target> = plans.iter().map(|plan| target(&unknowns, plan)).collect();
        let points = plan.points(|_| true);
        let Ok(found) = prove(&system, &targets, &[], &Limits::default(), &on) else {
            assert!(points.is_empty(), "{name}");
            return;
        };
        for ((factors, need), outcome) in plans.iter().zip(found.outcomes) {
            let truth = range(factors, &points);
            match outcome {
                Outcome::Proven { lo, hi } => {
                    proven += 1;
                    assert!(!narrow(*need, truth), "{name}: {factors:?} {need:?} {truth:?}");
                    assert!(truth.0 <= lo && hi <= truth.1, "{name}: a value that no point has");
                }
                Outcome::Unsafe(interval) => {
                    unsafe_ones += 1;
                    assert!(narrow(*need, truth), "{name}: {factors:?} {need:?} {truth:?}");
                    assert_eq!((interval.lo, interval.hi), (Some(truth.0), Some(truth.1)), "{name}");
                }
                Outcome::Unchecked => panic!("{name}: unchecked"),
            }
        }
    });
    assert!(proven >= 1_000 && unsafe_ones >= 1_000, "{proven} proven, {unsafe_ones} unsafe");
}

#[test]
fn causes_are_enough_and_each_is_needed() {
    let mut checked = 0;
    each_plan(|name, plan, draw| {
        let points = plan.points(|_| true);
        if points.is_empty() || plan.open.contains(&true) {
            return;
        }
        let (system, unknowns, groups) = plan.system(|_| true);
        for (factors, need) in plan.targets(draw).into_iter().step_by(3) {
            let target = target(&unknowns, &(factors.clone(), need));
            let found = causes(&system, &target, &Limits::default(), &on).unwrap();
            if !narrow(need, range(&factors, &points)) {
                assert!(found.is_empty(), "{name}: a cause of nothing");
                continue;
            }
            checked += 1;
            let cause = |group: usize| found.contains(&groups[group]);
            assert!(narrow(need, range(&factors, &plan.points(cause))), "{name}: {found:?} is not enough");
            for left_out in &found {
                let fewer = |group: usize| cause(group) && groups[group] != *left_out;
                assert!(!narrow(need, range(&factors, &plan.points(fewer))), "{name}: {left_out:?} is not needed");
            }
        }
    });
    assert!(checked >= 300, "{checked} causes");
}
