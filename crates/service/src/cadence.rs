//! How often is published, by date: the cadence of the configuration, and what was decided since (DESIGN §3).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use vt_domain::clock::local_date;
use vt_domain::period::{Period, PeriodKind};
use vt_ledger::CadenceDecision;

/// The lengths that can be asked for; the ISO year follows from them.
pub const CADENCES: [PeriodKind; 3] = [PeriodKind::FourWeeks, PeriodKind::TwoWeeks, PeriodKind::Week];

/// The cadence of every day: a pure function of the configuration and the decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CadencePlan {
    initial: PeriodKind,
    /// By first day, up to the first day of the next.
    since: BTreeMap<NaiveDate, Stretch>,
}

/// Days of one cadence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    cadence: PeriodKind,
    /// The first day on which anybody knew of it.
    known: NaiveDate,
}

impl CadencePlan {
    /// One cadence for all days.
    pub fn constant(cadence: PeriodKind) -> Self {
        Self { initial: cadence, since: BTreeMap::new() }
    }

    /// The cadence of the configuration until the first decision. A later decision replaces earlier ones from its first day on,
    /// also those that were to come into force after it.
    pub fn new(initial: PeriodKind, decisions: &[CadenceDecision]) -> Self {
        let mut plan = Self::constant(initial);
        for decision in decisions {
            plan.decide(decision.from, decision.cadence, local_date(decision.decided_at));
        }
        plan
    }

    /// The same, with another decision, of which nobody knew before `decided`.
    pub fn with(mut self, from: NaiveDate, cadence: PeriodKind, decided: NaiveDate) -> Self {
        self.decide(from, cadence, decided);
        self
    }

    fn decide(&mut self, from: NaiveDate, cadence: PeriodKind, decided: NaiveDate) {
        drop(self.since.split_off(&from));
        self.since.insert(from, Stretch { cadence, known: decided.max(from) });
    }

    /// The cadence on a day.
    pub fn on(&self, day: NaiveDate) -> PeriodKind {
        self.stretch(day).map_or(self.initial, |stretch| stretch.cadence)
    }

    /// The length in which the days of a period are published of which nothing is published yet: the shortest cadence of the
    /// four weeks that they are part of, because four weeks in which a shorter one begins or ends come out in that, whole.
    pub fn of(&self, period: Period) -> PeriodKind {
        self.stretches(period).map(|(cadence, _)| cadence).min().unwrap_or(self.initial)
    }

    /// The day since when the days of a period are asked for in their length; nothing when the configuration says so.
    pub fn asked_since(&self, period: Period) -> Option<NaiveDate> {
        let shortest = self.of(period);
        let known: Option<Vec<NaiveDate>> =
            self.stretches(period).filter(|(cadence, _)| *cadence == shortest).map(|(_, known)| known).collect();
        known.and_then(|days| days.into_iter().min())
    }

    /// The days on which another cadence comes into force after a day, with it.
    pub fn changes_after(&self, day: NaiveDate) -> impl Iterator<Item = (NaiveDate, PeriodKind)> + '_ {
        self.since.range(day + Days::new(1)..).map(|(from, stretch)| (*from, stretch.cadence))
    }

    fn stretch(&self, day: NaiveDate) -> Option<&Stretch> {
        self.since.range(..=day).next_back().map(|(_, stretch)| stretch)
    }

    /// What is in force on the days of the four weeks that a period is part of, with the day since when that was known.
    fn stretches(&self, period: Period) -> impl Iterator<Item = (PeriodKind, Option<NaiveDate>)> + '_ {
        let whole = Period::containing(period.kind().max(PeriodKind::FourWeeks), period.begin());
        let first = self.stretch(whole.begin());
        let later = self.since.range(whole.begin() + Days::new(1)..whole.end()).map(|(_, stretch)| Some(stretch));
        let all = std::iter::once(first).chain(later);
        all.map(|stretch| stretch.map_or((self.initial, None), |stretch| (stretch.cadence, Some(stretch.known))))
    }
}
