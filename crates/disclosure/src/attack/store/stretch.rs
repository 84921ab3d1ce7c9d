//! Whole intervals by moves: a witness moved record by record as far as it goes, against bounds that follow from the
//! published values of a cell or two. Where both meet, the interval is exact and no program was solved.

use std::collections::BTreeMap;

use super::super::system::value_at;
use super::super::{Standing, Unknown};
use super::model::{Model, Terms, translated, value_of};
use super::point::{Kind, Way, kind};
use super::target::{Place, WITHOUT};

/// Records moved at most: both areas of a difference by twice the bound.
const MOST_STEPS: usize = 60;

/// A shift that grows record by record.
struct Stretch<'m, 'f> {
    model: &'m Model<'f>,
    standing: &'m Standing<'m>,
    shift: BTreeMap<Unknown, i64>,
}

/// The least and greatest value of a target that moves show.
pub(super) fn reached(model: &Model<'_>, standing: &Standing<'_>, place: &Place, outer: (i64, i64)) -> (i64, i64) {
    let terms: Vec<(usize, i64)> = place.terms(model).iter().map(|&(unknown, by)| (unknown.0, by)).collect();
    let value = value_at(&terms, standing.point());
    let end = |way: Way, goal: i64| {
        let mut stretch = Stretch { model, standing, shift: BTreeMap::new() };
        stretch.run(place, way, goal.abs_diff(value));
        let by: i64 = terms.iter().map(|&(unknown, by)| by * stretch.by(Unknown(unknown))).sum();
        value + by
    };
    (end(Way::Fewer, outer.0), end(Way::More, outer.1))
}

impl Stretch<'_, '_> {
    fn by(&self, unknown: Unknown) -> i64 {
        self.shift.get(&unknown).copied().unwrap_or(0)
    }

    fn run(&mut self, place: &Place, way: Way, goal: u64) {
        let goal = goal.min(MOST_STEPS as u64);
        for _ in 0..goal {
            if !self.step(place, way) {
                return;
            }
        }
    }

    /// Moves the target by one record.
    fn step(&mut self, place: &Place, way: Way) -> bool {
        let family = self.model.family;
        let siblings = family.siblings(place.issue);
        match place.since {
            None => {
                for issues in [&siblings[..], &[place.issue]] {
                    if self.one(place, issues, way) || self.swap(place, issues, way) {
                        return true;
                    }
                    if siblings.len() == 1 {
                        break;
                    }
                }
                false
            }
            Some((since, ..)) => {
                let at = siblings.iter().position(|&sibling| sibling == place.issue).unwrap_or(0);
                let from = siblings.iter().position(|&sibling| sibling == since).unwrap_or(0);
                let (later, early) = (&siblings[at..], &siblings[..=from]);
                self.one(place, later, way) || self.one(place, early, way.other())
            }
        }
    }

    /// One record more or fewer in an atom of the target.
    fn one(&mut self, place: &Place, issues: &[usize], way: Way) -> bool {
        place.atoms.iter().any(|&atom| {
            let cell = (place.issue, place.table, place.category, atom);
            self.records(cell, issues, way, None).is_some_and(|(moves, _)| self.take(&moves))
        })
    }

    /// The same with a record of the same kind the other way, in an atom outside the target.
    fn swap(&mut self, place: &Place, issues: &[usize], way: Way) -> bool {
        let atoms = self.model.family.issues[place.issue].geography.atoms.len();
        for outside in (0..atoms).filter(|atom| !place.atoms.contains(atom)) {
            for &inside in &place.atoms {
                let (gone, come) = if way == Way::More { (outside, inside) } else { (inside, outside) };
                let cell = |atom| (place.issue, place.table, place.category, atom);
                let Some((mut moves, kinds)) = self.records(cell(gone), issues, Way::Fewer, None) else { continue };
                let Some((more, _)) = self.records(cell(come), issues, Way::More, Some(&kinds)) else { continue };
                moves.extend(more);
                if self.take(&moves) {
                    return true;
                }
            }
        }
        false
    }

    /// The moves of one record in an atom, in these issues, and its kind in each; of the given kinds if there are such.
    fn records(
        &self,
        (of, table, category, atom): (usize, usize, usize, usize),
        issues: &[usize],
        way: Way,
        as_kinds: Option<&[Kind]>,
    ) -> Option<(Terms, Vec<Kind>)> {
        let all = &self.model.family.issues;
        let mut moved: Vec<Unknown> = Vec::new();
        let mut kinds = Vec::new();
        for (index, &issue) in issues.iter().enumerate() {
            let (target, category) = self.model.same_cell(of, table, category, issue)?;
            let atom = *translated(&all[of].geography, &[atom], &all[issue].geography).first()?;
            let count = |table: usize, category: usize| {
                let unknown = self.model.unknown(issue, table, atom, category);
                unknown.map_or(0, |unknown| self.standing.point()[unknown.0] + self.by(unknown))
            };
            let kind = match as_kinds {
                Some(kinds) => kinds.get(index)?.clone(),
                None => kind(self.model, issue, (target, category), 1, way, count)?,
            };
            let unknowns =
                kind.iter().filter_map(|&(table, category)| self.model.unknown(issue, table, atom, category));
            moved.extend(unknowns);
            kinds.push(kind);
        }
        moved.sort_unstable();
        moved.dedup();
        let by = if way == Way::More { 1 } else { -1 };
        Some((moved.into_iter().map(|unknown| (unknown, by)).collect(), kinds))
    }

    /// Takes moves up if the system admits the witness with all of them.
    fn take(&mut self, moves: &[(Unknown, i64)]) -> bool {
        let mut shift = self.shift.clone();
        for &(unknown, by) in moves {
            *shift.entry(unknown).or_default() += by;
        }
        let all: Vec<(Unknown, i64)> = shift.iter().map(|(&unknown, &by)| (unknown, by)).collect();
        let admitted = self.standing.admits_shift(&all);
        if admitted {
            self.shift = shift;
        }
        admitted
    }
}

/// Bounds of a target that follow from the published values of its own areas: `None` on a side that is open.
pub(super) fn outer(model: &Model<'_>, place: &Place) -> Option<(i64, i64)> {
    let own = cell_bounds(model, place.issue, place.table, place.category, place);
    let Some((since, table, category)) = place.since else { return own };
    let (now, then) = (own?, cell_bounds(model, since, table, category, place)?);
    let issue = &model.family.issues[place.issue];
    let tied = !issue.unlinked.iter().any(|measure| measure == model.measure)
        && model.family.before(place.issue) == Some(since)
        && !issue.inputs.is_empty();
    let grown = tied && place.atoms.iter().all(|&atom| issue.inputs[atom] != crate::InputChange::Replaced);
    let changed = value_of(issue, place.table, &place.area, place.category)
        != value_of(&model.family.issues[since], table, &place.area, category);
    let least = if grown { i64::from(changed) } else { i64::MIN };
    Some(((now.0 - then.1).max(least), now.1 - then.0))
}

/// What the published value of an area, or of two of which the difference is sought, says.
fn cell_bounds(model: &Model<'_>, issue: usize, table: usize, category: usize, place: &Place) -> Option<(i64, i64)> {
    let own = &model.family.issues[issue];
    let bound = i64::from(own.bound);
    let of = |area: &str| {
        let value = i64::from(value_of(own, table, area, category)?);
        Some(((value - bound).max(0), value + bound))
    };
    if let Some(known) = of(&place.area) {
        return Some(known);
    }
    let (one, other) = place.area.split_once(WITHOUT)?;
    let areas = &own.geography.areas;
    let atoms = |code: &str| Some(&areas.iter().find(|area| area.code == code)?.atoms);
    let nested = atoms(other)?.iter().all(|atom| atoms(one).is_some_and(|atoms| atoms.contains(atom)));
    let (whole, part) = (of(one)?, of(other)?);
    nested.then_some(((whole.0 - part.1).max(0), whole.1 - part.0))
}
