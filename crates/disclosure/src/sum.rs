//! A longer period as the sum of its published parts: nothing is drawn, the running errors were bounded before.

use std::collections::BTreeMap;

use crate::cell::{Area, BlockKind, BlockScope, BlockSpec, CategorySpec, Geography};
use crate::certificate::certify_among;
use crate::error::ProtectError;
use crate::memory::{BlockRecord, FORMAT, MemoryRecord, PastRecord, VERSION};
use crate::protect::{Protection, audit};
use crate::protected::ProtectedTable;

/// The sum of parts as an issue of a longer period: counts, witness and values are those of the parts, added up by the codes of
/// areas and categories. A table that a part gives for the country alone is given for the country alone; an area that a part
/// withholds is withheld. `bound`: what the running errors were kept within.
///
/// # Errors
/// [`ProtectError::Past`] when parts cannot be added up; [`ProtectError::Uncertified`] when the sum is not certified.
pub fn sum(period: &str, issue: u32, bound: u32, parts: &[&MemoryRecord]) -> Result<Protection, ProtectError> {
    let refuse = |rule: &str| ProtectError::Past { period: period.to_owned(), rule: rule.to_owned() };
    let Some(last) = parts.last() else { return Err(refuse("it has no parts")) };
    if parts.iter().any(|part| (part.policy.base, part.policy.bound) != (last.policy.base, last.policy.bound)) {
        return Err(refuse("its parts were made with different bases or bounds"));
    }
    let geography = union(parts);
    let mut blocks = Vec::with_capacity(last.blocks.len());
    for block in &last.blocks {
        let tables: Option<Vec<(&MemoryRecord, &BlockRecord)>> =
            parts.iter().map(|part| Some((*part, table(part, &block.spec)?))).collect();
        let tables = tables.ok_or_else(|| refuse(&format!("a part lacks table {}", block.spec.name())))?;
        blocks.push(add(&geography, &tables));
    }
    let record = MemoryRecord {
        format: FORMAT.to_owned(),
        version: VERSION,
        period: period.to_owned(),
        issue,
        key_fingerprint: last.key_fingerprint.clone(),
        policy: last.policy.clone(),
        geography,
        links: last.links.clone(),
        blocks,
        bound: Some(bound),
        past: PastRecord { parts: parts.iter().map(|part| part.name()).collect(), ..PastRecord::default() },
    };
    let certificate = certify_among(&record, parts);
    let table = ProtectedTable::certified(&record, &certificate)?;
    let audit = audit(&record, Vec::new(), certificate);
    Ok(Protection { table, record, audit })
}

fn table<'r>(record: &'r MemoryRecord, spec: &BlockSpec) -> Option<&'r BlockRecord> {
    record.blocks.iter().find(|block| (&block.spec.measure, &block.spec.dimension) == (&spec.measure, &spec.dimension))
}

/// Atoms and areas of all parts, in the order in which they first come.
fn union(parts: &[&MemoryRecord]) -> Geography {
    let mut atoms: Vec<String> = Vec::new();
    for atom in parts.iter().flat_map(|part| &part.geography.atoms) {
        if !atoms.contains(atom) {
            atoms.push(atom.clone());
        }
    }
    let mut areas: Vec<Area> = Vec::new();
    for part in parts {
        for area in &part.geography.areas {
            let codes = area.atoms.iter().map(|&atom| &part.geography.atoms[atom]);
            // Unwrap safety: every atom of every part is there.
            let own = codes.map(|code| atoms.iter().position(|atom| atom == code).unwrap());
            match areas.iter_mut().find(|known| known.code == area.code) {
                Some(known) => {
                    known.atoms.extend(own);
                    known.withheld |= area.withheld;
                }
                None => areas.push(Area { atoms: own.collect(), ..area.clone() }),
            }
        }
    }
    for area in &mut areas {
        area.atoms.sort_unstable();
        area.atoms.dedup();
    }
    Geography { atoms, areas }
}

fn add(geography: &Geography, tables: &[(&MemoryRecord, &BlockRecord)]) -> BlockRecord {
    let spec = common_spec(tables);
    let width = spec.categories.len();
    let column: BTreeMap<&str, usize> =
        spec.categories.iter().enumerate().map(|(index, category)| (category.code.as_str(), index)).collect();
    let empty = vec![vec![0_u32; width]; geography.atoms.len()];
    let (mut truth, mut witness) = (empty.clone(), empty);
    let mut published: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (record, block) in tables {
        let columns: Vec<usize> = block.spec.categories.iter().map(|category| column[category.code.as_str()]).collect();
        let fold = |into: &mut [u32], row: &[u32]| {
            for (&column, &count) in columns.iter().zip(row) {
                // A sum that does not fit is left at the largest: the certificate refuses it.
                into[column] = into[column].saturating_add(count);
            }
        };
        for (index, code) in record.geography.atoms.iter().enumerate() {
            let Some(atom) = geography.atoms.iter().position(|atom| atom == code) else { continue };
            fold(&mut truth[atom], &block.truth[index]);
            fold(&mut witness[atom], &block.witness[index]);
        }
        for (area, row) in record.geography.areas_in(block.spec.scope).zip(&block.published) {
            fold(published.entry(&area.code).or_insert_with(|| vec![0; width]), row);
        }
    }
    let rows = geography.areas_in(spec.scope);
    let published = rows.map(|area| published.get(area.code.as_str()).cloned().unwrap_or_else(|| vec![0; width]));
    let published = published.collect();
    BlockRecord { truth, witness, published, spec }
}

/// The table as all parts give it: categories of any of them, a structural zero where it is one in all.
fn common_spec(tables: &[(&MemoryRecord, &BlockRecord)]) -> BlockSpec {
    let mut categories: Vec<CategorySpec> = Vec::new();
    let mut scope = BlockScope::AllAreas;
    for (_, block) in tables {
        if block.spec.scope == BlockScope::NationalOnly {
            scope = BlockScope::NationalOnly;
        }
        for category in &block.spec.categories {
            match categories.iter_mut().find(|known| known.code == category.code) {
                Some(known) => known.structural_zero &= category.structural_zero,
                None => categories.push(category.clone()),
            }
        }
    }
    let (_, last) = tables[tables.len() - 1];
    debug_assert!(last.spec.kind != BlockKind::Total || categories.len() == 1);
    BlockSpec { categories, scope, ..last.spec.clone() }
}
