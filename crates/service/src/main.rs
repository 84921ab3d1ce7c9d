//! The program: reads the command line, runs the command, and ends with a documented exit code.

use std::process::ExitCode;

use clap::Parser;
use vt_monitor::cli::Cli;

fn main() -> ExitCode {
    vt_monitor::run(Cli::parse()).into()
}
