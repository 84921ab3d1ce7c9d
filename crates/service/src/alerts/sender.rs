//! Works off the outbox: what is to be told stands in the ledger first, and is sent and ticked off after. A crash in between
//! sends it again under the same id: at least once.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Client;
use tokio_util::sync::CancellationToken;
use vt_domain::Clock;
use vt_ledger::{Alert, AlertMessage, AlertMessageKind, Ledger, LedgerError};

use super::channel::Channel;
use super::config::Alerting;
use super::letter::{Letter, Piece};
use super::{mail, webhook};

/// At most so many messages are looked at in one pass.
const LOOKED_AT: u32 = 5000;
/// At most so many letters go out in one pass, so that looking goes on between.
const LETTERS: usize = 50;
/// What is older is sent no more: it stays in the ledger with why it failed.
const GIVE_UP: TimeDelta = TimeDelta::hours(72);
/// The longest wait between attempts.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(60);

/// Why a letter did not go out; without addresses and secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct SendError {
    why: String,
    /// Whether the receiver refuses this letter, rather than anything now.
    refused: bool,
}

impl SendError {
    /// Another attempt can help.
    pub fn again(why: impl Into<String>) -> Self {
        Self { why: why.into(), refused: false }
    }

    /// The receiver refuses this letter.
    pub fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), refused: true }
    }
}

/// What came of a pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Messages that went out.
    pub sent: usize,
    /// Messages that did not.
    pub failed: usize,
}

/// How long a channel, or a letter, is left alone.
#[derive(Debug, Clone, Copy)]
struct Wait {
    failures: u32,
    until: DateTime<Utc>,
}

/// Sends what is to be sent. Waits are kept in memory only: after a restart everything is tried at once.
#[derive(Debug, Default)]
pub struct Sender {
    http: Option<Client>,
    waits: HashMap<String, Wait>,
}

/// Messages that go in one letter.
struct Batch {
    channel: String,
    kind: AlertMessageKind,
    made_at: DateTime<Utc>,
    messages: Vec<AlertMessage>,
}

impl Batch {
    /// What a letter that is refused waits by.
    fn name(&self) -> String {
        format!("{} {}", self.channel, self.messages.first().map_or(0, |message| message.id))
    }
}

impl Sender {
    /// Sends what is due, oldest first. Told to stop, it ends after the letter under way.
    ///
    /// # Errors
    /// When the ledger can't be used: what was sent and not ticked off goes again.
    pub async fn pass(
        &mut self,
        ledger: &Ledger,
        alerting: &Alerting,
        clock: &dyn Clock,
        stop: &CancellationToken,
    ) -> Result<Sent, LedgerError> {
        let (mut sent, mut letters) = (Sent::default(), 0);
        let oldest = clock.now() - GIVE_UP;
        let unsent = ledger.unsent_messages(LOOKED_AT).await?;
        for batch in batches(unsent.into_iter().filter(|message| message.made_at >= oldest)) {
            if stop.is_cancelled() || letters >= LETTERS {
                break;
            }
            let Some(channel) = Channel::of(&batch.channel).filter(|channel| alerting.has(channel)) else { continue };
            if self.waits(&batch, clock.now()) {
                continue;
            }
            letters += 1;
            let outcome = self.letter(ledger, alerting, &channel, &batch, clock).await?;
            self.note(ledger, &batch, outcome, clock.now(), &mut sent).await?;
        }
        Ok(sent)
    }

    async fn letter(
        &mut self,
        ledger: &Ledger,
        alerting: &Alerting,
        channel: &Channel,
        batch: &Batch,
        clock: &dyn Clock,
    ) -> Result<Result<(), SendError>, LedgerError> {
        let mut alerts: Vec<Alert> = Vec::with_capacity(batch.messages.len());
        for message in &batch.messages {
            alerts.push(ledger.alert(message.alert).await?.ok_or(LedgerError::UnknownAlert(message.alert))?);
        }
        let pieces: Vec<Piece<'_>> =
            batch.messages.iter().zip(&alerts).map(|(message, alert)| Piece { message, alert }).collect();
        let Some(letter) = Letter::about(&pieces, alerting, channel.region()) else { return Ok(Ok(())) };
        Ok(self.send(alerting, channel, &letter, clock.now()).await)
    }

    /// Sends a letter over a channel, now.
    ///
    /// # Errors
    /// [`SendError`]
    pub async fn send(
        &mut self,
        alerting: &Alerting,
        channel: &Channel,
        letter: &Letter,
        at: DateTime<Utc>,
    ) -> Result<(), SendError> {
        let gone = || SendError::again("the channel is configured no more");
        match channel {
            Channel::Webhook => {
                let config = alerting.webhook.as_ref().ok_or_else(gone)?;
                if self.http.is_none() {
                    self.http = Some(webhook::client(config)?);
                }
                let client = self.http.clone().ok_or_else(gone)?;
                webhook::send(&client, config, letter, at).await
            }
            Channel::Mail => {
                let smtp = alerting.smtp.as_ref().ok_or_else(gone)?;
                mail::send(smtp, &smtp.to, letter, at).await
            }
            Channel::Region(vt) => {
                let smtp = alerting.smtp.as_ref().ok_or_else(gone)?;
                let to = alerting.regions.get(vt).ok_or_else(gone)?;
                mail::send(smtp, std::slice::from_ref(to), letter, at).await
            }
        }
    }

    async fn note(
        &mut self,
        ledger: &Ledger,
        batch: &Batch,
        outcome: Result<(), SendError>,
        now: DateTime<Utc>,
        sent: &mut Sent,
    ) -> Result<(), LedgerError> {
        match outcome {
            Ok(()) => {
                self.waits.remove(&batch.channel);
                self.waits.remove(&batch.name());
                for message in &batch.messages {
                    ledger.message_sent(message.id, now).await?;
                    sent.sent += 1;
                }
            }
            Err(error) => {
                tracing::warn!(
                    channel = batch.channel,
                    messages = batch.messages.len(),
                    "an alert was not sent: {error}"
                );
                let name = if error.refused { batch.name() } else { batch.channel.clone() };
                self.put_off(name, now);
                for message in &batch.messages {
                    ledger.message_failed(message.id, &error.why).await?;
                    sent.failed += 1;
                }
            }
        }
        Ok(())
    }

    fn waits(&self, batch: &Batch, now: DateTime<Utc>) -> bool {
        // A wait that a clock set back made longer than any is over.
        let on = |wait: &Wait| (now..=now + LONGEST_WAIT).contains(&wait.until) && wait.until > now;
        [&batch.channel, &batch.name()].into_iter().filter_map(|name| self.waits.get(name)).any(on)
    }

    fn put_off(&mut self, name: String, now: DateTime<Utc>) {
        let failures = self.waits.get(&name).map_or(0, |wait| wait.failures) + 1;
        let wait = TimeDelta::minutes(1 << failures.saturating_sub(1).min(6)).min(LONGEST_WAIT);
        self.waits.insert(name, Wait { failures, until: now + wait });
        // Letters that were given up would stay here for ever.
        self.waits.retain(|_, wait| wait.until > now - GIVE_UP);
    }
}

impl Alerting {
    fn has(&self, channel: &Channel) -> bool {
        self.all_channels().contains(channel)
    }
}

/// Mail of one kind that was made at once goes in one letter; a program gets each message for itself.
fn batches(messages: impl Iterator<Item = AlertMessage>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for message in messages {
        let alone = Channel::of(&message.channel) == Some(Channel::Webhook);
        let same = |batch: &&mut Batch| {
            !alone && batch.channel == message.channel && batch.kind == message.kind && batch.made_at == message.made_at
        };
        match batches.iter_mut().rev().find(same) {
            Some(batch) => batch.messages.push(message),
            None => batches.push(Batch {
                channel: message.channel.clone(),
                kind: message.kind,
                made_at: message.made_at,
                messages: vec![message],
            }),
        }
    }
    batches
}
