//! Who decides, for the audit log.

use chrono::{DateTime, Utc};
use vt_ledger::{Change, LedgerError};

use crate::cli::{Who, Why};
use crate::exit::Exit;

/// Who decides: the one who is named, or the user of this system.
fn actor(by: Option<&str>) -> String {
    let user = || ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    by.map(str::to_owned).or_else(user).filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "operator".to_owned())
}

/// A change by a person at this machine.
pub(super) fn change(at: DateTime<Utc>, by: Option<&str>, reason: &str) -> Change {
    Change { at, actor: actor(by), reason: reason.trim().to_owned() }
}

impl Why {
    /// The change that this explains.
    pub(super) fn change(&self, at: DateTime<Utc>) -> Change {
        change(at, self.by.as_deref(), &self.reason)
    }
}

impl Who {
    /// The change that this explains.
    pub(super) fn change(&self, at: DateTime<Utc>) -> Change {
        change(at, self.by.as_deref(), &self.reason)
    }

    /// Why, for what is refused without a reason: a command in a script may do without, and the audit log says so.
    pub(super) fn why(&self) -> &str {
        if self.reason.trim().is_empty() { "no reason given (command line)" } else { &self.reason }
    }

    /// The change, with such a reason.
    pub(super) fn decision(&self, at: DateTime<Utc>) -> Change {
        change(at, self.by.as_deref(), self.why())
    }
}

/// The exit code of an error of the ledger: a rule that refuses, a number that is not there, or a failure.
pub(super) fn exit_of(error: &LedgerError) -> Exit {
    match error {
        LedgerError::BackfillOverlap { .. }
        | LedgerError::Conflict { .. }
        | LedgerError::InUse { .. }
        | LedgerError::NotEmpty { .. } => Exit::Refused,
        LedgerError::CopyDiffers { .. } => Exit::Invalid,
        LedgerError::Location { .. } => Exit::Usage,
        LedgerError::UnknownBackfill(_)
        | LedgerError::UnknownArrangement(_)
        | LedgerError::UnknownToken(_)
        | LedgerError::UnknownMute(_)
        | LedgerError::Invalid { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}
