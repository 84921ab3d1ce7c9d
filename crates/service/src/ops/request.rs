//! Asking for work to be done now.

use anyhow::Result;
use vt_ledger::{Change, NewAudit};

use crate::app::App;
use crate::views::AuditView;

/// Asks for a round; the instance that leads takes it up within a minute.
///
/// # Errors
/// When the ledger can't be written.
pub async fn round(app: &App, change: &Change) -> Result<AuditView> {
    let new = NewAudit {
        at: change.at,
        actor: change.actor.clone(),
        action: "run.request".to_owned(),
        subject: "run".to_owned(),
        reason: change.reason.clone(),
        before: None,
        after: None,
    };
    Ok((&app.ledger.record_audit(&new).await?).into())
}
