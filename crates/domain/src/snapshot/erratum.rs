//! Errata and retractions: signed records beside the snapshots, whose own files never change (DESIGN §5).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FileEntry, Issue};
use crate::period::Period;
use crate::register::AreaRef;

/// Version of the form of an erratum.
pub const ERRATUM_FORMAAT: u32 = 1;

/// Longest text, in characters.
const MAX_TEXT: usize = 600;

/// What a record does to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErratumKind {
    /// Something a reader must know; the issue stays the one to use.
    Erratum,
    /// The issue must not be used any more.
    Intrekking,
}

impl ErratumKind {
    /// The code in the record.
    pub fn code(self) -> &'static str {
        match self {
            Self::Erratum => "erratum",
            Self::Intrekking => "intrekking",
        }
    }
}

impl fmt::Display for ErratumKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An erratum or retraction of one issue, kept as `errata/3.json` with its signature beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erratum {
    /// Version of the form: [`ERRATUM_FORMAAT`].
    pub formaat: u32,
    /// Its number in the store, from 1.
    pub nummer: u32,
    /// Erratum or retraction.
    pub soort: ErratumKind,
    /// The period of the issue concerned.
    pub periode: Period,
    /// The number of the issue concerned.
    pub uitgave: u32,
    /// What readers must know, in Dutch; states no number ([`check_text`]).
    pub tekst: String,
    /// Of a retraction: its row in the history, by path in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub historie: Option<FileEntry>,
    /// When it was published.
    pub gepubliceerd_op: DateTime<Utc>,
    /// Name and version of the program.
    pub software: String,
}

impl Erratum {
    /// The folder in the published store.
    pub const FOLDER: &str = "errata";

    /// The path of the record with a number.
    pub fn path_of(nummer: u32) -> String {
        format!("{}/{nummer}.json", Self::FOLDER)
    }

    /// Its path in the published store.
    pub fn path(&self) -> String {
        Self::path_of(self.nummer)
    }

    /// The number of the record with this path.
    pub fn number_of(path: &str) -> Option<u32> {
        let number: u32 = path.strip_prefix(Self::FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok()?;
        (number > 0 && Self::path_of(number) == path).then_some(number)
    }

    /// The issue concerned.
    pub fn issue(&self) -> Issue {
        Issue { periode: self.periode, uitgave: self.uitgave }
    }

    /// Whether it retracts the issue.
    pub fn retracts(&self) -> bool {
        self.soort == ErratumKind::Intrekking
    }

    /// The stored form: indented JSON with a final newline; the same value gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::manifest::pretty(self)
    }
}

/// Why the text of an erratum is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefused {
    /// Nothing, too much, or no plain line.
    #[error("the text is one line of 1 to {MAX_TEXT} characters")]
    Form,
    /// A number stands in it: a true count would undo the rounding of every issue.
    #[error(
        "the text states a number (word {word}): an erratum is read by all who read the figures, and a true count would undo \
         their protection. Codes of regions and periods, such as VT07 and 2020W407, may stand in it"
    )]
    Number {
        /// Which word, counted from 1: the text itself is not repeated.
        word: usize,
    },
}

/// Checks that a text states no number, in digits or in words. Whole codes of regions and periods may stand in it.
///
/// # Errors
/// [`TextRefused`] says which word.
pub fn check_text(text: &str) -> Result<(), TextRefused> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(TextRefused::Form);
    }
    let separates = |c: char| c.is_whitespace() || matches!(c, '/' | '-' | '–' | '—');
    let words = text.split(separates).filter(|word| !word.is_empty());
    for (place, word) in words.enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '%');
        if !is_code(bare) && states_number(bare) {
            return Err(TextRefused::Number { word: place + 1 });
        }
    }
    Ok(())
}

/// Whole codes of regions and periods say nothing of a count.
fn is_code(word: &str) -> bool {
    let region = matches!(AreaRef::parse(word), Some(area) if !matches!(area, AreaRef::Gm(_)));
    region || word.parse::<Period>().is_ok()
}

fn states_number(word: &str) -> bool {
    let digits = word.chars().any(char::is_numeric);
    let signs = word.contains(['%', '‰']);
    digits || signs || is_number_word(&word.to_lowercase()) || is_roman(word)
}

/// Words that are a count by themselves, beside those composed of [`PARTS`].
const WORDS: &[&str] = &[
    "één",
    "half",
    "halve",
    "helft",
    "kwart",
    "procent",
    "promille",
    "percent",
    "dubbel",
    "dubbele",
    "enkeling",
    "dozijn",
    "tiental",
    "tientallen",
    "twintigtal",
    "vijftigtal",
    "honderdtal",
    "honderden",
    "duizenden",
    "duizendtal",
    "eenmaal",
    "verdubbeld",
    "gehalveerd",
    "verdrievoudigd",
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
];

/// Stems of Dutch numbers.
const STEMS: &[&str] = &[
    "zeventien",
    "veertien",
    "dertien",
    "vijftien",
    "zestien",
    "achttien",
    "negentien",
    "honderd",
    "duizend",
    "miljoen",
    "miljard",
    "twintig",
    "dertig",
    "veertig",
    "vijftig",
    "zestig",
    "zeventig",
    "tachtig",
    "negentig",
    "twaalf",
    "tiende",
    "elfde",
    "tweede",
    "derde",
    "vierde",
    "vijfde",
    "zesde",
    "zevende",
    "achtste",
    "negende",
    "zeven",
    "negen",
    "twee",
    "drie",
    "vier",
    "vijf",
    "acht",
    "tien",
    "elf",
    "zes",
    "nul",
    "één",
];

/// What joins stems, and is no number without one.
const JOINTS: &[&str] = &["een", "voud", "keer", "maal", "tal", "ste", "de", "en", "ën"];

/// Whether a word is a number, or is made wholly of stems of numbers and what joins them.
fn is_number_word(word: &str) -> bool {
    WORDS.contains(&word) || composed(word, false)
}

fn composed(word: &str, stem: bool) -> bool {
    let rest = |parts: &'static [&'static str]| parts.iter().filter_map(|part| word.strip_prefix(part));
    (word.is_empty() && stem)
        || rest(STEMS).any(|rest| composed(rest, true))
        || rest(JOINTS).any(|rest| composed(rest, stem))
}

/// Roman numerals of two letters and more, written in capitals.
fn is_roman(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| "IVXLCDM".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_numbers_is_accepted() {
        for text in [
            "De levering van VT07 over 2020W407 was niet volledig; gebruik de volgende uitgave.",
            "In een van de regio's is een verkeerde code gebruikt, en de verdeling naar aard klopt daarom niet.",
            "De eerste uitgave is ingetrokken: VR14 en VT20 zijn verwisseld.",
            "Bij het keren van de steden keerde de steen eenden.",
        ] {
            assert_eq!(check_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_text_that_states_a_number_is_refused_and_not_repeated() {
        for text in [
            "Het aantal moet 3 zijn",
            "er is één melding te veel",
            "twee meldingen",
            "drieëntwintig",
            "tweehonderdvijf adviezen",
            "een derde ervan",
            "de helft",
            "veel (ongeveer ⅓) minder",
            "٣ meldingen",
            "5% lager",
            "tientallen",
            "GM0363",
            "MM VT7",
            "XII meldingen",
            "2020-07",
            "three",
            "VT07: 12",
            "Twintig",
            "het dubbele",
            "vierde",
            "drie-vier",
        ] {
            let refused = check_text(text);
            assert!(matches!(refused, Err(TextRefused::Number { .. })), "{text}: {refused:?}");
            let said = refused.unwrap_err().to_string();
            assert!(!said.contains(text), "{said}");
        }
    }

    #[test]
    fn a_text_is_one_line() {
        for text in ["", "  ", "a\nb", &"x".repeat(601)] {
            assert_eq!(check_text(text), Err(TextRefused::Form));
        }
    }

    #[test]
    fn paths_are_read_back() {
        assert_eq!(Erratum::number_of(&Erratum::path_of(12)), Some(12));
        for path in ["errata/0.json", "errata/01.json", "errata/1.json.minisig", "errata/x.json", "1.json"] {
            assert_eq!(Erratum::number_of(path), None, "{path}");
        }
    }
}
