//! `run`: pulls what is due and publishes what is due, once, and keeps house.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;
use vt_domain::period::Period;
use vt_ledger::RunId;

use crate::app::App;
use crate::commands::housekeeping::{self, at_the_end};
use crate::commands::pull::results_text;
use crate::due::{self, PeriodState};
use crate::exit::Exit;
use crate::hold::Hold;
use crate::housekeeping::Plan;
use crate::output::Output;
use crate::overview::{Overview, PeriodOverview};
use crate::publishing::{self, PublishResult};
use crate::pulling::{self, PullResult};
use crate::runs;

/// What a run did.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// The pulls.
    pub pulled: Vec<PullResult>,
    /// The publications.
    pub published: Vec<PublishResult>,
}

pub(super) async fn run(output: Output, app: &App) -> Result<Exit> {
    let (report, exit) = once(app, "run").await?;
    let housekeeping = if app.stop.is_cancelled() { None } else { at_the_end(app).await };
    output.answer(&Answer { report: &report, housekeeping }, |answer| {
        let removed = answer.housekeeping.as_ref().filter(|plan| !plan.is_empty());
        text(&report) + &removed.map(|plan| housekeeping::text(plan, "removed")).unwrap_or_default()
    })?;
    Ok(exit)
}

/// What `run` answers.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    /// What was removed at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    housekeeping: Option<Plan>,
}

/// Pulls and publishes what is due, once: the one path for cron, operator and restart.
///
/// # Errors
/// When a store or the ledger can't be used at all; failures of regions and periods are in the report.
pub async fn once(app: &App, command: &str) -> Result<(RunReport, Exit)> {
    let run = runs::begin(app, command).await?;
    let Some(hold) = Hold::take(&app.ledger, "run").await? else {
        app.progress.say("another run is at work here; it does what is due");
        runs::finish(app, run, Exit::Refused).await?;
        return Ok((RunReport { pulled: Vec::new(), published: Vec::new() }, Exit::Refused));
    };
    let outcome = work(app, run).await;
    hold.release().await;
    let exit = outcome.as_ref().map_or_else(super::exit_of, |(_, exit)| *exit);
    runs::finish(app, run, exit).await?;
    outcome
}

async fn work(app: &App, run: RunId) -> Result<(RunReport, Exit)> {
    let covered = Overview::read(app).await?.covered();
    let orders = due::pulls_due(app.clock.today(), &app.schedule, &app.register, &covered);
    let orders = orders.into_iter().filter(|order| app.source(&order.vt).is_some()).collect();
    let pulled = pulling::pull_all(app, run, orders).await?;
    let mut published = Vec::new();
    if !app.stop.is_cancelled() {
        let overview = Overview::read(app).await?;
        let held: BTreeSet<Period> = overview
            .periods(app)
            .into_iter()
            .filter(|period| waits_for_us(period, &pulled))
            .map(|period| period.periode)
            .collect();
        for period in &held {
            app.progress.say(&format!("{period} waits: a region it needs could not be pulled through our own doing"));
        }
        let due = overview.periods_without(app, &held).into_iter();
        let due = due.filter(|period| period.state.due() && !held.contains(&period.periode));
        let due = due.map(|period| period.periode).collect();
        published = publishing::publish_all(app, run, &overview, due).await?;
    }
    let exit = if app.stop.is_cancelled() {
        Exit::Interrupted
    } else {
        match (pulling::exit(&pulled), publishing::exit(&published)) {
            (Exit::Failed, Exit::Done) if !published.is_empty() => Exit::Partial,
            (pulls, publications) => pulls.and(publications),
        }
    };
    Ok((RunReport { pulled, published }, exit))
}

/// Whether a period would be published without a region that only we failed to pull.
fn waits_for_us(period: &PeriodOverview, pulled: &[PullResult]) -> bool {
    let needs = |pull: &PullResult| {
        period.missing.contains_key(&pull.vt) && period.periode.months().any(|month| month == pull.maand)
    };
    period.state == PeriodState::DeadlinePassed && pulled.iter().any(|pull| pull.is_our_failure() && needs(pull))
}

fn text(report: &RunReport) -> String {
    results_text(&report.pulled) + &publishing::results_text(&report.published)
}
