//! What is due: a pure function of the day, the schedule and what is known (DESIGN §3). Cron, operator and restart share it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_domain::register::Register;
use vt_publication::gate::PeriodInput;

use crate::calendar::Occasion;
use crate::terms::{MonthState, Terms};

/// A region's month to ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PullOrder {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
}

/// What is known of region-months, by which they are asked for.
#[derive(Debug, Clone, Default)]
pub struct KnownMonths {
    /// The last day that accepted deliveries reach.
    pub covered: BTreeMap<(String, Month), NaiveDate>,
    /// The day on which it was last pulled to its end.
    pub pulled: BTreeMap<(String, Month), NaiveDate>,
}

/// Region-months to ask for today: every ended month without a complete delivery, and complete ones as long as
/// corrections are expected (until its half-year is definitief: three weeks after its end) and once after that, so that a pull
/// that was cut short between two numbers of a listing is made up for. A region that is paused or out of service is not asked.
/// `last`: the last month that is looked after.
pub fn pulls_due(terms: &Terms<'_>, register: &Register, known: &KnownMonths, last: Month) -> Vec<PullOrder> {
    let mut orders = Vec::new();
    for maand in terms.schedule.first_month.through(last) {
        for vt in register.vt_regions(maand.last_day()) {
            if terms.arrangements.keeps_out(&vt.code, terms.today).is_some() {
                continue;
            }
            let key = (vt.code.clone(), maand);
            let state = terms.month_state(&vt.code, maand, known.covered.get(&key).copied());
            let settled = known.pulled.get(&key).is_some_and(|pulled| *pulled >= maand.definitive_from());
            if state != MonthState::Complete || !settled {
                orders.push(PullOrder { vt: key.0, maand });
            }
        }
    }
    orders.sort();
    orders
}

/// Why a period is or is not to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
        #[schema(value_type = Vec<String>)]
        parts: Vec<Period>,
    },
    /// Its days were published only as part of a longer period: it is never published.
    PartOf {
        /// The longer period.
        #[schema(value_type = String)]
        longer: Period,
    },
    /// Its days are to be published in a longer period, by the cadence or because that was begun.
    ComesOutAs {
        /// The longer period.
        #[schema(value_type = String)]
        longer: Period,
    },
    /// Its first day has not come.
    NotBegun,
    /// Its last day has not passed.
    Running,
    /// Some regions lack days, and the deadline has not passed.
    Waiting {
        /// The deadline.
        until: NaiveDate,
    },
    /// It begins before the first month that is asked for, and regions lack those days: it does not come out.
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

    /// Whether nothing of it is published, and it will be when regions deliver or its parts are there.
    pub fn waits(&self) -> bool {
        matches!(
            self,
            Self::NotBegun | Self::Running | Self::Waiting { .. } | Self::NoCompleteRegion | Self::WaitsForParts { .. }
        )
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
            Self::NotBegun => "has not begun".into(),
            Self::Running => "running".into(),
            Self::Waiting { until } => format!("waits for regions until {until}"),
            Self::BeforeFirstMonth => "does not come out: begins before first_month".into(),
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

/// The state of a period whose last day has not passed.
pub fn unended_state(period: Period, today: NaiveDate) -> Option<PeriodState> {
    match today {
        today if today < period.begin() => Some(PeriodState::NotBegun),
        today if today <= period.last_day() => Some(PeriodState::Running),
        _ => None,
    }
}

/// The state of a rounded period of which nothing is published.
pub fn unpublished_state(input: &PeriodInput, terms: &Terms<'_>) -> PeriodState {
    let period = input.period;
    if let Some(state) = unended_state(period, terms.today) {
        state
    } else if input.is_complete() {
        PeriodState::Complete
    } else if period.begin() < terms.schedule.first_month.first_day() {
        // Before what is said of regions: none of them is asked for those days.
        PeriodState::BeforeFirstMonth
    } else if input.complete_regions().is_empty() {
        PeriodState::NoCompleteRegion
    } else if terms.today < terms.deadline(period) {
        PeriodState::Waiting { until: terms.deadline(period) }
    } else {
        PeriodState::DeadlinePassed
    }
}

#[cfg(test)]
mod tests {
    use vt_domain::period::PeriodKind;

    use super::*;
    use crate::arrangements::Arrangements;
    use crate::cadence::CadencePlan;
    use crate::config::ScheduleConfig;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn due(today: &str, known: &KnownMonths, is_short: bool) -> Vec<PullOrder> {
        let (schedule, cadence) = (ScheduleConfig::default(), CadencePlan::constant(PeriodKind::FourWeeks));
        let arrangements = Arrangements::default();
        let terms = Terms { schedule: &schedule, cadence: &cadence, arrangements: &arrangements, today: day(today) };
        pulls_due(&terms, Register::builtin(), known, terms.last_month(|_| is_short))
    }

    #[test]
    fn every_ended_month_of_every_region_is_asked_for_until_it_is_definitive() {
        let mut known = KnownMonths::default();
        let all = due("2019-03-10", &known, false);
        assert_eq!(all.len(), 26 * 2);
        for order in &all {
            known.covered.insert((order.vt.clone(), order.maand), order.maand.last_day());
            known.pulled.insert((order.vt.clone(), order.maand), day("2019-03-10"));
        }
        assert_eq!(due("2019-03-10", &known, false).len(), 52, "corrections are still expected");
        let of_january = |known: &KnownMonths| {
            let orders = due("2019-07-22", known, false);
            orders.iter().filter(|order| order.maand == month("2019-01")).count()
        };
        assert_eq!(of_january(&known), 26, "once more, now that no correction is expected any more");
        known.pulled.values_mut().for_each(|pulled| *pulled = day("2019-07-21"));
        assert_eq!(of_january(&known), 0, "definitief, complete and looked at since");
        known.pulled.remove(&("VT07".to_owned(), month("2019-01")));
        assert_eq!(of_january(&known), 1, "a pull that never came to its end");
    }

    #[test]
    fn shorter_periods_ask_for_the_running_month_too() {
        let orders = due("2019-02-10", &KnownMonths::default(), true);
        assert_eq!(orders.iter().filter(|order| order.maand == month("2019-02")).count(), 26);
    }

    #[test]
    fn a_long_list_of_periods_is_cut() {
        let periods: Vec<Period> =
            ["2020W401", "2020W402", "2020W403", "2020W404"].map(|text| text.parse().unwrap()).into();
        assert_eq!(few(&periods), "2020W401, 2020W402, 2020W403 and 1 more");
        assert_eq!(few(&periods[..2]), "2020W401, 2020W402");
    }
}
