//! What the three forms of a table have in common.

use vt_domain::Period;
use vt_domain::snapshot::{Form, SnapshotTable};

use super::{csv, json, parquet};
use crate::tables::{TableRows, row_name};

/// Why a file is not a well-formed table, or a table has no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormError(String);

impl FormError {
    /// What is wrong, naming row and column where it can.
    pub fn new(rule: impl Into<String>) -> Self {
        Self(rule.into())
    }

    /// What is wrong with a column of a row, counted from 1.
    pub(crate) fn at(row: usize, column: &str, rule: &str) -> Self {
        Self(format!("row {}, column `{column}`: {rule}", row + 1))
    }
}

/// Writes a table in one form.
///
/// # Errors
/// [`FormError`] when a value does not fit its column: nothing is published that the column manifest does not describe.
pub fn write(form: Form, period: Period, rows: &TableRows) -> Result<Vec<u8>, FormError> {
    check_columns(rows)?;
    match form {
        Form::Parquet => parquet::write(period, rows),
        Form::Json => Ok(json::write(period, rows)),
        Form::Csv => Ok(csv::write(rows)),
    }
}

/// Reads a table from one form; checks columns, order and types.
///
/// # Errors
/// [`FormError`] naming row and column.
pub fn read(form: Form, table: SnapshotTable, period: Period, bytes: &[u8]) -> Result<TableRows, FormError> {
    match form {
        Form::Parquet => parquet::read(table, bytes),
        Form::Json => json::read(table, period, bytes),
        Form::Csv => csv::read(table, bytes),
    }
}

fn check_columns(rows: &TableRows) -> Result<(), FormError> {
    let columns = rows.table.columns();
    for (place, row) in rows.rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(FormError::new(format!(
                "row {}: {} values for {} columns",
                place + 1,
                row.len(),
                columns.len()
            )));
        }
        let unfit = columns.iter().zip(row).find(|(column, value)| !value.fits(column.kind, column.nullable));
        if let Some((column, _)) = unfit {
            return Err(FormError::at(place, column.name, "the value does not fit the column"));
        }
    }
    Ok(())
}

/// Where two readings of one table first differ, in words; nothing when they are equal.
pub fn difference(left: &TableRows, right: &TableRows) -> Option<String> {
    let columns = left.table.columns();
    for (place, (one, other)) in left.rows.iter().zip(&right.rows).enumerate() {
        if let Some(column) = (0..columns.len()).find(|&column| one.get(column) != other.get(column)) {
            let name = row_name(left.table, one);
            return Some(format!("row {} ({name}), column `{}`", place + 1, columns[column].name));
        }
    }
    let (one, other) = (left.rows.len(), right.rows.len());
    (one != other).then(|| format!("{one} rows against {other}"))
}
