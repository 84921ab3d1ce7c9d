//! Reads the files and the environment. What is wrong is told in terms of the files: which one, which key, and what may stand there.

use std::path::Path;

use config::{ConfigError as Fault, Map, Value, ValueKind};
use serde::Deserialize;

use super::{Config, ConfigError, FILES};

/// The prefix of variables of the environment.
const PREFIX: &str = "VT_MONITOR";

/// Parts that have nothing to take their place.
const REQUIRED: [&str; 3] = ["store", "ledger", "key"];

/// Parts of which some may be left out.
const LISTS: [&str; 2] = ["region", "exception"];

/// The variable of the environment that sets a field.
pub(super) fn variable(field: &str) -> String {
    format!("{PREFIX}__{}", field.replace('.', "__").to_uppercase())
}

/// The whole configuration; its rules are not checked.
pub(super) fn whole(directory: &Path) -> Result<Config, ConfigError> {
    let table = table(directory)?;
    read(&table).map_err(|fault| told(&fault, &table))
}

/// As much as can be read, and all that can't.
pub(super) fn parts(directory: &Path) -> (Option<Config>, Vec<ConfigError>) {
    let table = match table(directory) {
        Ok(table) => table,
        Err(error) => return (None, vec![error]),
    };
    if let Ok(config) = read(&table) {
        return (Some(config), Vec::new());
    }
    let (mut rest, mut wrong) = (only(&table, &REQUIRED), Vec::new());
    for (name, value) in table.iter().filter(|(name, _)| !REQUIRED.contains(&name.as_str())) {
        for value in pieces(name, value) {
            let mut with = only(&table, &REQUIRED);
            with.insert(name.clone(), value.clone());
            match read(&with) {
                Ok(_) => add(&mut rest, name, value),
                // The required parts are told of below.
                Err(_) if read(&only(&table, &REQUIRED)).is_err() => {}
                Err(fault) => wrong.push(told(&fault, &with)),
            }
        }
    }
    match read(&rest) {
        Ok(config) => (Some(config), wrong),
        Err(fault) => {
            wrong.push(told(&fault, &rest));
            (None, wrong)
        }
    }
}

fn table(directory: &Path) -> Result<Map<String, Value>, ConfigError> {
    if !directory.join(FILES[0]).is_file() {
        return Err(ConfigError::Missing(directory.to_owned()));
    }
    let mut builder = config::Config::builder();
    for file in FILES {
        let source = config::File::from(directory.join(file)).format(config::FileFormat::Toml);
        builder = builder.add_source(source.required(file == FILES[0]));
    }
    let environment = config::Environment::with_prefix(PREFIX).prefix_separator("__").separator("__").try_parsing(true);
    let built = builder.add_source(environment).build().map_err(|fault| told(&fault, &Map::new()))?;
    match built.cache.kind {
        ValueKind::Table(table) => Ok(table),
        _ => Ok(Map::new()),
    }
}

fn read(table: &Map<String, Value>) -> Result<Config, Fault> {
    Config::deserialize(Value::new(None, ValueKind::Table(table.clone())))
}

fn only(table: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let named = table.iter().filter(|(name, _)| names.contains(&name.as_str()));
    named.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The pieces of a part that are right or wrong each for itself.
fn pieces(name: &str, value: &Value) -> Vec<Value> {
    match &value.kind {
        ValueKind::Array(rows) if LISTS.contains(&name) => {
            rows.iter().map(|row| Value::new(None, ValueKind::Array(vec![row.clone()]))).collect()
        }
        _ => vec![value.clone()],
    }
}

fn add(table: &mut Map<String, Value>, name: &str, value: Value) {
    match (table.get_mut(name).map(|there| &mut there.kind), value.kind) {
        (Some(ValueKind::Array(there)), ValueKind::Array(more)) => there.extend(more),
        (_, kind) => {
            table.insert(name.to_owned(), Value::new(None, kind));
        }
    }
}

/// What is wrong, in terms of the files.
fn told(fault: &Fault, table: &Map<String, Value>) -> ConfigError {
    let (key, origin, text) = taken_apart(fault);
    let origin = origin.or_else(|| key.as_deref().and_then(|key| origin_of(key, table)));
    let place = match (key.as_deref(), origin.as_deref()) {
        (Some(key), Some(origin)) if origin.contains("environment") => format!("{} ({key})", variable(key)),
        (key, origin) => {
            let file = origin.and_then(|origin| origin.rsplit('/').next()).unwrap_or(FILES[0]);
            key.map_or_else(|| file.to_owned(), |key| format!("{file}, `{key}`"))
        }
    };
    let text = allowed(&text, key.as_deref(), table).unwrap_or(text);
    ConfigError::Invalid { place, reason: in_terms_of_the_file(&text) }
}

/// Key, origin and text of a fault.
fn taken_apart(fault: &Fault) -> (Option<String>, Option<String>, String) {
    match fault {
        Fault::At { error, origin, key } => {
            let (inner, from, text) = taken_apart(error);
            (key.clone().or(inner), origin.clone().or(from), text)
        }
        Fault::Type { origin, unexpected, expected, key } => {
            (key.clone(), origin.clone(), format!("{unexpected}, and expected is {expected}"))
        }
        Fault::NotFound(key) => (Some(key.clone()), None, "is missing".to_owned()),
        Fault::FileParse { uri, cause } => (None, uri.clone(), cause.to_string()),
        other => (None, None, other.to_string()),
    }
}

/// The file or the environment in which a key stands, or the nearest that it stands in.
fn origin_of(key: &str, table: &Map<String, Value>) -> Option<String> {
    let mut parts = key.split(['.', '[', ']']).filter(|part| !part.is_empty());
    let mut value = table.get(parts.next()?)?;
    let mut origin = first_origin(value);
    for part in parts {
        let next = match &value.kind {
            ValueKind::Table(table) => table.get(part),
            ValueKind::Array(rows) => part.parse().ok().and_then(|n: usize| rows.get(n)),
            _ => None,
        };
        let Some(next) = next else { break };
        value = next;
        origin = first_origin(value).or(origin);
    }
    origin
}

/// The origin of a value, or of the first one within it that has one.
fn first_origin(value: &Value) -> Option<String> {
    if let Some(origin) = value.origin() {
        return Some(origin.to_owned());
    }
    match &value.kind {
        ValueKind::Table(table) => table.values().find_map(first_origin),
        ValueKind::Array(rows) => rows.iter().find_map(first_origin),
        _ => None,
    }
}

/// The values that may stand where an unknown one does: the reader of files does not say, another reader of the same values does.
fn allowed(text: &str, key: Option<&str>, table: &Map<String, Value>) -> Option<String> {
    let (_, given) = text.split_once(" does not have variant constructor ")?;
    let part = key?.split(['.', '[']).next()?;
    let mut names = REQUIRED.to_vec();
    names.push(part);
    let values = Value::new(None, ValueKind::Table(only(table, &names)));
    let values = serde_json::Value::deserialize(values).ok()?;
    let said = serde_json::from_value::<Config>(values).err()?.to_string();
    said.starts_with(&format!("unknown variant `{given}`")).then_some(said)
}

/// Without the words of the language that this program is written in.
fn in_terms_of_the_file(text: &str) -> String {
    let mut words = Vec::new();
    let mut skip = false;
    for word in text.split(' ') {
        if std::mem::take(&mut skip) {
            continue;
        }
        let plain = word.trim_end_matches([',', '.', ';']);
        let rest = &word[plain.len()..];
        let said = match plain {
            "struct" | "enum" => {
                skip = true;
                "a table"
            }
            "variant" => "value",
            "sequence" => "list",
            "map" => "table",
            "boolean" => "true or false",
            "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number",
            plain => plain,
        };
        words.push(format!("{said}{rest}"));
    }
    words.join(" ")
}
