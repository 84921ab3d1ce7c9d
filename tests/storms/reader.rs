//! An analyst who looks into the published folder all the while, with nothing of the product but its documentation: `latest.json`,
//! then the manifest that it names, then each file by its digest. And the same as a process of its own, in Python.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(15);
/// Every so many looks, all that was ever seen is read again.
const ALL_AGAIN: u32 = 16;

/// What a reader saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub looks: u32,
    /// How often a cadence's newest snapshot was an older one than at the look before: with rivals `latest.json` may be so, for a moment.
    pub went_back: u32,
    /// What must never be seen.
    pub wrong: Vec<String>,
}

/// A reader at work.
pub struct Reader {
    ended: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Seen>,
}

impl Reader {
    /// Looks until told to stop. `known`: the only manifests that may ever be there, where that is known.
    pub fn start(published: &Path, known: Option<BTreeSet<String>>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (until, mut eye) = (Arc::clone(&ended), Eye::new(published, known));
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                eye.look();
                std::thread::sleep(PAUSE);
            }
            eye.look();
            eye.seen
        });
        Self { ended, thread }
    }

    /// One look more, and the end.
    pub fn stop(self) -> Seen {
        self.ended.store(true, Ordering::Relaxed);
        // Unwrap safety: it catches what it meets; a panic is a fault of the test.
        self.thread.join().expect("the reader does not panic")
    }
}

struct Eye {
    published: PathBuf,
    known: Option<BTreeSet<String>>,
    /// Digest of each manifest that was ever seen.
    manifests: BTreeMap<String, String>,
    /// Of each cadence, the newest snapshot at the last look.
    newest: BTreeMap<String, (String, u64)>,
    seen: Seen,
}

impl Eye {
    fn new(published: &Path, known: Option<BTreeSet<String>>) -> Self {
        let (manifests, newest) = (BTreeMap::new(), BTreeMap::new());
        Self { published: published.to_owned(), known, manifests, newest, seen: Seen::default() }
    }

    fn look(&mut self) {
        self.seen.looks += 1;
        self.latest();
        let listed = listed(&self.published);
        let gone: Vec<String> = self.manifests.keys().filter(|path| !listed.contains(*path)).cloned().collect();
        for path in gone {
            self.wrong(&format!("{path} is gone"));
        }
        let all = self.seen.looks % ALL_AGAIN == 1;
        for path in listed {
            if all || !self.manifests.contains_key(&path) {
                self.snapshot(&path);
            }
        }
    }

    fn wrong(&mut self, what: &str) {
        if self.seen.wrong.len() < 5 {
            self.seen.wrong.push(format!("look {}: {what}", self.seen.looks));
        }
    }

    fn latest(&mut self) {
        // Before the first snapshot there is none.
        let Ok(bytes) = std::fs::read(self.published.join("latest.json")) else { return };
        let Ok(latest) = serde_json::from_slice::<Value>(&bytes) else {
            return self.wrong("latest.json is torn");
        };
        for (cadence, entry) in latest["cadansen"].as_object().into_iter().flatten() {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let (manifest, issue) = (text("manifest"), (text("periode"), entry["uitgave"].as_u64().unwrap_or(0)));
            match self.snapshot(&manifest) {
                Some(digest) if digest == text("sha256") => {}
                Some(_) => self.wrong(&format!("latest.json gives another digest of {manifest}")),
                None => self.wrong(&format!("latest.json names {manifest}, which is not whole")),
            }
            if self.newest.get(cadence).is_some_and(|before| *before > issue) {
                self.seen.went_back += 1;
            }
            self.newest.insert(cadence.clone(), issue);
        }
    }

    /// Reads a snapshot whole; gives the digest of its manifest.
    fn snapshot(&mut self, manifest: &str) -> Option<String> {
        if self.known.as_ref().is_some_and(|known| !known.contains(manifest)) {
            self.wrong(&format!("{manifest}: the undisturbed play has no such issue"));
        }
        match self.whole(manifest) {
            Ok(digest) => {
                let before = self.manifests.insert(manifest.to_owned(), digest.clone());
                if before.is_some_and(|before| before != digest) {
                    self.wrong(&format!("{manifest} is another one than before"));
                }
                Some(digest)
            }
            Err(what) => {
                self.wrong(&format!("{manifest}: {what}"));
                None
            }
        }
    }

    fn whole(&self, path: &str) -> Result<String, String> {
        let bytes = self.read(path)?;
        self.read(&format!("{path}.minisig"))?;
        let manifest: Value = serde_json::from_slice(&bytes).map_err(|_| "no JSON".to_owned())?;
        let folder = path.replacen("manifests", "snapshots", 1).replace(".json", "");
        let files = manifest["bestanden"].as_array().ok_or("it names no files")?;
        for file in files {
            let name = format!("{folder}/{}", file["naam"].as_str().unwrap_or_default());
            let content = self.read(&name)?;
            if file["bytes"].as_u64() != Some(content.len() as u64) || file["sha256"] != digest(&content) {
                return Err(format!("{name} is not what the manifest says"));
            }
        }
        Ok(digest(&bytes))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.published.join(path)).map_err(|error| format!("{path}: {error}"))
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The manifests that a listing shows. What is being written has a `#` in its name, and no end that readers look for.
fn listed(published: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![published.join("manifests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "json")
                && let Ok(within) = path.strip_prefix(published)
            {
                found.insert(within.to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// A reader that is a process of its own and shares no code with us.
pub struct Process(Child);

impl Process {
    /// Looks until its input ends.
    pub fn start(published: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/watch.py");
        let python =
            std::env::var("VT_TEST_PYTHON").expect("VT_TEST_PYTHON is not set: run tests/run, which installs it");
        let mut command = Command::new(python);
        command.arg(script).arg(published).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        Self(command.spawn().expect("Python"))
    }

    /// Tells it to end; gives how often it looked, and what was wrong.
    pub fn stop(mut self) -> (u64, Vec<String>) {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().expect("the reader ends");
        let said: Value = serde_json::from_slice(&output.stdout).expect("what it saw");
        let wrong = said["wrong"].as_array().into_iter().flatten().map(|what| format!("the process: {what}")).collect();
        (said["looks"].as_u64().unwrap_or(0), wrong)
    }
}
