//! Errata and retractions: signed records beside the snapshots, whose own files never change (DESIGN §5).

mod text;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FileEntry, Issue, PreviousIssue};
use crate::period::Period;

pub use self::text::{TextRefused, check_text};

/// Version of the form of an erratum.
pub const ERRATUM_FORMAAT: u32 = 1;

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
    /// The record before it in the store, by path and digest; nothing for the first. None can be taken away unseen.
    pub vorige: Option<PreviousIssue>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_back() {
        assert_eq!(Erratum::number_of(&Erratum::path_of(12)), Some(12));
        for path in ["errata/0.json", "errata/01.json", "errata/1.json.minisig", "errata/x.json", "1.json"] {
            assert_eq!(Erratum::number_of(path), None, "{path}");
        }
    }
}
