//! The tables to which the simulated regions are calibrated (`data/`, sources and assumptions named there).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use crate::calendar::{HALF_YEARS, MONTHS, half_year_code, month_index};

/// The regions of 2018 to 2021, in order; a region's number is its place here.
pub const REGIONS: [&str; 26] = [
    "VT01", "VT02", "VT03", "VT04", "VT05", "VT06", "VT07", "VT08", "VT09", "VT10", "VT11", "VT12", "VT13", "VT14",
    "VT15", "VT16", "VT17", "VT18", "VT19", "VT20", "VT21", "VT22", "VT23", "VT24", "VT25", "VT26",
];

/// The number of a region.
pub fn region_index(vt: &str) -> Option<usize> {
    REGIONS.iter().position(|code| *code == vt)
}

/// What the plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maat {
    /// Adviezen by first day.
    Adviezen,
    /// Meldingen by day received.
    Meldingen,
}

impl Maat {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Adviezen, Self::Meldingen];

    fn name(self) -> &'static str {
        match self {
            Self::Adviezen => "adviezen",
            Self::Meldingen => "meldingen",
        }
    }
}

/// Counts that the plan must reach, and weights for what they leave open.
#[derive(Debug)]
pub struct Calibration {
    /// National totals, by measure and half-year.
    pub national: [[u64; HALF_YEARS]; 2],
    /// Weights of the regions, by measure, half of the year and region.
    pub weights: [[[u64; REGIONS.len()]; 2]; 2],
    fixed: BTreeMap<(usize, usize, &'static str), u64>,
    fixed_months: BTreeMap<(usize, usize), u64>,
    /// How days weigh.
    pub rhythm: Rhythm,
}

/// Factors per mille by which days differ, by measure.
#[derive(Debug, Default)]
pub struct Rhythm {
    /// Monday to Sunday.
    pub weekdays: [[u64; 7]; 2],
    /// January to December.
    pub months: [[u64; 12]; 2],
    /// Spells from a day until another, with a factor for each measure.
    pub spells: Vec<(NaiveDate, NaiveDate, [u64; 2])>,
}

impl Calibration {
    /// The built-in tables.
    pub fn builtin() -> Self {
        Self {
            national: national(include_str!("../data/landelijk.csv")),
            weights: weights(include_str!("../data/regiogewichten.csv")),
            fixed: fixed(include_str!("../data/vastgesteld.csv")),
            fixed_months: fixed_months(include_str!("../data/adviezen_per_maand.csv")),
            rhythm: rhythm(include_str!("../data/ritme.csv")),
        }
    }

    /// The count of a region in a half-year, when it is known exactly.
    pub fn fixed(&self, region: usize, maat: Maat, half: usize) -> Option<u64> {
        self.fixed.get(&(region, half, maat.name())).copied()
    }

    /// The count of a region in a month, when it is known exactly.
    pub fn fixed_month(&self, region: usize, maat: Maat, month: usize) -> Option<u64> {
        (maat == Maat::Adviezen).then(|| self.fixed_months.get(&(region, month)).copied()).flatten()
    }

    /// Completed services of a kind in a half-year that are known exactly: region, half-year, count.
    pub fn fixed_services(&self, soort: &str) -> Vec<(usize, usize, usize)> {
        let rows = self.fixed.iter().filter(|((_, _, maat), _)| *maat == soort);
        rows.map(|((region, half, _), count)| (*region, *half, *count as usize)).collect()
    }
}

/// The rows of a built-in table: comment lines and the header left out, each cut at its first `columns - 1` commas.
pub(crate) fn rows<const COLUMNS: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1).map(|line| {
        let mut fields = [""; COLUMNS];
        fields.iter_mut().zip(line.splitn(COLUMNS, ',')).for_each(|(field, value)| *field = value);
        fields
    })
}

/// Reads a value of a built-in table.
///
/// # Panics
/// When it is of wrong form: tests read every built-in table.
pub(crate) fn value<T: FromStr<Err: fmt::Debug>>(text: &str) -> T {
    // Unwrap safety: the tables are part of the program and read by tests.
    text.parse().unwrap_or_else(|error| panic!("calibration table: `{text}`: {error:?}"))
}

fn half(code: &str) -> usize {
    // Unwrap safety: as `value`.
    (0..HALF_YEARS)
        .find(|half| half_year_code(*half) == code)
        .unwrap_or_else(|| panic!("calibration table: no half-year `{code}`"))
}

fn region(vt: &str) -> usize {
    // Unwrap safety: as `value`.
    region_index(vt).unwrap_or_else(|| panic!("calibration table: no region `{vt}`"))
}

fn national(text: &'static str) -> [[u64; HALF_YEARS]; 2] {
    let mut totals = [[0; HALF_YEARS]; 2];
    for [periode, adviezen, meldingen, _] in rows(text) {
        totals[0][half(periode)] = value(adviezen);
        totals[1][half(periode)] = value(meldingen);
    }
    totals
}

fn weights(text: &'static str) -> [[[u64; REGIONS.len()]; 2]; 2] {
    let mut weights = [[[0; REGIONS.len()]; 2]; 2];
    for [vt, a1, a2, m1, m2, _] in rows(text) {
        for (maat, half, text) in [(0, 0, a1), (0, 1, a2), (1, 0, m1), (1, 1, m2)] {
            weights[maat][half][region(vt)] = value(text);
        }
    }
    weights
}

fn fixed(text: &'static str) -> BTreeMap<(usize, usize, &'static str), u64> {
    rows(text).map(|[vt, periode, maat, waarde, _]| ((region(vt), half(periode), maat), value(waarde))).collect()
}

fn fixed_months(text: &'static str) -> BTreeMap<(usize, usize), u64> {
    let months = rows(text).map(|[vt, maand, adviezen]| {
        // Unwrap safety: as `value`.
        let month = month_index(value(maand)).filter(|month| *month < MONTHS).unwrap();
        ((region(vt), month), value(adviezen))
    });
    months.collect()
}

fn rhythm(text: &'static str) -> Rhythm {
    let mut rhythm = Rhythm::default();
    for [soort, key, until, adviezen, meldingen] in rows(text) {
        let factors: [u64; 2] = [value(adviezen), value(meldingen)];
        for (maat, factor) in factors.into_iter().enumerate() {
            match soort {
                "weekdag" => rhythm.weekdays[maat][value::<usize>(key) - 1] = factor,
                "maand" => rhythm.months[maat][value::<usize>(key) - 1] = factor,
                _ => {}
            }
        }
        if soort == "reeks" {
            rhythm.spells.push((value(key), value(until), factors));
        }
    }
    rhythm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_complete() {
        let calibration = Calibration::builtin();
        assert!(calibration.national.iter().flatten().all(|total| *total > 40_000 && total % 5 == 0));
        assert!(calibration.weights.iter().flatten().flatten().all(|weight| *weight > 0));
        assert!(
            calibration
                .rhythm
                .weekdays
                .iter()
                .flatten()
                .chain(calibration.rhythm.months.iter().flatten())
                .all(|f| *f > 0)
        );
        assert_eq!(calibration.rhythm.spells.len(), 3);
        assert_eq!(calibration.fixed_services("voorwaarden_vervolg"), [(6, 2, 256)]);
    }

    #[test]
    fn the_years_of_vt07_are_those_it_reported() {
        let calibration = Calibration::builtin();
        let year = |maat, year: usize| {
            [0, 1].into_iter().map(|half: usize| calibration.fixed(6, maat, year * 2 + half).unwrap()).sum::<u64>()
        };
        assert_eq!([0, 1, 2].map(|y| year(Maat::Adviezen, y)), [1306, 1622, 1632]);
        assert_eq!([0, 1, 2].map(|y| year(Maat::Meldingen, y)), [1211, 1620, 1459]);
    }
}
