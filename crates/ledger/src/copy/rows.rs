//! Rows of any table: read in the order of their key, digested, and written.

use sha2::{Digest, Sha256};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row};

use super::tables::{Column, Table};
use crate::error::LedgerError;

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Value {
    fn read(table: &Table, column: Column, row: &AnyRow) -> Result<Self, LedgerError> {
        let damaged = |_| LedgerError::Damaged { table: table.name, column: column.name() };
        match column {
            Column::Text(name) => row.try_get(name).map(Self::Text).map_err(damaged),
            Column::Number(name) => row.try_get(name).map(Self::Number).map_err(damaged),
        }
    }
}

pub(super) fn values(table: &Table, row: &AnyRow) -> Result<Vec<Value>, LedgerError> {
    table.columns.iter().map(|column| Value::read(table, *column, row)).collect()
}

/// Reads all rows, in the order of their key: text compares by its bytes on both databases.
pub(super) fn select(table: &Table) -> AssertSqlSafe<String> {
    let key: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    AssertSqlSafe(format!("SELECT {} FROM {} ORDER BY {}", columns(table), table.name, key.join(", ")))
}

fn columns(table: &Table) -> String {
    let names: Vec<String> = table.columns.iter().map(|column| quoted(column.name())).collect();
    names.join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// How many rows there are, and a digest of all of them: each value as its length in bytes, a colon, its bytes and a comma; a value
/// that is absent as a minus sign and a comma.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) rows: u64,
    hash: Sha256,
}

impl Sum {
    pub(super) fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            let text = match value {
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.map(|number| number.to_string()),
            };
            match text {
                Some(text) => self.hash.update(format!("{}:{text},", text.len())),
                None => self.hash.update("-,"),
            }
        }
    }

    pub(super) fn digest(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

/// Writes rows, with the numbers that they have.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    table: &Table,
    overriding: &str,
    rows: &[Vec<Value>],
) -> Result<(), sqlx::Error> {
    let wide = table.columns.len();
    let row = |row: usize| {
        let places: Vec<String> = (1..=wide).map(|column| format!("${}", row * wide + column)).collect();
        format!("({})", places.join(", "))
    };
    let places: Vec<String> = (0..rows.len()).map(row).collect();
    let overriding = if table.is_numbered { overriding } else { "" };
    let sql = format!("INSERT INTO {} ({}) {overriding} VALUES {}", table.name, columns(table), places.join(", "));
    let query = sqlx::query(AssertSqlSafe(sql));
    let bound = rows.iter().flatten().fold(query, bind);
    bound.execute(connection).await.map(drop)
}

fn bind<'q>(query: Query<'q, Any, AnyArguments>, value: &Value) -> Query<'q, Any, AnyArguments> {
    match value {
        Value::Text(text) => query.bind(text.clone()),
        Value::Number(number) => query.bind(*number),
    }
}
