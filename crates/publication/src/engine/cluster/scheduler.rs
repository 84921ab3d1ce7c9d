//! The scheduler: plans what it is asked, and gives the parts to executors. It reads nothing of the private store.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;

use super::codec::RegistrationCodec;
use super::executor::{bare, without_local_files};
use super::{MESSAGE_BYTES, common};
use crate::engine::{ClusterError, EngineConfig};

/// So long the answer to a query stays with the executors after it was counted.
const ANSWER_SECONDS: u64 = 60;
/// So long the scheduler remembers that there was a query.
const MEMORY_SECONDS: u64 = 600;

/// Runs a scheduler at an address until it fails; whoever called it ends it by dropping this.
///
/// # Errors
/// [`ClusterError::Role`] when the address can't be listened at.
pub async fn serve(engine: &EngineConfig, listen: SocketAddr) -> Result<(), ClusterError> {
    let failed = |reason: String| ClusterError::Role { role: "scheduler", reason };
    let config = Arc::new(config(engine, listen));
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| failed(error.to_string()))?;
    start_server(cluster, listen, config).await.map_err(|error| failed(error.to_string()))
}

fn config(engine: &EngineConfig, listen: SocketAddr) -> SchedulerConfig {
    let timeout = engine.cluster.executor_timeout_seconds;
    // Executors answer where the configuration says that it is, which may be another name than that of where it listens.
    let external_host = engine.scheduler_url.as_ref().map_or_else(|| bare(listen), |url| url.host.clone());
    SchedulerConfig {
        external_host,
        bind_host: bare(listen),
        bind_port: listen.port(),
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: (timeout / 3).max(1),
        no_executors_grace_period_seconds: timeout,
        finished_job_data_clean_up_interval_seconds: ANSWER_SECONDS,
        finished_job_state_clean_up_interval_seconds: MEMORY_SECONDS,
        // Each loss of an executor counts as a failure of the stage that it was at.
        stage_max_failures: 16,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES as u32,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES as u32,
        grpc_client_max_message_size: MESSAGE_BYTES as u32,
        override_config_producer: Some(Arc::new(common)),
        override_logical_codec: Some(Arc::new(RegistrationCodec::default())),
        override_session_builder: Some(Arc::new(|config| {
            let state = default_session_builder(config)?;
            without_local_files(state.runtime_env());
            Ok(state)
        })),
        ..SchedulerConfig::default()
    }
}
