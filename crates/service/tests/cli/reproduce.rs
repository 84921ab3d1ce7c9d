//! `reproduce` on a demo: fine, tampered with, and without what it needs.

use std::path::Path;

use crate::program::{expect, said, short_demo};

#[test]
fn an_issue_is_reproduced_and_what_differs_or_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &[]);
    let reproduce = ["reproduce", "2019W402", "--out", &out];
    assert!(expect(0, &reproduce).contains("2019W402 issue 1: reproduced"));

    let file = Path::new(&out).join("published/snapshots/four_weeks/2019W402/1/verdelingen.csv");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&bytes[..], b"\n"].concat()).unwrap();
    let differs = expect(6, &reproduce);
    assert!(differs.contains("CHANGED OR MISSING: snapshots/four_weeks/2019W402/1/verdelingen.csv"), "{differs}");
    std::fs::write(&file, bytes).unwrap();

    let memory = Path::new(&out).join("private/memory");
    let away = folder.path().join("away");
    std::fs::rename(&memory, &away).unwrap();
    let lost = expect(6, &reproduce);
    assert!(lost.contains("can't be reproduced") && lost.contains("no reservation in this private store"), "{lost}");
    std::fs::rename(&away, &memory).unwrap();
    assert!(expect(0, &["reproduce", "2019W402", "--issue", "1", "--out", &out]).contains("byte for byte"));
    // The folder is read where it lies, not where it was made.
    let moved = folder.path().join("moved").display().to_string();
    std::fs::rename(&out, &moved).unwrap();
    assert!(expect(0, &["reproduce", "2019W402", "--out", &moved]).contains("byte for byte"));
}

#[test]
fn what_is_not_there_is_a_wrong_command_line_and_makes_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &[]);
    let issue = said(2, &["reproduce", "2019W402", "--issue", "9", "--out", &out]);
    assert!(issue.contains("2019W402/9: no such issue; published is 1"), "{issue}");
    assert!(said(2, &["reproduce", "2019W407", "--out", &out]).contains("2019W407 is not published"));
    let nowhere = folder.path().join("nowhere").to_string_lossy().into_owned();
    assert!(said(2, &["reproduce", "2019W402", "--out", &nowhere]).contains("there is no folder"));
    let private = Path::new(&out).join("private");
    std::fs::rename(&private, folder.path().join("away")).unwrap();
    assert!(said(2, &["reproduce", "2019W402", "--out", &out]).contains("there is no folder"));
    assert!(!private.exists() && !Path::new(&nowhere).exists());
}

#[test]
fn a_reservation_that_was_removed_after_its_term_is_refused_and_not_called_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &[]);
    let config = format!("{out}/config");
    let service = Path::new(&config).join("service.toml");
    let text = std::fs::read_to_string(&service).unwrap();
    std::fs::write(&service, format!("{text}\n[retention]\nmemory_months = 36\n")).unwrap();
    let removed = expect(0, &["--config", &config, "housekeeping"]);
    assert!(removed.contains("removed: 1 reservation"), "{removed}");
    let refused = expect(5, &["reproduce", "2019W402", "--out", &out]);
    assert!(refused.contains("was removed on") && refused.contains("memory_months = 36"), "{refused}");
    assert!(expect(0, &["verify", &format!("{out}/published")]).contains("nothing wrong"));
}
