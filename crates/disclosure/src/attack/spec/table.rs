//! A table held against its specification: which cell a row is, its value, status and true count.

use std::collections::{BTreeMap, HashMap};

use super::error::SpecError;
use super::form::{StatusColumn, TableSpec};
use super::rule::LARGEST;

/// Texts that stand for an absent value.
const ABSENT: [&str; 4] = ["", ".", "x", "-"];
/// Status of a cell when nothing else is said.
const PUBLISHED: &str = "published";
/// Status of a cell without a value and without a status.
const SUPPRESSED: &str = "suppressed";

/// A table as it stands in its file, every field as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTable {
    /// What its rows are numbered by: `line` or `row`.
    pub unit: &'static str,
    /// Names of the columns.
    pub header: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<RawRow>,
}

/// A row of a [`RawTable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// Its number in the file.
    pub number: u64,
    /// One field per column; empty for a null.
    pub fields: Vec<String>,
}

/// A table with its columns resolved.
pub(super) struct Table {
    pub(super) file: String,
    unit: &'static str,
    /// Dimensions, in order: those of `dims`, then those that are fixed.
    pub(super) dims: Vec<String>,
    /// Name of the column of each dimension; its own name for a fixed one.
    columns: Vec<String>,
    value_column: String,
    has_values: bool,
    /// Name of the column of statuses, where there is one.
    status_column: Option<String>,
    truth_column: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// A row of a [`Table`].
pub(super) struct Row {
    number: u64,
    /// A code per dimension of the table.
    pub(super) codes: Vec<String>,
    pub(super) value: Option<i64>,
    pub(super) status: String,
    pub(super) truth: Option<i64>,
}

/// Positions of a table's columns.
struct Columns {
    dims: Vec<usize>,
    value: Option<usize>,
    status: Option<usize>,
    truth: Option<usize>,
}

impl Table {
    /// Holds a table against its specification; `index` is its place there. The column of values may be missing where
    /// there is one of true counts: rounding makes it.
    pub(super) fn new(index: usize, spec: &TableSpec, raw: &RawTable) -> Result<Self, SpecError> {
        let (columns, dims) = columns(index, spec, raw)?;
        let mut table = Self {
            file: spec.file.clone(),
            unit: raw.unit,
            columns: columns
                .dims
                .iter()
                .map(|&column| raw.header[column].clone())
                .chain(spec.fixed.keys().cloned())
                .collect(),
            dims: dims.into_iter().chain(spec.fixed.keys().cloned()).collect(),
            value_column: spec.value.clone().unwrap_or_else(|| "value".to_owned()),
            has_values: columns.value.is_some(),
            status_column: columns.status.map(|column| raw.header[column].clone()),
            truth_column: spec.truth.clone(),
            rows: Vec::with_capacity(raw.rows.len()),
        };
        for raw in &raw.rows {
            let row = table.row(spec, &columns, raw)?;
            table.rows.push(row);
        }
        table.check_twice()?;
        Ok(table)
    }

    fn row(&self, spec: &TableSpec, columns: &Columns, raw: &RawRow) -> Result<Row, SpecError> {
        let text = |column: usize| raw.fields.get(column).map_or("", |field| field.trim());
        let number = |column: Option<usize>, name: &str| match column.map(text) {
            None => Ok(None),
            Some(text) => parse_number(text).map_err(|rule| self.error(raw.number, Some(name), rule)),
        };
        let value = number(columns.value, &self.value_column)?;
        let truth = number(columns.truth, self.truth_column.as_deref().unwrap_or_default())?;
        let status = match columns.status.map(text).filter(|status| !status.is_empty()) {
            Some(status) => status,
            None if value.is_none() => SUPPRESSED,
            None => PUBLISHED,
        };
        let codes = columns.dims.iter().map(|&column| text(column).to_owned()).chain(spec.fixed.values().cloned());
        Ok(Row { number: raw.number, codes: codes.collect(), value, status: status.to_owned(), truth })
    }

    fn check_twice(&self) -> Result<(), SpecError> {
        let mut seen: HashMap<&[String], u64> = HashMap::new();
        for row in &self.rows {
            if let Some(first) = seen.insert(&row.codes, row.number) {
                let rule = format!("is the same cell as {} {first}: does `dims` lack a column?", self.unit);
                return Err(self.error(row.number, None, rule));
            }
        }
        Ok(())
    }

    pub(super) fn error(&self, number: u64, column: Option<&str>, rule: impl Into<String>) -> SpecError {
        SpecError::Table {
            file: self.file.clone(),
            at: Some(format!("{} {number}", self.unit)),
            column: column.map(str::to_owned),
            rule: rule.into(),
        }
    }

    /// An error at a row's value.
    pub(super) fn value_error(&self, row: &Row, rule: impl Into<String>) -> SpecError {
        self.error(row.number, Some(&self.value_column), rule)
    }

    /// An error at a row's status.
    pub(super) fn status_error(&self, row: &Row, rule: &str) -> SpecError {
        let hint = self.status_column.as_ref().map(|column| {
            format!("; add one to `rules`, or, where column {column} is about something else, `\"status\": null` to the table")
        });
        let rule = format!("{rule}{}", hint.unwrap_or_default());
        self.error(row.number, Some(self.status_column.as_ref().unwrap_or(&self.value_column)), rule)
    }

    /// An error at a row's true count.
    pub(super) fn truth_error(&self, row: &Row, rule: impl Into<String>) -> SpecError {
        self.error(row.number, Some(self.truth_column.as_ref().unwrap_or(&self.value_column)), rule)
    }

    /// An error at a row's code in the dimension with this place in `dims`.
    pub(super) fn code_error(&self, row: &Row, dim: usize, rule: impl Into<String>) -> SpecError {
        self.error(row.number, Some(&self.columns[dim]), rule)
    }

    /// Refuses a table without a column of values: each of its cells would be taken for suppressed.
    pub(super) fn check_values(&self) -> Result<(), SpecError> {
        if self.has_values {
            return Ok(());
        }
        Err(SpecError::Table {
            file: self.file.clone(),
            at: None,
            column: Some(self.value_column.clone()),
            rule: "no such column, and an attack needs what is published".to_owned(),
        })
    }

    pub(super) fn has_truth(&self) -> bool {
        self.truth_column.is_some()
    }
}

/// Positions of the columns, and the name of the dimension of each column of `dims`.
fn columns(index: usize, spec: &TableSpec, raw: &RawTable) -> Result<(Columns, Vec<String>), SpecError> {
    let missing = |column: &str| SpecError::Table {
        file: spec.file.clone(),
        at: None,
        column: Some(column.to_owned()),
        rule: format!("no such column; there are {}", raw.header.join(", ")),
    };
    let position = |column: &str| raw.header.iter().position(|name| name == column);
    let find = |column: &str| position(column).ok_or_else(|| missing(column));
    for column in spec.rename.keys() {
        find(column)?;
    }
    let mut columns = Columns { dims: Vec::new(), value: None, status: None, truth: None };
    let mut dims: Vec<String> = Vec::new();
    for named in &spec.dims {
        // A dimension may also be listed by the name that `rename` gives it.
        let renamed = spec.rename.iter().find(|(_, dimension)| *dimension == named).map(|(column, _)| column);
        let column = renamed.filter(|_| position(named).is_none()).unwrap_or(named);
        columns.dims.push(find(column)?);
        dims.push(spec.rename.get(column).unwrap_or(column).clone());
    }
    for (place, dimension) in dims.iter().enumerate() {
        if spec.fixed.contains_key(dimension) || dims[..place].contains(dimension) {
            let rule = format!("dimension `{dimension}` is given twice");
            return Err(SpecError::field(format!("tables[{index}].dims"), rule));
        }
    }
    columns.truth = spec.truth.as_deref().map(find).transpose()?;
    columns.status = match &spec.status {
        StatusColumn::Named(status) => Some(find(status)?),
        StatusColumn::Usual => position("status"),
        StatusColumn::None => None,
    };
    columns.value = match &spec.value {
        Some(value) => Some(find(value)?),
        None if columns.truth.is_some() => position("value"),
        None => Some(find("value")?),
    };
    Ok((columns, dims))
}

/// A whole number; `12.0`, as a float column writes it, is one too. `None` when absent.
fn parse_number(text: &str) -> Result<Option<i64>, String> {
    if ABSENT.contains(&text) {
        return Ok(None);
    }
    let whole = text
        .split_once('.')
        .filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'))
        .map_or(text, |(whole, _)| whole);
    match whole.parse::<i64>() {
        Ok(number) if number.abs() <= LARGEST => Ok(Some(number)),
        Ok(_) => Err("is too large".to_owned()),
        Err(_) => Err(format!("`{text}` is no whole number, nor absent (empty, `.`, `x` or `-`)")),
    }
}

/// All codes that the tables have for each dimension, in order.
pub(super) fn seen(tables: &[Table]) -> BTreeMap<&str, Vec<&str>> {
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for table in tables {
        for (place, dimension) in table.dims.iter().enumerate() {
            seen.entry(dimension).or_default().extend(table.rows.iter().map(|row| row.codes[place].as_str()));
        }
    }
    for codes in seen.values_mut() {
        codes.sort_unstable();
        codes.dedup();
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_or_absent() {
        for (text, number) in
            [("12", Some(12)), ("-3", Some(-3)), ("12.0", Some(12)), ("-", None), (".", None), ("", None)]
        {
            assert_eq!(parse_number(text), Ok(number), "{text}");
        }
        for text in ["1.5", "1,000", "x1", "9999999999999", "< 5"] {
            assert!(parse_number(text).is_err(), "{text}");
        }
    }
}
