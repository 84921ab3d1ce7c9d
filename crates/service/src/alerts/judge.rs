//! Which alerts hold: a pure function of rules and facts. Texts are Dutch, one line, and tell what is wrong and why (what to do is
//! added for who reads it); they hold no count of records, no secret, and of an alert that a region is told no other region's code.

mod regions;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::causes;
use super::facts::{ClockState, DiskState, Facts, Held, StoreState};
use super::rule::{Rule, RuleKind};
use super::words::{capital, with_cause};

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The rule that finds it.
    pub rule: String,
    /// What it is about: stable for as long as it lasts.
    pub subject: String,
    /// The region that it is about.
    pub region: Option<String>,
    /// What is wrong and why, in Dutch.
    pub text: String,
}

/// What holds now, and of what nobody can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What holds, one for each rule and subject.
    pub conditions: Vec<Condition>,
    /// Rules of which nothing is known now.
    pub(super) rules: Vec<String>,
    /// Rules and subjects of which nothing is known now.
    pub(super) subjects: Vec<(String, String)>,
}

impl Judgement {
    /// Whether nobody can tell if it holds: then it goes on as it was.
    pub fn is_open(&self, rule: &str, subject: &str) -> bool {
        self.rules.iter().any(|it| it == rule) || self.subjects.iter().any(|(r, s)| r == rule && s == subject)
    }

    /// What each of several facts comes to; without them the rule is open.
    fn each<T>(&mut self, rule: &Rule, facts: Option<&Vec<T>>, judge: impl Fn(&T) -> Option<Condition>) {
        match facts {
            Some(facts) => self.conditions.extend(facts.iter().filter_map(judge)),
            None => self.is_unknown(rule),
        }
    }

    fn is_unknown(&mut self, rule: &Rule) {
        self.rules.push(rule.name.clone());
    }

    /// Nothing is told of it now: neither that it begins, nor that it goes on, nor that it ended.
    fn waits(&mut self, rule: &Rule, subject: &str) {
        self.subjects.push((rule.name.clone(), subject.to_owned()));
    }

    fn one(&mut self, rule: &Rule, subject: &str, verdict: Verdict) {
        match verdict {
            Verdict::Fine => {}
            Verdict::Open => self.waits(rule, subject),
            Verdict::Holds(text) => self.conditions.push(condition(rule, subject.to_owned(), None, text)),
        }
    }
}

/// What a fact comes to.
enum Verdict {
    Fine,
    Open,
    Holds(String),
}

/// Judges facts by rules.
pub fn judge(rules: &[Rule], facts: &Facts) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in rules {
        by(rule, facts, &mut judgement);
    }
    // Of two facts about one subject the last one counts, so that nothing begins twice.
    let mut unique: BTreeMap<(String, String), Condition> = BTreeMap::new();
    for condition in std::mem::take(&mut judgement.conditions) {
        unique.insert((condition.rule.clone(), condition.subject.clone()), condition);
    }
    judgement.conditions = unique.into_values().collect();
    judgement
}

fn by(rule: &Rule, facts: &Facts, judgement: &mut Judgement) {
    match rule.kind {
        RuleKind::DeliveryLate => regions::late(rule, facts, judgement),
        RuleKind::DeliveryRejected => regions::rejected(rule, facts, judgement),
        RuleKind::PullsFailing => regions::failing(rule, facts, judgement),
        RuleKind::CoverageLow => regions::coverage(rule, facts, judgement),
        RuleKind::PublicationFailed => {
            judgement.each(rule, facts.held.as_ref(), |it| (!it.refused).then(|| failed(rule, it)));
        }
        RuleKind::PublicationBlocked => {
            judgement.each(rule, facts.held.as_ref(), |it| it.refused.then(|| blocked(rule, it)));
        }
        RuleKind::StoreUnreachable => {
            facts.stores.iter().for_each(|it| judgement.one(rule, it.name, store(rule, it)));
        }
        RuleKind::DiskLow => facts.disks.iter().for_each(|it| judgement.one(rule, it.name, disk(rule, it))),
        RuleKind::ClockSkew => facts.clocks.iter().for_each(|it| judgement.one(rule, it.name, clock(rule, it))),
    }
}

fn condition(rule: &Rule, subject: String, region: Option<&str>, text: String) -> Condition {
    Condition { rule: rule.name.clone(), subject, region: region.map(str::to_owned), text }
}

fn failed(rule: &Rule, it: &Held) -> Condition {
    let what = format!("Uitgave {} van {} kon niet worden gepubliceerd.", it.issue, it.periode);
    condition(rule, it.periode.to_string(), None, with_cause(&what, causes::of_publication(&it.class)))
}

fn blocked(rule: &Rule, it: &Held) -> Condition {
    let what = format!("Uitgave {} van {} is tegengehouden; er is niets van naar buiten gegaan.", it.issue, it.periode);
    condition(rule, it.periode.to_string(), None, with_cause(&what, causes::of_publication(&it.class)))
}

/// A store, or where the ledger is, by its name in the configuration.
fn place(name: &str) -> String {
    match name {
        "published" => "de opslag van publicaties (`published`)".to_owned(),
        "private" => "de besloten opslag (`private`)".to_owned(),
        "ledger" => "het logboek van de dienst (`ledger`)".to_owned(),
        _ => format!("`{name}`"),
    }
}

fn store(rule: &Rule, it: &StoreState) -> Verdict {
    match it.failures {
        0 => Verdict::Fine,
        failures if failures < rule.limit => Verdict::Open,
        _ => Verdict::Holds(format!(
            "{} kan niet worden gelezen of beschreven. Er wordt niets opgehaald of gepubliceerd zolang dat duurt.",
            capital(&place(it.name))
        )),
    }
}

fn disk(rule: &Rule, it: &DiskState) -> Verdict {
    match it.free_percent {
        None => Verdict::Open,
        Some(free) if free >= rule.limit => Verdict::Fine,
        // Without the figure: a text that changes at every look would be written at every look.
        Some(_) => Verdict::Holds(format!("Op de schijf met {} is minder dan {}% vrij.", place(it.name), rule.limit)),
    }
}

fn clock(rule: &Rule, it: &ClockState) -> Verdict {
    match it.ahead_seconds {
        None => Verdict::Open,
        Some(ahead) if ahead.unsigned_abs() < u64::from(rule.limit) => Verdict::Fine,
        Some(ahead) => Verdict::Holds(format!(
            "De klok van deze machine loopt {} seconden of meer {} op {}.",
            rule.limit,
            if ahead > 0 { "voor" } else { "achter" },
            it.name
        )),
    }
}
