//! Scales of charts, in whole numbers.

use chrono::{Datelike, NaiveDate};

/// Rounded steps: 1, 2, 2.5 or 5 times a power of ten, at least 5, such that this many reach a value.
pub(super) fn step(reach: i64, steps: i64) -> i64 {
    let mut unit = 1;
    loop {
        for step in [unit, 2 * unit, 5 * unit / 2, 5 * unit] {
            if step >= 5 && step % 5 == 0 && step * steps >= reach {
                return step;
            }
        }
        unit *= 10;
    }
}

/// The first days of months between two days, at most so many, each with its label: the year, or the month where a year has several.
pub(super) fn months(from: NaiveDate, to: NaiveDate, most: usize) -> Vec<(NaiveDate, String)> {
    const STEPS: [i32; 8] = [1, 2, 3, 6, 12, 24, 60, 120];
    let number = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0);
    let day = |number: i32| NaiveDate::from_ymd_opt(number / 12, (number % 12).unsigned_abs() + 1, 1);
    let at = |step: i32| -> Vec<NaiveDate> {
        let all = (number(from)..=number(to)).filter(|number| number % step == 0).filter_map(day);
        all.filter(|day| *day >= from && *day <= to).collect()
    };
    let found = STEPS.into_iter().map(at).find(|found| found.len() <= most).unwrap_or_default();
    found.into_iter().map(|day| (day, label(day))).collect()
}

fn label(day: NaiveDate) -> String {
    if day.month() == 1 { day.year().to_string() } else { super::format::month(day)[..3].replace("maa", "mrt") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_reach_the_value() {
        assert_eq!(step(10_500, 5), 2_500);
        assert_eq!(step(9_900, 5), 2_000);
        assert_eq!(step(9, 2), 5);
        assert_eq!(step(0, 4), 5);
        assert_eq!(step(423, 2), 250);
    }

    #[test]
    fn months_are_labelled_with_years_where_there_are_many() {
        let between = |from: &str, to: &str, most| -> Vec<String> {
            months(from.parse().unwrap(), to.parse().unwrap(), most).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(between("2019-01-01", "2020-12-31", 8), ["2019", "apr", "jul", "okt", "2020", "apr", "jul", "okt"]);
        assert_eq!(between("2015-12-28", "2020-12-31", 3), ["2016", "2018", "2020"]);
        assert_eq!(between("2020-03-01", "2020-03-28", 3), ["mrt"]);
    }
}
