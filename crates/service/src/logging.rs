//! Logs go to standard error. Never logged, at any level: secrets, record ids, contents of fields, addresses with credentials.

use anyhow::{Context, Result};
use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::runlog::RunLog;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for log stores
    Json,
}

/// The crates of this program, whose lines are kept with a run.
const OURS: [&str; 6] = ["vt_monitor", "vt_intake", "vt_publication", "vt_vault", "vt_ledger", "vt_disclosure"];

/// Starts logging with a filter such as `info` or `vt_intake=debug`.
///
/// # Errors
/// When the filter can't be read.
pub fn init(filter: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("`{filter}` is no log filter"))?;
    // Without internal errors: they would be printed on the standard error that just failed, and a closed one would end the work.
    let plain =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false);
    let lines = match format {
        LogFormat::Text => plain.with_filter(filter).boxed(),
        LogFormat::Json => plain.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let kept = Targets::new().with_targets(OURS.map(|name| (name, LevelFilter::INFO)));
    // Fails only when logging was started before in this process (tests): the first one stays.
    let _ = tracing_subscriber::registry().with(lines).with(RunLog.with_filter(kept)).try_init();
    Ok(())
}
