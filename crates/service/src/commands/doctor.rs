//! `doctor`: checks configuration, files, clocks, stores, key, ledger, API and every region's address, and says how to mend what is
//! wrong. Ends with 0 when nothing is wrong (warnings are not), with 4 otherwise.

mod clocks;
mod configured;
mod disk;
mod encryption;
mod files;
mod kept;
mod listen;
mod regions;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use vt_domain::Clock;

use crate::alerts::{Alerting, AlertsConfig};
use crate::config::{Config, KeyConfig};
use crate::error_text::error_text;
use crate::exit::Exit;
use crate::keys::{Keys, not_configured, open_ring};
use crate::output::{Output, table};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is right.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// It is wrong: the detail says how to mend it.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Examined {
    /// What.
    pub what: String,
    /// Whether it works.
    pub right: bool,
    /// What was found.
    pub verdict: Verdict,
    /// What was seen; when it is not right, how to mend it.
    pub detail: String,
}

impl Examined {
    fn new(what: &str, outcome: Result<String>) -> Self {
        let verdict = if outcome.is_ok() { Verdict::Ok } else { Verdict::Wrong };
        let detail = outcome.unwrap_or_else(|error| error_text(&error));
        Self { what: what.to_owned(), right: verdict == Verdict::Ok, verdict, detail }
    }

    fn warning(what: &str, detail: String) -> Self {
        Self { what: what.to_owned(), right: true, verdict: Verdict::Warning, detail }
    }
}

pub(super) async fn run(output: Output, directory: &Path, clock: Arc<dyn Clock>, rehearses: bool) -> Result<Exit> {
    let examined = examine(directory, clock, rehearses).await;
    let exit = if examined.iter().all(|one| one.right) { Exit::Done } else { Exit::Partial };
    output.answer(&examined, |examined| text(examined))?;
    Ok(exit)
}

/// Every part for itself, as far as the configuration says where it is.
async fn examine(directory: &Path, clock: Arc<dyn Clock>, rehearses: bool) -> Vec<Examined> {
    let (config, wrong) = Config::salvage(directory);
    let wrong = wrong.into_iter().map(|error| Examined::new("configuration", Err(error.into())));
    let mut examined: Vec<Examined> = wrong.collect();
    let Some(config) = config else { return examined };
    let register = crate::app::register(&config.register, directory);
    examined.extend(configured::examine(&config, directory, register.as_ref(), clock.now()));
    if examined.is_empty() {
        let sources = format!("{} regions", config.regions.len());
        examined.push(Examined::new("configuration", Ok(sources)));
    }
    examined.extend(files::examine(&config));
    examined.push(clocks::of_machine(clock.as_ref(), rehearses));
    let kept = kept::Kept::open(&config).await;
    examined.extend(kept.examine(clock.now()).await);
    examined.push(encryption::examine(&config.store, kept.vault().as_ref()).await);
    examined.extend(disk::examine(&config));
    examined.push(Examined::new("key", examine_key(&config.key, &kept).await));
    examined.extend(listen::examine(&config.api, clock.now()).await);
    examined.push(Examined::new("alerts", examine_alerts(&config.alerts)));
    if let Some(ledger) = kept.ledger() {
        examined.extend(clocks::of_ledger(ledger, clock.as_ref(), rehearses).await);
    }
    examined.extend(regions::examine(&config, register.as_ref().ok(), clock, rehearses).await);
    examined
}

/// Whether the secrets of the channels can be read; `vt-monitor alerts test` tells whether they work.
fn examine_alerts(config: &AlertsConfig) -> Result<String> {
    let alerting = Alerting::of(config)?;
    for secret in alerting.secrets() {
        secret.read()?;
    }
    let channels: Vec<String> = alerting.all_channels().iter().map(ToString::to_string).collect();
    Ok(if channels.is_empty() { "no channel is configured: nobody is told".into() } else { channels.join(", ") })
}

/// Reads the keys and holds them against the private store's history, in which nothing is written.
async fn examine_key(config: &KeyConfig, kept: &kept::Kept) -> Result<String> {
    let ring = open_ring(config).context("a new store gets its key from `vt-monitor key new` (docs/KEYS.md)")?;
    let fingerprint = ring.current().fingerprint();
    let Some(vault) = kept.vault() else {
        return Ok(format!("fingerprint {fingerprint}; there is no private store to hold it against"));
    };
    let history = vault.key_history().await?;
    let Some(newest) = history.newest() else {
        return Ok(format!("fingerprint {fingerprint}; the private store's first use will take it"));
    };
    let number = newest.number;
    Keys::held_against(history.clone(), ring.clone())?;
    if let Some(missing) = not_configured(&history, &ring).first() {
        bail!(
            "key {}, number {}, is not configured: periods first published with it can't be revised; name it in `key.previous`",
            missing.fingerprint,
            missing.number
        );
    }
    Ok(format!("fingerprint {fingerprint}, number {number} of the private store's history"))
}

fn text(examined: &[Examined]) -> String {
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Wrong => "WRONG",
    };
    table(
        ["what", "", "detail"],
        examined.iter().map(|one| [one.what.clone(), verdict(one.verdict).into(), one.detail.clone()]),
    )
}
