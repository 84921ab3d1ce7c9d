//! Whether a wake has come: also one that was slept through, and whatever the clock did meanwhile.

use chrono::{DateTime, TimeDelta, Utc};

use crate::schedule::LocalCron;

/// A clock may be set back by so much without a word: time servers do that.
const SMALL_STEP: TimeDelta = TimeDelta::seconds(5);

/// Watches the clock for wakes.
#[derive(Debug)]
pub struct Wakes {
    cron: LocalCron,
    looked: DateTime<Utc>,
}

/// What a look at the clock showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// No wake has come.
    Nothing,
    /// A wake has come; of several, the first.
    Wake(DateTime<Utc>),
    /// The clock was set back since the last look: wakes go by the new time.
    SetBack,
}

impl Wakes {
    /// Watches for the wakes after an instant.
    pub fn after(cron: LocalCron, looked: DateTime<Utc>) -> Self {
        Self { cron, looked }
    }

    /// Looks at the clock. Wakes that lie between two looks, however far these are apart, are one: what is due is derived.
    pub fn look(&mut self, now: DateTime<Utc>) -> Look {
        if now < self.looked {
            let set_back = self.looked - now > SMALL_STEP;
            if set_back {
                self.looked = now;
            }
            return if set_back { Look::SetBack } else { Look::Nothing };
        }
        let first = self.cron.after(self.looked).next().filter(|wake| *wake <= now);
        self.looked = now;
        first.map_or(Look::Nothing, Look::Wake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn wakes(from: &str) -> Wakes {
        Wakes::after(LocalCron::parse("0 30 6 * * Mon-Fri").unwrap(), at(from))
    }

    #[test]
    fn a_wake_comes_once() {
        // 2020-08-03 is a Monday; 06:30 in Amsterdam is 04:30 UTC in summer.
        let mut wakes = wakes("2020-08-03T04:00:00Z");
        assert_eq!(wakes.look(at("2020-08-03T04:29:59Z")), Look::Nothing);
        assert_eq!(wakes.look(at("2020-08-03T04:30:00Z")), Look::Wake(at("2020-08-03T04:30:00Z")));
        assert_eq!(wakes.look(at("2020-08-03T04:30:02Z")), Look::Nothing);
    }

    #[test]
    fn wakes_that_were_slept_through_are_one() {
        let mut wakes = wakes("2020-08-03T05:00:00Z");
        assert_eq!(wakes.look(at("2020-10-01T12:00:00Z")), Look::Wake(at("2020-08-04T04:30:00Z")));
        assert_eq!(wakes.look(at("2020-10-01T12:00:01Z")), Look::Nothing);
    }

    #[test]
    fn a_clock_that_jumps_back_wakes_again_by_its_new_time() {
        let mut wakes = wakes("2020-08-03T05:00:00Z");
        assert_eq!(wakes.look(at("2020-08-03T03:00:00Z")), Look::SetBack);
        assert_eq!(wakes.look(at("2020-08-03T04:30:10Z")), Look::Wake(at("2020-08-03T04:30:00Z")));
        assert_eq!(wakes.look(at("2020-08-03T04:30:07Z")), Look::Nothing, "a small step");
        assert_eq!(wakes.look(at("2020-08-04T04:30:00Z")), Look::Wake(at("2020-08-04T04:30:00Z")));
    }
}
