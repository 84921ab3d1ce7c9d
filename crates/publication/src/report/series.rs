//! The figures of an area over time: those of earlier periods and of this one, per 28 days where periods differ in length.

use vt_domain::Period;
use vt_domain::measure::Maat;
use vt_domain::snapshot::Status;

use super::data::Data;
use crate::indicators::{Break, Effect};
use crate::tables::Figure;

/// Periods that are shown at most: five years and one of four weeks, or fifteen months by week.
const MOST: usize = 66;

/// Days that figures of periods of unequal length are given for.
const STANDARD_DAYS: u32 = 28;

/// The figure of one period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// The period.
    pub(super) periode: Period,
    /// What was published.
    pub(super) figure: Option<Figure>,
    /// By how much it is multiplied and divided to be compared.
    factor: (u32, u32),
}

impl Point {
    /// The value as it is drawn.
    pub(super) fn value(&self) -> Option<f64> {
        Some(self.scaled(self.figure?.waarde?))
    }

    /// The least and the most that the registered count can be, as they are drawn.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let figure = self.figure?;
        let (value, margin) = (figure.waarde?, figure.marge?);
        Some((self.scaled((value - margin).max(0)), self.scaled(value + margin)))
    }

    /// Whether corrections may come.
    pub(super) fn is_provisional(&self) -> bool {
        self.figure.is_some_and(|figure| figure.status != Status::Definitief)
    }

    /// Whether another value is drawn than was published.
    pub(super) fn is_converted(&self) -> bool {
        self.factor.0 != self.factor.1
    }

    fn scaled(&self, value: i64) -> f64 {
        value as f64 * f64::from(self.factor.0) / f64::from(self.factor.1)
    }
}

/// The periods that are shown, and whether they differ in length.
pub(super) struct Series {
    /// The periods, oldest first.
    pub(super) periods: Vec<Period>,
    /// Whether figures are given per 28 days.
    pub(super) per_28_days: bool,
}

impl Series {
    /// Of a snapshot.
    pub(super) fn of(data: &Data<'_>) -> Self {
        let own = data.explanation().periode;
        let earlier = data.bases().series().map(|base| base.periode).filter(|period| *period < own);
        let mut periods: Vec<Period> = earlier.chain([own]).filter(|period| period.kind() == own.kind()).collect();
        periods.drain(..periods.len().saturating_sub(MOST));
        let per_28_days = periods.iter().any(|period| period.days() != own.days());
        Self { periods, per_28_days }
    }

    /// The figures of an area.
    pub(super) fn points(&self, data: &Data<'_>, regio: &str, maat: Maat) -> Vec<Point> {
        let own = data.explanation().periode;
        let figure = |period: Period| match period == own {
            true => data.total(regio, maat),
            false => data.bases().of(period).and_then(|base| base.figures.total(regio, maat)),
        };
        let factor = |period: Period| if self.per_28_days { (STANDARD_DAYS, period.days()) } else { (1, 1) };
        let point = |&periode: &Period| Point { periode, figure: figure(periode), factor: factor(periode) };
        self.periods.iter().map(point).collect()
    }

    /// The breaks within these periods that concern an area's measure, each with its number in the list of all.
    pub(super) fn breaks<'a>(&self, data: &Data<'a>, regio: &str, maat: Maat) -> Vec<(usize, &'a Break)> {
        let (Some(first), Some(last)) = (self.periods.first(), self.periods.last()) else { return Vec::new() };
        let concerns = |found: &Break| {
            let here = found.gebieden.is_empty() || found.gebieden.iter().any(|code| code == regio);
            here && (found.maten.is_empty() || found.maten.contains(&maat))
        };
        let numbered = data.explanation().reeksbreuken.iter().enumerate().map(|(place, found)| (place + 1, found));
        let within = numbered.filter(|(_, found)| first.begin() < found.datum && found.datum < last.end());
        within.filter(|(_, found)| concerns(found)).collect()
    }
}

/// Whether a break is one of this area alone, or one that forbids to compare.
pub(super) fn is_grave(found: &Break) -> bool {
    found.gevolg == Effect::GeenVergelijking || !found.gebieden.is_empty()
}

/// Points that follow each other without a gap.
pub(super) fn runs(points: &[Point]) -> Vec<&[Point]> {
    let joined = |one: &Point, next: &Point| {
        one.value().is_some() && next.value().is_some() && one.periode.next() == next.periode
    };
    points.chunk_by(joined).filter(|run| run[0].value().is_some()).collect()
}
