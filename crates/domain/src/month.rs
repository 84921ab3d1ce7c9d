//! A calendar month: the unit in which regions deliver.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar month, written `2020-07`; CBS writes it `2020MM07` ([`Month::code`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month: write it as 2020-07, years 2000 to 2099")]
pub struct MonthError(String);

impl Month {
    /// The month `month` (1–12) of `year` (2000–2099), or nothing when out of range.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((2000..=2099).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The month in which a day lies.
    pub fn of(day: NaiveDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// The calendar year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The number of the month in its year, 1–12.
    pub fn number(self) -> u32 {
        self.month
    }

    /// The first day.
    pub fn first_day(self) -> NaiveDate {
        // Unwrap safety: day 1 of a month 1–12 of a year chrono holds always exists.
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap()
    }

    /// The last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day() - Days::new(1)
    }

    /// How many days the month has.
    pub fn days(self) -> u32 {
        self.last_day().day()
    }

    /// Whether a day lies in this month.
    pub fn contains(self, day: NaiveDate) -> bool {
        Self::of(day) == self
    }

    /// The month after this one.
    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    /// The month before this one.
    pub fn previous(self) -> Self {
        if self.month == 1 { Self { year: self.year - 1, month: 12 } } else { Self { month: self.month - 1, ..self } }
    }

    /// All months from this one up to and including `last`; none when `last` is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next())).take_while(move |month| *month <= last)
    }

    /// The day from which figures of this month are definitief: three weeks after the end of its half-year, as CBS closes it.
    pub fn definitive_from(self) -> NaiveDate {
        let half_year_end = Self { month: if self.month <= 6 { 6 } else { 12 }, ..self };
        half_year_end.last_day() + Days::new(21)
    }

    /// CBS's code of the month, such as `2020MM07`.
    pub fn code(self) -> String {
        format!("{:04}MM{:02}", self.year, self.month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let error = || MonthError(text.chars().take(20).collect());
        let (year, month) = text.split_once('-').ok_or_else(error)?;
        let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(error());
        }
        Self::new(year.parse().map_err(|_| error())?, month.parse().map_err(|_| error())?).ok_or_else(error)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writes_and_reads_both_forms() {
        let month: Month = "2020-07".parse().unwrap();
        assert_eq!((month.to_string().as_str(), month.code().as_str()), ("2020-07", "2020MM07"));
        assert_eq!(serde_json::from_str::<Month>("\"2020-07\"").unwrap(), month);
        assert_eq!(serde_json::to_string(&month).unwrap(), "\"2020-07\"");
    }

    #[test]
    fn refuses_what_is_no_month() {
        for text in [
            "2020-13",
            "2020-00",
            "2020-7",
            "20-07",
            "2020/07",
            "2020-07-01",
            "",
            "-020-07",
            "+020-07",
            "1999-12",
            "2100-01",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_half_year_is_definitive_three_weeks_after_its_end() {
        let from = |text: &str| text.parse::<Month>().unwrap().definitive_from().to_string();
        assert_eq!((from("2020-01").as_str(), from("2020-06").as_str()), ("2020-07-21", "2020-07-21"));
        assert_eq!(from("2020-12"), "2021-01-21");
    }

    #[test]
    fn a_leap_february_has_29_days() {
        assert_eq!(Month::new(2020, 2).unwrap().days(), 29);
        assert_eq!(Month::new(2021, 2).unwrap().days(), 28);
    }

    #[test]
    fn through_counts_both_ends() {
        let from = Month::new(2019, 1).unwrap();
        assert_eq!(from.through(Month::new(2021, 1).unwrap()).count(), 25);
        assert_eq!(from.through(Month::new(2018, 12).unwrap()).count(), 0);
    }

    proptest! {
        #[test]
        fn next_and_previous_undo_each_other(year in 2001..2098i32, month in 1..=12u32) {
            let month = Month::new(year, month).unwrap();
            prop_assert_eq!(month.next().previous(), month);
            prop_assert_eq!(month.last_day().succ_opt().unwrap(), month.next().first_day());
            prop_assert!(month.contains(month.first_day()) && month.contains(month.last_day()));
        }
    }
}
