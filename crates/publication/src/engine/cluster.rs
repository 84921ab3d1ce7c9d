//! The engine on a Ballista cluster: queries go to its scheduler as logical plans, its executors read the registrations themselves, and what
//! they counted comes back (docs/decisions/0014-ballista.md).

mod codec;
mod constants;
pub mod executor;
mod narrow;
mod ready;
pub mod scheduler;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use ballista_core::config::{
    BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_CLIENT_GRPC_CONNECT_TIMEOUT_SECONDS,
    BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
    BALLISTA_SHUFFLE_SORT_BASED_MEMORY_LIMIT_PER_TASK_BYTES,
};
use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use ballista_core::ids::new_instance_id;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::config::ClusterError;
use super::{EngineConfig, SchedulerUrl, tuned};
use crate::error::PublicationError;

use codec::RegistrationCodec;

/// The largest message between the roles: a plan names all its files, and holds the calendar of its periods.
const MESSAGE_BYTES: usize = 64 << 20;

/// A query over one region has about so many parts at work: one for each of its files.
const PARTS_OF_A_SMALL_QUERY: usize = 4;

/// A cluster as those who ask it see it.
pub(super) struct Cluster {
    url: SchedulerUrl,
    ready_timeout_seconds: u64,
    settings: SessionConfig,
    runtime: Arc<RuntimeEnv>,
}

impl Cluster {
    /// The cluster that is configured, if any; nothing is asked yet.
    pub fn of(config: &EngineConfig, runtime: &Arc<RuntimeEnv>) -> Result<Option<Self>, PublicationError> {
        let Some(url) = config.scheduler_url.clone() else { return Ok(None) };
        let ready_timeout_seconds = config.cluster.ready_timeout_seconds;
        Ok(Some(Self { url, ready_timeout_seconds, settings: settings(config), runtime: Arc::clone(runtime) }))
    }

    /// So many queries over few files keep the cluster's cores busy.
    pub fn queries_at_once(&self) -> usize {
        self.settings.target_partitions().div_ceil(PARTS_OF_A_SMALL_QUERY)
    }

    /// Runs a plan that was made in a session of this process.
    ///
    /// # Errors
    /// [`ClusterError`] within, when the cluster is not there; what its executors said otherwise.
    pub async fn run(
        &self,
        plan: LogicalPlan,
        session: &SessionContext,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let plan = constants::computed(plan, session).await?;
        ready::wait(&self.url, self.ready_timeout_seconds).await.map_err(ClusterError::wrapped)?;
        let state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(self.settings.clone())
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_session_id(session_id().to_owned())
            .build();
        let SchedulerUrl { host, port } = &self.url;
        let state = state.upgrade_for_ballista(format!("http://{host}:{port}"))?;
        let session = SessionContext::new_with_state(state);
        session.execute_logical_plan(plan).await?.execute_stream().await
    }
}

/// One session for all queries of this process: scheduler and executors keep what they know of each.
fn session_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| format!("vt-monitor-{}", new_instance_id()))
}

/// What travels with each query.
fn settings(config: &EngineConfig) -> SessionConfig {
    let session = tuned(common(), config)
        .with_target_partitions(config.cluster.parts)
        .with_ballista_job_name("vt-monitor")
        // What each part writes for others is held in memory up to this, beside the memory for grouping and joining.
        .set_usize(BALLISTA_SHUFFLE_SORT_BASED_MEMORY_LIMIT_PER_TASK_BYTES, (config.memory_mib << 20) / 4)
        // Joins would be decided by sizes that are measured on the way: all of them are known beforehand.
        .set_bool(BALLISTA_ADAPTIVE_PLANNER_ENABLED, false);
    let seconds = config.cluster.executor_timeout_seconds;
    session
        .set_u64(BALLISTA_CLIENT_GRPC_CONNECT_TIMEOUT_SECONDS, seconds)
        .set_u64(BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, seconds)
}

/// What holds in all roles.
fn common() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_logical_extension_codec(Arc::new(RegistrationCodec::default()))
        .set_usize(BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE, MESSAGE_BYTES)
}

impl ClusterError {
    /// As an error of a query.
    fn wrapped(self) -> DataFusionError {
        DataFusionError::External(Box::new(self))
    }
}
