//! Brings the ledger's alerts in line with what holds now, and queues what is to be told. It takes no memory of its own: a restart,
//! a second leader and a repeated look come to the same.

use chrono::{DateTime, TimeDelta, Utc};
use vt_ledger::{Alert, AlertMessage, AlertMessageKind, AlertMute, Ledger, LedgerError, Recorded};

use super::config::Alerting;
use super::judge::{Condition, Judgement};

/// What changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Alerts that began.
    pub begun: usize,
    /// Alerts that ended.
    pub ended: usize,
    /// Messages that were queued.
    pub queued: usize,
}

/// Whether mutes that are in force keep an alert from being told: those of its rule, of its subject or of the region in it, or of both.
pub fn is_muted(mutes: &[AlertMute], rule: &str, subject: &str) -> bool {
    let region = subject.split_once(' ').map(|(region, _)| region);
    let of_rule = |mute: &AlertMute| mute.rule.as_deref().is_none_or(|named| named == rule);
    let of_subject =
        |mute: &AlertMute| mute.subject.as_deref().is_none_or(|named| named == subject || Some(named) == region);
    mutes.iter().any(|mute| of_rule(mute) && of_subject(mute))
}

/// Begins what holds and was not open, ends what was open and holds no more, and reminds of what goes on.
///
/// # Errors
/// When the ledger can't be used; doing it again makes up for what was left.
pub async fn reconcile(
    ledger: &Ledger,
    alerting: &Alerting,
    judgement: &Judgement,
    now: DateTime<Utc>,
) -> Result<Changed, LedgerError> {
    let desk = Desk { ledger, alerting, mutes: ledger.mutes(now).await?, now };
    let mut changed = Changed::default();
    let open = ledger.open_alerts().await?;
    for condition in &judgement.conditions {
        desk.goes_on(condition, &open, &mut changed).await?;
    }
    let holds = |alert: &Alert| {
        judgement.conditions.iter().any(|it| it.rule == alert.rule && it.subject == alert.subject)
            || judgement.is_open(&alert.rule, &alert.subject)
    };
    for alert in open.iter().filter(|alert| !holds(alert)) {
        desk.ends(alert, &mut changed).await?;
    }
    Ok(changed)
}

struct Desk<'a> {
    ledger: &'a Ledger,
    alerting: &'a Alerting,
    mutes: Vec<AlertMute>,
    now: DateTime<Utc>,
}

impl Desk<'_> {
    async fn goes_on(&self, condition: &Condition, open: &[Alert], changed: &mut Changed) -> Result<(), LedgerError> {
        let Condition { rule, subject, text, .. } = condition;
        let standing =
            open.iter().find(|alert| alert.rule == *rule && alert.subject == *subject && alert.text == *text);
        let id = match standing {
            Some(alert) => alert.id,
            None => {
                let (alert, recorded) = self.ledger.begin_alert(rule, subject, text, self.now).await?;
                changed.begun += usize::from(recorded == Recorded::Written);
                alert.id
            }
        };
        self.tell(id, condition, changed).await
    }

    /// Queues the beginning over every channel that was not told of it, and a reminder where its time has come.
    async fn tell(&self, id: i64, condition: &Condition, changed: &mut Changed) -> Result<(), LedgerError> {
        let Some(rule) = self.alerting.rule(&condition.rule) else { return Ok(()) };
        if is_muted(&self.mutes, &condition.rule, &condition.subject) {
            return Ok(());
        }
        let messages = self.ledger.messages_of(id).await?;
        let mut reminded = false;
        for channel in self.alerting.channels(rule, condition.region.as_deref()) {
            let channel = channel.to_string();
            let last = messages.iter().filter(|it| it.channel == channel).max_by_key(|it| it.made_at);
            let kind = match last {
                None => AlertMessageKind::Begun,
                Some(last) if self.is_time(last, rule.remind_hours) => AlertMessageKind::Reminder,
                Some(_) => continue,
            };
            let queued = self.ledger.queue_message(id, kind, &channel, self.now).await?;
            changed.queued += usize::from(queued == Recorded::Written);
            reminded |= kind == AlertMessageKind::Reminder;
        }
        if reminded {
            self.ledger.remind_alert(id, self.now).await?;
        }
        Ok(())
    }

    /// Whether it is time to remind. Not while the last message has not gone out: reminders would pile up.
    fn is_time(&self, last: &AlertMessage, hours: u32) -> bool {
        hours > 0 && last.sent_at.is_some() && self.now - last.made_at >= TimeDelta::hours(i64::from(hours))
    }

    /// Tells the end to whom the beginning was told. First it is queued, then ended: a crash in between queues it once more,
    /// which changes nothing.
    async fn ends(&self, alert: &Alert, changed: &mut Changed) -> Result<(), LedgerError> {
        if !is_muted(&self.mutes, &alert.rule, &alert.subject) {
            let messages = self.ledger.messages_of(alert.id).await?;
            for begun in messages.iter().filter(|it| it.kind == AlertMessageKind::Begun) {
                let queued =
                    self.ledger.queue_message(alert.id, AlertMessageKind::Ended, &begun.channel, self.now).await?;
                changed.queued += usize::from(queued == Recorded::Written);
            }
        }
        if self.ledger.end_alert(&alert.rule, &alert.subject, self.now).await?.is_some() {
            changed.ended += 1;
        }
        Ok(())
    }
}
