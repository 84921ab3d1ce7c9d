//! The disclosure memory of one issue: truth z, published a and witness x̂. As secret as the registrations.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::{BlockSpec, Geography};
use crate::links::Link;
use crate::policy::Policy;

/// Name of the stored format.
pub const FORMAT: &str = "vt-monitor/disclosure-memory";
/// Version of the stored format.
pub const VERSION: u32 = 1;

/// All that decides the values of one issue, and proves them. Secret: it holds true counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryRecord {
    pub(crate) format: String,
    pub(crate) version: u32,
    pub(crate) period: String,
    pub(crate) key_fingerprint: String,
    pub(crate) policy: Policy,
    pub(crate) geography: Geography,
    pub(crate) links: Vec<Link>,
    pub(crate) blocks: Vec<BlockRecord>,
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
            .field("key_fingerprint", &self.key_fingerprint)
            .finish_non_exhaustive()
    }
}

impl MemoryRecord {
    /// Period of the issue.
    pub fn period(&self) -> &str {
        &self.period
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
