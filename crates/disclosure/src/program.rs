//! Small integer programs and their solution by `microlp`.
//!
//! The solver computes in floating point. Its values are rounded to integers and every row and bound is checked here in
//! exact integers; its status alone is never believed.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem, SolveOptions, SolveOutcome, Variable};

/// A linear expression: `constant + Σ coefficient · variable`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expr {
    constant: i64,
    terms: Vec<(usize, i64)>,
}

/// Minimise the costs of integer variables within bounds and rows.
#[derive(Default)]
pub(crate) struct Program {
    vars: Vec<Var>,
    rows: Vec<Row>,
    /// A row without variables that cannot hold.
    impossible: bool,
}

struct Var {
    lo: i64,
    hi: i64,
    cost: i64,
}

struct Row {
    terms: Vec<(usize, i64)>,
    lo: i64,
    hi: i64,
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Solved {
    /// A value for each variable that meets every row and bound exactly.
    Found(Vec<i64>),
    /// The solver says that there is none.
    Infeasible,
    /// The limit was reached, or the solver failed, before a solution was found.
    GaveUp,
}

impl Expr {
    pub(crate) fn constant(constant: i64) -> Self {
        Self { constant, terms: Vec::new() }
    }

    pub(crate) fn var(var: usize) -> Self {
        Self { constant: 0, terms: vec![(var, 1)] }
    }

    pub(crate) fn push(&mut self, var: usize, coefficient: i64) {
        self.terms.push((var, coefficient));
    }

    pub(crate) fn sum<'a>(exprs: impl IntoIterator<Item = &'a Self>) -> Self {
        exprs.into_iter().fold(Self::default(), |mut sum, expr| {
            sum.add(expr, 1);
            sum
        })
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut difference = self.clone();
        difference.add(other, -1);
        difference
    }

    fn add(&mut self, other: &Self, factor: i64) {
        self.constant += factor * other.constant;
        self.terms.extend(other.terms.iter().map(|&(var, coefficient)| (var, factor * coefficient)));
    }

    pub(crate) fn value(&self, values: &[i64]) -> i64 {
        self.constant + activity(&self.terms, values)
    }
}

impl Program {
    pub(crate) fn var(&mut self, lo: i64, hi: i64, cost: i64) -> usize {
        self.vars.push(Var { lo, hi, cost });
        self.vars.len() - 1
    }

    /// Demands `lo ≤ expr ≤ hi`; a row that the bounds of its variables imply is left out.
    pub(crate) fn constrain(&mut self, expr: &Expr, lo: i64, hi: i64) {
        let (lo, hi) = (lo.saturating_sub(expr.constant), hi.saturating_sub(expr.constant));
        let terms = merged(&expr.terms);
        let (least, most) = self.range(&terms);
        if least > hi || most < lo {
            self.impossible = true;
        } else if least < lo || most > hi {
            self.rows.push(Row { terms, lo: lo.max(least), hi: hi.min(most) });
        }
    }

    /// Least and greatest value of an expression within the bounds of its variables.
    fn range(&self, terms: &[(usize, i64)]) -> (i64, i64) {
        terms.iter().fold((0, 0), |(least, most), &(var, factor)| {
            let ends = (factor * self.vars[var].lo, factor * self.vars[var].hi);
            (least + ends.0.min(ends.1), most + ends.0.max(ends.1))
        })
    }

    /// Solves the program part by part. `node_limit` bounds the search of each part.
    pub(crate) fn solve(&self, node_limit: u64) -> Solved {
        if self.impossible || self.vars.iter().any(|var| var.lo > var.hi) {
            return Solved::Infeasible;
        }
        // A variable without rows takes its cheapest bound; the others are overwritten by their part.
        let mut values: Vec<i64> = self.vars.iter().map(|var| if var.cost < 0 { var.hi } else { var.lo }).collect();
        for part in self.parts() {
            if let Err(end) = self.solve_part(&part, node_limit, &mut values) {
                return end;
            }
        }
        if self.holds(&values) { Solved::Found(values) } else { Solved::GaveUp }
    }

    /// Writes a solution of some rows into the values of their variables.
    fn solve_part(&self, part: &[usize], node_limit: u64, values: &mut [i64]) -> Result<(), Solved> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let mut handles: BTreeMap<usize, Variable> = BTreeMap::new();
        for &row in part {
            let Row { terms, lo, hi } = &self.rows[row];
            let mut expr = Vec::with_capacity(terms.len());
            for &(var, factor) in terms {
                // The bounds fit: counts are at most LARGEST_COUNT (table.rs).
                let Var { lo, hi, cost } = self.vars[var];
                let add = || problem.add_integer_var(cost as f64, (lo as i32, hi as i32));
                expr.push((*handles.entry(var).or_insert_with(add), factor as f64));
            }
            self.add_row(&mut problem, terms, &expr, (*lo, *hi));
        }
        let mut options = SolveOptions::default();
        options.node_limit = Some(node_limit);
        match problem.solve_with(options) {
            Ok(SolveOutcome::Solution(solution)) => {
                for (var, handle) in handles {
                    values[var] = solution.var_value(handle).round() as i64;
                }
                Ok(())
            }
            Err(Error::Infeasible) => Err(Solved::Infeasible),
            _ => Err(Solved::GaveUp),
        }
    }

    /// Adds the sides of a row that the bounds of its variables do not imply.
    fn add_row(&self, problem: &mut Problem, terms: &[(usize, i64)], expr: &[(Variable, f64)], (lo, hi): (i64, i64)) {
        let (least, most) = self.range(terms);
        if lo == hi {
            problem.add_constraint(expr, ComparisonOp::Eq, lo as f64);
            return;
        }
        if lo > least {
            problem.add_constraint(expr, ComparisonOp::Ge, lo as f64);
        }
        if hi < most {
            problem.add_constraint(expr, ComparisonOp::Le, hi as f64);
        }
    }

    /// Rows that share variables, directly or through other rows, in order of their first row.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut root: Vec<usize> = (0..self.rows.len()).collect();
        let mut row_of_var: Vec<Option<usize>> = vec![None; self.vars.len()];
        for (row, Row { terms, .. }) in self.rows.iter().enumerate() {
            for &(var, _) in terms {
                match row_of_var[var] {
                    None => row_of_var[var] = Some(row),
                    Some(other) => {
                        let (a, b) = (find(&mut root, row), find(&mut root, other));
                        root[a.max(b)] = a.min(b);
                    }
                }
            }
        }
        let mut parts = vec![Vec::new(); self.rows.len()];
        for row in 0..self.rows.len() {
            parts[find(&mut root, row)].push(row);
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    fn holds(&self, values: &[i64]) -> bool {
        let bounds = self.vars.iter().zip(values).all(|(var, &value)| (var.lo..=var.hi).contains(&value));
        bounds && self.rows.iter().all(|row| (row.lo..=row.hi).contains(&activity(&row.terms, values)))
    }
}

fn activity(terms: &[(usize, i64)], values: &[i64]) -> i64 {
    terms.iter().map(|&(var, factor)| factor * values[var]).sum()
}

/// Terms with each variable once, in order of the variables.
fn merged(terms: &[(usize, i64)]) -> Vec<(usize, i64)> {
    let mut terms = terms.to_vec();
    terms.sort_unstable_by_key(|&(var, _)| var);
    terms.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    terms.retain(|&(_, factor)| factor != 0);
    terms
}

fn find(root: &mut [usize], mut node: usize) -> usize {
    while root[node] != node {
        root[node] = root[root[node]];
        node = root[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Variables (lo, width, cost) and rows (factors, lo, width).
    type Plan = (Vec<(i64, i64, i64)>, Vec<(Vec<i64>, i64, i64)>);

    fn plan() -> impl Strategy<Value = Plan> {
        (2..6_usize).prop_flat_map(|vars| {
            let row = (prop::collection::vec(-1..=1_i64, vars), -2..4_i64, 0..2_i64);
            (prop::collection::vec((-1..2_i64, 0..3_i64, -3..4_i64), vars), prop::collection::vec(row, 0..6))
        })
    }

    fn program((vars, rows): &Plan) -> Program {
        let mut program = Program::default();
        for &(lo, width, cost) in vars {
            program.var(lo, lo + width, cost);
        }
        for (factors, lo, width) in rows {
            let mut expr = Expr::default();
            for (var, &factor) in factors.iter().enumerate() {
                expr.push(var, factor);
            }
            program.constrain(&expr, *lo, lo + width);
        }
        program
    }

    fn cost(plan: &Plan, values: &[i64]) -> i64 {
        plan.0.iter().zip(values).map(|((_, _, cost), value)| cost * value).sum()
    }

    /// The least cost, by trying every assignment.
    fn least_cost(plan: &Plan) -> Option<i64> {
        let mut all = vec![Vec::new()];
        for &(lo, width, _) in &plan.0 {
            all = all
                .iter()
                .flat_map(|head: &Vec<i64>| {
                    (lo..=lo + width).map(|value| head.iter().copied().chain([value]).collect())
                })
                .collect();
        }
        let holds = |values: &Vec<i64>| {
            plan.1.iter().all(|(factors, lo, width)| {
                let sum: i64 = factors.iter().zip(values).map(|(factor, value)| factor * value).sum();
                (*lo..=lo + width).contains(&sum)
            })
        };
        all.into_iter().filter(holds).map(|values| cost(plan, &values)).min()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_solver_agrees_with_trying_everything(plan in plan()) {
            match program(&plan).solve(1_000) {
                Solved::Found(values) => prop_assert_eq!(Some(cost(&plan, &values)), least_cost(&plan)),
                Solved::Infeasible => prop_assert_eq!(None, least_cost(&plan)),
                Solved::GaveUp => prop_assert!(false, "gave up on a small program"),
            }
        }
    }

    #[test]
    fn a_variable_without_rows_takes_its_cheapest_bound() {
        let mut program = Program::default();
        program.var(2, 5, -1);
        program.var(2, 5, 1);
        assert_eq!(program.solve(1), Solved::Found(vec![5, 2]));
    }

    #[test]
    fn a_row_of_constants_can_be_impossible() {
        let mut program = Program::default();
        program.constrain(&Expr::constant(1), 0, 0);
        assert_eq!(program.solve(1), Solved::Infeasible);
    }

    #[test]
    fn parts_that_share_no_variable_are_solved_apart() {
        let mut program = Program::default();
        let vars: Vec<usize> = (0..4).map(|_| program.var(0, 1, 1)).collect();
        for pair in vars.chunks(2) {
            program.constrain(&Expr::sum(&[Expr::var(pair[0]), Expr::var(pair[1])]), 1, 1);
        }
        assert_eq!(program.parts(), [[0], [1]]);
        let Solved::Found(values) = program.solve(10) else { panic!("no solution") };
        assert_eq!((values[0] + values[1], values[2] + values[3]), (1, 1));
    }

    /// Two rows of scattered factors that must be met exactly: hard for a search, so a limit of one node ends it.
    #[test]
    fn the_limit_ends_the_search() {
        let mut program = Program::default();
        let vars: Vec<usize> = (0..20).map(|_| program.var(0, 1, 0)).collect();
        for seed in [37, 61] {
            let mut expr = Expr::default();
            let factors = vars.iter().map(|&var| (var, (var as i64 + 3) * seed * seed % 101));
            factors.clone().for_each(|(var, factor)| expr.push(var, factor));
            let half = factors.map(|(_, factor)| factor).sum::<i64>() / 2;
            program.constrain(&expr, half, half);
        }
        assert_eq!(program.solve(1), Solved::GaveUp);
        assert!(matches!(program.solve(10_000), Solved::Found(_)));
    }
}
