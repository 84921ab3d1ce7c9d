//! What a reader has of each issue, and which issues belong together.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::cell::{BlockSpec, Geography};
use crate::links::Link;
use crate::memory::{IssueName, MemoryRecord};
use crate::past::InputChange;

use super::longer::Longer;

/// One issue as a reader of the published files has it. Holds nothing that is not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedIssue {
    /// Period and issue.
    pub name: IssueName,
    /// Values are multiples of this.
    pub base: u32,
    /// A value is at most this far from its count.
    pub bound: u32,
    /// Atoms and areas; an area without values in a table is not published there, whatever its mark says.
    pub geography: Geography,
    /// Ties of the contract between published tables.
    pub links: Vec<Link>,
    /// The tables.
    pub tables: Vec<PublishedTable>,
    /// Per atom, how its deliveries relate to those of the issue before, as the manifests show it; empty when they show
    /// nothing, such as for a first issue.
    pub inputs: Vec<InputChange>,
    /// Measures of which the counts depend on more deliveries than `inputs` is about: no tie to the issue before.
    pub unlinked: Vec<String>,
    /// The issues that this one is the sum of; empty for a period that was rounded itself.
    pub parts: Vec<IssueName>,
}

/// One table of a [`PublishedIssue`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTable {
    /// Its shape.
    pub spec: BlockSpec,
    /// Values, `[area in scope][category]`; `None` where nothing is published.
    pub values: Vec<Vec<Option<u32>>>,
}

/// Issues that tie each other's counts: a period with all its issues, with the periods that are sums of it within the same
/// bound. In the order of period and issue.
#[derive(Clone, Debug)]
pub struct Family {
    pub(super) name: String,
    pub(super) issues: Vec<PublishedIssue>,
}

/// All issues of a published store, by family.
#[derive(Clone, Debug)]
pub struct Store {
    families: Vec<Family>,
    longer: Vec<Longer>,
}

/// Why published issues cannot be attacked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum StoreError {
    /// An issue is there twice.
    #[error("issue {} of {} is there twice", .0.issue, .0.period)]
    Twice(IssueName),
    /// A sum names a part that is not there.
    #[error("issue {} of {} is the sum of periods of which issue {} of {} is not there", sum.issue, sum.period, part.issue, part.period)]
    NoPart {
        /// The sum.
        sum: IssueName,
        /// The part.
        part: IssueName,
    },
    /// An issue has not the shape that it must have.
    #[error("issue {} of {}: {rule}", name.issue, name.period)]
    Shape {
        /// The issue.
        name: IssueName,
        /// What is wrong.
        rule: String,
    },
}

impl PublishedIssue {
    /// What is published of a record: its values but those of withheld areas. The truth and the witness stay out, and so do
    /// structural zeros, which no file shows.
    ///
    /// Areas that are left empty for another reason (`regio_onbekend`, decided from published values) are still given here:
    /// whoever attacks this view has more than a reader.
    pub fn from_record(record: &MemoryRecord) -> Self {
        let tables = record.blocks.iter().map(|block| {
            let possible: Vec<bool> = block.spec.categories.iter().map(|category| !category.structural_zero).collect();
            let rows = record.geography.areas_in(block.spec.scope).zip(&block.published).map(|(area, row)| {
                let row = row.iter().zip(&possible).filter(|(_, possible)| **possible);
                row.map(|(&value, _)| (!area.withheld).then_some(value)).collect()
            });
            let values = rows.collect();
            let mut spec = block.spec.clone();
            spec.categories.retain(|category| !category.structural_zero);
            PublishedTable { spec, values }
        });
        let mut geography = record.geography.clone();
        geography.areas.iter_mut().for_each(|area| area.withheld = false);
        Self {
            name: record.name(),
            base: record.policy.base,
            bound: record.bound(),
            geography,
            links: record.links.clone(),
            tables: tables.collect(),
            inputs: record.inputs().to_vec(),
            unlinked: Vec::new(),
            parts: record.parts().to_vec(),
        }
    }

    /// The measures, in order.
    pub fn measures(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for table in &self.tables {
            if !all.contains(&table.spec.measure.as_str()) {
                all.push(&table.spec.measure);
            }
        }
        all
    }

    pub(super) fn table(&self, measure: &str, dimension: Option<&str>) -> Option<usize> {
        self.tables
            .iter()
            .position(|table| table.spec.measure == measure && table.spec.dimension.as_deref() == dimension)
    }

    fn check(&self) -> Result<(), StoreError> {
        let refuse = |rule: String| Err(StoreError::Shape { name: self.name.clone(), rule });
        let atoms = self.geography.atoms.len();
        if self.base == 0 {
            return refuse("the base is 0".to_owned());
        }
        if self.geography.areas.iter().any(|area| area.atoms.iter().any(|&atom| atom >= atoms)) {
            return refuse("an area has an atom that is not there".to_owned());
        }
        if !self.inputs.is_empty() && self.inputs.len() != atoms {
            return refuse("how the deliveries changed is not known for each atom".to_owned());
        }
        for table in &self.tables {
            let areas = self.geography.areas_in(table.spec.scope).count();
            let width = table.spec.categories.len();
            if table.values.len() != areas || table.values.iter().any(|row| row.len() != width) {
                return refuse(format!("{}: the grid is not dense", table.spec.name()));
            }
            if self.table(&table.spec.measure, None).is_none() {
                return refuse(format!("{} has no totals", table.spec.name()));
            }
        }
        Ok(())
    }
}

impl Family {
    /// The longest of its periods, which holds the others.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its issues, in the order of period and issue.
    pub fn issues(&self) -> &[PublishedIssue] {
        &self.issues
    }

    /// The measures of its issues.
    pub fn measures(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for measure in self.issues.iter().flat_map(PublishedIssue::measures) {
            if !all.contains(&measure) {
                all.push(measure);
            }
        }
        all
    }

    pub(super) fn index(&self, name: &IssueName) -> Option<usize> {
        self.issues.iter().position(|issue| issue.name == *name)
    }

    /// The issue of the same period before an issue.
    pub(super) fn before(&self, issue: usize) -> Option<usize> {
        let before = issue.checked_sub(1)?;
        (self.issues[before].name.period == self.issues[issue].name.period).then_some(before)
    }

    /// The issues of the same period, in order.
    pub(super) fn siblings(&self, issue: usize) -> Vec<usize> {
        let period = &self.issues[issue].name.period;
        (0..self.issues.len()).filter(|&other| self.issues[other].name.period == *period).collect()
    }
}

impl Store {
    /// Sorts issues into families.
    ///
    /// # Errors
    /// [`StoreError`] when an issue is there twice, lacks a part or is not a dense grid.
    pub fn new(mut issues: Vec<PublishedIssue>) -> Result<Self, StoreError> {
        issues.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(pair) = issues.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(StoreError::Twice(pair[0].name.clone()));
        }
        let bounds: BTreeMap<&IssueName, u32> = issues.iter().map(|issue| (&issue.name, issue.bound)).collect();
        let mut wide = BTreeSet::new();
        // Periods that a sum ties are one family, also when two sums share a part.
        let mut tied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for issue in &issues {
            issue.check()?;
            for part in &issue.parts {
                let Some(&bound) = bounds.get(part) else {
                    return Err(StoreError::NoPart { sum: issue.name.clone(), part: part.clone() });
                };
                if bound < issue.bound {
                    wide.insert(issue.name.clone());
                } else {
                    let (sum, part) = (&issue.name.period, &part.period);
                    tied.entry(sum.clone()).or_default().insert(part.clone());
                    tied.entry(part.clone()).or_default().insert(sum.clone());
                }
            }
        }
        let mut parts_of: BTreeMap<&str, usize> = BTreeMap::new();
        for issue in &issues {
            let parts = parts_of.entry(&issue.name.period).or_default();
            *parts = issue.parts.len().max(*parts);
        }
        // A family has the name of its period of most parts.
        let name = |period: &str| {
            let periods = connected(period, &tied);
            let longest =
                periods.iter().max_by_key(|period| (parts_of.get(period.as_str()), std::cmp::Reverse(*period)));
            longest.map_or_else(|| period.to_owned(), Clone::clone)
        };
        let names: BTreeMap<String, String> =
            issues.iter().map(|issue| (issue.name.period.clone(), name(&issue.name.period))).collect();
        let (mut families, mut longer): (BTreeMap<String, Vec<PublishedIssue>>, _) = (BTreeMap::new(), Vec::new());
        for issue in issues {
            if wide.contains(&issue.name) {
                longer.push(Longer { issue });
            } else {
                families.entry(names[&issue.name.period].clone()).or_default().push(issue);
            }
        }
        let families = families.into_iter().map(|(name, issues)| Family { name, issues }).collect();
        Ok(Self { families, longer })
    }

    /// The families, by name.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Longer periods with a wider bound than their parts: ISO years.
    pub fn longer(&self) -> &[Longer] {
        &self.longer
    }

    pub(super) fn issue(&self, name: &IssueName) -> Option<&PublishedIssue> {
        self.families.iter().flat_map(|family| &family.issues).find(|issue| issue.name == *name)
    }
}

/// The periods that are tied to one, directly or through others, and itself.
fn connected(period: &str, tied: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut found = BTreeSet::from([period.to_owned()]);
    let mut open = vec![period.to_owned()];
    while let Some(period) = open.pop() {
        for other in tied.get(&period).into_iter().flatten() {
            if found.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    found
}
