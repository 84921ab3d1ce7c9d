//! Runs, their steps, and what could not be done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_ledger::{FailedPull, HeldBack, Run, RunLine, Step};

use super::code;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Its number.
    pub id: i64,
    /// The command.
    pub command: String,
    /// The program.
    pub software: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// Its last sign of life.
    pub last_seen: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// succeeded, partial, failed, stopped or interrupted.
    pub outcome: Option<String>,
}

/// What became of an order to publish a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// The run in which it is published; none when there is nothing to do.
    pub run: Option<RunView>,
    /// Why there is nothing to do.
    pub text: Option<String>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// pull or publish.
    pub order: String,
    /// What it is about: a region and month, or a period.
    pub subject: String,
    /// The step.
    pub step: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// running, done, skipped, failed or interrupted.
    pub outcome: String,
    /// Why it failed.
    pub failure: Option<String>,
}

/// A line that a run logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    /// Its place in the run.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// error, warn or info.
    pub level: String,
    /// What.
    pub text: String,
}

/// A region's month that can't be pulled now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedPullView {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// How often in a row.
    pub attempts: u64,
    /// The first time.
    pub first_failed: DateTime<Utc>,
    /// The last time.
    pub last_failed: DateTime<Utc>,
    /// The run in which the last time was; nothing when it took no step.
    #[serde(default)]
    pub run: Option<i64>,
    /// Class of the fault.
    pub class: String,
    /// What is wrong; empty for those who must not count records.
    pub message: String,
}

/// An issue that could not be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldBackView {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// The number of the issue.
    pub uitgave: u32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Class of the fault.
    pub class: String,
    /// What is wrong.
    pub message: String,
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.0,
            command: run.command.clone(),
            software: run.software.clone(),
            started: run.started,
            last_seen: run.last_seen,
            ended: run.ended,
            outcome: run.outcome.map(code),
        }
    }
}

impl StepView {
    /// A step; `details`: with what its failure says, not only its class.
    pub fn new(step: &Step, details: bool) -> Self {
        Self {
            order: code(step.order),
            subject: step.subject.clone(),
            step: code(step.step),
            started: step.started,
            ended: step.ended,
            outcome: code(step.outcome),
            failure: step.fault.as_ref().map(|fault| match details {
                true => format!("{}: {}", fault.class, fault.message),
                false => fault.class.clone(),
            }),
        }
    }
}

impl From<&RunLine> for LineView {
    fn from(line: &RunLine) -> Self {
        Self { seq: line.seq, at: line.at, level: line.level.clone(), text: line.text.clone() }
    }
}

impl From<&FailedPull> for FailedPullView {
    fn from(failed: &FailedPull) -> Self {
        Self {
            vt: failed.vt.clone(),
            maand: failed.maand,
            attempts: failed.attempts,
            first_failed: failed.first_failed,
            last_failed: failed.last_failed,
            run: failed.run.map(|run| run.0),
            class: failed.fault.class.clone(),
            message: failed.fault.message.clone(),
        }
    }
}

impl From<&HeldBack> for HeldBackView {
    fn from(held: &HeldBack) -> Self {
        Self {
            periode: held.period,
            uitgave: held.issue,
            since: held.since,
            class: held.reason.class.clone(),
            message: held.reason.message.clone(),
        }
    }
}
