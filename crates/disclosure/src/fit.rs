//! How near published values are to the registered counts, in figures over many records. Private, but without counts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::memory::MemoryRecord;

/// Distribution of |z − a| over the cells of records, structural zeros left out; withheld cells are among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Cells.
    pub cells: u64,
    /// Cells by |z − a|: 0, 1, 2, …
    pub by_error: Vec<u64>,
    /// Cells beyond the adjacent multiples.
    pub beyond_ideal: u64,
    /// The totals of measures, by kind of area.
    pub totals: BTreeMap<String, TotalFit>,
}

/// The same of the totals of measures in one kind of area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TotalFit {
    /// Cells.
    pub cells: u64,
    /// Sum of |z − a|.
    pub error: u64,
    /// Largest |z − a|.
    pub largest: u32,
}

impl Fit {
    /// Adds the cells of a record.
    pub fn add(&mut self, record: &MemoryRecord) {
        for block in &record.blocks {
            for (area, row) in record.geography.areas_in(block.spec.scope).zip(&block.published) {
                for (column, _) in block.spec.categories.iter().enumerate().filter(|(_, code)| !code.structural_zero) {
                    let truth: u32 = area.atoms.iter().map(|&atom| block.truth[atom][column]).sum();
                    let error = truth.abs_diff(row[column]);
                    self.cells += 1;
                    self.beyond_ideal += u64::from(error > record.policy.ideal);
                    let place = error as usize;
                    if self.by_error.len() <= place {
                        self.by_error.resize(place + 1, 0);
                    }
                    self.by_error[place] += 1;
                    if block.spec.dimension.is_none() {
                        let total = self.totals.entry(area.kind.clone()).or_default();
                        total.cells += 1;
                        total.error += u64::from(error);
                        total.largest = total.largest.max(error);
                    }
                }
            }
        }
    }

    /// Share of cells beyond the adjacent multiples, in percent.
    pub fn beyond_ideal_percent(&self) -> f64 {
        100.0 * self.beyond_ideal as f64 / self.cells.max(1) as f64
    }
}

impl TotalFit {
    /// Mean of |z − a|.
    pub fn mean(&self) -> f64 {
        self.error as f64 / self.cells.max(1) as f64
    }
}
