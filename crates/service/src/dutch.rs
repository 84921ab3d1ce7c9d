//! Days and times as people in the Netherlands read them, on the page, in messages and in refusals.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Amsterdam;

/// A day, such as `14-9-2020`.
pub fn day(day: NaiveDate) -> String {
    day.format("%-d-%-m-%Y").to_string()
}

/// A time of day, to the minute.
pub fn time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Amsterdam).format("%-d-%-m-%Y %H:%M").to_string()
}

/// A time of day, to the second.
pub fn second(at: DateTime<Utc>) -> String {
    at.with_timezone(&Amsterdam).format("%-d-%-m-%Y %H:%M:%S").to_string()
}
