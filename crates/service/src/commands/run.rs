//! `run`: pulls what is due and publishes what is due, and keeps house.

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::cli::Who;
use crate::commands::housekeeping;
use crate::commands::pull::results_text;
use crate::exit::Exit;
use crate::housekeeping::{Plan, at_the_end};
use crate::ops;
use crate::output::Output;
use crate::publishing;
use crate::remote::Remote;
use crate::round::{self, RoundReport};
use crate::views::AuditView;

pub(super) async fn run(who: &Who, output: Output, app: &App) -> Result<Exit> {
    ops::note_round(app, &who.change(app.clock.now())).await?;
    let (report, exit) = round::all(app, "run").await?;
    let housekeeping = if app.stop.is_cancelled() { None } else { at_the_end(app).await };
    output.answer(&Answer { report: &report, housekeeping }, |answer| {
        let removed = answer.housekeeping.as_ref().filter(|plan| !plan.is_empty());
        text(&report) + &removed.map(|plan| housekeeping::text(plan, "removed")).unwrap_or_default()
    })?;
    Ok(exit)
}

/// Asks a service far away for a round.
pub(super) async fn ask(who: &Who, output: Output, remote: &Remote) -> Result<Exit> {
    let entry: AuditView = remote.post("/v1/runs", &serde_json::json!({ "reason": who.why() })).await?;
    output.answer(&entry, |entry| {
        format!("asked for, as entry {} of the audit log; the service takes it up within a minute\n", entry.seq)
    })?;
    Ok(Exit::Done)
}

/// What `run` answers.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a RoundReport,
    /// What was removed at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    housekeeping: Option<Plan>,
}

fn text(report: &RoundReport) -> String {
    results_text(&report.pulled) + &publishing::results_text(&report.published)
}
