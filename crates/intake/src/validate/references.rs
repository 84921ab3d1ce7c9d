//! Looks up the meldingen that services refer to: in this delivery, then in the months before it.

use std::collections::HashSet;

use arrow::array::{Array, FixedSizeBinaryArray};
use object_store::path::Path;
use parquet::arrow::ProjectionMask;
use parquet::errors::{ParquetError, Result as ParquetResult};
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::counts_over;
use vt_vault::{DeliveryRecord, Registrations, Vault};

use crate::error::IntakeError;

/// How many of the references are to meldingen that are neither in this delivery nor in the `months` before it; nothing when one
/// of those months was not delivered as a whole, as then nobody can tell.
///
/// # Errors
/// [`IntakeError`] when earlier registrations cannot be read.
pub(crate) async fn unknown(
    vault: &Vault,
    references: Vec<u64>,
    ids: &[u64],
    month: Month,
    months: usize,
    history: &[DeliveryRecord],
) -> Result<u64, IntakeError> {
    let wanted: HashSet<u64> = references.iter().copied().collect();
    let present: HashSet<u64> = ids.iter().copied().filter(|id| wanted.contains(id)).collect();
    let mut missing: HashSet<u64> = wanted.difference(&present).copied().collect();
    let mut before = month;
    let mut earlier = Vec::with_capacity(months);
    for _ in 0..months {
        before = before.previous();
        let Some(record) = whole_month(history, before) else { return Ok(0) };
        earlier.push(vault.registration_path(&record.id(), RecordType::Melding));
    }
    for path in earlier {
        if missing.is_empty() {
            return Ok(0);
        }
        missing = without(vault, path, missing).await?;
    }
    Ok(references.iter().filter(|reference| missing.contains(reference)).count() as u64)
}

/// The delivery that counts for a month, when it covers all of it.
fn whole_month(history: &[DeliveryRecord], month: Month) -> Option<&DeliveryRecord> {
    let accepted = history.iter().filter(|record| record.accepted() && record.kop.leveringsmaand == month);
    let counting = accepted.reduce(|best, record| if counts_over(&record.kop, &best.kop) { record } else { best });
    counting.filter(|record| record.kop.covers_month())
}

/// The missing ones that are not among the ids of a file of registrations.
async fn without(vault: &Vault, path: Path, missing: HashSet<u64>) -> Result<HashSet<u64>, IntakeError> {
    Ok(vault.read_registrations(&path, move |file| look_up(file, missing)).await?)
}

fn look_up(file: &Registrations, mut missing: HashSet<u64>) -> ParquetResult<HashSet<u64>> {
    let builder = file.reader();
    let only_id = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
    for batch in builder.with_projection(only_id).build()? {
        let batch = batch?;
        let ids = batch.column(0).as_any().downcast_ref::<FixedSizeBinaryArray>();
        let ids = ids.ok_or_else(|| ParquetError::General("column `id` is no fixed-size binary".into()))?;
        for id in (0..ids.len()).map(|row| ids.value(row)) {
            if let Ok(first) = <[u8; 8]>::try_from(&id[..id.len().min(8)]) {
                missing.remove(&u64::from_le_bytes(first));
            }
        }
        if missing.is_empty() {
            break;
        }
    }
    Ok(missing)
}
