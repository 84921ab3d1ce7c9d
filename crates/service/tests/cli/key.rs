//! The key as an operator has it: made, shown, refused, replaced; and never in what the program says or keeps.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{program, run};

/// A configuration with keys, a private store and one region that delivers from an inbox.
pub struct Site(tempfile::TempDir);

/// What a command did.
pub struct Did {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Site {
    pub fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(site.path("config")).unwrap();
        let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/levering/voorbeeld/inbox");
        let inbox = inbox.canonicalize().unwrap();
        let region = format!("[[region]]\nvt = 'VT07'\n[region.source]\nkind = 'inbox'\nurl = '{}'\n", inbox.display());
        std::fs::write(site.path("config/regions.toml"), region).unwrap();
        site.configure("one", &[]);
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Names the keys in the configuration.
    fn configure(&self, current: &str, previous: &[&str]) {
        self.configure_key(&format!("file = '{}'", self.text(current)), previous);
    }

    fn configure_key(&self, current: &str, previous: &[&str]) {
        let previous: Vec<String> = previous.iter().map(|name| format!("'{}'", self.text(name))).collect();
        let service = format!(
            "[store]\npublished = '{}'\nprivate = '{}'\n[ledger]\nurl = '{}'\n[key]\n{current}\nprevious = [{}]\n",
            self.text("published"),
            self.text("private"),
            self.text("ledger.sqlite"),
            previous.join(", ")
        );
        std::fs::write(self.path("config/service.toml"), service).unwrap();
    }

    /// Runs a command; whatever it says, it must hold no key.
    fn run(&self, arguments: &[&str]) -> Did {
        let config = self.text("config");
        let output = run(&[&["--config", &config, "--log", "debug"], arguments].concat());
        self.did(&output)
    }

    fn did(&self, output: &std::process::Output) -> Did {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for secret in self.secrets() {
            assert!(!holds(&output.stdout, &secret) && !holds(&output.stderr, &secret), "a key was shown");
        }
        Did { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub fn expect(&self, code: i32, arguments: &[&str]) -> Did {
        let did = self.run(arguments);
        assert_eq!(did.code, code, "{arguments:?}\n{}\n{}", did.out, did.err);
        did
    }

    /// Makes a key in a file; gives its fingerprint.
    pub fn new_key(&self, name: &str) -> String {
        let made = self.expect(0, &["key", "new", "--out", &self.text(name), "--json"]);
        field(&json(&made.out), "fingerprint")
    }

    pub fn pull(&self) {
        self.expect(0, &["pull", "--month", "2020-07", "--region", "VT07"]);
    }

    fn shown(&self, code: i32) -> Value {
        json(&self.expect(code, &["key", "show", "--json"]).out)
    }

    /// Each key that was made here, as text and as bytes.
    fn secrets(&self) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let texts = files.filter(|path| path.is_file()).filter_map(|path| std::fs::read_to_string(path).ok());
        let keys = texts.filter_map(|text| hex::decode(text.trim()).ok()).filter(|bytes| bytes.len() == 32);
        keys.flat_map(|bytes| [hex::encode(&bytes).into_bytes(), bytes]).collect()
    }
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn field(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// All files under a folder, by path within it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_new_key_is_made_where_the_configuration_says_and_never_over_another() {
    let site = Site::new();
    let made = site.expect(0, &["key", "new"]);
    for word in ["one", "0600", "offline", "vt-monitor key rotate --reason"] {
        assert!(made.out.contains(word), "{word}: {}", made.out);
    }
    assert_eq!(std::fs::metadata(site.path("one")).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(site.path("one")).unwrap();
    let again = site.expect(3, &["key", "new"]);
    assert!(again.err.contains("never overwritten"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(site.path("one")).unwrap(), text);
    site.configure_key("env = 'SOME_KEY'", &[]);
    assert!(site.expect(2, &["key", "new"]).err.contains("--out"));
}

#[test]
fn a_key_is_shown_by_its_fingerprint_before_and_after_the_first_use() {
    let site = Site::new();
    let missing = site.shown(3);
    assert!(missing["wrong"][0].as_str().unwrap().contains("can't be opened"), "{missing}");
    let one = site.new_key("one");
    let before = site.shown(0);
    assert_eq!((field(&before["configured"][0], "fingerprint"), &before["history"]), (one.clone(), &json("[]")));
    assert!(!site.path("private").exists(), "looking makes no store");
    site.pull();
    let after = site.shown(0);
    assert_eq!(field(&after["history"][0], "fingerprint"), one);
    assert_eq!(after["history"][0]["hashes_ids"], true);
    let text = site.expect(0, &["key", "show"]).out;
    assert!(text.contains(&one) && text.contains("first use"), "{text}");
}

#[test]
fn another_key_is_refused_by_every_command_that_needs_it() {
    let site = Site::new();
    let one = site.new_key("one");
    site.pull();
    let other = site.new_key("other");
    site.configure("other", &[]);
    for command in
        [&["pull", "--month", "2020-07", "--region", "VT07"][..], &["publish", "--period", "2020W407"], &["run"]]
    {
        let refused = site.expect(3, command).err;
        assert!(refused.contains(&one) && refused.contains(&other) && refused.contains("key rotate"), "{refused}");
    }
    assert_eq!(site.shown(3)["wrong"].as_array().unwrap().len(), 2, "the old one is missing, the new one is not known");
    let doctor = site.expect(4, &["doctor"]).out;
    assert!(doctor.contains("is not the one that this private store was made with"), "{doctor}");
    site.configure("one", &[]);
    site.pull();
    let doctor = site.run(&["doctor"]).out;
    assert!(doctor.contains(&format!("fingerprint {one}, number 1")), "{doctor}");
}

#[test]
fn a_rotation_is_refused_in_each_wrong_case_and_done_in_the_right_one() {
    let site = Site::new();
    let one = site.new_key("one");
    let rotate = ["key", "rotate", "--reason", "the administrator left"];
    let lost = [&rotate[..], &["--old-key-lost"]].concat();
    assert!(site.expect(5, &rotate).err.contains("never used"));
    site.pull();
    assert!(site.expect(5, &rotate).err.contains("current one already"));
    let two = site.new_key("two");
    site.configure("two", &[]);
    let missing = site.expect(5, &rotate).err;
    assert!(missing.contains(&one) && missing.contains("--old-key-lost"), "{missing}");
    site.configure("two", &["one", "two"]);
    assert!(site.expect(3, &rotate).err.contains("twice"));
    site.configure("two", &["one"]);
    assert!(site.expect(2, &lost).err.contains("none is lost"));
    assert!(site.expect(2, &["key", "rotate", "--reason", " "]).err.contains("--reason"));
    assert_eq!(site.shown(3)["history"].as_array().unwrap().len(), 1, "a refusal writes nothing");

    let done = site.expect(0, &rotate).out;
    assert!(done.contains(&format!("{two} is number 2")) && done.contains(&one), "{done}");
    let shown = site.shown(0);
    assert_eq!(field(&shown["history"][1], "reason"), "the administrator left");
    assert_eq!(
        (&shown["history"][0]["hashes_ids"], &shown["history"][1]["hashes_ids"]),
        (&json("true"), &json("false"))
    );
    site.pull();

    site.configure("one", &["two"]);
    assert!(site.expect(3, &["run"]).err.contains("was replaced"));
    assert!(site.expect(5, &rotate).err.contains("never returns"));
    site.configure("two", &[]);
    assert!(site.expect(3, &["run"]).err.contains("ids of registrations"));
}

#[test]
fn a_rotation_stands_in_the_audit_log_also_where_the_ledger_was_lost() {
    let site = Site::new();
    let one = site.new_key("one");
    site.pull();
    let two = site.new_key("two");
    site.configure("two", &["one"]);
    for file in files(site.0.path()).keys().filter(|name| name.starts_with("ledger.sqlite")) {
        std::fs::remove_file(site.path(file)).unwrap();
    }
    site.expect(2, &["key", "rotate", "--reason", " "]);
    assert!(!site.path("ledger.sqlite").exists(), "a refusal writes nothing");
    site.expect(0, &["key", "rotate", "--reason", "the administrator left", "--by", "ann"]);
    let log = json(&site.expect(0, &["audit-log", "--json"]).out);
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
    let said = ["actor", "action", "subject", "reason"].map(|name| field(&log[0], name));
    assert_eq!(said, ["ann", "key.rotate", "key 2", "the administrator left"]);
    let key = |number: u32, fingerprint: &str| serde_json::json!({ "number": number, "fingerprint": fingerprint, "hashes_ids": one, "lost": [] });
    assert_eq!((&log[0]["before"], &log[0]["after"]), (&key(1, &one), &key(2, &two)));
}

#[test]
fn a_lost_key_is_recorded_and_what_it_means_is_said() {
    let site = Site::new();
    let one = site.new_key("one");
    site.pull();
    site.new_key("two");
    site.configure("two", &[]);
    let done = site.expect(0, &["key", "rotate", "--reason", "disk failed", "--old-key-lost"]).out;
    for word in ["lost", &one, "can't be revised any more", "Ids are hashed with the new key"] {
        assert!(done.contains(word), "{word}: {done}");
    }
    let shown = site.shown(0);
    assert_eq!((&shown["history"][0]["lost"], &shown["history"][1]["hashes_ids"]), (&json("true"), &json("true")));
    site.pull();
}

#[test]
fn a_key_from_the_environment_is_used_and_can_follow_one_from_a_file() {
    let site = Site::new();
    site.new_key("one");
    site.pull();
    let two = site.new_key("two");
    let text = std::fs::read_to_string(site.path("two")).unwrap();
    site.configure_key("env = 'VT_TEST_KEY'", &["one"]);
    let with_key = |arguments: &[&str]| {
        let config = site.text("config");
        let all = [&["--config", &config], arguments].concat();
        site.did(&program(&all).env("VT_TEST_KEY", text.trim()).output().unwrap())
    };
    assert_eq!(with_key(&["key", "rotate", "--reason", "to the vault"]).code, 0);
    let shown = with_key(&["key", "show"]);
    assert!(shown.code == 0 && shown.out.contains("environment variable VT_TEST_KEY") && shown.out.contains(&two));
    assert!(site.expect(3, &["run"]).err.contains("VT_TEST_KEY"), "not set");
}

/// What is kept of the deliveries that were judged: digests, and registrations with their hashed ids.
fn kept(site: &Site) -> (Vec<String>, BTreeMap<String, Vec<u8>>) {
    let mut all = files(&site.path("private"));
    let verdicts = all.iter().filter(|(name, _)| name.starts_with("deliveries/"));
    let digests = verdicts.map(|(_, bytes)| field(&serde_json::from_slice(bytes).unwrap(), "kenmerk")).collect();
    all.retain(|name, _| name.starts_with("registrations/"));
    (digests, all)
}

#[test]
fn a_delivery_keeps_its_digest_and_hashed_ids_over_a_rotation() {
    let site = Site::new();
    site.new_key("one");
    site.pull();
    let before = kept(&site);
    assert!(!before.0.is_empty() && !before.1.is_empty());
    site.new_key("two");
    site.configure("two", &["one"]);
    site.expect(0, &["key", "rotate", "--reason", "yearly"]);
    // The same deliveries, judged anew by a store that knows nothing but the history of keys.
    let judge_anew = |history: bool| {
        for name in ["deliveries", "registrations", "raw", "reports"] {
            std::fs::remove_dir_all(site.path("private").join(name)).unwrap();
        }
        if !history {
            // Whatever remembers which stores these were goes with it: the ledger, and the marks.
            std::fs::remove_dir_all(site.path("private/keys")).unwrap();
            std::fs::remove_file(site.path("private/published.json")).unwrap();
            std::fs::remove_file(site.path("published/kenmerk.json")).unwrap();
            for file in files(site.0.path()).keys().filter(|name| name.starts_with("ledger.sqlite")) {
                std::fs::remove_file(site.path(file)).unwrap();
            }
        }
        site.pull();
        kept(&site)
    };
    assert!(judge_anew(true) == before, "digests and registrations are the same after the rotation");
    // Without the history the new key would hash: what this test would see if ids followed the current key.
    let (digests, registrations) = judge_anew(false);
    assert!(digests.iter().zip(&before.0).all(|(a, b)| a != b));
    assert!(registrations.keys().eq(before.1.keys()) && registrations != before.1);
}

#[test]
fn no_key_is_kept_anywhere() {
    let site = Site::new();
    site.new_key("one");
    site.pull();
    site.new_key("two");
    site.configure("two", &["one"]);
    site.expect(0, &["key", "rotate", "--reason", "yearly"]);
    let secrets = site.secrets();
    assert_eq!(secrets.len(), 4, "two keys, as text and as bytes");
    for (name, bytes) in files(site.0.path()) {
        let is_key = name == "one" || name == "two";
        assert!(is_key || secrets.iter().all(|secret| !holds(&bytes, secret)), "{name}");
    }
}
