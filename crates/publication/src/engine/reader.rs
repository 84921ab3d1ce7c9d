//! How the engine opens files of registrations: as the vault says, so that encrypted ones are read as they stand, and one that is not what
//! was written there is refused by its name.
//!
//! The executors of a cluster make readers of their own, which have no keys (`cluster/executor.rs`): `Engine::new` refuses a vault whose
//! registrations are encrypted.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{DefaultParquetFileReaderFactory, ParquetFileReaderFactory};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;
use vt_vault::{Opening, Vault, VaultError};

use super::RegistrationFile;

/// Makes the readers of one vault's files.
#[derive(Debug)]
pub(super) struct Readers {
    vault: Vault,
    files: DefaultParquetFileReaderFactory,
}

impl Readers {
    pub fn new(vault: &Vault) -> Self {
        Self { vault: vault.clone(), files: DefaultParquetFileReaderFactory::new(Arc::clone(vault.store())) }
    }
}

impl ParquetFileReaderFactory for Readers {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let opening = self.vault.opening(&file.object_meta.location);
        let file = self.files.create_reader(partition_index, file, metadata_size_hint, metrics)?;
        Ok(Box::new(Reader { file, opening }))
    }
}

/// Reads one file.
struct Reader {
    file: Box<dyn AsyncFileReader + Send>,
    opening: Opening,
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        self.file.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        self.file.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let options = options.cloned().unwrap_or_default();
            let options = options.with_file_decryption_properties(self.opening.properties());
            let metadata = self.file.get_metadata(Some(&options)).await;
            self.opening.judge(metadata).map_err(|fault| ParquetError::External(Box::new(fault)))
        }
        .boxed()
    }
}

/// Which of the files made a query fail, when one did: a page that is not what was written there is found by what decodes it, far from
/// its name.
pub(super) async fn at_fault(vault: &Vault, files: &[RegistrationFile], error: &DataFusionError) -> Option<VaultError> {
    // What an executor of a cluster says comes as its text.
    let exhausted = |error: &DataFusionError| matches!(error, DataFusionError::ResourcesExhausted(_));
    if exhausted(error.find_root()) || error.to_string().contains("Resources exhausted") {
        return None;
    }
    for file in files {
        if let Err(fault) = vault.examine_registrations(&file.meta.location).await {
            return Some(fault);
        }
    }
    None
}
