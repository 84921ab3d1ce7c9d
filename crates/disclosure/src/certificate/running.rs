//! The certificate of a longer period in the end, whatever the order in which its parts were made (DESIGN §7).
//!
//! Each part names the others that were there; a part that names too few would be bounded by too few. What stands in the end
//! depends on nobody's word: the errors of all parts, added up cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use crate::cell::{BlockScope, NATIONAL};
use crate::memory::{BlockRecord, IssueName, MemoryRecord};
use crate::past::InputChange;

/// A table by its measure and dimension.
type Table<'a> = (&'a str, Option<&'a str>);

/// What a record says of one longer period that it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidSum<'a> {
    /// Code of the longer period.
    pub period: &'a str,
    /// Within what its running errors were kept.
    pub bound: u32,
    /// The other parts that were there.
    pub others: &'a [IssueName],
}

impl MemoryRecord {
    /// [`Self::inputs`] of measures whose counts rest on other deliveries too, by measure.
    pub fn apart(&self) -> &BTreeMap<String, Vec<InputChange>> {
        &self.past.apart
    }

    /// The longer periods that it says it is a part of.
    pub fn said_sums(&self) -> impl Iterator<Item = SaidSum<'_>> {
        let sums = self.past.sums.iter();
        sums.map(|sum| SaidSum { period: &sum.period, bound: sum.bound, others: &sum.others })
    }
}

/// Checks that |Σz − Σa| of every cell of `period` over `parts`, the newest issue of each of its rounded parts, is at most
/// `bound`. A cell that a part lacks counts as 0, as in the sum; a table that a part gives for the country alone is checked for
/// the country alone. Findings: rules and codes of cells, no counts. Trusts nothing in the records, their shape included.
pub fn certify_running(period: &str, bound: u32, parts: &[&MemoryRecord]) -> Vec<String> {
    let mut findings = Vec::new();
    let distinct: BTreeSet<&str> = parts.iter().map(|part| part.period.as_str()).collect();
    if distinct.len() != parts.len() {
        findings.push(format!("{period}: a part is counted twice"));
    }
    let blocks = || parts.iter().flat_map(|part| part.blocks.iter().map(move |block| (*part, block)));
    let national: BTreeSet<Table<'_>> = blocks()
        .filter(|(_, block)| block.spec.scope == BlockScope::NationalOnly)
        .map(|(_, block)| table(block))
        .collect();
    let mut running: BTreeMap<(Table<'_>, &str, &str), i128> = BTreeMap::new();
    for (part, block) in blocks() {
        let alone = national.contains(&table(block));
        for (row, area) in part.geography.areas_in(block.spec.scope).enumerate() {
            if alone && area.kind != NATIONAL {
                continue;
            }
            for (column, category) in block.spec.categories.iter().enumerate() {
                let cell = (table(block), category.code.as_str(), area.code.as_str());
                match error(block, row, &area.atoms, column) {
                    Some(error) => *running.entry(cell).or_insert(0) += error,
                    None => findings.push(format!("{period}: {} of {} is not whole", block.spec.name(), part.period)),
                }
            }
        }
    }
    let beyond = running.into_iter().filter(|(_, error)| error.unsigned_abs() > u128::from(bound));
    findings.extend(beyond.map(|(((measure, dimension), category, area), _)| {
        let table =
            dimension.map_or_else(|| measure.to_owned(), |dimension| format!("{measure}/{dimension}/{category}"));
        format!("{period} {table} in {area}: the running error over its parts is beyond its bound")
    }));
    findings
}

fn table(block: &BlockRecord) -> Table<'_> {
    (&block.spec.measure, block.spec.dimension.as_deref())
}

/// z − a of a cell; nothing when the record does not hold it.
fn error(block: &BlockRecord, row: usize, atoms: &[usize], column: usize) -> Option<i128> {
    let published = i128::from(*block.published.get(row)?.get(column)?);
    let counts = atoms.iter().map(|&atom| Some(i128::from(*block.truth.get(atom)?.get(column)?)));
    Some(counts.sum::<Option<i128>>()? - published)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Area, BlockKind, BlockSpec, CategorySpec, CellTable, Geography, Key, Past, Policy, protect};

    fn area(kind: &str, code: &str, atoms: &[usize]) -> Area {
        Area { kind: kind.into(), code: code.into(), atoms: atoms.to_vec(), withheld: false }
    }

    /// In VT06, 12 of the country's 29 by telephone.
    fn part(period: &str, national: bool) -> MemoryRecord {
        let areas = vec![area("NL", "NL01", &[0, 1]), area("VT", "VT06", &[0]), area("VT", "VT13", &[1])];
        let geography = Geography { atoms: vec!["A".into(), "B".into()], areas };
        let channels = ["telefoon", "mail"].map(CategorySpec::plain).to_vec();
        let channel = BlockSpec::breakdown("m", "kanaal", BlockKind::Single, channels);
        let channel = if national { channel.national_only() } else { channel };
        let blocks =
            vec![(BlockSpec::total("m"), vec![vec![20], vec![35]]), (channel, vec![vec![12, 8], vec![17, 18]])];
        let cells = CellTable::new(period, geography, blocks).unwrap();
        protect(cells, &Past::first(), &Key::from_bytes([7; 32]), &Policy::default()).unwrap().record
    }

    /// The record with another published value for VT06 by telephone.
    fn moved(mut record: MemoryRecord, value: u32) -> MemoryRecord {
        record.blocks[1].published[1][0] = value;
        record
    }

    #[test]
    fn errors_of_parts_that_are_in_order_add_up_within_their_bounds_alone_and_not_together() {
        let parts = ["2020W125", "2020W126", "2020W127", "2020W128"].map(|period| moved(part(period, false), 15));
        let of = |count: usize| certify_running("2020W407", 9, &parts.iter().take(count).collect::<Vec<_>>());
        // 12 published as 15 in each: three of them are 9 apart, four are 12.
        assert_eq!(of(3).iter().filter(|finding| finding.contains("VT06")).count(), 0);
        let found = of(4);
        let expected = "2020W407 m/kanaal/telefoon in VT06: the running error over its parts is beyond its bound";
        assert!(found.contains(&expected.to_owned()), "{found:?}");
        assert!(certify_running("2020ISO", 19, &parts.iter().collect::<Vec<_>>()).is_empty());
    }

    #[test]
    fn what_a_part_gives_for_the_country_alone_is_bounded_for_the_country_alone() {
        let wide = ["2020W125", "2020W126", "2020W127", "2020W128"].map(|period| moved(part(period, false), 15));
        let narrow = part("2020W214", true);
        let parts: Vec<&MemoryRecord> = wide.iter().chain([&narrow]).collect();
        assert!(
            !certify_running("2020ISO", 9, &parts).iter().any(|finding| finding.contains("kanaal/telefoon in VT06"))
        );
    }

    #[test]
    fn a_part_twice_or_not_whole_is_found() {
        let one = part("2020W125", false);
        assert_eq!(certify_running("2020W407", 9, &[&one, &one]), ["2020W407: a part is counted twice"]);
        let mut torn = one.clone();
        torn.blocks[0].truth.pop();
        let found = certify_running("2020W407", 9, &[&torn]);
        assert!(found.contains(&"2020W407: m of 2020W125 is not whole".to_owned()), "{found:?}");
    }
}
