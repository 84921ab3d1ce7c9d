//! In which lengths days are published: a pure function of the cadence and of what was published before (DESIGN §3).
//!
//! Days are rounded once, in one length, and every longer period is the sum of those. A four-week period that was begun in
//! weeks is finished in weeks, or in two weeks where those fit; one of which nothing is published follows the cadence.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use vt_domain::period::{Period, PeriodKind};

use crate::cadence::CadencePlan;

/// How a period is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// From its own counts.
    Rounded,
    /// As the sum of these, which are rounded; oldest first.
    Sum(Vec<Period>),
    /// Not at all: its days were published only as part of this one.
    Covered(Period),
}

/// In which lengths days are published.
#[derive(Debug, Clone, Copy)]
pub struct Tiling<'a> {
    /// The length in which days are rounded of which nothing is published.
    pub cadence: &'a CadencePlan,
    /// Every period that was rounded, published or void.
    pub rounded: &'a BTreeSet<Period>,
}

impl Tiling<'_> {
    /// How a period is published.
    pub fn way(&self, period: Period) -> Way {
        if self.rounded.contains(&period) {
            return Way::Rounded;
        }
        if let Some(longer) = period.longer().into_iter().find(|longer| self.rounded.contains(longer)) {
            return Way::Covered(longer);
        }
        match self.tiles(period) {
            tiles if tiles == [period] => Way::Rounded,
            tiles => Way::Sum(tiles),
        }
    }

    /// The rounded periods that make up a period whose days are in no longer one; oldest first.
    pub fn tiles(&self, period: Period) -> Vec<Period> {
        let whole = period.kind() <= self.cadence.of(period) && !period.holds_any(self.rounded);
        if self.rounded.contains(&period) || whole {
            return vec![period];
        }
        let shorter = PeriodKind::ALL.into_iter().rev().find(|kind| *kind < period.kind());
        let parts = shorter.map_or_else(Vec::new, |kind| period.parts(kind));
        parts.into_iter().flat_map(|part| self.tiles(part)).collect()
    }

    /// The rounded period that holds a day.
    pub fn tile_of(&self, day: NaiveDate) -> Period {
        let whole = Period::containing(PeriodKind::FourWeeks, day);
        self.tiles(whole).into_iter().find(|tile| tile.contains(day)).unwrap_or(whole)
    }

    /// The periods that are rounded, of days from `first` on; up to the one that holds `today`, which is still running.
    pub fn bases(&self, first: NaiveDate, today: NaiveDate) -> Vec<Period> {
        let years = years(first, today).flat_map(|year| self.tiles(year));
        years.filter(|period| period.end() > first && period.begin() <= today).collect()
    }

    /// The longer periods that follow from those: of the cadence's length and more, all their days past. Shortest first.
    pub fn sums(&self, first: NaiveDate, today: NaiveDate) -> Vec<Period> {
        let mut sums: Vec<Period> = PeriodKind::ALL.into_iter().flat_map(|kind| ended(kind, first, today)).collect();
        sums.retain(|period| period.kind() >= self.cadence.of(*period) && matches!(self.way(*period), Way::Sum(_)));
        sums
    }
}

fn years(first: NaiveDate, today: NaiveDate) -> impl Iterator<Item = Period> {
    let year = Period::containing(PeriodKind::IsoYear, first);
    std::iter::successors(Some(year), |year| Some(year.next())).take_while(move |year| year.begin() <= today)
}

fn ended(kind: PeriodKind, first: NaiveDate, today: NaiveDate) -> impl Iterator<Item = Period> {
    let period = Period::containing(kind, first);
    std::iter::successors(Some(period), |period| Some(period.next())).take_while(move |period| period.end() <= today)
}
