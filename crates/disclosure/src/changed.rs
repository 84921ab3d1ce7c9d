//! How much a revision changes, before it is made: how many published cells have another count, never which count.

use crate::memory::MemoryRecord;
use crate::past::same_shape;
use crate::table::CellTable;

/// How many cells of an area have another count than in an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCells {
    /// `NL`, `VT` or `VR`.
    pub kind: String,
    /// Code of the area.
    pub code: String,
    /// Cells whose count is another one.
    pub changed: u32,
    /// Cells that are published of it.
    pub cells: u32,
}

impl CellTable {
    /// Per area, how many cells have another count than in an issue of the same period; nothing when that has other areas or
    /// tables. For plans of operators: it tells how much would change, and no count.
    pub fn changed_from(&self, record: &MemoryRecord) -> Option<Vec<ChangedCells>> {
        if !same_shape(self, record) {
            return None;
        }
        let areas = self.geography.areas.iter().map(|area| {
            let (mut changed, mut cells) = (0, 0);
            for (block, before) in self.blocks.iter().zip(&record.blocks) {
                if !block.spec.scope.includes(area) {
                    continue;
                }
                let categories = block.spec.categories.iter().enumerate();
                for (column, _) in categories.filter(|(_, category)| !category.structural_zero) {
                    let sum =
                        |rows: &[Vec<u32>]| area.atoms.iter().map(|&atom| u64::from(rows[atom][column])).sum::<u64>();
                    cells += 1;
                    changed += u32::from(sum(&block.counts) != sum(&before.truth));
                }
            }
            ChangedCells { kind: area.kind.clone(), code: area.code.clone(), changed, cells }
        });
        Some(areas.collect())
    }
}
