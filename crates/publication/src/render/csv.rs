//! Tables as CSV: `;`, UTF-8, header row, decimal point; an empty field is an absent value.

use std::io::Write;

use vt_domain::snapshot::{Column, ColumnKind, SnapshotTable};

use super::form::FormError;
use super::text::{parse_day, write_day};
use crate::tables::{Row, TableRows, Value};

const DELIMITER: u8 = b';';

/// Writes a table.
pub(crate) fn write(rows: &TableRows) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + rows.rows.len() * 160);
    let names: Vec<&str> = rows.table.columns().iter().map(|column| column.name).collect();
    out.extend_from_slice(names.join(";").as_bytes());
    out.push(b'\n');
    for row in &rows.rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                out.push(DELIMITER);
            }
            write_value(&mut out, value);
        }
        out.push(b'\n');
    }
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    let written = match value {
        Value::Null => Ok(()),
        Value::Text(text) => {
            write_text(out, text);
            Ok(())
        }
        Value::Day(day) => {
            write_day(out, *day);
            Ok(())
        }
        Value::Int(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{value:?}"),
    };
    // Unwrap safety: writing to a vector does not fail.
    written.unwrap();
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|byte| matches!(byte, DELIMITER | b'"' | b'\n' | b'\r')) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Reads a table; the header must be the columns, in order.
///
/// # Errors
/// [`FormError`] naming row and column.
pub(crate) fn read(table: SnapshotTable, bytes: &[u8]) -> Result<TableRows, FormError> {
    let mut reader = csv::ReaderBuilder::new().delimiter(DELIMITER).has_headers(false).from_reader(bytes);
    let columns = table.columns();
    let mut record = csv::StringRecord::new();
    let mut next =
        |record: &mut csv::StringRecord| reader.read_record(record).map_err(|error| FormError::new(error.to_string()));
    if !next(&mut record)? || !record.iter().eq(columns.iter().map(|column| column.name)) {
        return Err(FormError::new("the header is not the columns of the table, in order"));
    }
    let mut rows = Vec::new();
    while next(&mut record)? {
        let mut row = Vec::with_capacity(columns.len());
        for (place, (column, field)) in columns.iter().zip(record.iter()).enumerate() {
            let above = rows.last().and_then(|above: &Row| above.get(place));
            row.push(value(rows.len(), column, field, above)?);
        }
        rows.push(row);
    }
    Ok(TableRows { table, rows })
}

fn value(row: usize, column: &Column, field: &str, above: Option<&Value>) -> Result<Value, FormError> {
    let parsed = match column.kind {
        _ if field.is_empty() => Some(Value::Null),
        ColumnKind::Text => Some(Value::text_like(field, above)),
        ColumnKind::Day => parse_day(field).map(Value::Day),
        ColumnKind::Int => field.parse().ok().map(Value::Int),
        ColumnKind::Float => field.parse().ok().map(Value::Float),
        ColumnKind::Instant => None,
    };
    parsed
        .filter(|value| value.fits(column.kind, column.nullable))
        .ok_or_else(|| FormError::at(row, column.name, "the column cannot hold this value"))
}
