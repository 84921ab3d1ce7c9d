//! The true counts of one period, checked.
//!
//! [`CellTable`] is one side of the wall between counts and publication: its fields are private, it cannot be
//! serialised and its `Debug` prints no counts. The only way on is [`crate::protect`].

use std::collections::BTreeSet;
use std::fmt;

use crate::cell::{BlockKind, BlockScope, BlockSpec, CategorySpec, Geography};
use crate::error::TableError;
use crate::links::{self, Link, Relation};
use crate::memory::MemoryRecord;

/// The largest national count: a published value, at most a step above it, always fits, and so does every sum.
const LARGEST_COUNT: u64 = 1_000_000_000;

/// A table with its true counts.
pub(crate) struct Block {
    pub(crate) spec: BlockSpec,
    /// True counts, `[atom][category]`.
    pub(crate) counts: Vec<Vec<u32>>,
}

/// The true counts of one period. Private: no `Serialize`, no counts in `Debug`, no reading from outside this crate.
///
/// ```compile_fail,E0277
/// fn is_serialisable<T: serde::Serialize>() {}
/// is_serialisable::<vt_disclosure::CellTable>();
/// ```
///
/// The same function takes a protected table:
///
/// ```
/// fn is_serialisable<T: serde::Serialize>() {}
/// is_serialisable::<vt_disclosure::ProtectedTable>();
/// ```
pub struct CellTable {
    pub(crate) period: String,
    pub(crate) geography: Geography,
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
}

impl fmt::Debug for CellTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellTable").finish_non_exhaustive()
    }
}

impl CellTable {
    /// Checks the tables of one period. `blocks` are tables with their counts `[atom][category]`: single-valued ones
    /// add up to the total of their measure in every atom, multi-valued ones are realisable by records, structural
    /// zeros are 0, and the links of the contract ([`links::contract`]) hold.
    pub fn new(
        period: impl Into<String>,
        geography: Geography,
        blocks: Vec<(BlockSpec, Vec<Vec<u32>>)>,
    ) -> Result<Self, TableError> {
        Self::with_links(period, geography, blocks, Vec::new())
    }

    /// As [`CellTable::new`], with more links than the contract's.
    pub fn with_links(
        period: impl Into<String>,
        geography: Geography,
        blocks: Vec<(BlockSpec, Vec<Vec<u32>>)>,
        more: Vec<Link>,
    ) -> Result<Self, TableError> {
        let blocks: Vec<Block> = blocks.into_iter().map(|(spec, counts)| Block { spec, counts }).collect();
        let links = links::contract().iter().cloned().chain(more).collect();
        let table = Self { period: period.into(), geography, blocks, links };
        table.check_geography()?;
        table.check_specs()?;
        for block in &table.blocks {
            table.check_counts(block)?;
        }
        table.check_links()?;
        Ok(table)
    }

    /// The same without the categories that came into the code lists after the period's first issue: structural zeros now, and
    /// not in that issue's tables. A period keeps the tables of its first issue, and so its revisions can be told from it.
    #[must_use]
    pub fn with_categories_of(mut self, first: &MemoryRecord) -> Self {
        for block in &mut self.blocks {
            let there = first.blocks.iter().map(|record| &record.spec);
            let same =
                |spec: &&BlockSpec| (&spec.measure, &spec.dimension) == (&block.spec.measure, &block.spec.dimension);
            let Some(before) = there.into_iter().find(same) else { continue };
            let had = |code: &str| before.categories.iter().any(|category| category.code == code);
            // A count is never dropped: a structural zero is 0, as was checked.
            let stays = |category: &CategorySpec| !category.structural_zero || had(&category.code);
            let keep: Vec<bool> = block.spec.categories.iter().map(stays).collect();
            let kept = |index: usize| keep[index];
            retain(&mut block.spec.categories, kept);
            block.counts.iter_mut().for_each(|row| retain(row, kept));
        }
        self
    }

    /// The period that the counts are of.
    pub fn period(&self) -> &str {
        &self.period
    }

    /// Where another table of the period has other counts, atoms or categories: the first such table and atom, never a count.
    /// For holding an independent count against this one; nothing can be read from it.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (own, others) = (&self.geography.atoms, &other.geography.atoms);
        if self.period != other.period || own != others || self.blocks.len() != other.blocks.len() {
            return Some("period, atoms or tables".to_owned());
        }
        self.blocks.iter().zip(&other.blocks).find_map(|(ours, theirs)| {
            if ours.spec != theirs.spec {
                return Some(ours.spec.name());
            }
            let atom = ours.counts.iter().zip(&theirs.counts).position(|(ours, theirs)| ours != theirs)?;
            Some(format!("{}, {}", ours.spec.name(), own[atom]))
        })
    }

    fn check_geography(&self) -> Result<(), TableError> {
        let refuse = |rule: String| Err(TableError::Geography(rule));
        let Geography { atoms, areas } = &self.geography;
        if let Some(code) = twice(atoms.iter()) {
            return refuse(format!("atom {code} is there twice"));
        }
        if let Some(code) = twice(areas.iter().map(|area| &area.code)) {
            return refuse(format!("area {code} is there twice"));
        }
        for area in areas {
            if area.atoms.is_empty() || area.atoms.iter().any(|&atom| atom >= atoms.len()) {
                return refuse(format!("area {} has no atoms, or one that is not there", area.code));
            }
            if twice(area.atoms.iter()).is_some() {
                return refuse(format!("area {} has an atom twice", area.code));
            }
        }
        match (0..atoms.len()).find(|atom| areas.iter().all(|area| !area.atoms.contains(atom))) {
            Some(atom) => refuse(format!("atom {} is in no area", atoms[atom])),
            None if atoms.is_empty() => refuse("no atoms".to_owned()),
            None => Ok(()),
        }
    }

    fn check_specs(&self) -> Result<(), TableError> {
        if let Some((measure, dimension)) = twice(self.blocks.iter().map(|b| (&b.spec.measure, &b.spec.dimension))) {
            let table = dimension.as_ref().map_or(measure.clone(), |dimension| format!("{measure}/{dimension}"));
            return Err(TableError::Spec { table, rule: "is there twice".to_owned() });
        }
        for Block { spec, .. } in &self.blocks {
            if let Some(rule) = spec_fault(spec).or_else(|| self.place_fault(spec)) {
                return Err(TableError::Spec { table: spec.name(), rule });
            }
        }
        Ok(())
    }

    /// What is wrong with a table's place among the others.
    fn place_fault(&self, spec: &BlockSpec) -> Option<String> {
        let covered = |atom: usize| self.geography.areas_in(spec.scope).any(|area| area.atoms.contains(&atom));
        if !(0..self.geography.atoms.len()).all(covered) {
            return Some("has an atom that is in no area of its scope".to_owned());
        }
        match self.total_of(spec) {
            None => Some("its measure has no totals".to_owned()),
            Some(total) if total.spec.scope == BlockScope::NationalOnly && spec.scope == BlockScope::AllAreas => {
                Some("is published for more areas than its totals".to_owned())
            }
            Some(_) => None,
        }
    }

    fn total_of(&self, spec: &BlockSpec) -> Option<&Block> {
        self.blocks.iter().find(|block| block.spec.kind == BlockKind::Total && block.spec.measure == spec.measure)
    }

    fn check_counts(&self, block: &Block) -> Result<(), TableError> {
        let spec = &block.spec;
        let (atoms, categories) = (&self.geography.atoms, spec.categories.len());
        if block.counts.len() != atoms.len() || block.counts.iter().any(|row| row.len() != categories) {
            let rule = "its counts are not one row per atom with one count per category".to_owned();
            return Err(TableError::Spec { table: spec.name(), rule });
        }
        let national: u64 = block.counts.iter().flatten().map(|&count| u64::from(count)).sum();
        if national > LARGEST_COUNT {
            return Err(TableError::Spec { table: spec.name(), rule: "its counts are too large".to_owned() });
        }
        for (index, atom) in atoms.iter().enumerate() {
            let total = self.total_of(spec).map_or(0, |total| u64::from(total.counts[index][0]));
            if let Some(rule) = row_fault(spec, &block.counts[index], total) {
                return Err(TableError::Counts { table: spec.name(), atom: atom.clone(), rule });
            }
        }
        Ok(())
    }

    fn check_links(&self) -> Result<(), TableError> {
        for link in &self.links {
            let (Some(left), Some(right)) = (self.column(link, true), self.column(link, false)) else { continue };
            for (index, atom) in self.geography.atoms.iter().enumerate() {
                let holds = match link.relation {
                    Relation::Equal => left[index] == right[index],
                    Relation::AtMost => left[index] <= right[index],
                };
                if !holds {
                    let table = format!("{}/{}", link.measure, link.left.dimension);
                    let rule = format!("{} does not hold against {}", link.rule, link.right.dimension);
                    return Err(TableError::Counts { table, atom: atom.clone(), rule });
                }
            }
        }
        Ok(())
    }

    /// Counts per atom of one end of a link, if the table has it.
    fn column(&self, link: &Link, left: bool) -> Option<Vec<u32>> {
        let end = if left { &link.left } else { &link.right };
        let block = self.blocks.iter().find(|block| {
            block.spec.measure == link.measure && block.spec.dimension.as_deref() == Some(&end.dimension)
        })?;
        let category = block.spec.categories.iter().position(|category| category.code == end.category)?;
        Some(block.counts.iter().map(|row| row[category]).collect())
    }
}

fn retain<T>(items: &mut Vec<T>, kept: impl Fn(usize) -> bool) {
    let mut index = 0..;
    items.retain(|_| index.next().is_some_and(&kept));
}

/// What is wrong with a specification by itself.
fn spec_fault(spec: &BlockSpec) -> Option<String> {
    let total = spec.kind == BlockKind::Total;
    if total != spec.dimension.is_none() {
        return Some("totals have no dimension, and every other table has one".to_owned());
    }
    if total && (spec.categories.len() != 1 || spec.categories[0] != crate::CategorySpec::plain("")) {
        return Some("totals have one category, with an empty code and no marks".to_owned());
    }
    if spec.categories.is_empty() || (!total && spec.categories.iter().any(|category| category.code.is_empty())) {
        return Some("has no categories, or one without a code".to_owned());
    }
    if let Some(code) = twice(spec.categories.iter().map(|category| &category.code)) {
        return Some(format!("category {code} is there twice"));
    }
    let exclusive = spec.categories.iter().find(|category| category.exclusive && spec.kind != BlockKind::Multi);
    exclusive.map(|category| format!("category {} is exclusive, but only one applies anyway", category.code))
}

/// What is wrong with the counts of one atom.
fn row_fault(spec: &BlockSpec, row: &[u32], total: u64) -> Option<String> {
    let cells = || spec.categories.iter().zip(row.iter().map(|&count| u64::from(count)));
    if let Some((category, _)) = cells().find(|(category, count)| category.structural_zero && *count > 0) {
        return Some(format!("category {} is a structural zero, and is not 0", category.code));
    }
    let all: u64 = cells().map(|(_, count)| count).sum();
    let exclusive: u64 = cells().filter(|(category, _)| category.exclusive).map(|(_, count)| count).sum();
    let largest = cells().filter(|(category, _)| !category.exclusive).map(|(_, count)| count).max().unwrap_or(0);
    let rule = match spec.kind {
        BlockKind::Single if all != total => "the categories do not add up to the total",
        BlockKind::Multi if exclusive + largest > total => "more records have a category than there are records",
        BlockKind::Multi if all < total => "some records have no category",
        _ => return None,
    };
    Some(rule.to_owned())
}

/// The first value that comes twice.
fn twice<T: Ord + Clone>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    values.into_iter().find(|value| !seen.insert(value.clone()))
}
