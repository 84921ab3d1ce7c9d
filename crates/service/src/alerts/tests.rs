//! Alerts from the ledger to whoever is told: reconciled, sent over a real connection, and watched in a whole service.

mod mail;
mod told;
mod watched;
mod webhook;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vt_domain::{Clock, ManualClock};
use vt_ledger::{AlertMessage, Change, Ledger};

use super::config::{Alerting, AlertsConfig};
use super::judge::{Condition, Judgement};
use super::reconcile::{Changed, reconcile};
use super::sender::{Sender, Sent};

/// A ledger, a clock and a configuration.
struct World {
    _folder: TempDir,
    ledger: Ledger,
    clock: Arc<ManualClock>,
    alerting: Alerting,
}

impl World {
    /// With mail to the operators and to VT07.
    async fn with(config: &str) -> Self {
        // Fails only when one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap();
        let clock = Arc::new(ManualClock::at("2020-08-10T04:30:00Z".parse().unwrap()));
        Self { _folder: folder, ledger, clock, alerting: alerting(config) }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn pass_hours(&self, hours: i64) {
        self.clock.advance(TimeDelta::hours(hours));
    }

    /// Brings the ledger in line with what holds now.
    async fn look(&self, conditions: &[Condition]) -> Changed {
        let judgement = Judgement { conditions: conditions.to_vec(), ..Judgement::default() };
        reconcile(&self.ledger, &self.alerting, &judgement, self.now()).await.unwrap()
    }

    async fn send(&self, sender: &mut Sender) -> Sent {
        sender.pass(&self.ledger, &self.alerting, self.clock.as_ref(), &CancellationToken::new()).await.unwrap()
    }

    /// Ticks everything off as sent.
    async fn all_sent(&self) {
        for message in self.ledger.unsent_messages(100).await.unwrap() {
            self.ledger.message_sent(message.id, self.now()).await.unwrap();
        }
    }

    /// Kind and channel of all messages about the newest alert.
    async fn messages(&self) -> Vec<String> {
        let alert = self.ledger.alerts(1).await.unwrap().remove(0);
        let messages = self.ledger.messages_of(alert.id).await.unwrap();
        messages.iter().map(|it: &AlertMessage| format!("{:?} {}", it.kind, it.channel)).collect()
    }

    fn change(&self) -> Change {
        Change { at: self.now(), actor: "an operator".into(), reason: "known".into() }
    }
}

fn alerting(config: &str) -> Alerting {
    Alerting::of(&toml::from_str::<AlertsConfig>(config).unwrap()).unwrap()
}

/// Mail over a server on this machine.
fn smtp(port: u16) -> String {
    format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none-loopback-only\"\nfrom = \"VT-monitor <vt@example.nl>\"\n\
         to = [\"ops@example.nl\"]\n[region_addresses]\nVT07 = \"gooi@example.nl\"\nVT08 = \"groningen@example.nl\"\n"
    )
}

/// A region is late.
fn late(vt: &str) -> Condition {
    Condition {
        rule: "delivery_late".into(),
        subject: vt.into(),
        region: Some(vt.into()),
        text: format!("De levering van {vt} over juli 2020 is te laat. Oorzaak: er is nog niets geleverd."),
    }
}

fn disk() -> Condition {
    let text = "Op de schijf is weinig vrij.".into();
    Condition { rule: "disk_low".into(), subject: "private".into(), region: None, text }
}
