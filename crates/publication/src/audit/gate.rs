//! The attack before publication: the smallest cells, their changes and all geographic differences, within a time limit.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{Ask, Exactly, PublishedIssue, Seed, Store, Which, audit};
use vt_disclosure::{IssueName, MemoryRecord};

use super::inputs;

/// Targets named in the audit; of more, only the number.
const MOST_NAMED: usize = 20;

/// Limits of the attack before publication (`[disclosure.attack]`). Reaching one keeps the issue from being published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttackLimits {
    /// The attack on one issue ends after so many seconds, by the caller's clock.
    pub time_limit_seconds: u64,
    /// Programs solved per measure, at most.
    pub max_solves: usize,
    /// Nodes of the search tree of one program, at most.
    pub max_nodes: u64,
    /// Cells with a published value of at most this are attacked; geographic differences always.
    pub smallest_cells_up_to: u32,
}

impl Default for AttackLimits {
    fn default() -> Self {
        Self { time_limit_seconds: 60, max_solves: 2_000, max_nodes: 2_000, smallest_cells_up_to: 10 }
    }
}

/// What the attack before publication found. Private: only the verdict is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackAudit {
    /// Whether every target is proven safe.
    pub passed: bool,
    /// Cells and differences attacked.
    pub targets: usize,
    /// Of these, proven safe.
    pub proven: usize,
    /// Of these, not decided within the limits.
    pub unchecked: usize,
    /// What is unsafe or unchecked, by codes with the interval; at most a few.
    pub findings: Vec<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// How long it might have taken, in seconds.
    pub time_limit_seconds: u64,
}

impl AttackAudit {
    /// Why the issue is not published and what to do, in a sentence; nothing when it passed.
    pub fn refusal(&self) -> Option<String> {
        if self.passed {
            return None;
        }
        let first = self.findings.first().map_or("none named", String::as_str);
        let Self { targets, proven, unchecked, time_limit_seconds, .. } = self;
        let advice = if *unchecked > 0 && targets - proven == *unchecked {
            format!(
                "Nothing unsafe was found, but not all was decided within {time_limit_seconds} s: raise time_limit_seconds or \
                 max_solves under [disclosure.attack] and publish again"
            )
        } else {
            "This is an error in the protection or in the disclosure memory, not in the deliveries: publish nothing of this \
             period, keep the private store as it is, and report the case"
                .to_owned()
        };
        Some(format!(
            "{} of {targets} targets of the attack are not proven safe (first: {first}). {advice}",
            targets - proven
        ))
    }
}

/// Attacks a new issue together with the earlier ones of its period, and with the parts of which it is a sum (or that it is
/// summed with, up to four weeks). `elapsed` says how long it has taken, by the caller's clock.
///
/// The witnesses of the records serve as first points; that counts for nothing by itself: every point is checked against
/// every row that a reader knows.
pub fn gate(
    new: &MemoryRecord,
    earlier: &[&MemoryRecord],
    limits: &AttackLimits,
    elapsed: &dyn Fn() -> Duration,
) -> AttackAudit {
    let records = usable(new, earlier);
    let mut outcome = AttackAudit {
        passed: false,
        targets: 0,
        proven: 0,
        unchecked: 0,
        findings: Vec::new(),
        milliseconds: 0,
        time_limit_seconds: limits.time_limit_seconds,
    };
    let issues = records
        .iter()
        .map(|record| PublishedIssue { unlinked: inputs::unlinked(), ..PublishedIssue::from_record(record) });
    match Store::new(issues.collect()) {
        Ok(store) => outcome.attack(&store, &records, limits, elapsed),
        Err(error) => outcome.findings.push(error.to_string()),
    }
    let found = outcome.findings.len();
    if found > MOST_NAMED {
        outcome.findings.truncate(MOST_NAMED);
        outcome.findings.push(format!("and {} more", found - MOST_NAMED));
    }
    outcome.passed = outcome.findings.is_empty() && outcome.targets == outcome.proven;
    outcome.milliseconds = u64::try_from(elapsed().as_millis()).unwrap_or(u64::MAX);
    outcome
}

impl AttackAudit {
    fn attack(
        &mut self,
        store: &Store,
        records: &[&MemoryRecord],
        limits: &AttackLimits,
        elapsed: &dyn Fn() -> Duration,
    ) {
        let limit = Duration::from_secs(limits.time_limit_seconds);
        let stop = || elapsed() >= limit;
        let ask = Ask {
            which: Which::Smallest(limits.smallest_cells_up_to),
            exactly: Exactly::Unproven,
            limits: Limits { nodes: limits.max_nodes, solves: limits.max_solves },
        };
        for family in store.families() {
            for measure in family.measures() {
                let found = audit(family, measure, Seed::Witness(records), &ask, &stop);
                self.targets += found.targets;
                self.proven += found.proven;
                self.unchecked += found.unchecked.len();
                self.findings.extend(found.no_witness.map(|reason| format!("{} {measure}: {reason}", family.name())));
                self.findings.extend(found.unsafe_targets.iter().map(|target| {
                    let end = |end: Option<i64>| end.map_or("…".to_owned(), |end| end.to_string());
                    format!("{}: surely in {} to {}", target.name, end(target.lo), end(target.hi))
                }));
                self.findings.extend(found.unchecked.iter().map(|name| format!("{name}: not decided")));
            }
        }
        self.findings.extend(store.longer().iter().flat_map(|year| year.attack(store).findings));
    }
}

/// The new record and the earlier ones, each once, without sums of which a part is not at hand.
fn usable<'r>(new: &'r MemoryRecord, earlier: &[&'r MemoryRecord]) -> Vec<&'r MemoryRecord> {
    let mut names = BTreeSet::new();
    let all: Vec<&MemoryRecord> =
        std::iter::once(new).chain(earlier.iter().copied()).filter(|record| names.insert(record.name())).collect();
    let has = |part: &IssueName| names.contains(part);
    all.into_iter().filter(|record| record.name() == new.name() || record.parts().iter().all(has)).collect()
}
