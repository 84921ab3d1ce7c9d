//! One measure as an integer problem over atoms: which counts are one variable, what each may become, what ties them.
//!
//! All tables of a measure are one problem: what a breakdown can become depends on the totals, and they on all breakdowns.
//! Values are in units (multiples of the base), so the witness consists of whole units too.

mod cell;

use std::collections::BTreeMap;

use crate::atoms::{CellIdentity, Regions};
use crate::cell::{Area, BlockKind, BlockScope};
use crate::draw::Key;
use crate::links::{Link, LinkEnd, Relation};
use crate::past::{Bonds, areas_by_region};
use crate::policy::Policy;
use crate::program::{Expr, Program, Solved};
use crate::table::{Block, CellTable};

use cell::{Cell, Hidden};

pub(crate) use cell::Reach;

/// Witness of one table in units, `[atom][category]`.
pub(crate) type Witness = Vec<Vec<i64>>;

/// Counts that are one variable: a category, or several that are equal by contract.
struct Column {
    /// Published cells, by region.
    cells: BTreeMap<usize, Cell>,
    /// What the witness of each atom may become.
    atoms: Vec<Hidden>,
}

/// All that the cells of a period are drawn with.
struct Drawer<'a, 'd> {
    table: &'a CellTable,
    /// Areas of each region.
    areas: Vec<Vec<&'d Area>>,
    bonds: &'d Bonds<'d>,
    key: &'d Key,
    policy: &'d Policy,
}

/// A category of one of the measure's tables, as indices.
type Place = (usize, usize);

/// One measure, prepared for solving.
pub(crate) struct Measure<'a> {
    pub(crate) name: &'a str,
    /// Its tables; the first is the totals.
    pub(crate) blocks: Vec<&'a Block>,
    /// Index of each table in the period's list.
    pub(crate) indices: Vec<usize>,
    regions: &'a Regions,
    atoms: usize,
    columns: Vec<Column>,
    /// `[block][category]`; `None` is a structural zero.
    column_of: Vec<Vec<Option<usize>>>,
    /// Pairs whose left is at most the right.
    at_most: Vec<[Place; 2]>,
}

impl<'a> Measure<'a> {
    /// Prepares every measure of a table, in order of their totals.
    pub(crate) fn all(
        table: &'a CellTable,
        regions: &'a Regions,
        bonds: &Bonds<'_>,
        key: &Key,
        policy: &Policy,
    ) -> Vec<Self> {
        let drawer = Drawer { table, areas: areas_by_region(&table.geography, regions), bonds, key, policy };
        let totals = table.blocks.iter().filter(|block| block.spec.kind == BlockKind::Total);
        totals.map(|total| Self::of(&drawer, &total.spec.measure, regions)).collect()
    }

    fn of(drawer: &Drawer<'a, '_>, name: &'a str, regions: &'a Regions) -> Self {
        let table = drawer.table;
        let mut indices: Vec<usize> =
            (0..table.blocks.len()).filter(|&block| table.blocks[block].spec.measure == name).collect();
        indices.sort_by_key(|&block| table.blocks[block].spec.kind != BlockKind::Total);
        let blocks: Vec<&Block> = indices.iter().map(|&block| &table.blocks[block]).collect();
        let linked = |relation: Relation| {
            let links = table.links.iter().filter(move |link| link.relation == relation);
            links.filter_map(|link| ends(link, &blocks)).collect::<Vec<[Place; 2]>>()
        };
        let (equal, at_most) = (linked(Relation::Equal), linked(Relation::AtMost));
        let mut measure = Self {
            name,
            column_of: blocks.iter().map(|block| vec![None; block.spec.categories.len()]).collect(),
            columns: Vec::new(),
            at_most,
            blocks,
            indices,
            regions,
            atoms: table.geography.atoms.len(),
        };
        for group in measure.variables(&equal) {
            if group.iter().all(|&(block, category)| !measure.blocks[block].spec.categories[category].structural_zero) {
                let column = measure.draw_column(&group, drawer);
                for (block, category) in group {
                    measure.column_of[block][category] = Some(measure.columns.len());
                }
                measure.columns.push(column);
            }
        }
        measure
    }

    /// Categories by variable: each by itself but those that are equal by contract, the first by code ahead.
    fn variables(&self, equal: &[[Place; 2]]) -> Vec<Vec<Place>> {
        let mut groups: Vec<Vec<Place>> = Vec::new();
        for (block, data) in self.blocks.iter().enumerate() {
            groups.extend((0..data.spec.categories.len()).map(|category| vec![(block, category)]));
        }
        for [left, right] in equal {
            let position = |place: &Place| groups.iter().position(|group| group.contains(place));
            if let (Some(left), Some(right)) = (position(left), position(right))
                && left != right
            {
                let moved = std::mem::take(&mut groups[left.max(right)]);
                groups[left.min(right)].extend(moved);
            }
        }
        groups.retain(|group| !group.is_empty());
        for group in &mut groups {
            group.sort_by_key(|&(block, category)| {
                let spec = &self.blocks[block].spec;
                (&spec.dimension, &spec.categories[category].code)
            });
        }
        groups
    }

    /// Draws the published cells of a variable. Its first category names them.
    fn draw_column(&self, group: &[Place], drawer: &Drawer<'_, '_>) -> Column {
        let (block, category) = group[0];
        let Block { spec, counts } = self.blocks[block];
        let wide = group.iter().any(|&(block, _)| self.blocks[block].spec.scope == BlockScope::AllAreas);
        let scope = if wide { BlockScope::AllAreas } else { BlockScope::NationalOnly };
        let index = self.indices[block];
        let cells = self.regions.in_scope(scope).map(|region| {
            let set = self.regions.get(region);
            let identity = CellIdentity {
                measure: &spec.measure,
                dimension: spec.dimension.as_deref(),
                category: &spec.categories[category].code,
                atoms: &set.codes,
            };
            let count = set.atoms.iter().map(|&atom| u64::from(counts[atom][category])).sum();
            let bond = drawer.bonds.cell(index, spec, category, &drawer.areas[region], count);
            let draw = drawer.key.draw(&identity, &drawer.table.period);
            (region, Cell::new(count, draw, spec.kind == BlockKind::Total, &bond, drawer.policy))
        });
        let base = drawer.policy.base;
        let atoms = counts.iter().enumerate().map(|(atom, row)| {
            Hidden::new(row[category], &drawer.bonds.atom(index, category, atom, row[category]), base)
        });
        Column { cells: cells.collect(), atoms: atoms.collect() }
    }

    /// Whether a published cell has the candidate that was drawn.
    pub(crate) fn is_drawn(&self, block: usize, category: usize, region: usize, value: i64) -> bool {
        let column = self.column_of[block][category].map(|column| &self.columns[column]);
        let cell = column.and_then(|column| column.cells.get(&region));
        cell.is_none_or(|cell| value == cell.drawn())
    }

    /// Published cells, those of linked categories once.
    pub(crate) fn cells(&self) -> usize {
        self.columns.iter().map(|column| column.cells.len()).sum()
    }

    /// Whether a link ties tables to each other, so that they can't be solved one by one.
    pub(crate) fn is_linked(&self) -> bool {
        let categories: usize = self.column_of.iter().flatten().flatten().count();
        !self.at_most.is_empty() || categories != self.columns.len()
    }

    /// Solves the whole measure: a witness for each table, as near to the draws as can be.
    pub(crate) fn solve(&self, reach: Reach, node_limit: u64) -> Result<Vec<Witness>, Solved> {
        self.solve_tables(&Vec::from_iter(0..self.blocks.len()), None, reach, node_limit)
    }

    /// Solves some tables of the measure: the totals among them, or given as solved before.
    pub(crate) fn solve_tables(
        &self,
        tables: &[usize],
        totals: Option<&Witness>,
        reach: Reach,
        node_limit: u64,
    ) -> Result<Vec<Witness>, Solved> {
        let mut program = Program::default();
        let mut columns: Vec<Option<Vec<Expr>>> = vec![None; self.columns.len()];
        for column in tables.iter().flat_map(|&table| self.column_of[table].iter().flatten()) {
            if columns[*column].is_none() {
                columns[*column] = Some(self.columns[*column].exprs(&mut program, self.regions, self.atoms, reach));
            }
        }
        let zero = vec![Expr::default(); self.atoms];
        let given: Option<Vec<Expr>> = totals.map(|rows| rows.iter().map(|row| Expr::constant(row[0])).collect());
        let expr = |(table, category): Place| {
            let column = self.column_of[table][category].and_then(|column| columns[column].as_ref());
            column.or(given.as_ref().filter(|_| table == 0)).unwrap_or(&zero)
        };
        for &table in tables.iter().filter(|&&table| table > 0) {
            let categories = (0..self.blocks[table].spec.categories.len()).map(|category| expr((table, category)));
            self.tie_to_total(&mut program, table, &categories.collect::<Vec<_>>(), expr((0, 0)));
        }
        let linked = self.at_most.iter().filter(|ends| ends.iter().all(|(table, _)| tables.contains(table)));
        for &[left, right] in linked {
            for (left, right) in expr(left).iter().zip(expr(right)) {
                program.constrain(&left.minus(right), i64::MIN, 0);
            }
        }
        match program.solve(node_limit) {
            Solved::Found(values) => Ok(self.witnesses(tables, |place, atom| expr(place)[atom].value(&values))),
            other => Err(other),
        }
    }

    /// Rows of a breakdown in each atom: single-valued categories add up to the total; multi-valued ones have
    /// Σ exclusive + max(others) ≤ total ≤ Σ all.
    fn tie_to_total(&self, program: &mut Program, block: usize, columns: &[&Vec<Expr>], totals: &[Expr]) {
        let spec = &self.blocks[block].spec;
        for (atom, total) in totals.iter().enumerate() {
            let cells = || spec.categories.iter().zip(columns.iter().map(|column| &column[atom]));
            let all = Expr::sum(cells().map(|(_, expr)| expr)).minus(total);
            if spec.kind == BlockKind::Single {
                program.constrain(&all, 0, 0);
                continue;
            }
            program.constrain(&all, 0, i64::MAX);
            let exclusive = Expr::sum(cells().filter(|(category, _)| category.exclusive).map(|(_, expr)| expr));
            program.constrain(&exclusive.minus(total), i64::MIN, 0);
            for (_, other) in cells().filter(|(category, _)| !category.exclusive) {
                program.constrain(&Expr::sum([&exclusive, other]).minus(total), i64::MIN, 0);
            }
        }
    }

    fn witnesses(&self, tables: &[usize], value: impl Fn(Place, usize) -> i64) -> Vec<Witness> {
        let witness = |&table: &usize| {
            let categories = self.blocks[table].spec.categories.len();
            let row = |atom| (0..categories).map(|category| value((table, category), atom)).collect();
            (0..self.atoms).map(row).collect()
        };
        tables.iter().map(witness).collect()
    }
}

impl Column {
    /// The column's value in each atom, with the rows that tie wider regions to their atoms.
    fn exprs(&self, program: &mut Program, regions: &Regions, atoms: usize, reach: Reach) -> Vec<Expr> {
        let mut exprs: Vec<Option<Expr>> = vec![None; atoms];
        let mut wider = Vec::new();
        for (&region, cell) in &self.cells {
            match regions.get(region).atoms[..] {
                [atom] => exprs[atom] = Some(cell.expr(program, reach)),
                ref several => wider.push((several, cell)),
            }
        }
        let mut free = |atom: usize| {
            // Every atom is in a published region: it can't hold more than the smallest of them.
            let regions = wider.iter().filter(|(region, _)| region.contains(&atom));
            let most = regions.map(|(_, cell)| cell.most(reach)).min().unwrap_or(0);
            self.atoms[atom].expr(program, most, reach)
        };
        let exprs: Vec<Expr> =
            exprs.into_iter().enumerate().map(|(atom, expr)| expr.unwrap_or_else(|| free(atom))).collect();
        for (region, cell) in wider {
            let sum = Expr::sum(region.iter().map(|&atom| &exprs[atom]));
            let difference = sum.minus(&cell.expr(program, reach));
            program.constrain(&difference, 0, 0);
        }
        exprs
    }
}

/// Both ends of a link, if the tables have both.
fn ends(link: &Link, blocks: &[&Block]) -> Option<[Place; 2]> {
    let find = |end: &LinkEnd| {
        let is_end =
            |spec: &crate::BlockSpec| spec.measure == link.measure && spec.dimension.as_ref() == Some(&end.dimension);
        let block = blocks.iter().position(|block| is_end(&block.spec))?;
        let mut categories = blocks[block].spec.categories.iter();
        Some((block, categories.position(|category| category.code == end.category)?))
    };
    Some([find(&link.left)?, find(&link.right)?])
}
