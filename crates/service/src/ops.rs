//! What operators and readers can ask of the service, each in one function: the command line calls them beside the ledger, the API
//! from far away.

mod alert;
mod arrange;
mod backfill;
mod cadence;
mod look;
mod report;
mod request;
mod snapshots;
mod token;
mod upload;

pub use alert::{MuteBody, TrialBody, alerts, mute, mutes, test_alerts, unmute};
pub use arrange::{Arrange, ArrangeKind, arrange, arrangements, end, pause, resume};
pub use backfill::all as backfills;
pub use backfill::{begin, one, plan, retry, steer};
pub use cadence::{CadenceChange, decide, show as cadence};
pub use look::{
    DeliveryQuery, Status, audit_log, audit_verdict, deliveries, findings, line_page, newest_lines, region, regions,
    run, runs, schedule, status, steps,
};
pub use report::{latest as latest_report, of as report};
pub use request::{BY_HAND, by_hand as note_round, round as request_round};
pub use snapshots::{ErratumBody, add_erratum, difference, errata, erratum, snapshot, snapshots};
pub use token::{
    EndSessionsBody, NewTokenBody, end_sessions, make as new_token, of as tokens, revoke as revoke_token, sessions,
};
pub use upload::{check_draft, upload};

use chrono::{NaiveDate, TimeDelta};
use vt_ledger::Change;

/// Something that was asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub String);

/// Something that was asked for can't be, as a rule says.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// What was given is wrong: the field, and the rule that it breaks.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Wrong {
    /// The field, as the API names it; the option of the command line is called alike.
    pub field: &'static str,
    /// The rule.
    pub rule: String,
}

impl Wrong {
    /// An error about a field.
    pub fn new(field: &'static str, rule: impl Into<String>) -> Self {
        Self { field, rule: rule.into() }
    }
}

/// A day must be one that makes sense: within so many days before and after today.
fn near(field: &'static str, day: NaiveDate, today: NaiveDate, (before, after): (i64, i64)) -> Result<(), Wrong> {
    let (first, last) = (today - TimeDelta::days(before), today + TimeDelta::days(after));
    if (first..=last).contains(&day) { Ok(()) } else { Err(Wrong::new(field, format!("from {first} to {last}"))) }
}

/// A change must say why.
fn with_reason(change: &Change) -> Result<(), Wrong> {
    if change.reason.trim().is_empty() { Err(Wrong::new("reason", "say why, for the audit log")) } else { Ok(()) }
}
