//! Tables as JSON: `{"periode", "tabel", "rijen": [{…}]}`, one row a line.

use std::fmt;
use std::io::Write;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use vt_domain::Period;
use vt_domain::snapshot::{Column, ColumnKind, SnapshotTable};

use super::form::FormError;
use super::text::{parse_day, write_day};
use crate::tables::{Row, TableRows, Value};

/// Writes a table.
pub(crate) fn write(period: Period, rows: &TableRows) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + rows.rows.len() * 400);
    out.extend_from_slice(format!("{{\"periode\":\"{period}\",\"tabel\":\"{}\",\"rijen\":[", rows.table).as_bytes());
    // Names are ours and need no escape.
    let keys: Vec<String> = rows.table.columns().iter().map(|column| format!("\"{}\":", column.name)).collect();
    for (place, row) in rows.rows.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"\n{" } else { b",\n{" });
        for (column, (key, value)) in keys.iter().zip(row).enumerate() {
            if column > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            write_value(&mut out, value);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    let written = match value {
        Value::Null => out.write_all(b"null"),
        Value::Text(text) => {
            write_text(out, text);
            Ok(())
        }
        Value::Day(day) => {
            out.push(b'"');
            write_day(out, *day);
            out.push(b'"');
            Ok(())
        }
        Value::Int(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{value:?}"),
    };
    // Unwrap safety: writing to a vector does not fail.
    written.unwrap();
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Unwrap safety: a text always has a JSON form, and writing to a vector does not fail.
        serde_json::to_writer(out, text).unwrap();
    }
}

/// Reads a table; the keys must be the columns, in order.
///
/// # Errors
/// [`FormError`] naming line and column of the file.
pub(crate) fn read(table: SnapshotTable, period: Period, bytes: &[u8]) -> Result<TableRows, FormError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let rows = reader.deserialize_map(DocumentVisitor { table, period });
    let rows = rows.and_then(|rows| reader.end().map(|()| rows)).map_err(|error| FormError::new(error.to_string()))?;
    Ok(TableRows { table, rows })
}

struct DocumentVisitor {
    table: SnapshotTable,
    period: Period,
}

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with periode, tabel and rijen, in that order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Row>, A::Error> {
        expect_key(&mut map, "periode")?;
        if map.next_value::<String>()? != self.period.to_string() {
            return Err(A::Error::custom("the file is of another period"));
        }
        expect_key(&mut map, "tabel")?;
        if map.next_value::<String>()? != self.table.name() {
            return Err(A::Error::custom("the file is of another table"));
        }
        expect_key(&mut map, "rijen")?;
        let rows = map.next_value_seed(RowsSeed(self.table.columns()))?;
        match map.next_key::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("there is a key after `rijen`")),
            None => Ok(rows),
        }
    }
}

fn expect_key<'de, A: MapAccess<'de>>(map: &mut A, name: &str) -> Result<(), A::Error> {
    match map.next_key_seed(KeySeed(name))? {
        Some(true) => Ok(()),
        _ => Err(A::Error::custom(format!("`{name}` is expected here"))),
    }
}

/// Whether a key is this one.
struct KeySeed<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key `{}`", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        Ok(text == self.0)
    }
}

struct RowsSeed(&'static [Column]);

impl<'de> DeserializeSeed<'de> for RowsSeed {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Row>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Row>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(RowSeed { columns: self.0, above: rows.last() })? {
            rows.push(row);
        }
        Ok(rows)
    }
}

struct RowSeed<'a> {
    columns: &'static [Column],
    above: Option<&'a Row>,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row with the columns of the table, in order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Vec::with_capacity(self.columns.len());
        for (place, column) in self.columns.iter().enumerate() {
            expect_key(&mut map, column.name)?;
            let above = self.above.and_then(|above| above.get(place));
            row.push(map.next_value_seed(ValueSeed { column, above })?);
        }
        match map.next_key::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("the row has a key that is no column of the table")),
            None => Ok(row),
        }
    }
}

struct ValueSeed<'a> {
    column: &'static Column,
    above: Option<&'a Value>,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl ValueSeed<'_> {
    fn fitting<E: Error>(&self, value: Value) -> Result<Value, E> {
        if value.fits(self.column.kind, self.column.nullable) {
            Ok(value)
        } else {
            Err(E::custom(format!("column `{}` cannot hold this value", self.column.name)))
        }
    }
}

impl Visitor<'_> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of column `{}`", self.column.name)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.fitting(Value::Null)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        let value = i64::try_from(value).map_err(E::custom)?;
        self.fitting(Value::Int(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.fitting(Value::Int(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.fitting(Value::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.column.kind {
            ColumnKind::Day => {
                parse_day(text).map(Value::Day).ok_or_else(|| E::custom("a day is written as 2020-07-31"))
            }
            _ => self.fitting(Value::text_like(text, self.above)),
        }
    }
}
