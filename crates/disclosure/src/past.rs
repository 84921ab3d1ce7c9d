//! What was published before and binds a new issue: the issue before it, and the other parts of longer periods.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::atoms::Regions;
use crate::cell::{BlockScope, BlockSpec, NATIONAL};
use crate::error::ProtectError;
use crate::memory::{BlockRecord, MemoryRecord, PastRecord, SumRecord};
use crate::table::CellTable;

/// What binds a new issue. [`Past::first`] for the first issue of a period that is part of no longer one.
#[derive(Clone, Debug)]
pub struct Past<'a> {
    /// Number of the new issue, from 1.
    pub issue: u32,
    /// The issue of the same period before this one, published or void; needed from the second issue on.
    pub previous: Option<&'a MemoryRecord>,
    /// The issues before `previous`, published or void, in their order: a count that comes back is drawn to the value that it had.
    pub earlier: Vec<&'a MemoryRecord>,
    /// Per atom, how the deliveries relate to those of `previous`; empty without one. Readers see it in the manifests.
    pub inputs: Vec<InputChange>,
    /// The same for measures whose counts rest on other deliveries too, by measure; the others are as `inputs` says.
    pub apart: BTreeMap<String, Vec<InputChange>>,
    /// Longer periods that the period is a part of.
    pub sums: Vec<SumOf<'a>>,
}

/// How the deliveries behind an atom's counts relate to those of the issue before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputChange {
    /// The very same deliveries: every count is the same.
    Same,
    /// Deliveries were added and none was replaced: no count is less.
    Grown,
    /// A delivery was replaced: anything may have changed.
    Replaced,
}

/// A longer period as the sum of its parts.
#[derive(Clone, Debug)]
pub struct SumOf<'a> {
    /// Code of the longer period.
    pub period: String,
    /// The running error of every cell over the parts is at most this.
    pub bound: u32,
    /// The newest record of each other part that is there.
    pub others: Vec<&'a MemoryRecord>,
}

impl Past<'_> {
    /// Nothing binds: the first issue of a period that is part of no longer one.
    pub fn first() -> Self {
        Self {
            issue: 1,
            previous: None,
            earlier: Vec::new(),
            inputs: Vec::new(),
            apart: BTreeMap::new(),
            sums: Vec::new(),
        }
    }

    /// Refuses a past that does not fit the new counts.
    pub(crate) fn check(&self, cells: &CellTable, key: &str) -> Result<(), ProtectError> {
        let refuse = |rule: &str| Err(ProtectError::Past { period: cells.period.clone(), rule: rule.to_owned() });
        let Some(previous) = self.previous else {
            return if self.issue == 1 && self.inputs.is_empty() && self.apart.is_empty() {
                Ok(())
            } else {
                refuse("a revision needs the memory of the issue before it")
            };
        };
        let issues = || self.earlier.iter().chain(&self.previous).map(|record| record.issue).chain([self.issue]);
        let ascending = issues().zip(issues().skip(1)).all(|(before, after)| before < after);
        let before = || self.earlier.iter().copied().chain([previous]);
        if before().any(|record| record.period != cells.period) || !ascending {
            return refuse("the memory at hand is not of earlier issues of this period");
        }
        if before().any(|record| record.key_fingerprint != key) {
            return refuse("the issue before was made with another key; a period keeps the key of its first issue");
        }
        if !previous.past.parts.is_empty() {
            return refuse("it was published as the sum of shorter periods, and follows from theirs");
        }
        let atoms = &cells.geography.atoms;
        if std::iter::once(&self.inputs).chain(self.apart.values()).any(|inputs| inputs.len() != atoms.len()) {
            return refuse("how the deliveries changed is not known for each atom");
        }
        if !before().all(|record| same_shape(cells, record)) {
            return refuse("areas, tables or links differ from those of the issue before: a period keeps its register");
        }
        for (block, earlier) in cells.blocks.iter().zip(&previous.blocks) {
            for ((atom, change), (counts, before)) in atoms
                .iter()
                .zip(inputs_of(&self.inputs, &self.apart, &block.spec.measure))
                .zip(block.counts.iter().zip(&earlier.truth))
            {
                let holds = match change {
                    InputChange::Same => counts == before,
                    InputChange::Grown => counts.iter().zip(before).all(|(now, before)| now >= before),
                    InputChange::Replaced => true,
                };
                if !holds {
                    let rule =
                        format!("{}, atom {atom}: counts changed though its deliveries did not", block.spec.name());
                    return refuse(&rule);
                }
            }
        }
        Ok(())
    }

    /// Every record that binds.
    pub(crate) fn known(&self) -> Vec<&MemoryRecord> {
        let sums = self.sums.iter().flat_map(|sum| sum.others.iter());
        self.previous.into_iter().chain(self.earlier.iter().chain(sums).copied()).collect()
    }

    /// The names of what binds, for the new record.
    pub(crate) fn record(&self) -> PastRecord {
        let sums = self.sums.iter().map(|sum| SumRecord {
            period: sum.period.clone(),
            bound: sum.bound,
            others: sum.others.iter().map(|record| record.name()).collect(),
        });
        PastRecord {
            previous: self.previous.map(|record| record.issue),
            earlier: self.earlier.iter().map(|record| record.issue).collect(),
            inputs: self.inputs.clone(),
            apart: self.apart.clone(),
            sums: sums.collect(),
            parts: Vec::new(),
            loose: Vec::new(),
        }
    }
}

/// How the deliveries behind each atom's counts of a measure changed.
fn inputs_of<'i>(
    inputs: &'i [InputChange],
    apart: &'i BTreeMap<String, Vec<InputChange>>,
    measure: &str,
) -> &'i [InputChange] {
    apart.get(measure).map_or(inputs, Vec::as_slice)
}

/// Whether atoms, areas, tables and links are those of an earlier issue; only which areas are withheld may differ.
pub(crate) fn same_shape(cells: &CellTable, previous: &MemoryRecord) -> bool {
    let (now, before) = (&cells.geography, &previous.geography);
    let areas = now.areas.len() == before.areas.len()
        && now
            .areas
            .iter()
            .zip(&before.areas)
            .all(|(a, b)| (&a.kind, &a.code, &a.atoms) == (&b.kind, &b.code, &b.atoms));
    let tables = cells.blocks.len() == previous.blocks.len()
        && cells.blocks.iter().zip(&previous.blocks).all(|(block, record)| block.spec == record.spec);
    now.atoms == before.atoms && areas && tables && cells.links == previous.links
}

/// What the past says of each cell of a period, ready to be looked up.
pub(crate) struct Bonds<'a> {
    previous: Option<&'a MemoryRecord>,
    earlier: &'a [&'a MemoryRecord],
    inputs: &'a [InputChange],
    apart: &'a BTreeMap<String, Vec<InputChange>>,
    sums: Vec<Running<'a>>,
    base: i64,
}

/// The running error Σ(z − a) of each cell over the other parts of a longer period.
struct Running<'a> {
    bound: i64,
    /// By table, category and area.
    errors: HashMap<(&'a str, Option<&'a str>, &'a str, &'a str), i64>,
    /// Tables that a part gives for the country alone, and that the sum therefore has for the country alone.
    national: Vec<(&'a str, Option<&'a str>)>,
}

/// What binds one published cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CellBond {
    /// The value that it keeps, because its count is that of the issue before.
    pub(crate) kept: Option<u32>,
    /// The values that it had in issues further back with the same count, the newest first.
    pub(crate) had: Vec<u32>,
    /// Least value, where the deliveries only grew.
    pub(crate) at_least: u32,
    /// a − z must lie between these.
    pub(crate) offset: Option<(i64, i64)>,
    /// a − z had better lie between these, so that the next part of a longer period has room.
    pub(crate) roomy: Option<(i64, i64)>,
}

/// What binds the witness of an atom that is no published area.
pub(crate) enum AtomBond {
    /// The witness of the issue before is kept: its count is the same. `known`: readers know that it is.
    Kept { witness: u32, known: bool },
    /// The witness is at least this.
    AtLeast(u32),
}

impl<'a> Bonds<'a> {
    pub(crate) fn of(past: &'a Past<'a>, base: u32) -> Self {
        let sums = past.sums.iter().filter(|sum| !sum.others.is_empty()).map(Running::of);
        Self {
            previous: past.previous,
            earlier: &past.earlier,
            inputs: &past.inputs,
            apart: &past.apart,
            sums: sums.collect(),
            base: base.into(),
        }
    }

    /// What binds the cell of a region: `block` and `category` as in the period's tables, `count` its new count.
    pub(crate) fn cell(
        &self,
        block: usize,
        spec: &BlockSpec,
        category: usize,
        areas: &[&crate::Area],
        count: u64,
    ) -> CellBond {
        let mut bond = CellBond::default();
        let Some(area) = areas.first() else { return bond };
        for running in &self.sums {
            for area in areas {
                if let Some(error) = running.error(spec, &spec.categories[category].code, area) {
                    bond.offset = Some(narrowed(bond.offset, error, running.bound));
                    bond.roomy = Some(narrowed(bond.roomy, error, running.bound - self.base));
                }
            }
        }
        let Some(record) = self.previous.map(|previous| &previous.blocks[block]) else { return bond };
        let over = |rows: &[Vec<u32>]| area.atoms.iter().map(|&atom| u64::from(rows[atom][category])).sum::<u64>();
        let witness = |record: &BlockRecord| u32::try_from(over(&record.witness)).unwrap_or(u32::MAX);
        if over(&record.truth) == count {
            bond.kept = Some(witness(record));
            return bond;
        }
        let earlier = self.earlier.iter().rev().map(|earlier| &earlier.blocks[block]);
        bond.had = earlier.filter(|record| over(&record.truth) == count).map(witness).collect();
        if area.atoms.iter().all(|&atom| self.input(record, atom) != InputChange::Replaced) {
            bond.at_least = witness(record);
        }
        bond
    }

    fn input(&self, block: &BlockRecord, atom: usize) -> InputChange {
        inputs_of(self.inputs, self.apart, &block.spec.measure)[atom]
    }

    /// What binds the witness of an atom.
    pub(crate) fn atom(&self, block: usize, category: usize, atom: usize, count: u32) -> AtomBond {
        let Some(record) = self.previous.map(|previous| &previous.blocks[block]) else { return AtomBond::AtLeast(0) };
        let witness = record.witness[atom][category];
        if record.truth[atom][category] == count {
            AtomBond::Kept { witness, known: self.input(record, atom) != InputChange::Replaced }
        } else if self.input(record, atom) == InputChange::Grown {
            AtomBond::AtLeast(witness)
        } else {
            AtomBond::AtLeast(0)
        }
    }
}

impl<'a> Running<'a> {
    fn of(sum: &'a SumOf<'a>) -> Self {
        let mut running = Self { bound: i64::from(sum.bound), errors: HashMap::new(), national: Vec::new() };
        for record in &sum.others {
            for block in &record.blocks {
                running.add(record, block);
            }
        }
        running
    }

    fn add(&mut self, record: &'a MemoryRecord, block: &'a BlockRecord) {
        let spec = &block.spec;
        let table = (spec.measure.as_str(), spec.dimension.as_deref());
        if spec.scope == BlockScope::NationalOnly {
            self.national.push(table);
        }
        for (area, row) in record.geography.areas_in(spec.scope).zip(&block.published) {
            for (category, value) in row.iter().enumerate() {
                let count: i64 = area.atoms.iter().map(|&atom| i64::from(block.truth[atom][category])).sum();
                let cell = (table.0, table.1, spec.categories[category].code.as_str(), area.code.as_str());
                *self.errors.entry(cell).or_insert(0) += count - i64::from(*value);
            }
        }
    }

    /// The running error of a cell; nothing when the longer period does not have it.
    fn error(&self, spec: &BlockSpec, category: &str, area: &crate::Area) -> Option<i64> {
        let table = (spec.measure.as_str(), spec.dimension.as_deref());
        if area.kind != NATIONAL && self.national.contains(&table) {
            return None;
        }
        Some(*self.errors.get(&(table.0, table.1, category, area.code.as_str())).unwrap_or(&0))
    }
}

/// Where a − z keeps a running error within a bound, and within what was there.
fn narrowed(range: Option<(i64, i64)>, error: i64, bound: i64) -> (i64, i64) {
    let (least, most) = range.unwrap_or((i64::MIN, i64::MAX));
    (least.max(error - bound), most.min(error + bound))
}

/// The areas of each region: those with its atoms.
pub(crate) fn areas_by_region<'g>(geography: &'g crate::Geography, regions: &Regions) -> Vec<Vec<&'g crate::Area>> {
    let mut areas = vec![Vec::new(); regions.len()];
    for (index, area) in geography.areas.iter().enumerate() {
        areas[regions.of_area(index)].push(area);
    }
    areas
}
