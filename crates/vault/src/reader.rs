//! Reads registrations on a blocking thread, range by range, so that memory does not grow with the file.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::error::VaultError;
use crate::objects::Vault;
use crate::seal::parquet::Opening;

/// A file of registrations whose footer was read.
#[derive(Clone)]
pub struct Registrations {
    object: StoredObject,
    metadata: ArrowReaderMetadata,
}

impl Registrations {
    /// A reader of its rows.
    #[must_use]
    pub fn reader(&self) -> ParquetRecordBatchReaderBuilder<StoredObject> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.object.clone(), self.metadata.clone())
    }

    /// How many groups of rows it has.
    #[must_use]
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }
}

impl Vault {
    /// How the file of registrations at a path is opened, for a reader of Parquet that is not this one.
    #[must_use]
    pub fn opening(&self, path: &Path) -> Opening {
        Opening::new(path, self.shared_keys())
    }

    /// Reads a file of registrations on a thread that may block.
    ///
    /// # Errors
    /// [`VaultError`] names the object, and the key that it takes; what was read counts only when there is none.
    pub async fn read_registrations<T: Send + 'static>(
        &self,
        path: &Path,
        read: impl FnOnce(&Registrations) -> ParquetResult<T> + Send + 'static,
    ) -> Result<T, VaultError> {
        self.read_registrations_for(path, path, read).await
    }

    /// The same, of a file that was sealed for `place`.
    pub(crate) async fn read_registrations_for<T: Send + 'static>(
        &self,
        path: &Path,
        place: &Path,
        read: impl FnOnce(&Registrations) -> ParquetResult<T> + Send + 'static,
    ) -> Result<T, VaultError> {
        let size = self.store().head(path).await;
        let size = size.map_err(|source| VaultError::Store { path: path.to_string(), source })?.size;
        let opening = self.opening(place);
        let (store, path, handle) = (Arc::clone(self.store()), path.clone(), Handle::current());
        let fault = Arc::default();
        let object = StoredObject { store, path: path.clone(), size, handle, fault: Arc::clone(&fault) };
        let options = ArrowReaderOptions::new().with_file_decryption_properties(opening.properties());
        let done = spawn_blocking(move || {
            let metadata = ArrowReaderMetadata::load(&object, options)?;
            read(&Registrations { object, metadata })
        });
        // A panic of the reader of Parquet: it trusts lengths that it finds in the file.
        let done = done.await.unwrap_or_else(|_| Err(ParquetError::General("the reader gave up".to_owned())));
        // What reads rows keeps no more than the text of an error: a store that fails is not a file that was forged.
        let failed = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (done, failed) {
            (Err(_), Some(source)) => Err(VaultError::Store { path: path.to_string(), source }),
            (done, _) => opening.judge(done),
        }
    }
}

/// An object that Parquet reads range by range on a blocking thread.
#[derive(Clone)]
pub struct StoredObject {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
    handle: Handle,
    /// The first failure of the store.
    fault: Arc<Mutex<Option<object_store::Error>>>,
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
        let end = self.size.min(start.saturating_add(STRETCH));
        Ok(self.range(start..end)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.range(start..start.saturating_add(length as u64))
    }
}

impl StoredObject {
    fn range(&self, range: std::ops::Range<u64>) -> ParquetResult<Bytes> {
        if range.start >= range.end || range.end > self.size {
            return Err(ParquetError::EOF("a range beyond the end".to_owned()));
        }
        let read = self.handle.block_on(self.store.get_range(&self.path, range));
        read.map_err(|error| {
            let text = error.to_string();
            self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            ParquetError::General(text)
        })
    }
}
