//! The files of `historie/`: the figures of one issue with its number and instant, and the row of a retraction.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::Schema;
use chrono::{DateTime, Utc};
use parquet::file::metadata::KeyValue;
use vt_domain::snapshot::{Column, ColumnKind, Erratum, Form, HistoryEvent, HistoryTable, Issue, SnapshotTable};

use crate::changes::{TOTAL, TOTAL_LABEL};
use crate::draft::DraftFile;
use crate::render::FormError;
use crate::render::parquet::{array, compressed, field, write_arrays};
use crate::tables::{TableRows, Value};

/// The files of an issue.
///
/// # Errors
/// [`FormError`] when they cannot be written.
pub(crate) fn of_issue(issue: Issue, at: DateTime<Utc>, tables: &[TableRows]) -> Result<Vec<DraftFile>, FormError> {
    HistoryTable::ALL
        .iter()
        .map(|table| {
            let rows = TableRows { table: table.rows_of(), rows: rows(*table, tables) };
            let event = Event { issue, at, event: HistoryEvent::Uitgave };
            let figures = rows.table.columns().iter().enumerate();
            let figures = figures.map(|(place, column)| array(column.kind, &rows, place)).collect();
            file(table.file(issue), *table, &event, rows.rows.len(), figures)
        })
        .collect()
}

/// The file that says that an issue is retracted.
///
/// # Errors
/// [`FormError`] when it cannot be written.
pub(crate) fn of_retraction(erratum: &Erratum) -> Result<DraftFile, FormError> {
    let table = HistoryTable::Cijfers;
    let event = Event { issue: erratum.issue(), at: erratum.gepubliceerd_op, event: HistoryEvent::Intrekking };
    let absent = |column: &Column| -> ArrayRef {
        match column.name {
            "periode" => Arc::new(StringArray::from(vec![erratum.periode.to_string()])),
            _ => new_null_array(field(column).data_type(), 1),
        }
    };
    let figures = table.rows_of().columns().iter().map(absent).collect();
    file(HistoryTable::retraction(erratum), table, &event, 1, figures)
}

/// What all rows of a file have in common.
struct Event {
    issue: Issue,
    at: DateTime<Utc>,
    event: HistoryEvent,
}

impl Event {
    /// The value of one of the columns that a history begins with.
    fn array(&self, column: &Column, rows: usize) -> ArrayRef {
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows])) };
        match (column.kind, column.name) {
            (ColumnKind::Instant, _) => {
                let micros = vec![self.at.timestamp_micros(); rows];
                Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
            }
            (ColumnKind::Int, _) => Arc::new(Int64Array::from(vec![i64::from(self.issue.uitgave); rows])),
            (_, "cadans") => text(self.issue.periode.kind().name()),
            _ => text(self.event.code()),
        }
    }
}

fn file(
    path: String,
    table: HistoryTable,
    event: &Event,
    rows: usize,
    figures: Vec<ArrayRef>,
) -> Result<DraftFile, FormError> {
    let columns: Vec<Column> = table.columns().collect();
    let own = columns.len() - figures.len();
    let mut arrays: Vec<ArrayRef> = columns[..own].iter().map(|column| event.array(column, rows)).collect();
    arrays.extend(figures);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let notes = vec![KeyValue::new("vt-monitor:historie".to_owned(), table.name().to_owned())];
    let bytes = write_arrays(schema, arrays, compressed().set_key_value_metadata(Some(notes)).build())?;
    Ok(DraftFile::new(path, Form::Parquet.mediatype(), bytes))
}

/// The rows of a history's figures, in the order of the tables that they are from.
fn rows(table: HistoryTable, tables: &[TableRows]) -> Vec<crate::tables::Row> {
    let of = |wanted: SnapshotTable| tables.iter().filter(move |rows| rows.table == wanted).flat_map(|rows| &rows.rows);
    match table {
        HistoryTable::Indicatoren => of(SnapshotTable::Indicatoren).cloned().collect(),
        HistoryTable::Cijfers => {
            of(SnapshotTable::Kerncijfers).map(as_part).chain(of(SnapshotTable::Verdelingen).cloned()).collect()
        }
    }
}

/// A total as the row of a breakdown that is none.
fn as_part(total: &crate::tables::Row) -> crate::tables::Row {
    // Unwrap safety: verdelingen has the columns of kerncijfers and the three of a category.
    let place = SnapshotTable::Verdelingen.column("dimensie").unwrap();
    let mut row = total.clone();
    let none = [TOTAL, TOTAL, TOTAL_LABEL].map(|text| Value::Text(text.into()));
    row.splice(place..place, none);
    row
}
