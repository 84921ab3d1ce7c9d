//! Checked registrations as Parquet: records reduced to what the cells need.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::AsyncArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryId;

use crate::error::VaultError;
use crate::objects::Vault;
use crate::seal::parquet::sealing;

/// The folder of all registrations.
const ROOT: &str = "registrations";

/// The Arrow schema of a record type's registrations.
///
/// `id` and `melding` are keyed hashes (16 bytes). A list is one string: its codes in the order of the code list, joined
/// with `|`; an empty optional field is the category `onbekend`. `gm_code` is null when unknown.
pub fn registration_schema(record: RecordType) -> SchemaRef {
    let id = |name: &str| Field::new(name, DataType::FixedSizeBinary(16), false);
    let day = |name: &str, nullable| Field::new(name, DataType::Date32, nullable);
    let code = |name: &str| Field::new(name, DataType::Utf8, false);
    let gm = Field::new("gm_code", DataType::Utf8, true);
    let fields = match record {
        RecordType::Advies => vec![
            id("id"),
            day("startdatum", false),
            code("kanaal"),
            code("organisatie"),
            code("aard"),
            code("vorm"),
            code("duur_geweld"),
            gm,
        ],
        RecordType::Melding => vec![
            id("id"),
            day("ontvangstdatum", false),
            code("organisatie"),
            code("aard"),
            code("vorm"),
            code("duur_geweld"),
            code("veiligheidstaxatie"),
            code("hermelding"),
            code("besluit"),
            gm,
        ],
        RecordType::Vervolgdienst => vec![id("id"), id("melding"), code("soort"), day("eind", true)],
    };
    Arc::new(Schema::new(fields))
}

/// Writes one record type of a delivery as Parquet, batch by batch.
pub struct RegistrationWriter {
    path: Path,
    writer: AsyncArrowWriter<BufWriter>,
}

impl RegistrationWriter {
    /// Adds a batch of the schema [`registration_schema`].
    ///
    /// # Errors
    /// [`VaultError::Parquet`] when the batch has another schema or the store fails.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<(), VaultError> {
        let written = self.writer.write(batch).await;
        written.map_err(|source| VaultError::Parquet { path: self.path.to_string(), source })
    }

    /// Ends a group of rows.
    pub(crate) async fn end_group(&mut self) -> Result<(), VaultError> {
        let ended = self.writer.flush().await;
        ended.map_err(|source| VaultError::Parquet { path: self.path.to_string(), source })
    }

    /// Gives up: nothing of the file stays behind.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn abort(self) -> Result<(), VaultError> {
        let aborted = self.writer.into_inner().abort().await;
        aborted.map_err(|source| VaultError::Store { path: self.path.to_string(), source })
    }

    /// Completes the file; gives the number of rows.
    ///
    /// # Errors
    /// [`VaultError::Parquet`] when the store fails.
    pub async fn finish(self) -> Result<u64, VaultError> {
        let done = self.writer.close().await;
        let metadata = done.map_err(|source| VaultError::Parquet { path: self.path.to_string(), source })?;
        Ok(u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0))
    }
}

/// Statistics only for days: queries skip nothing by the others, and comparing every code costs a quarter of the writing.
/// Hashed ids are all different, so that a dictionary of them is work for nothing.
fn writer_properties(record: RecordType) -> WriterPropertiesBuilder {
    // Unwrap safety: level 1 is a level of zstd.
    let compression = Compression::ZSTD(ZstdLevel::try_new(1).unwrap());
    let mut properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(256 * 1024))
        .set_created_by("vt-monitor".into());
    for field in registration_schema(record).fields() {
        let column = ColumnPath::from(field.name().as_str());
        match field.data_type() {
            DataType::Date32 => continue,
            DataType::FixedSizeBinary(_) => {
                properties = properties.set_column_dictionary_enabled(column.clone(), false);
            }
            _ => {}
        }
        properties = properties.set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    properties
}

impl Vault {
    /// Opens a delivery's registrations of one record type for writing; they count only once the delivery is committed,
    /// so that what a crashed attempt left is replaced.
    ///
    /// # Errors
    /// [`VaultError::Parquet`] when the store fails.
    pub fn registrations(&self, id: &DeliveryId, record: RecordType) -> Result<RegistrationWriter, VaultError> {
        let path = self.registration_path(id, record);
        self.registration_writer(path.clone(), &path, record)
    }

    /// Opens a file of registrations for writing at a path; it is sealed for `place`, where it will stand in the end.
    pub(crate) fn registration_writer(
        &self,
        path: Path,
        place: &Path,
        record: RecordType,
    ) -> Result<RegistrationWriter, VaultError> {
        let failed = |source| VaultError::Parquet { path: path.to_string(), source };
        // Two parts under way keep the disk busy; more only hold memory.
        let object = BufWriter::new(Arc::clone(self.store()), path.clone()).with_max_concurrency(2);
        let mut properties = writer_properties(record);
        if let Some(keys) = self.keys().filter(|keys| !keys.leaves_registrations()) {
            properties = properties.with_file_encryption_properties(sealing(keys, place).map_err(failed)?);
        }
        let writer = AsyncArrowWriter::try_new(object, registration_schema(record), Some(properties.build()));
        let writer = writer.map_err(failed)?;
        Ok(RegistrationWriter { path, writer })
    }

    /// Where a delivery's registrations of one record type are, within the store.
    pub fn registration_path(&self, id: &DeliveryId, record: RecordType) -> Path {
        Path::from_iter([ROOT, record.name(), &id.vt, &id.maand.to_string(), &format!("{}.parquet", id.nr)])
    }
}

/// Whether a path is one of registrations ([`Vault::registration_path`]).
pub fn is_of_registrations(path: &Path) -> bool {
    let parts: Vec<_> = path.parts().collect();
    let [first, record, _, _, file] = parts.as_slice() else { return false };
    let record = record.as_ref();
    first.as_ref() == ROOT
        && RecordType::ALL.iter().any(|known| known.name() == record)
        && file.as_ref().ends_with(".parquet")
}
