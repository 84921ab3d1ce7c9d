//! State of one attack: the system taken apart, the admissible points, what the solver has said.

use std::collections::BTreeMap;

use super::pool::Pool;
use super::reduce::{Pieces, Reduced};
use super::solver::{self, Answer, Effort, End, Limit};
use super::system::{Span, System, merged};
use super::walk::{Draw, Walker};
use super::{AttackError, Limits, Target, Work, blame};

/// Distance from the optimum at which a search for any point, or for a far one, ends.
const ROUGH: f64 = 0.1;
/// Nodes for a search whose outcome only helps.
const FEW_NODES: u64 = 200;

pub(super) struct Search<'s> {
    system: &'s System,
    reduced: Reduced,
    pieces: Vec<Pieces>,
    pub(super) pool: Pool<'s>,
    walker: Walker<'s>,
    draw: Draw,
    /// An admissible point of each part.
    known: Vec<Option<Vec<i64>>>,
    limits: &'s Limits,
    stop: &'s dyn Fn() -> bool,
    solves: usize,
}

/// Why there is no answer.
pub(super) enum Halt {
    /// A limit ended the attack.
    Ended,
    Failed(AttackError),
}

impl From<AttackError> for Halt {
    fn from(error: AttackError) -> Self {
        Self::Failed(error)
    }
}

/// An answer, or none when a limit ended the attack.
pub(super) fn unless_ended<T>(answer: Result<T, Halt>) -> Result<Option<T>, AttackError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Halt::Ended) => Ok(None),
        Err(Halt::Failed(error)) => Err(error),
    }
}

impl<'s> Search<'s> {
    /// Takes the system apart and finds a first point, from the seeds or by solving every part.
    pub(super) fn start(
        system: &'s System,
        targets: &'s [Target],
        seeds: &[Vec<i64>],
        limits: &'s Limits,
        stop: &'s dyn Fn() -> bool,
    ) -> Result<Self, AttackError> {
        solver::check(system)?;
        let Some(reduced) = Reduced::of(system) else {
            return Err(blame::contradiction(system, None, limits, stop));
        };
        let pieces = targets.iter().map(|target| reduced.pieces(&merged(&target.terms))).collect();
        let mut search = Self {
            system,
            pieces,
            pool: Pool::new(system, targets.iter().map(|target| &target.terms[..])),
            walker: Walker::new(system),
            draw: Draw::new(0xa77ac),
            known: vec![None; reduced.parts.len()],
            limits,
            stop,
            solves: 0,
            reduced,
        };
        for seed in seeds {
            if search.pool.take(seed.clone()) {
                search.known = search.reduced.lowered(seed).into_iter().map(Some).collect();
            }
        }
        if search.pool.points() == 0 {
            search.first_point()?;
        }
        Ok(search)
    }

    fn first_point(&mut self) -> Result<(), AttackError> {
        for part in 0..self.known.len() {
            self.known[part] = self.reduced.parts[part].mended();
            if self.known[part].is_some() {
                continue;
            }
            let effort = Effort { nodes: self.limits.nodes, gap: ROUGH };
            let Some((_, point)) = unless_ended(self.solve(part, &[], End::Low, effort))? else { return Ok(()) };
            self.known[part] = point;
        }
        self.take(&[]);
        Ok(())
    }

    /// Whether a limit of the caller has been reached.
    pub(super) fn ended(&self) -> bool {
        self.solves >= self.limits.solves || self.stopped()
    }

    /// Whether the caller wants no more, not even what needs no solver.
    pub(super) fn stopped(&self) -> bool {
        (self.stop)()
    }

    pub(super) fn work(&self) -> Work {
        Work { solves: self.solves, points: self.pool.points() }
    }

    pub(super) fn point(&self) -> Option<Vec<i64>> {
        self.pool.kept().first().map(|standing| standing.point().to_vec())
    }

    /// Bounds of a target that follow without solving.
    pub(super) fn outer(&self, target: usize) -> Span {
        let Pieces { constant, terms } = &self.pieces[target];
        let start = Span { lo: Some(*constant), hi: Some(*constant) };
        let add = |sum: Option<i64>, end: Option<i64>| sum.zip(end).map(|(sum, end)| sum.saturating_add(end));
        terms.iter().fold(start, |sum, (&part, terms)| {
            let own = self.reduced.parts[part].range(terms);
            Span { lo: add(sum.lo, own.lo), hi: add(sum.hi, own.hi) }
        })
    }

    /// Tries to bring a target to a value by walks from the points kept; says whether it got there.
    pub(super) fn walk_to(&mut self, target: usize, value: i64, end: End) -> bool {
        let there = |search: &Self| match (search.pool.reached(target), end) {
            (None, _) => false,
            (Some((lo, _)), End::Low) => lo <= value,
            (Some((_, hi)), End::High) => hi >= value,
        };
        for kept in (0..self.pool.kept().len()).rev() {
            if there(self) {
                return true;
            }
            let by = value.saturating_sub(self.pool.value(kept, target));
            if let Some(shift) = self.walker.walk(&self.pool.kept()[kept], self.pool.terms(target), by) {
                self.pool.take_shift(kept, &shift);
            }
        }
        there(self)
    }

    /// Finds an end of a target by solving its pieces: the bound, and a point in the pool that is as near as was found.
    pub(super) fn solve_end(&mut self, target: usize, end: End) -> Result<Limit, Halt> {
        let Pieces { constant, terms } = self.pieces[target].clone();
        let (mut sum, mut open) = (Some(constant), false);
        let mut points = Vec::new();
        for (part, terms) in terms {
            let own = self.reduced.parts[part].range(&terms);
            let own = if end == End::Low { own.lo } else { own.hi };
            let effort = Effort { nodes: self.limits.nodes, gap: 0.0 };
            let (limit, point) = self.solve(part, &terms, end, effort)?;
            match (limit, own) {
                (Limit::At(value), Some(own)) => {
                    let tighter = if end == End::Low { value.max(own) } else { value.min(own) };
                    sum = sum.map(|sum| sum.saturating_add(tighter));
                }
                (Limit::At(value), None) | (Limit::Unknown | Limit::Open, Some(value)) => {
                    sum = sum.map(|sum| sum.saturating_add(value));
                }
                (Limit::Open, None) => open = true,
                (Limit::Unknown, None) => sum = None,
            }
            points.extend(point.map(|point| (part, point)));
        }
        self.take(&points);
        Ok(match sum {
            _ if open => Limit::Open,
            Some(sum) => Limit::At(sum),
            None => Limit::Unknown,
        })
    }

    /// Moves many targets at once, up or down each as drawn, then all the other way.
    pub(super) fn scatter(&mut self, targets: &[usize]) -> Result<(), AttackError> {
        let mut goals: BTreeMap<usize, BTreeMap<usize, i64>> = BTreeMap::new();
        for &target in targets {
            let sign = if self.draw.next().is_multiple_of(2) { 1 } else { -1 };
            for (&part, terms) in &self.pieces[target].terms {
                let goal = goals.entry(part).or_default();
                terms.iter().for_each(|&(unknown, factor)| *goal.entry(unknown).or_default() += sign * factor);
            }
        }
        for end in [End::Low, End::High] {
            let mut points = Vec::new();
            for (&part, goal) in &goals {
                let terms: Vec<(usize, i64)> = goal.iter().map(|(&unknown, &factor)| (unknown, factor)).collect();
                let effort = Effort { nodes: FEW_NODES.min(self.limits.nodes), gap: ROUGH };
                if let Some((_, Some(point))) = unless_ended(self.solve(part, &terms, end, effort))? {
                    points.push((part, point));
                }
            }
            self.take(&points);
        }
        Ok(())
    }

    /// Takes in the point that points of some parts are, with the known points of the others.
    fn take(&mut self, points: &[(usize, Vec<i64>)]) {
        for (part, point) in points {
            self.known[*part].get_or_insert_with(|| point.clone());
        }
        let known: Option<Vec<&[i64]>> = self.known.iter().map(|point| point.as_deref()).collect();
        let Some(mut all) = known else { return };
        for (part, point) in points {
            all[*part] = point;
        }
        let point = self.reduced.lifted(|part| all[part]);
        self.pool.take(point);
    }

    fn solve(
        &mut self,
        part: usize,
        terms: &[(usize, i64)],
        end: End,
        effort: Effort,
    ) -> Result<(Limit, Option<Vec<i64>>), Halt> {
        if self.ended() {
            return Err(Halt::Ended);
        }
        self.solves += 1;
        let known = self.known[part].as_deref();
        match solver::solve(&self.reduced.parts[part], terms, end, known, effort)? {
            Answer::Found { limit, point } => Ok((limit, point)),
            // A point that was checked is stronger than the solver's word.
            Answer::Infeasible if known.is_some() => Ok((Limit::Unknown, None)),
            Answer::Infeasible => {
                let members = self.reduced.members(part);
                Err(blame::contradiction(self.system, Some(&members), self.limits, self.stop).into())
            }
        }
    }
}
