//! The operator's page of a real service, in headless Chromium.

use std::path::Path;
use std::process::Command;

use crate::api::Served;

const SETTINGS: &str = "[schedule]\nfirst_month = \"2020-06\"\nwake = \"0 0 3 1 1 *\"\n[service]\nlease_seconds = 4\npoll_seconds = 1\n[backfill]\nmonths_per_minute = 6000\n[api]\nlisten = \"127.0.0.1:0\"\n";

/// The three example files of the contract, and the same with a field that the contract does not know.
fn deliveries(folder: &Path) {
    let examples =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/levering/voorbeeld/api/v1/leveringen/2020-07/2");
    for kind in ["good", "bad"] {
        std::fs::create_dir(folder.join(kind)).unwrap();
        for file in ["advies", "melding", "vervolgdienst"] {
            let name = format!("{file}.ndjson");
            let text = std::fs::read_to_string(examples.join(&name)).unwrap();
            let text = if kind == "bad" { text.replacen('{', "{\"naam\":\"x\",", 1) } else { text };
            std::fs::write(folder.join(kind).join(name), text).unwrap();
        }
    }
}

#[test]
fn operators_and_regions_find_their_way_on_the_page() {
    let served = Served::at("2020-09-14T06:00:00Z", SETTINGS);
    let folder = tempfile::tempdir().unwrap();
    deliveries(folder.path());
    // Kept where somebody asks for them, to be looked at.
    let pictures =
        std::env::var("VT_TEST_PICTURES").unwrap_or_else(|_| folder.path().join("p").to_string_lossy().into_owned());
    let given = serde_json::json!({
        "address": format!("http://{}", served.address),
        "operator": served.token("operator"),
        "lezer": served.token("lezer"),
        "regio": served.token("regio:VT07"),
        "good": folder.path().join("good"),
        "bad": folder.path().join("bad"),
        "maand": "2020-07",
        "pictures": pictures,
    });
    let file = folder.path().join("given.json");
    std::fs::write(&file, given.to_string()).unwrap();
    let python = std::env::var("VT_TEST_PYTHON")
        .expect("VT_TEST_PYTHON names a Python with tests/readers/requirements.txt; tests/run sets it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/readers/service_pages.py");
    let output = Command::new(python).arg(script).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}", String::from_utf8_lossy(&output.stdout));
}
