//! The system of one family and measure.

use std::collections::{BTreeMap, HashSet};

use crate::cell::{BlockKind, BlockSpec, Geography};
use crate::links::Relation;
use crate::past::InputChange;

use super::super::{Group, System, Unknown};
use super::issue::{Family, PublishedIssue};

/// A term of a row: an unknown with its coefficient.
pub(super) type Terms = Vec<(Unknown, i64)>;

/// The unknown counts of one measure in a family, with every row that a reader knows.
pub struct Model<'f> {
    pub(super) family: &'f Family,
    pub(super) measure: &'f str,
    /// The system.
    pub system: System,
    /// By issue and table of it: the unknowns, `[atom · categories + category]`; none for a sum and for other measures.
    unknowns: Vec<Vec<Option<Vec<Unknown>>>>,
    /// How values stand in rows.
    view: View,
    /// Tables with a value that is no multiple of the base; looked for when values are pinned.
    pub(super) broken: Vec<String>,
}

/// What a row says of a published value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The count is within the bound of it.
    Bounded,
    /// In units of the base, the count is it.
    Pinned,
}

impl<'f> Model<'f> {
    /// What a reader knows.
    pub fn new(family: &'f Family, measure: &'f str) -> Self {
        Self::build(family, measure, View::Bounded)
    }

    /// The same unknowns in units of the base, with every published value met exactly: its points are witnesses.
    pub(super) fn pinned(family: &'f Family, measure: &'f str) -> Self {
        Self::build(family, measure, View::Pinned)
    }

    fn build(family: &'f Family, measure: &'f str, view: View) -> Self {
        let mut model = Self { family, measure, system: System::new(), unknowns: Vec::new(), view, broken: Vec::new() };
        for issue in &family.issues {
            model.unknowns.push(vec![None; issue.tables.len()]);
        }
        for index in 0..family.issues.len() {
            if family.issues[index].parts.is_empty() {
                model.add_rounded(index);
            }
        }
        for index in 0..family.issues.len() {
            if !family.issues[index].parts.is_empty() {
                model.add_values(index);
            }
        }
        model
    }

    /// Tables of the measure in an issue.
    pub(super) fn tables(&self, issue: usize) -> impl Iterator<Item = usize> + use<'_, 'f> {
        let tables = &self.family.issues[issue].tables;
        (0..tables.len()).filter(move |&table| tables[table].spec.measure == self.measure)
    }

    /// The unknown of a count; none in a sum.
    pub(super) fn unknown(&self, issue: usize, table: usize, atom: usize, category: usize) -> Option<Unknown> {
        let width = self.family.issues[issue].tables[table].spec.categories.len();
        self.unknowns[issue][table].as_ref().map(|all| all[atom * width + category])
    }

    /// The sum of counts over atoms; in a sum of periods, over all parts.
    pub(super) fn terms(&self, issue: usize, table: usize, category: usize, atoms: &[usize]) -> Terms {
        let own = &self.family.issues[issue];
        if own.parts.is_empty() {
            let unknowns = atoms.iter().filter_map(|&atom| self.unknown(issue, table, atom, category));
            return unknowns.map(|unknown| (unknown, 1)).collect();
        }
        let mut terms = Vec::new();
        for part in own.parts.iter().filter_map(|part| self.family.index(part)) {
            if let Some((table, category)) = self.same_cell(issue, table, category, part) {
                let atoms = translated(&own.geography, atoms, &self.family.issues[part].geography);
                terms.extend(self.terms(part, table, category, &atoms));
            }
        }
        terms
    }

    /// The table and category of another issue with the same codes.
    pub(super) fn same_cell(
        &self,
        issue: usize,
        table: usize,
        category: usize,
        other: usize,
    ) -> Option<(usize, usize)> {
        let spec = &self.family.issues[issue].tables[table].spec;
        let other = &self.family.issues[other];
        let table = other.table(&spec.measure, spec.dimension.as_deref())?;
        let codes = &other.tables[table].spec.categories;
        Some((table, codes.iter().position(|code| code.code == spec.categories[category].code)?))
    }

    fn add_rounded(&mut self, index: usize) {
        let family = self.family;
        let issue = &family.issues[index];
        let linked = !issue.inputs.is_empty() && !issue.unlinked.iter().any(|measure| measure == self.measure);
        let before = family.before(index).filter(|_| linked);
        let mut grown = Vec::new();
        for table in self.tables(index).collect::<Vec<_>>() {
            let spec = &issue.tables[table].spec;
            let mut unknowns = Vec::with_capacity(issue.geography.atoms.len() * spec.categories.len());
            for atom in 0..issue.geography.atoms.len() {
                for (category, code) in spec.categories.iter().enumerate() {
                    let earlier = before.and_then(|before| self.earlier(index, table, category, atom, before));
                    let unknown = match (earlier, issue.inputs.get(atom)) {
                        (Some(earlier), Some(InputChange::Same)) => earlier,
                        _ => self.system.unknown(0, code.structural_zero.then_some(0)),
                    };
                    if let (Some(earlier), Some(InputChange::Grown)) = (earlier, issue.inputs.get(atom)) {
                        grown.push((unknown, earlier));
                    }
                    unknowns.push(unknown);
                }
            }
            self.unknowns[index][table] = Some(unknowns);
        }
        self.add_values(index);
        self.add_links(index);
        if let Some(before) = before {
            self.add_growth(index, before, &grown);
        }
    }

    fn earlier(&self, issue: usize, table: usize, category: usize, atom: usize, before: usize) -> Option<Unknown> {
        let (table, category) = self.same_cell(issue, table, category, before)?;
        let code = &self.family.issues[issue].geography.atoms[atom];
        let atoms = &self.family.issues[before].geography.atoms;
        // A period keeps its register, so that the place is the same as a rule.
        let atom = if atoms.get(atom) == Some(code) { atom } else { atoms.iter().position(|other| other == code)? };
        self.unknown(before, table, atom, category)
    }

    /// Published values, and how the categories of a table make up its total.
    fn add_values(&mut self, index: usize) {
        let family = self.family;
        let issue = &family.issues[index];
        for table in self.tables(index).collect::<Vec<_>>() {
            let spec = &issue.tables[table].spec;
            let group = self.system.group(format!("{} {}", label(issue), spec.name()));
            self.add_cells(index, table, group);
            if issue.parts.is_empty() {
                self.add_structure(index, table, group);
            }
        }
    }

    fn add_cells(&mut self, index: usize, table: usize, group: Group) {
        let family = self.family;
        let issue = &family.issues[index];
        let published = &issue.tables[table];
        let sets = canonical(&issue.geography, &published.spec);
        let mut seen = HashSet::new();
        let mut broken = false;
        for ((area, row), set) in issue.geography.areas_in(published.spec.scope).zip(&published.values).zip(sets) {
            for (category, value) in row.iter().enumerate() {
                let Some(value) = *value else { continue };
                if published.spec.categories[category].structural_zero || !seen.insert((set, category, value)) {
                    continue;
                }
                let terms = self.terms(index, table, category, &area.atoms);
                let (value, base, bound) = (i64::from(value), i64::from(issue.base), i64::from(issue.bound));
                let (lo, hi) = match self.view {
                    View::Bounded => (value - bound, value + bound),
                    View::Pinned => (value / base, value / base),
                };
                broken |= value % base != 0;
                self.system.row(group, &terms, Some(lo), Some(hi));
            }
        }
        if broken {
            self.broken.push(self.system.name(group).to_owned());
        }
    }

    fn add_structure(&mut self, index: usize, table: usize, group: Group) {
        let family = self.family;
        let issue = &family.issues[index];
        let spec = &issue.tables[table].spec;
        // Unwrap safety: `Store::new` refuses a table without totals.
        let totals = issue.table(&spec.measure, None).unwrap();
        for atom in 0..issue.geography.atoms.len() {
            let of = |category: usize| (0..spec.categories.len()).contains(&category).then_some(category);
            let unknown = |category| self.unknown(index, table, atom, category);
            let Some(total) = self.unknown(index, totals, atom, 0) else { continue };
            let all: Terms =
                (0..spec.categories.len()).filter_map(of).filter_map(unknown).map(|unknown| (unknown, 1)).collect();
            let mut less_total = all;
            less_total.push((total, -1));
            match spec.kind {
                BlockKind::Total => {}
                BlockKind::Single => self.system.row(group, &less_total, Some(0), Some(0)),
                BlockKind::Multi => {
                    let marked = |exclusive: bool| {
                        let columns = spec.categories.iter().enumerate();
                        columns.filter(move |(_, category)| category.exclusive == exclusive).map(|(column, _)| column)
                    };
                    let exclusive: Terms = marked(true).filter_map(unknown).map(|unknown| (unknown, 1)).collect();
                    let others: Vec<Option<Unknown>> = marked(false).map(unknown).collect();
                    self.system.row(group, &less_total, Some(0), None);
                    for other in others {
                        let mut row = exclusive.clone();
                        row.extend(other.map(|other| (other, 1)));
                        row.push((total, -1));
                        self.system.row(group, &row, None, Some(0));
                    }
                }
            }
        }
    }

    fn add_links(&mut self, index: usize) {
        let family = self.family;
        let issue = &family.issues[index];
        for link in issue.links.iter().filter(|link| link.measure == self.measure) {
            let group = self.system.group(format!("{} link {}", label(issue), link.rule));
            let end = |dimension: &str, code: &str| {
                let table = issue.table(self.measure, Some(dimension))?;
                let codes = &issue.tables[table].spec.categories;
                Some((table, codes.iter().position(|category| category.code == code)?))
            };
            let left = end(&link.left.dimension, &link.left.category);
            let right = end(&link.right.dimension, &link.right.category);
            let (Some(left), Some(right)) = (left, right) else { continue };
            for atom in 0..issue.geography.atoms.len() {
                let pair = self.unknown(index, left.0, atom, left.1).zip(self.unknown(index, right.0, atom, right.1));
                let Some((left, right)) = pair else { continue };
                let least = (link.relation == Relation::Equal).then_some(0);
                self.system.row(group, &[(left, 1), (right, -1)], least, Some(0));
            }
        }
    }

    /// Where deliveries were only added no count is less; and there a value that changed has a count that changed.
    fn add_growth(&mut self, index: usize, before: usize, grown: &[(Unknown, Unknown)]) {
        let family = self.family;
        let (issue, earlier) = (&family.issues[index], &family.issues[before]);
        if !issue.inputs.contains(&InputChange::Grown) {
            return;
        }
        let group = self.system.group(format!("{} grown since issue {}", label(issue), earlier.name.issue));
        for &(now, then) in grown {
            self.system.row(group, &[(now, 1), (then, -1)], Some(0), None);
        }
        let group = self.system.group(format!("{} changed since issue {}", label(issue), earlier.name.issue));
        for table in self.tables(index).collect::<Vec<_>>() {
            let published = &issue.tables[table];
            for (area, row) in issue.geography.areas_in(published.spec.scope).zip(&published.values) {
                let changes = area.atoms.iter().map(|&atom| issue.inputs[atom]);
                let only_grown = changes.clone().all(|change| change != InputChange::Replaced);
                if !only_grown || !changes.clone().any(|change| change == InputChange::Grown) {
                    continue;
                }
                for (category, value) in row.iter().enumerate() {
                    let Some((other, column)) = self.same_cell(index, table, category, before) else { continue };
                    let was = value_of(earlier, other, &area.code, column);
                    if value.zip(was).is_none_or(|(value, was)| value == was) {
                        continue;
                    }
                    let mut terms = self.terms(index, table, category, &area.atoms);
                    let atoms = translated(&issue.geography, &area.atoms, &earlier.geography);
                    terms.extend(self.terms(before, other, column, &atoms).into_iter().map(|(of, _)| (of, -1)));
                    self.system.row(group, &terms, Some(1), None);
                }
            }
        }
    }
}

/// `2020W407/1`.
pub(super) fn label(issue: &PublishedIssue) -> String {
    format!("{}/{}", issue.name.period, issue.name.issue)
}

/// The published value of a cell by the code of its area.
pub(super) fn value_of(issue: &PublishedIssue, table: usize, area: &str, category: usize) -> Option<u32> {
    let published = &issue.tables[table];
    let mut rows = issue.geography.areas_in(published.spec.scope).zip(&published.values);
    rows.find(|(other, _)| other.code == area).and_then(|(_, row)| row[category])
}

/// Atoms of one geography as atoms of another, by their codes; those it lacks are left out.
pub(super) fn translated(from: &Geography, atoms: &[usize], to: &Geography) -> Vec<usize> {
    if from.atoms == to.atoms {
        return atoms.to_vec();
    }
    atoms.iter().filter_map(|&atom| to.atoms.iter().position(|code| *code == from.atoms[atom])).collect()
}

/// For each area in a table's scope, the first one with the same atoms.
fn canonical(geography: &Geography, spec: &BlockSpec) -> Vec<usize> {
    let mut first: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let areas = geography.areas_in(spec.scope).enumerate().map(|(index, area)| {
        let mut atoms = area.atoms.clone();
        atoms.sort_unstable();
        *first.entry(atoms).or_insert(index)
    });
    areas.collect()
}
