//! Indicators of a series: this period with the earlier ones of the same area and measure.

use vt_domain::measure::Maat;
use vt_domain::snapshot::{RedenLeeg, SnapshotTable, Status};
use vt_domain::{Period, PeriodKind};

use super::arithmetic::{self, Measured, Rounded};
use super::bases::Bases;
use super::breaks::forbidding;
use super::catalogue::Bound;
use super::compute::{Current, Outcome, rounded};
use crate::tables::{PublishedArea, TableRows, Value};

/// What stands in `opmerking` where the whole of value ± margin lies above what is usual.
pub const HIGHER: &str = "hoger_dan_gebruikelijk";
/// What stands in `opmerking` where the whole of value ± margin lies below what is usual.
pub const LOWER: &str = "lager_dan_gebruikelijk";

/// Years back that "what is usual" looks at.
const USUAL_YEARS: i32 = 5;

impl Current<'_> {
    pub(super) fn per_days(&self, (now, status): (Rounded, Status)) -> Outcome {
        let value = arithmetic::per_28_days(now, self.days()).ok_or(RedenLeeg::GeenBasis);
        Outcome { value, status, remarks: Vec::new() }
    }

    pub(super) fn moving_mean(
        &self,
        area: &PublishedArea,
        maat: Maat,
        (now, status): (Rounded, Status),
        periods: u32,
        bases: &Bases,
    ) -> Outcome {
        let mut counts = vec![(now, self.days())];
        let (mut period, mut matures) = (self.explanation.periode, false);
        for _ in 1..periods {
            period = period.previous();
            if let Some(found) = self.break_since(area, maat, period) {
                return Outcome::absent(RedenLeeg::Reeksbreuk, status, found);
            }
            let earlier = bases.of(period).and_then(|base| base.figures.total(&area.code, maat));
            let Some((figure, count)) = earlier.and_then(|figure| Some((figure, rounded(figure).ok()?))) else {
                return Outcome::absent(RedenLeeg::GeenBasis, status, format!("geen cijfer over {period}"));
            };
            matures |= figure.status != status;
            counts.push((count, period.days()));
        }
        let maturity = matures.then(|| super::compute::MATURITY_DIFFERS.to_owned());
        let remarks = maturity.into_iter().chain(self.break_within(area, maat, period)).collect();
        Outcome { value: arithmetic::mean(&counts).ok_or(RedenLeeg::GeenBasis), status, remarks }
    }

    pub(super) fn usual(
        &self,
        area: &PublishedArea,
        maat: Maat,
        (now, status): (Rounded, Status),
        (bound, least_periods): (Bound, u32),
        bases: &Bases,
    ) -> Outcome {
        let count_of = |period: Period| {
            let comparable = self.break_since(area, maat, period).is_none();
            let figure = bases.of(period).filter(|_| comparable)?.figures.total(&area.code, maat)?;
            Some((figure.waarde?, period.days()))
        };
        let own = self.explanation.periode;
        let earlier = bases.series().map(|base| base.periode).filter(|period| period.kind() == own.kind());
        let known = earlier.filter(|period| count_of(*period).is_some()).count();
        if known < least_periods as usize {
            let remark = format!("minder dan {least_periods} eerdere perioden zonder reeksbreuk");
            return Outcome::absent(RedenLeeg::GeenBasis, status, remark);
        }
        let counts: Vec<(i64, u32)> = same_time_of_year(own).into_iter().filter_map(count_of).collect();
        let (Some(usual), Some(value)) =
            (arithmetic::usual(&counts, self.days()), arithmetic::per_28_days(now, self.days()))
        else {
            return Outcome::absent(
                RedenLeeg::GeenBasis,
                status,
                "te weinig perioden in deze tijd van het jaar".to_owned(),
            );
        };
        let remark = if value.waarde - value.marge > usual.high {
            Some(HIGHER)
        } else if value.waarde + value.marge < usual.low {
            Some(LOWER)
        } else {
            None
        };
        let waarde = match bound {
            Bound::Onder => usual.low,
            Bound::Boven => usual.high,
        };
        // The rounding of the counts is within the interval already.
        let measured = Measured { waarde, marge: 0.0 };
        Outcome { value: Ok(measured), status, remarks: remark.map(str::to_owned).into_iter().collect() }
    }

    fn days(&self) -> u32 {
        self.explanation.periode.days()
    }

    /// The title of a break that lies between an earlier period and this one.
    fn break_since(&self, area: &PublishedArea, maat: Maat, earlier: Period) -> Option<String> {
        let explanation = self.explanation;
        forbidding(&explanation.reeksbreuken, &area.code, maat, earlier, explanation.periode)
            .map(|found| found.titel.clone())
    }
}

/// The same period and its two neighbours in earlier years, newest first. Of an ISO year there is no time of year.
fn same_time_of_year(period: Period) -> Vec<Period> {
    if period.kind() == PeriodKind::IsoYear {
        return Vec::new();
    }
    let of = |back: i32| {
        let year = period.iso_year() - back;
        // Week 53 is compared with the last week of a year without one.
        let same = period.in_year(year).or_else(|| Period::new(period.kind(), year, period.kind().per_year(year)));
        same.map(|same| [same.next(), same, same.previous()])
    };
    let all = (1..=USUAL_YEARS).filter_map(of).flatten();
    all.filter(|earlier| *earlier < period).collect()
}

/// What is exceptional, in sentences: areas whose count lies wholly outside what is usual for the time of year. States no number.
pub fn exceptional(indicators: &TableRows) -> Vec<String> {
    let table = SnapshotTable::Indicatoren;
    debug_assert_eq!(indicators.table, table, "only indicators say what is usual");
    let text = |row: usize, column: &str| indicators.value(row, column).and_then(Value::text);
    let sentence = |row: usize| {
        let flagged =
            text(row, "indicator") == Some("gebruikelijk_bovengrens") && text(row, "regio_type") != Some("VR");
        let how = match text(row, "opmerking").filter(|_| flagged)? {
            HIGHER => "hoger",
            LOWER => "lager",
            _ => return None,
        };
        let maat: Maat = text(row, "maat")?.parse().ok()?;
        let (regio, code) = (text(row, "regio")?, text(row, "regio_code")?);
        Some(format!("{}, {regio} ({code}): {how} dan gebruikelijk voor de tijd van het jaar.", maat.label()))
    };
    (0..indicators.rows.len()).filter_map(sentence).collect()
}
