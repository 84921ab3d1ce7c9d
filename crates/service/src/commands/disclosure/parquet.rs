//! Parquet tables: read whole, every column as text; written with some columns replaced.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use vt_disclosure::attack::spec::{RawRow, RawTable};

/// Reads a file as one batch.
pub(super) fn read(bytes: Vec<u8>) -> Result<RecordBatch, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|error| said(&error))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(|error| said(&error))?;
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(|error| said(&error))?;
    concat_batches(&schema, &batches).map_err(|error| said(&error))
}

/// The batch with every field as text; a null is empty.
pub(super) fn text(batch: &RecordBatch) -> Result<RawTable, String> {
    let schema = batch.schema();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let cast = cast(column, &DataType::Utf8);
        columns.push(cast.map_err(|_| format!("column {} can't be read as text", field.name()))?);
    }
    let header = schema.fields().iter().map(|field| field.name().clone()).collect();
    let field = |column: &ArrayRef, row: usize| {
        let texts = column.as_any().downcast_ref::<StringArray>();
        texts.filter(|texts| texts.is_valid(row)).map_or_else(String::new, |texts| texts.value(row).to_owned())
    };
    let row = |row: usize| RawRow {
        number: row as u64 + 1,
        fields: columns.iter().map(|column| field(column, row)).collect(),
    };
    Ok(RawTable { unit: "row", header, rows: (0..batch.num_rows()).map(row).collect() })
}

/// A file of columns, in order.
pub(super) fn write(columns: Vec<(String, ArrayRef)>) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let field = |(name, column): &(String, ArrayRef)| Field::new(name, column.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, column)| column).collect())?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}
