mod coverage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use vt_domain::snapshot::{Form, Issue, Manifest, SnapshotTable};

use super::catalogue::{CATALOGUE_FILE, catalogue};
use super::datapackage::{DATAPACKAGE_FILE, datapackage};
use super::dictionary::{dictionary, dictionary_file};
use super::example::{example, with_contents};
use super::feed::{FEED_FILE, feed};
use super::schema::schemas;
use super::*;
use crate::indicators::catalogue::catalogue as indicators;
use crate::publish::fixture::{case, draft};
use crate::render::explanation::EXPLANATION_FILE;
use crate::shelf::Shelf;

/// Set to rewrite the committed dictionaries: `VT_WRITE_DOCS=1 cargo test -p vt-publication --lib committed_dictionaries`.
const WRITE: &str = "VT_WRITE_DOCS";
/// Set to a folder to get a store with all files in it, for `tests/readers/describe.py`.
const OUT: &str = "VT_DESCRIBE_OUT";

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gebruik").join(name)
}

fn json(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn committed_dictionaries_are_what_the_code_makes_of_them() {
    for language in [Language::Nl, Language::En] {
        let (path, made) = (docs(dictionary_file(language)), dictionary(language));
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "{} is not what the code makes of it: rewrite it with {WRITE}=1", path.display());
    }
}

#[test]
fn the_dictionary_has_every_indicator_with_numerator_and_denominator() {
    let (dutch, english) = (dictionary(Language::Nl), dictionary(Language::En));
    for definition in indicators("2020W407".parse().unwrap(), vt_domain::codes::CodeLists::builtin()) {
        for text in [&definition.teller, &definition.noemer, &definition.label] {
            assert!(dutch.contains(text), "{text}");
        }
        assert!(english.contains(&format!("| `{}` |", definition.indicator)));
    }
    assert!(dutch.ends_with("|\n") && english.ends_with("|\n"));
}

#[test]
fn the_package_names_all_data_with_its_size_and_digest_and_no_moment() {
    let draft = draft(&case("2020W407"));
    let files = &draft.manifest().bestanden;
    let bytes = with_contents(&draft, |contents| datapackage(contents, files));
    assert_eq!(bytes, with_contents(&draft, |contents| datapackage(contents, files)));
    let package = json(&bytes);
    let found: BTreeSet<(String, u64, String)> = package["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| {
            let text = |key: &str| resource[key].as_str().unwrap().to_owned();
            (text("path"), resource["bytes"].as_u64().unwrap(), text("hash"))
        })
        .collect();
    let data = |naam: &str| {
        let form = Form::ALL.into_iter().any(|form| SnapshotTable::ALL.iter().any(|table| table.file(form) == naam));
        form || naam == EXPLANATION_FILE
    };
    let expected: BTreeSet<_> = files
        .iter()
        .filter(|file| data(&file.naam))
        .map(|file| (file.naam.clone(), file.bytes, format!("sha256:{}", file.sha256)))
        .collect();
    assert_eq!(found, expected);
    assert_eq!((&package["name"], &package["version"]), (&"vt-monitor-2020w407-1".into(), &"1".into()));
    assert!(package.get("created").is_none());
    let first = &package["resources"][0]["schema"];
    assert_eq!(first["primaryKey"], serde_json::json!(["periode", "regio_type", "regio_code"]));
    assert_eq!(first["fields"][0]["name"], "periode");
}

#[test]
fn every_reference_in_a_schema_leads_somewhere() {
    for (name, bytes) in schemas() {
        let schema = json(&bytes);
        assert_eq!(schema["additionalProperties"], false, "{name}");
        let mut waiting = vec![&schema];
        while let Some(node) = waiting.pop() {
            if let Some(reference) = node.get("$ref").and_then(Json::as_str) {
                assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{name}: {reference}");
            }
            waiting.extend(node.as_object().into_iter().flatten().map(|(_, value)| value));
            waiting.extend(node.as_array().into_iter().flatten());
        }
    }
}

#[tokio::test]
async fn the_catalogue_has_a_dataset_per_issue_and_a_distribution_per_file() {
    let example = example().await;
    let bytes = catalogue(&example.shelf);
    assert_eq!(bytes, catalogue(&example.shelf));
    let graph = json(&bytes);
    let graph = graph["@graph"].as_array().unwrap();
    let of_type = |kind: &str| graph.iter().filter(|node| node["@type"] == kind).count();
    let of_issue = |manifest: &Manifest| manifest.bestanden.len() + manifest.historie.len();
    let files: usize = example.shelf.snapshots.values().map(|found| of_issue(&found.content)).sum();
    assert_eq!((of_type("dcat:Dataset"), of_type("dcat:Distribution"), of_type("dcat:DatasetSeries")), (3, files, 1));
    let ids: Vec<&str> = graph.iter().map(|node| node["@id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a resource is described once");
    let known: BTreeSet<&str> = ids.into_iter().collect();
    let dataset = |period: &str| {
        let issue = Issue { periode: period.parse().unwrap(), uitgave: 1 };
        graph.iter().find(|node| node["@id"] == format!("{}/", issue.folder())).unwrap()
    };
    for distribution in dataset("2020W407")["dcat:distribution"].as_array().unwrap() {
        assert!(known.contains(distribution["@id"].as_str().unwrap()));
    }
    let note = |period: &str| dataset(period)["adms:versionNotes"]["@value"].as_str().unwrap().to_owned();
    assert!(note("2019W407").starts_with("Ingetrokken") && note("2020W407").contains("Erratum: De naam"));
    assert!(dataset("2019W407")["adms:status"]["@id"].as_str().unwrap().ends_with("WITHDRAWN"));
}

#[tokio::test]
async fn the_feed_has_every_issue_and_erratum_newest_first() {
    let example = example().await;
    let bytes = feed(&example.shelf);
    assert_eq!(bytes, feed(&example.shelf));
    let read = atom_syndication::Feed::read_from(bytes.as_slice()).unwrap();
    let titles: Vec<&str> = read.entries.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!(titles.len(), 5);
    assert!(titles[0].starts_with("Intrekking van weken 25–28 van 2019"), "{titles:?}");
    // The retracted issue is news again.
    assert!(titles[1].starts_with("Weken 25–28 van 2019"), "{titles:?}");
    assert_eq!(read.entries[1].updated, read.entries[0].updated);
    assert!(titles[2].starts_with("Erratum bij weken 25–28 van 2020"), "{titles:?}");
    assert!(read.entries[2].content.as_ref().unwrap().value.as_deref().unwrap().contains("< niet >"));
    // The others were published at one moment: the last period first.
    assert!(
        titles[3].starts_with("Weken 25–28 van 2020") && titles[4].starts_with("Weken 21–24 van 2020"),
        "{titles:?}"
    );
    let ids: BTreeSet<&str> = read.entries.iter().map(|entry| entry.id.as_str()).chain([read.id.as_str()]).collect();
    assert_eq!(ids.len(), 6);
    assert_eq!(read.updated, read.entries[0].updated);
}

#[tokio::test]
async fn a_feed_stays_itself_when_an_older_period_is_published_later() {
    let mut shelf = example().await.shelf;
    let id = |shelf: &Shelf| atom_syndication::Feed::read_from(feed(shelf).as_slice()).unwrap().id;
    let before = id(&shelf);
    let (_, mut older) = shelf.snapshots.first_key_value().map(|(issue, found)| (*issue, found.clone())).unwrap();
    older.content.periode = "2019W403".parse().unwrap();
    older.content.gepubliceerd_op += chrono::TimeDelta::days(1);
    older.sha256 = "cd".repeat(32);
    shelf.snapshots.insert(older.content.issue(), older);
    assert_eq!(id(&shelf), before);
}

#[test]
fn an_empty_store_has_a_feed_and_a_catalogue() {
    let shelf = Shelf::default();
    let read = atom_syndication::Feed::read_from(feed(&shelf).as_slice()).unwrap();
    assert!(read.entries.is_empty() && read.id.starts_with("urn:uuid:"));
    assert_eq!(json(&catalogue(&shelf))["@graph"][0]["@type"], "dcat:Catalog");
}

/// Writes the example store where [`OUT`] says, so that other programs can read it.
#[tokio::test]
async fn a_store_is_written_on_request() {
    let Some(out) = std::env::var_os(OUT).map(PathBuf::from) else { return };
    let example = example().await;
    let mut files: BTreeMap<String, Vec<u8>> = example.files.clone();
    files.insert("latest.json".to_owned(), example.latest().to_bytes());
    files.insert(CATALOGUE_FILE.to_owned(), catalogue(&example.shelf));
    files.insert(FEED_FILE.to_owned(), feed(&example.shelf));
    for (path, bytes) in files {
        let path = out.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    assert!(out.join("snapshots/four_weeks/2020W407/1").join(DATAPACKAGE_FILE).is_file());
}
