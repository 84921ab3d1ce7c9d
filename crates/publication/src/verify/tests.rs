mod bases;
mod beside;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::snapshot::{Form, Issue, LATEST_PATH, Manifest, PreviousIssue, SnapshotTable};

use super::*;
use crate::historie;
use crate::publish::fixture::{Case, case, draft, publish_in, store_of_three, write};
use crate::publish::store::{read, sha256};
use crate::publish::{rebuild_latest, rebuild_pages};
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::render::form;
use crate::tables::{TableRows, Value};

const FOLDER: &str = "snapshots/four_weeks/2020W407/1";

fn issue() -> Issue {
    Issue { periode: "2020W407".parse().unwrap(), uitgave: 1 }
}

async fn bytes(store: &InMemory, path: &str) -> Bytes {
    read(store, path).await.unwrap().unwrap()
}

async fn report(store: &InMemory) -> VerifyReport {
    verify(store, None).await.unwrap()
}

fn rules(report: &VerifyReport) -> BTreeSet<Rule> {
    report.findings.iter().map(|found| found.rule).collect()
}

/// The one finding of a rule, as text.
fn only(report: &VerifyReport, rule: Rule) -> String {
    let found: Vec<String> =
        report.findings.iter().filter(|found| found.rule == rule).map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Replaces bytes in a file of 2020W407, without telling the manifest.
async fn replace(store: &InMemory, name: &str, from: &str, to: &str) {
    let path = format!("{FOLDER}/{name}");
    let text = String::from_utf8(bytes(store, &path).await.to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    write(store, &path, text.replacen(from, to, 1).into()).await;
}

type Tables = BTreeMap<SnapshotTable, TableRows>;

/// Changes tables and explanation of an issue as a forger would: all three forms, the manifest's digests and `latest.json` agree.
async fn forge(store: &InMemory, issue: Issue, change: impl FnOnce(&mut Tables, &mut Explanation)) {
    let mut tables = Tables::new();
    for table in SnapshotTable::ALL {
        let file = bytes(store, &issue.file(&table.file(Form::Parquet))).await;
        tables.insert(table, form::read(Form::Parquet, table, issue.periode, &file).unwrap());
    }
    let file = bytes(store, &issue.file(EXPLANATION_FILE)).await;
    let mut explanation = Explanation::from_bytes(&file).unwrap();
    change(&mut tables, &mut explanation);
    let mut files = BTreeMap::from([(EXPLANATION_FILE.to_owned(), explanation.to_bytes())]);
    for (table, rows) in &tables {
        for form in Form::ALL {
            files.insert(table.file(form), form::write(form, issue.periode, rows).unwrap());
        }
    }
    let tables: Vec<TableRows> = tables.into_values().collect();
    let manifest = forge_manifest(store, issue, |manifest| {
        for file in &mut manifest.bestanden {
            // The report, the workbook and the descriptions stay as they are.
            if let Some(bytes) = files.get(&file.naam) {
                (file.bytes, file.sha256) = (bytes.len() as u64, sha256(bytes));
            }
        }
        let history = historie::of_issue(issue, manifest.gepubliceerd_op, &tables).unwrap();
        manifest.historie = history.iter().map(|file| file.entry.clone()).collect();
    })
    .await;
    for file in historie::of_issue(issue, manifest.gepubliceerd_op, &tables).unwrap() {
        write(store, &file.entry.naam, file.bytes).await;
    }
    for (name, bytes) in files {
        write(store, &issue.file(&name), bytes.into()).await;
    }
}

async fn forge_manifest(store: &InMemory, issue: Issue, change: impl FnOnce(&mut Manifest)) -> Manifest {
    let mut manifest: Manifest = serde_json::from_slice(&bytes(store, &issue.manifest()).await).unwrap();
    change(&mut manifest);
    write(store, &issue.manifest(), manifest.to_bytes().into()).await;
    rebuild_latest(store).await.unwrap();
    rebuild_pages(store).await.unwrap();
    manifest
}

/// Changes one value of one row.
fn set(tables: &mut Tables, table: SnapshotTable, row: &str, column: &str, value: Value) {
    let rows = tables.get_mut(&table).unwrap();
    let place =
        (0..rows.rows.len()).find(|&place| rows.row_name(place) == row).unwrap_or_else(|| panic!("no row {row}"));
    let column = table.column(column).unwrap();
    assert_ne!(rows.rows[place][column], value);
    rows.rows[place][column] = value;
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// Adds to a count.
fn add(tables: &mut Tables, table: SnapshotTable, row: &str, more: i64) {
    let rows = &tables[&table];
    let place =
        (0..rows.rows.len()).find(|&place| rows.row_name(place) == row).unwrap_or_else(|| panic!("no row {row}"));
    let value = rows.value(place, "waarde").unwrap().int().unwrap();
    set(tables, table, row, "waarde", Value::Int(value + more));
}

async fn forged(change: impl FnOnce(&mut Tables, &mut Explanation)) -> VerifyReport {
    let store = store_of_three().await;
    forge(&store, issue(), change).await;
    report(&store).await
}

#[tokio::test]
async fn a_published_store_verifies() {
    let store = store_of_three().await;
    let report = report(&store).await;
    assert!(report.passed(), "{:?}", report.findings);
    let periods: Vec<String> = report.snapshots.iter().map(|issue| issue.periode.to_string()).collect();
    assert_eq!(periods, ["2019W407", "2020W406", "2020W407"]);
    assert_eq!(report.files, 3 * draft(&case("2020W407")).files().len());
    assert!(report.rows > 20_000);
}

#[tokio::test]
async fn forging_without_a_change_changes_nothing() {
    let report = forged(|_, _| ()).await;
    assert!(report.passed(), "{:?}", report.findings);
}

#[tokio::test]
async fn an_empty_store_verifies() {
    let report = report(&InMemory::new()).await;
    assert!(report.passed() && report.snapshots.is_empty());
}

#[tokio::test]
async fn every_kind_of_gap_and_cadence_verifies() {
    let store = InMemory::new();
    publish_in(&store, &case("2020W121")).await;
    publish_in(&store, &case("2020W212")).await;
    publish_in(&store, &Case { absent: &["VT13"], partial: &["VT06"], ..case("2020W407") }).await;
    publish_in(&store, &Case { unknown_percent: 30, absent: &["VT13"], ..case("2020W408") }).await;
    publish_in(&store, &Case { unknown_percent: 30, ..case("2020W409") }).await;
    let report = report(&store).await;
    assert!(report.passed(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_flipped_byte_is_found() {
    let store = store_of_three().await;
    let path = format!("{FOLDER}/verdelingen.parquet");
    let mut file = bytes(&store, &path).await.to_vec();
    file[1000] ^= 1;
    write(&store, &path, file.into()).await;
    let report = report(&store).await;
    assert!(only(&report, Rule::FileDigest).starts_with(&format!("{path}: its SHA-256")));
}

#[tokio::test]
async fn a_truncated_file_is_found() {
    let store = store_of_three().await;
    let path = format!("{FOLDER}/kerncijfers.parquet");
    let file = bytes(&store, &path).await;
    write(&store, &path, file.slice(..file.len() - 100)).await;
    let report = report(&store).await;
    assert!(only(&report, Rule::FileSize).starts_with(&path));
    assert!(rules(&report).is_superset(&BTreeSet::from([Rule::FileDigest, Rule::Columns])));
}

#[tokio::test]
async fn a_changed_number_in_one_form_is_named_by_row() {
    let store = store_of_three().await;
    let path = format!("{FOLDER}/kerncijfers.csv");
    let line = |text: &str| {
        text.lines().find(|line| line.contains(";VT07;") && line.contains(";gestarte_adviezen;")).map(str::to_owned)
    };
    let before = line(str::from_utf8(&bytes(&store, &path).await).unwrap()).unwrap();
    let field: Vec<&str> = before.split(';').collect();
    let changed = before.replace(&format!(";{};9;", field[8]), ";9995;9;");
    replace(&store, "kerncijfers.csv", &before, &changed).await;
    let report = report(&store).await;
    let found = only(&report, Rule::FormsEqual);
    assert!(found.starts_with(&path) && found.contains("(VT/VT07/gestarte_adviezen), column `waarde`"), "{found}");
    assert!(found.contains("differs from kerncijfers.parquet"));
    assert!(rules(&report).contains(&Rule::FileDigest));
}

#[tokio::test]
async fn a_missing_file_is_found() {
    let store = store_of_three().await;
    let path = format!("{FOLDER}/dekking.json");
    store.delete(&path.as_str().into()).await.unwrap();
    let report = report(&store).await;
    assert_eq!(
        only(&report, Rule::FileMissing),
        format!("{path}: the manifest names it, and it is not there [file_missing]")
    );
}

#[tokio::test]
async fn a_file_that_the_manifest_does_not_name_is_found_twice() {
    let store = store_of_three().await;
    forge_manifest(&store, issue(), |manifest| manifest.bestanden.retain(|file| file.naam != "dekking.csv")).await;
    let report = report(&store).await;
    assert!(only(&report, Rule::FileMissing).contains("2020W407/1.json, dekking.csv"));
    assert!(only(&report, Rule::FileStray).starts_with(&format!("{FOLDER}/dekking.csv")));
}

#[tokio::test]
async fn stray_files_are_found() {
    let store = store_of_three().await;
    let stray = [
        "snapshots/four_weeks/2020W407/1/ruw.csv",
        "snapshots/four_weeks/2020W408/1/kerncijfers.csv",
        "snapshots/los.txt",
        "manifests/four_weeks/2020W407/1.json.bak",
        "manifests/four_weeks/2020W408/1.json.minisig",
        "geheugen.json",
        "historie/a.parquet",
    ];
    for path in stray {
        write(store.as_ref(), path, Bytes::from_static(b"x")).await;
    }
    crate::publish::write_mark(store.as_ref(), "3f9a").await.unwrap();
    let report = report(&store).await;
    let found: BTreeSet<&str> = report.findings.iter().map(|found| found.file.as_str()).collect();
    assert_eq!(found, BTreeSet::from(stray));
    assert_eq!(rules(&report), BTreeSet::from([Rule::FileStray]));
}

#[tokio::test]
async fn a_wrong_latest_is_found() {
    let store = store_of_three().await;
    let wrong = String::from_utf8(bytes(&store, LATEST_PATH).await.to_vec()).unwrap().replace("2020W407", "2020W406");
    write(store.as_ref(), LATEST_PATH, wrong.into()).await;
    let report_wrong = report(&store).await;
    assert_eq!(
        only(&report_wrong, Rule::Latest),
        "latest.json: it does not say what follows from the store (four_weeks: 2020W407 issue 1); publishing anything rebuilds it [latest]"
    );
    store.delete(&LATEST_PATH.into()).await.unwrap();
    assert!(only(&report(&store).await, Rule::Latest).contains("it is missing"));
    write(store.as_ref(), LATEST_PATH, Bytes::from_static(b"[]")).await;
    assert!(only(&report(&store).await, Rule::Latest).contains("does not say what follows"));
}

#[tokio::test]
async fn a_manifest_that_contradicts_its_path_is_found() {
    let store = store_of_three().await;
    forge_manifest(&store, issue(), |manifest| manifest.eind = "2020-07-13".parse().unwrap()).await;
    let report = report(&store).await;
    assert_eq!(
        only(&report, Rule::Manifest),
        "manifests/four_weeks/2020W407/1.json, eind: it must be 2020-07-12 [manifest]"
    );
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_is_found() {
    let store = store_of_three().await;
    write(store.as_ref(), &issue().manifest(), Bytes::from_static(b"{\"formaat\":1}")).await;
    let report = report(&store).await;
    assert!(only(&report, Rule::Manifest).contains("cannot be read"));
}

/// A second issue of 2020W407 with the files of the first.
async fn second_issue(store: &InMemory, previous: Option<PreviousIssue>) {
    let mut manifest: Manifest = serde_json::from_slice(&bytes(store, &issue().manifest()).await).unwrap();
    manifest.uitgave = 2;
    manifest.vorige = previous;
    for file in &mut manifest.bestanden {
        let mut content = bytes(store, &issue().file(&file.naam)).await;
        if file.naam == EXPLANATION_FILE {
            let mut explanation = Explanation::from_bytes(&content).unwrap();
            explanation.uitgave = 2;
            content = explanation.to_bytes().into();
            (file.bytes, file.sha256) = (content.len() as u64, sha256(&content));
        }
        write(store, &Issue { uitgave: 2, ..issue() }.file(&file.naam), content).await;
    }
    write(store, &manifest.issue().manifest(), manifest.to_bytes().into()).await;
    rebuild_latest(store).await.unwrap();
}

#[tokio::test]
async fn a_broken_chain_of_manifests_is_found() {
    let pad = issue().manifest();
    let right = sha256(&bytes(store_of_three().await.as_ref(), &pad).await);
    let previous = |pad: &str, sha256: &str| Some(PreviousIssue { pad: pad.to_owned(), sha256: sha256.to_owned() });
    let cases = [
        (previous(&pad, &right), None),
        (previous(&pad, "00"), Some("the digest of manifests/four_weeks/2020W407/1.json is not the one it states")),
        (None, Some("it does not name the issue before it")),
        (
            previous("manifests/four_weeks/2020W406/1.json", &right),
            Some("and that is manifests/four_weeks/2020W407/1.json"),
        ),
    ];
    for (previous, expected) in cases {
        let store = store_of_three().await;
        second_issue(&store, previous).await;
        let found: Vec<VerifyFinding> = report(&store).await.findings;
        let chain: Vec<String> =
            found.iter().filter(|found| found.rule == Rule::ManifestChain).map(ToString::to_string).collect();
        assert_eq!(chain.len(), usize::from(expected.is_some()), "{chain:?}");
        assert!(chain.iter().all(
            |found| found.starts_with("manifests/four_weeks/2020W407/2.json") && found.contains(expected.unwrap())
        ));
    }
}

#[tokio::test]
async fn a_first_issue_names_none_before_it() {
    let store = store_of_three().await;
    let previous = PreviousIssue { pad: "manifests/four_weeks/2020W407/0.json".into(), sha256: "00".into() };
    forge_manifest(&store, issue(), |manifest| manifest.vorige = Some(previous)).await;
    assert!(only(&report(&store).await, Rule::ManifestChain).contains("which is not there"));
}

#[tokio::test]
async fn a_table_with_other_columns_is_found() {
    let store = store_of_three().await;
    replace(&store, "kerncijfers.csv", "marge;status", "marge;toestand").await;
    replace(&store, "dekking.json", "\"dagen\"", "\"days\"").await;
    let report = report(&store).await;
    let found: BTreeSet<&str> =
        report.findings.iter().filter(|found| found.rule == Rule::Columns).map(|found| found.file.as_str()).collect();
    assert_eq!(found, BTreeSet::from([&*format!("{FOLDER}/dekking.json"), &*format!("{FOLDER}/kerncijfers.csv")]));
}

#[tokio::test]
async fn one_period_is_verified_with_what_it_compares_with() {
    let store = store_of_three().await;
    let period = "2020W407".parse().unwrap();
    write(store.as_ref(), "snapshots/four_weeks/2020W406/1/kerncijfers.csv", Bytes::from_static(b"x")).await;
    let report = verify(store.as_ref() as &dyn ObjectStore, Some(period)).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
    assert_eq!(report.snapshots, [issue()]);
    write(store.as_ref(), "snapshots/four_weeks/2020W406/1/kerncijfers.json", Bytes::from_static(b"x")).await;
    let report = verify(store.as_ref() as &dyn ObjectStore, Some(period)).await.unwrap();
    assert!(only(&report, Rule::Base).contains("2020W406/1/kerncijfers.json"));
}

#[tokio::test]
async fn a_failing_store_is_an_error_and_no_finding() {
    use vt_servers::faulty::{Fault, FaultyStore};
    let store = FaultyStore::new(store_of_three().await).at(5, Fault::Before);
    assert!(verify(&store, None).await.unwrap_err().to_string().contains("planted failure"));
    let _: Arc<dyn ObjectStore> = Arc::new(store);
}

#[test]
fn a_finding_names_file_row_and_rule() {
    let found = VerifyFinding {
        file: "snapshots/x/kerncijfers.parquet".into(),
        row: Some("VT/VT07/gestarte_adviezen".into()),
        rule: Rule::Multiple,
        detail: "3 is not a multiple of 5".into(),
    };
    insta::assert_snapshot!(found.to_string(), @"snapshots/x/kerncijfers.parquet, VT/VT07/gestarte_adviezen: 3 is not a multiple of 5 [multiple]");
    assert_eq!(serde_json::to_value(Rule::FormsEqual).unwrap(), Rule::FormsEqual.code());
}
