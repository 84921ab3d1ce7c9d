//! Certificate (A): an independent check of a record in exact integers, linear in its size.
//!
//! It shares no code with the solver or with the checks of [`crate::CellTable`]: an error there must show here. It trusts
//! nothing in the record, its shape included.

mod among;
mod running;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cell::{BlockKind, BlockScope, BlockSpec, Geography, NATIONAL};
use crate::links::{self, Link, Relation};
use crate::memory::{BlockRecord, FORMAT, MemoryRecord, VERSION};

pub use among::{certify_all, certify_among};
pub use running::{SaidSum, certify_running};

/// Findings beyond this many are counted, not listed.
const MOST_FINDINGS: usize = 50;

/// Outcome of [`certify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Number of published and withheld cells that were checked.
    pub cells: usize,
    /// Violations: rule and codes of the cell, never counts. Empty when the record passes.
    pub findings: Vec<String>,
}

impl Certificate {
    /// Whether nothing was found.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a record: its shape (a dense grid); a is a multiple of the base; a = A·x̂; x̂ ≥ 0 and realisable by records;
/// links; |z − a| ≤ bound, in withheld areas too; z itself realisable; single-valued tables add up as published; areas
/// with equal atoms have equal values.
pub fn certify(record: &MemoryRecord) -> Certificate {
    let mut check = Check { record, findings: Vec::new(), more: 0, cells: 0 };
    check.header();
    check.geography();
    check.specs();
    if check.findings.is_empty() {
        for block in &record.blocks {
            check.shape(block);
        }
    }
    if check.findings.is_empty() {
        for block in &record.blocks {
            check.values(block);
            check.records(block, "truth", &block.truth, |total| &total.truth);
            check.records(block, "witness", &block.witness, |total| &total.witness);
            check.additivity(block);
            check.equal_areas(block);
        }
        check.links();
    }
    check.outcome()
}

struct Check<'a> {
    record: &'a MemoryRecord,
    findings: Vec<String>,
    more: usize,
    cells: usize,
}

impl<'a> Check<'a> {
    fn find(&mut self, rule: impl FnOnce() -> String) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(rule());
        } else {
            self.more += 1;
        }
    }

    fn require(&mut self, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.find(rule);
        }
    }

    fn header(&mut self) {
        let MemoryRecord { format, version, period, policy, .. } = self.record;
        let known = format == FORMAT && (*version == VERSION || (*version == 1 && self.record.issue == 1));
        self.require(known, || "the record is of another format or version".to_owned());
        self.require(!period.is_empty(), || "the record names no period".to_owned());
        self.require(self.record.issue > 0, || "the record names no issue".to_owned());
        let own = self.record.bound();
        let rounded = self.record.past.parts.is_empty();
        let promised =
            own == policy.bound || (!rounded && (own == policy.year_bound || own == policy.year_bound_revised));
        self.require(promised, || "the bound is not one of the policy".to_owned());
        let (base, ideal, bound) = (u64::from(policy.base), u64::from(policy.ideal), u64::from(policy.bound));
        let guaranteed = base >= 5
            && ideal + 1 == base
            && (ideal..2 * base).contains(&bound)
            && policy.bound <= policy.year_bound
            && policy.year_bound <= policy.year_bound_revised;
        self.require(guaranteed, || "the policy is one that the guarantee does not hold for".to_owned());
    }

    fn geography(&mut self) {
        let Geography { atoms, areas } = &self.record.geography;
        let distinct: BTreeSet<&String> = atoms.iter().collect();
        self.require(distinct.len() == atoms.len(), || "an atom is there twice".to_owned());
        let mut codes = BTreeSet::new();
        let mut covered = BTreeSet::new();
        for area in areas {
            let set: BTreeSet<usize> = area.atoms.iter().copied().collect();
            let proper = !set.is_empty() && set.len() == area.atoms.len() && set.iter().all(|&atom| atom < atoms.len());
            self.require(proper, || format!("area {} is not a set of atoms", area.code));
            self.require(codes.insert(&area.code), || format!("area {} is there twice", area.code));
            covered.extend(set);
        }
        self.require(covered.len() == atoms.len(), || "an atom is in no area".to_owned());
    }

    fn specs(&mut self) {
        let mut names = BTreeSet::new();
        for block in &self.record.blocks {
            let spec = &block.spec;
            self.require(names.insert((&spec.measure, &spec.dimension)), || format!("{} is there twice", spec.name()));
            let is_total = spec.kind == BlockKind::Total;
            self.require(is_total == spec.dimension.is_none(), || format!("{} is no table", spec.name()));
            let totals = self.total_of(spec).map(|total| total.spec.scope);
            let wide = totals.is_some_and(|scope| scope == BlockScope::AllAreas || scope == spec.scope);
            self.require(wide, || format!("{} has no totals of its areas", spec.name()));
            let codes: BTreeSet<&String> = spec.categories.iter().map(|category| &category.code).collect();
            let unique = codes.len() == spec.categories.len() && !codes.is_empty();
            self.require(unique && (!is_total || codes.len() == 1), || {
                format!("{} has no proper categories", spec.name())
            });
        }
    }

    fn total_of(&self, spec: &BlockSpec) -> Option<&'a BlockRecord> {
        self.record.blocks.iter().find(|block| block.spec.dimension.is_none() && block.spec.measure == spec.measure)
    }

    /// Areas for which a table is published: code and atoms.
    fn areas(&self, spec: &BlockSpec) -> Vec<(&'a str, &'a [usize])> {
        let all = spec.scope == BlockScope::AllAreas;
        let areas = self.record.geography.areas.iter().filter(|area| all || area.kind == NATIONAL);
        areas.map(|area| (area.code.as_str(), area.atoms.as_slice())).collect()
    }

    /// The grid is dense: one row per atom or area, one number per category, structural zeros included.
    fn shape(&mut self, block: &BlockRecord) {
        let (atoms, areas) = (self.record.geography.atoms.len(), self.areas(&block.spec).len());
        let full = |rows: &[Vec<u32>], height: usize| {
            rows.len() == height && rows.iter().all(|row| row.len() == block.spec.categories.len())
        };
        let dense = full(&block.truth, atoms) && full(&block.witness, atoms) && full(&block.published, areas);
        self.require(dense, || format!("{}: the grid is not dense", block.spec.name()));
    }

    /// Every published cell: multiple of the base, sum of the witness, within the bound of the truth.
    fn values(&mut self, block: &BlockRecord) {
        let policy = &self.record.policy;
        for ((area, atoms), row) in self.areas(&block.spec).into_iter().zip(&block.published) {
            for (column, category) in block.spec.categories.iter().enumerate() {
                let cell = || match category.code.as_str() {
                    "" => format!("{} in {area}", block.spec.name()),
                    code => format!("{}/{code} in {area}", block.spec.name()),
                };
                let value = u64::from(row[column]);
                let over = |rows: &[Vec<u32>]| atoms.iter().map(|&atom| u64::from(rows[atom][column])).sum::<u64>();
                self.cells += 1;
                self.require(value % u64::from(policy.base) == 0, || format!("{}: not a multiple of the base", cell()));
                self.require(value == over(&block.witness), || format!("{}: not the sum of its witness", cell()));
                let error = value.abs_diff(over(&block.truth));
                self.require(error <= u64::from(self.record.bound()), || format!("{}: beyond the bound", cell()));
                let zero = !category.structural_zero || value == 0;
                self.require(zero, || format!("{}: a structural zero is not 0", cell()));
            }
        }
    }

    /// Counts per atom are those of a set of records.
    fn records(
        &mut self,
        block: &BlockRecord,
        what: &str,
        rows: &[Vec<u32>],
        of_total: impl Fn(&'a BlockRecord) -> &'a Vec<Vec<u32>>,
    ) {
        let spec = &block.spec;
        let Some(totals) = self.total_of(spec).map(of_total) else { return };
        for (atom, row) in rows.iter().enumerate() {
            let total = u64::from(totals[atom][0]);
            let (mut all, mut exclusive, mut largest, mut impossible) = (0, 0, 0, 0);
            for (category, &count) in spec.categories.iter().zip(row) {
                let count = u64::from(count);
                all += count;
                if category.exclusive {
                    exclusive += count;
                } else {
                    largest = count.max(largest);
                }
                if category.structural_zero {
                    impossible += count;
                }
            }
            let realisable = match spec.kind {
                BlockKind::Total | BlockKind::Single => all == total,
                BlockKind::Multi => exclusive + largest <= total && total <= all,
            };
            let code = &self.record.geography.atoms[atom];
            self.require(realisable && impossible == 0, || {
                format!("{} in atom {code}: no records have the {what}", spec.name())
            });
        }
    }

    /// Single-valued tables add up as published.
    fn additivity(&mut self, block: &BlockRecord) {
        let spec = &block.spec;
        if spec.kind != BlockKind::Single {
            return;
        }
        let Some(total) = self.total_of(spec) else { return };
        let totals: BTreeMap<&str, u32> = self
            .areas(&total.spec)
            .iter()
            .map(|(area, _)| *area)
            .zip(total.published.iter().map(|row| row[0]))
            .collect();
        for ((area, _), row) in self.areas(spec).into_iter().zip(&block.published) {
            let sum: u64 = row.iter().map(|&value| u64::from(value)).sum();
            let adds = totals.get(area).is_some_and(|&total| u64::from(total) == sum);
            self.require(adds, || format!("{} in {area}: does not add up to the total", spec.name()));
        }
    }

    /// Areas with the same atoms have the same values.
    fn equal_areas(&mut self, block: &BlockRecord) {
        let mut first: BTreeMap<BTreeSet<usize>, (&str, &Vec<u32>)> = BTreeMap::new();
        for ((area, atoms), row) in self.areas(&block.spec).into_iter().zip(&block.published) {
            let (other, known) = *first.entry(atoms.iter().copied().collect()).or_insert((area, row));
            self.require(known == row, || {
                format!("{}: {other} and {area} are one area, with two values", block.spec.name())
            });
        }
    }

    /// The links of the record and of the contract, in truth, witness and published values.
    fn links(&mut self) {
        let contract = links::contract();
        let record = self.record;
        for link in &contract {
            self.require(record.links.contains(link), || format!("the record lacks the link of {}", link.rule));
        }
        for link in record.links.iter().chain(&contract) {
            let (Some(left), Some(right)) = (self.end(link, true), self.end(link, false)) else { continue };
            let mut holds = true;
            for (a, b) in [(&left.0.truth, &right.0.truth), (&left.0.witness, &right.0.witness)] {
                holds &= all_related(link.relation, column(a, left.1), column(b, right.1));
            }
            if left.0.spec.scope == right.0.spec.scope {
                let (a, b) = (column(&left.0.published, left.1), column(&right.0.published, right.1));
                holds &= all_related(link.relation, a, b);
            }
            self.require(holds, || format!("{}: the link of {} does not hold", link.measure, link.rule));
        }
    }

    /// Table and column of one end of a link, if the record has it.
    fn end(&self, link: &Link, left: bool) -> Option<(&'a BlockRecord, usize)> {
        let end = if left { &link.left } else { &link.right };
        let is_end = |spec: &BlockSpec| spec.measure == link.measure && spec.dimension.as_ref() == Some(&end.dimension);
        let block = self.record.blocks.iter().find(|block| is_end(&block.spec))?;
        Some((block, block.spec.categories.iter().position(|category| category.code == end.category)?))
    }
}

fn column(rows: &[Vec<u32>], column: usize) -> impl Iterator<Item = u32> {
    rows.iter().map(move |row| row[column])
}

fn all_related(relation: Relation, left: impl Iterator<Item = u32>, right: impl Iterator<Item = u32>) -> bool {
    left.zip(right).all(|(left, right)| match relation {
        Relation::Equal => left == right,
        Relation::AtMost => left <= right,
    })
}
