//! The only source of "now". Everything that depends on time takes a [`Clock`], so that a run can be played at any date.

use std::fmt::Debug;
use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Amsterdam;

/// Tells the time. Instants are UTC; days are local days in Europe/Amsterdam.
pub trait Clock: Send + Sync + Debug {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;

    /// The present day in Europe/Amsterdam.
    fn today(&self) -> NaiveDate {
        local_date(self.now())
    }
}

/// The day on which an instant falls in Europe/Amsterdam; at the ends of what can be written, the day in UTC: a delivery may claim any instant.
pub fn local_date(instant: DateTime<Utc>) -> NaiveDate {
    let utc = instant.naive_utc();
    let offset = Amsterdam.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).unwrap_or(utc).date()
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is set: for tests, the demo and replays.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that stands at `instant`.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Mutex::new(instant))
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, instant: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = instant;
    }

    /// Moves the clock on by `by`.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_in_amsterdam() {
        let late_evening_utc = Utc.with_ymd_and_hms(2020, 7, 31, 22, 30, 0).unwrap();
        assert_eq!(local_date(late_evening_utc), NaiveDate::from_ymd_opt(2020, 8, 1).unwrap());
    }

    #[test]
    fn an_instant_at_the_end_of_time_has_a_day() {
        assert_eq!(local_date(DateTime::<Utc>::MAX_UTC), NaiveDate::MAX);
        assert_eq!(local_date(DateTime::<Utc>::MIN_UTC), NaiveDate::MIN);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = Utc.with_ymd_and_hms(2021, 2, 8, 6, 0, 0).unwrap();
        let clock = ManualClock::at(start);
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::days(2));
        assert_eq!(clock.today(), NaiveDate::from_ymd_opt(2021, 2, 10).unwrap());
        clock.set(start);
        assert_eq!(clock.now(), start);
    }
}
