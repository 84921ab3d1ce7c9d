//! The configuration: `service.toml`, `regions.toml` and `disclosure.toml` in one folder, and `VT_MONITOR__…` in the environment.
//!
//! Unknown fields are refused, units stand in names, secrets are references to files or the environment.

mod ledger;
mod read;
mod rules;
mod secrets;
mod store;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use vt_domain::month::Month;
use vt_domain::period::PeriodKind;
use vt_intake::checks::CheckException;
use vt_intake::source::SourceConfig;
use vt_publication::engine::EngineConfig;

use crate::alerts::AlertsConfig;
use crate::api::ApiConfig;
use crate::retention::RetentionConfig;

pub use ledger::LedgerConfig;
pub(crate) use store::Parted;
pub use store::{AzureConfig, ConnectionConfig, Encryption, GcsConfig, Named, S3Config, StoreConfig};

/// The files of a configuration folder.
pub const FILES: [&str; 3] = ["service.toml", "regions.toml", "disclosure.toml"];

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where things are kept.
    pub store: StoreConfig,
    /// The ledger.
    pub ledger: LedgerConfig,
    /// The secret key.
    pub key: KeyConfig,
    /// When things are due.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// How deliveries are pulled.
    #[serde(default)]
    pub pull: PullConfig,
    /// How backfills are paced.
    #[serde(default)]
    pub backfill: BackfillConfig,
    /// How the service runs.
    #[serde(default)]
    pub service: ServiceConfig,
    /// Where the service listens.
    #[serde(default)]
    pub api: ApiConfig,
    /// Who is told what is wrong.
    #[serde(default)]
    pub alerts: AlertsConfig,
    /// The aggregation engine.
    #[serde(default)]
    pub engine: EngineConfig,
    /// How long things are kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// Replacements for built-in registers.
    #[serde(default)]
    pub register: RegisterConfig,
    /// Disclosure control (`disclosure.toml`).
    #[serde(default)]
    pub disclosure: DisclosureConfig,
    /// The regions (`regions.toml`).
    #[serde(default, rename = "region")]
    pub regions: Vec<SourceConfig>,
    /// Exceptions to checks (`regions.toml`), each with owner, reason and end date.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<CheckException>,
}

/// Where the keys come from with which the private store is encrypted: `file` or `env`; and where earlier ones are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionConfig {
    /// A file that only its owner can read.
    pub file: Option<PathBuf>,
    /// The name of an environment variable.
    pub env: Option<String>,
    /// Files of earlier keys, which open what is not taken over yet.
    #[serde(default)]
    pub previous: Vec<PathBuf>,
    /// Names of environment variables with earlier keys.
    #[serde(default)]
    pub previous_env: Vec<String>,
    /// Whether objects that are not encrypted are read too: until `vt-monitor rekey` has encrypted a store that was begun without.
    #[serde(default)]
    pub accept_plain: bool,
    /// Who encrypts registrations.
    #[serde(default)]
    pub registrations: RegistrationsBy,
}

/// Who encrypts the registrations in the private store. Everything else there is encrypted with its keys all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationsBy {
    /// This program, with the keys of the store.
    #[default]
    Store,
    /// The bucket: for a Ballista cluster, whose executors have no keys.
    Bucket,
}

impl EncryptionConfig {
    /// Where its keys are.
    pub fn keys(&self) -> KeyConfig {
        let Self { file, env, previous, previous_env, accept_plain: _, registrations: _ } = self.clone();
        KeyConfig { file, env, previous, previous_env }
    }
}

/// Where the secret key comes from: `file` or `env`; and where those are that were current before it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// A file that only its owner can read.
    pub file: Option<PathBuf>,
    /// The name of an environment variable.
    pub env: Option<String>,
    /// Files of keys that were current before.
    #[serde(default)]
    pub previous: Vec<PathBuf>,
    /// Names of environment variables with keys that were current before.
    #[serde(default)]
    pub previous_env: Vec<String>,
}

/// When things are due.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// The first month that is pulled.
    pub first_month: Month,
    /// A month is due on this working day of the next month.
    pub delivery_due_working_day: u32,
    /// A period is published so many working days after the last due date of a delivery it needs, complete or not.
    pub period_deadline_working_days: u32,
    /// With periods shorter than four weeks, deliveries reach a period's last day so many working days after it.
    pub month_to_date_due_working_days: u32,
    /// A region is reminded so many working days before a month is due.
    pub reminder_working_days_before: u32,
    /// The kind of period that is published until an operator decides otherwise (`vt-monitor cadence set`).
    pub cadence: PeriodKind,
    /// At most so many periods are published in one round; the next round goes on at once.
    pub periods_per_round: usize,
    /// When the service wakes, in Europe/Amsterdam: seconds, minutes, hours, day of month, month, weekday by name.
    pub wake: String,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            // Unwrap safety: January 2019 is a month.
            first_month: Month::new(2019, 1).unwrap(),
            delivery_due_working_day: 5,
            period_deadline_working_days: 5,
            month_to_date_due_working_days: 2,
            reminder_working_days_before: 2,
            cadence: PeriodKind::FourWeeks,
            periods_per_round: 52,
            wake: "0 30 6 * * Mon-Fri".into(),
        }
    }
}

/// How deliveries are pulled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullConfig {
    /// How many regions are pulled at the same time.
    pub regions_at_once: usize,
    /// Threads that parse and check one delivery.
    pub threads_per_delivery: usize,
    /// The largest file after decompression, in MiB.
    pub max_decompressed_mib: u64,
}

impl Default for PullConfig {
    fn default() -> Self {
        Self { regions_at_once: 8, threads_per_delivery: 2, max_decompressed_mib: 4096 }
    }
}

/// How backfills are paced: regions are asked for years of months at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackfillConfig {
    /// How many regions are pulled at the same time.
    pub regions_at_once: usize,
    /// At most so many months of one region a minute.
    pub months_per_minute: u32,
}

impl Default for BackfillConfig {
    fn default() -> Self {
        Self { regions_at_once: 4, months_per_minute: 60 }
    }
}

/// How `serve` runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// Another instance takes over when the one at work has given no sign of life for so long.
    pub lease_seconds: u64,
    /// How often it looks at the clock and for what operators decided.
    pub poll_seconds: u64,
    /// A round that failed as a whole is tried again after so long, without waiting for the next wake.
    pub retry_minutes: u32,
    /// After the first signal, work that has not come to a safe point by then is ended as by a second one.
    pub stop_deadline_seconds: u64,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self { lease_seconds: 60, poll_seconds: 2, retry_minutes: 10, stop_deadline_seconds: 300 }
    }
}

/// Replacements for what is built in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegisterConfig {
    /// A folder with the register's files, in place of the built-in ones.
    pub directory: Option<PathBuf>,
    /// A file with code lists, in place of the built-in ones.
    pub code_lists: Option<PathBuf>,
    /// A file with the check catalogue, in place of the built-in one.
    pub checks: Option<PathBuf>,
}

/// Disclosure control.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisclosureConfig {
    /// Base, bounds and iteration limits of the rounding.
    pub policy: vt_disclosure::Policy,
    /// Limits of the attack before publication.
    pub attack: vt_publication::audit::AttackLimits,
    /// Thresholds below which derived figures are not given.
    pub publication: vt_publication::reservation::PublicationPolicy,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is missing.
    #[error(
        "no configuration in {0}: expected service.toml there; see config/ in the repository, or `vt-monitor demo` which needs none"
    )]
    Missing(PathBuf),
    /// A file can't be read as what it should be.
    #[error("configuration, {place}: {reason}")]
    Invalid {
        /// The file or the variable of the environment, and the field.
        place: String,
        /// What is wrong, and what may stand there.
        reason: String,
    },
    /// A setting breaks a rule.
    #[error("configuration, {field}: {rule}")]
    Rule {
        /// The field.
        field: String,
        /// The rule.
        rule: String,
    },
}

impl Config {
    /// Embedded defaults for everything that has one; stores, ledger and key are to be filled in.
    pub fn embedded() -> Self {
        Self {
            store: StoreConfig::default(),
            ledger: LedgerConfig::at(""),
            key: KeyConfig::default(),
            schedule: ScheduleConfig::default(),
            pull: PullConfig::default(),
            backfill: BackfillConfig::default(),
            service: ServiceConfig::default(),
            api: ApiConfig::default(),
            alerts: AlertsConfig::default(),
            retention: RetentionConfig::default(),
            engine: EngineConfig::default(),
            register: RegisterConfig::default(),
            disclosure: DisclosureConfig::default(),
            regions: Vec::new(),
            exceptions: Vec::new(),
        }
    }

    /// Reads the folder and the environment, and checks the rules that need no network.
    ///
    /// # Errors
    /// [`ConfigError`] names file or field and rule.
    pub fn load(directory: &Path) -> Result<Self, ConfigError> {
        let config = read::whole(directory)?;
        config.broken_rules().into_iter().next().map_or(Ok(config), Err)
    }

    /// The same with all that is wrong; what can't be read is left out, where there is something to take its place.
    pub fn salvage(directory: &Path) -> (Option<Self>, Vec<ConfigError>) {
        let (config, mut wrong) = read::parts(directory);
        wrong.extend(config.iter().flat_map(Self::broken_rules));
        (config, wrong)
    }
}

/// A configuration for tests: everything in one folder, months from June 2020.
#[cfg(test)]
pub(crate) fn in_folder(folder: &Path) -> Config {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut config = Config {
        store: StoreConfig::at(path("published"), path("private")),
        ledger: LedgerConfig::at(path("ledger.sqlite")),
        ..Config::embedded()
    };
    config.schedule.first_month = "2020-06".parse().unwrap();
    config
}
