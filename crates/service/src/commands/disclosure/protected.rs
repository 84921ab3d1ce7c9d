//! The tables again, with protected values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, Int64Array, StringArray};
use serde_json::{Value, json};
use vt_disclosure::Policy;
use vt_disclosure::attack::spec::TableSpec;

use super::Opened;
use super::file::{Form, TableFile, csv_text};
use super::parquet;
use crate::exit::Usage;

/// Status of every protected cell: the one before would tell a true zero, or a small count, from the others.
const ROUNDED: &str = "rounded";

/// What changes in a file.
#[derive(Default)]
struct Edit {
    /// Columns of protected values.
    values: BTreeMap<String, Vec<i64>>,
    /// Columns of statuses.
    statuses: BTreeSet<String>,
    /// Columns of true counts, which are left out.
    truths: BTreeSet<String>,
    /// Columns of dimensions.
    dims: BTreeSet<String>,
}

/// A protected file.
pub(super) struct ProtectedFile {
    /// Relative to the folder of the answer.
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// Columns that were copied and nobody looked at.
    pub(super) copied: Vec<String>,
}

/// The files with the values of each table.
pub(super) fn files(opened: &Opened, values: &[Vec<i64>]) -> Result<Vec<ProtectedFile>> {
    let mut edits: Vec<Edit> = opened.files.iter().map(|_| Edit::default()).collect();
    for ((spec, values), &file) in opened.spec.tables.iter().zip(values).zip(&opened.file_of) {
        let edit = &mut edits[file];
        let column = value_column(spec);
        if edit.values.insert(column.clone(), values.clone()).is_some() {
            return Err(Usage(format!("{}: two tables have their values in column {column}", spec.file)).into());
        }
        edit.statuses.extend(spec.status.name().map(str::to_owned));
        edit.truths.extend(spec.truth.clone());
        edit.dims.extend(spec.dims.iter().chain(spec.rename.keys()).cloned());
    }
    let mut protected: Vec<ProtectedFile> = Vec::new();
    for (file, mut edit) in opened.files.iter().zip(edits) {
        edit.truths.retain(|truth| !edit.values.contains_key(truth));
        let path = path_of(&file.name);
        if protected.iter().any(|other| other.path == path) {
            return Err(Usage(format!("two tables would be written to {}", path.display())).into());
        }
        protected.push(ProtectedFile { path, bytes: edit.apply(file)?, copied: edit.copied(file) });
    }
    Ok(protected)
}

fn value_column(spec: &TableSpec) -> String {
    spec.value.clone().unwrap_or_else(|| "value".to_owned())
}

/// Where a file goes: its own relative path, or only its name when that leads out of the folder.
fn path_of(name: &str) -> PathBuf {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let name = || path.file_name().map(PathBuf::from);
    if inside {
        path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
    } else {
        name().unwrap_or_default()
    }
}

impl Edit {
    /// Columns of the protected file: those that stay, then values that the file had no column for.
    fn columns<'a>(&'a self, file: &'a TableFile) -> impl Iterator<Item = &'a String> {
        let header = &file.table.header;
        let kept = header.iter().filter(|name| !self.truths.contains(*name));
        kept.chain(self.values.keys().filter(move |name| !header.contains(name)))
    }

    fn copied(&self, file: &TableFile) -> Vec<String> {
        let known = |name: &&String| {
            self.values.contains_key(*name) || self.statuses.contains(*name) || self.dims.contains(*name)
        };
        self.columns(file).filter(|name| !known(name)).cloned().collect()
    }

    fn apply(&self, file: &TableFile) -> Result<Vec<u8>> {
        match &file.form {
            Form::Csv(separator) => Ok(csv_text(*separator, self.rows(file))?),
            Form::Parquet(batch) => {
                let column = |name: &String| -> Option<(String, ArrayRef)> {
                    let column: ArrayRef = if let Some(values) = self.values.get(name) {
                        Arc::new(Int64Array::from(values.clone()))
                    } else if self.statuses.contains(name) {
                        Arc::new(StringArray::from(vec![ROUNDED; batch.num_rows()]))
                    } else {
                        batch.column_by_name(name)?.clone()
                    };
                    Some((name.clone(), column))
                };
                Ok(parquet::write(self.columns(file).filter_map(column).collect())?)
            }
        }
    }

    fn rows(&self, file: &TableFile) -> Vec<Vec<String>> {
        let columns: Vec<&String> = self.columns(file).collect();
        let place: Vec<Option<usize>> =
            columns.iter().map(|name| file.table.header.iter().position(|other| other == *name)).collect();
        let mut rows = vec![columns.iter().map(|name| (*name).clone()).collect()];
        for (number, row) in file.table.rows.iter().enumerate() {
            let field = |(name, place): (&&String, &Option<usize>)| match self.values.get(*name) {
                Some(values) => values[number].to_string(),
                None if self.statuses.contains(*name) => ROUNDED.to_owned(),
                None => place.map_or_else(String::new, |place| row.fields[place].clone()),
            };
            rows.push(columns.iter().zip(&place).map(field).collect());
        }
        rows
    }
}

/// A specification to attack the protected tables with: what a reader knows of them, and nothing of the true counts.
pub(super) fn spec(opened: &Opened, policy: &Policy) -> Result<Value> {
    let mut spec: Value = serde_json::from_str(&opened.text)?;
    let steps = i64::from((policy.bound + 1).div_ceil(policy.base)) - 1;
    let rule = json!({"controlled": {"base": policy.base, "steps": steps}});
    for (table, given) in spec["tables"].as_array_mut().into_iter().flatten().zip(&opened.spec.tables) {
        table["file"] = json!(path_of(&given.file));
        if let Some(table) = table.as_object_mut() {
            table.remove("truth");
        }
    }
    spec["rules"] = json!({ROUNDED: rule, "published": rule});
    if let Some(spec) = spec.as_object_mut() {
        // An insider's exact knowledge is a true count.
        spec.remove("known");
    }
    if let Some(targets) = spec.get_mut("targets").and_then(Value::as_object_mut) {
        targets.retain(|field, _| field == "atoms" || field == "differences");
    }
    Ok(spec)
}
