//! How many records the files of a delivery hold: for one that came by hand, without a listing that promises it.

use vt_domain::contract::RecordType;
use vt_domain::finding::Scope;

use super::pass::Pass;
use crate::checks::Check;
use crate::error::IntakeError;
use crate::parse::{ParsedDelivery, Table};

/// The same delivery, with the number of records that its files hold in place of what its entry promised; as [`validate`] counts.
///
/// [`validate`]: super::validate
///
/// # Errors
/// [`IntakeError`] when the store or a thread fails.
pub async fn counted(parsed: ParsedDelivery, threads: usize) -> Result<ParsedDelivery, IntakeError> {
    let mut counts = Vec::new();
    for file in &parsed.entry().bestanden {
        let pass = Pass { parsed: &parsed, file, threads };
        let add = |sum: &mut u64, records: u64| {
            *sum += records;
            Ok(())
        };
        let (_, records) = pass.run(|| |table: &Table, _: u64| records(table), 0_u64, add).await?;
        counts.push((file.recordsoort, records));
    }
    Ok(parsed.with_records(&counts))
}

fn records(table: &Table) -> u64 {
    let is_record = |check: Check| check.scope() == Scope::Record || check == Check::OnbekendeSleutel;
    (table.rows() + table.faults.iter().filter(|fault| is_record(fault.check)).count()) as u64
}

impl ParsedDelivery {
    fn with_records(mut self, counts: &[(RecordType, u64)]) -> Self {
        for file in self.entry_mut().bestanden.iter_mut() {
            if let Some((_, records)) = counts.iter().find(|(kind, _)| *kind == file.recordsoort) {
                file.records = *records;
            }
        }
        self
    }
}
