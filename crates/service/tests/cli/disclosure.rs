//! Tables of anyone: attacked, protected, attacked again. Every number here can be checked by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{expect, run};

fn fixture(name: &str) -> String {
    format!("{}/tests/disclosure/{name}/spec.json", env!("CARGO_MANIFEST_DIR"))
}

/// A folder with files; the specification is `spec.json`.
fn folder(files: &[(&str, &str)]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let spec = path(&folder.path().join("spec.json"));
    (folder, spec)
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn key(folder: &Path) -> String {
    let key = folder.join("key");
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path(&key)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Targets of an attack as `codes and difference: [lo, hi] VERDICT`, in their order.
fn attack(code: i32, spec: &str) -> Vec<String> {
    let answer = json(&expect(code, &["disclosure", "attack", spec, "--json"]));
    assert_eq!(answer["safe"], code == 0);
    let line = |cell: &Value| {
        let codes = cell["where"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(name, code)| Some(format!("{name}={}", code.as_str()?)));
        let parts: Vec<String> = codes.chain(cell["difference"].as_str().map(str::to_owned)).collect();
        format!("{}: [{}, {}] {}", parts.join(", "), cell["lo"], cell["hi"], cell["verdict"].as_str().unwrap())
    };
    answer["cells"].as_array().unwrap().iter().map(line).collect()
}

fn error(code: i32, files: &[(&str, &str)]) -> String {
    let (_folder, spec) = folder(files);
    let output = run(&["disclosure", "attack", &spec]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{error}");
    error
}

#[test]
fn each_pitfall_is_found_and_its_protected_version_is_safe() {
    let pitfalls: [(&str, &[&str]); 6] = [
        // VT06 has 120 and VR08, all of VT06 but one gemeente, 117.
        ("regions", &["region: VT06 minus VR08: [3, 3] EXACT_SMALL"]),
        // Three times 3..7 is at least 9, and the total, rounded on its own, is at most 12.
        ("totals", &["part=A: [3, 6] NARROW", "part=B: [3, 6] NARROW", "part=C: [3, 6] NARROW", ": [9, 12] NARROW"]),
        // One registration came in between.
        (
            "revision",
            &["region=A, issue: 2 minus 1: [1, 1] EXACT_SMALL", "region=B, issue: 2 minus 1: [0, 0] EXACT_ZERO"],
        ),
        // Suppressed in the first issue, published in the second.
        ("snapshots", &["issue=1, region=A: [3, 3] EXACT_SMALL"]),
        // One cell suppressed beside its total: 9 − 8.
        ("singletons", &["kind=chat, region=A: [1, 1] EXACT_SMALL"]),
        // A total that its other part fills.
        ("zeros", &["region=A: [0, 0] EXACT_ZERO"]),
    ];
    for (name, found) in pitfalls {
        assert_eq!(attack(6, &fixture(name)), found, "{name}");
        let folder = tempfile::tempdir().unwrap();
        let out = path(&folder.path().join("out"));
        expect(0, &["disclosure", "round", &fixture(name), "--out", &out, "--key-file", &key(folder.path())]);
        let safe = attack(0, &format!("{out}/spec.json"));
        assert!(!safe.is_empty() && safe.iter().all(|line| line.ends_with(" OK")), "{name}: {safe:?}");
        let certificate = json(&std::fs::read_to_string(format!("{out}/certificate.json")).unwrap());
        assert_eq!((&certificate["passed"], &certificate["bound"]), (&true.into(), &9.into()), "{name}");
        for entry in std::fs::read_dir(&out).unwrap() {
            let file: PathBuf = entry.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "csv") {
                let text = std::fs::read_to_string(file).unwrap();
                let leaks = ["truth", "suppressed", "published"].iter().any(|word| text.contains(word));
                assert!(!leaks, "{name}: {text}");
            }
        }
    }
}

/// The product's own tables have a column `status` that says how final a figure is.
#[test]
fn a_column_of_statuses_that_are_about_something_else_is_left_alone() {
    let table = "r;waarde;status\nA;3;definitief\nB;9;voorlopig\nC;;definitief\nall;40;definitief\n";
    let spec = r#"{"tables": [{"file": "t.csv", "dims": ["r"], "value": "waarde", "status": null}],
        "dimensions": {"r": {"groups": {"all": "*"}}}}"#;
    let (_folder, path) = folder(&[("t.csv", table), ("spec.json", spec)]);
    assert_eq!(attack(6, &path), ["r=C: [28, 28] EXACT"]);
    let usual = spec.replace(r#", "status": null"#, "");
    assert!(error(7, &[("t.csv", table), ("spec.json", &usual)]).contains("`\"status\": null`"));

    let table = table.replace(";;", ";28;");
    let (folder, path) = folder(&[("t.csv", &table), ("spec.json", spec)]);
    let out = self::path(&folder.path().join("out"));
    expect(0, &["disclosure", "round", &path, "--out", &out]);
    let protected = std::fs::read_to_string(format!("{out}/t.csv")).unwrap();
    assert!(protected.contains(";voorlopig") && !protected.contains(";9;"), "{protected}");
    assert_eq!(attack(0, &format!("{out}/spec.json")).len(), 4);
}

#[test]
fn each_verdict_is_given() {
    let found = [
        "group=g1, member=a: [3, 3] EXACT_SMALL",
        "group=g2, member=a: [0, 3] NARROW",
        "group=g2, member=b: [0, 3] NARROW",
        "group=g3, member=a: [0, 0] EXACT_ZERO",
        "group=g4, member=a: [7, 7] EXACT",
        "group=g5, member=a: [0, 40] OK",
        "group=g5, member=b: [0, 40] OK",
        "group=g6, member=a: [1, 4] SMALL",
        "group=g6, member=b: [26, 29] NARROW",
    ];
    assert_eq!(attack(6, &fixture("verdicts")), found);
}

#[test]
fn the_answer_is_a_table_too_and_names_the_causes() {
    let folder = tempfile::tempdir().unwrap();
    let cells = path(&folder.path().join("cells.csv"));
    let text = expect(6, &["disclosure", "attack", &fixture("totals"), "--out", &cells]);
    assert!(text.contains("4 targets attacked: 4 NARROW") && text.contains("NOT SAFE"), "{text}");
    assert!(text.contains("[3, 6]") && text.contains("parts.csv, total.csv"), "{text}");
    let cells = std::fs::read_to_string(cells).unwrap();
    let lines: Vec<&str> = cells.lines().collect();
    assert_eq!(lines[0], "part,difference,value,status,lo,hi,width,verdict");
    assert_eq!(lines[1], "A,,5,rounded,3,6,3,NARROW");
    assert_eq!(lines[4], ",,10,rounded,9,12,3,NARROW");
    assert!(expect(6, &["disclosure", "attack", &fixture("snapshots")]).contains("second.csv"));
}

#[test]
fn what_a_reader_knows_narrows_the_interval() {
    let table = "r;k;value;status\nA;x;;suppressed\nA;y;;suppressed\nA;all;20;published\n";
    let attacked = |more: &str| {
        let spec = format!(
            r#"{{"tables": [{{"file": "t.csv", "dims": ["r", "k"]}}], "dimensions": {{"k": {{"groups": {{"all": "*"}}}}}}{more}}}"#
        );
        let (_folder, path) = folder(&[("t.csv", table), ("spec.json", &spec)]);
        let output = run(&["disclosure", "attack", &path, "--json"]);
        let answer = json(&String::from_utf8_lossy(&output.stdout));
        let cells = answer["cells"].as_array().unwrap().clone();
        cells
            .iter()
            .map(|cell| format!("{}..{} {}", cell["lo"], cell["hi"], cell["verdict"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(attacked(""), ["0..20 OK", "0..20 OK"]);
    assert_eq!(
        attacked(r#", "known": [{"where": {"r": "A", "k": "y"}, "value": 17}]"#),
        ["3..3 EXACT_SMALL", "17..17 EXACT"]
    );
    // A structural zero is known to all, so it is no target.
    assert_eq!(attacked(r#", "structural_zeros": [{"k": "y"}]"#), ["20..20 EXACT"]);
    assert_eq!(attacked(r#", "cell_max": 12"#), ["8..12 OK", "8..12 OK"]);
    assert_eq!(attacked(r#", "cell_max": 11"#), ["9..11 NARROW", "9..11 NARROW"]);
    assert_eq!(attacked(r#", "cell_min": 9, "protect": {"min_width": 2}"#), ["9..11 OK", "9..11 OK"]);
    assert_eq!(attacked(r#", "targets": {"statuses": ["published"]}"#), ["20..20 EXACT"]);
    assert_eq!(attacked(r#", "targets": {"differences": ["k"], "max_published": 5}"#), ["0..20 OK", "0..20 OK"]);
}

#[test]
fn groups_may_overlap_and_need_not_nest() {
    // N = {a, b} is 10, M = {b, c} is 4, all = 13: a = 9, c = 3, b = 1.
    let spec = r#"{
        "tables": [{"file": "t.csv", "dims": ["Code"], "rename": {"Code": "r"}, "value": "n"}],
        "dimensions": {"r": {"atoms": ["a", "b", "c"], "groups": {"N": ["a", "b"], "M": ["b", "c"], "all": ["N", "c"]}}},
        "targets": {"atoms": true, "differences": [["N", "M"]]}
    }"#;
    let (_folder, spec) = folder(&[("t.csv", "Code,n\nN,10\nM,4\nall,13\n"), ("spec.json", spec)]);
    let found = attack(6, &spec);
    let expected = [
        "r: N minus M: [9, 9] EXACT",
        "r: M minus N: [3, 3] EXACT_SMALL",
        "r=a: [9, 9] EXACT",
        "r=b: [1, 1] EXACT_SMALL",
        "r=c: [3, 3] EXACT_SMALL",
    ];
    assert_eq!(found, expected);
}

#[test]
fn snapshots_are_linked() {
    let table = "s;value;status\n1;10;rounded\n2;;suppressed\n";
    for (link, second) in [
        (r#""none""#, "[0, null]"),
        (r#""equal""#, "[8, 12]"),
        (r#""nondecreasing""#, "[8, null]"),
        (r#"{"band": 2}"#, "[6, 14]"),
        (r#"{"band": {"down": 0, "up": 3}}"#, "[8, 15]"),
    ] {
        let spec = format!(
            r#"{{"tables": [{{"file": "t.csv", "dims": ["s"]}}], "snapshots": {{"dim": "s", "order": ["1", "2"], "link": {link}}}}}"#
        );
        let (_folder, spec) = folder(&[("t.csv", table), ("spec.json", &spec)]);
        assert_eq!(attack(0, &spec), ["s=1: [8, 12] OK".to_owned(), format!("s=2: {second} OK")], "{link}");
    }
}

#[test]
fn a_parquet_table_is_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let columns: [(&str, ArrayRef); 4] = [
        ("region", Arc::new(StringArray::from(vec!["A", "B", "NL"]))),
        ("value", Arc::new(Int32Array::from(vec![None, Some(6), Some(9)]))),
        ("status", Arc::new(StringArray::from(vec!["suppressed", "published", "published"]))),
        ("truth", Arc::new(Int32Array::from(vec![3, 6, 9]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(folder.path().join("t.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let spec = r#"{"tables": [{"file": "t.parquet", "dims": ["region"], "truth": "truth"}],
        "dimensions": {"region": {"groups": {"NL": "*"}}}}"#;
    std::fs::write(folder.path().join("spec.json"), spec).unwrap();
    let spec = path(&folder.path().join("spec.json"));
    assert_eq!(attack(6, &spec), ["region=A: [3, 3] EXACT_SMALL"]);
    let out = path(&folder.path().join("out"));
    expect(0, &["disclosure", "round", &spec, "--out", &out]);
    assert!(attack(0, &format!("{out}/spec.json")).iter().all(|line| line.ends_with(" OK")));
    let protected = std::fs::File::open(format!("{out}/t.parquet")).unwrap();
    let schema = ParquetRecordBatchReaderBuilder::try_new(protected).unwrap().schema().clone();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["region", "value", "status"]);
}

#[test]
fn a_second_round_is_a_revision_of_the_first() {
    let table = |b: u32| format!("region;value\nA;3\nB;{b}\nC;41\nNL;{}\n", 44 + b);
    let spec =
        r#"{"tables": [{"file": "t.csv", "dims": ["region"]}], "dimensions": {"region": {"groups": {"NL": "*"}}}}"#;
    let (folder, spec) = folder(&[("t.csv", &table(12)), ("spec.json", spec)]);
    let memory = path(&folder.path().join("memory"));
    let place = |out: &str| path(&folder.path().join(out));
    let round = |out: &str| {
        expect(0, &["disclosure", "round", &spec, "--out", &place(out), "--memory", &memory]);
        std::fs::read_to_string(place(out) + "/t.csv").unwrap()
    };
    let first = round("1");
    assert_eq!(round("2"), first, "the same counts have the same values");
    std::fs::write(folder.path().join("t.csv"), table(31)).unwrap();
    let second = round("3");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (first, second) = (lines(&first), lines(&second));
    assert_eq!((&first[1], &first[3]), (&second[1], &second[3]), "A and C did not change");
    assert_ne!(first[2], second[2], "12 and 31 are further apart than twice the bound");
    let mut records: Vec<String> =
        std::fs::read_dir(&memory).unwrap().map(|entry| path(&entry.unwrap().path())).collect();
    records.sort();
    assert_eq!(records.len(), 4, "two issues, an index and a key: {records:?}");
    for record in &records {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(record).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{record}");
    }
    // Any record that is gone is missed, the newest too; so is a changed one, and the index itself.
    for (name, word) in [("issue-1.json", "missing"), ("issue-2.json", "missing"), ("index.json", "missing")] {
        let lost = format!("{memory}/{name}");
        let kept = std::fs::read(&lost).unwrap();
        std::fs::remove_file(&lost).unwrap();
        let refused = run(&["disclosure", "round", &spec, "--out", &place("4"), "--memory", &memory]);
        let error = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(5), "{error}");
        assert!(error.contains(name) && error.contains(word) && error.contains("restore"), "{error}");
        std::fs::write(&lost, kept).unwrap();
    }
    std::fs::copy(format!("{memory}/issue-2.json"), format!("{memory}/kept")).unwrap();
    let other = std::fs::read_to_string(format!("{memory}/kept")).unwrap().replacen("31", "32", 1);
    std::fs::write(format!("{memory}/issue-2.json"), other).unwrap();
    let refused = run(&["disclosure", "round", &spec, "--out", &place("4"), "--memory", &memory]);
    assert_eq!(refused.status.code(), Some(5));
    std::fs::rename(format!("{memory}/kept"), format!("{memory}/issue-2.json")).unwrap();
    assert_eq!(round("4"), std::fs::read_to_string(place("3") + "/t.csv").unwrap());
}

/// A run that ended between its record and the index has published nothing, and its record counts.
#[test]
fn a_record_that_the_index_does_not_have_yet_is_taken_up() {
    let spec = r#"{"tables": [{"file": "t.csv", "dims": ["r"]}]}"#;
    let (folder, spec) = folder(&[("t.csv", "r;value\nA;3\n"), ("spec.json", spec)]);
    let (memory, place) = (path(&folder.path().join("memory")), |out: &str| path(&folder.path().join(out)));
    expect(0, &["disclosure", "round", &spec, "--out", &place("1"), "--memory", &memory]);
    std::fs::write(format!("{memory}/index.json"), r#"{"issues": {}}"#).unwrap();
    expect(0, &["disclosure", "round", &spec, "--out", &place("2"), "--memory", &memory]);
    assert!(std::fs::read_to_string(format!("{memory}/index.json")).unwrap().contains("\"1\""));
}

#[test]
fn an_earlier_result_is_not_written_over() {
    let spec = r#"{"tables": [{"file": "t.csv", "dims": ["r"]}]}"#;
    let (folder, spec) = folder(&[("t.csv", "r;value\nA;3\nB;17\n"), ("spec.json", spec)]);
    let out = path(&folder.path().join("out"));
    expect(0, &["disclosure", "round", &spec, "--out", &out]);
    let first = std::fs::read(format!("{out}/t.csv")).unwrap();
    let refused = run(&["disclosure", "round", &spec, "--out", &out]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"));
    assert_eq!(std::fs::read(format!("{out}/t.csv")).unwrap(), first);
}

#[test]
fn what_rounding_cannot_promise_is_refused() {
    let round = |table: &str, more: &str| {
        let spec = format!(r#"{{"tables": [{{"file": "t.csv", "dims": ["r"]}}]{more}}}"#);
        let (folder, spec) = folder(&[("t.csv", table), ("spec.json", &spec)]);
        let output = run(&["disclosure", "round", &spec, "--out", &path(&folder.path().join("out"))]);
        assert!(!folder.path().join("out").exists());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let good = "r;value\nA;3\nB;9\nall;12\n";
    let groups = r#", "dimensions": {"r": {"groups": {"all": "*"}}}"#;
    for (table, more, code, word) in [
        (good, r#", "cell_max": 12"#, 7, "cell_max"),
        (good, r#", "cell_min": 1"#, 7, "cell_min"),
        ("r;value\nA;3\nB;.\nall;12\n", groups, 7, "line 3"),
        ("r;value\nA;3\nB;-9\n", "", 7, "line 3"),
        ("r;value\nA;3\nB;9\nall;13\n", groups, 8, "t.csv"),
    ] {
        let (found, error) = round(table, more);
        assert!(found == Some(code) && error.contains(word), "{found:?} {error}");
    }
}

#[test]
fn true_counts_are_not_written_over() {
    let spec = r#"{"tables": [{"file": "t.csv", "dims": ["r"]}]}"#;
    let (folder, spec) = folder(&[("t.csv", "r;value\nA;3\n"), ("spec.json", spec)]);
    let refused = run(&["disclosure", "round", &spec, "--out", &path(folder.path())]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(folder.path().join("t.csv")).unwrap(), "r;value\nA;3\n");
}

#[test]
fn what_is_wrong_is_named() {
    let table = |more: &str| format!(r#"{{"tables": [{{"file": "t.csv", "dims": ["r"]}}]{more}}}"#);
    let good = "r;value;status\nA;3;rounded\n";
    let cases: [(&str, String, &[&str]); 10] = [
        (good, table(r#", "dimension": {}"#), &["spec.json", "dimension: unknown field"]),
        (good, table(r#", "targets": {"smal": 1}"#), &["targets", "`smal`"]),
        (good, table(r#", "dimensions": {"r": {"groups": {"N": ["A", "A"]}}}"#), &["overlapping atom", "groups.N"]),
        (good, table(r#", "dimensions": {"r": {"atoms": ["B"]}}"#), &["t.csv, line 2, column r", "`A`"]),
        (
            good,
            table(r#", "rules": {"published": "exact"}"#),
            &["t.csv, line 2, column status", "status `rounded` has no rule", "`rules`", "`\"status\": null`"],
        ),
        ("r;n\nA;3\n", table(""), &["t.csv, column value", "no such column"]),
        ("r;value\nA;3\nB;3,5\n", table(""), &["t.csv, line 3, column value", "`3,5`"]),
        ("r;value;status\nA;;published\n", table(""), &["t.csv, line 2, column value", "no value"]),
        (good, table(""), &["t.csv, line 2, column value", "3 is no multiple of 5"]),
        ("r;value\nA;3\nA;4\n", table(""), &["line 3", "same cell as line 2"]),
    ];
    for (csv, spec, words) in cases {
        let error = error(7, &[("t.csv", csv), ("spec.json", &spec)]);
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let truth = r#"{"tables": [{"file": "t.csv", "dims": ["r"], "truth": "n"}]}"#;
    assert!(error(7, &[("t.csv", "r;n\nA;3\n"), ("spec.json", truth)]).contains("t.csv, column value"));
    assert!(error(7, &[("spec.json", &table(""))]).contains("t.csv"));
    assert!(error(7, &[("spec.json", "{")]).contains("spec.json"));
}

#[test]
fn tables_that_contradict_each_other_have_an_exit_code_of_their_own() {
    let spec = r#"{
        "tables": [{"file": "parts.csv", "dims": ["r"]}, {"file": "total.csv", "dims": []}],
        "targets": {"atoms": true}
    }"#;
    let error = error(8, &[("parts.csv", "r;value\nA;3\nB;4\n"), ("total.csv", "value\n8\n"), ("spec.json", spec)]);
    assert!(error.contains("parts.csv") && error.contains("total.csv"), "{error}");
}

/// The worked example of `docs/DISCLOSURE.md`: what is said there of each step is what the program answers.
#[test]
fn mook_en_middelaar_is_found_in_exact_figures_and_in_figures_rounded_apart() {
    let example = |name: &str| format!("{}/../../docs/disclosure/mook/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let exact = attack(6, &example("exact"));
    assert!(exact.contains(&"region=Mook en Middelaar: [3, 3] EXACT_SMALL".to_owned()), "{exact:?}");
    let apart = attack(6, &example("apart"));
    assert!(apart.contains(&"region=Mook en Middelaar: [1, 4] SMALL".to_owned()), "{apart:?}");
    let folder = tempfile::tempdir().unwrap();
    let out = path(&folder.path().join("out"));
    expect(0, &["disclosure", "round", &example("exact"), "--out", &out, "--key-file", &key(folder.path())]);
    let protected = attack(0, &format!("{out}/spec.json"));
    assert_eq!(protected.len(), 9);
    assert!(protected.iter().all(|target| target.ends_with(" OK")), "{protected:?}");
}
