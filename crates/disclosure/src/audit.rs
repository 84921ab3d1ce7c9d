//! What the operator is told about a protected period. Private: it says how well the values fit, which nobody else may know.

use serde::{Deserialize, Serialize};

/// How a period was protected, for the operator and the private record. Never published: "no solution among the adjacent
/// multiples" would exclude exactly the possibilities that protect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionAudit {
    /// Whether the certificate passed.
    pub passed: bool,
    /// Published and withheld cells, structural zeros left out.
    pub cells: usize,
    /// Of these, cells of withheld areas.
    pub withheld: usize,
    /// Largest |z − a|.
    pub max_error: u32,
    /// Sum of |z − a| over all cells.
    pub total_error: u64,
    /// Cells with |z − a| above the policy's `ideal`.
    pub beyond_ideal: usize,
    /// Cells that did not get the candidate that was drawn.
    pub off_draw: usize,
    /// Cells that keep the value of the issue before, because their count is the same.
    #[serde(default)]
    pub kept: usize,
    /// How each measure was solved.
    pub measures: Vec<MeasureAudit>,
    /// Findings of the certificate.
    pub findings: Vec<String>,
}

/// How one measure was solved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureAudit {
    /// Code of the `maat`.
    pub measure: String,
    /// Whether cells had to go further than the adjacent multiples.
    pub widened: bool,
}
