//! What is judged from what regions delivered. It waits until a region was asked (`asking`), and what has one cause for many months
//! is one alert of its region.

use std::collections::{BTreeMap, BTreeSet};

use vt_domain::month::Month;

use super::{Condition, Judgement, condition};
use crate::alerts::causes;
use crate::alerts::facts::{Coverage, Facts, Failing, LateMonth, Rejected};
use crate::alerts::rule::Rule;
use crate::alerts::words::{day, list, local, months, with_cause};

/// So many regions are named in a text; of more it says how many.
const NAMED: usize = 12;

/// So many checks, or causes of months, are named in a text.
const CAUSES: usize = 4;

/// Months that are late, those of a region together.
pub fn late(rule: &Rule, facts: &Facts, judgement: &mut Judgement) {
    let Some(all) = &facts.late else { return judgement.is_unknown(rule) };
    let long = all.iter().filter(|it| (it.today - it.due).num_days() >= i64::from(rule.limit));
    for (vt, its) in by_region(long, |it| it.vt.as_str()) {
        if its.iter().any(|it| facts.asking.waits(vt, it.maand)) {
            judgement.waits(rule, vt);
            continue;
        }
        let since: Vec<&LateMonth> = its.into_iter().filter(|it| facts.asking.is_after(vt, it.maand, it.due)).collect();
        if !since.is_empty() {
            judgement.conditions.push(of_region(rule, vt, late_text(vt, &since, facts)));
        }
    }
}

fn late_text(vt: &str, its: &[&LateMonth], facts: &Facts) -> String {
    let (behind, over): (Vec<&LateMonth>, Vec<&LateMonth>) = its.iter().copied().partition(|it| it.behind);
    let mut said = Vec::new();
    if let Some(due) = over.iter().map(|it| it.due).min() {
        let (deliveries, many) = deliveries(vt, over.iter().map(|it| it.maand));
        let (are, first) = if many { ("zijn", "de eerste") } else { ("is", "zij") };
        said.push(format!("{deliveries} {are} te laat: {first} was uiterlijk op {} verwacht.", day(due)));
    }
    if let Some(due) = behind.iter().map(|it| it.due).min() {
        let (deliveries, many) = deliveries(vt, behind.iter().map(|it| it.maand));
        let lags = if many { "lopen achter" } else { "loopt achter" };
        said.push(format!("{deliveries} {lags}: een deel was uiterlijk op {} verwacht.", day(due)));
    }
    let why = by_cause(its.iter().map(|it| (it.maand, late_cause(it, facts))));
    with_cause(&said.join(" "), &why)
}

/// Why a month is not there, as far as is known.
fn late_cause(it: &LateMonth, facts: &Facts) -> String {
    let same = |vt: &str, maand: Month| it.vt == vt && it.maand == maand;
    let rejected = facts.rejected.iter().flatten().find(|rejected| same(&rejected.vt, rejected.maand));
    let failing = facts.failing.iter().flatten().find(|failing| same(&failing.vt, failing.maand));
    match (rejected, failing.filter(|failing| causes::is_theirs(&failing.class)), it.covered) {
        (Some(rejected), ..) => format!("levering {} is afgekeurd{}", rejected.nr, checks(rejected, " (", ")")),
        (_, Some(failing), _) => causes::of_pull(&failing.class).to_owned(),
        (.., Some(covered)) => format!("er is pas geleverd tot en met {}", day(covered)),
        _ => "er is nog niets geleverd".to_owned(),
    }
}

/// Rejected deliveries, each for itself: each has its own findings, and its region hears of it at once.
pub fn rejected(rule: &Rule, facts: &Facts, judgement: &mut Judgement) {
    let Some(all) = &facts.rejected else { return judgement.is_unknown(rule) };
    for it in all {
        let Rejected { vt, maand, nr, .. } = it;
        let subject = format!("{vt} {maand}");
        if it.is_asked && facts.asking.waits(vt, *maand) {
            judgement.waits(rule, &subject);
            continue;
        }
        let of = months(&BTreeSet::from([*maand]));
        let what = format!("Levering {nr} van {vt} over {of} is afgekeurd en telt niet mee.");
        let why = match it.checks.is_empty() {
            true => "zie het kwaliteitsrapport van de levering".to_owned(),
            false => format!("zij voldoet niet aan {}", checks(it, "", "")),
        };
        judgement.conditions.push(condition(rule, subject, Some(vt), with_cause(&what, &why)));
    }
}

/// The checks that did not hold, between two texts; nothing when none is known.
fn checks(it: &Rejected, before: &str, after: &str) -> String {
    let named: Vec<String> = it.checks.iter().take(CAUSES).cloned().collect();
    let word = if it.checks.len() == 1 { "controle" } else { "controles" };
    match it.checks.len().saturating_sub(CAUSES) {
        _ if named.is_empty() => String::new(),
        0 => format!("{before}{word} {}{after}", list(&named)),
        _ => format!("{before}{word} {} en andere{after}", named.join(", ")),
    }
}

/// Months that can't be pulled, those of a region together. What is not the region's doing is told to operators only.
pub fn failing(rule: &Rule, facts: &Facts, judgement: &mut Judgement) {
    let Some(all) = &facts.failing else { return judgement.is_unknown(rule) };
    let often = all.iter().filter(|it| it.attempts >= u64::from(rule.limit));
    for (vt, its) in by_region(often, |it| it.vt.as_str()) {
        if its.iter().all(|it| it.last < facts.asking.since()) {
            judgement.waits(rule, vt);
            continue;
        }
        let is_theirs = |it: &&&Failing| causes::is_theirs(&it.class) && !facts.asking.is_cut_off();
        let theirs: Vec<&Failing> = its.iter().filter(is_theirs).copied().collect();
        let (its, region) = if theirs.is_empty() { (its, None) } else { (theirs, Some(vt)) };
        let text = failing_text(vt, &its, facts);
        judgement.conditions.push(condition(rule, vt.to_owned(), region, text));
    }
}

fn failing_text(vt: &str, its: &[&Failing], facts: &Facts) -> String {
    let (deliveries, many) = deliveries(vt, its.iter().map(|it| it.maand));
    let can = if many { "kunnen" } else { "kan" };
    let since = its.iter().map(|it| it.since).min().map(|at| format!(" sinds {}", local(at))).unwrap_or_default();
    let why = match facts.asking.is_cut_off() {
        true => "geen enkele regio is bereikbaar: dat ligt aan de monitor of haar netwerk".to_owned(),
        false => by_cause(its.iter().map(|it| (it.maand, causes::of_pull(&it.class).to_owned()))),
    };
    with_cause(&format!("{deliveries} {can}{since} niet worden opgehaald."), &why)
}

/// Periods past their deadline of which too few regions are complete.
pub fn coverage(rule: &Rule, facts: &Facts, judgement: &mut Judgement) {
    let Some(all) = &facts.coverage else { return judgement.is_unknown(rule) };
    // In whole numbers: exactly at the level is enough.
    let low = all.iter().filter(|it| it.regions > 0 && it.complete * 100 < it.regions * rule.limit as usize);
    for it in low {
        let subject = it.periode.to_string();
        match it.needs.iter().any(|(vt, maand)| facts.asking.waits(vt, *maand)) {
            true => judgement.waits(rule, &subject),
            false => judgement.conditions.push(condition(rule, subject, None, coverage_text(rule, it))),
        }
    }
}

fn coverage_text(rule: &Rule, it: &Coverage) -> String {
    let more = it.missing.len().saturating_sub(NAMED);
    let mut missing = it.missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        missing += &format!(" en nog {more}");
    }
    let what = format!(
        "Van {} is de dekking laag: {} van {} regio's zijn compleet, onder {}%.",
        it.periode, it.complete, it.regions, rule.limit
    );
    with_cause(&what, &format!("er ontbreken dagen van {missing}"))
}

fn of_region(rule: &Rule, vt: &str, text: String) -> Condition {
    condition(rule, vt.to_owned(), Some(vt), text)
}

/// The deliveries of a region over months, as the subject of a sentence; and whether they are more than one.
fn deliveries(vt: &str, of: impl Iterator<Item = Month>) -> (String, bool) {
    let of: BTreeSet<Month> = of.collect();
    let (many, of) = (of.len() > 1, months(&of));
    let deliveries = if many { "De leveringen" } else { "De levering" };
    (format!("{deliveries} van {vt} over {of}"), many)
}

/// Causes with their months; one that all have stands without them.
fn by_cause(of: impl Iterator<Item = (Month, String)>) -> String {
    let mut causes: Vec<(String, BTreeSet<Month>)> = Vec::new();
    for (month, cause) in of {
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, its)) => {
                its.insert(month);
            }
            None => causes.push((cause, BTreeSet::from([month]))),
        }
    }
    if let [(only, _)] = causes.as_slice() {
        return only.clone();
    }
    let said: Vec<String> =
        causes.iter().take(CAUSES).map(|(cause, its)| format!("{}: {cause}", months(its))).collect();
    let more = if causes.len() > CAUSES { "; en andere" } else { "" };
    format!("{}{more}", said.join("; "))
}

fn by_region<'a, T>(
    facts: impl Iterator<Item = &'a T>,
    vt: impl Fn(&'a T) -> &'a str,
) -> BTreeMap<&'a str, Vec<&'a T>> {
    let mut regions: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for fact in facts {
        regions.entry(vt(fact)).or_default().push(fact);
    }
    regions
}
