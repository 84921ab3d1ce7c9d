//! Integer programs over a part of a system, solved by `microlp`.
//!
//! The solver computes in floating point: a point that it gives counts only once the part admits it in exact integers,
//! and a bound is rounded inwards with a margin that lets a doubtful value stay possible.

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem, SolveOptions, SolveOutcome, Variable};

use super::AttackError;
use super::reduce::Part;
use super::system::{Span, System, value_at};

/// The largest count taken: beyond it the solver's tolerances would blur integers.
pub(super) const LARGEST: i64 = 1_000_000_000;

/// Which end of an expression is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Low,
    High,
}

/// What is known of an end of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// No admissible point is beyond this value.
    At(i64),
    /// The expression is unbounded on this side.
    Open,
    /// The solver found no bound.
    Unknown,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A bound, and the best admissible point found.
    Found { limit: Limit, point: Option<Vec<i64>> },
    /// The solver says that the part has no admissible point.
    Infeasible,
}

/// Effort for one program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Nodes of the search tree.
    pub(super) nodes: u64,
    /// Relative distance from the optimum at which the search may end; 0 for the optimum itself.
    pub(super) gap: f64,
}

/// Refuses bounds that floating point cannot hold.
pub(super) fn check(system: &System) -> Result<(), AttackError> {
    let ends = system.unknowns.iter().chain(system.rows.iter().map(|row| &row.span));
    match ends.flat_map(|span| [span.lo, span.hi]).flatten().find(|end| end.saturating_abs() > LARGEST) {
        Some(value) => Err(AttackError::TooLarge { value, largest: LARGEST }),
        None => Ok(()),
    }
}

/// Finds an end of an expression over the integer points of a part.
pub(super) fn solve(
    part: &Part,
    terms: &[(usize, i64)],
    end: End,
    hint: Option<&[i64]>,
    effort: Effort,
) -> Result<Answer, AttackError> {
    if let Some(value) = part.system.unknowns.iter().filter_map(|span| span.lo).find(|lo| *lo < -LARGEST) {
        return Err(AttackError::TooLarge { value, largest: LARGEST });
    }
    Ok(if part.system.rows.is_empty() { alone(part, terms, end) } else { program(part, terms, end, hint, effort) })
}

/// The end of an expression of unknowns that no row ties.
fn alone(part: &Part, terms: &[(usize, i64)], end: End) -> Answer {
    let lowest = |span: &Span| span.lo.unwrap_or(-LARGEST);
    let mut point: Vec<i64> = part.system.unknowns.iter().map(lowest).collect();
    for &(unknown, factor) in terms {
        if (factor > 0) == (end == End::High) {
            point[unknown] = part.system.unknowns[unknown].hi.unwrap_or(LARGEST);
        }
    }
    let own = part.range(terms);
    let limit = if end == End::Low { own.lo } else { own.hi }.map_or(Limit::Open, Limit::At);
    Answer::Found { limit, point: part.system.admits(&point).then_some(point) }
}

fn program(part: &Part, terms: &[(usize, i64)], end: End, hint: Option<&[i64]>, effort: Effort) -> Answer {
    let open = part.system.unknowns.iter().any(|span| bounded(*span).is_none());
    if !open {
        return integer(part, terms, end, hint, effort, true);
    }
    // The solver's integers have bounds: without them only the relaxation gives a bound that holds.
    let limit = match relaxed(part, terms, end) {
        Answer::Found { limit, .. } => limit,
        Answer::Infeasible => return Answer::Infeasible,
    };
    match integer(part, terms, end, hint, effort, true) {
        Answer::Found { point, .. } => Answer::Found { limit, point },
        // None within the bounds put in is not none at all.
        Answer::Infeasible => Answer::Found { limit, point: None },
    }
}

fn integer(
    part: &Part,
    terms: &[(usize, i64)],
    end: End,
    hint: Option<&[i64]>,
    effort: Effort,
    presolve: bool,
) -> Answer {
    let add = |problem: &mut Problem, cost: f64, span: Span| {
        // Bounds fit: they are within LARGEST.
        let (lo, hi) = bounded(span).unwrap_or((span.lo.unwrap_or(-LARGEST), LARGEST));
        problem.add_integer_var(cost, (lo as i32, hi as i32))
    };
    let (problem, vars) = problem(&part.system, terms, end, add);
    let mut options = SolveOptions::default();
    options.node_limit = Some(effort.nodes);
    options.mip_gap = effort.gap;
    options.presolve = presolve;
    options.warm_start = hint.map(|hint| vars.iter().copied().zip(hint.iter().map(|&value| value as f64)).collect());
    let outcome = match problem.solve_with(options) {
        Ok(outcome) => outcome,
        Err(Error::Infeasible) => return Answer::Infeasible,
        Err(_) if presolve => return integer(part, terms, end, hint, effort, false),
        Err(_) => return Answer::Found { limit: Limit::Unknown, point: None },
    };
    let bound = outcome.stats().best_bound;
    let optimal = outcome.is_optimal();
    let point = match outcome {
        SolveOutcome::Solution(solution) => {
            let point: Vec<i64> = vars.iter().map(|&var| solution.var_value(var).round() as i64).collect();
            part.system.admits(&point).then_some(point)
        }
        _ => None,
    };
    let limit = match &point {
        Some(point) if optimal => Limit::At(value_at(terms, point)),
        _ => bound.map_or(Limit::Unknown, |bound| inwards(bound, end)),
    };
    Answer::Found { limit, point }
}

/// The bound of the linear relaxation.
fn relaxed(part: &Part, terms: &[(usize, i64)], end: End) -> Answer {
    let add = |problem: &mut Problem, cost: f64, span: Span| {
        let lo = span.lo.map_or(f64::NEG_INFINITY, |lo| lo as f64);
        problem.add_var(cost, (lo, span.hi.map_or(f64::INFINITY, |hi| hi as f64)))
    };
    let (problem, _) = problem(&part.system, terms, end, add);
    let limit = match problem.solve() {
        Ok(SolveOutcome::Solution(solution)) => inwards(solution.objective(), end),
        Err(Error::Infeasible) => return Answer::Infeasible,
        Err(Error::Unbounded) => Limit::Open,
        _ => Limit::Unknown,
    };
    Answer::Found { limit, point: None }
}

fn problem(
    system: &System,
    terms: &[(usize, i64)],
    end: End,
    add: impl Fn(&mut Problem, f64, Span) -> Variable,
) -> (Problem, Vec<Variable>) {
    let mut problem = Problem::new(match end {
        End::Low => OptimizationDirection::Minimize,
        End::High => OptimizationDirection::Maximize,
    });
    let mut costs = vec![0; system.unknowns.len()];
    for &(unknown, factor) in terms {
        costs[unknown] = factor;
    }
    let vars: Vec<Variable> =
        system.unknowns.iter().zip(costs).map(|(&span, cost)| add(&mut problem, cost as f64, span)).collect();
    for row in &system.rows {
        let mut expr: Vec<(Variable, f64)> =
            row.terms.iter().map(|&(unknown, factor)| (vars[unknown], factor as f64)).collect();
        match (row.span.lo, row.span.hi) {
            (Some(lo), Some(hi)) if lo == hi => problem.add_constraint(expr, ComparisonOp::Eq, lo as f64),
            (Some(lo), Some(hi)) => {
                // One row with a bounded value of its own costs the solver less than two rows.
                expr.push((problem.add_var(0.0, (lo as f64, hi as f64)), -1.0));
                problem.add_constraint(expr, ComparisonOp::Eq, 0.0);
            }
            (Some(lo), None) => problem.add_constraint(expr, ComparisonOp::Ge, lo as f64),
            (None, Some(hi)) => problem.add_constraint(expr, ComparisonOp::Le, hi as f64),
            (None, None) => {}
        }
    }
    (problem, vars)
}

fn bounded(span: Span) -> Option<(i64, i64)> {
    span.lo.zip(span.hi).filter(|(_, hi)| *hi <= LARGEST)
}

/// The last integer that a computed bound leaves possible.
fn inwards(bound: f64, end: End) -> Limit {
    if !bound.is_finite() {
        return Limit::Unknown;
    }
    let margin = 1e-4 + bound.abs() * 1e-9;
    // Beyond LARGEST times a row the cast saturates, which is no bound.
    Limit::At(match end {
        End::Low => (bound - margin).ceil() as i64,
        End::High => (bound + margin).floor() as i64,
    })
}
