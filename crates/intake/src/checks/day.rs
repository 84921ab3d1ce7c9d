//! Days as numbers: days of the common era, as chrono counts them.

use chrono::{Datelike, NaiveDate};
use vt_domain::Month;

/// Marks an empty field in a column of days.
pub(crate) const EMPTY: i32 = i32::MIN;

/// Marks a value that is no day.
pub(crate) const INVALID: i32 = i32::MIN + 1;

/// Days of the common era on 1 January 1970, Arrow's day 0.
const UNIX_EPOCH: i32 = 719_163;

/// Reads days quickly when they lie in one month.
#[derive(Debug, Clone)]
pub(crate) struct DayReader {
    /// `2020-07-` as eight bytes.
    prefix: u64,
    /// The day before the month's first.
    before: i32,
    days: i32,
}

impl DayReader {
    pub fn new(month: Month) -> Self {
        let text = format!("{month}-");
        // Unwrap safety: a month is written in seven characters.
        let prefix = u64::from_le_bytes(text.as_bytes().try_into().unwrap());
        Self { prefix, before: number(month.first_day()) - 1, days: month.days() as i32 }
    }

    /// The day written in ten bytes, given its first eight as a word.
    #[inline]
    pub fn read(&self, text: &[u8], first: u64) -> i32 {
        let Ok(text) = <&[u8; 10]>::try_from(text) else { return INVALID };
        if first == self.prefix {
            let day = two_digits(text[8], text[9]);
            return if (1..=self.days).contains(&day) { self.before + day } else { INVALID };
        }
        any(text)
    }
}

/// The number of a day.
pub(crate) fn number(day: NaiveDate) -> i32 {
    day.num_days_from_ce()
}

/// The day with a number.
pub(crate) fn date(number: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(number)
}

/// The number of a day in Arrow's `Date32`.
#[inline]
pub(crate) fn arrow(number: i32) -> i32 {
    number - UNIX_EPOCH
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> i32 {
    match (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0')) {
        (tens @ 0..=9, ones @ 0..=9) => i32::from(tens * 10 + ones),
        _ => -1,
    }
}

fn any(text: &[u8; 10]) -> i32 {
    let (century, year) = (two_digits(text[0], text[1]), two_digits(text[2], text[3]));
    let (month, day) = (two_digits(text[5], text[6]), two_digits(text[8], text[9]));
    if text[4] != b'-' || text[7] != b'-' || century < 0 || year < 0 || month < 0 || day < 0 {
        return INVALID;
    }
    NaiveDate::from_ymd_opt(century * 100 + year, month as u32, day as u32).map_or(INVALID, number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> i32 {
        let mut word = [0; 8];
        word[..text.len().min(8)].copy_from_slice(&text.as_bytes()[..text.len().min(8)]);
        DayReader::new("2020-02".parse().unwrap()).read(text.as_bytes(), u64::from_le_bytes(word))
    }

    #[test]
    fn a_leap_day_is_a_day() {
        assert_eq!(date(read("2020-02-29")), NaiveDate::from_ymd_opt(2020, 2, 29));
        assert_eq!(read("2020-02-30"), INVALID);
        assert_eq!(read("2019-02-29"), INVALID);
    }

    #[test]
    fn other_writings_are_refused() {
        for text in [
            "2020-2-01",
            "01-02-2020",
            "20200201",
            "2020-02-01T00:00",
            "2020/02/01",
            " 2020-02-01",
            "2020-02-0a",
            "2020-00-10",
            "2020-02-00",
            "+020-02-01",
        ] {
            assert_eq!(read(text), INVALID, "{text}");
        }
    }

    #[test]
    fn arrow_counts_from_1970() {
        assert_eq!(arrow(number(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap())), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(offset in 0..40_000u64) {
            let day = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + chrono::Days::new(offset);
            prop_assert_eq!(date(read(&day.to_string())), Some(day));
        }
    }
}
