//! On which day a period that is published gets a new issue: a pure function of the calendar (DESIGN §3).
//!
//! Changes are gathered: at most one new issue a day, with the next period, at *nader voorlopig*, at *definitief*, or by an
//! operator with a reason. The sum of published periods follows these.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::Period;

/// Why a period gets a new issue now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Another period is published for the first time.
    NextPeriod,
    /// All its months are delivered whole now.
    NaderVoorlopig,
    /// Its last half-year is closed.
    Definitief,
    /// One of the periods that it is the sum of has a new issue.
    Part,
    /// An operator asked for it, with a reason.
    Operator,
}

impl Occasion {
    /// A short text for operators.
    pub fn text(self) -> &'static str {
        match self {
            Self::NextPeriod => "with the next period",
            Self::NaderVoorlopig => "nader voorlopig",
            Self::Definitief => "definitief",
            Self::Part => "a part has a new issue",
            Self::Operator => "asked for by an operator",
        }
    }
}

/// The instants at which rounded periods got their first issue: the fixed calendar of publication days.
#[derive(Debug, Clone, Default)]
pub struct PublicationDays(BTreeSet<DateTime<Utc>>);

impl PublicationDays {
    /// These instants.
    pub fn new(instants: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        Self(instants.into_iter().collect())
    }

    /// Another one.
    pub fn add(&mut self, at: DateTime<Utc>) {
        self.0.insert(at);
    }

    /// Whether there was one on a later day than `day`, and not before `known`.
    fn after(&self, day: NaiveDate, known: DateTime<Utc>) -> bool {
        self.0.range(known..).any(|at| local_date(*at) > day)
    }

    /// Whether there was one on a later day than that of an instant.
    pub fn since(&self, at: DateTime<Utc>) -> bool {
        self.after(local_date(at), at)
    }
}

/// What changed in the deliveries of a period since its newest issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Only deliveries of earlier months, of which no more than the gemeente of meldingen is looked up. No occasion of its
    /// own: it goes along with the next issue, at the latest at *definitief*, or by order of an operator if a count differs.
    Earlier,
    /// Deliveries of its own months, the first of them judged at this instant.
    Counting {
        /// When the first of them was judged.
        since: DateTime<Utc>,
        /// When the last of them was judged.
        until: DateTime<Utc>,
    },
}

/// What the calendar looks at, of a period that was rounded and published.
#[derive(Debug, Clone, Copy)]
pub struct Revisable {
    /// The period.
    pub period: Period,
    /// When its newest issue was published.
    pub issued: DateTime<Utc>,
    /// Whether days or whole deliveries were lacking in that issue: its figures are voorlopig for that reason.
    pub lacked: bool,
    /// Whether some are lacking now.
    pub lacks: bool,
    /// What changed since.
    pub change: Change,
    /// Whether the status of a region is another one than in that issue, by the calendar alone.
    pub matures: bool,
    /// When the new issue was last tried without finding protected values.
    pub tried: Option<DateTime<Utc>>,
}

impl Revisable {
    /// The occasion of a new issue today, if there is one.
    pub fn occasion(&self, days: &PublicationDays, today: NaiveDate) -> Option<Occasion> {
        let issued = local_date(self.issued);
        if issued >= today || (self.change == Change::None && !self.matures) {
            return None;
        }
        let tried = self.tried_unchanged();
        let from = tried.map_or(issued, |at| issued.max(local_date(at)));
        let closed = Month::of(self.period.last_day()).definitive_from();
        if from < closed && closed <= today {
            return Some(Occasion::Definitief);
        }
        let Change::Counting { since, .. } = self.change else { return None };
        if self.lacked && !self.lacks && tried.is_none() {
            return Some(Occasion::NaderVoorlopig);
        }
        days.after(from, since).then_some(Occasion::NextPeriod)
    }

    /// When it was tried without success, when nothing was delivered since.
    pub fn tried_unchanged(&self) -> Option<DateTime<Utc>> {
        let until = match self.change {
            Change::Counting { until, .. } => until,
            Change::Earlier | Change::None => DateTime::<Utc>::MIN_UTC,
        };
        self.tried.filter(|at| until <= *at)
    }
}
