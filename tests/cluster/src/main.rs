//! The program as it is delivered with Ballista, for tests that run it in several processes.

use std::process::ExitCode;

use clap::Parser;
use vt_monitor::cli::Cli;

fn main() -> ExitCode {
    vt_monitor::run(Cli::parse()).into()
}
