//! By when what must be there: due dates of deliveries, deadlines of periods, who is late (DESIGN §3). Pure.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::workday::{add_working_days, delivery_due, working_days_before};

use crate::arrangements::Arrangements;
use crate::cadence::CadencePlan;
use crate::config::ScheduleConfig;

/// What is known of one region's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonthState {
    /// An accepted delivery covers the whole month.
    Complete,
    /// An accepted delivery covers part of it.
    MonthToDate,
    /// Nothing accepted, and not due yet.
    Expected,
    /// Nothing accepted, and overdue; or with shorter periods: what is accepted does not reach as far as it should.
    Late,
    /// Not complete, and the region is not asked for it: its system is out of service, or it is paused.
    OutOfService,
}

/// All that due dates follow from.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// When things are due.
    pub schedule: &'a ScheduleConfig,
    /// How often is published.
    pub cadence: &'a CadencePlan,
    /// What was agreed with regions.
    pub arrangements: &'a Arrangements,
    /// Today.
    pub today: NaiveDate,
}

/// By when a region delivers a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The day from which it is reminded.
    pub reminder: NaiveDate,
    /// The last day on which it is on time.
    pub due: NaiveDate,
    /// Whether it was given longer than others.
    pub extended: bool,
}

impl Terms<'_> {
    /// By when a region delivers a month.
    pub fn window(&self, vt: &str, month: Month) -> Window {
        let by_rule = self.due_by_rule(month);
        let extended = self.arrangements.extended(vt, month, self.today).filter(|until| *until > by_rule);
        let due = extended.unwrap_or(by_rule);
        let reminder = working_days_before(due, self.schedule.reminder_working_days_before);
        Window { reminder, due, extended: extended.is_some() }
    }

    fn due_by_rule(&self, month: Month) -> NaiveDate {
        delivery_due(month, self.schedule.delivery_due_working_day)
    }

    /// The state of a region's month: `covered` is the last day that accepted deliveries of the month reach.
    pub fn month_state(&self, vt: &str, month: Month, covered: Option<NaiveDate>) -> MonthState {
        match covered {
            Some(day) if day >= month.last_day() => MonthState::Complete,
            _ if self.arrangements.keeps_out(vt, self.today).is_some() => MonthState::OutOfService,
            _ if self.today > self.window(vt, month).due || covered < self.expected_through(vt, month) => {
                MonthState::Late
            }
            Some(_) => MonthState::MonthToDate,
            None => MonthState::Expected,
        }
    }

    /// With shorter periods: the day of a month that a region's deliveries should reach by today.
    pub fn expected_through(&self, vt: &str, month: Month) -> Option<NaiveDate> {
        self.overdue_parts(vt, month).map(|(_, through)| through).max()
    }

    /// The last day on which a region's month that is late was on time: with shorter periods that of the first one which `covered`,
    /// the last day that accepted deliveries reach, does not reach.
    pub fn overdue_since(&self, vt: &str, month: Month, covered: Option<NaiveDate>) -> NaiveDate {
        let lacking = self.overdue_parts(vt, month).filter(|(_, through)| covered < Some(*through));
        lacking.map(|(due, _)| due).fold(self.window(vt, month).due, NaiveDate::min)
    }

    /// With shorter periods: those of which the last day on which a region was on time has passed, as that day and the day of the
    /// month that deliveries should reach.
    fn overdue_parts(&self, vt: &str, month: Month) -> impl Iterator<Item = (NaiveDate, NaiveDate)> {
        let week = Period::containing(PeriodKind::Week, month.first_day());
        let weeks = std::iter::successors(Some(week), |week| Some(week.next()));
        let weeks = weeks.take_while(move |week| week.begin() <= month.last_day());
        let short = weeks.filter_map(|week| {
            let kind = self.cadence.of(week);
            (kind < PeriodKind::FourWeeks).then(|| Period::containing(kind, week.begin()))
        });
        let extended = move |period: Period| {
            period.months().filter_map(|month| self.arrangements.extended(vt, month, self.today)).max()
        };
        let of_the_month = short.filter(move |period| month.first_day() <= period.last_day());
        let parts = of_the_month
            .map(move |period| (self.due_with(period, extended(period)), period.last_day().min(month.last_day())));
        parts.filter(|(due, _)| *due < self.today)
    }

    /// The last day on which a delivery that a period needs is on time, for the region that may take longest.
    pub fn period_due(&self, period: Period) -> NaiveDate {
        let longest = period.months().filter_map(|month| self.arrangements.longest_extension(month, self.today)).max();
        self.due_with(period, longest)
    }

    fn due_with(&self, period: Period, extended: Option<NaiveDate>) -> NaiveDate {
        let by_rule = if period.kind() < PeriodKind::FourWeeks {
            // A delivery can't be due before it was asked for.
            let since = self.cadence.asked_since(period).unwrap_or(period.last_day());
            add_working_days(period.last_day().max(since), self.schedule.month_to_date_due_working_days)
                .min(self.due_by_rule(Month::of(period.last_day())).max(since))
        } else {
            self.due_by_rule(Month::of(period.last_day()))
        };
        extended.map_or(by_rule, |until| until.max(by_rule))
    }

    /// The day from which a period is published even when regions are missing.
    pub fn deadline(&self, period: Period) -> NaiveDate {
        add_working_days(self.period_due(period), self.schedule.period_deadline_working_days)
    }

    /// The last month that is pulled: the running one too while some of its days come out in periods shorter than four weeks.
    pub fn last_month(&self, is_short: impl Fn(NaiveDate) -> bool) -> Month {
        let month = Month::of(self.today);
        let days = month.first_day().iter_days().take_while(|day| *day <= self.today);
        if days.into_iter().any(is_short) { month } else { month.previous() }
    }
}
