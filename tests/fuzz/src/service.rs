//! What operators hand over: plans of backfills and configuration; and the names of uploaded files.

use std::path::Path;

use vt_monitor::backfill::BackfillPlan;
use vt_monitor::config::Config;
use vt_monitor::uploading::form_of;

use crate::Target;

pub(crate) const TARGETS: [Target; 3] = [
    Target {
        name: "plan",
        run: plan,
        words: &[
            "formaat",
            "made_at",
            "asked",
            "from",
            "to",
            "regions",
            "pulls",
            "skipped",
            "snapshots",
            "state",
            "known",
        ],
    },
    Target {
        name: "config",
        run: config,
        words: &[
            "[schedule]",
            "cadence",
            "wake",
            "[store]",
            "published",
            "private",
            "[api]",
            "limits",
            "[[region]]",
            "vt",
        ],
    },
    Target {
        name: "upload_name",
        run: |input| {
            let name = String::from_utf8_lossy(input);
            if form_of(&name).is_some() {
                let name = name.to_ascii_lowercase();
                assert!(name.contains(".csv") || name.contains(".ndjson"));
            }
        },
        words: &[".csv", ".ndjson", ".gz", ".zst", "../", "\\", "CON", "C:", "\0", "%00", ";", "\r\n"],
    },
];

/// A plan is taken whole or not at all.
fn plan(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(plan) = BackfillPlan::read("plan.json", text) {
        let written = serde_json::to_string(&plan).expect("a plan is data");
        let again = BackfillPlan::read("plan.json", &written).expect("what is written can be read");
        assert_eq!(again.digest(), plan.digest());
        assert!(plan.check(&again).is_ok());
    }
}

/// The files of a configuration, parted by a line `---`: `service.toml`, `regions.toml`, `disclosure.toml`.
fn config(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for (name, part) in ["service.toml", "regions.toml", "disclosure.toml"].iter().zip(text.split("\n---\n")) {
        std::fs::write(folder.path().join(name), part).expect("a file");
    }
    let (some, wrong) = Config::salvage(folder.path());
    let whole = Config::load(folder.path());
    assert_eq!(whole.is_ok(), some.is_some() && wrong.is_empty());
    let place = folder.path().to_string_lossy().into_owned();
    assert!(!Path::new(&place).join("published").exists(), "reading makes nothing");
}
