//! Logs go to standard error. Never logged, at any level: secrets, record ids, contents of fields, addresses with credentials.

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

/// Starts logging with a filter such as `info` or `vt_intake=debug`.
///
/// # Errors
/// When the filter can't be read.
pub fn init(filter: &str) -> Result<()> {
    // Without internal errors: they would be printed on the standard error that just failed, and a closed one would end the work.
    let filter = EnvFilter::try_new(filter).with_context(|| format!("`{filter}` is no log filter"))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .log_internal_errors(false);
    // Fails only when logging was started before in this process (tests): the first one stays.
    let _ = subscriber.try_init();
    Ok(())
}
