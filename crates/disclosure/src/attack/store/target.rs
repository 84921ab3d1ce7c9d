//! What a reader should not be able to find: cells, differences of areas, small pieces, differences of issues.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::cell::Geography;
use crate::memory::IssueName;

use super::super::{Need, Target};
use super::model::{Model, Terms, translated, value_of};
use super::{SMALL, WIDTH};

/// Between the codes of two areas: what lies in the first and not in the second.
pub(super) const WITHOUT: &str = " without ";

/// Names a target by codes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TargetName {
    /// The issue.
    pub issue: IssueName,
    /// For a difference between issues: the earlier one of the same period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u32>,
    /// Code of the `maat`.
    pub measure: String,
    /// Code of the `dimensie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<String>,
    /// Code of the `categorie`; empty for a total.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// `VT07`; `VR23 without VT13`; `VT06 within VR23`, which lies in both; `VT06-VR08`, an atom.
    pub area: String,
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issue, since, measure, dimension, category, area } = self;
        write!(f, "{}/{}", issue.period, issue.issue)?;
        if let Some(since) = since {
            write!(f, " since {since}")?;
        }
        write!(f, " {measure}")?;
        if let Some(dimension) = dimension {
            write!(f, "/{dimension}/{category}")?;
        }
        write!(f, " in {area}")
    }
}

/// Which targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Every published cell, every geographic difference, every difference between issues of a cell.
    All,
    /// Cells with a published value of at most this, with their differences between issues; every geographic difference.
    Smallest(u32),
}

/// A target with what a proof by points needs.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) issue: usize,
    /// The earlier issue, its table and its category, for a difference between issues.
    pub(super) since: Option<(usize, usize, usize)>,
    pub(super) table: usize,
    pub(super) category: usize,
    /// Atoms of the issue's geography.
    pub(super) atoms: Vec<usize>,
    pub(super) area: String,
    /// The published value, of a cell.
    pub(super) value: Option<u32>,
}

impl Place {
    pub(super) fn name(&self, model: &Model<'_>) -> TargetName {
        let issue = &model.family.issues[self.issue];
        let spec = &issue.tables[self.table].spec;
        TargetName {
            issue: issue.name.clone(),
            since: self.since.map(|(since, ..)| model.family.issues[since].name.issue),
            measure: spec.measure.clone(),
            dimension: spec.dimension.clone(),
            category: spec.categories[self.category].code.clone(),
            area: self.area.clone(),
        }
    }

    pub(super) fn target(&self, model: &Model<'_>) -> Target {
        Target { terms: self.terms(model), need: Need { width: WIDTH, k: SMALL } }
    }

    pub(super) fn terms(&self, model: &Model<'_>) -> Terms {
        let mut terms = model.terms(self.issue, self.table, self.category, &self.atoms);
        if let Some((since, table, category)) = self.since {
            let issues = &model.family.issues;
            let atoms = translated(&issues[self.issue].geography, &self.atoms, &issues[since].geography);
            terms.extend(model.terms(since, table, category, &atoms).into_iter().map(|(unknown, _)| (unknown, -1)));
            terms.sort_unstable();
            // What both issues share drops out.
            let sums = terms.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|(_, by)| by).sum()));
            terms = sums.filter(|(_, by): &(_, i64)| *by != 0).collect();
        }
        terms
    }
}

/// All targets of a model.
pub(super) fn places(model: &Model<'_>, which: Which) -> Vec<Place> {
    let mut all = Vec::new();
    for index in 0..model.family.issues.len() {
        let mut sets = BTreeMap::new();
        for table in model.tables(index) {
            add_table(model, index, table, which, &mut sets, &mut all);
        }
    }
    all
}

/// A set of atoms with a name.
struct Set {
    area: String,
    atoms: Vec<usize>,
    /// Whether it is a published area, and not a difference.
    published: bool,
}

fn add_table(
    model: &Model<'_>,
    index: usize,
    table: usize,
    which: Which,
    known: &mut BTreeMap<Vec<bool>, Vec<Set>>,
    all: &mut Vec<Place>,
) {
    let issue = &model.family.issues[index];
    let published = &issue.tables[table];
    let scope = published.spec.scope;
    let mut rows = published.values.iter();
    let given: Vec<bool> = issue
        .geography
        .areas
        .iter()
        .map(|area| scope.includes(area) && rows.next().is_some_and(|row| row.iter().any(Option::is_some)))
        .collect();
    let sets = known.entry(given).or_insert_with_key(|given| sets(&issue.geography, given));
    for (category, code) in published.spec.categories.iter().enumerate() {
        if code.structural_zero {
            continue;
        }
        for set in &*sets {
            let value = set.published.then(|| value_of(issue, table, &set.area, category)).flatten();
            let small = match which {
                Which::All => true,
                Which::Smallest(most) => value.is_none_or(|value| value <= most),
            };
            let place = Place {
                issue: index,
                since: None,
                table,
                category,
                atoms: set.atoms.clone(),
                area: set.area.clone(),
                value,
            };
            if set.published && value.is_some() {
                add_since(model, &place, which, all);
            }
            if small && (!set.published || value.is_some()) {
                all.push(place);
            }
        }
    }
}

/// Differences with the earlier issues of the same period, where the cell is published in both.
fn add_since(model: &Model<'_>, place: &Place, which: Which, all: &mut Vec<Place>) {
    for since in model.family.siblings(place.issue).into_iter().filter(|&since| since < place.issue) {
        let Some((table, category)) = model.same_cell(place.issue, place.table, place.category, since) else {
            continue;
        };
        let Some(was) = value_of(&model.family.issues[since], table, &place.area, category) else { continue };
        let small = match which {
            Which::All => true,
            Which::Smallest(most) => was.min(place.value.unwrap_or(0)) <= most,
        };
        let place = Place { since: Some((since, table, category)), value: None, ..place.clone() };
        // A cell of which nothing was delivered anew is known not to have changed, and that is no disclosure.
        if small && !place.terms(model).is_empty() {
            all.push(place);
        }
    }
}

/// The published areas (one of those with the same atoms), what lies in one and not in another that it overlaps, what lies
/// in both, and every atom: the smallest pieces that any differences of areas can leave.
fn sets(geography: &Geography, given: &[bool]) -> Vec<Set> {
    let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
    let mut all: Vec<Set> = Vec::new();
    let mut add = |all: &mut Vec<Set>, area: String, mut atoms: Vec<usize>, published: bool| {
        atoms.sort_unstable();
        if !atoms.is_empty() && seen.insert(atoms.clone()) {
            all.push(Set { area, atoms, published });
        }
    };
    for (area, _) in geography.areas.iter().zip(given).filter(|(_, given)| **given) {
        add(&mut all, area.code.clone(), area.atoms.clone(), true);
    }
    let areas: Vec<(String, Vec<usize>)> = all.iter().map(|set| (set.area.clone(), set.atoms.clone())).collect();
    for (one, atoms) in &areas {
        for (other, without) in &areas {
            let (both, rest): (Vec<usize>, Vec<usize>) =
                atoms.iter().partition(|atom| without.binary_search(atom).is_ok());
            if !both.is_empty() && !rest.is_empty() {
                add(&mut all, format!("{one}{WITHOUT}{other}"), rest, false);
                add(&mut all, format!("{one} within {other}"), both, false);
            }
        }
    }
    for atom in areas.iter().flat_map(|(_, atoms)| atoms).copied().collect::<BTreeSet<usize>>() {
        // Unpublished breakdowns by region are bound by what is given for the country alone.
        if areas.len() > 1 {
            add(&mut all, geography.atoms[atom].clone(), vec![atom], false);
        }
    }
    all
}
