//! `run`: pulls what is due and publishes what is due, once.

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::commands::pull::results_text;
use crate::due;
use crate::exit::Exit;
use crate::output::Output;
use crate::overview::Overview;
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
    output.answer(&report, text)?;
    Ok(exit)
}

/// Pulls and publishes what is due, once: the one path for cron, operator and restart.
///
/// # Errors
/// When a store or the ledger can't be used at all; failures of regions and periods are in the report.
pub async fn once(app: &App, command: &str) -> Result<(RunReport, Exit)> {
    let run = runs::begin(app, command).await?;
    let covered = Overview::read(app).await?.covered();
    let orders = due::pulls_due(app.clock.today(), &app.schedule, &app.register, &covered);
    let orders = orders.into_iter().filter(|order| app.source(&order.vt).is_some()).collect();
    let pulled = pulling::pull_all(app, run, orders).await?;
    let mut published = Vec::new();
    let elsewhere = pulled.iter().any(PullResult::is_elsewhere);
    if elsewhere {
        // What it pulls may complete a period that would be published here with a region missing.
        app.progress.say("another process is pulling; it publishes what is due when it is done");
    }
    if !elsewhere && !app.stop.is_cancelled() {
        let overview = Overview::read(app).await?;
        let due = overview.periods(app).into_iter().filter(|period| period.state.due()).map(|period| period.periode);
        published = publishing::publish_all(app, run, &overview, due.collect()).await?;
    }
    let exit = if app.stop.is_cancelled() {
        Exit::Interrupted
    } else {
        match (pulling::exit(&pulled), publishing::exit(&published)) {
            (Exit::Failed, Exit::Done) if !published.is_empty() => Exit::Partial,
            (pulls, publications) => pulls.and(publications),
        }
    };
    runs::finish(app, run, exit).await?;
    Ok((RunReport { pulled, published }, exit))
}

fn text(report: &RunReport) -> String {
    results_text(&report.pulled) + &publishing::results_text(&report.published)
}
