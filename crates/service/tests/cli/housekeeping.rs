//! `housekeeping` on a demo of 2019: years later everything private of it is past its term, and what was published stays.

use std::path::Path;

use serde_json::Value;

use crate::kill::files;
use crate::program::{demo, expect, run};

/// Files of a folder of the private store.
fn private(out: &Path, room: &str) -> usize {
    files(&out.join("private").join(room)).len()
}

#[test]
fn a_dry_run_removes_nothing_and_a_real_one_what_it_said_and_nothing_published() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    assert_eq!(demo(&out).stderr(std::process::Stdio::null()).status().unwrap().code(), Some(0));
    let (config, store) = (out.join("config"), out.join("published"));
    let (config, store) = (config.to_str().unwrap(), store.to_str().unwrap());
    let published = files(&out.join("published"));
    let (raw, registrations, memory) = (private(&out, "raw"), private(&out, "registrations"), private(&out, "memory"));
    assert!(raw > 0 && registrations > 0 && memory == 3);

    let said: Value =
        serde_json::from_str(&expect(0, &["--config", config, "housekeeping", "--dry-run", "--json"])).unwrap();
    assert_eq!(said["dry_run"], true);
    let deliveries = said["raw"].as_array().unwrap().len();
    // The periods were published as nader voorlopig: until they have their issue at definitief, what they are counted from stays.
    let counting = 4 * 26;
    assert_eq!(said["needed"].as_array().unwrap().len(), counting);
    let superseded = deliveries - counting;
    assert!(superseded > 0 && said["registrations"].as_array().unwrap().len() == superseded);
    assert_eq!((private(&out, "raw"), private(&out, "registrations")), (raw, registrations));
    let text = expect(0, &["--config", config, "housekeeping", "--dry-run"]);
    assert!(text.contains("would be removed: raw bytes of") && text.contains("raw_months = 13"), "{text}");

    let text = expect(0, &["--config", config, "housekeeping"]);
    assert!(
        text.contains("removed: registrations of") && text.contains("kept: registrations of 104 deliveries"),
        "{text}"
    );
    let log: Value = serde_json::from_str(&expect(0, &["--config", config, "audit-log", "--json"])).unwrap();
    assert_eq!((&log[1]["action"], &log[0]["action"]), (&"housekeeping.order".into(), &"housekeeping.done".into()));
    let after = &log[0]["after"];
    assert!(after["raw"] == deliveries && after["registrations"] == superseded && after["whole"] == true, "{log}");
    let left = registrations / deliveries * counting;
    assert_eq!((private(&out, "raw"), private(&out, "registrations"), private(&out, "memory")), (0, left, memory));
    assert_eq!(private(&out, "removed"), deliveries + superseded);
    assert_eq!(std::fs::read_dir(out.join("private/raw")).unwrap().count(), 0, "no empty folders stay");
    assert!(!expect(0, &["--config", config, "housekeeping"]).contains("removed: "));
    assert_eq!(private(&out, "removed"), deliveries + superseded);
    assert!(files(&out.join("published")) == published, "published/ is the same, byte for byte");
    assert!(expect(0, &["verify", store]).contains("nothing wrong"));
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stores = "[store]\npublished='p'\nprivate='q'\n[ledger]\nurl='l'\n[key]\nfile='k'\n[retention]\n";
    let config = folder.path().to_str().unwrap();
    for (setting, hint) in [
        ("registrations_months = 12", "from 13 to 1200"),
        ("raw_months = 30", "at least raw_months (30)"),
        ("memory_months = 20", "retention.memory_months"),
        ("raw_days = 3", "raw_days"),
    ] {
        std::fs::write(folder.path().join("service.toml"), format!("{stores}{setting}\n")).unwrap();
        let output = run(&["--config", config, "config", "check"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(3) && error.contains(hint), "{setting}: {error}");
    }
}
