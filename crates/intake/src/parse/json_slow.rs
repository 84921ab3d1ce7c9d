//! One NDJSON line by serde_json: escapes, unusual order or types, unknown keys. The judge of what the fast way gives up on.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use vt_domain::contract::{Field, FieldKind};

use super::ndjson::Side;
use super::table::Span;
use crate::checks::{Check, holds_personal_number, is_personal_number};

/// Stands for a list item that can be no code: empty, or holding the sign that joins lists.
const NO_CODE: &str = "\u{1}";

/// What came of reading a line.
pub(super) struct Read {
    /// Whether the row is filled, or why not.
    pub outcome: Result<(), Check>,
    /// Whether a key or value, at any depth, can be a BSN.
    pub personal: bool,
}

/// Reads one object into a row.
pub(super) fn object(line: &[u8], fields: &[Field], side: &mut Side, row: &mut [Span]) -> Read {
    let Ok(Pairs(pairs)) = serde_json::from_slice(line) else {
        return Read { outcome: Err(Check::GeenJsonObject), personal: holds_personal_number(line) };
    };
    let personal = pairs.iter().any(|(key, value)| is_personal_number(key.as_bytes()) || is_personal(value));
    Read { outcome: fill(&pairs, fields, side, row), personal }
}

fn fill(pairs: &[(String, Value)], fields: &[Field], side: &mut Side, row: &mut [Span]) -> Result<(), Check> {
    let mut seen = vec![false; fields.len()];
    for (key, value) in pairs {
        let field = fields.iter().position(|field| field.name == key).ok_or(Check::OnbekendeSleutel)?;
        if std::mem::replace(&mut seen[field], true) {
            return Err(Check::DubbeleSleutel);
        }
        row[field] = span(value, fields[field].kind, side);
    }
    Ok(())
}

/// Whether a value or one within it can be a BSN. The depth is bounded by serde_json.
fn is_personal(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => is_personal_number(number.to_string().as_bytes()),
        Value::String(text) => is_personal_number(text.as_bytes()),
        Value::Array(items) => items.iter().any(is_personal),
        Value::Object(pairs) => {
            pairs.iter().any(|(key, value)| is_personal_number(key.as_bytes()) || is_personal(value))
        }
    }
}

fn span(value: &Value, kind: FieldKind, side: &mut Side) -> Span {
    match (value, kind) {
        (Value::Null, _) => Span::EMPTY,
        (Value::Array(items), FieldKind::Codes(_)) => match joined(items) {
            Some(text) if text.is_empty() => Span::EMPTY,
            Some(text) => side.add(text.as_bytes()),
            None => Span::WRONG_TYPE,
        },
        (Value::String(text), kind) if !matches!(kind, FieldKind::Codes(_)) => side.add(text.as_bytes()),
        (Value::Number(number), FieldKind::Count) => side.add(number.to_string().as_bytes()),
        (Value::Bool(true), FieldKind::Bool) => side.add(b"true"),
        (Value::Bool(false), FieldKind::Bool) => side.add(b"false"),
        _ => Span::WRONG_TYPE,
    }
}

fn joined(items: &[Value]) -> Option<String> {
    let codes: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let codes = codes?.into_iter().map(|code| if code.is_empty() || code.contains('|') { NO_CODE } else { code });
    Some(codes.collect::<Vec<_>>().join("|"))
}

/// The pairs of an object in order, double keys included.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}
