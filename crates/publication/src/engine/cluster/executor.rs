//! An executor: counts the parts that a scheduler gives it, from the registrations in the private store.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use object_store::ObjectStore;

use super::codec::RegistrationCodec;
use super::narrow::RegistrationsOnly;
use super::{MESSAGE_BYTES, common};
use crate::engine::{ClusterError, EngineConfig, SchedulerUrl, vault_url};

/// What a query left behind is removed after so long, when no scheduler says it sooner: longer than any query.
const LEFT_BEHIND_SECONDS: u64 = 6 * 3600;
const CLEANING_SECONDS: u64 = 300;

/// Where an executor is reached.
#[derive(Debug, Clone)]
pub struct ExecutorPlace {
    /// Where it listens for those who fetch what it counted.
    pub listen: SocketAddr,
    /// The port, of the same address, at which the scheduler gives it parts.
    pub task_port: u16,
    /// The name or number by which others reach it; that of `listen` when not given.
    pub advertise: Option<String>,
}

/// Runs an executor of a scheduler until a signal ends it: SIGTERM or SIGINT once it has finished the parts that it has.
///
/// `store` is the private store: it is only read, and only registrations of it. What it writes meanwhile lies in a folder of its own below
/// `engine.spill_dir`, closed to other users and removed at the end.
///
/// # Errors
/// [`ClusterError::Role`] when an address is taken, the folder can't be made or the scheduler is not there.
pub async fn serve(
    engine: &EngineConfig,
    scheduler: &SchedulerUrl,
    place: &ExecutorPlace,
    store: Arc<dyn ObjectStore>,
) -> Result<(), ClusterError> {
    let failed = |reason: String| ClusterError::Role { role: "executor", reason };
    // Before the folder of whoever has this address already is taken for one that was left behind.
    for port in [place.listen.port(), place.task_port] {
        let address = SocketAddr::new(place.listen.ip(), port);
        TcpListener::bind(address).map_err(|error| failed(format!("{address}: {error}")))?;
    }
    let folder = Folder::make(engine, place.listen.port()).map_err(|(path, error)| {
        failed(format!("`{}` can't be made for what does not fit in memory: {error}", path.display()))
    })?;
    let runtime = runtime(engine, &folder, store).map_err(|error| failed(error.to_string()))?;
    let config = config(engine, scheduler, place, &folder, runtime);
    start_executor_process(Arc::new(config)).await.map_err(|error| failed(error.to_string()))
}

fn config(
    engine: &EngineConfig,
    scheduler: &SchedulerUrl,
    place: &ExecutorPlace,
    folder: &Folder,
    runtime: Arc<RuntimeEnv>,
) -> ExecutorProcessConfig {
    let timeout = engine.cluster.executor_timeout_seconds;
    let advertise = place.advertise.clone().unwrap_or_else(|| bare(place.listen));
    ExecutorProcessConfig {
        bind_host: bare(place.listen),
        external_host: Some(advertise),
        port: place.listen.port(),
        grpc_port: place.task_port,
        scheduler_host: scheduler.host.clone(),
        scheduler_port: scheduler.port,
        scheduler_connect_timeout_seconds: u16::try_from(engine.cluster.ready_timeout_seconds).unwrap_or(u16::MAX),
        vcores: engine.partitions,
        work_dir: Some(folder.shuffled().to_string_lossy().into_owned()),
        job_data_ttl_seconds: LEFT_BEHIND_SECONDS,
        job_data_clean_up_interval_seconds: CLEANING_SECONDS,
        grpc_max_decoding_message_size: MESSAGE_BYTES as u32,
        grpc_max_encoding_message_size: MESSAGE_BYTES as u32,
        executor_heartbeat_interval_seconds: (timeout / 3).max(1),
        memory_pool_size: Some((engine.memory_mib as u64) << 20),
        override_config_producer: Some(Arc::new(common)),
        override_logical_codec: Some(Arc::new(RegistrationCodec::default())),
        override_runtime_producer: Some(Arc::new(move |_| Ok(Arc::clone(&runtime)))),
        ..ExecutorProcessConfig::default()
    }
}

/// The host of an address, as it stands before a port.
pub(super) fn bare(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

/// What all parts of all queries read and spill with.
fn runtime(
    engine: &EngineConfig,
    folder: &Folder,
    store: Arc<dyn ObjectStore>,
) -> Result<Arc<RuntimeEnv>, datafusion::error::DataFusionError> {
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![folder.spilled()]))
        .with_max_temp_directory_size(engine.spill_mib << 20);
    let runtime = RuntimeEnvBuilder::new().with_disk_manager_builder(disk).build_arc()?;
    without_local_files(&runtime);
    runtime.register_object_store(vault_url().as_ref(), Arc::new(RegistrationsOnly(store)));
    Ok(runtime)
}

/// No plan reads files of this machine, whoever made it.
pub(super) fn without_local_files(runtime: &RuntimeEnv) {
    let files = datafusion::execution::object_store::ObjectStoreUrl::local_filesystem();
    // Fails only when there are none.
    let _ = runtime.deregister_object_store(files.as_ref());
}

/// The folder of one executor; removed when it goes.
struct Folder(PathBuf);

impl Folder {
    /// One for the executor at a port. What one before it left there, killed, is removed.
    fn make(engine: &EngineConfig, port: u16) -> Result<Self, (PathBuf, std::io::Error)> {
        let parent = engine.spill_dir.clone().unwrap_or_else(std::env::temp_dir);
        let path = parent.join(format!("vt-monitor-executor-{port}"));
        Self::make_at(&path).map_err(|error| (path.clone(), error))?;
        Ok(Self(path))
    }

    fn make_at(path: &Path) -> std::io::Result<()> {
        if path.symlink_metadata().is_ok() {
            std::fs::remove_dir_all(path)?;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let closed = |path: &Path| std::fs::DirBuilder::new().mode(0o700).create(path);
        closed(path)?;
        closed(&path.join("shuffled"))?;
        closed(&path.join("spilled"))
    }

    fn shuffled(&self) -> PathBuf {
        self.0.join("shuffled")
    }

    fn spilled(&self) -> PathBuf {
        self.0.join("spilled")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is removed by the next one at this port.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
