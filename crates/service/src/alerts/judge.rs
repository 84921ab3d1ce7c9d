//! Which alerts hold: a pure function of rules and facts. Texts are Dutch, one line, and tell what is wrong and what to do; they
//! hold no count of records, no secret, and of an alert that a region is told no other region's code.

use std::collections::BTreeMap;

use vt_domain::month::Month;

use super::facts::{ClockState, Coverage, DiskState, Facts, Failing, Held, LateMonth, Rejected, StoreState};
use super::rule::{Rule, RuleKind};

/// So many regions are named in a text; of more it says how many.
const NAMED: usize = 12;

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The rule that finds it.
    pub rule: String,
    /// What it is about: stable for as long as it lasts.
    pub subject: String,
    /// The region that it is about.
    pub region: Option<String>,
    /// What is wrong and what to do, in Dutch.
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
            None => self.rules.push(rule.name.clone()),
        }
    }

    fn one(&mut self, rule: &Rule, subject: &str, verdict: Verdict) {
        match verdict {
            Verdict::Fine => {}
            Verdict::Open => self.subjects.push((rule.name.clone(), subject.to_owned())),
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
        RuleKind::DeliveryLate => judgement.each(rule, facts.late.as_ref(), |it| late(rule, it)),
        RuleKind::DeliveryRejected => judgement.each(rule, facts.rejected.as_ref(), |it| Some(rejected(rule, it))),
        RuleKind::PullsFailing => judgement.each(rule, facts.failing.as_ref(), |it| failing(rule, it)),
        RuleKind::PublicationFailed => {
            judgement.each(rule, facts.held.as_ref(), |it| (!it.refused).then(|| failed(rule, it)));
        }
        RuleKind::PublicationBlocked => {
            judgement.each(rule, facts.held.as_ref(), |it| it.refused.then(|| blocked(rule, it)));
        }
        RuleKind::CoverageLow => judgement.each(rule, facts.coverage.as_ref(), |it| coverage(rule, it)),
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

fn of_region(rule: &Rule, vt: &str, maand: Month, text: String) -> Condition {
    condition(rule, format!("{vt} {maand}"), Some(vt), text)
}

fn late(rule: &Rule, it: &LateMonth) -> Option<Condition> {
    let LateMonth { vt, maand, due, today } = it;
    let days = (*today - *due).num_days().max(0);
    if days < i64::from(rule.limit) {
        return None;
    }
    let what = if today > due {
        format!("De levering van {vt} over {maand} is te laat: zij was er uiterlijk op {due} verwacht.")
    } else {
        format!(
            "De levering van {vt} over {maand} loopt achter: zij reikt nog niet tot de laatste dag die al verwacht was."
        )
    };
    let act = "Wat te doen: lever de maand alsnog; lukt dat niet, meld dan bij de beheerder van de monitor een storing of vraag uitstel.";
    Some(of_region(rule, vt, *maand, format!("{what} {act}")))
}

fn rejected(rule: &Rule, it: &Rejected) -> Condition {
    let Rejected { vt, maand, nr } = it;
    let text = format!(
        "Levering {nr} van {vt} over {maand} is afgekeurd en telt niet mee. Wat te doen: bekijk de bevindingen in het \
         kwaliteitsrapport van deze levering, herstel ze in de bron en lever de maand opnieuw onder een hoger nummer."
    );
    of_region(rule, vt, *maand, text)
}

fn failing(rule: &Rule, it: &Failing) -> Option<Condition> {
    if it.attempts < u64::from(rule.limit) {
        return None;
    }
    let Failing { vt, maand, since, class, .. } = it;
    let since = super::local(*since);
    let text = format!(
        "De levering van {vt} over {maand} kan sinds {since} niet worden opgehaald ({class}). Wat te doen: de regio gaat na of \
         haar leverpunt bereikbaar is en de toegang nog geldt; de beheerder ziet de oorzaak met `vt-monitor status`."
    );
    Some(of_region(rule, vt, *maand, text))
}

fn failed(rule: &Rule, it: &Held) -> Condition {
    let Held { periode, issue, class, .. } = it;
    let text = format!(
        "Uitgave {issue} van {periode} kon niet worden gepubliceerd ({class}). De dienst probeert het opnieuw. Wat te doen: \
         bekijk de oorzaak met `vt-monitor status` en neem haar weg."
    );
    condition(rule, periode.to_string(), None, text)
}

fn blocked(rule: &Rule, it: &Held) -> Condition {
    let Held { periode, issue, class, .. } = it;
    let text = format!(
        "Uitgave {issue} van {periode} is tegengehouden door een regel van de publicatie ({class}); er is niets van naar buiten \
         gegaan. Wat te doen: bekijk de reden met `vt-monitor status` en handel zoals docs/OPERATING.md zegt."
    );
    condition(rule, periode.to_string(), None, text)
}

fn coverage(rule: &Rule, it: &Coverage) -> Option<Condition> {
    // In whole numbers: exactly at the level is enough.
    if it.regions == 0 || it.complete * 100 >= it.regions * rule.limit as usize {
        return None;
    }
    let more = it.missing.len().saturating_sub(NAMED);
    let mut missing = it.missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        missing += &format!(" en nog {more}");
    }
    let text = format!(
        "Van {} is de dekking laag: {} van {} regio's zijn compleet, onder {}%. Er ontbreken dagen van {missing}. Wat te doen: \
         vraag deze regio's om hun levering; NL blijft leeg tot alle compleet zijn.",
        it.periode, it.complete, it.regions, rule.limit
    );
    Some(condition(rule, it.periode.to_string(), None, text))
}

fn store(rule: &Rule, it: &StoreState) -> Verdict {
    match it.failures {
        0 => Verdict::Fine,
        failures if failures < rule.limit => Verdict::Open,
        _ => Verdict::Holds(format!(
            "De opslag `{}` kan niet worden gelezen of beschreven. Er wordt niets opgehaald of gepubliceerd zolang dat duurt. Wat \
             te doen: ga adres, rechten en netwerk na met `vt-monitor doctor`.",
            it.name
        )),
    }
}

fn disk(rule: &Rule, it: &DiskState) -> Verdict {
    match it.free_percent {
        None => Verdict::Open,
        Some(free) if free >= rule.limit => Verdict::Fine,
        // Without the figure: a text that changes at every look would be written at every look.
        Some(_) => Verdict::Holds(format!(
            "Op de schijf met `{}` is minder dan {}% vrij. Wat te doen: maak ruimte vrij of vergroot de schijf; \
             `vt-monitor housekeeping --dry-run` toont wat over zijn termijn is.",
            it.name, rule.limit
        )),
    }
}

fn clock(rule: &Rule, it: &ClockState) -> Verdict {
    match it.ahead_seconds {
        None => Verdict::Open,
        Some(ahead) if ahead.unsigned_abs() < u64::from(rule.limit) => Verdict::Fine,
        Some(ahead) => Verdict::Holds(format!(
            "De klok van deze machine loopt {} seconden of meer {} op {}. Wat te doen: stel de tijdsynchronisatie (NTP) in orde.",
            rule.limit,
            if ahead > 0 { "voor" } else { "achter" },
            it.name
        )),
    }
}

#[cfg(test)]
mod tests;
