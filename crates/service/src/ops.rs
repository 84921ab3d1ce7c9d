//! What operators and readers can ask of the service, each in one function: the command line calls them beside the ledger, the API
//! from far away.

mod alert;
mod arrange;
mod backfill;
mod cadence;
mod look;
mod order;
mod report;
mod request;
mod snapshots;
mod token;
mod upload;
mod void;

pub use alert::{MuteBody, TrialBody, alerts, mute, mutes, test_alerts, unmute};
pub(crate) use arrange::known;
pub use arrange::{Arrange, ArrangeKind, arrange, arrangements, end, pause, resume};
pub use backfill::all as backfills;
pub use backfill::{begin, one, plan, retry, steer};
pub use cadence::{CadenceChange, Decided, decide, show as cadence};
pub use look::{
    DeliveryQuery, Status, audit_log, audit_verdict, deliveries, findings, line_page, newest_lines, region, regions,
    run, runs, schedule, status, steps,
};
pub use order::{Order, Ordered, PublishBody, publish};
pub use report::{latest as latest_report, of as report};
pub use request::{BY_HAND, by_hand as note_round, round as request_round};
pub use snapshots::{ErratumBody, ErratumKindBody, add_erratum, difference, errata, issue_at, snapshot, snapshots};
pub use token::{
    EndSessionsBody, NewTokenBody, end_sessions, make as new_token, of as tokens, revoke as revoke_token, sessions,
};
pub use upload::{check_draft, upload};
pub use void::void;

use std::future::Future;

use anyhow::{Context, Result};
use chrono::{NaiveDate, TimeDelta};
use vt_domain::text::is_hidden;
use vt_ledger::{AuditEntry, Change};

use crate::app::App;
pub(crate) use crate::dutch::day as in_dutch;

/// A text in both languages: what is refused to a program or at the command line, and to somebody who looks at the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

impl Said {
    /// A text.
    pub fn new(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self { en: en.into(), nl: nl.into() }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}

/// Something that was asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub Said);

impl NotFound {
    /// What is not there, in English and Dutch.
    pub fn new(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self(Said::new(en, nl))
    }
}

/// Something that was asked for can't be, as a rule says.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub Said);

impl Refused {
    /// The rule, in English and Dutch.
    pub fn new(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self(Said::new(en, nl))
    }
}

/// The service is stopping, and begins nothing any more.
#[derive(Debug, thiserror::Error)]
#[error("the service is stopping; ask again when it is back")]
pub struct Stopping;

/// What was given is wrong: the field, and the rule that it breaks.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Wrong {
    /// The field, as the API names it; the option of the command line is called alike.
    pub field: &'static str,
    /// The rule.
    pub rule: Said,
}

impl Wrong {
    /// An error about a field: its rule in English and Dutch.
    pub fn new(field: &'static str, en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self { field, rule: Said::new(en, nl) }
    }
}

/// A day must be one that makes sense: within so many days before and after today.
fn near(field: &'static str, day: NaiveDate, today: NaiveDate, (before, after): (i64, i64)) -> Result<(), Wrong> {
    let (first, last) = (today - TimeDelta::days(before), today + TimeDelta::days(after));
    if (first..=last).contains(&day) {
        return Ok(());
    }
    let nl = format!("kies een dag van {} tot en met {}", in_dutch(first), in_dutch(last));
    Err(Wrong::new(field, format!("from {first} to {last}"), nl))
}

/// The longest text that somebody gives, in characters: it stands in an append-only log for good.
const LONGEST_TEXT: usize = 300;

/// A text that is kept is one line of limited length.
pub(crate) fn one_line(field: &'static str, text: &str) -> Result<(), Wrong> {
    if text.chars().any(is_hidden) {
        return Err(Wrong::new(
            field,
            "one line, without control characters and hidden ones",
            "gebruik één regel, zonder bijzondere tekens",
        ));
    }
    match text.chars().count() {
        0..=LONGEST_TEXT => Ok(()),
        _ => Err(Wrong::new(
            field,
            format!("at most {LONGEST_TEXT} characters"),
            format!("gebruik hoogstens {LONGEST_TEXT} tekens"),
        )),
    }
}

/// A reason may be left out here; one that is given can be kept.
pub(crate) fn sound_reason(change: &Change) -> Result<(), Wrong> {
    one_line("reason", &change.reason)
}

/// A change must say why.
fn with_reason(change: &Change) -> Result<(), Wrong> {
    if change.reason.trim().is_empty() {
        return Err(Wrong::new("reason", "say why, for the audit log", "zeg waarom; dat komt in het auditlog"));
    }
    sound_reason(change)
}

/// Notes in the audit log who orders something and why.
///
/// # Errors
/// [`Wrong`] when the reason can't be kept; when the ledger can't be written: then it is not done either.
pub(crate) async fn note(app: &App, action: &str, subject: &str, change: &Change) -> Result<AuditEntry> {
    sound_reason(change)?;
    Ok(app.ledger.record_audit(&change.audit(action, subject, None, None)).await?)
}

/// Works in a task that the service waits for before it ends: a caller who hangs up leaves nothing half.
async fn to_its_end<T: Send + 'static>(app: &App, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let stop = app.stop.clone();
    let task = app.orders.spawn(async move {
        // Looked at within the task: whoever waits for all of them has told to stop before.
        if stop.is_cancelled() { Err(Stopping.into()) } else { work.await }
    });
    task.await.context("an order failed in the middle")?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_kept_is_one_line_of_limited_length() {
        assert!(one_line("reason", &"é".repeat(300)).is_ok() && one_line("reason", "").is_ok());
        for text in ["x".repeat(301), "one\ntwo".to_owned(), "\u{1b}[31mred".to_owned()] {
            assert_eq!(one_line("reason", &text).unwrap_err().field, "reason", "{text:?}");
        }
    }
}
