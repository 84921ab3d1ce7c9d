//! The attack before publication: the smallest cells, their changes and all geographic differences, within a time limit.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{Ask, Exactly, PublishedIssue, Seed, Store, Which, audit};
use vt_disclosure::{AttackAudit, IssueName, MemoryRecord};
use vt_domain::atoms::AtomCode;

use super::inputs::{self, Seen};
use crate::reservation::Reservation;

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

/// An issue under attack: its record, and what its manifest shows (or would show) of its deliveries. Without that, the
/// record's own word of how they changed is taken.
#[derive(Debug, Clone)]
pub struct Attacked<'r> {
    /// The disclosure memory of the issue.
    pub record: &'r MemoryRecord,
    /// What readers see of its deliveries; nothing for a sum.
    pub seen: Option<Seen>,
}

impl<'r> From<&'r Reservation> for Attacked<'r> {
    fn from(reservation: &'r Reservation) -> Self {
        Self { record: &reservation.geheugen, seen: Some(Seen::from(reservation)) }
    }
}

/// Attacks a new issue together with the earlier ones of its period, and with the parts of which it is a sum (or that it is
/// summed with, up to four weeks). `elapsed` says how long it has taken, by the caller's clock.
///
/// The witnesses of the records serve as first points; that counts for nothing by itself: every point is checked against
/// every row that a reader knows. What readers know of deliveries is what manifests show of them, which can be more for a
/// measure than the record says: a record also looks at the deliveries of earlier months.
pub fn gate(
    new: &Attacked<'_>,
    earlier: &[Attacked<'_>],
    limits: &AttackLimits,
    elapsed: &dyn Fn() -> Duration,
) -> AttackAudit {
    let attacked = usable(new, earlier);
    let records: Vec<&MemoryRecord> = attacked.iter().map(|issue| issue.record).collect();
    let outcome = AttackAudit { time_limit_seconds: limits.time_limit_seconds, ..AttackAudit::default() };
    let mut attack = Attack { outcome, limits, elapsed };
    let issues: Vec<PublishedIssue> = attacked.iter().map(|issue| published(issue, &attacked)).collect();
    match Store::new(issues) {
        Ok(store) => attack.run(&store, &records),
        Err(error) => {
            attack.outcome.faults += 1;
            attack.outcome.findings.push(error.to_string());
        }
    }
    let mut outcome = attack.outcome;
    let found = outcome.findings.len();
    if found > MOST_NAMED {
        outcome.findings.truncate(MOST_NAMED);
        outcome.findings.push(format!("and {} more", found - MOST_NAMED));
    }
    outcome.passed = outcome.findings.is_empty() && outcome.targets == outcome.proven;
    outcome.milliseconds = u64::try_from(elapsed().as_millis()).unwrap_or(u64::MAX);
    outcome
}

/// An attack under way.
struct Attack<'a> {
    outcome: AttackAudit,
    limits: &'a AttackLimits,
    elapsed: &'a dyn Fn() -> Duration,
}

impl Attack<'_> {
    fn run(&mut self, store: &Store, records: &[&MemoryRecord]) {
        let limits = self.limits;
        let limit = Duration::from_secs(limits.time_limit_seconds);
        let stop = || (self.elapsed)() >= limit;
        let outcome = &mut self.outcome;
        let ask = Ask {
            which: Which::Smallest(limits.smallest_cells_up_to),
            exactly: Exactly::Unproven,
            limits: Limits { nodes: limits.max_nodes, solves: limits.max_solves },
        };
        for family in store.families() {
            for measure in family.measures() {
                let found = audit(family, measure, Seed::Witness(records), &ask, &stop);
                outcome.targets += found.targets;
                outcome.proven += found.proven;
                outcome.unchecked += found.unchecked.len();
                outcome.faults += found.unsafe_targets.len() + usize::from(found.no_witness.is_some());
                outcome
                    .findings
                    .extend(found.no_witness.map(|reason| format!("{} {measure}: {reason}", family.name())));
                // Codes and rule alone: findings reach the log, and an interval is what is to be protected.
                outcome.findings.extend(found.unsafe_targets.iter().map(|target| {
                    format!(
                        "{}: a reader is left with fewer than five possible counts, or only with small ones",
                        target.name
                    )
                }));
                outcome.findings.extend(found.unchecked.iter().map(|name| format!("{name}: not decided")));
            }
        }
        let years: Vec<String> = store.longer().iter().flat_map(|year| year.attack(store).findings).collect();
        outcome.faults += years.len();
        outcome.findings.extend(years);
    }
}

/// What readers have of an issue.
fn published(issue: &Attacked<'_>, all: &[Attacked<'_>]) -> PublishedIssue {
    let mut published = PublishedIssue { unlinked: inputs::unlinked(), ..PublishedIssue::from_record(issue.record) };
    let is_before = |other: &&Attacked<'_>| {
        other.record.period() == issue.record.period() && other.record.issue() < issue.record.issue()
    };
    let before = all.iter().filter(is_before).max_by_key(|other| other.record.issue());
    let atoms: Result<Vec<AtomCode>, _> = published.geography.atoms.iter().map(|atom| atom.parse()).collect();
    if let (Some(now), Some(then), Ok(atoms)) = (&issue.seen, before.and_then(|before| before.seen.as_ref()), atoms) {
        published.inputs = now.changes(then, &atoms);
    }
    published
}

/// The new issue and the earlier ones, each once, without sums of which a part is not at hand.
fn usable<'r>(new: &Attacked<'r>, earlier: &[Attacked<'r>]) -> Vec<Attacked<'r>> {
    let mut names = BTreeSet::new();
    let all = std::iter::once(new).chain(earlier).filter(|issue| names.insert(issue.record.name())).cloned();
    let all: Vec<Attacked<'_>> = all.collect();
    let has = |part: &IssueName| names.contains(part);
    let whole = |issue: &Attacked<'_>| issue.record.name() == new.record.name() || issue.record.parts().iter().all(has);
    all.into_iter().filter(whole).collect()
}
