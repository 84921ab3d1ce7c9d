//! Who changes what steers the service, and why.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::audit::NewAudit;
use crate::error::LedgerError;
use crate::fault::one_line;

/// Who changes something, when and why. A change that steers the service and its entry in the audit log are written in one
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; never empty.
    pub actor: String,
    /// Why; empty only where a method says that it may be.
    pub reason: String,
}

impl Change {
    /// The change as it is kept: someone's, and each text on one line.
    pub(crate) fn kept(&self) -> Result<Self, LedgerError> {
        let kept = Self { at: self.at, actor: text(&self.actor), reason: text(&self.reason) };
        if kept.actor.is_empty() {
            return Err(LedgerError::Invalid { reason: "a change needs the name of who makes it" });
        }
        Ok(kept)
    }

    /// The change as it is kept, refused without a reason.
    pub(crate) fn kept_with_reason(&self) -> Result<Self, LedgerError> {
        let kept = self.kept()?;
        if kept.reason.is_empty() {
            return Err(LedgerError::Invalid { reason: "this change needs a reason" });
        }
        Ok(kept)
    }

    /// The entry in the audit log for what this change did.
    pub fn audit(
        &self,
        action: &str,
        subject: impl Into<String>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> NewAudit {
        NewAudit {
            at: self.at,
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.into(),
            reason: self.reason.clone(),
            before,
            after,
        }
    }
}

/// A text as it is kept: one line of limited length, without space around it.
pub(crate) fn text(text: &str) -> String {
    one_line(text.trim()).trim().to_owned()
}
