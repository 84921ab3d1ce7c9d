//! Asking for work to be done now.

use anyhow::Result;
use vt_ledger::Change;

use super::note;
use crate::app::App;
use crate::views::AuditView;

/// Asks for a round; the instance that leads takes it up within a minute.
///
/// # Errors
/// When the ledger can't be written.
pub async fn round(app: &App, change: &Change) -> Result<AuditView> {
    Ok((&note(app, "run.request", "run", change).await?).into())
}
