//! The service: configuration, schedule, the drive of the two halves, and the command line.

// That a publication may run in a task of its own is shown through all types of the aggregation's query engine, which nest deeply.
#![recursion_limit = "256"]

pub mod access;
pub mod address;
pub mod agenda;
pub mod alerts;
pub mod api;
pub mod app;
pub mod arrangements;
pub mod backfill;
pub mod backup;
pub mod belonging;
pub mod cadence;
pub mod calendar;
mod causes;
pub mod cli;
pub mod commands;
pub mod config;
pub mod drive;
pub mod due;
mod dutch;
pub mod encryption;
pub mod error_text;
pub mod exit;
mod guarded;
pub mod health;
pub mod hold;
pub mod housekeeping;
pub mod issues;
pub mod journal;
mod kept;
pub mod keys;
pub mod logging;
pub mod metrics;
pub mod oidc;
pub mod ops;
pub mod output;
pub mod overview;
pub mod preview;
pub mod problem;
pub mod progress;
pub mod proof;
pub mod publishing;
pub mod pulling;
pub mod recount;
pub mod rehearsal;
pub mod remote;
pub mod retention;
pub mod round;
pub mod runlog;
pub mod runs;
pub mod schedule;
pub mod serve;
pub mod signals;
pub mod stores;
pub mod sweep;
pub mod telemetry;
pub mod terms;
pub mod tiling;
pub mod uploading;
pub mod validity;
pub mod views;
pub mod wakes;
pub mod web;

use cli::Cli;
use error_text::error_text;
use exit::Exit;

/// Runs a command line to its end.
pub fn run(cli: Cli) -> Exit {
    // Fails only when one is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = logging::init(&cli.log, cli.log_format).and_then(|traces| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let outcome = runtime.block_on(Box::pin(commands::dispatch(cli)));
        traces.hand_over();
        outcome
    });
    match outcome {
        Ok(exit) => exit,
        Err(error) => {
            progress::say(&format!("error: {}", error_text(&error)));
            commands::exit_of(&error)
        }
    }
}
