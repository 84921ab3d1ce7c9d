//! What is due: a pure function of the day, the schedule and what is known (DESIGN §3). Cron, operator and restart share it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::register::Register;
use vt_domain::workday::{add_working_days, delivery_due};
use vt_publication::gate::PeriodInput;

use crate::calendar::Occasion;
use crate::config::ScheduleConfig;

/// What is known of one region's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthState {
    /// An accepted delivery covers the whole month.
    Complete,
    /// An accepted delivery covers part of it.
    MonthToDate,
    /// Nothing accepted, and not due yet.
    Expected,
    /// Nothing accepted, and overdue.
    Late,
}

/// The state of a region's month: `covered` is the last day that accepted deliveries of the month reach.
pub fn month_state(
    month: Month,
    covered: Option<NaiveDate>,
    today: NaiveDate,
    schedule: &ScheduleConfig,
) -> MonthState {
    match covered {
        Some(day) if day >= month.last_day() => MonthState::Complete,
        _ if today > delivery_due(month, schedule.delivery_due_working_day) => MonthState::Late,
        Some(_) => MonthState::MonthToDate,
        None => MonthState::Expected,
    }
}

/// A region's month to ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PullOrder {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
}

/// Region-months to ask for today: every ended month without a complete delivery, and complete ones as long as
/// corrections are expected (until its half-year is definitief: three weeks after its end).
pub fn pulls_due(
    today: NaiveDate,
    schedule: &ScheduleConfig,
    register: &Register,
    covered: &BTreeMap<(String, Month), NaiveDate>,
) -> Vec<PullOrder> {
    // Shorter periods need the running month as far as it is delivered.
    let last = match schedule.cadence {
        PeriodKind::FourWeeks | PeriodKind::IsoYear => Month::of(today).previous(),
        PeriodKind::Week | PeriodKind::TwoWeeks => Month::of(today),
    };
    let mut orders = Vec::new();
    for maand in schedule.first_month.through(last) {
        for vt in register.vt_regions(maand.last_day()) {
            let key = (vt.code.clone(), maand);
            let state = month_state(maand, covered.get(&key).copied(), today, schedule);
            if state != MonthState::Complete || today < maand.definitive_from() {
                orders.push(PullOrder { vt: key.0, maand });
            }
        }
    }
    orders.sort();
    orders
}

/// Why a period is or is not to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PeriodState {
    /// Already published, from what counts today.
    Published {
        /// The newest issue.
        issue: u32,
    },
    /// Published, its newest issue is retracted, and nothing changed since: an operator decides whether it gets another.
    Retracted {
        /// The newest issue.
        issue: u32,
    },
    /// Reserved by a publication that did not finish; to be finished first.
    Interrupted {
        /// The issue reserved.
        issue: u32,
    },
    /// All regions are complete: due now.
    Complete,
    /// Past its deadline with at least one complete region: due now, with the others left empty.
    DeadlinePassed,
    /// The sum of published periods, all of which are there: due now.
    PartsPublished,
    /// Published, and changed since: due for a new issue now.
    RevisionDue {
        /// The new issue.
        issue: u32,
        /// Why now.
        occasion: Occasion,
    },
    /// Published, and changed since: it waits for its occasion.
    ChangedWaits {
        /// The newest issue.
        issue: u32,
    },
    /// No protected values were found; tried again at the next occasion, or when something is delivered.
    HeldBack {
        /// The issue that was tried.
        issue: u32,
        /// When it was tried last.
        tried: DateTime<Utc>,
    },
    /// It gets no further issue: what it was made from was removed after its term.
    TermOver {
        /// The newest issue, when one is published.
        issue: Option<u32>,
    },
    /// The sum of shorter periods, of which some are not published.
    WaitsForParts {
        /// Those that are not published, oldest first.
        parts: Vec<Period>,
    },
    /// Its days were published only as part of a longer period: it is never published.
    PartOf {
        /// The longer period.
        longer: Period,
    },
    /// Its days are to be published in a longer period, by the cadence or because that was begun.
    ComesOutAs {
        /// The longer period.
        longer: Period,
    },
    /// Its last day has not passed.
    Running,
    /// Some regions lack days, and the deadline has not passed.
    Waiting {
        /// The deadline.
        until: NaiveDate,
    },
    /// It begins before the first month that is pulled, and some regions lack those days: it waits, whatever the date.
    BeforeFirstMonth,
    /// No region has all days: it waits, whatever the date.
    NoCompleteRegion,
}

impl PeriodState {
    /// Whether it is to be published now.
    pub fn due(&self) -> bool {
        self.is_first_issue()
            || matches!(self, Self::Interrupted { .. } | Self::PartsPublished | Self::RevisionDue { .. })
    }

    /// Whether a rounded period is to be published for the first time now.
    pub fn is_first_issue(&self) -> bool {
        matches!(self, Self::Complete | Self::DeadlinePassed)
    }

    /// A short text for operators.
    pub fn text(&self) -> String {
        match self {
            Self::Published { issue } => format!("published, issue {issue}"),
            Self::Retracted { issue } => {
                format!("issue {issue} is retracted; a new one is published by order, with a reason")
            }
            Self::Interrupted { issue } => format!("issue {issue} reserved, not finished"),
            Self::Complete => "due: all regions complete".into(),
            Self::DeadlinePassed => "due: deadline passed".into(),
            Self::PartsPublished => "due: the sum of published periods".into(),
            Self::RevisionDue { issue, occasion } => format!("issue {issue} due: {}", occasion.text()),
            Self::ChangedWaits { issue } => format!("published, issue {issue}; changed, waits for its next issue"),
            Self::HeldBack { issue, tried } => {
                format!("issue {issue} held back on {}: no protected values found", local_date(*tried))
            }
            Self::TermOver { issue } => {
                let what = issue.map_or_else(|| "not published".into(), |issue| format!("published, issue {issue}"));
                format!("{what}; no further issue: what it is made from was removed after its term")
            }
            Self::WaitsForParts { parts } => format!("waits: {} not published, or retracted", few(parts)),
            Self::PartOf { longer } => format!("not published: its days are part of {longer}"),
            Self::ComesOutAs { longer } => format!("not published: by the cadence its days come out as {longer}"),
            Self::Running => "running".into(),
            Self::Waiting { until } => format!("waits for regions until {until}"),
            Self::BeforeFirstMonth => "waits: begins before first_month, and not all regions have those days".into(),
            Self::NoCompleteRegion => "waits: no region has all its days".into(),
        }
    }
}

/// Names of periods, the first three of many.
pub fn few(periods: &[Period]) -> String {
    let names: Vec<String> = periods.iter().take(3).map(ToString::to_string).collect();
    let more = periods.len().saturating_sub(names.len());
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The day from which a period is published even when regions are missing.
pub fn deadline(period: Period, schedule: &ScheduleConfig) -> NaiveDate {
    let last_due = delivery_due(Month::of(period.last_day()), schedule.delivery_due_working_day);
    add_working_days(last_due, schedule.period_deadline_working_days)
}

/// The state of a rounded period of which nothing is published.
pub fn unpublished_state(input: &PeriodInput, today: NaiveDate, schedule: &ScheduleConfig) -> PeriodState {
    let period = input.period;
    if today <= period.last_day() {
        PeriodState::Running
    } else if input.is_complete() {
        PeriodState::Complete
    } else if input.complete_regions().is_empty() {
        PeriodState::NoCompleteRegion
    } else if period.begin() < schedule.first_month.first_day() {
        PeriodState::BeforeFirstMonth
    } else if today < deadline(period, schedule) {
        PeriodState::Waiting { until: deadline(period, schedule) }
    } else {
        PeriodState::DeadlinePassed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> ScheduleConfig {
        ScheduleConfig::default()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_late_after_the_fifth_working_day_of_the_next() {
        let july = month("2020-07");
        let state = |covered: Option<&str>, today: &str| month_state(july, covered.map(day), day(today), &schedule());
        assert_eq!(state(None, "2020-08-07"), MonthState::Expected);
        assert_eq!(state(None, "2020-08-08"), MonthState::Late);
        assert_eq!(state(Some("2020-07-19"), "2020-07-20"), MonthState::MonthToDate);
        assert_eq!(state(Some("2020-07-19"), "2020-08-20"), MonthState::Late);
        assert_eq!(state(Some("2020-07-31"), "2020-08-20"), MonthState::Complete);
    }

    #[test]
    fn every_ended_month_of_every_region_is_asked_for_until_it_is_definitive() {
        let register = Register::builtin();
        let mut covered = BTreeMap::new();
        let all = pulls_due(day("2019-03-10"), &schedule(), register, &covered);
        assert_eq!(all.len(), 26 * 2);
        for order in &all {
            covered.insert((order.vt.clone(), order.maand), order.maand.last_day());
        }
        assert_eq!(
            pulls_due(day("2019-03-10"), &schedule(), register, &covered).len(),
            52,
            "corrections are still expected"
        );
        let later = pulls_due(day("2019-07-22"), &schedule(), register, &covered);
        assert!(later.iter().all(|order| order.maand >= month("2019-03")), "two months are definitief and complete");
    }

    #[test]
    fn shorter_periods_ask_for_the_running_month_too() {
        let weekly = ScheduleConfig { cadence: PeriodKind::Week, ..schedule() };
        let orders = pulls_due(day("2019-02-10"), &weekly, Register::builtin(), &BTreeMap::new());
        assert_eq!(orders.iter().filter(|order| order.maand == month("2019-02")).count(), 26);
    }

    #[test]
    fn a_period_has_its_deadline_five_working_days_after_the_last_due_date() {
        let period: Period = "2020W407".parse().unwrap();
        assert_eq!(period.last_day(), day("2020-07-12"));
        assert_eq!(deadline(period, &schedule()), day("2020-08-14"));
    }

    #[test]
    fn a_long_list_of_periods_is_cut() {
        let periods: Vec<Period> =
            ["2020W401", "2020W402", "2020W403", "2020W404"].map(|text| text.parse().unwrap()).into();
        assert_eq!(few(&periods), "2020W401, 2020W402, 2020W403 and 1 more");
        assert_eq!(few(&periods[..2]), "2020W401, 2020W402");
    }
}
