//! `diff` on a demo in which regions corrected what was published.

use serde_json::Value;

use crate::program::{expect, run, said, short_demo};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Whether a row of `waarden` differs in what makes it stand there.
fn differs(row: &Value) -> bool {
    ["waarde", "marge", "reden_leeg"].iter().any(|field| row[*field] != row[format!("{field}_eerder")])
}

#[test]
fn two_issues_are_compared_as_text_json_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &["--revisions", "1"]);
    let (store, html) = (format!("{out}/published"), folder.path().join("verschil.html"));
    let diff = ["diff", "2019W402/1", "2019W402/2", "--store", &store];

    let found = json(&expect(0, &[&diff[..], &["--json"]].concat()));
    assert_eq!((&found["van"]["periode"], &found["van"]["uitgave"]), (&json("\"2019W402\""), &json("1")));
    assert_eq!((&found["naar"]["uitgave"], &found["naar"]["ingetrokken"]), (&json("2"), &json("false")));
    let values = found["waarden"].as_array().unwrap();
    assert!(!values.is_empty() && values.iter().all(differs), "{found}");
    for field in ["categorie_label", "marge", "verschil_marge", "reden_leeg", "opmerking"] {
        assert!(values[0].get(field).is_some(), "{field}: {}", values[0]);
    }

    let text = expect(0, &diff);
    assert!(text.starts_with("2019W402/2 against 2019W402/1\n"), "{text}");
    assert!(text.contains(&format!("{} figures differ in value", values.len())) && text.contains(" ±9"), "{text}");
    assert!(text.contains("a change of 5 may be a single record"), "{text}");

    let config = format!("{out}/config");
    expect(0, &["--config", &config, "diff", "2019W402/1", "2019W402", "--html", html.to_str().unwrap()]);
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(page.contains("<title>Wat verschilt tussen 2019W402, uitgave 1 en 2019W402, uitgave 2</title>"), "{page}");
    assert!(!page.contains("omgekeerde volgorde"));

    assert!(expect(0, &["diff", "2019W402", "2019W402", "--store", &store]).contains("no figure differs"));
    let reversed = ["diff", "2019W402", "2019W402/1", "--store", &store, "--json"];
    let output = run(&reversed);
    assert_eq!(json(&String::from_utf8_lossy(&output.stdout)), found, "earlier stays earlier");
    let note = String::from_utf8_lossy(&output.stderr);
    assert!(note.contains("2019W402/2 is the later of the two"), "{note}");
    assert_eq!(said(0, &diff), "", "nothing to say of the right order");
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &[]);
    let store = format!("{out}/published");
    let nowhere = folder.path().join("nowhere").to_string_lossy().into_owned();
    for (one, other, at, hint) in [
        ("2019W402/9", "2019W402", &store, "2019W402/9: no such issue; published is 1"),
        ("2019W402", "2019W407", &store, "2019W407 is not published in this store"),
        ("2019W402/+1", "2019W402", &store, "write an issue as 2020W407/2"),
        ("2019W402", "2019W402", &nowhere, "there is no folder"),
    ] {
        let error = said(2, &["diff", one, other, "--store", at]);
        assert!(error.contains(hint), "{one} {other}: {error}");
    }
    let error = said(2, &["verify", &store, "--period", "2019W407"]);
    assert!(error.contains("2019W407 is not published in this store"), "{error}");
    assert!(said(2, &["verify", &nowhere]).contains("there is no folder"));
    std::fs::create_dir(&nowhere).unwrap();
    assert!(expect(6, &["verify", &nowhere]).contains("nothing was verified"));
}
