//! A longer period with a wider bound than its parts: an ISO year.

use serde::Serialize;

use crate::memory::IssueName;

use super::issue::{PublishedIssue, Store};
use super::model::label;

/// Findings beyond this many are counted, not listed.
const MOST_FINDINGS: usize = 20;

/// A sum whose bound is wider than that of its parts.
#[derive(Clone, Debug)]
pub struct Longer {
    pub(super) issue: PublishedIssue,
}

/// What came of the check of a [`Longer`].
///
/// A cell of it is the sum of the cells of its parts. At any point of one part's family, with the witnesses of the other
/// parts, its row holds: so each of its cells, differences and changes keeps at least the interval that one of its parts
/// has, moved by the others. It is safe when nothing is found here and every part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LongerAttack {
    /// The issue.
    pub issue: IssueName,
    /// Cells checked.
    pub cells: usize,
    /// What does not hold: rule and codes of the cell.
    pub findings: Vec<String>,
    /// The issues that it is the sum of.
    pub parts: Vec<IssueName>,
}

impl Longer {
    /// The issue.
    pub fn issue(&self) -> &PublishedIssue {
        &self.issue
    }

    /// Checks that every published cell is the sum of the published cells of the parts, so that the errors of witnesses add
    /// up to 0, and that the bound is at least that of each part. A cell that a part leaves empty must be empty: readers would
    /// have the part from the sum, less the others.
    pub fn attack(&self, store: &Store) -> LongerAttack {
        let own = &self.issue;
        let mut found =
            LongerAttack { issue: own.name.clone(), cells: 0, findings: Vec::new(), parts: own.parts.clone() };
        let mut more = 0;
        let mut find = |findings: &mut Vec<String>, rule: String| {
            if findings.len() < MOST_FINDINGS { findings.push(rule) } else { more += 1 }
        };
        let parts: Vec<&PublishedIssue> = own.parts.iter().filter_map(|part| store.issue(part)).collect();
        if parts.len() != own.parts.len() {
            find(&mut found.findings, format!("{}: a part is itself such a sum", label(own)));
        }
        for part in parts.iter().filter(|part| part.bound > own.bound || part.base != own.base) {
            find(
                &mut found.findings,
                format!("{}: the bound or base of its part {} does not fit", label(own), label(part)),
            );
        }
        for table in &own.tables {
            let rows = own.geography.areas_in(table.spec.scope).zip(&table.values);
            for (area, row) in rows {
                for (code, value) in table.spec.categories.iter().zip(row) {
                    let Some(value) = *value else { continue };
                    let cell = || format!("{} {}/{} in {}", label(own), table.spec.name(), code.code, area.code);
                    let (measure, dimension) = (&table.spec.measure, table.spec.dimension.as_deref());
                    let of = |part: &&PublishedIssue| cell_value(part, measure, dimension, &area.code, &code.code);
                    found.cells += 1;
                    match parts.iter().map(of).sum::<Option<u64>>() {
                        Some(sum) if sum == u64::from(value) => {}
                        Some(_) => find(&mut found.findings, format!("{}: not the sum of its parts", cell())),
                        None => find(&mut found.findings, format!("{}: given, though a part does not give it", cell())),
                    }
                }
            }
        }
        if more > 0 {
            found.findings.push(format!("and {more} more"));
        }
        found
    }
}

/// A published value by codes: 0 where the part has no such area or category, nothing where it has and does not give it.
fn cell_value(
    part: &PublishedIssue,
    measure: &str,
    dimension: Option<&str>,
    area: &str,
    category: &str,
) -> Option<u64> {
    let table = &part.tables[part.table(measure, dimension)?];
    let Some(column) = table.spec.categories.iter().position(|code| code.code == category) else { return Some(0) };
    if table.spec.categories[column].structural_zero {
        return Some(0);
    }
    let mut rows = part.geography.areas_in(table.spec.scope).zip(&table.values);
    match rows.find(|(other, _)| other.code == area) {
        Some((_, row)) => row[column].map(u64::from),
        None if part.geography.areas.iter().any(|other| other.code == area) => None,
        None => Some(0),
    }
}
