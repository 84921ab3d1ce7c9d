//! `doctor`: checks configuration, key, stores, ledger, clock and every region's address, and says how to mend what is wrong.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures::{StreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::Serialize;
use vt_domain::{Clock, Month};
use vt_vault::Vault;

use crate::alerts::{Alerting, AlertsConfig};
use crate::app::App;
use crate::config::{Config, KeyConfig};
use crate::exit::Exit;
use crate::keys::{Keys, not_configured, open_ring};
use crate::output::{Output, table};
use crate::stores::{open_private_store, open_store};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Examined {
    /// What.
    pub what: String,
    /// Whether it is right.
    pub right: bool,
    /// What was seen; when wrong, how to mend it.
    pub detail: String,
}

impl Examined {
    fn new(what: &str, outcome: Result<String>) -> Self {
        let right = outcome.is_ok();
        Self { what: what.to_owned(), right, detail: outcome.unwrap_or_else(|error| format!("{error:#}")) }
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
    let mut examined = vec![Examined::new("configuration", Ok(format!("{} regions", config.regions.len())))];
    examined.push(Examined::new("clock", examine_clock(clock.as_ref())));
    let (published, private) = (&config.store.published, &config.store.private);
    examined.push(Examined::new("published store", examine_store(published, open_store(published)).await));
    examined.push(Examined::new("private store", examine_store(private, open_private_store(private)).await));
    examined.push(Examined::new("key", examine_key(&config.key, private).await));
    examined.push(Examined::new("alerts", examine_alerts(&config.alerts)));
    match App::open(config, directory, clock).await {
        Ok(app) => {
            examined.push(Examined::new(
                "ledger",
                app.ledger.latest_runs(1).await.map(|_| "can be read".into()).map_err(Into::into),
            ));
            examined.extend(examine_regions(&app).await);
        }
        Err(error) => examined.push(Examined::new("ledger and registers", Err(error))),
    }
    examined
}

fn examine_clock(clock: &dyn Clock) -> Result<String> {
    let now = clock.now();
    if now.format("%Y").to_string().as_str() < "2026" {
        bail!("the machine says {now}, before this program was written: set its clock (NTP)");
    }
    Ok(now.format("%Y-%m-%dT%H:%M:%SZ").to_string())
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

/// Writes, writes again on condition that nothing is there, reads and removes: what a commit rests on.
async fn examine_store(address: &str, store: Result<Arc<dyn ObjectStore>>) -> Result<String> {
    let store = store?;
    let path = object_store::path::Path::from(format!("doctor/{}", std::process::id()));
    let create = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    let first = store.put_opts(&path, b"one".as_slice().into(), create()).await;
    first.context("can't be written: check the address and the permissions")?;
    let second = store.put_opts(&path, b"two".as_slice().into(), create()).await;
    let read = async { store.get(&path).await?.bytes().await }.await;
    store.delete(&path).await.context("can't remove what was written: check the permissions")?;
    if second.is_ok() || read.context("can't be read back")? != "one" {
        bail!(
            "does not refuse to create an object twice: two publishers could overwrite each other; use another store"
        );
    }
    Ok(format!("{address}: writes, and refuses to create twice"))
}

async fn examine_regions(app: &App) -> Vec<Examined> {
    let month = Month::of(app.clock.today()).previous();
    let ask = |source| async move {
        let listing = app.fetcher.list(source, month).await;
        let seen = listing.map(|listing| format!("answers; {} deliveries of {month}", listing.leveringen.len()));
        Examined::new(&source.vt, seen.map_err(Into::into))
    };
    let mut examined: Vec<Examined> = stream::iter(app.sources.iter().map(ask)).buffer_unordered(8).collect().await;
    examined.sort_by(|a, b| a.what.cmp(&b.what));
    examined
}

fn text(examined: &[Examined]) -> String {
    let verdict = |right: bool| if right { "ok" } else { "WRONG" };
    table(
        ["what", "", "detail"],
        examined.iter().map(|one| [one.what.clone(), verdict(one.right).into(), one.detail.clone()]),
    )
}
