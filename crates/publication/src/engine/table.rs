//! Registrations of many deliveries as one table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use async_trait::async_trait;
use chrono::NaiveDate;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use object_store::ObjectMeta;
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_vault::registration_schema;

use super::reader::Readers;
use super::vault_url;

/// One delivery's registrations of one record type.
#[derive(Debug, Clone)]
pub(crate) struct RegistrationFile {
    /// The object in the vault.
    pub meta: ObjectMeta,
    /// The region that delivered it.
    pub vt: String,
    /// The month delivered.
    pub maand: Month,
}

/// Registrations of one record type: the columns of [`registration_schema`], and of each row's delivery `vt`, `maand_van`
/// and `maand_tot` (the first day of the month delivered and of the next one). No file is opened before it is scanned.
#[derive(Debug)]
pub(crate) struct RegistrationTable {
    schema: TableSchema,
    files: Vec<PartitionedFile>,
    /// None on a cluster: its executors open the files by themselves.
    readers: Option<Arc<Readers>>,
    #[cfg(feature = "ballista")]
    pub(super) origin: (RecordType, Vec<RegistrationFile>),
}

impl RegistrationTable {
    /// The table of these files, opened by these readers.
    pub(super) fn new(record: RecordType, files: &[RegistrationFile], readers: Option<Arc<Readers>>) -> Self {
        #[cfg(feature = "ballista")]
        let origin = (record, files.to_vec());
        let day = |name: &str| Arc::new(Field::new(name, DataType::Date32, false));
        let of_delivery = vec![Arc::new(Field::new("vt", DataType::Utf8, false)), day("maand_van"), day("maand_tot")];
        let schema = TableSchema::builder(registration_schema(record)).with_table_partition_cols(of_delivery).build();
        let files = files.iter().map(|file| {
            let values = vec![
                ScalarValue::from(file.vt.as_str()),
                date(file.maand.first_day()),
                date(file.maand.next().first_day()),
            ];
            PartitionedFile::new_from_meta(file.meta.clone()).with_partition_values(values)
        });
        Self {
            schema,
            files: files.collect(),
            readers,
            #[cfg(feature = "ballista")]
            origin,
        }
    }

    /// The files in `parts` groups of about the same size, the same ones each time.
    fn groups(&self, parts: usize) -> Vec<FileGroup> {
        let mut files: Vec<&PartitionedFile> = self.files.iter().collect();
        files.sort_by_key(|file| (std::cmp::Reverse(file.object_meta.size), file.object_meta.location.clone()));
        let mut groups = vec![(0_u64, Vec::new()); parts.clamp(1, files.len().max(1))];
        for file in files {
            // Unwrap safety: there is at least one group.
            let smallest = groups.iter_mut().min_by_key(|(size, _)| *size).unwrap();
            smallest.0 += file.object_meta.size.max(1);
            smallest.1.push(file.clone());
        }
        groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect()
    }
}

fn date(day: NaiveDate) -> ScalarValue {
    ScalarValue::Date32(Some(arrow::datatypes::Date32Type::from_naive_date(day)))
}

#[async_trait]
impl TableProvider for RegistrationTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = state.default_table_options().parquet;
        let source = ParquetSource::new(self.schema.clone()).with_table_parquet_options(options);
        let source = match &self.readers {
            Some(readers) => source.with_parquet_file_reader_factory(Arc::clone(readers) as _),
            None => source,
        };
        let config = FileScanConfigBuilder::new(vault_url(), Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
