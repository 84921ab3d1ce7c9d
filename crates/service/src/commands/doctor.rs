//! `doctor`: checks configuration, files, clocks, stores, key, ledger, API and every region's address, and says how to mend what is
//! wrong. Ends with 0 when nothing is wrong (warnings are not), with 4 otherwise.

mod clocks;
mod disk;
mod files;
mod listen;
mod regions;
mod stores;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use vt_domain::Clock;
use vt_ledger::Ledger;
use vt_vault::Vault;

use crate::alerts::{Alerting, AlertsConfig};
use crate::app::App;
use crate::config::{Config, KeyConfig};
use crate::exit::Exit;
use crate::keys::{Keys, not_configured, open_ring};
use crate::output::{Output, table};
use crate::stores::{open_private_store, open_store};

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
        let detail = outcome.unwrap_or_else(|error| format!("{error:#}"));
        Self { what: what.to_owned(), right: verdict == Verdict::Ok, verdict, detail }
    }

    fn warning(what: &str, detail: String) -> Self {
        Self { what: what.to_owned(), right: true, verdict: Verdict::Warning, detail }
    }
}

pub(super) async fn run(output: Output, directory: &Path, clock: Arc<dyn Clock>) -> Result<Exit> {
    let examined = examine(directory, clock).await;
    let exit = if examined.iter().all(|one| one.right) { Exit::Done } else { Exit::Partial };
    output.answer(&examined, |examined| text(examined))?;
    Ok(exit)
}

async fn examine(directory: &Path, clock: Arc<dyn Clock>) -> Vec<Examined> {
    let config = match Config::load(directory) {
        Ok(config) => config,
        Err(error) => return vec![Examined::new("configuration", Err(error.into()))],
    };
    let mut examined = vec![Examined::new("configuration", configured(&config, directory))];
    examined.extend(files::examine(&config));
    examined.push(clocks::of_machine(clock.as_ref()));
    let (published, private) = (&config.store.published, &config.store.private);
    let now = clock.now();
    let tried = stores::examine(published, open_store(published), now, stores::PATIENCE).await;
    examined.push(Examined::new("published store", tried));
    let tried = stores::examine(private, open_private_store(private), now, stores::PATIENCE).await;
    examined.push(Examined::new("private store", tried));
    examined.extend(disk::examine(&config));
    examined.push(Examined::new("key", examine_key(&config.key, private).await));
    examined.extend(listen::examine(&config.api, now).await);
    examined.push(Examined::new("alerts", examine_alerts(&config.alerts)));
    match App::open(config, directory, clock).await {
        Ok(app) => {
            examined.push(Examined::new("ledger", examine_ledger(&app.ledger).await));
            examined.extend(clocks::of_ledger(&app.ledger, app.clock.as_ref()).await);
            examined.extend(regions::examine(&app).await);
        }
        Err(error) => examined.push(Examined::new("ledger and registers", Err(error))),
    }
    examined
}

/// The rules that need no network, of what stands in the files.
fn configured(config: &Config, directory: &Path) -> Result<String> {
    let register = crate::app::register(&config.register, directory)?;
    for source in &config.regions {
        source.check().with_context(|| format!("regions.toml, region {}", source.vt))?;
        if register.vt(&source.vt).is_none() {
            bail!(
                "regions.toml, region {}: it is not in the register; `vt-monitor regions` lists those that are",
                source.vt
            );
        }
    }
    config.disclosure.policy.check().context("disclosure.toml")?;
    Ok(format!("{} regions", config.regions.len()))
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
async fn examine_key(config: &KeyConfig, private: &str) -> Result<String> {
    let ring = open_ring(config).context("a new store gets its key from `vt-monitor key new` (docs/KEYS.md)")?;
    let fingerprint = ring.current().fingerprint();
    let history = Vault::new(open_private_store(private)?).key_history().await?;
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

/// Opened, brought up to date, and written: with a lease that is given back at once.
async fn examine_ledger(ledger: &Ledger) -> Result<String> {
    let mend = "is its disk full, or do others hold it? docs/OPERATING.md";
    let schema = ledger.schema().await.context(mend)?;
    let holder = crate::runs::holder();
    let lease = ledger.claim("doctor", &holder, std::time::Duration::from_secs(10)).await.context(mend)?;
    if let Some(lease) = lease {
        ledger.release(&lease).await.context(mend)?;
    }
    Ok(format!("schema {schema}; can be read and written"))
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
