//! What is due of all periods: a pure function of clock, schedule, deliveries and what was issued (DESIGN §3).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use vt_domain::clock::local_date;
use vt_domain::delivery::DeliveryId;
use vt_domain::period::{Period, PeriodKind};
use vt_publication::gate::{Input, PeriodInput};

use crate::calendar::{Change, Occasion, PublicationDays, Revisable};
use crate::due::{PeriodState, unended_state, unpublished_state};
use crate::issues::{Issued, Issues, PeriodIssues, lacks, statuses};
use crate::terms::Terms;
use crate::tiling::{Tiling, Way};

/// All that the agenda follows from.
pub struct Agenda<'a> {
    /// By when what must be there.
    pub terms: Terms<'a>,
    /// Now.
    pub now: DateTime<Utc>,
    /// What was issued.
    pub issues: &'a Issues,
    /// When issues were last tried without finding protected values, by period and issue.
    pub tried: &'a BTreeMap<(Period, u32), DateTime<Utc>>,
    /// What a period is made from, as of today.
    pub input: &'a dyn Fn(Period) -> PeriodInput,
    /// When a delivery was judged.
    pub judged: &'a dyn Fn(&Input) -> Option<DateTime<Utc>>,
    /// Deliveries whose registrations were removed after their term.
    pub removed: &'a BTreeSet<DeliveryId>,
    /// Periods that wait for other reasons, and make no publication day.
    pub holding: &'a BTreeSet<Period>,
}

impl Agenda<'_> {
    /// The state of every period that is looked after: rounded ones and those that follow as sums, by kind and date.
    pub fn states(&self) -> BTreeMap<Period, PeriodState> {
        let rounded = self.issues.rounded();
        let tiling = Tiling { cadence: self.terms.cadence, rounded: &rounded };
        let (first, today) = (self.terms.schedule.first_month.first_day(), self.today());
        let mut bases: BTreeSet<Period> = tiling.bases(first, today).into_iter().collect();
        bases.extend(&rounded);
        let inputs: BTreeMap<Period, PeriodInput> = bases.iter().map(|base| (*base, (self.input)(*base))).collect();
        let days = self.publication_days(&inputs);
        let mut states: BTreeMap<Period, PeriodState> =
            inputs.iter().map(|(period, input)| (*period, self.base(input, &days))).collect();
        states.extend(self.sums_with(&tiling, &days));
        states
    }

    /// The states of the sums alone.
    pub fn sums(&self) -> BTreeMap<Period, PeriodState> {
        let rounded = self.issues.rounded();
        let tiling = Tiling { cadence: self.terms.cadence, rounded: &rounded };
        self.sums_with(&tiling, &self.issues.publication_days())
    }

    fn sums_with(&self, tiling: &Tiling<'_>, days: &PublicationDays) -> BTreeMap<Period, PeriodState> {
        let follow = tiling.sums(self.terms.schedule.first_month.first_day(), self.today());
        let summed = self.issues.periods().filter(|period| !tiling.rounded.contains(period));
        follow.into_iter().chain(summed).map(|period| (period, self.sum(period, tiling, days))).collect()
    }

    /// The rounded periods that were published on an earlier day, and of which something changed since that is `asked`.
    pub fn changed(&self, asked: impl Fn(Change) -> bool) -> Vec<Period> {
        let rounded = self.issues.rounded();
        let changed = |(period, newest): (Period, &Issued)| {
            let is_older = rounded.contains(&period) && local_date(newest.at) < self.today();
            (is_older && asked(self.change(&(self.input)(period), newest))).then_some(period)
        };
        self.issues.newest().filter_map(changed).collect()
    }

    /// The state of any period, also of one that is not looked after.
    pub fn state(&self, period: Period) -> PeriodState {
        let rounded = self.issues.rounded();
        let tiling = Tiling { cadence: self.terms.cadence, rounded: &rounded };
        let days = self.issues.publication_days();
        let first = self.terms.schedule.first_month.first_day();
        if period.end() <= first && self.issues.of(period).is_none() && self.never_comes(period) {
            return PeriodState::BeforeFirstMonth;
        }
        let of_year = tiling.tiles(Period::containing(PeriodKind::IsoYear, period.begin()));
        if let Some(longer) = of_year.into_iter().find(|tile| *tile != period && tile.contains_period(period)) {
            return if rounded.contains(&longer) {
                PeriodState::PartOf { longer }
            } else {
                PeriodState::ComesOutAs { longer }
            };
        }
        match tiling.way(period) {
            Way::Rounded => self.base(&(self.input)(period), &days),
            Way::Sum(_) => unended_state(period, self.today()).unwrap_or_else(|| self.sum(period, &tiling, &days)),
            Way::Covered(longer) => PeriodState::PartOf { longer },
        }
    }

    /// The first issues there were, and those that are made now.
    fn publication_days(&self, inputs: &BTreeMap<Period, PeriodInput>) -> PublicationDays {
        let mut days = self.issues.publication_days();
        let begins = |(period, input): (&Period, &PeriodInput)| {
            !self.holding.contains(period) && self.base(input, &days).is_first_issue()
        };
        if inputs.iter().any(begins) {
            days.add(self.now);
        }
        days
    }

    fn base(&self, input: &PeriodInput, days: &PublicationDays) -> PeriodState {
        let of = self.issues.of(input.period);
        let state = self.countable(input, days);
        let is_settled = matches!(
            state,
            PeriodState::Interrupted { .. }
                | PeriodState::Published { .. }
                | PeriodState::Retracted { .. }
                | PeriodState::NotBegun
                | PeriodState::Running
        );
        if is_settled || !(self.issues.is_closed(input.period) || input.needs_one_of(self.removed).is_some()) {
            return state;
        }
        PeriodState::TermOver { issue: of.and_then(PeriodIssues::newest_number) }
    }

    /// The state of a rounded period, if all that it is made from is there.
    fn countable(&self, input: &PeriodInput, days: &PublicationDays) -> PeriodState {
        let of = self.issues.of(input.period);
        if let Some(issue) = of.and_then(PeriodIssues::interrupted) {
            return PeriodState::Interrupted { issue };
        }
        let next = self.issues.next(input.period);
        let tried = self.tried.get(&(input.period, next)).copied();
        match (of.and_then(PeriodIssues::newest_number), of.and_then(PeriodIssues::newest)) {
            (None, _) => self.first_issue(input, next, tried, days),
            (Some(issue), None) => self.published(input.period, issue),
            (Some(_), Some(newest)) => self.next_issue(input, newest, next, tried, days),
        }
    }

    fn first_issue(
        &self,
        input: &PeriodInput,
        issue: u32,
        tried: Option<DateTime<Utc>>,
        days: &PublicationDays,
    ) -> PeriodState {
        let state = unpublished_state(input, &self.terms);
        let delivered_since = |at| input.counting.values().filter_map(self.judged).any(|judged| judged > at);
        match tried.filter(|at| state.is_first_issue() && !days.since(*at) && !delivered_since(*at)) {
            Some(tried) => PeriodState::HeldBack { issue, tried },
            None => state,
        }
    }

    fn next_issue(
        &self,
        input: &PeriodInput,
        newest: &Issued,
        issue: u32,
        tried: Option<DateTime<Utc>>,
        days: &PublicationDays,
    ) -> PeriodState {
        let change = self.change(input, newest);
        let revisable = Revisable {
            period: input.period,
            issued: newest.at,
            lacked: newest.lacked,
            lacks: lacks(&input.coverage),
            change,
            matures: matures(input, newest),
            tried,
        };
        match (revisable.occasion(days, self.today()), revisable.tried_unchanged(), change) {
            (Some(occasion), ..) => PeriodState::RevisionDue { issue, occasion },
            (None, Some(tried), Change::Counting { .. }) => PeriodState::HeldBack { issue, tried },
            (None, None, Change::Counting { .. }) => PeriodState::ChangedWaits { issue: newest.issue },
            _ => self.published(input.period, newest.issue),
        }
    }

    /// The state of a period whose newest issue needs no other.
    fn published(&self, period: Period, issue: u32) -> PeriodState {
        match self.issues.of(period) {
            Some(of) if of.is_retracted(issue) => PeriodState::Retracted { issue },
            _ => PeriodState::Published { issue },
        }
    }

    fn change(&self, input: &PeriodInput, newest: &Issued) -> Change {
        let new = input.counting.values().filter(|delivery| !newest.invoer.contains(delivery));
        // What is not known to have been judged counts as known for ever: it is published at the next occasion.
        let judged = || new.clone().map(|delivery| (self.judged)(delivery).unwrap_or(newest.at));
        match (judged().min(), judged().max()) {
            (Some(since), Some(until)) => Change::Counting { since, until },
            _ if input.digest == newest.digest => Change::None,
            _ => Change::Earlier,
        }
    }

    fn sum(&self, period: Period, tiling: &Tiling<'_>, days: &PublicationDays) -> PeriodState {
        let of = self.issues.of(period);
        if let Some(issue) = of.and_then(PeriodIssues::interrupted) {
            return PeriodState::Interrupted { issue };
        }
        if self.issues.is_closed(period) {
            let newest = of.and_then(PeriodIssues::newest_number);
            return newest.map_or(PeriodState::TermOver { issue: None }, |issue| self.published(period, issue));
        }
        let tiles = tiling.tiles(period);
        let standing = |tile: &Period| self.issues.of(*tile).and_then(PeriodIssues::standing);
        let (there, missing): (Vec<Period>, Vec<Period>) = tiles.into_iter().partition(|tile| standing(tile).is_some());
        let parts: BTreeMap<Period, &Issued> = there.iter().filter_map(|tile| Some((*tile, standing(tile)?))).collect();
        let numbers: BTreeMap<Period, u32> = parts.iter().map(|(period, part)| (*period, part.issue)).collect();
        let newest = of.and_then(PeriodIssues::newest);
        let issue = self.issues.next(period);
        let tried = self.tried.get(&(period, issue)).copied();
        let tried = tried.filter(|at| !days.since(*at) && parts.values().all(|part| part.at <= *at));
        match (newest, of.and_then(PeriodIssues::newest_number)) {
            (None, None) if missing.iter().any(|part| self.never_comes(*part)) => PeriodState::BeforeFirstMonth,
            (None, None) if !missing.is_empty() => PeriodState::WaitsForParts { parts: missing },
            (Some(newest), _) if !missing.is_empty() || newest.parts == numbers => self.published(period, newest.issue),
            (None, Some(issue)) => self.published(period, issue),
            (Some(newest), _) if local_date(newest.at) >= self.today() => {
                PeriodState::ChangedWaits { issue: newest.issue }
            }
            (newest, _) => match (tried, newest) {
                (Some(tried), _) => PeriodState::HeldBack { issue, tried },
                (None, Some(_)) => PeriodState::RevisionDue { issue, occasion: Occasion::Part },
                (None, None) => PeriodState::PartsPublished,
            },
        }
    }

    /// Whether a part begins before the first month, and regions lack those days.
    fn never_comes(&self, part: Period) -> bool {
        part.begin() < self.terms.schedule.first_month.first_day() && !(self.input)(part).is_complete()
    }

    fn today(&self) -> NaiveDate {
        self.terms.today
    }
}

/// Whether a region that has the same deliveries as in the newest issue has another status now: its figures became definitief.
fn matures(input: &PeriodInput, newest: &Issued) -> bool {
    let now = statuses(input.period, &input.coverage, input.peildatum);
    now.iter().any(|(vt, now)| newest.statuses.get(vt).is_some_and(|then| then != now))
}
