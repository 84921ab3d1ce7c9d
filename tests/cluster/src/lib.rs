//! The harness of the cluster's tests: a private store on SeaweedFS, registrations in it, and the roles of a Ballista cluster as processes.

mod generate;
mod roles;

pub use generate::{generate, months};
pub use roles::{Cluster, peak_mib, reset_peak};

use std::path::Path;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use vt_disclosure::CellTable;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_monitor::belonging::Store;
use vt_monitor::config::Config;
use vt_monitor::stores;
use vt_publication::PublicationError;
use vt_publication::engine::{Engine, EngineConfig};
use vt_publication::gate::{PeriodInput, gate};
use vt_servers::SeaweedFs;
use vt_vault::{DeliveryRecord, Vault};

const BUCKET: &str = "vt-cluster";

/// How a private store is reached and what counts, as the tables of a configuration. `engine` is what stands in `[engine]`.
///
/// # Errors
/// When the server or its bucket can't be had.
pub fn write_config(folder: &Path, prefix: &str, engine: &str) -> Result<Config> {
    let server = SeaweedFs::shared()?;
    server.access.create_bucket(BUCKET)?;
    let at = folder.display();
    let text = format!(
        "[store]\npublished = \"{at}/published\"\nprivate = \"s3://{BUCKET}/{prefix}\"\n[store.s3]\n{}\
         [ledger]\nurl = \"{at}/ledger.sqlite\"\n[key]\nfile = \"{at}/key\"\n{engine}",
        server.access.settings(folder)?,
    );
    std::fs::write(folder.join("service.toml"), text)?;
    Ok(Config::load(folder)?)
}

/// The private store of a configuration.
///
/// # Errors
/// When it can't be opened.
pub fn vault(config: &Config) -> Result<Vault> {
    Ok(Vault::new(stores::open(&config.store, Store::Private)?))
}

/// Which deliveries count for periods such as `2020W407`, long afterwards.
///
/// # Errors
/// When a period is written otherwise.
pub fn inputs(periods: &[&str], records: &[DeliveryRecord]) -> Result<Vec<PeriodInput>> {
    let later = NaiveDate::from_ymd_opt(2030, 1, 1).context("a day")?;
    periods.iter().map(|period| Ok(gate(period.parse()?, records, Register::builtin(), later))).collect()
}

/// The cells of periods, counted by the engine of a configuration.
///
/// # Errors
/// As the engine's.
pub async fn cells(
    config: &EngineConfig,
    vault: &Vault,
    inputs: &[PeriodInput],
) -> Result<Vec<CellTable>, PublicationError> {
    let engine = Engine::new(config, vault)?;
    vt_publication::aggregate::aggregate(&engine, inputs, Register::builtin(), CodeLists::builtin()).await
}

/// The same configuration, counting in this process.
pub fn embedded(config: &EngineConfig) -> EngineConfig {
    EngineConfig { scheduler_url: None, ..config.clone() }
}

/// Where two counts of the same periods differ; nothing when they don't.
pub fn difference(one: &[CellTable], other: &[CellTable]) -> Option<String> {
    if one.len() != other.len() {
        return Some("periods".to_owned());
    }
    one.iter().zip(other).find_map(|(one, other)| one.difference(other))
}
