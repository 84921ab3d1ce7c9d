//! The Dutch words of the pages for the names that the service uses.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Amsterdam;
use vt_domain::month::Month;

/// Months, short.
const MONTHS: [&str; 12] = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];

/// A month, such as `jul 2020`.
pub fn month(month: Month) -> String {
    format!("{} {}", month_name(month), month.year())
}

/// The name of a month without its year.
pub fn month_name(month: Month) -> &'static str {
    MONTHS[month.number() as usize - 1]
}

/// A day, such as `14-9-2020`.
pub fn day(day: NaiveDate) -> String {
    day.format("%-d-%-m-%Y").to_string()
}

/// An instant in local time, such as `14-9-2020 08:00`.
pub fn time(at: DateTime<Utc>) -> String {
    at.with_timezone(&Amsterdam).format("%-d-%-m-%Y %H:%M").to_string()
}

/// The same with seconds.
pub fn second(at: DateTime<Utc>) -> String {
    at.with_timezone(&Amsterdam).format("%-d-%-m-%Y %H:%M:%S").to_string()
}

/// A number and its noun.
pub fn count(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// The word for a name of the service; the name itself when it has none.
pub fn word(name: &str) -> &str {
    WORDS.iter().find(|(of, _)| *of == name).map_or(name, |(_, word)| word)
}

/// Names of states and kinds, and their words.
const WORDS: [(&str, &str); 22] = [
    ("week", "wekelijks"),
    ("two_weeks", "tweewekelijks"),
    ("four_weeks", "vierwekelijks"),
    ("iso_year", "ISO-jaar"),
    ("accepted", "goedgekeurd"),
    ("rejected", "afgekeurd"),
    ("failed", "mislukt"),
    ("succeeded", "gelukt"),
    ("partial", "deels gelukt"),
    ("stopped", "gestopt"),
    ("interrupted", "afgebroken"),
    ("running", "bezig"),
    ("done", "klaar"),
    ("skipped", "overgeslagen"),
    ("paused", "gepauzeerd"),
    ("cancelled", "afgebroken"),
    ("waiting", "wacht"),
    ("pull", "ophalen"),
    ("publish", "publiceren"),
    ("outage", "buiten gebruik"),
    ("extension", "uitstel"),
    ("pause", "gepauzeerd"),
];
