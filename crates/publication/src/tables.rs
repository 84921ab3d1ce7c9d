//! The rows of the published tables (DESIGN §6): long, sorted, one figure per row.
//!
//! [`TableRows`] is the one form in which rows are written to Parquet, JSON and CSV and read back from them.

pub mod area;
pub mod coverage;
pub mod figures;
mod left_empty;
pub mod unknown;

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use vt_domain::snapshot::{ColumnKind, SnapshotTable};

pub use area::{PublishedArea, areas};
pub use coverage::{Coverage, coverage, coverage_rows};
pub use figures::{Figure, FigureKey, Figures};
pub(crate) use left_empty::left_empty;
pub use unknown::{UnknownShare, unknown_shares};

/// The places of the columns that every table begins with.
pub(crate) mod place {
    pub(crate) const PERIODE: usize = 0;
    pub(crate) const BEGIN: usize = 1;
    pub(crate) const EIND: usize = 2;
    pub(crate) const REGIO_CODE: usize = 4;
    pub(crate) const REGIO: usize = 5;
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Absent.
    Null,
    /// Text, never empty.
    Text(Arc<str>),
    /// A day.
    Day(NaiveDate),
    /// A whole number.
    Int(i64),
    /// A number; finite.
    Float(f64),
}

impl Value {
    /// A text, or null.
    pub fn optional_text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A text; shared with another value when that is the same text, as it often is in the row above.
    pub fn text_like(text: &str, other: Option<&Self>) -> Self {
        match other {
            Some(Self::Text(shared)) if **shared == *text => Self::Text(Arc::clone(shared)),
            _ => Self::Text(text.into()),
        }
    }

    /// A whole number, or null.
    pub fn optional_int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }

    /// A number, or null.
    pub fn optional_float(value: Option<f64>) -> Self {
        value.map_or(Self::Null, Self::Float)
    }

    /// The text; nothing when it is something else.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number; nothing when it is something else.
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// The number; nothing when it is something else.
    pub fn float(&self) -> Option<f64> {
        if let Self::Float(value) = self { Some(*value) } else { None }
    }

    /// Whether a column of this kind can hold the value.
    pub fn fits(&self, kind: ColumnKind, nullable: bool) -> bool {
        match self {
            Self::Null => nullable,
            Self::Text(text) => kind == ColumnKind::Text && !text.is_empty(),
            Self::Day(_) => kind == ColumnKind::Day,
            Self::Int(_) => kind == ColumnKind::Int,
            Self::Float(value) => kind == ColumnKind::Float && value.is_finite(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Text(text) => f.write_str(text),
            Self::Day(day) => write!(f, "{day}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
        }
    }
}

/// A row: one value per column of its table, in order.
pub type Row = Vec<Value>;

/// The rows of one table of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRows {
    /// Which table.
    pub table: SnapshotTable,
    /// The rows, by key.
    pub rows: Vec<Row>,
}

impl TableRows {
    /// Rows in any order, put in the order of their keys.
    pub fn sorted(table: SnapshotTable, mut rows: Vec<Row>) -> Self {
        let keys = key_columns(table);
        rows.sort_by(|left, right| compare_keys(&keys, left, right));
        Self { table, rows }
    }

    /// The value of a column in a row; nothing when the table has no such column.
    pub fn value(&self, row: usize, column: &str) -> Option<&Value> {
        self.rows.get(row)?.get(self.table.column(column)?)
    }

    /// How a row is named in messages: its key without the period, such as `VT/VT07/gestarte_adviezen`.
    pub fn row_name(&self, row: usize) -> String {
        self.rows.get(row).map_or_else(String::new, |row| row_name(self.table, row))
    }
}

/// The places of a table's key columns.
pub fn key_columns(table: SnapshotTable) -> Vec<usize> {
    table.columns().iter().enumerate().filter(|(_, column)| column.key).map(|(place, _)| place).collect()
}

/// The order of rows: by the texts of the key columns, by bytes.
pub fn compare_keys(keys: &[usize], left: &Row, right: &Row) -> std::cmp::Ordering {
    let texts = |row: &'_ Row, key: usize| row.get(key).and_then(Value::text).map(str::as_bytes).map(<[u8]>::to_vec);
    let differ = keys.iter().map(|&key| match (left.get(key), right.get(key)) {
        (Some(Value::Text(left)), Some(Value::Text(right))) => left.as_bytes().cmp(right.as_bytes()),
        _ => texts(left, key).cmp(&texts(right, key)),
    });
    differ.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

/// How a row is named in messages.
pub fn row_name(table: SnapshotTable, row: &Row) -> String {
    let own = key_columns(table).into_iter().filter(|&key| table.columns()[key].name != "periode");
    let texts: Vec<&str> = own.filter_map(|key| row.get(key).and_then(Value::text)).collect();
    texts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(region: &str, maat: &str) -> Row {
        let text = |text: &str| Value::Text(text.into());
        let day = Value::Day("2020-06-15".parse().unwrap());
        let mut row = vec![text("2020W407"), day.clone(), day, text("VT"), text(region), text("naam"), text(maat)];
        row.extend([text("label"), Value::Int(5), Value::Int(9), text("voorlopig"), Value::Null]);
        row
    }

    #[test]
    fn rows_are_put_in_the_order_of_their_keys() {
        let rows = vec![row("VT07", "b"), row("VT12", "a"), row("VT07", "a")];
        let sorted = TableRows::sorted(SnapshotTable::Kerncijfers, rows);
        let names: Vec<String> = (0..3).map(|place| sorted.row_name(place)).collect();
        assert_eq!(names, ["VT/VT07/a", "VT/VT07/b", "VT/VT12/a"]);
        assert_eq!(sorted.value(2, "waarde"), Some(&Value::Int(5)));
        assert_eq!(sorted.value(2, "geheim"), None);
    }

    #[test]
    fn the_first_columns_have_the_same_place_in_every_table() {
        for table in SnapshotTable::ALL {
            let places = ["periode", "begin", "eind", "regio_code", "regio"].map(|name| table.column(name));
            let expected = [place::PERIODE, place::BEGIN, place::EIND, place::REGIO_CODE, place::REGIO];
            assert_eq!(places, expected.map(Some), "{table}");
        }
    }

    #[test]
    fn a_value_fits_only_its_kind() {
        assert!(Value::Null.fits(ColumnKind::Int, true) && !Value::Null.fits(ColumnKind::Int, false));
        assert!(!Value::Text("".into()).fits(ColumnKind::Text, true));
        assert!(!Value::Float(f64::NAN).fits(ColumnKind::Float, true));
        assert!(!Value::Int(1).fits(ColumnKind::Float, true));
    }
}
