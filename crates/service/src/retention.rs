//! What is kept, and how long: the terms of the configuration, and what is needed whatever its age. Pure functions of the day.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use vt_domain::delivery::DeliveryId;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};
use vt_vault::expired;

/// So many days after figures became definitief nothing is removed that they are counted from: the issue that is due on that
/// day has been made, also when it failed at first.
const DAYS_AFTER_DEFINITIEF: u64 = 31;

/// So many days a period without an issue waits for deliveries that lack, counted from the last one that came in: regions that
/// deliver their past do so in steps.
const DAYS_AFTER_DELIVERY: u64 = 92;

/// The longest term, in months: a century.
const LONGEST: u32 = 1_200;

/// The least months that registrations are kept: figures are revised until their half-year is closed, and compared with the year before.
const LEAST_REGISTRATIONS: u32 = 13;

/// How long things are kept. A term is counted from the end of the month that a delivery is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Raw bytes of accepted deliveries.
    pub raw_months: u32,
    /// Registrations; also how far before a period meldingen are looked up.
    pub registrations_months: u32,
    /// Reservations, counted from the end of their ISO year; kept as long as the published store exists when not given.
    pub memory_months: Option<u32>,
    /// How old a file must be that a crashed publication or pull left, before it is removed.
    pub orphan_grace_hours: u32,
    /// What runs logged, counted in days from their end.
    pub run_log_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { raw_months: 13, registrations_months: 25, memory_months: None, orphan_grace_hours: 24, run_log_days: 90 }
    }
}

impl RetentionConfig {
    /// The field that breaks a rule, and the rule.
    pub fn broken_rule(&self) -> Option<(&'static str, String)> {
        let memory = self.memory_months.unwrap_or(LONGEST);
        if !(1..=LONGEST).contains(&self.raw_months) {
            Some(("retention.raw_months", format!("from 1 to {LONGEST}")))
        } else if !(LEAST_REGISTRATIONS..=LONGEST).contains(&self.registrations_months) {
            let why =
                "a revision counts the registrations again, and figures are revised until their half-year is closed";
            Some(("retention.registrations_months", format!("from {LEAST_REGISTRATIONS} to {LONGEST}: {why}")))
        } else if self.registrations_months < self.raw_months {
            let why = "raw deliveries say more than registrations do, so they are not kept longer";
            Some(("retention.registrations_months", format!("at least raw_months ({}): {why}", self.raw_months)))
        } else if !(self.registrations_months..=LONGEST).contains(&memory) {
            let why = "a period that can be counted again needs the memory of what was published of it";
            let least = self.registrations_months;
            Some(("retention.memory_months", format!("from registrations_months ({least}) to {LONGEST}: {why}")))
        } else if self.orphan_grace_hours == 0 {
            Some(("retention.orphan_grace_hours", "at least 1: a publication may be at work".into()))
        } else {
            None
        }
    }
}

/// A period's claim on the registrations that it is counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The period.
    pub period: Period,
    /// Whether an issue of it is still to come: it is due, waits, or was reserved and not finished.
    pub open: bool,
    /// The day of the last verdict on a delivery that counts for it, when it has no issue yet and can have one.
    pub delivered: Option<NaiveDate>,
    /// The deliveries that its issues name, and those that count for it today.
    pub names: BTreeSet<DeliveryId>,
}

impl Claim {
    /// Whether it keeps what it names on a day: as long as an issue is to come, the figures are not definitief, or a first issue
    /// may lack deliveries that are under way.
    pub fn holds(&self, today: NaiveDate) -> bool {
        let definitive = Month::of(self.period.last_day()).definitive_from();
        let lately = self.delivered.is_some_and(|day| today < day + Days::new(DAYS_AFTER_DELIVERY));
        self.open || lately || today < definitive + Days::new(DAYS_AFTER_DEFINITIEF)
    }
}

/// The deliveries whose registrations stay on a day, whatever their age.
pub fn needed(today: NaiveDate, claims: &[Claim]) -> BTreeSet<DeliveryId> {
    claims.iter().filter(|claim| claim.holds(today)).flat_map(|claim| claim.names.iter().cloned()).collect()
}

/// The ISO years whose reservations go: whole years, for the periods of a year bind each other. None of which one is unfinished;
/// those of which a removal was begun are finished, whatever the term says now.
pub fn years_due(
    today: NaiveDate,
    months: Option<u32>,
    reserved: impl IntoIterator<Item = i32>,
    begun: &BTreeSet<i32>,
    unfinished: &BTreeSet<i32>,
) -> BTreeSet<i32> {
    let over =
        |year: i32| months.is_some_and(|months| last_month(year).is_some_and(|last| expired(today, last, months)));
    let goes = |year: &i32| !unfinished.contains(year) && (begun.contains(year) || over(*year));
    reserved.into_iter().filter(goes).collect()
}

/// The month in which an ISO year ends.
fn last_month(year: i32) -> Option<Month> {
    Period::new(PeriodKind::IsoYear, year, 1).map(|year| Month::of(year.last_day()))
}
