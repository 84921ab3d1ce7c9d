//! Nothing is published that the dictionary does not have, and nothing stands in it that is not published.

use std::collections::BTreeSet;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value as Json;
use vt_domain::snapshot::{Form, HistoryTable, Issue, Language, SnapshotTable};

use crate::describe::dictionary::dictionary;
use crate::describe::example::example;
use crate::describe::fields::{DOCUMENTS, ERRATUM, EXPLANATION, LATEST, MANIFEST, Object, Shape};
use crate::indicators::{HIGHER, LOWER, MATURITY_DIFFERS};
use crate::publish::fixture::{case, draft};
use crate::render::explanation::{EXPLANATION_FILE, Explanation};

/// The names of the columns that a dictionary gives for a table.
fn in_dictionary(text: &str, table: &str) -> Vec<String> {
    let section = text.split("\n## ").find(|section| section.starts_with(&format!("{table}\n"))).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_columns_of_all_three_forms_are_those_of_the_dictionary() {
    let draft = draft(&case("2020W407"));
    for table in SnapshotTable::ALL {
        let bytes = |form| {
            let name = table.file(form);
            draft.files().iter().find(|file| file.entry.naam == name).unwrap().bytes.clone()
        };
        let csv = String::from_utf8(bytes(Form::Csv).to_vec()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes(Form::Parquet)).unwrap();
        let parquet: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        let json: Json = serde_json::from_slice(&bytes(Form::Json)).unwrap();
        for language in [Language::Nl, Language::En] {
            let names = in_dictionary(&dictionary(language), table.name());
            assert_eq!(csv.lines().next().unwrap(), names.join(";"));
            assert_eq!(parquet, names);
            for row in json["rijen"].as_array().unwrap() {
                let keys: BTreeSet<&String> = row.as_object().unwrap().keys().collect();
                assert_eq!(keys, names.iter().collect());
            }
        }
    }
}

#[test]
fn the_columns_of_the_history_are_those_of_the_dictionary() {
    let draft = draft(&case("2020W407"));
    for (table, file) in HistoryTable::ALL.into_iter().zip(draft.history()) {
        assert!(file.entry.naam.starts_with(&format!("historie/{table}/")), "{}", file.entry.naam);
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap();
        let parquet: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        for language in [Language::Nl, Language::En] {
            let text = dictionary(language);
            assert_eq!(parquet, in_dictionary(&text, &format!("historie/{table}")));
            assert!(text.contains("### `gebeurtenis` (historie/cijfers, historie/indicatoren)"), "{language:?}");
        }
    }
}

#[test]
fn every_remark_that_is_a_code_is_explained() {
    let remarks = SnapshotTable::Indicatoren.columns().iter().find(|column| column.name == "opmerking").unwrap();
    let known: Vec<&str> = remarks.known().unwrap().iter().map(|code| code.code).collect();
    assert_eq!(known, [MATURITY_DIFFERS, HIGHER, LOWER]);
    let package = draft(&case("2020W407"));
    let package = package.files().iter().find(|file| file.entry.naam == "datapackage.json").unwrap();
    let package = String::from_utf8(package.bytes.to_vec()).unwrap();
    for code in known {
        assert!(dictionary(Language::Nl).contains(&format!("| `{code}` |")) && package.contains(code), "{code}");
    }
    assert!(package.contains(r#""unit": "dagen""#) && package.contains(r#""label": "Veilig Thuis-regio""#));
}

/// Compares a document with its fields, all the way down, and notes which were seen.
fn walk(value: &Json, object: &Object, seen: &mut BTreeSet<String>) {
    let found = value.as_object().unwrap_or_else(|| panic!("{}: no object", object.name));
    for (key, value) in found {
        let field = object.fields.iter().find(|field| field.name == key);
        let field = field.unwrap_or_else(|| panic!("{}.{key} is not in the dictionary", object.name));
        seen.insert(format!("{}.{key}", object.name));
        step(value, field.shape, seen);
    }
    for field in object.fields.iter().filter(|field| field.required) {
        assert!(found.contains_key(field.name), "{}.{} is not there", object.name, field.name);
    }
}

fn step(value: &Json, shape: Shape, seen: &mut BTreeSet<String>) {
    match shape {
        Shape::Object(object) => walk(value, object, seen),
        Shape::OneOf(objects) => {
            let keys: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
            let fits =
                |object: &&&Object| object.fields.iter().map(|field| field.name).collect::<BTreeSet<_>>() == keys;
            walk(value, objects.iter().find(fits).unwrap(), seen);
        }
        Shape::List(inner) => value.as_array().unwrap().iter().for_each(|item| step(item, *inner, seen)),
        Shape::Map(_, object) => value.as_object().unwrap().values().for_each(|item| walk(item, object, seen)),
        Shape::Nullable(inner) if !value.is_null() => step(value, *inner, seen),
        Shape::Codes(codes) => assert!(codes().iter().any(|code| value == code.as_str()), "{value}"),
        Shape::Number(least) => assert!(value.as_i64().unwrap() >= least),
        Shape::Constant(number) => assert_eq!(value, number),
        Shape::Bool => assert!(value.is_boolean()),
        _ => assert!(value.is_string() || value.is_null()),
    }
}

#[tokio::test]
async fn every_key_of_every_document_is_in_the_dictionary_and_the_other_way_round() {
    let example = example().await;
    let mut seen = BTreeSet::new();
    let mut read = |value: Json, object: &Object| walk(&value, object, &mut seen);
    for issue in example.shelf.snapshots.keys() {
        let bytes = &example.files[&issue.file(EXPLANATION_FILE)];
        read(serde_json::from_slice(bytes).unwrap(), &EXPLANATION);
        let mut sum = Explanation::from_bytes(bytes).unwrap();
        sum.delen = vec![Issue { periode: "2020W406".parse().unwrap(), uitgave: 1 }];
        read(serde_json::to_value(&sum).unwrap(), &EXPLANATION);
        read(serde_json::from_slice(&example.files[&issue.manifest()]).unwrap(), &MANIFEST);
    }
    read(serde_json::to_value(example.fullest_manifest()).unwrap(), &MANIFEST);
    read(serde_json::to_value(example.latest()).unwrap(), &LATEST);
    for found in example.shelf.errata.values() {
        read(serde_json::to_value(&found.content).unwrap(), &ERRATUM);
    }
    let described: BTreeSet<String> = DOCUMENTS
        .into_iter()
        .flat_map(|(_, document)| document.family())
        .flat_map(|object| object.fields.iter().map(|field| format!("{}.{}", object.name, field.name)))
        .collect();
    let never: Vec<&String> = described.difference(&seen).collect();
    assert!(never.is_empty(), "never published: {never:?}");
}

#[test]
fn parts_of_documents_have_names_of_their_own() {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for object in DOCUMENTS.into_iter().flat_map(|(_, document)| document.family()) {
        let same = names.iter().find(|(name, _)| *name == object.name);
        assert!(same.is_none_or(|(_, fields)| *fields == object.fields.len()), "{}", object.name);
        names.push((object.name, object.fields.len()));
    }
}
