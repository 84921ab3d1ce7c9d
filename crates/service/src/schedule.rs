//! When cron wakes us: expressions read in Europe/Amsterdam, right on both clock-change nights.
//!
//! Cron only wakes; what is due is derived ([`crate::due`]). The `cron` crate skips the spring gap and fires twice in the
//! autumn fold, so it walks the local calendar as naive times here, and one function maps local time to instant.

#[cfg(test)]
mod oracle;

use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Amsterdam;
use cron::Schedule;

/// A cron expression in Europe/Amsterdam: seconds, minutes, hours, day of month, month, weekday (by name), and optionally year.
#[derive(Debug, Clone)]
pub struct LocalCron(Schedule);

/// An expression that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// Not a cron expression.
    #[error(
        "`{0}` is no cron expression: write seconds, minutes, hours, day of month, month and weekday, such as `0 30 6 * * Mon-Fri`"
    )]
    Syntax(String),
    /// Weekdays by number mean different days in different programs.
    #[error("`{0}` names weekdays by number; write Mon, Tue, Wed, Thu, Fri, Sat or Sun")]
    WeekdayNumber(String),
    /// It never fires.
    #[error("`{0}` never comes: there is no such day; `config check` shows the next wakes of an expression")]
    Never(String),
    /// It does not fire for years.
    #[error("`{0}` does not come within the next {YEARS} years: the service would never wake")]
    NotSoon(String),
}

/// Within so many years a wake must come; 29 February does.
const YEARS: i32 = 4;

impl LocalCron {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`CronError`] when it is none, or names weekdays by number.
    pub fn parse(expression: &str) -> Result<Self, CronError> {
        let weekdays = expression.split_whitespace().nth(5).unwrap_or_default();
        // A step such as */2 or Mon/2 counts days, it names none.
        let names = weekdays.split(',').filter_map(|item| item.split('/').next());
        if names.flat_map(str::chars).any(|c| c.is_ascii_digit()) {
            return Err(CronError::WeekdayNumber(expression.to_owned()));
        }
        let cron = expression.parse().map(Self).map_err(|_| CronError::Syntax(expression.to_owned()))?;
        // The years of a schedule end, so that one that never fires is found out.
        let first = cron.after(DateTime::UNIX_EPOCH + TimeDelta::days(365)).next();
        if first.is_some() { Ok(cron) } else { Err(CronError::Never(expression.to_owned())) }
    }

    /// Reads an expression that is to fire before long.
    ///
    /// # Errors
    /// [`CronError`]; also when it does not fire within some years from `now`.
    pub fn parse_soon(expression: &str, now: DateTime<Utc>) -> Result<Self, CronError> {
        let cron = Self::parse(expression)?;
        let first = cron.after(now).next();
        let comes = first.is_some_and(|first| first.year() - now.year() <= YEARS);
        if comes { Ok(cron) } else { Err(CronError::NotSoon(expression.to_owned())) }
    }

    /// The instants after `after` at which it fires, in order, each once.
    pub fn after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        // An hour of local time stands twice in the autumn fold: begin before it and let the filter drop what is past.
        let local = after.with_timezone(&Amsterdam).naive_local() - TimeDelta::hours(2);
        let mut last = after;
        let walk = self.0.after_owned(local.and_utc()).map(|naive| instant(naive.naive_utc()));
        walk.filter(move |instant| {
            let fires = *instant > last;
            last = last.max(*instant);
            fires
        })
    }

    /// The last instant at or before `at` at which it fired; nothing when it did not within a year.
    pub fn latest(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Nearest first: a dense expression is not walked through for a year.
        [1, 25, 200, 1600, 9000].into_iter().find_map(|hours| {
            let from = at - TimeDelta::hours(hours);
            self.after(from).take_while(|fired| *fired <= at).last()
        })
    }
}

/// The instant of a local time: in the spring gap the next instant that exists, in the autumn fold the first of the two.
pub fn instant(local: NaiveDateTime) -> DateTime<Utc> {
    match Amsterdam.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
        LocalResult::None => {
            let before = Amsterdam.from_local_datetime(&(local - TimeDelta::hours(1)));
            // Unwrap safety: a gap of Europe/Amsterdam is one hour, so the hour before it exists.
            let before = before.earliest().unwrap();
            let jumped = before.to_utc() + TimeDelta::hours(1);
            jumped - TimeDelta::seconds(i64::from(chrono::Timelike::num_seconds_from_midnight(&local)) % 3600)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn fires(expression: &str, after: &str, n: usize) -> Vec<String> {
        let cron = LocalCron::parse(expression).unwrap();
        cron.after(utc(after)).take(n).map(|t| t.with_timezone(&Amsterdam).format("%d %H:%M%:z").to_string()).collect()
    }

    #[test]
    fn a_time_in_the_spring_gap_fires_once_when_it_ends() {
        for (year, day) in [(2019, 31), (2020, 29), (2021, 28)] {
            let after = format!("{year}-03-{}T12:00:00Z", day - 1);
            let expected = [format!("{day} 03:00+02:00"), next_day(year, day, "02:30+02:00")];
            assert_eq!(fires("0 30 2 * * *", &after, 2), expected, "{year}");
        }
    }

    #[test]
    fn a_time_in_the_autumn_fold_fires_once() {
        for (year, day) in [(2019, 27), (2020, 25), (2021, 31)] {
            let after = format!("{year}-10-{}T12:00:00Z", day - 1);
            let found = fires("0 30 2 * * *", &after, 2);
            assert_eq!(found[0], format!("{day} 02:30+02:00"), "{year}");
            assert!(found[1].ends_with("02:30+01:00") && !found[1].starts_with(&day.to_string()), "{year}: {found:?}");
        }
    }

    fn next_day(year: i32, day: u32, time: &str) -> String {
        let date = chrono::NaiveDate::from_ymd_opt(year, 3, day).unwrap().succ_opt().unwrap();
        format!("{} {time}", date.format("%d"))
    }

    #[test]
    fn a_dense_expression_stays_in_order_on_both_nights() {
        let spring = fires("0 */30 * * * *", "2020-03-29T00:15:00Z", 4);
        assert_eq!(spring, ["29 01:30+01:00", "29 03:00+02:00", "29 03:30+02:00", "29 04:00+02:00"]);
        let autumn = fires("0 */30 * * * *", "2020-10-24T23:40:00Z", 5);
        assert_eq!(autumn, ["25 02:00+02:00", "25 02:30+02:00", "25 03:00+01:00", "25 03:30+01:00", "25 04:00+01:00"]);
    }

    #[test]
    fn started_within_the_fold_it_never_fires_for_the_past() {
        let cron = LocalCron::parse("0 30 2 * * *").unwrap();
        let second_pass = utc("2020-10-25T01:10:00Z");
        assert!(cron.after(second_pass).take(3).all(|t| t > second_pass));
    }

    #[test]
    fn the_latest_is_the_one_before_or_now() {
        let latest = |expression: &str, at: &str| LocalCron::parse(expression).unwrap().latest(utc(at));
        let weekdays = "0 30 6 * * Mon-Fri";
        assert_eq!(latest(weekdays, "2020-08-09T12:00:00Z"), Some(utc("2020-08-07T04:30:00Z")), "on a Sunday");
        assert_eq!(latest(weekdays, "2020-08-10T04:29:59Z"), Some(utc("2020-08-07T04:30:00Z")));
        assert_eq!(latest(weekdays, "2020-08-10T04:30:00Z"), Some(utc("2020-08-10T04:30:00Z")));
        assert_eq!(latest("0 0 6 1 * *", "2020-08-31T04:00:00Z"), Some(utc("2020-08-01T04:00:00Z")));
        assert_eq!(latest("0 0 6 29 2 *", "2019-08-31T04:00:00Z"), None);
    }

    #[test]
    fn weekdays_go_by_name() {
        assert!(matches!(LocalCron::parse("0 0 6 * * 1-5"), Err(CronError::WeekdayNumber(_))));
        assert!(matches!(LocalCron::parse("every day"), Err(CronError::Syntax(_))));
        assert!(matches!(LocalCron::parse("0 0 0 30 2 *"), Err(CronError::Never(_))));
        let soon = |expression| LocalCron::parse_soon(expression, utc("2020-09-14T06:00:00Z"));
        assert!(soon("0 0 0 29 2 *").is_ok() && soon("0 30 6 * * Mon-Fri").is_ok());
        assert!(matches!(soon("0 0 6 * * * 2019"), Err(CronError::NotSoon(_))));
        // 2021-02-05 is a Friday.
        assert_eq!(fires("0 0 6 * * Mon-Fri", "2021-02-05T06:00:00Z", 1), ["08 06:00+01:00"]);
    }

    #[test]
    fn agrees_with_a_walk_over_every_minute() {
        let expression = "0 15,45 */3 * * *";
        let (from, until) = (utc("2020-03-27T00:00:00Z"), utc("2020-04-01T00:00:00Z"));
        let found: Vec<_> = LocalCron::parse(expression).unwrap().after(from).take_while(|t| *t < until).collect();
        let mut minutes = (from + TimeDelta::minutes(1)).timestamp() / 60;
        let mut expected = Vec::new();
        while minutes * 60 < until.timestamp() {
            let local = DateTime::from_timestamp(minutes * 60, 0).unwrap().with_timezone(&Amsterdam);
            let (hour, minute) = (chrono::Timelike::hour(&local), chrono::Timelike::minute(&local));
            if hour % 3 == 0 && (minute == 15 || minute == 45) {
                expected.push(local.to_utc());
            }
            minutes += 1;
        }
        assert_eq!(found, expected);
    }
}
