//! Limits of the query engine, and where its cluster is.

use std::fmt;
use std::path::PathBuf;

use datafusion::error::DataFusionError;
use serde::{Deserialize, Serialize};

/// Limits of the query engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Memory for grouping, joining and sorting, in MiB; grouping and sorting go to disk beyond it. On a cluster: of each executor.
    pub memory_mib: usize,
    /// Parts of a query that run at once; 0 means one per core. On a cluster: in each executor.
    pub partitions: usize,
    /// Rows handled together.
    pub batch_rows: usize,
    /// Where intermediate results go that do not fit in memory: they are as private as the vault. None: the system's temporary directory.
    pub spill_dir: Option<PathBuf>,
    /// The most disk that they may take, in MiB.
    pub spill_mib: u64,
    /// The scheduler of the Ballista cluster that counts, such as `df://10.0.0.5:50050`. None: this process counts.
    pub scheduler_url: Option<SchedulerUrl>,
    /// How that cluster works; the same for all that take part in it.
    pub cluster: ClusterConfig,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            memory_mib: 128,
            partitions: 0,
            batch_rows: 8_192,
            spill_dir: None,
            spill_mib: 20_480,
            scheduler_url: None,
            cluster: ClusterConfig::default(),
        }
    }
}

impl EngineConfig {
    /// The rule that is broken, and of which field of `engine`.
    pub fn broken_rule(&self) -> Option<(&'static str, &'static str)> {
        self.broken_rule_in(cfg!(feature = "ballista"))
    }

    /// The same, in a program that was built with Ballista or without.
    fn broken_rule_in(&self, with_ballista: bool) -> Option<(&'static str, &'static str)> {
        if self.memory_mib < 16 || self.batch_rows == 0 {
            return Some(("engine", "memory_mib is at least 16 and batch_rows at least 1"));
        }
        let ClusterConfig { parts, executor_timeout_seconds, ready_timeout_seconds } = self.cluster;
        if !(1..=4_096).contains(&parts) {
            return Some(("engine.cluster.parts", "from 1 to 4096"));
        }
        if !(3..=3_600).contains(&executor_timeout_seconds) || !(1..=3_600).contains(&ready_timeout_seconds) {
            return Some((
                "engine.cluster",
                "executor_timeout_seconds from 3 to 3600, ready_timeout_seconds from 1 to 3600",
            ));
        }
        let built_without = self.scheduler_url.is_some() && !with_ballista;
        built_without.then_some(("engine.scheduler_url", WITHOUT_BALLISTA))
    }
}

/// What to do when the program can't use a cluster.
pub const WITHOUT_BALLISTA: &str = "this program was built without Ballista: build it with `cargo build --release -p vt-monitor \
                                    --features ballista`, or leave scheduler_url out, and it counts by itself";

/// How a Ballista cluster works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// Parts that a query is cut into: two or three for each core of all executors together. What is lost with an executor is counted anew part by part.
    pub parts: usize,
    /// An executor that gave no sign of life for so long is given up, and others count what it had.
    pub executor_timeout_seconds: u64,
    /// So long a query waits for the scheduler to answer and to have an executor.
    pub ready_timeout_seconds: u64,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { parts: 16, executor_timeout_seconds: 30, ready_timeout_seconds: 30 }
    }
}

/// The address of a scheduler: `df://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchedulerUrl {
    /// Its name or number.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl TryFrom<String> for SchedulerUrl {
    type Error = &'static str;

    /// It repeats nothing of the address, which may hold a secret by mistake.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        const FORM: &str = "must be df://host:port, such as df://10.0.0.5:50050, and nothing more";
        let (host, port) = text.strip_prefix("df://").and_then(|rest| rest.rsplit_once(':')).ok_or(FORM)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(FORM)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let wrong = |c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c) || (bare.is_some() && c == ':'));
        if host.is_empty() || bare.unwrap_or(host).contains(wrong) {
            return Err(FORM);
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl From<SchedulerUrl> for String {
    fn from(url: SchedulerUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for SchedulerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

/// Why a cluster can't count.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Nothing answers as a scheduler does.
    #[error(
        "the Ballista scheduler {url} gives no answer ({reason}) within {seconds} s: is `vt-monitor cluster scheduler` running there, and is \
         engine.scheduler_url right? Without scheduler_url this program counts by itself"
    )]
    NoScheduler {
        /// Where it should be.
        url: SchedulerUrl,
        /// What came of the last attempt.
        reason: String,
        /// How long was tried.
        seconds: u64,
    },
    /// A scheduler answers, and has nobody who counts.
    #[error(
        "the Ballista scheduler {url} has no executor after {seconds} s: start `vt-monitor cluster executor` on the machines that count, \
         with the same configuration"
    )]
    NoExecutor {
        /// Where it is.
        url: SchedulerUrl,
        /// How long was waited.
        seconds: u64,
    },
    /// The registrations are encrypted, and executors have no keys.
    #[error(
        "engine.scheduler_url: registrations are encrypted with the keys of [store.encryption], and the executors of a Ballista cluster have \
         none. Either leave scheduler_url out, or leave registrations to the encryption of the bucket with \
         `registrations = \"bucket\"` in [store.encryption] (docs/KEYS.md)"
    )]
    Encrypted,
    /// A role of the cluster could not start, or ended by itself.
    #[error("Ballista {role}: {reason}")]
    Role {
        /// Which.
        role: &'static str,
        /// What it said.
        reason: String,
    },
}

impl ClusterError {
    /// The one in an error of a query, when it is one; else that error.
    pub(super) fn within(error: DataFusionError) -> Result<Self, DataFusionError> {
        match error {
            DataFusionError::External(error) => error.downcast().map(|error| *error).map_err(DataFusionError::External),
            DataFusionError::Context(said, error) => {
                Self::within(*error).map_err(|error| DataFusionError::Context(said, Box::new(error)))
            }
            other => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_and_nothing_more() {
        let read = |text: &str| SchedulerUrl::try_from(text.to_owned());
        for right in ["df://10.0.0.5:50050", "df://vt-scheduler.intern:1", "df://[::1]:50050"] {
            assert_eq!(read(right).unwrap().to_string(), right);
        }
        for wrong in [
            "10.0.0.5:50050",
            "http://a:1",
            "df://a",
            "df://:1",
            "df://a:0",
            "df://a:99999",
            "df://user:geheim@a:1",
            "df://a:1/x",
            "df://a/b:1",
        ] {
            let text = read(wrong).unwrap_err();
            assert!(text.contains("df://host:port") && !text.contains("geheim"), "{wrong}");
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_named() {
        let broken = |cluster: ClusterConfig| EngineConfig { cluster, ..EngineConfig::default() }.broken_rule();
        assert_eq!(broken(ClusterConfig::default()), None);
        assert_eq!(broken(ClusterConfig { parts: 0, ..ClusterConfig::default() }).unwrap().0, "engine.cluster.parts");
        let hasty = ClusterConfig { executor_timeout_seconds: 1, ..ClusterConfig::default() };
        assert!(broken(hasty).unwrap().1.contains("executor_timeout_seconds"));
    }

    #[test]
    fn without_ballista_a_scheduler_is_refused_and_said_how_to_have_it() {
        let url = SchedulerUrl::try_from("df://127.0.0.1:50050".to_owned()).unwrap();
        let config = EngineConfig { scheduler_url: Some(url), ..EngineConfig::default() };
        let (field, rule) = config.broken_rule_in(false).unwrap();
        assert_eq!(config.broken_rule_in(true), None);
        assert!(field == "engine.scheduler_url" && rule.contains("--features ballista"), "{rule}");
    }
}
