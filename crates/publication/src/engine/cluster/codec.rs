//! How a table of registrations travels: by the names of its files, never by what is in them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use ballista_core::serde::BallistaLogicalExtensionCodec;
use chrono::DateTime;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use object_store::ObjectMeta;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_vault::is_of_registrations;

use crate::engine::RegistrationFile;
use crate::engine::table::RegistrationTable;

/// Writes and reads tables of registrations; everything else as Ballista does.
#[derive(Debug, Default)]
pub(super) struct RegistrationCodec(BallistaLogicalExtensionCodec);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Travelling {
    record: RecordType,
    files: Vec<TravellingFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TravellingFile {
    path: String,
    bytes: u64,
    modified_ms: i64,
    vt: String,
    maand: Month,
}

impl TravellingFile {
    fn of(file: &RegistrationFile) -> Self {
        Self {
            path: file.meta.location.to_string(),
            bytes: file.meta.size,
            modified_ms: file.meta.last_modified.timestamp_millis(),
            vt: file.vt.clone(),
            maand: file.maand,
        }
    }

    fn arrived(self) -> Result<RegistrationFile> {
        let location = Path::parse(&self.path).map_err(|error| DataFusionError::Plan(error.to_string()))?;
        if !is_of_registrations(&location) {
            return Err(DataFusionError::Plan("a table of registrations names a file that holds none".to_owned()));
        }
        let last_modified = DateTime::from_timestamp_millis(self.modified_ms).unwrap_or_default();
        let meta = ObjectMeta { location, last_modified, size: self.bytes, e_tag: None, version: None };
        Ok(RegistrationFile { meta, vt: self.vt, maand: self.maand })
    }
}

impl LogicalExtensionCodec for RegistrationCodec {
    fn try_decode(&self, buf: &[u8], inputs: &[LogicalPlan], ctx: &TaskContext) -> Result<Extension> {
        self.0.try_decode(buf, inputs, ctx)
    }

    fn try_encode(&self, node: &Extension, buf: &mut Vec<u8>) -> Result<()> {
        self.0.try_encode(node, buf)
    }

    fn try_decode_table_provider(
        &self,
        buf: &[u8],
        _table: &TableReference,
        _schema: SchemaRef,
        _ctx: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        let of_json = |error: serde_json::Error| DataFusionError::Plan(format!("no table of registrations: {error}"));
        let Travelling { record, files } = serde_json::from_slice(buf).map_err(of_json)?;
        let files = files.into_iter().map(TravellingFile::arrived).collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(RegistrationTable::new(record, &files, None)))
    }

    fn try_encode_table_provider(
        &self,
        _table: &TableReference,
        node: Arc<dyn TableProvider>,
        buf: &mut Vec<u8>,
    ) -> Result<()> {
        let Some(table) = node.downcast_ref::<RegistrationTable>() else {
            return Err(DataFusionError::Plan("only tables of registrations go to a cluster".to_owned()));
        };
        let (record, files) = &table.origin;
        let travelling = Travelling { record: *record, files: files.iter().map(TravellingFile::of).collect() };
        serde_json::to_writer(buf, &travelling).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn try_decode_file_format(&self, buf: &[u8], ctx: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.0.try_decode_file_format(buf, ctx)
    }

    fn try_encode_file_format(&self, buf: &mut Vec<u8>, node: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.0.try_encode_file_format(buf, node)
    }
}
