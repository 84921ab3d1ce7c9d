//! Alerts, mutes, and trials of channels.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_ledger::{Alert, AlertMessage, AlertMute};

use super::code;
use crate::alerts::{Alerting, Audience, without_cause};

/// Something that is wrong, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertView {
    /// Its number.
    pub id: i64,
    /// The rule that found it.
    pub rule: String,
    /// What the rule is called in Dutch.
    #[schema(example = "levering te laat")]
    pub title: String,
    /// warning or critical; nothing when the rule is configured no more.
    pub severity: Option<String>,
    /// What it is about: a region, a region's month, a period, a store.
    #[schema(example = "VT07")]
    pub subject: String,
    /// What is wrong, why, and what operators have to do, in Dutch. For readers only what is wrong.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it ended; nothing while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
    /// When somebody was last reminded of it.
    pub reminded_at: Option<DateTime<Utc>>,
    /// Whether it is not told now.
    pub muted: bool,
    /// Who was told, and what failed.
    pub messages: Vec<AlertMessageView>,
}

/// A message about an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertMessageView {
    /// begun, reminder or ended.
    pub kind: String,
    /// Over which channel: webhook, mail, or mail and the region's code.
    pub channel: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was sent; nothing while it was not.
    pub sent_at: Option<DateTime<Utc>>,
    /// How often sending was tried.
    pub attempts: i64,
    /// Why the last attempt failed. Nothing for readers.
    pub last_error: Option<String>,
}

impl AlertView {
    /// An alert with its messages.
    pub fn new(alert: &Alert, alerting: &Alerting, muted: bool, messages: &[AlertMessage]) -> Self {
        Self {
            id: alert.id,
            rule: alert.rule.clone(),
            title: alerting.title(&alert.rule),
            severity: alerting.rule(&alert.rule).map(|rule| code(rule.severity)),
            subject: alert.subject.clone(),
            text: alerting.told(alert, Audience::Operators),
            since: alert.since,
            ended_at: alert.ended_at,
            reminded_at: alert.reminded_at,
            muted,
            messages: messages.iter().map(Into::into).collect(),
        }
    }

    /// The same without causes, and without what failures say: for those who must not count records.
    pub fn without_details(mut self) -> Self {
        // A text that names no cause may hold it anywhere.
        self.text = without_cause(&self.text).unwrap_or_default().to_owned();
        self.messages.iter_mut().for_each(|message| message.last_error = None);
        self
    }
}

impl From<&AlertMessage> for AlertMessageView {
    fn from(it: &AlertMessage) -> Self {
        Self {
            kind: code(it.kind),
            channel: it.channel.clone(),
            made_at: it.made_at,
            sent_at: it.sent_at,
            attempts: it.attempts,
            last_error: it.last_error.clone(),
        }
    }
}

/// What is not to be told for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MuteView {
    /// Its number.
    pub id: i64,
    /// Alerts of this rule; of any when nothing.
    pub rule: Option<String>,
    /// Alerts about this, or about months of this region; about anything when nothing.
    pub subject: Option<String>,
    /// From when on they are told again.
    pub until: DateTime<Utc>,
    /// Who made it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was ended by hand.
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<&AlertMute> for MuteView {
    fn from(it: &AlertMute) -> Self {
        Self {
            id: it.id,
            rule: it.rule.clone(),
            subject: it.subject.clone(),
            until: it.until,
            actor: it.actor.clone(),
            reason: it.reason.clone(),
            made_at: it.made_at,
            ended_at: it.ended_at,
        }
    }
}

/// What came of a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialView {
    /// Over which channel.
    pub channel: String,
    /// Whether it went out.
    pub sent: bool,
    /// Why it did not.
    pub error: Option<String>,
}
