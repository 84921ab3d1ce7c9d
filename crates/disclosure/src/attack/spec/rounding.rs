//! Protects the tables of a specification: all of them, and all their snapshots, as one problem.
//!
//! Every distinct published cell is an area over merged atom cells, and the tables together are one table of totals. So
//! what [`crate::protect`] promises of areas that overlap holds of these cells, and of every difference of them.

use std::collections::HashMap;

use super::error::SpecError;
use super::form::Link;
use super::layout::Layout;
use super::problem::{Problem, Published, Unknowns};
use super::rule::Rule;
use crate::attack::{Limits, Need, System, Target, bounds};
use crate::{
    Area, BlockSpec, CellTable, Certificate, Geography, InputChange, Key, MemoryRecord, Past, Policy, ProtectError,
    ProtectionAudit, certify_all, protect,
};

/// Period and measure of the records of a rounding: there is one problem per memory.
const PERIOD: &str = "tables";
const MEASURE: &str = "count";

/// Tables with protected values.
#[derive(Debug)]
pub struct Rounded {
    /// The value of each row of each table, in their order.
    pub values: Vec<Vec<i64>>,
    /// One record per issue, the earlier ones included. Secret.
    pub records: Vec<MemoryRecord>,
    /// What the operator is told of each new issue, in order. Private.
    pub audits: Vec<ProtectionAudit>,
    /// What the certificate says of each record, against all that it rests on.
    pub certificates: Vec<Certificate>,
}

/// What is rounded.
struct Joint {
    layout: Layout,
    /// Merged atom cells that are counted; the others are structural zeros.
    counted: Vec<usize>,
    /// Areas, without those that are withheld in a snapshot.
    areas: Vec<Area>,
    /// Area of each published cell; `None` where all of it is structurally zero.
    area_of: HashMap<usize, Option<usize>>,
    /// Areas that each snapshot publishes.
    shown: Vec<Vec<bool>>,
}

impl Problem {
    /// Rounds the true counts of the tables. Each snapshot is an issue, a revision of the one before; without snapshots
    /// the tables are one issue, a revision of the last of `earlier`.
    ///
    /// # Errors
    /// [`SpecError`]: a true count that is missing or impossible, a specification that the method does not cover, a memory
    /// of other tables or another key, no solution.
    pub fn round(&self, earlier: Vec<MemoryRecord>, key: &Key, policy: &Policy) -> Result<Rounded, SpecError> {
        self.check_covered()?;
        let truth = self.published.iter().map(|&one| self.truth(one)).collect::<Result<Vec<i64>, _>>()?;
        let joint = Joint::new(self)?;
        let counts = self.joint_counts(&joint, &truth, &earlier)?;
        let mut rounded =
            Rounded { values: Vec::new(), records: earlier, audits: Vec::new(), certificates: Vec::new() };
        let mut issue_of = Vec::with_capacity(counts.len());
        for (snapshot, counts) in counts.iter().enumerate() {
            issue_of.push(self.issue(&joint, snapshot, counts, &mut rounded, key, policy)?);
        }
        rounded.certificates = certify_all(&rounded.records).into_iter().map(|(_, certificate)| certificate).collect();
        if let Some(refused) = rounded.certificates.iter().find(|certificate| !certificate.passed()) {
            let findings = refused.findings.clone();
            return Err(ProtectError::Uncertified { period: PERIOD.to_owned(), findings }.into());
        }
        rounded.values = self.tables.iter().map(|table| vec![0; table.rows.len()]).collect();
        for &published in &self.published {
            let Some(area) = joint.area_of[&published.cell] else { continue };
            let record = &rounded.records[issue_of[joint.layout.cells[published.cell].snapshot]];
            rounded.values[published.table][published.row] = i64::from(record.blocks[0].published[area][0]);
        }
        Ok(rounded)
    }

    /// Refuses what the method's promise does not hold under.
    fn check_covered(&self) -> Result<(), SpecError> {
        let refuse = |path: &str, rule: &str| {
            Err(SpecError::field(path, format!("rounding can't promise anything under {rule}")))
        };
        if self.spec.cell_min != 0 {
            return refuse("cell_min", "a least count other than 0");
        }
        if self.spec.cell_max.is_some() {
            return refuse("cell_max", "a greatest count: leave it out");
        }
        match self.spec.snapshots.as_ref().map(|snapshots| snapshots.link) {
            Some(Link::Band { .. }) => refuse("snapshots.link", "a band: use none, equal or nondecreasing"),
            _ => Ok(()),
        }
    }

    /// The true count of a row.
    fn truth(&self, published: Published) -> Result<i64, SpecError> {
        let (table, row) = self.row(published);
        let truth = if table.has_truth() {
            row.truth.ok_or_else(|| table.truth_error(row, "has no true count"))?
        } else if self.rule(published)?.is_exact() {
            let exact = Rule::exact_value(&row.status, row.value);
            exact.ok_or_else(|| table.value_error(row, "has no value, and rounding needs its true count"))?
        } else {
            let rule = format!("status `{}` is not exact, so name a column of true counts: `truth`", row.status);
            return Err(table.value_error(row, rule));
        };
        if truth < 0 {
            return Err(table.truth_error(row, "a true count is negative"));
        }
        Ok(truth)
    }

    /// True counts `[snapshot][counted]` behind the true values of the cells: those of the memory where they still fit.
    fn joint_counts(&self, joint: &Joint, truth: &[i64], earlier: &[MemoryRecord]) -> Result<Vec<Vec<u32>>, SpecError> {
        let layout = &joint.layout;
        let mut system = System::new();
        let unknowns = Unknowns::new(&mut system, layout, |_| (0, None));
        let mut groups = HashMap::new();
        let mut target = Target { terms: Vec::new(), need: Need { width: 0, k: 0 } };
        for (&published, &truth) in self.published.iter().zip(truth) {
            let file = &self.row(published).0.file;
            let group = *groups.entry(file).or_insert_with(|| system.group(file));
            let terms = unknowns.cell(layout, published.cell);
            system.row(group, &terms, Some(truth), Some(truth));
            target.terms = terms;
        }
        self.link(&mut system, layout, &unknowns);
        let seed = self.seed(joint, earlier, &unknowns);
        // The one target is known exactly; it is asked for the admissible point that comes with the answer.
        let found = bounds(&system, &[target], seed.as_slice(), &Limits::default(), &|| false)?;
        let point = found.point.ok_or(SpecError::NoTruth)?;
        let count = |snapshot: usize, merged: usize| {
            u32::try_from(point[unknowns.index(merged, snapshot)]).map_err(|_| SpecError::NoTruth)
        };
        let of_snapshot = |snapshot| joint.counted.iter().map(|&merged| count(snapshot, merged)).collect();
        (0..layout.snapshots).map(of_snapshot).collect()
    }

    /// The counts of the memory as a point of the system, so that what did not change keeps its counts.
    fn seed(&self, joint: &Joint, earlier: &[MemoryRecord], unknowns: &Unknowns) -> Option<Vec<i64>> {
        let last = earlier.last()?;
        let mut seed = vec![0; joint.layout.merged.len() * joint.layout.snapshots];
        for snapshot in 0..joint.layout.snapshots {
            let record = if self.snapshot_dim.is_some() { earlier.get(snapshot).unwrap_or(last) } else { last };
            let truth = &record.blocks.first()?.truth;
            for (row, &merged) in joint.counted.iter().enumerate() {
                seed[unknowns.index(merged, snapshot)] = i64::from(*truth.get(row)?.first()?);
            }
        }
        Some(seed)
    }

    /// Protects one snapshot, or finds it in the memory; gives the place of its record.
    fn issue(
        &self,
        joint: &Joint,
        snapshot: usize,
        counts: &[u32],
        rounded: &mut Rounded,
        key: &Key,
        policy: &Policy,
    ) -> Result<usize, SpecError> {
        let rows: Vec<Vec<u32>> = counts.iter().map(|&count| vec![count]).collect();
        let geography = joint.geography(self, snapshot);
        let same = |record: &MemoryRecord| {
            record.blocks.len() == 1 && record.geography.atoms == geography.atoms && record.blocks[0].truth == rows
        };
        let there = if self.snapshot_dim.is_some() { Some(snapshot) } else { rounded.records.len().checked_sub(1) };
        if let Some((place, record)) = there.and_then(|place| Some((place, rounded.records.get(place)?))) {
            let areas = |geography: &Geography| {
                geography.areas.iter().map(|area| (area.code.clone(), area.atoms.clone())).collect::<Vec<_>>()
            };
            if same(record) && areas(&record.geography) == areas(&geography) {
                if record.key_fingerprint() != key.fingerprint() {
                    return Err(SpecError::Memory("it was made with another key".to_owned()));
                }
                return Ok(place);
            }
            if self.snapshot_dim.is_some() {
                let rule = format!("snapshot {} was rounded before, with other counts or cells", snapshot + 1);
                return Err(SpecError::Memory(rule));
            }
        }
        let cells = CellTable::new(PERIOD, geography, vec![(BlockSpec::total(MEASURE), rows)])?;
        let previous = rounded.records.last();
        let past = Past {
            issue: previous.map_or(1, |record| record.issue() + 1),
            previous,
            earlier: rounded.records.iter().rev().skip(1).rev().collect(),
            inputs: previous.map_or_else(Vec::new, |_| vec![self.input_change(); counts.len()]),
            ..Past::first()
        };
        let protection = protect(cells, &past, key, policy)?;
        rounded.records.push(protection.record);
        rounded.audits.push(protection.audit);
        Ok(rounded.records.len() - 1)
    }

    /// What readers know of how a snapshot's counts relate to those of the one before.
    fn input_change(&self) -> InputChange {
        match self.spec.snapshots.as_ref().map(|snapshots| snapshots.link) {
            Some(Link::Equal) => InputChange::Same,
            Some(Link::Nondecreasing) => InputChange::Grown,
            _ => InputChange::Replaced,
        }
    }
}

impl Joint {
    fn new(problem: &Problem) -> Result<Self, SpecError> {
        let layout = problem.layout(false)?;
        if layout.merged.iter().any(|merged| merged.zero.iter().any(|&zero| zero != merged.zero[0])) {
            let rule = "rounding takes a structural zero of all snapshots only";
            return Err(SpecError::field("structural_zeros", rule));
        }
        let used: Vec<bool> = {
            let mut used = vec![false; layout.merged.len()];
            for published in &problem.published {
                layout.cells[published.cell].merged.iter().for_each(|&merged| used[merged] = true);
            }
            used
        };
        let counted: Vec<usize> = (0..layout.merged.len()).filter(|&merged| used[merged]).collect();
        let place: HashMap<usize, usize> = counted.iter().enumerate().map(|(place, &merged)| (merged, place)).collect();
        let mut joint = Self {
            shown: vec![Vec::new(); layout.snapshots],
            layout,
            counted,
            areas: Vec::new(),
            area_of: HashMap::new(),
        };
        let mut by_atoms: HashMap<Vec<usize>, usize> = HashMap::new();
        for published in &problem.published {
            let members = &joint.layout.cells[published.cell];
            let atoms: Vec<usize> = members.merged.iter().map(|merged| place[merged]).collect();
            if atoms.is_empty() {
                joint.area_of.insert(published.cell, None);
                continue;
            }
            let area = *by_atoms.entry(atoms.clone()).or_insert_with(|| {
                // Two areas of one problem never have the same atoms, so a number is name enough.
                let code = format!("cell {}", joint.areas.len() + 1);
                joint.areas.push(Area { kind: "cell".to_owned(), code, atoms, withheld: true });
                joint.shown.iter_mut().for_each(|shown| shown.push(false));
                joint.areas.len() - 1
            });
            joint.shown[members.snapshot][area] = true;
            joint.area_of.insert(published.cell, Some(area));
        }
        Ok(joint)
    }

    /// The geography of a snapshot: what another one publishes and this one does not is withheld, and bounded all the same.
    fn geography(&self, problem: &Problem, snapshot: usize) -> Geography {
        let shown = self.areas.iter().zip(&self.shown[snapshot]);
        Geography {
            atoms: self.counted.iter().map(|&merged| self.layout.name(&problem.dims, merged)).collect(),
            areas: shown.map(|(area, &shown)| Area { withheld: !shown, ..area.clone() }).collect(),
        }
    }
}
