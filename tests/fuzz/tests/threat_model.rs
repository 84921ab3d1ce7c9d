//! `docs/SECURITY.md` names tests: each exists, and those of hostile input are all named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Names of the tests in a file: functions after an attribute that makes them one, or within `proptest!`.
fn tests_of(text: &str) -> Vec<&str> {
    let mut tests = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if marked && !line.starts_with("#[") && !line.starts_with("//") {
            let name = line.trim_start_matches("async ").strip_prefix("fn ");
            tests.extend(name.and_then(|name| name.split(['(', '<']).next()));
            marked = false;
        }
    }
    tests
}

fn all_tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["crates", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts.flat_map(|text| tests_of(&text).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What looks like the name of a test: in backticks, with underscores, of at least four words.
fn named() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/SECURITY.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |name: &&str| {
        name.matches('_').count() >= 3
            && name.bytes().all(|c| c == b'_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    quoted.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let (all, named) = (all_tests(), named());
    assert!(all.len() > 800 && named.len() > 80, "{} tests, {} named", all.len(), named.len());
    let missing: Vec<&String> = named.difference(&all).collect();
    assert!(missing.is_empty(), "docs/SECURITY.md names what is no test: {missing:#?}");
}

#[test]
fn every_row_of_the_threat_model_names_a_test() {
    let text = std::fs::read_to_string(root().join("docs/SECURITY.md")).unwrap();
    let mut rows = 0;
    let mut in_threats = false;
    for line in text.lines() {
        in_threats = line.starts_with("| threat |") || (in_threats && line.starts_with('|'));
        if in_threats && !line.starts_with("| threat |") && !line.starts_with("|---") {
            rows += 1;
            let last = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
            assert!(last.contains('`'), "shown by nothing: {line}");
        }
    }
    assert!(rows > 35, "{rows}");
}

#[test]
fn every_test_of_hostile_input_is_in_the_threat_model() {
    let named = named();
    for file in [
        "tests/fuzz/tests/bombs.rs",
        "tests/fuzz/tests/bounded.rs",
        "crates/service/src/api/tests/hostile.rs",
        "crates/service/src/api/tests/bodies.rs",
    ] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let tests = tests_of(&text);
        assert!(!tests.is_empty(), "{file}");
        for test in tests {
            assert!(named.contains(test), "{test} of {file}");
        }
    }
}
