//! The disclosure memory of one issue: truth z, published a and witness x̂. As secret as the registrations.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::{BlockSpec, Geography};
use crate::links::Link;
use crate::past::InputChange;
use crate::policy::Policy;

/// Name of the stored format.
pub const FORMAT: &str = "vt-monitor/disclosure-memory";
/// Version of the stored format. Records of version 1, of first issues alone, are still read.
pub const VERSION: u32 = 2;

/// All that decides the values of one issue, and proves them. Secret: it holds true counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryRecord {
    pub(crate) format: String,
    pub(crate) version: u32,
    pub(crate) period: String,
    /// Number of the issue, from 1.
    #[serde(default = "first_issue")]
    pub(crate) issue: u32,
    pub(crate) key_fingerprint: String,
    pub(crate) policy: Policy,
    pub(crate) geography: Geography,
    pub(crate) links: Vec<Link>,
    pub(crate) blocks: Vec<BlockRecord>,
    /// |z − a| of every cell is at most this; absent in version 1, where it is the policy's bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bound: Option<u32>,
    /// Earlier records that bind this one.
    #[serde(default)]
    pub(crate) past: PastRecord,
}

/// Which earlier records bind a record, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PastRecord {
    /// The issue of the same period before this one, published or void.
    pub(crate) previous: Option<u32>,
    /// The issues before that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<u32>,
    /// Per atom, how its deliveries relate to those of the issue before; empty without one.
    pub(crate) inputs: Vec<InputChange>,
    /// The same for measures whose counts rest on other deliveries too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) apart: BTreeMap<String, Vec<InputChange>>,
    /// Longer periods that this one is a part of, with the other parts that were there.
    pub(crate) sums: Vec<SumRecord>,
    /// The parts that this one is the sum of; empty for a period that was rounded itself.
    pub(crate) parts: Vec<IssueName>,
    /// Measures of which the witness of an unchanged count may have moved in atoms whose deliveries were replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) loose: Vec<String>,
}

/// A longer period whose running error was kept within a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SumRecord {
    pub(crate) period: String,
    pub(crate) bound: u32,
    pub(crate) others: Vec<IssueName>,
}

/// Names a record: a period and an issue of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueName {
    /// Code of the period.
    pub period: String,
    /// Number of the issue, from 1.
    pub issue: u32,
}

fn first_issue() -> u32 {
    1
}

/// One table of a [`MemoryRecord`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockRecord {
    pub(crate) spec: BlockSpec,
    /// z, `[atom][category]`.
    pub(crate) truth: Vec<Vec<u32>>,
    /// x̂, `[atom][category]`.
    pub(crate) witness: Vec<Vec<u32>>,
    /// a, `[area in scope][category]`, areas in the order of the geography.
    pub(crate) published: Vec<Vec<u32>>,
}

impl fmt::Debug for MemoryRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRecord")
            .field("version", &self.version)
            .field("period", &self.period)
            .field("issue", &self.issue)
            .field("key_fingerprint", &self.key_fingerprint)
            .finish_non_exhaustive()
    }
}

impl MemoryRecord {
    /// Period of the issue.
    pub fn period(&self) -> &str {
        &self.period
    }

    /// Number of the issue, from 1.
    pub fn issue(&self) -> u32 {
        self.issue
    }

    /// Period and issue.
    pub fn name(&self) -> IssueName {
        IssueName { period: self.period.clone(), issue: self.issue }
    }

    /// |z − a| of every cell is at most this: 9, or for an ISO year 14 or 19.
    pub fn bound(&self) -> u32 {
        self.bound.unwrap_or(self.policy.bound)
    }

    /// The records that this one is the sum of; empty for a period that was rounded itself.
    pub fn parts(&self) -> &[IssueName] {
        &self.past.parts
    }

    /// Every earlier record that this one names: the issue before, the parts beside it, the parts it sums.
    pub fn named(&self) -> impl Iterator<Item = IssueName> {
        let before = self.past.previous.iter().chain(&self.past.earlier);
        let previous = before.map(|&issue| IssueName { period: self.period.clone(), issue });
        let beside = self.past.sums.iter().flat_map(|sum| &sum.others);
        previous.chain(beside.chain(&self.past.parts).cloned())
    }

    /// How the deliveries behind each atom relate to those of the issue before; empty for a first issue.
    pub fn inputs(&self) -> &[InputChange] {
        &self.past.inputs
    }

    /// Fingerprint of the key that the draws were made with.
    pub fn key_fingerprint(&self) -> &str {
        &self.key_fingerprint
    }

    /// Policy that the values were made under.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Geography of the issue.
    pub fn geography(&self) -> &Geography {
        &self.geography
    }
}
