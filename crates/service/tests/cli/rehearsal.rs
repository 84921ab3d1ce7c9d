//! A service in rehearsal: simulated regions in a process of their own, a configuration, and instances that can be killed.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{expect, program};

/// Everything that a rehearsal needs, in a folder of its own.
pub struct Rehearsal {
    folder: TempDir,
    at: String,
    regions: Child,
}

/// A process whose log is read along.
pub struct Instance {
    pub child: Child,
    lines: Receiver<String>,
}

impl Rehearsal {
    /// Simulated regions at an instant, such as `2019-04-12T06:00:00Z`, and a configuration with these settings after the stores.
    pub fn new(at: &str, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        let mut regions = program(&["simulate", "--at", at, "--write-config"]);
        regions.arg(&config).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut regions = regions.spawn().unwrap();
        let first = BufReader::new(regions.stdout.take().unwrap()).lines().next();
        assert!(first.is_some_and(|line| line.is_ok()), "the regions are up");
        let service = format!(
            "[store]\npublished = {:?}\nprivate = {:?}\n[ledger]\nurl = {:?}\n[key]\nfile = {:?}\n{settings}",
            folder.path().join("published"),
            folder.path().join("private"),
            folder.path().join("ledger.sqlite"),
            folder.path().join("key"),
        );
        std::fs::write(config.join("service.toml"), service).unwrap();
        let key = folder.path().join("key");
        let bytes: String = (1..=32_u32).map(|byte| format!("{:02x}", byte * 7)).collect();
        std::fs::write(&key, bytes).unwrap();
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        Self { folder, at: at.to_owned(), regions }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where snapshots are published.
    pub fn published(&self) -> PathBuf {
        self.path().join("published")
    }

    fn arguments(&self, at: &str, arguments: &[&str]) -> Vec<String> {
        let config = self.path().join("config").to_string_lossy().into_owned();
        let own = ["--config", &config, "--rehearse-at", at, "--log", "info"];
        own.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect()
    }

    /// Runs a command to its end; fails unless the exit code is `code`. Gives standard output.
    pub fn expect(&self, code: i32, arguments: &[&str]) -> String {
        let arguments = self.arguments(&self.at, arguments);
        expect(code, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs a command to its end, in JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let all: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        serde_json::from_str(&self.expect(0, &all)).unwrap()
    }

    /// Runs a command to its end, whatever comes of it.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.output_at(&self.at, arguments)
    }

    /// The same, at another instant.
    pub fn output_at(&self, at: &str, arguments: &[&str]) -> Output {
        self.command(at, arguments).output().unwrap()
    }

    fn command(&self, at: &str, arguments: &[&str]) -> Command {
        let arguments = self.arguments(at, arguments);
        program(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A command as a shell is given it: the program, then its arguments.
    pub fn words(&self, arguments: &[&str]) -> Vec<String> {
        let program = env!("CARGO_BIN_EXE_vt-monitor").to_owned();
        std::iter::once(program).chain(self.arguments(&self.at, arguments)).collect()
    }

    /// Starts a command and reads its log along.
    pub fn start(&self, arguments: &[&str]) -> Instance {
        let mut command = self.command(&self.at, arguments);
        // As docs/OPERATING.md has it for a service.
        command.env("MALLOC_ARENA_MAX", "2").env("MALLOC_TRIM_THRESHOLD_", "131072");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        Instance { child, lines }
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = self.regions.kill();
        let _ = self.regions.wait();
    }
}

impl Instance {
    /// Waits for a line of the log that holds all of these texts; `false` when it ended or `patience` passed before.
    pub fn wait_for(&self, texts: &[&str], patience: Duration) -> bool {
        self.line_with(texts, patience).is_some()
    }

    /// The first line of the log that holds all of these texts.
    pub fn line_with(&self, texts: &[&str], patience: Duration) -> Option<String> {
        let until = Instant::now() + patience;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if texts.iter().all(|text| line.contains(text)) {
                return Some(line);
            }
        }
        None
    }

    /// The lines that came in and were not waited for.
    pub fn lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// `kill -9`.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }

    /// SIGTERM, and waits for its end; gives the exit code.
    pub fn terminate(mut self, patience: Duration) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        None
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
