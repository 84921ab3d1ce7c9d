//! The configuration: `service.toml`, `regions.toml` and `disclosure.toml` in one folder, and `VT_MONITOR__…` in the environment.
//!
//! Unknown fields are refused, units stand in names, secrets are references to files or the environment.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use vt_domain::month::Month;
use vt_domain::period::PeriodKind;
use vt_intake::checks::CheckException;
use vt_intake::source::SourceConfig;
use vt_publication::engine::EngineConfig;

use crate::alerts::{Alerting, AlertsConfig};
use crate::api::ApiConfig;
use crate::retention::RetentionConfig;
use crate::schedule::LocalCron;
use crate::stores::overlap;

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

/// Where things are kept: a directory, or an address such as `file:///srv/vt` or `s3://bucket/prefix`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// What analysts read.
    pub published: String,
    /// What nobody else may read: raw deliveries, registrations, the memory of disclosure control.
    pub private: String,
}

/// The ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// The path of an SQLite file.
    pub url: String,
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
    #[error("configuration in {directory}: {reason}")]
    Invalid {
        /// The folder.
        directory: PathBuf,
        /// File, field and rule.
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
            store: StoreConfig { published: String::new(), private: String::new() },
            ledger: LedgerConfig { url: String::new() },
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
        if !directory.join(FILES[0]).is_file() {
            return Err(ConfigError::Missing(directory.to_owned()));
        }
        let mut builder = config::Config::builder();
        for file in FILES {
            let source = config::File::from(directory.join(file)).format(config::FileFormat::Toml);
            builder = builder.add_source(source.required(file == FILES[0]));
        }
        let environment =
            config::Environment::with_prefix("VT_MONITOR").prefix_separator("__").separator("__").try_parsing(true);
        let built = builder.add_source(environment).build().and_then(config::Config::try_deserialize);
        let config: Self = built
            .map_err(|error| ConfigError::Invalid { directory: directory.to_owned(), reason: error.to_string() })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let rule = |field: &str, rule: String| Err(ConfigError::Rule { field: field.into(), rule });
        if self.key.file.is_some() == self.key.env.is_some() {
            return rule("key", "give `file` or `env`, one of the two".into());
        }
        if let Err(error) = LocalCron::parse(&self.schedule.wake) {
            return rule("schedule.wake", error.to_string());
        }
        let attack = &self.disclosure.attack;
        if attack.time_limit_seconds == 0 || attack.max_solves == 0 || attack.max_nodes == 0 {
            return rule("disclosure.attack", "limits are at least 1: without an attack nothing is published".into());
        }
        if !(1..=15).contains(&self.schedule.delivery_due_working_day) {
            return rule("schedule.delivery_due_working_day", "from 1 to 15".into());
        }
        if self.schedule.period_deadline_working_days > 60 {
            return rule("schedule.period_deadline_working_days", "at most 60".into());
        }
        if self.schedule.month_to_date_due_working_days > 15 || self.schedule.reminder_working_days_before > 15 {
            return rule(
                "schedule",
                "month_to_date_due_working_days and reminder_working_days_before are at most 15".into(),
            );
        }
        if self.schedule.cadence == PeriodKind::IsoYear {
            return rule("schedule.cadence", "week, two_weeks or four_weeks; the ISO year follows from them".into());
        }
        if self.pull.regions_at_once == 0 || self.pull.threads_per_delivery == 0 {
            return rule("pull", "regions_at_once and threads_per_delivery are at least 1".into());
        }
        if self.schedule.periods_per_round == 0 {
            return rule("schedule.periods_per_round", "at least 1".into());
        }
        if self.backfill.regions_at_once == 0 || self.backfill.months_per_minute == 0 {
            return rule("backfill", "regions_at_once and months_per_minute are at least 1".into());
        }
        let service = &self.service;
        if !(3..=3600).contains(&service.lease_seconds) || !(1..=60).contains(&service.poll_seconds) {
            return rule("service", "lease_seconds from 3 to 3600, poll_seconds from 1 to 60".into());
        }
        if let Some(broken) = self.api.broken_rule() {
            return rule("api.listen", broken.into());
        }
        if let Err(broken) = Alerting::of(&self.alerts) {
            return rule(&broken.field, broken.rule);
        }
        if let Some((field, broken)) = self.api.oidc.as_ref().and_then(|oidc| oidc.broken_rule()) {
            return rule(field, broken.into());
        }
        if service.retry_minutes == 0 {
            return rule("service.retry_minutes", "at least 1".into());
        }
        if let Some((field, broken)) = self.retention.broken_rule() {
            return rule(field, broken);
        }
        if overlap(&self.store.published, &self.store.private) {
            return rule(
                "store",
                "published and private must be different places, neither within the other: analysts read the first"
                    .into(),
            );
        }
        for (i, region) in self.regions.iter().enumerate() {
            if self.regions[..i].iter().any(|other| other.vt == region.vt) {
                return rule("region", format!("{} stands twice", region.vt));
            }
        }
        Ok(())
    }
}

/// A configuration for tests: everything in one folder, months from June 2020.
#[cfg(test)]
pub(crate) fn in_folder(folder: &Path) -> Config {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut config = Config {
        store: StoreConfig { published: path("published"), private: path("private") },
        ledger: LedgerConfig { url: path("ledger.sqlite") },
        ..Config::embedded()
    };
    config.schedule.first_month = "2020-06".parse().unwrap();
    config
}
