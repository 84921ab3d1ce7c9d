//! The only entry: true counts in, protected values out.

use crate::atoms::Regions;
use crate::audit::{MeasureAudit, ProtectionAudit};
use crate::certificate::{Certificate, certify_among};
use crate::draw::Key;
use crate::error::ProtectError;
use crate::memory::{BlockRecord, FORMAT, MemoryRecord, VERSION};
use crate::model::{Measure, Witness};
use crate::past::{Bonds, Past};
use crate::policy::Policy;
use crate::protected::ProtectedTable;
use crate::round::round;
use crate::table::{Block, CellTable};

/// What to do when a period has no solution.
const ADVICE: &str = "Raise max_iterations in the disclosure policy if the solver's limit was reached; otherwise check \
                      the measure's deliveries, and publish the period without the tables named here or report the case.";

/// What [`protect`] gives.
#[derive(Debug)]
pub struct Protection {
    /// The values that may be published.
    pub table: ProtectedTable,
    /// The memory, to be stored before the first file is written. Secret.
    pub record: MemoryRecord,
    /// What the operator is told. Private.
    pub audit: ProtectionAudit,
}

/// Protects one issue of a period: rounds all its counts jointly, proves the result and gives the memory of it.
///
/// A first issue keeps to the adjacent multiples where it can. In a revision every cell whose count is that of the issue
/// before keeps value and witness. The running errors of longer periods stay within their bounds.
/// The same counts, past, key and policy give the same values on any machine. Nothing may be published after an error.
pub fn protect(cells: CellTable, past: &Past<'_>, key: &Key, policy: &Policy) -> Result<Protection, ProtectError> {
    policy.check()?;
    past.check(&cells, &key.fingerprint())?;
    let regions = Regions::of(&cells.geography);
    let bonds = Bonds::of(past, policy.base);
    // Every table gets its witness below: a CellTable has totals for each measure, and they bring in all its tables.
    let mut witnesses: Vec<Witness> = vec![Vec::new(); cells.blocks.len()];
    let mut measures = Vec::new();
    let mut off_draw = 0;
    let mut loose = Vec::new();
    for measure in Measure::all(&cells, &regions, &bonds, key, policy) {
        let rounded = round(&measure, policy).map_err(|reason| ProtectError::NoSolution {
            period: cells.period.clone(),
            measure: measure.name.to_owned(),
            reason: reason.to_owned(),
            advice: ADVICE.to_owned(),
        })?;
        if rounded.loose {
            loose.push(measure.name.to_owned());
        }
        off_draw += count_off_draw(&measure, &rounded.witnesses, &cells, &regions);
        measures.push(MeasureAudit { measure: measure.name.to_owned(), widened: rounded.widened });
        for (&block, witness) in measure.indices.iter().zip(rounded.witnesses) {
            witnesses[block] = witness;
        }
    }
    let mut record = record(cells, witnesses, past, key, policy);
    record.past.loose = loose;
    let known = past.known();
    let certificate = certify_among(&record, &known);
    let table = ProtectedTable::certified(&record, &certificate)?;
    let mut audit = audit(&record, measures, certificate);
    audit.off_draw = off_draw;
    audit.kept = past.previous.map_or(0, |previous| count_kept(&record, previous));
    Ok(Protection { table, record, audit })
}

/// Cells of areas, equal ones each counted, that did not get the candidate that was drawn.
fn count_off_draw(measure: &Measure<'_>, witnesses: &[Witness], cells: &CellTable, regions: &Regions) -> usize {
    let mut count = 0;
    for (block, witness) in witnesses.iter().enumerate() {
        let spec = &measure.blocks[block].spec;
        for (area, _) in cells.geography.areas.iter().enumerate().filter(|(_, area)| spec.scope.includes(area)) {
            let region = regions.of_area(area);
            let atoms = &regions.get(region).atoms;
            let value = |category: usize| atoms.iter().map(|&atom| witness[atom][category]).sum();
            let drawn = |category: &usize| measure.is_drawn(block, *category, region, value(*category));
            count += (0..spec.categories.len()).filter(|category| !drawn(category)).count();
        }
    }
    count
}

fn record(cells: CellTable, witnesses: Vec<Witness>, past: &Past<'_>, key: &Key, policy: &Policy) -> MemoryRecord {
    let CellTable { period, geography, blocks, links } = cells;
    let base = i64::from(policy.base);
    let blocks = blocks.into_iter().zip(witnesses).map(|(Block { spec, counts }, witness)| {
        // A value that does not fit is left at its largest: the certificate refuses it.
        let count = |&units: &i64| u32::try_from(units * base).unwrap_or(u32::MAX);
        let witness: Vec<Vec<u32>> = witness.iter().map(|row| row.iter().map(count).collect()).collect();
        let sum = |atoms: &[usize], category: usize| atoms.iter().map(|&atom| witness[atom][category]).sum();
        let published = geography
            .areas_in(spec.scope)
            .map(|area| (0..spec.categories.len()).map(|category| sum(&area.atoms, category)).collect())
            .collect();
        BlockRecord { spec, truth: counts, witness, published }
    });
    let blocks = blocks.collect();
    MemoryRecord {
        format: FORMAT.to_owned(),
        version: VERSION,
        period,
        issue: past.issue,
        key_fingerprint: key.fingerprint(),
        policy: policy.clone(),
        geography,
        links,
        blocks,
        bound: Some(policy.bound),
        past: past.record(),
    }
}

/// Cells of areas that have the count of the issue before.
fn count_kept(record: &MemoryRecord, previous: &MemoryRecord) -> usize {
    let mut kept = 0;
    for (block, before) in record.blocks.iter().zip(&previous.blocks) {
        let count = |rows: &[Vec<u32>], atoms: &[usize], column: usize| {
            atoms.iter().map(|&atom| u64::from(rows[atom][column])).sum::<u64>()
        };
        for area in record.geography.areas_in(block.spec.scope) {
            let categories = block.spec.categories.iter().enumerate().filter(|(_, spec)| !spec.structural_zero);
            kept += categories
                .filter(|&(column, _)| {
                    count(&block.truth, &area.atoms, column) == count(&before.truth, &area.atoms, column)
                })
                .count();
        }
    }
    kept
}

/// What the operator is told about a record.
pub(crate) fn audit(record: &MemoryRecord, measures: Vec<MeasureAudit>, certificate: Certificate) -> ProtectionAudit {
    let mut audit = ProtectionAudit {
        passed: certificate.findings.is_empty(),
        cells: 0,
        withheld: 0,
        max_error: 0,
        total_error: 0,
        beyond_ideal: 0,
        off_draw: 0,
        kept: 0,
        attack: None,
        measures,
        findings: certificate.findings,
    };
    for block in &record.blocks {
        for (area, row) in record.geography.areas_in(block.spec.scope).zip(&block.published) {
            for (column, _) in block.spec.categories.iter().enumerate().filter(|(_, spec)| !spec.structural_zero) {
                let truth: u32 = area.atoms.iter().map(|&atom| block.truth[atom][column]).sum();
                let error = truth.abs_diff(row[column]);
                audit.cells += 1;
                audit.withheld += usize::from(area.withheld);
                audit.max_error = audit.max_error.max(error);
                audit.total_error += u64::from(error);
                audit.beyond_ideal += usize::from(error > record.policy.ideal);
            }
        }
    }
    audit
}
