//! What a check says of a delivery.

use serde::{Deserialize, Serialize};

use crate::contract::RecordType;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Informs.
    Signaal,
    /// Is reported to the region.
    Waarschuwing,
    /// Rejects the record (scope record) or the delivery (other scopes).
    Fout,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One file.
    Bestand,
    /// One record.
    Record,
    /// The delivery as a whole.
    Levering,
    /// The delivery beside the region's own history.
    Reeks,
}

/// One finding: a check that did not hold. Never holds the content of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Id of the check in the catalogue, such as `R012`.
    pub check: String,
    /// How grave.
    pub severity: Severity,
    /// What the check looks at.
    pub scope: Scope,
    /// The file, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bestand: Option<RecordType>,
    /// The field, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub veld: Option<String>,
    /// How many records (or files, days) it concerns.
    pub aantal: u64,
    /// The first records concerned, at most [`MAX_EXAMPLES`]. For the region's own report; never in a log or a snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voorbeelden: Vec<RecordRef>,
    /// What is wrong and how to mend it, in Dutch.
    pub melding: String,
}

/// At most so many records are named in a finding.
pub const MAX_EXAMPLES: usize = 20;

/// Names a record in the region's own report.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRef {
    /// Line in the file, from 1; the CSV header is line 1.
    pub regel: u64,
    /// The region's own id of the record; absent when it is empty or of wrong form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl std::fmt::Debug for RecordRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "regel {}", self.regel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_never_shows_in_debug_output() {
        let record = RecordRef { regel: 7, id: Some("M-GEHEIM".into()) };
        assert_eq!(format!("{record:?}"), "regel 7");
    }

    #[test]
    fn fout_is_the_gravest() {
        assert!(Severity::Fout > Severity::Waarschuwing && Severity::Waarschuwing > Severity::Signaal);
    }
}
