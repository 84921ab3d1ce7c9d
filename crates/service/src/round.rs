//! One round: pulls what is due and publishes what is due. The one path for cron, start-up, operator and restart: it takes no
//! input but what is known, so that a missed wake heals and a double one does nothing.

use anyhow::Result;
use serde::Serialize;
use tokio::time::Instant;
use tracing::Instrument;
use vt_domain::period::Period;
use vt_ledger::RunId;

use crate::app::App;
use crate::belonging;
use crate::commands::exit_of;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::overview::Overview;
use crate::publishing::{self, PublishResult};
use crate::pulling::{self, Pace, PullResult};
use crate::runlog;
use crate::runs;

/// What a round did.
#[derive(Debug, Default, Serialize)]
pub struct RoundReport {
    /// The pulls.
    pub pulled: Vec<PullResult>,
    /// The publications.
    pub published: Vec<PublishResult>,
    /// Whether more is due than one round publishes: the next one goes on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Whether another round was at work, and this one did nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
    /// The run in which it was done, for the log.
    #[serde(skip)]
    pub run: Option<RunId>,
}

impl RoundReport {
    /// Whether something failed on our side, be it a store or a region in another process's hands: it is worth another try soon.
    pub fn is_our_failure(&self) -> bool {
        let ours = |result: &PublishResult| result.failure.is_some() && !result.refused;
        self.pulled.iter().any(PullResult::is_our_failure) || self.published.iter().any(ours)
    }

    /// Takes up what a following round did.
    fn extend(&mut self, next: Self) {
        self.pulled = next.pulled;
        self.published.extend(next.published);
        self.more = next.more;
    }
}

/// Rounds until nothing more is due.
///
/// # Errors
/// As [`once`].
pub async fn all(app: &App, command: &str) -> Result<(RoundReport, Exit)> {
    let (mut report, mut exit) = once(app, command).await?;
    while report.more && !app.stop.is_cancelled() {
        let (next, its) = once(app, command).await?;
        if next.busy {
            break;
        }
        report.extend(next);
        exit = exit.and(its);
    }
    Ok((report, exit))
}

/// Pulls and publishes what is due, once: the one path for cron, operator and restart.
///
/// # Errors
/// When a store or the ledger can't be used at all; failures of regions and periods are in the report.
pub async fn once(app: &App, command: &str) -> Result<(RoundReport, Exit)> {
    let Some(hold) = Hold::take(app, "run").await? else {
        app.progress.say("another run is at work here; it does what is due");
        app.metrics.busy_round();
        return Ok((RoundReport { busy: true, ..RoundReport::default() }, Exit::Refused));
    };
    let started = Instant::now();
    let outcome = begun(&app.under(&hold), command).await;
    app.metrics.round(&outcome, started.elapsed());
    hold.release().await;
    outcome
}

async fn begun(app: &App, command: &str) -> Result<(RoundReport, Exit)> {
    let run = runs::begin(app, command).await?;
    let worked = async {
        let outcome = work(app, run).await;
        let exit = outcome.as_ref().map_or_else(exit_of, |(_, exit)| *exit);
        // Who lost the lease did not end this work: another instance does.
        let exit = if app.still_holds().await? { exit } else { Exit::Interrupted };
        runs::finish(app, run, exit).await?;
        outcome
    };
    Box::pin(worked.instrument(runlog::span(run))).await
}

async fn work(app: &App, run: RunId) -> Result<(RoundReport, Exit)> {
    belonging::ensure(app).await?;
    let orders = Overview::read(app).await?.pulls_due(app);
    let orders = orders.into_iter().filter(|order| app.source(&order.vt).is_some()).collect();
    let pulled = pulling::pull_all(app, run, orders, &Pace::of_rounds(app)).await?;
    let (mut published, mut more) = (Vec::new(), false);
    if !app.stop.is_cancelled() {
        let overview = Overview::read(app).await?;
        let ours = pulled.iter().filter(|pull| pull.is_our_failure()).map(|pull| (pull.vt.as_str(), pull.maand));
        let (due, held) = overview.due(app, &ours.collect::<Vec<_>>());
        for period in &held {
            app.progress.say(&format!("{period} waits: a region it needs could not be pulled through our own doing"));
        }
        let all = due.len();
        let due = oldest_first(&overview, due, app.schedule.periods_per_round);
        more = due.len() < all;
        published = publishing::publish_all(app, run, &overview, due).await?;
        if !more {
            app.bases.forget();
        }
    }
    let exit = if app.stop.is_cancelled() {
        Exit::Interrupted
    } else {
        match (pulling::exit(&pulled), publishing::exit(&published)) {
            (Exit::Failed, Exit::Done) if !published.is_empty() => Exit::Partial,
            (pulls, publications) => pulls.and(publications),
        }
    };
    Ok((RoundReport { pulled, published, more, busy: false, run: Some(run) }, exit))
}

/// The first of what is due: what was begun, then the oldest days.
fn oldest_first(overview: &Overview, mut due: Vec<Period>, most: usize) -> Vec<Period> {
    due.sort_by_key(|period| (overview.interrupted(*period).is_none(), period.begin(), period.kind()));
    due.truncate(most);
    due
}
