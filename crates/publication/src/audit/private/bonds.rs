//! Whether every record of the memory says what binds it (DESIGN §7), and is bound by it in the end.
//!
//! The certificate holds a record to what it names; a record that names too little is held to too little. Here what it must
//! name follows from the reservations' names, instants and deliveries, from the calendar and from the policy.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use vt_disclosure::{MemoryRecord, Policy, SaidSum, certify_running};
use vt_domain::{Period, PeriodKind};

use super::Findings;
use crate::gate::Input;
use crate::history::{RestsOn, changes_between, sum_bound};
use crate::reservation::Reservation;

/// What a reservation holds beside its memory, as far as it tells what binds it.
pub(super) struct Facts {
    period: Period,
    issue: u32,
    at: DateTime<Utc>,
    software: String,
    own: Vec<Input>,
    earlier: Vec<Input>,
}

/// Checks every record; `facts` are those of the reservations that hold the records, in the same order.
pub(super) fn bonds(facts: &[Facts], records: &[MemoryRecord], findings: &mut Findings) {
    let mut issues: BTreeMap<Period, BTreeMap<u32, Issue<'_>>> = BTreeMap::new();
    for (facts, record) in facts.iter().zip(records) {
        issues.entry(facts.period).or_default().insert(facts.issue, Issue { facts, record });
    }
    let mut bonds = Bonds { issues: &issues, findings };
    for issue in issues.values().flat_map(BTreeMap::values) {
        let rounded = bonds.is_rounded(issue.facts.period);
        bonds.require(issue, rounded == issue.record.parts().is_empty(), || match rounded {
            true => "it claims to be a sum, and no shorter period within it is reserved".to_owned(),
            false => "it was rounded itself, though shorter periods within it are reserved".to_owned(),
        });
        bonds.bound(issue, rounded);
        bonds.instant(issue);
        if rounded {
            bonds.deliveries(issue);
            bonds.sums(issue);
        }
    }
    bonds.policies();
    bonds.one_instant();
    bonds.running();
}

/// A reservation: what it holds, and its memory.
#[derive(Clone, Copy)]
struct Issue<'a> {
    facts: &'a Facts,
    record: &'a MemoryRecord,
}

impl<'a> Issue<'a> {
    /// The issue of another period that it names as a part of a longer one.
    fn named(self, longer: Period, other: Period) -> Option<u32> {
        let (longer, other) = (longer.to_string(), other.to_string());
        let sum = self.record.said_sums().find(|sum| sum.period == longer)?;
        sum.others.iter().find(|name| name.period == other).map(|name| name.issue)
    }

    /// Whether another was there before it by what it says of their ISO year, the longest that both are a part of.
    fn knows(self, other: &Issue<'_>) -> bool {
        let year = self.facts.period.longer().last().copied();
        year.and_then(|year| self.named(year, other.facts.period)) >= Some(other.facts.issue)
    }
}

struct Bonds<'a, 'f> {
    issues: &'a BTreeMap<Period, BTreeMap<u32, Issue<'a>>>,
    findings: &'f mut Findings,
}

impl<'a> Bonds<'a, '_> {
    fn require(&mut self, issue: &Issue<'_>, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.findings.add(format!("{}/{}: {}", issue.facts.period, issue.facts.issue, rule()));
        }
    }

    /// A period that is made from registrations: no shorter one within it is reserved.
    fn is_rounded(&self, period: Period) -> bool {
        !period.holds_any(self.issues.keys())
    }

    /// The rounded periods within a longer one.
    fn rounded_in(&self, longer: Period) -> Vec<Period> {
        let within = self.issues.keys().copied().filter(|period| *period != longer && longer.contains_period(*period));
        within.filter(|period| self.is_rounded(*period)).collect()
    }

    /// The bound of the values is that of the kind of period.
    fn bound(&mut self, issue: &Issue<'_>, rounded: bool) {
        let first_issues = issue.record.parts().iter().all(|part| part.issue == 1);
        let policy = issue.record.policy();
        let bound = if rounded { policy.bound } else { sum_bound(issue.facts.period.kind(), first_issues, policy) };
        let holds = issue.record.bound() == bound;
        self.require(issue, holds, || "its bound is not that of its kind of period".to_owned());
    }

    /// Issues of a period were made one after another; otherwise what was there before another cannot be told.
    fn instant(&mut self, issue: &Issue<'a>) {
        let issues = self.issues;
        let before = issues[&issue.facts.period].range(..issue.facts.issue).next_back();
        let holds = before.is_none_or(|(_, before)| before.facts.at <= issue.facts.at);
        self.require(issue, holds, || "its instant lies before that of the issue before it".to_owned());
    }

    /// How the deliveries of each atom changed follows from those of both issues.
    fn deliveries(&mut self, issue: &Issue<'a>) {
        let issues = self.issues;
        let record = issue.record;
        let Some((_, before)) = issues[&issue.facts.period].range(..issue.facts.issue).next_back() else {
            let holds = record.inputs().is_empty() && record.apart().is_empty();
            return self
                .require(issue, holds, || "it says how deliveries changed, and no issue is before it".to_owned());
        };
        let atoms = &record.geography().atoms;
        match changes_between(&before.facts.rests_on(), &issue.facts.rests_on(), atoms) {
            Ok(changes) => {
                for (code, (said, is)) in atoms.iter().zip(record.inputs().iter().zip(&changes.inputs)) {
                    self.require(issue, said == is, || {
                        format!("atom {code}: its deliveries changed otherwise than it says")
                    });
                }
                self.require(issue, record.inputs().len() == changes.inputs.len(), || {
                    "it does not say how the deliveries of each atom changed".to_owned()
                });
                self.require(issue, record.apart() == &changes.apart, || {
                    "the deliveries of measures that rest on earlier months changed otherwise than it says".to_owned()
                });
            }
            Err(error) => self.require(issue, false, || error.to_string()),
        }
    }

    /// Of each longer period the other parts are named that were there, each by the issue that was its newest, the same in
    /// all longer periods, within the bound of the kind of period.
    fn sums(&mut self, issue: &Issue<'a>) {
        let period = issue.facts.period;
        let mut said: BTreeMap<&str, SaidSum<'_>> = BTreeMap::new();
        for sum in issue.record.said_sums() {
            let once = said.insert(sum.period, sum).is_none();
            self.require(issue, once, || format!("it names {} twice", sum.period));
        }
        for longer in period.longer() {
            let sum = said.remove(longer.to_string().as_str());
            let mut named: BTreeMap<&str, u32> = BTreeMap::new();
            for other in sum.iter().flat_map(|sum| sum.others) {
                let once = named.insert(&other.period, other.issue).is_none();
                self.require(issue, once, || format!("of {longer} it names {} twice", other.period));
            }
            let first_issues = issue.facts.issue == 1 && named.values().all(|&issue| issue == 1);
            let bound = sum_bound(longer.kind(), first_issues, issue.record.policy());
            let holds = sum.is_none_or(|sum| sum.bound == bound);
            self.require(issue, holds, || format!("its bound for {longer} is not that of its kind of period"));
            for other in self.rounded_in(longer).into_iter().filter(|other| *other != period) {
                let known = named.remove(other.to_string().as_str());
                let in_year = period.longer().last().and_then(|year| issue.named(*year, other));
                if self.newest_at(other, issue.facts.at, known) {
                    let holds = known == in_year || longer.kind() == PeriodKind::IsoYear;
                    self.require(issue, holds, || {
                        format!("of {longer} it names another issue of {other} than of its year")
                    });
                } else {
                    self.require(issue, false, || {
                        format!("of {longer} it does not name the issue of {other} that was its newest, and that alone")
                    });
                }
            }
            for other in named.keys() {
                self.require(issue, false, || format!("of {longer} it names {other}, which is no rounded part of it"));
            }
        }
        for period in said.keys() {
            self.require(issue, false, || format!("it names {period}, which it is no part of"));
        }
    }

    /// Whether the named issue of a period, or none, can be what was its newest at an instant. Which of two reservations of
    /// one instant was first cannot be told.
    fn newest_at(&self, period: Period, at: DateTime<Utc>, named: Option<u32>) -> bool {
        let newest = |is: &dyn Fn(DateTime<Utc>) -> bool| {
            let known = self.issues[&period].values().filter(|issue| is(issue.facts.at));
            known.map(|issue| issue.facts.issue).max()
        };
        let (surely, at_most) = (newest(&|other| other < at), newest(&|other| other <= at));
        // No issue is less than any issue.
        surely <= named && named <= at_most
    }

    /// Of two issues of one instant one was there before the other, and the other names it or a later one.
    fn one_instant(&mut self) {
        let issues = self.issues;
        let rounded = issues.iter().filter(|(period, _)| self.is_rounded(**period));
        let mut at_once: BTreeMap<(i32, DateTime<Utc>), Vec<Issue<'a>>> = BTreeMap::new();
        for issue in rounded.flat_map(|(_, issues)| issues.values()) {
            at_once.entry((issue.facts.period.iso_year(), issue.facts.at)).or_default().push(*issue);
        }
        for together in at_once.values() {
            for (index, one) in together.iter().enumerate() {
                for other in together[index + 1..].iter().filter(|other| other.facts.period != one.facts.period) {
                    self.require(one, one.knows(other) != other.knows(one), || {
                        let Facts { period, issue, .. } = other.facts;
                        format!("of it and {period}/{issue}, of one instant, not exactly one names the other")
                    });
                }
            }
        }
    }

    /// One ISO year is one sum: all of it was made under one policy.
    fn policies(&mut self) {
        let issues = self.issues;
        let mut first: BTreeMap<i32, Issue<'a>> = BTreeMap::new();
        for issue in issues.values().flat_map(BTreeMap::values) {
            let known = *first.entry(issue.facts.period.iso_year()).or_insert(*issue);
            let same = promised(known.record.policy()) == promised(issue.record.policy());
            self.require(issue, same, || {
                format!("its base or bounds are not those of {}/{}", known.facts.period, known.facts.issue)
            });
        }
    }

    /// In the end, whatever each of them names: the running errors of every longer period over the newest issues.
    fn running(&mut self) {
        let longer: BTreeSet<Period> = self.issues.keys().flat_map(|period| period.longer()).collect();
        for longer in longer {
            let parts = self.rounded_in(longer);
            let newest: Vec<Issue<'a>> =
                parts.iter().filter_map(|part| Some(*self.issues[part].last_key_value()?.1)).collect();
            let Some(last) = newest.last() else { continue };
            let first_issues = newest.iter().all(|issue| issue.facts.issue == 1);
            let bound = sum_bound(longer.kind(), first_issues, last.record.policy());
            let records: Vec<&MemoryRecord> = newest.iter().map(|issue| issue.record).collect();
            let found = certify_running(&longer.to_string(), bound, &records);
            found.into_iter().for_each(|finding| self.findings.add(finding));
        }
    }
}

/// What is promised of values. The solver's limits promise nothing.
fn promised(policy: &Policy) -> [u32; 5] {
    [policy.base, policy.ideal, policy.bound, policy.year_bound, policy.year_bound_revised]
}

impl Facts {
    /// The facts of a reservation, and its memory.
    pub(super) fn split(reservation: Reservation) -> (Self, MemoryRecord) {
        let facts = Self {
            period: reservation.periode,
            issue: reservation.uitgave,
            at: reservation.gepubliceerd_op,
            software: reservation.software,
            own: reservation.invoer,
            earlier: reservation.invoer_eerder,
        };
        (facts, reservation.geheugen)
    }

    fn rests_on(&self) -> RestsOn<'_> {
        RestsOn { software: &self.software, own: self.own.iter().collect(), earlier: self.earlier.iter().collect() }
    }
}
