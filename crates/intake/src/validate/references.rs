//! Looks up the meldingen that services refer to: in this delivery, then in the months before it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, FixedSizeBinaryArray};
use bytes::{Buf, Bytes};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::counts_over;
use vt_vault::{DeliveryRecord, Vault};

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
    let store = Arc::clone(vault.store());
    let name = path.to_string();
    let failed = |source: ParquetError| IntakeError::Earlier { path: name.clone(), source };
    let size = store.head(&path).await.map_err(|error| failed(ParquetError::External(Box::new(error))))?.size;
    let object = StoredObject { store, path, size, handle: Handle::current() };
    let looked_up = spawn_blocking(move || look_up(object, missing)).await;
    looked_up.map_err(|_| IntakeError::Worker { file: name.clone() })?.map_err(failed)
}

fn look_up(object: StoredObject, mut missing: HashSet<u64>) -> ParquetResult<HashSet<u64>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(object)?;
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

/// An object that Parquet reads range by range on a blocking thread, so that memory does not grow with it.
struct StoredObject {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
    handle: Handle,
}

impl Length for StoredObject {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for StoredObject {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        // Used for page headers: a stretch is enough, and more than any of them needs.
        const STRETCH: u64 = 1 << 20;
        let end = self.size.min(start + STRETCH);
        Ok(self.range(start..end)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.range(start..start + length as u64)
    }
}

impl StoredObject {
    fn range(&self, range: std::ops::Range<u64>) -> ParquetResult<Bytes> {
        let read = self.handle.block_on(self.store.get_range(&self.path, range));
        read.map_err(|error| ParquetError::External(Box::new(error)))
    }
}
