//! Commands as an operator types them, right and wrong.

use std::path::Path;

use serde_json::Value;

use crate::program::{demo, expect, run};

fn played(folder: &Path) -> String {
    let out = folder.join("demo");
    let done = demo(&out).stderr(std::process::Stdio::null()).status().unwrap();
    assert_eq!(done.code(), Some(0));
    out.to_string_lossy().into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_demo_can_be_looked_at_with_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = played(folder.path());
    let config = format!("{out}/config");
    let with = |arguments: &[&'static str]| -> Vec<String> {
        ["--config", &config].into_iter().chain(arguments.iter().copied()).map(str::to_owned).collect()
    };
    let ask = |arguments: &[&'static str]| {
        let all = with(arguments);
        expect(0, &all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let deliveries = json(&ask(&["deliveries", "--json"]));
    assert!(deliveries.as_array().unwrap().len() >= 4 * 26);
    assert!(ask(&["deliveries", "--region", "VT07", "--month", "2019-02"]).contains("accepted"));
    assert!(!ask(&["findings", "--region", "VT07", "--month", "2019-02"]).is_empty());
    let status = json(&ask(&["status", "--at", "2019-05-20T06:00:00Z", "--json"]));
    assert_eq!(status["regions"].as_array().unwrap().len(), 26);
    assert!(ask(&["status"]).contains("2019W401"));
    assert!(ask(&["verify", &*Box::leak(format!("{out}/published").into_boxed_str())]).contains("nothing wrong"));
}

#[test]
fn verify_finds_a_changed_byte_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = played(folder.path());
    let file = format!("{out}/published/snapshots/four_weeks/2019W402/1/kerncijfers.csv");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    // A name that no listing of the folder shows.
    std::fs::write(format!("{out}/published/index.html#9"), "<p>Anders</p>").unwrap();
    let answer = expect(6, &["verify", &format!("{out}/published")]);
    assert!(answer.contains("2019W402/1/kerncijfers.csv") && answer.contains("index.html#9"), "{answer}");
}

#[test]
fn the_demos_key_is_refused_outside_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let out = played(folder.path());
    let output = run(&["--config", &format!("{out}/config"), "publish", "--period", "2019W402"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(0));
    assert!(error.contains("demo"), "{error}");
}

#[test]
fn regions_need_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().to_string_lossy();
    let regions = json(&expect(0, &["--config", &config, "regions", "--on", "2020-07-01", "--json"]));
    assert_eq!(regions.as_array().unwrap().len(), 26);
    assert!(expect(0, &["--config", &config, "regions", "--on", "2024-01-01"]).contains("VT27"));
}

#[test]
fn without_a_configuration_the_error_says_what_to_do() {
    let output = run(&["--config", "/nowhere", "status"]);
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("/nowhere") && error.contains("vt-monitor demo"), "{error}");
}

#[test]
fn the_shipped_configuration_is_right() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let checked = json(&expect(0, &["--config", config, "config", "check", "--json"]));
    assert_eq!(checked["regions"], 26);
}

#[test]
fn a_wrong_configuration_names_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let service = |text: &str| std::fs::write(folder.path().join("service.toml"), text).unwrap();
    let config = folder.path().to_string_lossy().into_owned();
    let check = || {
        let output = run(&["--config", &config, "config", "check"]);
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let stores = "[store]\npublished='p'\nprivate='q'\n[ledger]\nurl='l'\n[key]\nfile='k'\n";
    service(&format!("{stores}[schedule]\nwake = '0 0 6 * * 1-5'\n"));
    assert!(check().contains("schedule.wake"));
    service(&format!("{stores}[schedule]\nawake = 'x'\n"));
    assert!(check().contains("awake"));
    service(&format!("{stores}[[alerts.rule]]\nname = 'disk_low'\nattempts = 3\n"));
    assert!(check().contains("alerts.rule `disk_low`"));
    service(&format!("{stores}[alerts.smtp]\nhost = 'mail.nl'\nfrom = 'a@b.nl'\ntls = 'none-loopback-only'\n"));
    assert!(check().contains("alerts.smtp.tls"));
    service(&stores.replace("'q'", "'p'"));
    assert!(check().contains("different places"));
    let oidc = |issuer: &str, role: &str| {
        format!(
            "{stores}[api.oidc]\nissuer = '{issuer}'\naudience = 'a'\nrole_claim = 'r'\nroles = {{ 'A.b/C' = '{role}' }}\n"
        )
    };
    service(&oidc("http://id.example.nl", "lezer"));
    assert!(check().contains("api.oidc.issuer"));
    service(&oidc("https://id.example.nl", "admin"));
    assert!(check().contains("is no role"));
    service(&oidc("https://id.example.nl", "regio:VT99"));
    assert!(check().contains("VT99 is not in the register"));
    service(&stores.replace("file='k'", ""));
    assert!(check().contains("key"));
}

#[test]
fn a_demo_is_not_laid_over_other_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.doc"), "x").unwrap();
    let output = run(&["demo", "--out", &folder.path().to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not empty"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn wrong_arguments_are_explained() {
    for (arguments, hint) in [
        (&["pull", "--month", "2020-13"][..], "2020-07"),
        (&["publish", "--period", "juli"], "2020W407"),
        (&["demo", "--from", "2019-05", "--to", "2019-01", "--out", "/nowhere/x"], "before"),
        (&["verify", "/nowhere"], "no folder"),
    ] {
        let output = run(arguments);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(hint), "{arguments:?}: {error}");
    }
}

#[test]
fn another_key_than_the_one_of_the_private_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = played(folder.path());
    let key = folder.path().join("key");
    // Another key than the demo's: refused, for the private store was made with that.
    std::fs::write(&key, format!("{}\n", "0123456789abcdef".repeat(4))).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let service = std::path::Path::new(&out).join("config/service.toml");
    let text = std::fs::read_to_string(&service).unwrap().replace(&format!("{out}/key"), key.to_str().unwrap());
    std::fs::write(&service, text).unwrap();
    let output = run(&["--config", &format!("{out}/config"), "publish", "--period", "2019W402"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("is not the one that this private store was made with"), "{error}");
}
