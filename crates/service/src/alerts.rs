//! Alerts: rules as data say what is wrong from which limit on; who has to know is told once when it begins, once when it ends, and
//! reminded in between. The ledger holds what is open and what is to be sent, so that nothing is lost or told twice by a restart.
//!
//! `asking` says of whom something may be told, `gather` learns the facts, `judge` says what holds (pure), `reconcile` brings the ledger in line and queues messages,
//! `sender` sends them; `watch` does all of it beside the work of the instance that leads.

mod advice;
mod asking;
mod causes;
mod channel;
mod config;
mod facts;
mod gather;
mod judge;
mod letter;
mod mail;
mod outage;
mod probe;
mod reconcile;
mod rule;
mod sender;
mod watch;
mod webhook;
mod words;

#[cfg(test)]
mod tests;

pub use channel::Channel;
pub use config::{Alerting, AlertsConfig, BrokenRule, SmtpConfig, SmtpTls, WebhookConfig};
pub use letter::Letter;
pub use outage::Outage;
pub use reconcile::is_muted;
pub use rule::{Audience, Rule, RuleConfig, RuleKind, Severity};
pub use sender::{SendError, Sender};
pub use watch::Watch;
pub use words::capital;
pub(crate) use words::without_cause;
