//! The certificate of a record among the others: what was published before binds it (DESIGN §7).
//!
//! Like the rest of the certificate it shares no code with the solver, and trusts nothing in a record.

use std::collections::BTreeMap;

use super::{Certificate, Check, certify};
use crate::cell::{BlockScope, NATIONAL};
use crate::memory::{BlockRecord, IssueName, MemoryRecord, SumRecord};
use crate::past::InputChange;

type Records<'a> = BTreeMap<IssueName, &'a MemoryRecord>;

/// Checks a record by itself ([`certify`]) and against the earlier records that it names, which `others` must hold: cells
/// with the count of the issue before keep value and witness; where deliveries only grew, truth and witness only grew; the
/// running errors of longer periods are within their bounds; a sum is the sum of its parts.
pub fn certify_among(record: &MemoryRecord, others: &[&MemoryRecord]) -> Certificate {
    let mut own = certify(record);
    let mut sound: Records<'_> = BTreeMap::new();
    for other in others {
        if !certify(other).passed() {
            own.findings
                .push(format!("issue {} of {}, which it rests on, is not certified", other.issue, other.period));
            return own;
        }
        sound.insert(other.name(), other);
    }
    among(record, &sound, own)
}

/// Checks all records of a store, each by itself and against those it names. One outcome a record, in their order.
///
/// Beyond [`certify_among`]: no issue lacks the one before it, and none is there twice.
pub fn certify_all(records: &[MemoryRecord]) -> Vec<(IssueName, Certificate)> {
    let alone: Vec<Certificate> = records.iter().map(certify).collect();
    let mut sound: Records<'_> = BTreeMap::new();
    let mut newest: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (record, own) in records.iter().zip(&alone) {
        newest.entry(&record.period).or_default().push(record.issue);
        if own.passed() {
            sound.insert(record.name(), record);
        }
    }
    let outcomes = records.iter().zip(alone).map(|(record, own)| {
        let mut outcome = if own.passed() { among(record, &sound, own) } else { own };
        let issues = &newest[record.period.as_str()];
        if issues.iter().filter(|&&issue| issue == record.issue).count() > 1 {
            outcome.findings.push("the issue is there twice".to_owned());
        }
        let mut before: Vec<u32> = issues.iter().copied().filter(|&issue| issue < record.issue).collect();
        before.sort_unstable();
        let mut rests_on = record.past.earlier.clone();
        rests_on.extend(record.past.previous);
        if record.past.parts.is_empty() && rests_on != before {
            outcome.findings.push("it does not rest on the issues before it".to_owned());
        }
        (record.name(), outcome)
    });
    outcomes.collect()
}

fn among(record: &MemoryRecord, others: &Records<'_>, own: Certificate) -> Certificate {
    if !own.passed() {
        return own;
    }
    let mut check = Check { record, findings: Vec::new(), more: 0, cells: own.cells };
    let missing: Vec<IssueName> = record.named().filter(|name| !others.contains_key(name)).collect();
    for name in &missing {
        check.find(|| {
            format!("issue {} of {}, which it rests on, is missing or not certified", name.issue, name.period)
        });
    }
    if missing.is_empty() {
        if let Some(issue) = record.past.previous {
            // Unwrap safety: it is not among the missing.
            check.previous(others.get(&IssueName { period: record.period.clone(), issue }).unwrap());
            for &issue in &record.past.earlier {
                check.earlier(others[&IssueName { period: record.period.clone(), issue }]);
            }
        }
        for sum in &record.past.sums {
            check.running(sum, others);
        }
        if !record.past.parts.is_empty() {
            check.parts(others);
        }
    }
    check.outcome()
}

impl<'a> Check<'a> {
    /// Against the issue of the same period before this one.
    fn previous(&mut self, before: &MemoryRecord) {
        let record = self.record;
        self.require(before.issue < record.issue, || "it rests on an issue that is not before it".to_owned());
        let rules = (&before.policy.base, &before.policy.bound, &before.key_fingerprint);
        self.require(rules == (&record.policy.base, &record.policy.bound, &record.key_fingerprint), || {
            "base, bound or key differ from those of the issue before".to_owned()
        });
        let shape = |record: &MemoryRecord| -> Vec<(String, String, Vec<usize>)> {
            let areas = record.geography.areas.iter();
            areas.map(|area| (area.kind.clone(), area.code.clone(), area.atoms.clone())).collect()
        };
        let same = record.geography.atoms == before.geography.atoms
            && shape(record) == shape(before)
            && record.links == before.links
            && record.blocks.iter().map(|block| &block.spec).eq(before.blocks.iter().map(|block| &block.spec));
        self.require(same, || "areas, tables or links differ from those of the issue before".to_owned());
        let known = std::iter::once(&record.past.inputs)
            .chain(record.past.apart.values())
            .all(|inputs| inputs.len() == record.geography.atoms.len());
        self.require(known, || "it does not say how the deliveries of each atom changed".to_owned());
        if same && known {
            for (block, before) in record.blocks.iter().zip(&before.blocks) {
                self.kept(block, before, 0);
                self.kept_in_atoms(block, before);
                self.grown(block, before);
            }
        }
    }

    /// Against an issue of the same period further back.
    fn earlier(&mut self, before: &MemoryRecord) {
        let record = self.record;
        let rules = (&before.policy.base, &before.policy.bound, &before.key_fingerprint);
        let same = rules == (&record.policy.base, &record.policy.bound, &record.key_fingerprint)
            && record.geography.atoms == before.geography.atoms
            && record.blocks.iter().map(|block| &block.spec).eq(before.blocks.iter().map(|block| &block.spec));
        self.require(same, || format!("base, bound, key, atoms or tables differ from those of issue {}", before.issue));
        if same {
            for (block, before) in record.blocks.iter().zip(&before.blocks) {
                self.kept(block, before, 2 * record.policy.bound - (record.policy.base - 1));
            }
        }
    }

    /// Published counts that are those of an issue before have its values, or others at most `apart` from them: both together leave
    /// a count the possibilities that one multiple of the base does.
    fn kept(&mut self, block: &BlockRecord, before: &BlockRecord, apart: u32) {
        let spec = &block.spec;
        for (row, (area, atoms)) in self.areas(spec).into_iter().enumerate() {
            for column in 0..spec.categories.len() {
                let count = |block: &BlockRecord| -> u64 {
                    atoms.iter().map(|&atom| u64::from(block.truth[atom][column])).sum()
                };
                let values = [block, before].map(|block| block.published[row][column]);
                let kept = count(block) != count(before) || values[0].abs_diff(values[1]) <= apart;
                self.require(kept, || {
                    let code = &spec.categories[column].code;
                    format!("{}/{code} in {area}: the count is that of an issue before, the value is not", spec.name())
                });
            }
        }
    }

    /// Counts of atoms that did not change keep their witness.
    fn kept_in_atoms(&mut self, block: &BlockRecord, before: &BlockRecord) {
        let spec = &block.spec;
        let loose = self.record.past.loose.contains(&spec.measure);
        for (atom, code) in self.record.geography.atoms.iter().enumerate() {
            // No reader can know which counts of a replaced delivery are unchanged, unless they are published.
            if loose && self.inputs(&spec.measure)[atom] == InputChange::Replaced {
                continue;
            }
            let pairs = (0..spec.categories.len())
                .filter(|&column| block.truth[atom][column] == before.truth[atom][column])
                .all(|column| block.witness[atom][column] == before.witness[atom][column]);
            self.require(pairs, || format!("{} in atom {code}: a witness of an unchanged count changed", spec.name()));
        }
    }

    /// How the deliveries behind each atom's counts of a measure changed.
    fn inputs(&self, measure: &str) -> &'a [InputChange] {
        self.record.past.apart.get(measure).unwrap_or(&self.record.past.inputs)
    }

    /// Truth and witness change only as the deliveries allow, which every reader of the manifests knows.
    fn grown(&mut self, block: &BlockRecord, before: &BlockRecord) {
        for (atom, change) in self.inputs(&block.spec.measure).iter().enumerate() {
            let rows = [(&block.truth[atom], &before.truth[atom]), (&block.witness[atom], &before.witness[atom])];
            let holds = rows.iter().all(|(now, before)| match change {
                InputChange::Same => now == before,
                InputChange::Grown => now.iter().zip(before.iter()).all(|(now, before)| now >= before),
                InputChange::Replaced => true,
            });
            self.require(holds, || {
                let code = &self.record.geography.atoms[atom];
                format!("{} in atom {code}: changed otherwise than its deliveries", block.spec.name())
            });
        }
    }

    /// The errors of the parts of a longer period add up to at most its bound, in every cell that all of them have.
    fn running(&mut self, sum: &SumRecord, others: &Records<'_>) {
        let policy = &self.record.policy;
        let promised = [policy.bound, policy.year_bound, policy.year_bound_revised].contains(&sum.bound);
        self.require(promised, || format!("the bound of {} is not one of the policy", sum.period));
        let once: std::collections::BTreeSet<&str> = sum.others.iter().map(|name| name.period.as_str()).collect();
        let apart = once.len() == sum.others.len() && !once.contains(self.record.period.as_str());
        self.require(apart, || format!("a part of {} is counted twice", sum.period));
        let records: Vec<&MemoryRecord> = sum.others.iter().map(|name| others[name]).collect();
        for block in &self.record.blocks {
            let spec = &block.spec;
            let parts: Vec<(&MemoryRecord, &BlockRecord)> =
                records.iter().filter_map(|record| Some((*record, same_table(record, block)?))).collect();
            let national = parts.iter().any(|(_, part)| part.spec.scope == BlockScope::NationalOnly);
            for area in self.record.geography.areas_in(spec.scope).filter(|area| !national || area.kind == NATIONAL) {
                for category in &spec.categories {
                    let own = error(self.record, block, &area.code, &category.code);
                    let rest = parts.iter().map(|(record, part)| error(record, part, &area.code, &category.code));
                    let running = own + rest.sum::<i64>();
                    self.require(running.unsigned_abs() <= u64::from(sum.bound), || {
                        let code = &area.code;
                        format!(
                            "{}/{} in {code}: the running error of {} is beyond its bound",
                            spec.name(),
                            category.code,
                            sum.period
                        )
                    });
                }
            }
        }
    }

    /// A sum has the truth, the witness and the values of its parts, added up by code.
    fn parts(&mut self, others: &Records<'_>) {
        let records: Vec<&MemoryRecord> = self.record.past.parts.iter().map(|name| others[name]).collect();
        self.require(records.len() > 1, || "a sum of fewer than two parts".to_owned());
        let names: std::collections::BTreeSet<&str> = records.iter().map(|record| record.period.as_str()).collect();
        self.require(names.len() == records.len(), || "a part is summed twice".to_owned());
        for block in &self.record.blocks {
            let parts: Vec<Option<&BlockRecord>> = records.iter().map(|record| same_table(record, block)).collect();
            let Some(parts) = parts.into_iter().collect::<Option<Vec<&BlockRecord>>>() else {
                self.find(|| format!("{}: a part does not have the table", block.spec.name()));
                continue;
            };
            let parts: Vec<(&MemoryRecord, &BlockRecord)> = records.iter().copied().zip(parts).collect();
            for (column, category) in block.spec.categories.iter().enumerate() {
                let at = |rows: &[Vec<u32>], record: &MemoryRecord, block: &BlockRecord, atom: &str| {
                    let atom = record.geography.atoms.iter().position(|code| code == atom);
                    let column = block.spec.categories.iter().position(|other| other.code == category.code);
                    atom.zip(column).map_or(0, |(atom, column)| u64::from(rows[atom][column]))
                };
                let mut holds = true;
                for (index, atom) in self.record.geography.atoms.iter().enumerate() {
                    let truth: u64 = parts.iter().map(|(record, part)| at(&part.truth, record, part, atom)).sum();
                    let witness: u64 = parts.iter().map(|(record, part)| at(&part.witness, record, part, atom)).sum();
                    holds &= truth == u64::from(block.truth[index][column]);
                    holds &= witness == u64::from(block.witness[index][column]);
                }
                for (area, row) in self.record.geography.areas_in(block.spec.scope).zip(&block.published) {
                    let value: Option<u64> = parts
                        .iter()
                        .map(|(record, part)| value(record, part, &area.code, &category.code))
                        .sum::<Option<u64>>();
                    holds &= value == Some(u64::from(row[column]));
                }
                self.require(holds, || format!("{}/{}: not the sum of its parts", block.spec.name(), category.code));
            }
        }
        let withheld = |code: &str| {
            records.iter().any(|record| record.geography.areas.iter().any(|area| area.code == code && area.withheld))
        };
        for area in &self.record.geography.areas {
            self.require(area.withheld || !withheld(&area.code), || {
                format!("{}: given, though a part withholds it", area.code)
            });
        }
    }

    pub(super) fn outcome(mut self) -> Certificate {
        if self.more > 0 {
            self.findings.push(format!("and {} more", self.more));
        }
        Certificate { cells: self.cells, findings: self.findings }
    }
}

fn same_table<'r>(record: &'r MemoryRecord, block: &BlockRecord) -> Option<&'r BlockRecord> {
    let is_it = |other: &&BlockRecord| {
        (&other.spec.measure, &other.spec.dimension) == (&block.spec.measure, &block.spec.dimension)
    };
    record.blocks.iter().find(is_it)
}

/// The published value of a cell by codes: 0 where the part lacks the area or the category, nothing where it has the area
/// and does not give the table for it.
fn value(record: &MemoryRecord, block: &BlockRecord, area: &str, category: &str) -> Option<u64> {
    let Some(column) = block.spec.categories.iter().position(|other| other.code == category) else { return Some(0) };
    let mut rows = record.geography.areas_in(block.spec.scope).zip(&block.published);
    match rows.find(|(other, _)| other.code == area) {
        Some((_, row)) => Some(u64::from(row[column])),
        None if record.geography.areas.iter().any(|other| other.code == area) => None,
        None => Some(0),
    }
}

/// z − a of a cell by codes; 0 where the record does not have it.
fn error(record: &MemoryRecord, block: &BlockRecord, area: &str, category: &str) -> i64 {
    let Some(column) = block.spec.categories.iter().position(|other| other.code == category) else { return 0 };
    let mut rows = record.geography.areas_in(block.spec.scope).zip(&block.published);
    let Some((area, row)) = rows.find(|(other, _)| other.code == area) else { return 0 };
    let count: i64 = area.atoms.iter().map(|&atom| i64::from(block.truth[atom][column])).sum();
    count - i64::from(row[column])
}
