//! The query engine: the only place where a DataFusion session is made.
//!
//! Embedded: queries run in this process over the Parquet of the private store. On a cluster, the same queries are handed to a Ballista
//! scheduler, whose executors read the same files. Everything that a query needs is in its SQL or in a `RegistrationTable`.

#[cfg_attr(not(feature = "ballista"), path = "engine/without_cluster.rs")]
pub mod cluster;
mod config;
mod reader;
mod table;

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use vt_domain::contract::RecordType;
use vt_vault::Vault;

use crate::error::PublicationError;

pub use config::{ClusterConfig, ClusterError, EngineConfig, SchedulerUrl, WITHOUT_BALLISTA};
pub(crate) use table::RegistrationFile;

use cluster::Cluster;
use reader::{Readers, at_fault};
use table::RegistrationTable;

/// The address of the private store within the session; nothing outside the program knows it.
const VAULT_URL: &str = "vault:///";

/// Runs queries over one vault.
pub struct Engine {
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
    vault: Vault,
    readers: Arc<Readers>,
    memory_bytes: u64,
    cluster: Option<Cluster>,
}

impl Engine {
    /// An engine in this process, or on the cluster that is configured; no scheduler is asked yet.
    ///
    /// # Errors
    /// [`PublicationError::EngineConfig`] when the limits make no sense or the program was built without what they ask for,
    /// [`PublicationError::Cluster`] when a cluster can't read what this vault keeps, [`PublicationError::Engine`] when the directory
    /// for intermediate results cannot be used.
    pub fn new(config: &EngineConfig, vault: &Vault) -> Result<Self, PublicationError> {
        if let Some((field, rule)) = config.broken_rule() {
            return Err(PublicationError::EngineConfig { field, rule });
        }
        let runtime = runtime(config).map_err(|source| PublicationError::Engine { query: "start", source })?;
        let cluster = Cluster::of(config, &runtime)?;
        // Executors make readers of their own, which have no keys.
        if cluster.is_some() && vault.keys().is_some_and(|keys| !keys.leaves_registrations()) {
            return Err(ClusterError::Encrypted.into());
        }
        runtime.register_object_store(vault_url().as_ref(), Arc::clone(vault.store()));
        let memory_bytes = (config.memory_mib as u64) << 20;
        let readers = Arc::new(Readers::new(vault));
        let config = tuned(SessionConfig::new(), config);
        Ok(Self { config, runtime, vault: vault.clone(), readers, memory_bytes, cluster })
    }

    /// The private store that queries read.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Memory for queries, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// How many queries may run at once, where each reads few files: in this process they would share its memory, on a cluster they fill its parts.
    pub(crate) fn queries_at_once(&self) -> usize {
        self.cluster.as_ref().map_or(1, Cluster::queries_at_once)
    }

    /// Registrations of one record type in these files, as a table.
    pub(crate) fn table(&self, record: RecordType, files: &[RegistrationFile]) -> RegistrationTable {
        let readers = self.cluster.is_none().then(|| Arc::clone(&self.readers));
        RegistrationTable::new(record, files, readers)
    }

    /// Why a query over these files failed: one of them, by its name, or the engine.
    pub(crate) async fn failure(
        &self,
        query: &'static str,
        files: &[RegistrationFile],
        source: DataFusionError,
    ) -> PublicationError {
        let source = match ClusterError::within(source) {
            Ok(error) => return error.into(),
            Err(source) => source,
        };
        match at_fault(&self.vault, files, &source).await {
            Some(fault) => fault.into(),
            None => PublicationError::Engine { query, source },
        }
    }

    /// Runs one query in a session of its own, which knows these tables only.
    pub(crate) async fn query(
        &self,
        sql: &str,
        tables: Vec<(&str, RegistrationTable)>,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let session = SessionContext::new_with_config_rt(self.config.clone(), Arc::clone(&self.runtime));
        for (name, table) in tables {
            session.register_table(name, Arc::new(table))?;
        }
        match &self.cluster {
            None => session.sql(sql).await?.execute_stream().await,
            Some(cluster) => Box::pin(cluster.run(session.sql(sql).await?.into_unoptimized_plan(), &session)).await,
        }
    }
}

/// Memory and disk within the limits.
fn runtime(config: &EngineConfig) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let mode = match &config.spill_dir {
        Some(dir) => DiskManagerMode::Directories(vec![dir.clone()]),
        None => DiskManagerMode::OsTmpDirectory,
    };
    let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(config.spill_mib << 20);
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(config.memory_mib << 20)))
        .with_disk_manager_builder(disk)
        .build_arc()
}

/// Queries read every row of many small files, and the files are chosen beforehand: statistics, indexes and filters that
/// skip parts of files cost more per file than they save. Joins hold their small left side in memory once, so that
/// registrations stream past it without being shuffled.
fn tuned(session: SessionConfig, config: &EngineConfig) -> SessionConfig {
    let mut session = session.with_batch_size(config.batch_rows).with_collect_statistics(false);
    let options = session.options_mut();
    options.execution.parquet.pruning = false;
    options.execution.parquet.enable_page_index = false;
    options.execution.parquet.bloom_filter_on_read = false;
    options.optimizer.repartition_joins = false;
    options.optimizer.enable_dynamic_filter_pushdown = false;
    match config.partitions {
        0 => session,
        partitions => session.with_target_partitions(partitions),
    }
}

fn vault_url() -> ObjectStoreUrl {
    // Unwrap safety: a constant; every test that makes an engine parses it.
    ObjectStoreUrl::parse(VAULT_URL).unwrap()
}
