//! A specification held against its tables, and the system of what a reader knows.

use std::collections::{BTreeMap, HashMap};

use super::dimension::Dimension;
use super::error::SpecError;
use super::form::{DimensionSpec, Link, Spec};
use super::layout::{Key, Layout, Plan};
use super::rule::Rule;
use super::table::{RawTable, Row, Table, seen};
use crate::attack::{System, Unknown};

/// A specification with its tables: every column, code and cell resolved.
pub struct Problem {
    pub(super) spec: Spec,
    pub(super) tables: Vec<Table>,
    pub(super) dims: Vec<Dimension>,
    /// Place of the dimension of the snapshots in `dims`.
    pub(super) snapshot_dim: Option<usize>,
    /// Distinct cells: those of the tables, then those that an insider knows.
    pub(super) cells: Vec<Key>,
    /// Cell of each row of each table.
    pub(super) published: Vec<Published>,
    /// Cells that an insider knows, with their counts.
    known: Vec<(usize, i64)>,
    /// Codes per dimension of each structural zero; none is every atom.
    zeros: Vec<Vec<Vec<String>>>,
}

/// A row of a table, as a cell.
#[derive(Clone, Copy)]
pub(super) struct Published {
    pub(super) table: usize,
    pub(super) row: usize,
    pub(super) cell: usize,
}

impl Problem {
    /// Holds a specification against its tables, given in its order.
    ///
    /// # Errors
    /// [`SpecError`] says which field of the specification, or which line of which table, does not fit.
    pub fn new(spec: Spec, raw: &[RawTable]) -> Result<Self, SpecError> {
        let tables = spec.tables.iter().zip(raw).enumerate();
        let tables: Vec<Table> =
            tables.map(|(index, (spec, raw))| Table::new(index, spec, raw)).collect::<Result<_, _>>()?;
        let dims = dimensions(&spec, &tables)?;
        let mut problem = Self {
            snapshot_dim: None,
            cells: Vec::new(),
            published: Vec::new(),
            known: Vec::new(),
            zeros: Vec::new(),
            spec,
            tables,
            dims,
        };
        problem.snapshot_dim = problem.find_snapshots()?;
        problem.add_published()?;
        problem.add_known()?;
        problem.add_zeros()?;
        Ok(problem)
    }

    /// Names of the dimensions, in the order of the tables.
    pub fn dimensions(&self) -> impl Iterator<Item = &str> {
        self.dims.iter().map(|dim| dim.name.as_str())
    }

    fn dim(&self, name: &str) -> Option<usize> {
        self.dims.iter().position(|dim| dim.name == name)
    }

    fn find_snapshots(&self) -> Result<Option<usize>, SpecError> {
        let Some(snapshots) = &self.spec.snapshots else { return Ok(None) };
        for table in &self.tables {
            if !table.dims.contains(&snapshots.dim) {
                let rule = format!("{} lacks `{}`, and snapshots never add up", table.file, snapshots.dim);
                return Err(SpecError::field("snapshots.dim", rule));
            }
        }
        Ok(self.dim(&snapshots.dim))
    }

    fn add_published(&mut self) -> Result<(), SpecError> {
        let mut places: HashMap<Key, usize> = HashMap::new();
        for (index, table) in self.tables.iter().enumerate() {
            let places_of: Vec<usize> = table.dims.iter().filter_map(|name| self.dim(name)).collect();
            for (number, row) in table.rows.iter().enumerate() {
                let mut key: Key = vec![None; self.dims.len()];
                for (place, (&dim, code)) in places_of.iter().zip(&row.codes).enumerate() {
                    if self.dims[dim].atoms_of(code).is_none() {
                        let rule = format!("`{code}` is neither atom nor group of `{}`", self.dims[dim].name);
                        return Err(table.code_error(row, place, rule));
                    }
                    key[dim] = Some(code.clone());
                }
                let cell = *places.entry(key.clone()).or_insert_with(|| {
                    self.cells.push(key);
                    self.cells.len() - 1
                });
                self.published.push(Published { table: index, row: number, cell });
            }
        }
        Ok(())
    }

    /// Refuses a dimension or code that is not there.
    pub(super) fn check_code(&self, path: &str, dimension: &str, code: &str) -> Result<usize, SpecError> {
        let dim = self.dim(dimension);
        let dim = dim.ok_or_else(|| SpecError::field(path, format!("no table has a dimension `{dimension}`")))?;
        match self.dims[dim].atoms_of(code) {
            Some(_) => Ok(dim),
            None => Err(SpecError::field(path, format!("`{code}` is neither atom nor group of `{dimension}`"))),
        }
    }

    fn add_known(&mut self) -> Result<(), SpecError> {
        for (index, known) in self.spec.known.iter().enumerate() {
            let path = format!("known[{index}].where");
            let mut key: Key = vec![None; self.dims.len()];
            for (dimension, code) in &known.cell {
                let dim = self.check_code(&path, dimension, code)?;
                key[dim] = Some(code.clone());
            }
            if let Some(dim) = self.snapshot_dim.filter(|&dim| key[dim].is_none()) {
                return Err(SpecError::field(
                    path,
                    format!("lacks `{}`, and snapshots never add up", self.dims[dim].name),
                ));
            }
            let cell = self.cells.iter().position(|other| *other == key).unwrap_or_else(|| {
                self.cells.push(key);
                self.cells.len() - 1
            });
            self.known.push((cell, known.value));
        }
        Ok(())
    }

    fn add_zeros(&mut self) -> Result<(), SpecError> {
        for (index, pattern) in self.spec.structural_zeros.iter().enumerate() {
            let path = format!("structural_zeros[{index}]");
            let mut codes = vec![Vec::new(); self.dims.len()];
            for (dimension, named) in pattern {
                for code in named.codes() {
                    codes[self.check_code(&path, dimension, code)?].push(code.clone());
                }
            }
            if codes.iter().all(Vec::is_empty) {
                return Err(SpecError::field(path, "names no code, so everything would be 0"));
            }
            self.zeros.push(codes);
        }
        Ok(())
    }

    pub(super) fn layout(&self, apart: bool) -> Result<Layout, SpecError> {
        let Self { dims, snapshot_dim, cells, zeros, .. } = self;
        Layout::new(&Plan { dims, snapshot_dim: *snapshot_dim, cells, zeros, apart })
    }

    pub(super) fn row(&self, published: Published) -> (&Table, &Row) {
        let table = &self.tables[published.table];
        (table, &table.rows[published.row])
    }

    /// The rule of a row's status.
    pub(super) fn rule(&self, published: Published) -> Result<Rule, SpecError> {
        let (table, row) = self.row(published);
        self.spec.rules.get(&row.status).copied().ok_or_else(|| {
            let rules: Vec<&str> = self.spec.rules.keys().map(String::as_str).collect();
            let rule = format!("status `{}` has no rule; there are rules for {}", row.status, rules.join(", "));
            table.status_error(row, &rule)
        })
    }

    /// All that a reader knows: each published value, what an insider knows, and how snapshots are linked.
    pub(super) fn system(&self, layout: &Layout) -> Result<(System, Unknowns), SpecError> {
        let mut system = System::new();
        let (min, max) = (self.spec.cell_min, self.spec.cell_max);
        let unknowns = Unknowns::new(&mut system, layout, |weight| (min * weight, max.map(|max| max * weight)));
        let mut groups = BTreeMap::new();
        for &published in &self.published {
            let (table, row) = self.row(published);
            let rule = self.rule(published)?;
            let (lo, hi) = rule.interval(&row.status, row.value).map_err(|fault| table.value_error(row, fault))?;
            if lo.is_some() || hi.is_some() {
                let group = *groups.entry(&table.file).or_insert_with(|| system.group(&table.file));
                system.row(group, &unknowns.cell(layout, published.cell), lo, hi);
            }
        }
        if !self.known.is_empty() {
            let group = system.group("known");
            for &(cell, value) in &self.known {
                system.row(group, &unknowns.cell(layout, cell), Some(value), Some(value));
            }
        }
        self.link(&mut system, layout, &unknowns);
        Ok((system, unknowns))
    }

    /// Ties each snapshot to the one before.
    pub(super) fn link(&self, system: &mut System, layout: &Layout, unknowns: &Unknowns) {
        let Some(snapshots) = &self.spec.snapshots else { return };
        let bounds = |weight: i64| match snapshots.link {
            Link::None => None,
            Link::Equal => Some((0, Some(0))),
            Link::Nondecreasing => Some((0, None)),
            Link::Band { down, up } => Some((-down * weight, Some(up * weight))),
        };
        let group = system.group("link of snapshots");
        for later in 1..layout.snapshots {
            for (place, merged) in layout.merged.iter().enumerate() {
                let Some((lo, hi)) = bounds(merged.weight) else { return };
                let terms = [(unknowns.at(place, later), 1), (unknowns.at(place, later - 1), -1)];
                system.row(group, &terms, Some(lo), hi);
            }
        }
    }
}

/// The unknowns of a system, by merged atom cell and snapshot.
pub(super) struct Unknowns {
    merged: usize,
    all: Vec<Unknown>,
}

impl Unknowns {
    /// Adds them; `bounds` are by the number of atom cells merged.
    pub(super) fn new(system: &mut System, layout: &Layout, bounds: impl Fn(i64) -> (i64, Option<i64>)) -> Self {
        let snapshots = (0..layout.snapshots).flat_map(|snapshot| layout.merged.iter().map(move |one| (snapshot, one)));
        let all = snapshots.map(|(snapshot, merged)| {
            let (lo, hi) = if merged.zero[snapshot] { (0, Some(0)) } else { bounds(merged.weight) };
            system.unknown(lo, hi)
        });
        Self { merged: layout.merged.len(), all: all.collect() }
    }

    pub(super) fn at(&self, merged: usize, snapshot: usize) -> Unknown {
        self.all[self.index(merged, snapshot)]
    }

    /// Place of an unknown in a point.
    pub(super) fn index(&self, merged: usize, snapshot: usize) -> usize {
        snapshot * self.merged + merged
    }

    /// A cell as a sum of unknowns.
    pub(super) fn cell(&self, layout: &Layout, cell: usize) -> Vec<(Unknown, i64)> {
        let members = &layout.cells[cell];
        members.merged.iter().map(|&merged| (self.at(merged, members.snapshot), 1)).collect()
    }
}

/// The dimensions of the tables, in the order in which they are first named.
fn dimensions(spec: &Spec, tables: &[Table]) -> Result<Vec<Dimension>, SpecError> {
    let seen = seen(tables);
    if let Some(unused) = spec.dimensions.keys().find(|name| !seen.contains_key(name.as_str())) {
        let path = format!("dimensions.{unused}");
        return Err(SpecError::field(
            path,
            "no table has this dimension; is it named otherwise in `dims` or `rename`?",
        ));
    }
    let mut names: Vec<&str> = Vec::new();
    for name in tables.iter().flat_map(|table| &table.dims) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let none = DimensionSpec::default();
    let dimension = |name: &str| {
        let given = spec.dimensions.get(name).unwrap_or(&none);
        match spec.snapshots.as_ref().filter(|snapshots| snapshots.dim == name) {
            Some(snapshots) => snapshot_dimension(given, &snapshots.order, name),
            None => Dimension::new(name, given, &seen[name]),
        }
    };
    if let Some(snapshots) = spec.snapshots.as_ref().filter(|snapshots| !names.contains(&snapshots.dim.as_str())) {
        return Err(SpecError::field("snapshots.dim", format!("no table has a dimension `{}`", snapshots.dim)));
    }
    names.into_iter().map(dimension).collect()
}

/// The dimension of the snapshots: its atoms are in their order, and nothing adds up over it.
fn snapshot_dimension(given: &DimensionSpec, order: &[String], name: &str) -> Result<Dimension, SpecError> {
    if !given.groups.is_empty() {
        return Err(SpecError::field(
            format!("dimensions.{name}.groups"),
            "snapshots never add up: they have no groups",
        ));
    }
    if let Some(atom) = given.atoms.iter().flatten().find(|atom| !order.contains(atom)) {
        return Err(SpecError::field("snapshots.order", format!("lacks `{atom}`, an atom of `{name}`")));
    }
    Dimension::new(name, &DimensionSpec { atoms: Some(order.to_vec()), groups: BTreeMap::new() }, &[])
}
