//! The Dutch words of the pages for the names that the service uses.

use vt_domain::month::Month;

pub use crate::dutch::{day, second, time};

pub mod audit;
pub mod run;

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

/// Months, oldest first: those that follow each other as one, such as `feb 2019 t/m mei 2019`.
pub fn months(months: &[Month]) -> String {
    const NAMED: usize = 3;
    let spans: Vec<&[Month]> = months.chunk_by(|one, next| one.next() == *next).collect();
    let named: Vec<String> = spans.iter().take(NAMED).map(|span| span_of(span)).collect();
    match spans.iter().skip(NAMED).map(|span| span.len()).sum() {
        0 => named.join(", "),
        more => format!("{} en nog {}", named.join(", "), count(more, "maand", "maanden")),
    }
}

fn span_of(span: &[Month]) -> String {
    match span {
        [] => String::new(),
        [one] => month(*one),
        [first, .., last] => format!("{} t/m {}", month(*first), month(*last)),
    }
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
    ("accepted", "geaccepteerd"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_that_follow_each_other_are_told_as_one() {
        let of = |names: &[&str]| months(&names.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&["2019-05"]), "mei 2019");
        assert_eq!(of(&["2018-12", "2019-01", "2019-02"]), "dec 2018 t/m feb 2019");
        let scattered = ["2019-01", "2019-03", "2019-05", "2019-07", "2019-08"];
        assert_eq!(of(&scattered), "jan 2019, mrt 2019, mei 2019 en nog 2 maanden");
    }
}
