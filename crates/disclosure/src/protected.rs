//! Values that may be published.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::cell::{BlockSpec, Geography};
use crate::certificate::{Certificate, certify};
use crate::error::ProtectError;
use crate::memory::MemoryRecord;

/// Protected values of one period. Only [`crate::protect`] and [`ProtectedTable::from_record`] make one, and both run
/// the certificate. Serialised, it holds the published cells; neither there nor in `Debug` are values of withheld areas.
#[derive(Clone, PartialEq, Eq)]
pub struct ProtectedTable {
    period: String,
    bound: u32,
    geography: Geography,
    blocks: Vec<ProtectedBlock>,
}

#[derive(Clone, PartialEq, Eq)]
struct ProtectedBlock {
    spec: BlockSpec,
    /// `[area in scope][category]`.
    values: Vec<Vec<u32>>,
}

/// One count of a protected table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// One published count, as it is serialised.
#[derive(serde::Serialize)]
struct PublishedCell<'a> {
    measure: &'a str,
    dimension: Option<&'a str>,
    category: &'a str,
    area: &'a str,
    value: u32,
}

impl Serialize for ProtectedTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells().filter(|cell| !cell.withheld).map(|cell| PublishedCell {
            measure: cell.measure,
            dimension: cell.dimension,
            category: cell.category,
            area: cell.area_code,
            value: cell.value,
        });
        let mut table = serializer.serialize_struct("ProtectedTable", 2)?;
        table.serialize_field("period", &self.period)?;
        table.serialize_field("cells", &cells.collect::<Vec<_>>())?;
        table.end()
    }
}

impl fmt::Debug for ProtectedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables: Vec<String> = self.blocks().map(BlockSpec::name).collect();
        f.debug_struct("ProtectedTable").field("period", &self.period).field("tables", &tables).finish_non_exhaustive()
    }
}

impl ProtectedTable {
    /// The table of a stored record, after the certificate has been run again.
    pub fn from_record(record: &MemoryRecord) -> Result<Self, ProtectError> {
        Self::certified(record, &certify(record))
    }

    /// The table of a record that passed this certificate of it.
    pub(crate) fn certified(record: &MemoryRecord, certificate: &Certificate) -> Result<Self, ProtectError> {
        if !certificate.passed() {
            let findings = certificate.findings.clone();
            return Err(ProtectError::Uncertified { period: record.period.clone(), findings });
        }
        let blocks = record
            .blocks
            .iter()
            .map(|block| ProtectedBlock { spec: block.spec.clone(), values: block.published.clone() });
        Ok(Self {
            period: record.period.clone(),
            bound: record.bound(),
            geography: record.geography.clone(),
            blocks: blocks.collect(),
        })
    }

    /// Period of the values.
    pub fn period(&self) -> &str {
        &self.period
    }

    /// How far a value may be from the registered count.
    pub fn bound(&self) -> u32 {
        self.bound
    }

    /// Geography of the values.
    pub fn geography(&self) -> &Geography {
        &self.geography
    }

    /// Specifications of the tables, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &BlockSpec> {
        self.blocks.iter().map(|block| &block.spec)
    }

    /// Every cell but those of structural zeros: by table, then area, then category. Cells of withheld areas are marked.
    pub fn cells(&self) -> impl Iterator<Item = ProtectedCell<'_>> {
        self.blocks.iter().flat_map(move |block| {
            let rows = self.geography.areas_in(block.spec.scope).zip(&block.values);
            rows.flat_map(move |(area, row)| {
                let cells = block.spec.categories.iter().zip(row).filter(|(category, _)| !category.structural_zero);
                cells.map(move |(category, &value)| ProtectedCell {
                    measure: &block.spec.measure,
                    dimension: block.spec.dimension.as_deref(),
                    category: &category.code,
                    area_kind: &area.kind,
                    area_code: &area.code,
                    value,
                    withheld: area.withheld,
                })
            })
        })
    }

    /// One cell; `category` is empty for a total. `None` for a cell that no issue publishes: an unknown code, a
    /// structural zero, an area outside the table's scope.
    pub fn lookup(
        &self,
        measure: &str,
        dimension: Option<&str>,
        category: &str,
        area_code: &str,
    ) -> Option<ProtectedCell<'_>> {
        let block = self
            .blocks
            .iter()
            .find(|block| block.spec.measure == measure && block.spec.dimension.as_deref() == dimension)?;
        let column = block.spec.categories.iter().position(|spec| spec.code == category && !spec.structural_zero)?;
        let mut rows = self.geography.areas_in(block.spec.scope).zip(&block.values);
        let (area, row) = rows.find(|(area, _)| area.code == area_code)?;
        Some(ProtectedCell {
            measure: &block.spec.measure,
            dimension: block.spec.dimension.as_deref(),
            category: &block.spec.categories[column].code,
            area_kind: &area.kind,
            area_code: &area.code,
            value: row[column],
            withheld: area.withheld,
        })
    }
}
