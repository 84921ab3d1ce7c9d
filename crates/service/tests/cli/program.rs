//! Starts the binary and reads along with it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The binary with arguments.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vt-monitor"));
    command.args(arguments).env_remove("VT_MONITOR_CONFIG").env_remove("VT_MONITOR_LOG").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

/// Runs it to its end; fails unless the exit code is `code`. Gives standard output.
pub fn expect(code: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    out.into_owned()
}

/// A small demo in a folder.
pub fn demo(out: &Path) -> Command {
    let mut command = program(&["demo", "--from", "2019-01", "--to", "2019-04", "--log", "info", "--out"]);
    command.arg(out).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The shortest demo with a published period, 2019W402, played in a folder; gives where it is.
pub fn short_demo(folder: &Path, more: &[&str]) -> String {
    let out = folder.join("demo").to_string_lossy().into_owned();
    expect(0, &[&["demo", "--from", "2019-01", "--to", "2019-02", "--out", &out], more].concat());
    out
}

/// Runs it to its end; fails unless the exit code is `code`. Gives standard error.
pub fn said(code: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    err.into_owned()
}

/// Reads along until the `nth` log line that names the step; `false` when the program ended before that.
pub fn wait_for_step(child: &mut Child, step: &str, nth: usize) -> bool {
    let wanted = format!("step={step}");
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.map_while(Result::ok).filter(|line| line.contains(&wanted)).nth(nth - 1).is_some()
}
