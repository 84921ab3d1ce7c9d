//! The only entry: true counts in, protected values out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::{BlockSpec, CellTable, Geography};
use crate::error::ProtectError;
use crate::memory::MemoryRecord;

/// Parameters of the method, fixed before data are seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Published counts are multiples of this (5).
    pub base: u32,
    /// |z − a| of every published count is at most this (9). The bound that is published.
    pub bound: u32,
    /// An issue keeps to this where it can (4).
    pub ideal: u32,
    /// Limit on the solver's branch-and-bound nodes per problem. Never a time: the result is the same on any machine.
    pub max_iterations: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { base: 5, bound: 9, ideal: 4, max_iterations: 2_000 }
    }
}

/// Secret key of the draws: 32 bytes from a file or the environment.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes the 32 secret bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Name of the key for records: 16 hexadecimal digits that say nothing about its bytes.
    pub fn fingerprint(&self) -> String {
        let _ = self.0;
        todo!()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// What `protect` gives.
#[derive(Debug)]
pub struct Protection {
    /// The values that may be published.
    pub table: ProtectedTable,
    /// The memory, to be stored before the first file is written. Secret.
    pub record: MemoryRecord,
    /// What the operator is told. Private.
    pub audit: ProtectionAudit,
}

/// Protected values of one period. Only [`protect`] and [`ProtectedTable::from_record`] make one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedTable {
    period: String,
    geography: Geography,
    blocks: Vec<ProtectedBlock>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ProtectedBlock {
    spec: BlockSpec,
    values: Vec<Vec<u32>>,
}

/// One published count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedCell<'a> {
    /// Code of the `maat`.
    pub measure: &'a str,
    /// Code of the `dimensie`; `None` for a total.
    pub dimension: Option<&'a str>,
    /// Code of the `categorie`; empty for a total.
    pub category: &'a str,
    /// `NL`, `VT` or `VR`.
    pub area_kind: &'a str,
    /// Code of the area.
    pub area_code: &'a str,
    /// The value, a multiple of the policy's base.
    pub value: u32,
    /// The area is withheld: the value must not be written to a file.
    pub withheld: bool,
}

impl ProtectedTable {
    /// The table of a stored record, after the certificate has been run again.
    pub fn from_record(record: &MemoryRecord) -> Result<Self, ProtectError> {
        let _ = record;
        todo!()
    }

    /// Period of the values.
    pub fn period(&self) -> &str {
        &self.period
    }

    /// Geography of the values.
    pub fn geography(&self) -> &Geography {
        &self.geography
    }

    /// Specifications of the tables, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &BlockSpec> {
        self.blocks.iter().map(|block| &block.spec)
    }

    /// Every cell but those of structural zeros: by table, then area, then category.
    pub fn cells(&self) -> impl Iterator<Item = ProtectedCell<'_>> {
        let _ = self.blocks.first().map(|b| &b.values);
        std::iter::empty()
    }

    /// One cell; `category` is empty for a total. `None` for a cell that is not published in any issue.
    pub fn lookup(
        &self,
        measure: &str,
        dimension: Option<&str>,
        category: &str,
        area_code: &str,
    ) -> Option<ProtectedCell<'_>> {
        let _ = (measure, dimension, category, area_code);
        todo!()
    }
}

/// What the operator is told, and the private record keeps. Never published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionAudit {
    /// Whether the certificate passed.
    pub passed: bool,
    /// Published and withheld cells.
    pub cells: usize,
    /// Cells of withheld areas.
    pub withheld: usize,
    /// Largest |z − a|.
    pub max_error: u32,
    /// Sum of |z − a| over all cells.
    pub total_error: u64,
    /// Cells with |z − a| above the policy's `ideal`.
    pub beyond_ideal: usize,
    /// Cells that did not get the candidate that was drawn.
    pub off_draw: usize,
    /// Findings of the certificate.
    pub findings: Vec<String>,
}

/// Protects one new period: rounds all its counts jointly, proves the result and gives the memory of it.
pub fn protect(cells: CellTable, key: &Key, policy: &Policy) -> Result<Protection, ProtectError> {
    let _ = (cells, key, policy);
    todo!()
}
