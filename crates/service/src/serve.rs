//! `serve`: runs unattended. Of several instances on one ledger one leads, by a lease in the database's time; it pulls and
//! publishes at its wakes, takes up what operators decided, and works backfills. The others stand by.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::alerts::{Outage, Watch};
use crate::app::App;
use crate::backfill;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::housekeeping::at_the_end;
use crate::round::{self, RoundReport};
use crate::schedule::LocalCron;
use crate::wakes::{Look, Wakes};

/// The lease of the instance that leads.
pub const LEADER: &str = "leader";

/// What operators decide, and what regions deliver by hand, that asks for a round, by the names of the audit log.
const STEERING: [&str; 4] = ["cadence.", "region.", "run.", "delivery.judged"];

/// A watch that failed is begun again after so long.
const WATCH_AGAIN: Duration = Duration::from_secs(60);

/// Why a round is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// This instance leads from now on.
    Start,
    /// A wake.
    Wake(DateTime<Utc>),
    /// An operator decided something.
    Operator,
    /// The round before left something, or failed.
    Again,
}

impl Cause {
    /// How the run is called in the ledger.
    fn command(self) -> String {
        match self {
            Self::Start => "serve: start".into(),
            Self::Wake(at) => format!("serve: wake of {}", at.format("%Y-%m-%dT%H:%M:%SZ")),
            Self::Operator => "serve: as an operator decided".into(),
            Self::Again => "serve: again".into(),
        }
    }
}

/// Serves until told to stop.
///
/// # Errors
/// When the wake expression can't be read; everything else is logged and tried again.
pub async fn serve(app: &App) -> Result<Exit> {
    let wakes = LocalCron::parse_soon(&app.schedule.wake, app.clock.now())?;
    let poll = Duration::from_secs(app.service.poll_seconds);
    let (mut standing_by, mut outage) = (false, Outage::default());
    while !app.stop.is_cancelled() {
        let held = Hold::take(app, LEADER).await;
        match &held {
            Ok(_) => outage.over(app).await,
            Err(_) => outage.failed(app).await,
        }
        match held {
            Ok(Some(hold)) => {
                tracing::info!("leads");
                standing_by = false;
                lead(&app.under(&hold), &wakes, poll).await;
                if hold.is_lost() {
                    tracing::warn!("another instance may lead now");
                }
                hold.release().await;
            }
            Ok(None) if !std::mem::replace(&mut standing_by, true) => {
                tracing::info!("stands by: another instance leads");
            }
            Ok(None) => {}
            Err(error) => tracing::error!("the ledger can't be used; tried again: {error}"),
        }
        app.pause(poll).await;
    }
    tracing::info!("stopped at a safe point");
    Ok(Exit::Done)
}

/// Leads, with a watch beside the work, until told to stop or the lease is lost. Both end by the same token.
async fn lead(app: &App, wakes: &LocalCron, poll: Duration) {
    let rounds = Arc::new(Notify::new());
    let mut leader = Leader::new(app, wakes.clone(), &rounds);
    tokio::join!(Box::pin(leader.lead(poll)), watch(app, &rounds));
}

/// Watches in a task of its own, so that neither work nor a fault of the watch itself silences it.
async fn watch(app: &App, rounds: &Arc<Notify>) {
    while !app.stop.is_cancelled() {
        let (mut watch, rounds) = (Watch::new(app), Arc::clone(rounds));
        let watching = tokio::spawn(async move { watch.run(&rounds).await });
        if let Err(error) = watching.await {
            tracing::error!("the watch failed, and is begun again: {error}");
            app.pause(WATCH_AGAIN).await;
        }
    }
}

/// The instance that leads.
struct Leader<'a> {
    app: &'a App,
    wakes: Wakes,
    /// The newest entry of the audit log that was looked at.
    seen: i64,
    /// A round to be made at this time, whatever else happens.
    again: Option<DateTime<Utc>>,
    /// Told at the end of each round.
    rounds: &'a Notify,
}

impl<'a> Leader<'a> {
    fn new(app: &'a App, cron: LocalCron, rounds: &'a Notify) -> Self {
        Self { app, wakes: Wakes::after(cron, app.clock.now()), seen: 0, again: None, rounds }
    }

    /// Leads until told to stop, or the lease is lost.
    async fn lead(&mut self, poll: Duration) {
        let mut cause = Some(Cause::Start);
        while !self.app.stop.is_cancelled() {
            if cause.is_none() {
                cause = self.look().await;
            }
            match cause.take() {
                Some(cause) => self.round(cause).await,
                None if self.backfills().await => {}
                None => self.app.pause(poll).await,
            }
        }
    }

    /// What asks for a round now.
    async fn look(&mut self) -> Option<Cause> {
        let now = self.app.clock.now();
        match self.wakes.look(now) {
            Look::Wake(at) => return Some(Cause::Wake(at)),
            Look::SetBack => tracing::warn!(%now, "the clock was set back; wakes go by its new time"),
            Look::Nothing => {}
        }
        if self.again.is_some_and(|at| at <= now) {
            return Some(Cause::Again);
        }
        match self.decided().await {
            Ok(true) => Some(Cause::Operator),
            Ok(false) => None,
            Err(error) => {
                tracing::warn!("the audit log can't be read; tried again: {error}");
                None
            }
        }
    }

    /// Whether operators decided something since the last look.
    async fn decided(&mut self) -> Result<bool, vt_ledger::LedgerError> {
        let (newest, steers) = self.app.ledger.audited_since(self.seen, &STEERING).await?;
        self.seen = newest;
        Ok(steers)
    }

    async fn round(&mut self, cause: Cause) {
        // What is decided from here on asks for another round.
        if let Err(error) = self.decided().await {
            tracing::warn!("the audit log can't be read: {error}");
        }
        let command = cause.command();
        tracing::info!(command, "round begins");
        self.again = match round::once(self.app, &command).await {
            Ok((report, exit)) => {
                tell(&command, &report, exit);
                self.follow_up(&report).await
            }
            Err(error) => {
                tracing::error!(command, "round failed; tried again: {error:#}");
                Some(self.retry())
            }
        };
        self.rounds.notify_one();
    }

    /// When the next round must follow without a wake.
    async fn follow_up(&self, report: &RoundReport) -> Option<DateTime<Utc>> {
        if report.busy {
            return Some(self.later(TimeDelta::seconds(5)));
        }
        if report.more {
            return Some(self.app.clock.now());
        }
        if self.app.stop.is_cancelled() {
            return None;
        }
        at_the_end(self.app).await;
        report.is_our_failure().then(|| self.retry())
    }

    fn retry(&self) -> DateTime<Utc> {
        self.later(TimeDelta::minutes(i64::from(self.app.service.retry_minutes)))
    }

    fn later(&self, by: TimeDelta) -> DateTime<Utc> {
        self.app.clock.now() + by
    }

    /// Works on backfills for a while; whether there was anything to do.
    async fn backfills(&mut self) -> bool {
        match backfill::work_on_next(self.app).await {
            Ok(worked) => worked,
            Err(error) => {
                tracing::error!("backfill: {error:#}");
                false
            }
        }
    }
}

fn tell(command: &str, report: &RoundReport, exit: Exit) {
    let failed = report.pulled.iter().filter(|pull| pull.failure.is_some()).count();
    let new: usize = report.pulled.iter().map(|pull| pull.accepted + pull.rejected).sum();
    let published = report.published.iter().filter(|result| result.failure.is_none()).count();
    let held = report.published.len() - published;
    let run = report.run.map(|run| run.0);
    tracing::info!(
        run,
        command,
        ?exit,
        new,
        failed,
        published,
        held,
        more = report.more,
        busy = report.busy,
        "round done"
    );
}

#[cfg(test)]
mod tests {
    use super::STEERING;

    #[test]
    fn a_round_by_hand_asks_the_instance_that_leads_for_no_other() {
        assert!(STEERING.iter().all(|kind| !crate::ops::BY_HAND.starts_with(kind)));
    }
}
