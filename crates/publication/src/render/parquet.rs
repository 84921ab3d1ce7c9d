//! Tables as Parquet: zstd, sorted, with title, unit and source of every column in the schema.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, StringBuilder, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use serde::Serialize;
use vt_domain::Period;
use vt_domain::snapshot::{Column, ColumnKind, Language, SnapshotTable};

use super::form::FormError;
use crate::describe::words::explain;
use crate::tables::{Row, TableRows, Value, key_columns};

/// Who made the file. Without a version: the bytes follow from the reservation, whoever finishes it.
const CREATED_BY: &str = "vt-monitor";

/// A column as it stands in the file's own metadata, under `vt-monitor:kolommen`.
#[derive(Serialize)]
struct ColumnNote {
    naam: &'static str,
    titel: &'static str,
    titel_en: &'static str,
    omschrijving: String,
    omschrijving_en: String,
    eenheid: Option<&'static str>,
    bron: &'static str,
}

/// The Arrow schema of a table, from the column manifest; each field has `title` and `source`, in English
/// `title_en`, and where it has them `description`, `description_en` and `unit`.
pub fn schema(table: SnapshotTable) -> SchemaRef {
    Arc::new(Schema::new(table.columns().iter().map(field).collect::<Vec<_>>()))
}

/// A field of an Arrow schema, with what the column manifest says of it.
pub(crate) fn field(column: &Column) -> Field {
    let mut notes = HashMap::from([
        ("title".to_owned(), column.title.to_owned()),
        ("title_en".to_owned(), column.title_en.to_owned()),
        ("source".to_owned(), column.source.to_owned()),
    ]);
    notes.extend(column.unit.map(|unit| ("unit".to_owned(), unit.to_owned())));
    for (key, language) in [("description", Language::Nl), ("description_en", Language::En)] {
        let said = explain(column, language);
        notes.extend((!said.is_empty()).then(|| (key.to_owned(), said)));
    }
    Field::new(column.name, data_type(column.kind), column.nullable).with_metadata(notes)
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Day => DataType::Date32,
        ColumnKind::Int => DataType::Int64,
        ColumnKind::Float => DataType::Float64,
        ColumnKind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// Writes a table.
pub(crate) fn write(period: Period, rows: &TableRows) -> Result<Vec<u8>, FormError> {
    // In the Arrow schema for readers that look there, and in the file's own metadata for the others.
    let metadata = notes(rows.table, period).into_iter().collect();
    let schema = Arc::new(schema(rows.table).as_ref().clone().with_metadata(metadata));
    let columns = rows.table.columns().iter().enumerate();
    let arrays = columns.map(|(place, column)| array(column.kind, rows, place)).collect();
    write_arrays(schema, arrays, properties(rows.table, period))
}

/// Writes columns as one file.
pub(crate) fn write_arrays(
    schema: SchemaRef,
    arrays: Vec<ArrayRef>,
    properties: WriterProperties,
) -> Result<Vec<u8>, FormError> {
    let error = |error: &dyn std::fmt::Display| FormError::new(error.to_string());
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|found| error(&found))?;
    let mut out = Vec::with_capacity(64 * 1024);
    let writer = ArrowWriter::try_new(&mut out, schema, Some(properties));
    let mut writer = writer.map_err(|found| error(&found))?;
    writer.write(&batch).map_err(|found| error(&found))?;
    writer.close().map_err(|found| error(&found))?;
    Ok(out)
}

/// What the file says of itself.
fn notes(table: SnapshotTable, period: Period) -> Vec<(String, String)> {
    let note = |column: &Column| ColumnNote {
        naam: column.name,
        titel: column.title,
        titel_en: column.title_en,
        omschrijving: explain(column, Language::Nl),
        omschrijving_en: explain(column, Language::En),
        eenheid: column.unit,
        bron: column.source,
    };
    let columns: Vec<ColumnNote> = table.columns().iter().map(note).collect();
    let entry = |key: &str, value: String| (format!("vt-monitor:{key}"), value);
    vec![
        entry("tabel", table.name().to_owned()),
        entry("titel", table.title().to_owned()),
        entry("titel_en", table.title_en().to_owned()),
        entry("periode", period.to_string()),
        // Unwrap safety: a list of structs of strings always has a JSON form.
        entry("kolommen", serde_json::to_string(&columns).unwrap()),
    ]
}

fn properties(table: SnapshotTable, period: Period) -> WriterProperties {
    let entries = notes(table, period).into_iter().map(|(key, value)| KeyValue::new(key, value));
    let sorted_by = key_columns(table).into_iter().map(|column_idx| SortingColumn {
        // Unwrap safety: a table has fewer columns than i32 can count.
        column_idx: i32::try_from(column_idx).unwrap(),
        descending: false,
        nulls_first: false,
    });
    compressed().set_key_value_metadata(Some(entries.collect())).set_sorting_columns(Some(sorted_by.collect())).build()
}

/// What all our files have in common.
pub(crate) fn compressed() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        // Unwrap safety: level 3 is a level of zstd.
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
        .set_created_by(CREATED_BY.to_owned())
}

pub(crate) fn array(kind: ColumnKind, rows: &TableRows, place: usize) -> ArrayRef {
    let values = rows.rows.iter().map(|row| &row[place]);
    match kind {
        ColumnKind::Text => {
            let mut builder = StringBuilder::with_capacity(rows.rows.len(), rows.rows.len() * 16);
            values.for_each(|value| builder.append_option(value.text()));
            Arc::new(builder.finish())
        }
        ColumnKind::Day => Arc::new(values.map(day_number).collect::<Date32Array>()),
        ColumnKind::Int => Arc::new(values.map(Value::int).collect::<Int64Array>()),
        ColumnKind::Float => Arc::new(values.map(Value::float).collect::<Float64Array>()),
        // No value of a row is an instant.
        ColumnKind::Instant => new_null_array(&data_type(kind), rows.rows.len()),
    }
}

fn day_number(value: &Value) -> Option<i32> {
    let Value::Day(day) = value else { return None };
    i32::try_from((*day - NaiveDate::default()).num_days()).ok()
}

/// Reads a table; names, types and order of the columns must be those of the column manifest.
///
/// # Errors
/// [`FormError`] naming the column, or the row and column.
pub(crate) fn read(table: SnapshotTable, bytes: &[u8]) -> Result<TableRows, FormError> {
    let error = |error: &dyn std::fmt::Display| FormError::new(error.to_string());
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).map_err(|found| error(&found))?;
    check_schema(table, reader.schema())?;
    let reader = reader.with_batch_size(16 * 1024).build().map_err(|found| error(&found))?;
    let mut rows = Vec::new();
    for batch in reader {
        append(table, &batch.map_err(|found| error(&found))?, &mut rows)?;
    }
    Ok(TableRows { table, rows })
}

fn check_schema(table: SnapshotTable, found: &Schema) -> Result<(), FormError> {
    let expected = schema(table);
    let shape = |field: &Arc<Field>| (field.name().clone(), field.data_type().clone(), field.is_nullable());
    for (one, other) in expected.fields().iter().zip(found.fields()) {
        if shape(one) != shape(other) {
            let rule =
                format!("column `{}` ({}) stands where `{}` is expected", other.name(), other.data_type(), one.name());
            return Err(FormError::new(rule));
        }
    }
    match (expected.fields().len(), found.fields().len()) {
        (one, other) if one == other => Ok(()),
        (one, other) => Err(FormError::new(format!("{other} columns, where the table has {one}"))),
    }
}

fn append(table: SnapshotTable, batch: &RecordBatch, rows: &mut Vec<Row>) -> Result<(), FormError> {
    let first = rows.len();
    let width = table.columns().len();
    rows.extend((0..batch.num_rows()).map(|_| Vec::with_capacity(width)));
    for (place, column) in table.columns().iter().enumerate() {
        let values = batch.column(place);
        let rows = &mut rows[first..];
        match column.kind {
            ColumnKind::Text => {
                let texts = typed::<StringArray>(values, column)?;
                let mut above = Value::Null;
                push(rows, texts, |place| {
                    above = Value::text_like(texts.value(place), Some(&above));
                    above.clone()
                });
            }
            ColumnKind::Day => {
                let days = typed::<Date32Array>(values, column)?;
                push(rows, days, |place| day(days.value(place)));
            }
            ColumnKind::Int => {
                let numbers = typed::<Int64Array>(values, column)?;
                push(rows, numbers, |place| Value::Int(numbers.value(place)));
            }
            ColumnKind::Float => {
                let numbers = typed::<Float64Array>(values, column)?;
                push(rows, numbers, |place| Value::Float(numbers.value(place)));
            }
            ColumnKind::Instant => rows.iter_mut().for_each(|row| row.push(Value::Null)),
        }
        let unfit = rows.iter().position(|row| !row[place].fits(column.kind, column.nullable));
        if let Some(row) = unfit {
            return Err(FormError::at(first + row, column.name, "the column cannot hold this value"));
        }
    }
    Ok(())
}

fn push(rows: &mut [Row], array: &dyn Array, mut value: impl FnMut(usize) -> Value) {
    for (place, row) in rows.iter_mut().enumerate() {
        row.push(if array.is_null(place) { Value::Null } else { value(place) });
    }
}

/// The day of a DATE, which counts from 1 January 1970; null when there is no such day.
fn day(number: i32) -> Value {
    let day = NaiveDate::default().checked_add_signed(TimeDelta::days(number.into()));
    day.map_or(Value::Null, Value::Day)
}

fn typed<'a, T: 'static>(values: &'a ArrayRef, column: &Column) -> Result<&'a T, FormError> {
    values.as_any().downcast_ref().ok_or_else(|| FormError::new(format!("column `{}` is of another type", column.name)))
}
