//! The rows of `wijzigingen`: what differs from the issue before and from the period before, from published values (DESIGN §6).
//!
//! A figure stands in it when its value, its status or the reason for its absence differs. Against the issue before all figures are
//! compared; against the period before those of kerncijfers, and of verdelingen those of NL: by region nearly all differ there, and
//! mostly by rounding.

mod compare;
mod diff;
#[cfg(test)]
mod tests;

pub use diff::{Diff, DiffIssue, DiffNote, DiffRow, StatusChange, diff};

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vt_domain::snapshot::SnapshotTable;

use crate::indicators::{Bases, OtherIssue};
use crate::render::explanation::{ChangedFrom, Explanation, NamedFile};
use crate::tables::TableRows;
use compare::Comparing;

/// What a total has for dimension and category.
pub(crate) const TOTAL: &str = "totaal";
/// What a total has for the label of its category.
pub(crate) const TOTAL_LABEL: &str = "Totaal";

/// With what a snapshot's figures are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The issue of the same period before this one.
    VorigeUitgave,
    /// The period before, in the issue that was newest.
    VorigePeriode,
}

impl Against {
    /// The code in the table.
    pub fn code(self) -> &'static str {
        match self {
            Self::VorigeUitgave => "vorige_uitgave",
            Self::VorigePeriode => "vorige_periode",
        }
    }
}

/// With which issues a snapshot is compared, as `toelichting.json` says it.
pub(crate) fn named(bases: &Bases) -> Vec<ChangedFrom> {
    let named = |(met, other): (Against, &Arc<OtherIssue>)| ChangedFrom {
        met,
        periode: other.issue.periode,
        uitgave: other.issue.uitgave,
        bestanden: other
            .bestanden
            .iter()
            .map(|(bestand, sha256)| NamedFile { bestand: bestand.clone(), sha256: sha256.clone() })
            .collect(),
    };
    compared(bases).into_iter().map(named).collect()
}

fn compared(bases: &Bases) -> Vec<(Against, &Arc<OtherIssue>)> {
    let issue = bases.previous_issue.iter().map(|other| (Against::VorigeUitgave, other));
    issue.chain(bases.previous_period.iter().map(|other| (Against::VorigePeriode, other))).collect()
}

/// The rows of `wijzigingen` of a snapshot with these counts.
pub fn change_rows(explanation: &Explanation, totals: &TableRows, parts: &TableRows, bases: &Bases) -> TableRows {
    let mut rows = Vec::new();
    for (against, other) in compared(bases) {
        let comparing = Comparing { explanation, against, other };
        for (ours, theirs) in [(totals, &other.totals), (parts, &other.parts)] {
            rows.extend(comparing.rows(ours, theirs));
        }
    }
    TableRows::sorted(SnapshotTable::Wijzigingen, rows)
}
