//! Asking for work to be done now.

use anyhow::Result;
use vt_ledger::Change;

use super::{note, with_reason};
use crate::app::App;
use crate::views::AuditView;

/// How the audit log names a round that somebody makes by hand beside the ledger: it asks the instance that leads for none.
pub const BY_HAND: &str = "round.order";

/// Asks for a round; the instance that leads takes it up within a minute.
///
/// # Errors
/// [`super::Wrong`] without a reason; when the ledger can't be written.
pub async fn round(app: &App, change: &Change) -> Result<AuditView> {
    with_reason(change)?;
    Ok((&note(app, "run.request", "run", change).await?).into())
}

/// Notes a round that is made here and now.
///
/// # Errors
/// When the ledger can't be written: then it is not made either.
pub async fn by_hand(app: &App, change: &Change) -> Result<AuditView> {
    Ok((&note(app, BY_HAND, "run", change).await?).into())
}
