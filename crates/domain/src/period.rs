//! Publication periods: weeks, two weeks, four weeks and the ISO year, with CBS's codes (DESIGN §3).

mod nesting;

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::month::Month;

/// A kind of publication period. Also the cadence under which snapshots of that kind are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// One ISO week: `2020W127`.
    Week,
    /// ISO weeks 2n−1 and 2n: `2020W214`. A week 53 joins the last one.
    TwoWeeks,
    /// ISO weeks 4n−3 to 4n: `2020W407`. A week 53 joins the last one, which then has 35 days.
    FourWeeks,
    /// All weeks of an ISO year: `2020ISO`. Not CBS's `2020JJ00`, which is the calendar year.
    IsoYear,
}

impl PeriodKind {
    /// All kinds, from short to long.
    pub const ALL: [Self; 4] = [Self::Week, Self::TwoWeeks, Self::FourWeeks, Self::IsoYear];

    /// The name in paths and configuration: `week`, `two_weeks`, `four_weeks`, `iso_year`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::TwoWeeks => "two_weeks",
            Self::FourWeeks => "four_weeks",
            Self::IsoYear => "iso_year",
        }
    }

    fn weeks(self) -> u32 {
        match self {
            Self::Week => 1,
            Self::TwoWeeks => 2,
            Self::FourWeeks => 4,
            Self::IsoYear => 52,
        }
    }

    /// How many periods of this kind an ISO year has.
    pub fn per_year(self, iso_year: i32) -> u32 {
        match self {
            Self::Week => weeks_in(iso_year),
            other => 52 / other.weeks(),
        }
    }
}

impl fmt::Display for PeriodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One publication period: a half-open range of local days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    kind: PeriodKind,
    iso_year: i32,
    number: u32,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no period: write a week as 2020W127, two weeks as 2020W214, four weeks as 2020W407, an ISO year as 2020ISO"
)]
pub struct PeriodError(String);

impl Period {
    /// Period `number` (from 1) of an ISO year (2000–2098), or nothing when that year has no such period.
    pub fn new(kind: PeriodKind, iso_year: i32, number: u32) -> Option<Self> {
        ((2000..=2098).contains(&iso_year) && number >= 1 && number <= kind.per_year(iso_year)).then_some(Self {
            kind,
            iso_year,
            number,
        })
    }

    /// The period of a kind in which a day lies.
    pub fn containing(kind: PeriodKind, day: NaiveDate) -> Self {
        let week = day.iso_week();
        let number = week.week().div_ceil(kind.weeks()).min(kind.per_year(week.year()));
        Self { kind, iso_year: week.year(), number }
    }

    /// The kind.
    pub fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The ISO year; not always the calendar year of every day of the period.
    pub fn iso_year(self) -> i32 {
        self.iso_year
    }

    /// The number in the ISO year, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// The first day, a Monday.
    pub fn begin(self) -> NaiveDate {
        monday(self.iso_year, (self.number - 1) * self.kind.weeks() + 1)
    }

    /// The day after the last: the range of days is `begin..end`.
    pub fn end(self) -> NaiveDate {
        if self.number == self.kind.per_year(self.iso_year) {
            monday(self.iso_year + 1, 1)
        } else {
            monday(self.iso_year, self.number * self.kind.weeks() + 1)
        }
    }

    /// The last day, a Sunday.
    pub fn last_day(self) -> NaiveDate {
        self.end() - Days::new(1)
    }

    /// How many days: 7, 14 or 21, 28 or 35, 364 or 371.
    pub fn days(self) -> u32 {
        // Unwrap safety: a period ends after it begins and is shorter than two years.
        u32::try_from((self.end() - self.begin()).num_days()).unwrap()
    }

    /// Whether a day lies in this period.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.begin() <= day && day < self.end()
    }

    /// The days, in order.
    pub fn each_day(self) -> impl Iterator<Item = NaiveDate> {
        self.begin().iter_days().take(self.days() as usize)
    }

    /// The months whose deliveries it needs, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        Month::of(self.begin()).through(Month::of(self.last_day()))
    }

    /// The period of the same kind after this one.
    pub fn next(self) -> Self {
        Self::containing(self.kind, self.end())
    }

    /// The period of the same kind before this one.
    pub fn previous(self) -> Self {
        Self::containing(self.kind, self.begin() - Days::new(1))
    }

    /// The same period of another ISO year; nothing when that year has no such week (53).
    pub fn in_year(self, iso_year: i32) -> Option<Self> {
        Self::new(self.kind, iso_year, self.number)
    }

    /// A label for readers of the figures, in Dutch.
    pub fn label(self) -> String {
        let span = format!("{} t/m {}", dutch_date(self.begin()), dutch_date(self.last_day()));
        match self.kind {
            PeriodKind::IsoYear => format!("ISO-jaar {}, {span}", self.iso_year),
            PeriodKind::Week => format!("week {} van {} ({span})", self.number, self.iso_year),
            _ => {
                let first = (self.number - 1) * self.kind.weeks() + 1;
                format!("weken {first}–{} van {} ({span})", self.last_day().iso_week().week(), self.iso_year)
            }
        }
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.kind, self.begin()).cmp(&(other.kind, other.begin()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, iso_year, number } = self;
        match kind {
            PeriodKind::Week => write!(f, "{iso_year:04}W1{number:02}"),
            PeriodKind::TwoWeeks => write!(f, "{iso_year:04}W2{number:02}"),
            PeriodKind::FourWeeks => write!(f, "{iso_year:04}W4{number:02}"),
            PeriodKind::IsoYear => write!(f, "{iso_year:04}ISO"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        parse(text).ok_or_else(|| PeriodError(text.chars().take(20).collect()))
    }
}

fn parse(text: &str) -> Option<Period> {
    if !text.is_ascii() || text.len() < 7 || !text.as_bytes()[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year, rest) = text.split_at(4);
    let iso_year = year.parse().ok()?;
    if rest == "ISO" {
        return Period::new(PeriodKind::IsoYear, iso_year, 1);
    }
    let &[b'W', kind, tens, units] = rest.as_bytes() else { return None };
    let kind = match kind {
        b'1' => PeriodKind::Week,
        b'2' => PeriodKind::TwoWeeks,
        b'4' => PeriodKind::FourWeeks,
        _ => return None,
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    Period::new(kind, iso_year, digit(tens)? * 10 + digit(units)?)
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A day as Dutch readers write it: `30-12-2019`.
pub fn dutch_date(day: NaiveDate) -> String {
    day.format("%-d-%-m-%Y").to_string()
}

fn monday(iso_year: i32, week: u32) -> NaiveDate {
    // Unwrap safety: weeks 1–52 exist in every ISO year, and callers ask for 53 only of a year that has it.
    NaiveDate::from_isoywd_opt(iso_year, week, Weekday::Mon).unwrap()
}

fn weeks_in(iso_year: i32) -> u32 {
    if NaiveDate::from_isoywd_opt(iso_year, 53, Weekday::Mon).is_some() { 53 } else { 52 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn first_period_of_2019_begins_in_2018() {
        let first = period("2019W401");
        assert_eq!((first.begin(), first.last_day(), first.days()), (day("2018-12-31"), day("2019-01-27"), 28));
        assert_eq!(first.months().map(|m| m.to_string()).collect::<Vec<_>>(), ["2018-12", "2019-01"]);
    }

    #[test]
    fn week_53_joins_the_last_period() {
        let last = period("2020W413");
        assert_eq!((last.begin(), last.last_day(), last.days()), (day("2020-11-30"), day("2021-01-03"), 35));
        assert_eq!(period("2020W226").days(), 21);
        assert_eq!(period("2020W153").begin(), day("2020-12-28"));
        assert!("2019W153".parse::<Period>().is_err());
        assert_eq!(last.next(), period("2021W401"));
    }

    #[test]
    fn the_iso_year_is_labelled_as_no_calendar_year() {
        assert_eq!(period("2020ISO").label(), "ISO-jaar 2020, 30-12-2019 t/m 3-1-2021");
        assert_eq!(period("2020ISO").days(), 371);
        assert_eq!(period("2020W413").label(), "weken 49–53 van 2020 (30-11-2020 t/m 3-1-2021)");
    }

    #[test]
    fn agrees_with_the_reference_list_of_four_week_periods() {
        let list = include_str!("../data/vierwekenperioden_2019_2023.csv");
        let mut rows = 0;
        for line in list.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let field: Vec<_> = line.split(',').collect();
            let period = period(field[0]);
            assert_eq!((period.begin(), period.last_day()), (day(field[5]), day(field[6])), "{line}");
            assert_eq!(period.days().to_string(), field[7], "{line}");
            rows += 1;
        }
        assert_eq!(rows, 65);
    }

    #[test]
    fn refuses_what_is_no_period() {
        for text in [
            "2020W400",
            "2020W414",
            "2020W527",
            "2020JJ00",
            "2020W4",
            "2020W4071",
            "2020MM07",
            "",
            "É20W407",
            "2020W154",
            "-020W407",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_same_period_of_a_year_without_week_53_is_none() {
        assert_eq!(period("2020W153").in_year(2019), None);
        assert_eq!(period("2020W413").in_year(2019), Some(period("2019W413")));
    }

    fn kinds() -> impl Strategy<Value = PeriodKind> {
        proptest::sample::select(&PeriodKind::ALL[..])
    }

    proptest! {
        #[test]
        fn every_day_lies_in_exactly_the_period_that_contains_it(kind in kinds(), offset in 0..9497u64) {
            let day = day("2015-01-01") + Days::new(offset);
            let period = Period::containing(kind, day);
            prop_assert!(period.contains(day));
            prop_assert!(!period.previous().contains(day) && !period.next().contains(day));
            prop_assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
        }

        #[test]
        fn longer_periods_are_made_of_whole_shorter_ones(offset in 0..9497u64) {
            let day = day("2015-01-01") + Days::new(offset);
            for pair in PeriodKind::ALL.windows(2) {
                let (short, long) = (Period::containing(pair[0], day), Period::containing(pair[1], day));
                prop_assert!(long.begin() <= short.begin() && short.end() <= long.end());
            }
        }
    }

    #[test]
    fn periods_tile_the_days_of_2015_to_2040() {
        for kind in PeriodKind::ALL {
            let mut period = Period::containing(kind, day("2015-01-01"));
            while period.begin() <= day("2040-12-31") {
                assert_eq!(period.end(), period.next().begin(), "{period}");
                assert_eq!(period.next().previous(), period);
                assert!(period < period.next());
                period = period.next();
            }
        }
    }
}
