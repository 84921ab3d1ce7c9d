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
    /// What the attack before publication found; absent in what was reserved before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<AttackAudit>,
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

/// What the attack before publication found. Private: only the verdict is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackAudit {
    /// Whether every target is proven safe.
    pub passed: bool,
    /// Cells and differences attacked.
    pub targets: usize,
    /// Of these, proven safe.
    pub proven: usize,
    /// Of these, not decided within the limits.
    pub unchecked: usize,
    /// What was found to be unsafe or to contradict: targets, and measures without a witness.
    pub faults: usize,
    /// What is unsafe or unchecked, by codes and rule; at most a few. Never an interval: it is told to the operator.
    pub findings: Vec<String>,
    /// How long it took, in milliseconds. Told to the operator and not stored: a reservation is the same whenever it is made.
    #[serde(skip)]
    pub milliseconds: u64,
    /// How long it might have taken, in seconds.
    pub time_limit_seconds: u64,
}

impl AttackAudit {
    /// Why the issue is not published and what to do, in a sentence; nothing when it passed.
    pub fn refusal(&self) -> Option<String> {
        if self.passed {
            return None;
        }
        let first = self.findings.first().map_or("none named", String::as_str);
        let Self { targets, proven, unchecked, time_limit_seconds, .. } = self;
        let advice = if *unchecked > 0 && self.faults == 0 {
            format!(
                "Nothing unsafe was found, but not all was decided within {time_limit_seconds} s: raise time_limit_seconds or \
                 max_solves under [disclosure.attack] and publish again"
            )
        } else {
            "This is an error in the protection or in the disclosure memory, not in the deliveries: publish nothing of this \
             period, keep the private store as it is, and report the case"
                .to_owned()
        };
        let left = targets.saturating_sub(*proven);
        Some(format!("{left} of {targets} targets of the attack are not proven safe (first: {first}). {advice}"))
    }
}
