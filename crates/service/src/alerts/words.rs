//! Dutch for what people read in messages: days, months and lists.

use std::collections::BTreeSet;

use vt_domain::month::Month;
use vt_publication::tables::coverage::MONTHS;

pub use crate::dutch::{day, time as local};

/// Between what is wrong and why: what stands before it every reader may read.
const CAUSE: &str = " Oorzaak: ";

/// What is wrong, with why.
pub fn with_cause(what: &str, cause: &str) -> String {
    format!("{what}{CAUSE}{cause}.")
}

/// What is wrong without why; nothing of a text that names no cause.
pub fn without_cause(text: &str) -> Option<&str> {
    text.split_once(CAUSE).map(|(what, _)| what)
}

/// Months, those that follow each other in one: `mei en juni 2020`, `november 2019 t/m februari 2020`.
pub fn months(months: &BTreeSet<Month>) -> String {
    let mut spans: Vec<(Month, Month)> = Vec::new();
    for month in months {
        match spans.last_mut() {
            Some((_, last)) if last.next() == *month => *last = *month,
            _ => spans.push((*month, *month)),
        }
    }
    list(&spans.into_iter().map(|(first, last)| span(first, last)).collect::<Vec<_>>())
}

fn span(first: Month, last: Month) -> String {
    let name = |month: Month| MONTHS[month.number() as usize - 1];
    let end = format!("{} {}", name(last), last.year());
    let between = if first.next() == last { "en" } else { "t/m" };
    match first {
        _ if first == last => end,
        _ if first.year() == last.year() => format!("{} {between} {end}", name(first)),
        _ => format!("{} {} {between} {end}", name(first), first.year()),
    }
}

/// A list: `a, b en c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} en {last}", most.join(", ")),
    }
}

/// The same with a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(names: &[&str]) -> String {
        months(&names.iter().map(|name| name.parse().unwrap()).collect())
    }

    #[test]
    fn months_that_follow_each_other_are_one() {
        assert_eq!(said(&["2020-06"]), "juni 2020");
        assert_eq!(said(&["2020-06", "2020-05"]), "mei en juni 2020");
        assert_eq!(said(&["2019-11", "2019-12", "2020-01"]), "november 2019 t/m januari 2020");
        assert_eq!(
            said(&["2019-12", "2020-01", "2020-03", "2020-05", "2020-06", "2020-07"]),
            "december 2019 en januari 2020, maart 2020 en mei t/m juli 2020"
        );
    }

    #[test]
    fn a_text_without_a_cause_tells_a_reader_nothing() {
        let text = with_cause("Het is laat.", "er is niets geleverd");
        assert_eq!(text, "Het is laat. Oorzaak: er is niets geleverd.");
        assert_eq!((without_cause(&text), without_cause("Iets.")), (Some("Het is laat."), None));
    }
}
