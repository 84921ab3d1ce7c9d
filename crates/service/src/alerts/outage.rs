//! A ledger that can't be used keeps no alerts: of that, operators are told at once, without it.

use chrono::{DateTime, TimeDelta, Utc};
use vt_ledger::AlertMessageKind;

use super::channel::Channel;
use super::letter::Letter;
use super::rule::{Rule, RuleKind};
use super::sender::Sender;
use crate::app::App;

/// What the ledger is called in messages.
const SUBJECT: &str = "ledger";

/// What is over sooner is not told: it is tried every few seconds.
const CHANCE: TimeDelta = TimeDelta::minutes(1);

/// Watches whether the ledger can be used. What it knows is in memory only: there is nothing to keep it in.
#[derive(Debug, Default)]
pub struct Outage {
    failures: u32,
    since: Option<DateTime<Utc>>,
    told: Option<DateTime<Utc>>,
}

impl Outage {
    /// The ledger could not be used.
    pub async fn failed(&mut self, app: &App) {
        let now = app.clock.now();
        let since = *self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        let Some(rule) = app.alerting.rules.iter().find(|rule| rule.kind == RuleKind::StoreUnreachable) else { return };
        if self.failures < rule.limit || now - since < CHANCE || !self.is_time(rule, now) {
            return;
        }
        let text = "Het logboek van de dienst (de ledger) kan niet worden gebruikt. Er wordt niets opgehaald of gepubliceerd zolang \
                    dat duurt. Wat te doen: ga bestand, rechten en schijf na met `vt-monitor doctor`.";
        let kind = if self.told.is_some() { AlertMessageKind::Reminder } else { AlertMessageKind::Begun };
        self.told = Some(now);
        tell(app, &Letter::without_ledger(rule, SUBJECT, text, since, kind, now)).await;
    }

    /// The ledger can be used.
    pub async fn over(&mut self, app: &App) {
        let (since, told) = (self.since.take(), self.told.take());
        self.failures = 0;
        let rule = app.alerting.rules.iter().find(|rule| rule.kind == RuleKind::StoreUnreachable);
        if let (Some(since), Some(_), Some(rule)) = (since, told, rule) {
            let now = app.clock.now();
            let text = "Het logboek van de dienst (de ledger) kan weer worden gebruikt.";
            tell(app, &Letter::without_ledger(rule, SUBJECT, text, since, AlertMessageKind::Ended, now)).await;
        }
    }

    fn is_time(&self, rule: &Rule, now: DateTime<Utc>) -> bool {
        let pace = TimeDelta::hours(i64::from(rule.remind_hours));
        self.told.is_none_or(|told| rule.remind_hours > 0 && now - told >= pace)
    }
}

async fn tell(app: &App, letter: &Letter) {
    let mut sender = Sender::default();
    let operators = app.alerting.all_channels().into_iter().filter(|channel| channel.region().is_none());
    for channel in operators.collect::<Vec<Channel>>() {
        if let Err(error) = sender.send(&app.alerting, &channel, letter, app.clock.now()).await {
            tracing::error!(%channel, "the ledger's outage was not told: {error}");
        }
    }
}
