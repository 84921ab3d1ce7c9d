//! Dated breaks in the series (DESIGN §2): data, with a scope and a date.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vt_domain::measure::Maat;
use vt_domain::snapshot::Comparison;
use vt_domain::{Period, register::AreaRef};

/// What a break does to comparisons across it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A change across it is left empty.
    GeenVergelijking,
    /// It is stated only.
    Toelichting,
}

/// A break or event, as it stands in `toelichting.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// First day of the new situation.
    pub datum: NaiveDate,
    /// The areas concerned by code; empty for all.
    pub gebieden: Vec<String>,
    /// The measures concerned; empty for all.
    pub maten: Vec<Maat>,
    /// What it does to comparisons.
    pub gevolg: Effect,
    /// A few words.
    pub titel: String,
    /// What happened, for readers of the figures.
    pub tekst: String,
}

impl Break {
    /// Whether some day of `earlier` lies before it and some day of `later` on or after it.
    fn lies_between(&self, earlier: Period, later: Period) -> bool {
        earlier.begin() < self.datum && self.datum < later.end()
    }

    fn concerns(&self, area: &str, maat: Maat) -> bool {
        let here = self.gebieden.is_empty() || self.gebieden.iter().any(|code| code == area);
        here && (self.maten.is_empty() || self.maten.contains(&maat))
    }
}

/// The break, if any, that forbids to compare an area's measure in two periods.
pub fn forbidding<'b>(
    breaks: &'b [Break],
    area: &str,
    maat: Maat,
    earlier: Period,
    later: Period,
) -> Option<&'b Break> {
    breaks.iter().find(|found| {
        found.gevolg == Effect::GeenVergelijking && found.concerns(area, maat) && found.lies_between(earlier, later)
    })
}

/// All known breaks, by date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaks(Vec<Break>);

/// What is wrong with a file of breaks.
#[derive(Debug, thiserror::Error)]
pub enum BreakError {
    /// A row that cannot be read.
    #[error("reeksbreuken.csv: {0}")]
    Row(#[from] csv::Error),
    /// A row that breaks a rule.
    #[error("reeksbreuken.csv, line {line}, field `{field}`: {rule}")]
    Rule {
        /// Line in the file, from 1.
        line: u64,
        /// The column.
        field: &'static str,
        /// What is wrong.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    datum: NaiveDate,
    gebieden: String,
    maten: String,
    gevolg: Effect,
    titel: String,
    tekst: String,
}

impl Breaks {
    /// The breaks built into the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Breaks> = LazyLock::new(|| {
            // Unwrap safety: a test reads the built-in file.
            Breaks::from_csv(include_str!("../../data/reeksbreuken.csv")).unwrap()
        });
        &BUILTIN
    }

    /// Reads breaks from CSV with the columns of the built-in file; `#` starts a comment line.
    ///
    /// # Errors
    /// A row that can't be read, an area or measure that does not exist, an empty text.
    pub fn from_csv(text: &str) -> Result<Self, BreakError> {
        let mut all = Vec::new();
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let headers = reader.headers()?.clone();
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let row: Line = record.deserialize(Some(&headers))?;
            let refuse = |field, rule| BreakError::Rule { line, field, rule };
            let gebieden = list(&row.gebieden).map(str::to_owned).collect::<Vec<_>>();
            if gebieden
                .iter()
                .any(|code| !matches!(AreaRef::parse(code), Some(area) if !matches!(area, AreaRef::Gm(_))))
            {
                return Err(refuse("gebieden", "write `alle`, or codes such as NL01, VT07 and VR14 joined with `|`"));
            }
            let maten: Result<Vec<Maat>, _> = list(&row.maten).map(str::parse).collect();
            let maten = maten.map_err(|_| refuse("maten", "write `alle`, or codes of maat joined with `|`"))?;
            if row.titel.is_empty() || row.tekst.is_empty() {
                return Err(refuse("tekst", "a break has a title and a text"));
            }
            let Line { datum, gevolg, titel, tekst, .. } = row;
            all.push(Break { datum, gebieden, maten, gevolg, titel, tekst });
        }
        all.sort_by_key(|found| found.datum);
        Ok(Self(all))
    }

    /// The breaks that a reader of a period must know: those between any of the periods it is compared with, published or not, and
    /// its end; `series` are the earlier periods that its series show.
    pub fn applying_to(&self, period: Period, series: impl Iterator<Item = Period>) -> Vec<Break> {
        let compared = Comparison::ALL.iter().filter_map(|comparison| comparison.period(period));
        let first = compared.chain(series).map(Period::begin).min().unwrap_or_else(|| period.begin());
        self.0.iter().filter(|found| first < found.datum && found.datum < period.end()).cloned().collect()
    }
}

/// The parts of `a|b`; none of `alle`.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').filter(move |_| text != "alle")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn titles(text: &str) -> Vec<String> {
        Breaks::builtin().applying_to(period(text), std::iter::empty()).into_iter().map(|found| found.titel).collect()
    }

    #[test]
    fn only_breaks_between_the_compared_periods_apply() {
        assert_eq!(titles("2019W402"), ["Nieuwe meldcode en informatieprotocol 2.0"]);
        let spring: Vec<String> = titles("2020W404");
        assert_eq!(
            spring,
            ["Minder kenmerken onbekend", "Nieuw registratiesysteem in Gelderland-Zuid", "Eerste lockdown"]
        );
    }

    #[test]
    fn a_break_forbids_only_for_its_area_and_across_its_day() {
        let breaks = &Breaks::builtin().0;
        let forbids = |area: &str, earlier: &str, later: &str| {
            forbidding(breaks, area, Maat::OntvangenMeldingen, period(earlier), period(later)).is_some()
        };
        assert!(forbids("VT06", "2019W407", "2020W407") && forbids("VR08", "2019W407", "2020W407"));
        assert!(!forbids("VT07", "2019W407", "2020W407") && !forbids("NL01", "2019W407", "2020W407"));
        assert!(!forbids("VT06", "2020W407", "2021W407"));
        assert!(forbids("NL01", "2018W407", "2019W407"));
        assert!(forbids("VT06", "2019W413", "2020W401"), "2020W401 begins in 2019 but holds days of 2020");
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let text = include_str!("../../data/reeksbreuken.csv");
        let planted = |from: &str, to: &str| {
            assert!(text.contains(from));
            Breaks::from_csv(&text.replace(from, to)).unwrap_err().to_string()
        };
        insta::assert_snapshot!(planted("VT06|VR08", "VT06|GM0001"), @"reeksbreuken.csv, line 10, field `gebieden`: write `alle`, or codes such as NL01, VT07 and VR14 joined with `|`");
        insta::assert_snapshot!(planted("2020-03-15,alle,alle", "2020-03-15,alle,casussen"), @"reeksbreuken.csv, line 11, field `maten`: write `alle`, or codes of maat joined with `|`");
    }
}
