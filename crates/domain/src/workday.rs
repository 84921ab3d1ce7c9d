//! Dutch public holidays and working days, by rule (Algemene termijnenwet, BWBR0002448, art. 3).

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::month::Month;

/// Whether a day is a public holiday in the sense of the Algemene termijnenwet: Good Friday and 5 May are, every year.
pub fn is_holiday(day: NaiveDate) -> bool {
    let easter = easter_sunday(day.year());
    let from_easter = (day - easter).num_days();
    let fixed = matches!((day.month(), day.day()), (1, 1) | (5, 5) | (12, 25) | (12, 26));
    fixed || day == kings_day(day.year()) || matches!(from_easter, -2 | 0 | 1 | 39 | 49 | 50)
}

/// Whether a day is a working day: Monday to Friday and no public holiday.
pub fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_holiday(day)
}

/// Working day number `n` (from 1) on or after `start`.
///
/// # Panics
/// When `n` is 0.
pub fn nth_working_day(start: NaiveDate, n: u32) -> NaiveDate {
    assert!(n > 0, "working days are counted from 1");
    // Unwrap safety: working days never run out within chrono's years.
    start.iter_days().filter(|day| is_working_day(*day)).nth(n as usize - 1).unwrap()
}

/// The day `n` working days after `day`.
pub fn add_working_days(day: NaiveDate, n: u32) -> NaiveDate {
    if n == 0 { day } else { nth_working_day(day + Days::new(1), n) }
}

/// The day `n` working days before `day`.
pub fn working_days_before(day: NaiveDate, n: u32) -> NaiveDate {
    // Unwrap safety: working days never run out within chrono's years.
    (0..n).fold(day, |day, _| day.iter_days().rev().skip(1).find(|day| is_working_day(*day)).unwrap())
}

/// The day on which a delivery of `month` is due: working day `nth` of the next month (default 5).
pub fn delivery_due(month: Month, nth: u32) -> NaiveDate {
    nth_working_day(month.next().first_day(), nth)
}

/// King's day: 27 April, or the 26th when the 27th is a Sunday.
fn kings_day(year: i32) -> NaiveDate {
    // Unwrap safety: 26 and 27 April exist in every year.
    let day = NaiveDate::from_ymd_opt(year, 4, 27).unwrap();
    if day.weekday() == Weekday::Sun { day - Days::new(1) } else { day }
}

/// Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher).
fn easter_sunday(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    // Unwrap safety: the rule yields a day from 22 March to 25 April.
    NaiveDate::from_ymd_opt(year, month as u32, day as u32).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn agrees_with_the_reference_list_of_holidays() {
        let list = include_str!("../data/feestdagen_2019_2023.csv");
        let mut listed = std::collections::BTreeSet::new();
        for line in list.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let date = day(line.split(',').next().unwrap());
            assert!(is_holiday(date), "{line}");
            listed.insert(date);
        }
        let by_rule: std::collections::BTreeSet<_> =
            day("2019-01-01").iter_days().take_while(|d| d.year() < 2024).filter(|d| is_holiday(*d)).collect();
        assert_eq!(by_rule, listed);
    }

    #[test]
    fn january_is_due_on_the_fifth_working_day_of_february() {
        assert_eq!(delivery_due("2020-01".parse().unwrap(), 5), day("2020-02-07"));
        assert_eq!(delivery_due("2020-12".parse().unwrap(), 5), day("2021-01-08"));
        assert_eq!(delivery_due("2020-04".parse().unwrap(), 5), day("2020-05-08"));
    }

    proptest! {
        #[test]
        fn adding_working_days_passes_exactly_that_many(offset in 0..9000u64, n in 0..30u32) {
            let start = day("2016-01-01") + Days::new(offset);
            let end = add_working_days(start, n);
            let passed = start.iter_days().skip(1).take_while(|d| *d <= end).filter(|d| is_working_day(*d)).count();
            prop_assert_eq!(passed, n as usize);
            if is_working_day(start) {
                prop_assert_eq!(working_days_before(end, n), start);
            }
        }
    }
}
