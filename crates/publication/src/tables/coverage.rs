//! How far deliveries cover each area, the status that follows from it, and the rows of `dekking`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use vt_domain::snapshot::{RedenLeeg, SnapshotTable, Status};
use vt_domain::{Month, Period};

use super::area::PublishedArea;
use super::{Row, TableRows, Value};
use crate::gate::RegionCoverage;
use crate::render::RenderError;
use crate::reservation::Reservation;

/// The coverage of one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Days that are needed.
    pub dagen: u32,
    /// Days that every VT it draws on has delivered.
    pub dagen_gedekt: u32,
    /// The status of its figures: the least of the VTs it draws on.
    pub status: Status,
    /// Why its figures are absent; nothing when every day is covered.
    pub reden: Option<RedenLeeg>,
    /// What is missing, in Dutch; never a count of records.
    pub toelichting: Option<String>,
}

/// The coverage of each area, by code.
///
/// # Errors
/// [`RenderError::Inconsistent`] when an area draws on a VT of which the reservation has no coverage, or is not withheld though
/// a day of it is not covered.
pub fn coverage(
    reservation: &Reservation,
    areas: &[PublishedArea],
) -> Result<BTreeMap<Arc<str>, Coverage>, RenderError> {
    let regions: BTreeMap<&str, &RegionCoverage> =
        reservation.dekking.iter().map(|row| (row.vt.as_str(), row)).collect();
    let mut all = BTreeMap::new();
    for area in areas {
        let mut drawn_on = Vec::new();
        for vt in area.vts() {
            let region = regions.get(vt).ok_or_else(|| {
                RenderError::Inconsistent(format!(
                    "{} draws on {vt}, of which the reservation has no coverage",
                    area.code
                ))
            })?;
            drawn_on.push(*region);
        }
        let covered = of_area(reservation, area, &drawn_on);
        if covered.reden.is_some() && !area.withheld {
            return Err(RenderError::Inconsistent(format!("{} is not complete, and yet not withheld", area.code)));
        }
        all.insert(Arc::clone(&area.code), covered);
    }
    Ok(all)
}

fn of_area(reservation: &Reservation, area: &PublishedArea, drawn_on: &[&RegionCoverage]) -> Coverage {
    let period = reservation.periode;
    let single = if &*area.regio_type == "VT" { drawn_on.first() } else { None };
    let (dagen, dagen_gedekt) = match single {
        Some(region) => (region.dagen, region.dagen_gedekt),
        None => (period.days(), common_days(period, drawn_on)),
    };
    let incomplete: Vec<&&RegionCoverage> = drawn_on.iter().filter(|region| !region.is_complete()).collect();
    let reden = match incomplete.is_empty() {
        true => None,
        false if drawn_on.iter().all(|region| region.dagen_gedekt == 0) => Some(RedenLeeg::Ontbreekt),
        false => Some(RedenLeeg::Onvolledig),
    };
    let toelichting = match (single, incomplete.is_empty()) {
        (_, true) => None,
        (Some(region), false) => Some(missing(region)),
        (None, false) => {
            let codes: Vec<&str> = incomplete.iter().map(|region| region.vt.as_str()).collect();
            Some(format!("niet volledig: {}", codes.join(", ")))
        }
    };
    let statuses = drawn_on.iter().map(|region| status(period, region, reservation.peildatum));
    Coverage { dagen, dagen_gedekt, status: statuses.min().unwrap_or(Status::Voorlopig), reden, toelichting }
}

/// The status of a region's figures: voorlopig while something is missing or month-to-date, definitief three weeks after the
/// last half-year that the period touches has ended, nader_voorlopig between.
pub fn status(period: Period, region: &RegionCoverage, peildatum: NaiveDate) -> Status {
    let last = period.last_day();
    if !region.is_complete() || !region.tussentijds.is_empty() {
        Status::Voorlopig
    } else if peildatum >= Month::of(last).definitive_from() {
        Status::Definitief
    } else {
        Status::NaderVoorlopig
    }
}

/// Days that all regions cover. A month that is delivered in part is covered from its first needed day on.
fn common_days(period: Period, regions: &[&RegionCoverage]) -> u32 {
    let mut common: Option<BTreeSet<NaiveDate>> = None;
    for region in regions.iter().filter(|region| !region.is_complete()) {
        let covered = covered_days(period, region);
        common = Some(match common {
            Some(days) => days.intersection(&covered).copied().collect(),
            None => covered,
        });
    }
    common.map_or(period.days(), |days| u32::try_from(days.len()).unwrap_or(u32::MAX))
}

fn covered_days(period: Period, region: &RegionCoverage) -> BTreeSet<NaiveDate> {
    let whole = |day: &NaiveDate| {
        let month = Month::of(*day);
        !region.ontbreekt.contains(&month) && !region.onvolledig.contains(&month)
    };
    let mut days: BTreeSet<NaiveDate> = period.each_day().filter(whole).collect();
    let rest = (region.dagen_gedekt as usize).saturating_sub(days.len());
    let partial = period.each_day().filter(|day| region.onvolledig.contains(&Month::of(*day)));
    days.extend(partial.take(rest));
    days
}

fn missing(region: &RegionCoverage) -> String {
    let months = |months: &[Month]| months.iter().map(|month| dutch_month(*month)).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !region.ontbreekt.is_empty() {
        parts.push(format!("geen goedgekeurde levering over {}", months(&region.ontbreekt)));
    }
    if !region.onvolledig.is_empty() {
        parts.push(format!("levering nog niet volledig over {}", months(&region.onvolledig)));
    }
    parts.join("; ")
}

/// The months in Dutch.
pub const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

fn dutch_month(month: Month) -> String {
    // Unwrap safety: a month's number is 1–12.
    format!("{} {}", MONTHS[month.number() as usize - 1], month.year())
}

/// The share of days that is covered, rounded down to three decimals: 1 means complete.
pub fn share_of_days(dagen_gedekt: u32, dagen: u32) -> f64 {
    if dagen == 0 { 0.0 } else { (u64::from(dagen_gedekt) * 1_000 / u64::from(dagen)) as f64 / 1_000.0 }
}

/// The rows of `dekking`: one per area.
pub fn coverage_rows(period: Period, areas: &[PublishedArea], all: &BTreeMap<Arc<str>, Coverage>) -> TableRows {
    let prefix = Prefix::of(period);
    let rows = areas.iter().filter_map(|area| {
        let covered = all.get(&area.code)?;
        let mut row = prefix.row(area);
        row.extend([
            Value::Int(covered.dagen.into()),
            Value::Int(covered.dagen_gedekt.into()),
            Value::Float(share_of_days(covered.dagen_gedekt, covered.dagen)),
            Value::Text(covered.status.code().into()),
            Value::optional_text(covered.toelichting.as_deref()),
        ]);
        Some(row)
    });
    TableRows::sorted(SnapshotTable::Dekking, rows.collect())
}

/// The columns that every table begins with.
pub(crate) struct Prefix {
    period: Arc<str>,
    begin: NaiveDate,
    eind: NaiveDate,
}

impl Prefix {
    pub(crate) fn of(period: Period) -> Self {
        Self { period: period.to_string().into(), begin: period.begin(), eind: period.last_day() }
    }

    pub(crate) fn row(&self, area: &PublishedArea) -> Row {
        let mut row = Vec::with_capacity(16);
        row.extend([
            Value::Text(Arc::clone(&self.period)),
            Value::Day(self.begin),
            Value::Day(self.eind),
            Value::Text(Arc::clone(&area.regio_type)),
            Value::Text(Arc::clone(&area.code)),
            Value::Text(Arc::clone(&area.naam)),
        ]);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period() -> Period {
        "2020W407".parse().unwrap()
    }

    fn region(gedekt: u32, ontbreekt: &[&str], onvolledig: &[&str]) -> RegionCoverage {
        let months = |codes: &[&str]| -> Vec<Month> { codes.iter().map(|code| code.parse().unwrap()).collect() };
        RegionCoverage {
            vt: "VT07".into(),
            dagen: 28,
            dagen_gedekt: gedekt,
            ontbreekt: months(ontbreekt),
            onvolledig: months(onvolledig),
            tussentijds: months(onvolledig),
        }
    }

    #[test]
    fn figures_mature_from_voorlopig_to_definitief() {
        let complete = region(28, &[], &[]);
        let on = |text: &str| status(period(), &complete, day(text));
        assert_eq!(period().last_day(), day("2020-07-12"));
        assert_eq!(on("2020-08-01"), Status::NaderVoorlopig);
        assert_eq!(on("2021-01-20"), Status::NaderVoorlopig);
        assert_eq!(on("2021-01-21"), Status::Definitief);
    }

    #[test]
    fn the_first_half_year_closes_in_july() {
        let june: Period = "2020W406".parse().unwrap();
        let complete = region(28, &[], &[]);
        assert_eq!(status(june, &complete, day("2020-07-20")), Status::NaderVoorlopig);
        assert_eq!(status(june, &complete, day("2020-07-21")), Status::Definitief);
    }

    #[test]
    fn month_to_date_is_voorlopig_though_every_day_is_covered() {
        let to_date = RegionCoverage { tussentijds: vec!["2020-07".parse().unwrap()], ..region(28, &[], &[]) };
        assert_eq!(status(period(), &to_date, day("2021-06-01")), Status::Voorlopig);
    }

    #[test]
    fn the_gate_says_which_deliveries_are_month_to_date() {
        use crate::testdata::{month, verdict};
        let mut records = vec![verdict("VT07", month("2020-06"), 1), verdict("VT07", month("2020-07"), 1)];
        records[1].kop.tot_en_met = day("2020-07-15");
        let register = vt_domain::register::Register::builtin();
        let input = crate::gate::gate(period(), &records, register, day("2021-02-08"));
        let region = input.coverage.iter().find(|region| region.vt == "VT07").unwrap();
        assert!(region.is_complete() && region.onvolledig.is_empty());
        assert_eq!(region.tussentijds, [month("2020-07")]);
        assert_eq!(status(period(), region, day("2021-02-08")), Status::Voorlopig);
    }

    #[test]
    fn what_is_missing_stays_voorlopig_for_ever() {
        assert_eq!(status(period(), &region(27, &[], &["2020-07"]), day("2026-01-01")), Status::Voorlopig);
    }

    #[test]
    fn an_area_is_covered_on_the_days_that_all_its_regions_cover() {
        let all = region(28, &[], &[]);
        let no_june = region(12, &["2020-06"], &[]);
        let july_in_part = region(16 + 5, &[], &["2020-07"]);
        assert_eq!(common_days(period(), &[&all]), 28);
        assert_eq!(common_days(period(), &[&all, &no_june]), 12);
        assert_eq!(common_days(period(), &[&july_in_part, &no_june]), 5);
        assert_eq!(common_days(period(), &[&region(0, &["2020-06", "2020-07"], &[]), &all]), 0);
    }

    #[test]
    fn what_is_missing_is_named_by_month() {
        let text = missing(&region(3, &["2020-06"], &["2020-07"]));
        assert_eq!(text, "geen goedgekeurde levering over juni 2020; levering nog niet volledig over juli 2020");
    }

    #[test]
    fn one_means_complete() {
        assert_eq!(share_of_days(28, 28), 1.0);
        assert_eq!(share_of_days(3709, 3710), 0.999);
        assert_eq!(share_of_days(0, 28), 0.0);
        assert_eq!(share_of_days(0, 0), 0.0);
    }
}
