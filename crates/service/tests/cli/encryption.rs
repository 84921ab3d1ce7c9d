//! Encryption of the private store as an operator has it: begun, looked at, taken over to another key.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::program::{expect, program, run, said, short_demo};

/// A configuration with a private store and one region that delivers from an inbox.
struct Site(tempfile::TempDir);

impl Site {
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(site.path("config")).unwrap();
        let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/levering/voorbeeld/inbox").canonicalize();
        let region =
            format!("[[region]]\nvt = 'VT07'\n[region.source]\nkind = 'inbox'\nurl = '{}'\n", inbox.unwrap().display());
        std::fs::write(site.path("config/regions.toml"), region).unwrap();
        site.configure("");
        expect(0, &["key", "new", "--out", &site.text("key")]);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// With these lines in [store.encryption]; none without lines.
    fn configure(&self, encryption: &str) {
        let encryption =
            if encryption.is_empty() { String::new() } else { format!("[store.encryption]\n{encryption}\n") };
        let service = format!(
            "[store]\npublished = '{}'\nprivate = '{}'\n{encryption}[ledger]\nurl = '{}'\n[key]\nfile = '{}'\n",
            self.text("published"),
            self.text("private"),
            self.text("ledger.sqlite"),
            self.text("key"),
        );
        std::fs::write(self.path("config/service.toml"), service).unwrap();
    }

    fn with(&self, current: &str, previous: &str, more: &str) {
        let previous =
            if previous.is_empty() { String::new() } else { format!("previous = ['{}']\n", self.text(previous)) };
        self.configure(&format!("file = '{}'\n{previous}{more}", self.text(current)));
    }

    fn new_key(&self, name: &str) -> String {
        let made = expect(0, &["key", "new-encryption", "--out", &self.text(name), "--json"]);
        let made: Value = serde_json::from_str(&made).unwrap();
        assert!(made["public_key"].as_str().unwrap().starts_with("age1") && !made.to_string().contains("SECRET"));
        made["fingerprint"].as_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let config = self.text("config");
        let output = run(&[&["--config", &config], arguments].concat());
        for text in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(text).contains("AGE-SECRET-KEY-"), "a key was shown");
        }
        output
    }

    /// What a command says on both outputs; fails unless it ends with `code`.
    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
        text
    }

    fn pull(&self) {
        self.says(0, &["pull", "--month", "2020-07", "--region", "VT07"]);
    }

    /// What doctor says of encryption.
    fn doctor(&self) -> (String, String) {
        let output = self.run(&["doctor", "--json"]);
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let one = all.as_array().unwrap().iter().find(|one| one["what"] == "private store's encryption").unwrap();
        (one["verdict"].as_str().unwrap().to_owned(), one["detail"].as_str().unwrap().to_owned())
    }
}

#[test]
fn a_store_that_was_begun_plain_is_taken_into_encryption_and_then_to_another_key() {
    let site = Site::new();
    site.pull();
    assert_eq!(site.doctor().0, "ok");
    let one = site.new_key("one");
    site.with("one", "", "");
    let (verdict, detail) = site.doctor();
    assert!(
        verdict == "wrong" && detail.contains("not encrypted: ") && detail.contains("vt-monitor rekey"),
        "{detail}"
    );
    let refused = site.says(3, &["status"]);
    assert!(refused.contains("is not encrypted") && refused.contains("accept_plain = true"), "{refused}");
    site.with("one", "", "accept_plain = true");
    site.says(0, &["status"]);
    assert_eq!(site.doctor().0, "warning");
    let dry = site.says(0, &["rekey", "--reason", "encrypt", "--dry-run"]);
    assert!(dry.contains(&one) && dry.contains("would be taken over"), "{dry}");
    let done = site.says(0, &["rekey", "--reason", "encrypt", "--by", "ann"]);
    assert!(done.contains(&one) && done.contains("taken over to key"), "{done}");
    let (verdict, detail) = site.doctor();
    assert!(verdict == "warning" && detail.contains("take `accept_plain` out"), "{detail}");
    site.with("one", "", "");
    let (verdict, detail) = site.doctor();
    assert!(verdict == "ok" && detail.starts_with(&format!("key {one}: ")), "{detail}");
    site.says(0, &["status"]);

    let two = site.new_key("two");
    site.with("two", "", "");
    let wrong = site.says(3, &["status"]);
    assert!(wrong.contains(&one) && wrong.contains(&two) && wrong.contains("vt-monitor rekey --reason"), "{wrong}");
    let missing = site.says(3, &["rekey", "--reason", "leaver"]);
    assert!(missing.contains(&one) && missing.contains("--old-key-lost"), "{missing}");
    site.with("two", "one", "");
    site.says(0, &["rekey", "--reason", "leaver", "--by", "ann"]);
    site.with("two", "", "");
    site.says(0, &["status"]);
    assert_eq!(site.doctor().0, "ok");
    let shown = site.says(0, &["key", "show"]);
    assert!(
        shown.contains(&one) && shown.contains(&two) && shown.contains("age1") && shown.contains("leaver"),
        "{shown}"
    );
    let log = site.says(0, &["audit-log"]);
    assert_eq!((log.matches("encryption.rekeyed").count(), log.matches("ann").count() >= 4), (2, true), "{log}");
    site.with("one", "two", "");
    assert!(site.says(3, &["status"]).contains("was replaced by"));
    site.configure("");
    let without = site.says(3, &["status"]);
    assert!(without.contains(&two) && without.contains("[store.encryption]"), "{without}");
}

#[test]
fn a_rekey_beside_a_service_is_refused_and_a_killed_one_goes_on() {
    let site = Site::new();
    site.new_key("one");
    site.with("one", "", "");
    site.pull();
    site.new_key("two");
    site.with("two", "one", "");
    let config = site.text("config");
    // Killed soon after it began, at whatever it is doing then.
    for milliseconds in [30, 60, 90, 120, 160, 220] {
        let mut child = program(&["--config", &config, "rekey", "--reason", "leaver", "--json"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
    }
    site.says(0, &["rekey", "--reason", "leaver"]);
    site.with("two", "", "");
    site.says(0, &["status"]);
    let (verdict, detail) = site.doctor();
    assert!(verdict == "ok" && !detail.contains(';'), "{detail}");

    let mut service = program(&["--config", &config, "--log", "info", "serve"]);
    let mut service = service.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(service.stderr.take().unwrap()));
    assert!(lines.map_while(Result::ok).any(|line| line.contains("leads")));
    site.new_key("three");
    site.with("three", "two", "");
    let refused = site.says(5, &["rekey", "--reason", "again"]);
    let _ = service.kill();
    service.wait().unwrap();
    assert!(refused.contains("stop every `vt-monitor serve`"), "{refused}");
    site.with("two", "", "");
    site.says(0, &["status"]);
}

#[test]
fn an_encrypted_demo_is_verified_reproduced_and_audited() {
    let folder = tempfile::tempdir().unwrap();
    let out = short_demo(folder.path(), &["--encrypt"]);
    let within = |name: &str| format!("{out}/{name}");
    expect(0, &["verify", &within("published")]);
    let reproduced = expect(0, &["reproduce", "--out", &out, "2019W402", "--json"]);
    assert!(reproduced.contains("2019W402"), "{reproduced}");
    expect(0, &["audit", &within("published"), "--private", &within("private"), "--private-key", &within("store.key")]);
    let refused = said(3, &["audit", &within("published"), "--private", &within("private")]);
    assert!(refused.contains("is encrypted with key"), "{refused}");
    let config = within("config");
    for arguments in [&["status"][..], &["deliveries"], &["housekeeping", "--dry-run"]] {
        expect(0, &[&["--config", &config], arguments].concat());
    }
    // Not a second time without, and not over a plain one.
    let plain = short_demo(&folder.path().join("plain"), &[]);
    let refused = said(1, &["demo", "--from", "2019-01", "--to", "2019-02", "--out", &plain, "--encrypt"]);
    assert!(refused.contains("without encryption"), "{refused}");
}
