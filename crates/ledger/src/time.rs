//! Instants as text of fixed width, UTC, to the millisecond: `2020-08-05T06:30:00.000Z`.
//!
//! Such text sorts as the instants compare, and is the same on every database.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::LedgerError;

/// How many characters an instant has.
const WIDTH: usize = 24;

/// An instant as it is kept; what is finer than a millisecond is cut off.
pub(crate) fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An instant that somebody chose, as it is kept: refused when its year has not four digits, for it would not sort.
pub(crate) fn checked(instant: DateTime<Utc>) -> Result<String, LedgerError> {
    let text = text(instant);
    if text.len() == WIDTH {
        return Ok(text);
    }
    Err(LedgerError::Invalid { reason: "an instant lies within the years 0 to 9999" })
}

/// Reads a kept instant; nothing when it is none.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};
    use proptest::prelude::*;

    #[test]
    fn finer_than_a_millisecond_is_cut_off() {
        let instant = Utc.with_ymd_and_hms(2020, 8, 5, 6, 30, 0).unwrap() + TimeDelta::nanoseconds(1_999_999);
        assert_eq!(text(instant), "2020-08-05T06:30:00.001Z");
    }

    #[test]
    fn an_instant_that_would_not_sort_is_refused() {
        let last = instant("9999-12-31T23:59:59.999Z").unwrap();
        assert_eq!(checked(last).ok(), Some(text(last)));
        for beyond in [last + TimeDelta::milliseconds(1), DateTime::<Utc>::MIN_UTC] {
            assert!(matches!(checked(beyond), Err(LedgerError::Invalid { .. })), "{beyond}");
        }
    }

    #[test]
    fn what_is_no_instant_is_nothing() {
        assert_eq!(instant("2020-08-05"), None);
        assert_eq!(instant("yesterday"), None);
    }

    proptest! {
        #[test]
        fn text_sorts_as_instants_compare_and_reads_back(a in 0..4_000_000_000_000i64, b in 0..4_000_000_000_000i64) {
            let at = |millis| Utc.timestamp_millis_opt(millis).unwrap();
            prop_assert_eq!(text(at(a)).len(), 24);
            prop_assert_eq!(instant(&text(at(a))), Some(at(a)));
            prop_assert_eq!(text(at(a)).cmp(&text(at(b))), a.cmp(&b));
        }
    }
}
