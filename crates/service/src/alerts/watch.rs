//! The watch of the instance that leads: looks after each round and every few minutes, beside the work, so that it sees a round
//! that hangs too.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::gather::Gatherer;
use super::judge::judge;
use super::reconcile::{Changed, reconcile};
use super::sender::Sender;
use crate::app::App;

/// How often is looked whether something is due.
const TICK: Duration = Duration::from_secs(10);

/// Watches what can go wrong, and sees to it that somebody hears of it.
pub struct Watch {
    app: App,
    gatherer: Gatherer,
    sender: Sender,
    looked: Option<DateTime<Utc>>,
}

impl Watch {
    /// A watch over a service.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), gatherer: Gatherer::default(), sender: Sender::default(), looked: None }
    }

    /// Watches until told to stop; `rounds` tells of each round that has ended.
    pub async fn run(&mut self, rounds: &Notify) {
        let stop = self.app.stop.clone();
        while !stop.is_cancelled() {
            if self.is_time() {
                // A look may wait for a store that does not answer: who is told to stop does not.
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = Box::pin(self.look()) => tell(changed),
                }
            }
            self.send().await;
            tokio::select! {
                () = self.app.pause(TICK) => {}
                () = rounds.notified() => self.looked = None,
            }
        }
    }

    /// Whether it is time to look; also when the clock was set back.
    fn is_time(&self) -> bool {
        let now = self.app.clock.now();
        let pace = TimeDelta::minutes(i64::from(self.app.alerting.check_minutes));
        self.looked.is_none_or(|looked| !(looked..looked + pace).contains(&now))
    }

    /// Looks once: gathers, judges, and brings the ledger in line.
    ///
    /// # Errors
    /// When the ledger can't be used.
    pub async fn look(&mut self) -> Result<Changed, vt_ledger::LedgerError> {
        let facts = self.gatherer.gather(&self.app).await;
        let now = self.app.clock.now();
        self.looked = Some(now);
        reconcile(&self.app.ledger, &self.app.alerting, &judge(&self.app.alerting.rules, &facts), now).await
    }

    /// Sends what is to be sent.
    pub async fn send(&mut self) {
        let App { ledger, alerting, clock, stop, .. } = &self.app;
        match self.sender.pass(ledger, alerting, clock.as_ref(), stop).await {
            Ok(sent) if sent.sent + sent.failed > 0 => {
                tracing::info!(sent = sent.sent, failed = sent.failed, "alerts sent");
            }
            Ok(_) => {}
            Err(error) => tracing::error!("messages can't be taken from the ledger; tried again: {error}"),
        }
    }
}

fn tell(changed: Result<Changed, vt_ledger::LedgerError>) {
    match changed {
        Ok(changed) if changed != Changed::default() => {
            tracing::info!(begun = changed.begun, ended = changed.ended, queued = changed.queued, "alerts changed");
        }
        Ok(_) => {}
        Err(error) => tracing::error!("alerts can't be kept in the ledger; tried again: {error}"),
    }
}
