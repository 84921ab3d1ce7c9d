//! What is attacked: published cells, differences of published cells, atom cells.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::error::SpecError;
use super::form::{DifferenceSpec, DifferenceTargets, Link};
use super::layout::{Key, Layout};
use super::problem::{Problem, Unknowns};
use super::table::Table;
use super::verdict::{Attacked, AttackedTarget, Verdict};
use crate::attack::{Interval, Limits, Need, Target, Unknown, bounds, causes};

/// Unsafe targets whose causes are looked for, the gravest first: each takes an attack per table.
const MOST_CAUSES: usize = 100;

/// A target, before the attack.
struct Wanted {
    codes: Key,
    difference: Option<String>,
    value: Option<i64>,
    status: Option<String>,
    terms: Vec<(Unknown, i64)>,
}

/// Which pairs of codes of a dimension are asked for.
enum Pairs {
    All,
    /// (of, minus)
    Named(Vec<(String, String)>),
}

impl Problem {
    /// Finds what a reader of the tables can compute of each target.
    ///
    /// # Errors
    /// [`SpecError`]: a value that does not fit its status, no targets, too many unknowns, or tables that contradict each
    /// other.
    pub fn attack(&self) -> Result<Attacked, SpecError> {
        self.tables.iter().try_for_each(Table::check_values)?;
        let layout = self.layout(self.spec.targets.atoms)?;
        let (system, unknowns) = self.system(&layout)?;
        let mut wanted = self.published_targets(&layout, &unknowns)?;
        self.difference_targets(&layout, &unknowns, &mut wanted)?;
        if self.spec.targets.atoms {
            self.atom_targets(&layout, &unknowns, &mut wanted);
        }
        if wanted.is_empty() {
            return Err(SpecError::NoTargets);
        }
        let need = Need { width: self.spec.protect.min_width, k: self.spec.protect.k };
        let mut places: HashMap<&[(Unknown, i64)], usize> = HashMap::new();
        let mut targets: Vec<Target> = Vec::new();
        let place_of: Vec<usize> = wanted
            .iter()
            .map(|one| {
                *places.entry(&one.terms).or_insert_with(|| {
                    targets.push(Target { terms: one.terms.clone(), need });
                    targets.len() - 1
                })
            })
            .collect();
        let limits = Limits::default();
        let found = bounds(&system, &targets, &[], &limits, &|| false)?;
        let judged = wanted.into_iter().zip(&place_of).map(|(one, &place)| self.judged(one, found.intervals[place]));
        let mut attacked =
            Attacked { dimensions: self.dims.iter().map(|dim| dim.name.clone()).collect(), targets: judged.collect() };
        let mut order: Vec<usize> = (0..attacked.targets.len()).collect();
        order.retain(|&index| attacked.targets[index].verdict < Verdict::Undecided);
        order.sort_by_key(|&index| attacked.targets[index].verdict);
        for index in order.into_iter().take(MOST_CAUSES) {
            let groups = causes(&system, &targets[place_of[index]], &limits, &|| false)?;
            let names = groups.into_iter().map(|group| system.name(group).to_owned());
            attacked.targets[index].causes = Some(names.collect());
        }
        Ok(attacked)
    }

    fn judged(&self, wanted: Wanted, interval: Option<Interval>) -> AttackedTarget {
        let Wanted { codes, difference, value, status, .. } = wanted;
        let protect = self.spec.protect;
        AttackedTarget {
            codes,
            difference,
            value,
            status,
            lo: interval.and_then(|interval| interval.lo),
            hi: interval.and_then(|interval| interval.hi),
            verdict: Verdict::of_interval(interval, protect.k, protect.min_width),
            causes: None,
        }
    }

    /// Published cells of the statuses that are asked for; a cell of several tables once for each value.
    fn published_targets(&self, layout: &Layout, unknowns: &Unknowns) -> Result<Vec<Wanted>, SpecError> {
        let targets = &self.spec.targets;
        for status in targets.statuses.iter().flatten() {
            if !self.spec.rules.contains_key(status) {
                return Err(SpecError::field("targets.statuses", format!("status `{status}` has no rule")));
            }
        }
        let mut exact = Vec::new();
        for &published in &self.published {
            exact.push(self.rule(published)?.is_exact());
        }
        let all_exact = exact.iter().all(|&exact| exact);
        let mut seen = HashSet::new();
        let mut wanted = Vec::new();
        for (&published, exact) in self.published.iter().zip(exact) {
            let row = self.row(published).1;
            let asked = match &targets.statuses {
                Some(statuses) => statuses.contains(&row.status),
                None => !exact || (all_exact && !targets.atoms && !targets.differences.any()),
            };
            let small = targets.max_published.is_none_or(|max| row.value.is_none_or(|value| value <= max));
            let terms = unknowns.cell(layout, published.cell);
            if asked && small && !terms.is_empty() && seen.insert((published.cell, row.value, &row.status)) {
                let (value, status) = (row.value, Some(row.status.clone()));
                wanted.push(Wanted {
                    codes: self.cells[published.cell].clone(),
                    difference: None,
                    value,
                    status,
                    terms,
                });
            }
        }
        Ok(wanted)
    }

    fn difference_targets(
        &self,
        layout: &Layout,
        unknowns: &Unknowns,
        wanted: &mut Vec<Wanted>,
    ) -> Result<(), SpecError> {
        let mut values: BTreeMap<usize, Option<i64>> = BTreeMap::new();
        for &published in &self.published {
            let value = values.entry(published.cell).or_default();
            *value = value.or(self.row(published).1.value);
        }
        // A difference that is a published cell, or another difference, tells nothing more.
        let mut seen: HashSet<Vec<(Unknown, i64)>> = values.keys().map(|&cell| unknowns.cell(layout, cell)).collect();
        for (dim, pairs) in self.difference_pairs()? {
            let mut rows: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
            for &cell in values.keys() {
                let mut key = self.cells[cell].clone();
                key[dim] = None;
                rows.entry(key).or_default().push(cell);
            }
            let mut found = 0;
            for (key, cells) in &rows {
                for (of, minus) in self.pairs(dim, &pairs, cells) {
                    let Some(terms) = self.subtract(layout, unknowns, dim, of, minus) else { continue };
                    found += 1;
                    let new = seen.insert(terms.clone());
                    if new || matches!(pairs, Pairs::Named(_)) {
                        let nested = Some(dim) == self.snapshot_dim || holds(layout, of, minus);
                        let value = values[&of].zip(values[&minus]).filter(|_| nested).map(|(of, minus)| of - minus);
                        let difference = Some(self.pair_name(dim, of, minus));
                        wanted.push(Wanted { codes: key.clone(), difference, value, status: None, terms });
                    }
                }
            }
            if let (Pairs::Named(named), 0) = (&pairs, found) {
                let rule = format!("no two published cells differ by {} and {} and overlap", named[0].0, named[0].1);
                return Err(SpecError::field("targets.differences", rule));
            }
        }
        Ok(())
    }

    /// The dimensions whose differences are asked for, with the pairs of codes.
    fn difference_pairs(&self) -> Result<Vec<(usize, Pairs)>, SpecError> {
        let path = |index: usize| format!("targets.differences[{index}]");
        let list = match &self.spec.targets.differences {
            DifferenceTargets::All(false) => return Ok(Vec::new()),
            DifferenceTargets::All(true) => return Ok((0..self.dims.len()).map(|dim| (dim, Pairs::All)).collect()),
            DifferenceTargets::Some(list) => list,
        };
        let mut pairs = Vec::new();
        for (index, item) in list.iter().enumerate() {
            match item {
                DifferenceSpec::Dimension(name) => {
                    let dim = self.dims.iter().position(|dim| dim.name == *name);
                    let missing = || SpecError::field(path(index), format!("no table has a dimension `{name}`"));
                    pairs.push((dim.ok_or_else(missing)?, Pairs::All));
                }
                DifferenceSpec::Codes([a, b]) => {
                    let both = |code: &String, dim: usize| self.dims[dim].atoms_of(code).is_some();
                    let dims: Vec<usize> = (0..self.dims.len()).filter(|&dim| both(a, dim) && both(b, dim)).collect();
                    if dims.is_empty() {
                        return Err(SpecError::field(path(index), format!("no dimension has both `{a}` and `{b}`")));
                    }
                    let named = vec![(a.clone(), b.clone()), (b.clone(), a.clone())];
                    pairs.extend(dims.into_iter().map(|dim| (dim, Pairs::Named(named.clone()))));
                }
                DifferenceSpec::Pair(pair) => {
                    let dim = self.check_code(&path(index), &pair.dim, &pair.of)?;
                    self.check_code(&path(index), &pair.dim, &pair.minus)?;
                    pairs.push((dim, Pairs::Named(vec![(pair.of.clone(), pair.minus.clone())])));
                }
            }
        }
        Ok(pairs)
    }

    /// Pairs (of, minus) among cells that differ in one dimension only.
    fn pairs(&self, dim: usize, pairs: &Pairs, cells: &[usize]) -> Vec<(usize, usize)> {
        let code = |cell: usize| self.cells[cell][dim].as_deref();
        match pairs {
            Pairs::Named(named) => {
                let find = |wanted: &str| cells.iter().copied().find(|&cell| code(cell) == Some(wanted));
                named.iter().filter_map(|(of, minus)| find(of).zip(find(minus))).collect()
            }
            Pairs::All if Some(dim) == self.snapshot_dim => {
                if self.spec.snapshots.as_ref().is_some_and(|snapshots| snapshots.link == Link::Equal) {
                    return Vec::new();
                }
                let mut order = cells.to_vec();
                let place =
                    |cell: usize| self.dims[dim].atoms.iter().position(|atom| Some(atom.as_str()) == code(cell));
                order.sort_by_key(|&cell| place(cell));
                order.windows(2).map(|pair| (pair[1], pair[0])).collect()
            }
            Pairs::All => {
                cells.iter().flat_map(|&a| cells.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b).collect()
            }
        }
    }

    /// What is left of a cell without another; `None` when they do not overlap, or nothing is left.
    fn subtract(
        &self,
        layout: &Layout,
        unknowns: &Unknowns,
        dim: usize,
        of: usize,
        minus: usize,
    ) -> Option<Vec<(Unknown, i64)>> {
        if Some(dim) == self.snapshot_dim {
            let minus = unknowns.cell(layout, minus).into_iter().map(|(unknown, _)| (unknown, -1));
            let terms: Vec<(Unknown, i64)> = unknowns.cell(layout, of).into_iter().chain(minus).collect();
            return (!terms.is_empty()).then_some(terms);
        }
        let (of, minus) = (&layout.cells[of], &layout.cells[minus]);
        let left = of.merged.iter().filter(|merged| minus.merged.binary_search(merged).is_err());
        let terms: Vec<(Unknown, i64)> = left.map(|&merged| (unknowns.at(merged, of.snapshot), 1)).collect();
        (!terms.is_empty() && terms.len() < of.merged.len()).then_some(terms)
    }

    fn pair_name(&self, dim: usize, of: usize, minus: usize) -> String {
        let code = |cell: usize| self.cells[cell][dim].as_deref().unwrap_or("(total)");
        format!("{}: {} minus {}", self.dims[dim].name, code(of), code(minus))
    }

    /// Atom cells that are no published cell and no structural zero.
    fn atom_targets(&self, layout: &Layout, unknowns: &Unknowns, wanted: &mut Vec<Wanted>) {
        let published: HashSet<Key> =
            wanted.iter().filter(|one| one.difference.is_none()).map(|one| one.codes.clone()).collect();
        for snapshot in 0..layout.snapshots {
            for (place, merged) in layout.merged.iter().enumerate().filter(|(_, merged)| !merged.zero[snapshot]) {
                let codes = layout.atom_key(&self.dims, place, snapshot);
                debug_assert_eq!(merged.weight, 1, "atoms are kept apart");
                if !published.contains(&codes) {
                    let terms = vec![(unknowns.at(place, snapshot), 1)];
                    wanted.push(Wanted { codes, difference: None, value: None, status: None, terms });
                }
            }
        }
    }
}

impl DifferenceTargets {
    fn any(&self) -> bool {
        !matches!(self, Self::All(false))
    }
}

/// Whether a cell holds all of another.
fn holds(layout: &Layout, of: usize, minus: usize) -> bool {
    let (of, minus) = (&layout.cells[of], &layout.cells[minus]);
    minus.merged.iter().all(|merged| of.merged.binary_search(merged).is_ok())
}
