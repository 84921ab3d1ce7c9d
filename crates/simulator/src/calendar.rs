//! Days and months as small numbers: the plan covers 2018 to 2021.

use chrono::{Datelike, Days, NaiveDate};
use vt_domain::Month;
use vt_domain::workday::is_working_day;

/// A day, counted from 1-1-2018.
pub type Day = usize;

/// Days that are planned: 2018 to 2021.
pub const DAYS: usize = 1461;

/// Months that are planned: 2018-01 to 2021-12.
pub const MONTHS: usize = 48;

/// Half-years that are planned: 2018HJ01 to 2021HJ02.
pub const HALF_YEARS: usize = 8;

const FIRST_YEAR: i32 = 2018;

/// 1-1-2018.
pub fn first_date() -> NaiveDate {
    // Unwrap safety: every year has a 1 January.
    NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1).unwrap()
}

/// The date of a day.
pub fn date(day: Day) -> NaiveDate {
    first_date() + Days::new(day as u64)
}

/// The day of a date; nothing before 2018.
pub fn day(date: NaiveDate) -> Option<Day> {
    usize::try_from((date - first_date()).num_days()).ok()
}

/// The number of a month, from 0; nothing when it is not planned.
pub fn month_index(month: Month) -> Option<usize> {
    let index = (month.year() - FIRST_YEAR) * 12 + month.number() as i32 - 1;
    usize::try_from(index).ok().filter(|index| *index < MONTHS)
}

/// The month with this number.
pub fn month(index: usize) -> Month {
    // Unwrap safety: months 1–12 of 2018 to 2021 exist, and callers stay below MONTHS.
    Month::new(FIRST_YEAR + (index / 12) as i32, (index % 12) as u32 + 1).unwrap()
}

/// The half-year of a day; [`HALF_YEARS`] or more when it is not planned.
pub fn half_year(day: Day) -> usize {
    let date = date(day);
    ((date.year() - FIRST_YEAR) * 2) as usize + usize::from(date.month() > 6)
}

/// CBS's code of a half-year, such as `2019HJ01`.
pub fn half_year_code(index: usize) -> String {
    format!("{}HJ{:02}", FIRST_YEAR as usize + index / 2, index % 2 + 1)
}

/// Day of the week, 0 = Monday.
pub fn weekday(day: Day) -> usize {
    // 1-1-2018 was a Monday.
    day % 7
}

/// Where months begin, and working days after a day, looked up in place of counted.
#[derive(Debug)]
pub struct Calendar {
    month_starts: Vec<Day>,
    working_days: Vec<Day>,
    next_working: Vec<usize>,
}

impl Calendar {
    /// The calendar of the planned days and the year after.
    pub fn new() -> Self {
        let mut month_starts: Vec<Day> = (0..MONTHS).filter_map(|m| day(month(m).first_day())).collect();
        month_starts.push(DAYS);
        let mut working_days = Vec::new();
        let mut next_working = Vec::new();
        for day in 0..DAYS + 366 {
            next_working.push(working_days.len());
            if is_working_day(date(day)) {
                working_days.push(day);
            }
        }
        Self { month_starts, working_days, next_working }
    }

    /// The days of a month.
    pub fn days_of(&self, month: usize) -> std::ops::Range<Day> {
        self.month_starts[month]..self.month_starts[month + 1]
    }

    /// The n-th working day after a day; with n = 0 the first on or after it.
    pub fn working_day_after(&self, day: Day, n: usize) -> Day {
        let at = if n == 0 { self.next_working[day] } else { self.next_working[day + 1] + n - 1 };
        self.working_days[at]
    }

    /// Whether a day is a public holiday on a Monday to Friday, or a weekend day.
    pub fn is_free(&self, day: Day) -> bool {
        self.working_days.binary_search(&day).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_agree_with_the_calendar() {
        let calendar = Calendar::new();
        assert_eq!(date(DAYS - 1), "2021-12-31".parse().unwrap());
        assert_eq!(calendar.days_of(0), 0..31);
        assert_eq!(calendar.days_of(MONTHS - 1).end, DAYS);
        assert_eq!(month_index("2018-12".parse().unwrap()), Some(11));
        assert_eq!(month_index("2022-01".parse().unwrap()), None);
        assert_eq!(month_index("2017-12".parse().unwrap()), None);
        for index in 0..MONTHS {
            assert_eq!(month_index(month(index)), Some(index));
            assert_eq!(calendar.days_of(index).len(), month(index).days() as usize);
        }
    }

    #[test]
    fn working_days_pass_over_weekends_and_holidays() {
        let calendar = Calendar::new();
        let at = |text: &str| day(text.parse().unwrap()).unwrap();
        assert_eq!(calendar.working_day_after(at("2020-04-09"), 1), at("2020-04-14"), "Easter of 2020");
        assert_eq!(calendar.working_day_after(at("2020-04-11"), 0), at("2020-04-14"));
        assert_eq!(calendar.working_day_after(at("2019-06-03"), 0), at("2019-06-03"));
        assert_eq!(calendar.working_day_after(at("2019-06-03"), 5), at("2019-06-11"), "Whit Monday of 2019");
        assert!(calendar.is_free(at("2020-04-27")) && !calendar.is_free(at("2020-04-28")));
    }

    #[test]
    fn half_years_have_cbs_codes() {
        assert_eq!(half_year_code(half_year(day("2019-06-30".parse().unwrap()).unwrap())), "2019HJ01");
        assert_eq!(half_year_code(half_year(day("2019-07-01".parse().unwrap()).unwrap())), "2019HJ02");
        assert_eq!(weekday(day("2020-07-05".parse().unwrap()).unwrap()), 6);
    }
}
