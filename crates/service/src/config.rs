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
    /// The kind of period that is published.
    pub cadence: PeriodKind,
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
            cadence: PeriodKind::FourWeeks,
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
        if self.schedule.cadence == PeriodKind::IsoYear {
            return rule("schedule.cadence", "week, two_weeks or four_weeks; the ISO year follows from them".into());
        }
        if self.pull.regions_at_once == 0 || self.pull.threads_per_delivery == 0 {
            return rule("pull", "regions_at_once and threads_per_delivery are at least 1".into());
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
