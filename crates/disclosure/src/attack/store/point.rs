//! Proof by points: a witness moved by a few records of one admissible kind, checked against every row.

use crate::cell::{BlockKind, BlockSpec};

use super::super::system::value_at;
use super::super::{Standing, Unknown};
use super::WIDTH;
use super::model::{Model, translated};
use super::target::Place;

/// Moves a witness and remembers which moves are admitted.
pub(super) struct Mover<'m, 'f> {
    model: &'m Model<'f>,
    standing: &'m Standing<'m>,
    /// Size of the largest move that was admitted, by issue and direction: `[table][atom · categories + category]`;
    /// `None` where none was tried.
    cells: Vec<[Vec<Vec<Option<i64>>>; 2]>,
    /// The largest move.
    most: i64,
}

/// Records that are added, or taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    More,
    Fewer,
}

impl Way {
    pub(super) fn other(self) -> Self {
        if self == Self::More { Self::Fewer } else { Self::More }
    }
}

impl<'m, 'f> Mover<'m, 'f> {
    pub(super) fn new(model: &'m Model<'f>, standing: &'m Standing<'m>) -> Self {
        let issues = &model.family.issues;
        let cells = issues.iter().map(|issue| {
            let tables = issue.tables.iter().map(|table| {
                let own = table.spec.measure == model.measure && issue.parts.is_empty();
                vec![None; if own { issue.geography.atoms.len() * table.spec.categories.len() } else { 0 }]
            });
            let tables: Vec<Vec<Option<i64>>> = tables.collect();
            [tables.clone(), tables]
        });
        Self { model, standing, cells: cells.collect(), most: WIDTH }
    }

    /// The values that a target is seen to have: its value at the witness, and at moves of it down and up.
    pub(super) fn reached(&mut self, place: &Place) -> (i64, i64) {
        let terms: Vec<(usize, i64)> = place.terms(self.model).iter().map(|&(unknown, by)| (unknown.0, by)).collect();
        let value = value_at(&terms, self.standing.point());
        let (down, up) = match place.since {
            None => (self.cell(place, Way::Fewer), self.cell(place, Way::More)),
            Some(since) => self.difference(place, since),
        };
        (value - down, value + up)
    }

    /// How far a cell can be moved, in one of its parts if it is a sum.
    fn cell(&mut self, place: &Place, way: Way) -> i64 {
        let issues = &self.model.family.issues;
        let own = &issues[place.issue];
        if own.parts.is_empty() {
            return self.atoms(place.issue, place.table, place.category, &place.atoms, way);
        }
        let mut furthest = 0;
        for part in own.parts.iter().filter_map(|part| self.model.family.index(part)) {
            let Some((table, category)) = self.model.same_cell(place.issue, place.table, place.category, part) else {
                continue;
            };
            let atoms = translated(&own.geography, &place.atoms, &issues[part].geography);
            furthest = furthest.max(self.atoms(part, table, category, &atoms, way));
            if furthest == self.most {
                break;
            }
        }
        furthest
    }

    fn atoms(&mut self, issue: usize, table: usize, category: usize, atoms: &[usize], way: Way) -> i64 {
        let mut furthest = 0;
        for &atom in atoms {
            furthest = furthest.max(self.atom(issue, table, category, atom, way));
            if furthest == self.most {
                break;
            }
        }
        furthest
    }

    fn atom(&mut self, issue: usize, table: usize, category: usize, atom: usize, way: Way) -> i64 {
        let width = self.model.family.issues[issue].tables[table].spec.categories.len();
        let place = atom * width + category;
        if let Some(known) = self.cells[issue][way as usize][table][place] {
            return known;
        }
        let siblings = self.model.family.siblings(issue);
        let from = siblings.iter().position(|&sibling| sibling == issue).unwrap_or(0);
        // In all issues; in those that a growth drags along; in this one.
        let mut sets: Vec<&[usize]> = vec![&siblings];
        if siblings.len() > 1 {
            sets.push(if way == Way::More { &siblings[from..] } else { &siblings[..=from] });
            sets.push(&siblings[from..=from]);
        }
        let cell = (issue, table, category, atom);
        let sizes = (1..=self.most).rev();
        let found = sizes.into_iter().find(|&by| sets.iter().any(|issues| self.admits(cell, issues, by, way)));
        let found = found.unwrap_or(0);
        self.cells[issue][way as usize][table][place] = Some(found);
        found
    }

    /// How far a difference between issues can be moved down and up: by the later issue and all after it, or by the earlier
    /// ones.
    fn difference(&self, place: &Place, since: (usize, usize, usize)) -> (i64, i64) {
        let siblings = self.model.family.siblings(place.issue);
        let own = &self.model.family.issues[place.issue];
        if !own.parts.is_empty() {
            // The parts' own issues move it; left to the engine.
            return (0, 0);
        }
        let at = siblings.iter().position(|&sibling| sibling == place.issue).unwrap_or(0);
        let (earlier, later) = siblings.split_at(at);
        let since_at = earlier.iter().position(|&sibling| sibling == since.0).unwrap_or(0);
        let early = &earlier[..=since_at];
        let furthest = |tries: [(&[usize], Way); 2]| {
            (1..=self.most).rev().find(|&by| {
                place.atoms.iter().any(|&atom| {
                    let cell = (place.issue, place.table, place.category, atom);
                    tries
                        .iter()
                        .any(|&(issues, way)| self.shared_free(cell, since) && self.admits(cell, issues, by, way))
                })
            })
        };
        let down = furthest([(later, Way::Fewer), (early, Way::More)]).unwrap_or(0);
        let up = furthest([(later, Way::More), (early, Way::Fewer)]).unwrap_or(0);
        (down, up)
    }

    /// Whether the two issues have an unknown each for the count: a move of a shared one does not move the difference.
    fn shared_free(
        &self,
        (issue, table, category, atom): (usize, usize, usize, usize),
        since: (usize, usize, usize),
    ) -> bool {
        let issues = &self.model.family.issues;
        let other = translated(&issues[issue].geography, &[atom], &issues[since.0].geography);
        let now = self.model.unknown(issue, table, atom, category);
        let then = other.first().and_then(|&atom| self.model.unknown(since.0, since.1, atom, since.2));
        now.is_some() && now != then
    }

    /// Whether the system admits the witness with `by` records more or fewer of a kind that has the category, in an atom, in
    /// these issues.
    fn admits(&self, cell: (usize, usize, usize, usize), issues: &[usize], by: i64, way: Way) -> bool {
        let mut moved: Vec<Unknown> = Vec::new();
        for &issue in issues {
            if !self.kind(cell, issue, by, way, &mut moved) {
                return false;
            }
        }
        // Issues that share an unknown move it once.
        moved.sort_unstable();
        moved.dedup();
        let by = if way == Way::More { by } else { -by };
        let shift: Vec<(Unknown, i64)> = moved.into_iter().map(|unknown| (unknown, by)).collect();
        !shift.is_empty() && self.standing.admits_shift(&shift)
    }

    /// The unknowns of one admissible kind of record in one issue. Nothing of it when there are too few of any such.
    fn kind(
        &self,
        (of, table, category, atom): (usize, usize, usize, usize),
        issue: usize,
        by: i64,
        way: Way,
        moved: &mut Vec<Unknown>,
    ) -> bool {
        let issues = &self.model.family.issues;
        let Some(target) = self.model.same_cell(of, table, category, issue) else { return false };
        let atoms = translated(&issues[of].geography, &[atom], &issues[issue].geography);
        let Some(&atom) = atoms.first() else { return false };
        let unknown = |table: usize, category: usize| self.model.unknown(issue, table, atom, category);
        let count = |table, category| unknown(table, category).map_or(0, |unknown| self.standing.point()[unknown.0]);
        let Some(kind) = kind(self.model, issue, target, by, way, count) else { return false };
        moved.extend(kind.into_iter().filter_map(|(table, category)| unknown(table, category)));
        true
    }
}

/// A kind of record: tables with the categories that it has there.
pub(super) type Kind = Vec<(usize, usize)>;

/// A kind of which there can be `by` more or fewer in an atom, with a wanted category; `count` gives what there is.
pub(super) fn kind(
    model: &Model<'_>,
    issue: usize,
    (target, category): (usize, usize),
    by: i64,
    way: Way,
    count: impl Fn(usize, usize) -> i64,
) -> Option<Kind> {
    let own = &model.family.issues[issue];
    let total = own.table(model.measure, None).map_or(0, |total| count(total, 0));
    let mut kind = Kind::new();
    for table in model.tables(issue) {
        let spec = &own.tables[table].spec;
        let wanted = (table == target).then_some(category);
        let columns = match way {
            Way::More => added(spec, wanted)?,
            Way::Fewer => taken(spec, wanted, total, by, |category| count(table, category))?,
        };
        kind.extend(columns.into_iter().map(|category| (table, category)));
    }
    Some(kind)
}

/// The category that added records have in a table.
fn added(spec: &BlockSpec, wanted: Option<usize>) -> Option<Vec<usize>> {
    let any = || spec.categories.iter().position(|category| !category.structural_zero);
    Some(vec![wanted.or_else(any)?])
}

/// The categories that records to be taken away have in a table, so that what is left can still be had by records. In a
/// multi-valued table: an exclusive one, or every category that all records without an exclusive one have.
fn taken(
    spec: &BlockSpec,
    wanted: Option<usize>,
    total: i64,
    by: i64,
    count: impl Fn(usize) -> i64,
) -> Option<Vec<usize>> {
    let enough = |category: &usize| count(*category) >= by;
    if spec.kind != BlockKind::Multi {
        return match wanted {
            Some(wanted) => enough(&wanted).then(|| vec![wanted]),
            None => (0..spec.categories.len()).find(enough).map(|category| vec![category]),
        };
    }
    let columns = |exclusive: bool| {
        let marked = spec.categories.iter().enumerate();
        marked.filter(move |(_, category)| category.exclusive == exclusive).map(|(column, _)| column)
    };
    let alone = match wanted {
        Some(wanted) => spec.categories[wanted].exclusive.then_some(wanted),
        None => columns(true).find(enough),
    };
    if let Some(alone) = alone {
        return enough(&alone).then(|| vec![alone]);
    }
    let exclusive: i64 = columns(true).map(&count).sum();
    let mut taken: Vec<usize> = columns(false).filter(|&column| exclusive + count(column) > total - by).collect();
    let largest = || columns(false).max_by_key(|&column| count(column));
    if let Some(wanted) = wanted.or_else(|| if taken.is_empty() { largest() } else { None })
        && !taken.contains(&wanted)
    {
        taken.push(wanted);
    }
    taken.iter().all(enough).then_some(taken)
}
