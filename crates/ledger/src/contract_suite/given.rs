//! What cases start from.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use vt_domain::{Month, Period};

use crate::audit::{AuditEntry, AuditFilter};
use crate::change::Change;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::run::{NewRun, RunId};

/// An instant, `minutes` after a morning in August 2020.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(18_479) + TimeDelta::minutes(390 + minutes)
}

pub(super) fn month(code: &str) -> Month {
    // Unwrap safety: the cases name months that exist.
    code.parse().expect("a month")
}

pub(super) fn period(code: &str) -> Period {
    // Unwrap safety: the cases name periods that exist.
    code.parse().expect("a period")
}

/// A change by a person of the tests.
pub(super) fn change(minutes: i64, reason: &str) -> Change {
    Change { at: at(minutes), actor: "ann".to_owned(), reason: reason.to_owned() }
}

/// The audit log on one thing, newest first.
pub(super) async fn audit_of(ledger: &Ledger, subject: &str) -> Result<Vec<AuditEntry>, LedgerError> {
    ledger.audit_log(&AuditFilter { subject: Some(subject.to_owned()), ..AuditFilter::default() }).await
}

/// What stands for a secret.
pub(super) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

pub(super) async fn run_of(ledger: &Ledger, command: &str) -> Result<RunId, LedgerError> {
    ledger.begin_run(&NewRun::of_this_process(command, "0.1.0", at(0))).await
}
