//! The query engine: the only place where a DataFusion session is made.
//!
//! Embedded: queries run in this process over the Parquet of the private store. Everything that a query needs is in its SQL
//! or in a `RegistrationTable`, so that a session of another kind can take the place of the one made here.

mod reader;
mod table;

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use serde::{Deserialize, Serialize};
use vt_domain::contract::RecordType;
use vt_vault::Vault;

use crate::error::PublicationError;

pub(crate) use table::RegistrationFile;

use reader::{Readers, at_fault};
use table::RegistrationTable;

/// The address of the private store within the session; nothing outside the program knows it.
const VAULT_URL: &str = "vault:///";

/// Limits of the query engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Memory for grouping, joining and sorting, in MiB; grouping and sorting go to disk beyond it.
    pub memory_mib: usize,
    /// Parts of a query that run at once; 0 means one per core.
    pub partitions: usize,
    /// Rows handled together.
    pub batch_rows: usize,
    /// Where intermediate results go that do not fit in memory: they are as private as the vault. None: the system's temporary directory.
    pub spill_dir: Option<PathBuf>,
    /// The most disk that they may take, in MiB.
    pub spill_mib: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { memory_mib: 128, partitions: 0, batch_rows: 8_192, spill_dir: None, spill_mib: 20_480 }
    }
}

/// Runs queries over one vault.
pub struct Engine {
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
    vault: Vault,
    readers: Arc<Readers>,
    memory_bytes: u64,
}

impl Engine {
    /// An engine in this process.
    ///
    /// # Errors
    /// [`PublicationError::EngineConfig`] when the limits make no sense, [`PublicationError::Engine`] when the directory for
    /// intermediate results cannot be used.
    pub fn new(config: &EngineConfig, vault: &Vault) -> Result<Self, PublicationError> {
        if config.memory_mib < 16 || config.batch_rows == 0 {
            return Err(PublicationError::EngineConfig("memory_mib is at least 16 and batch_rows at least 1"));
        }
        let mode = match &config.spill_dir {
            Some(dir) => DiskManagerMode::Directories(vec![dir.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(config.spill_mib << 20);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(config.memory_mib << 20)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|source| PublicationError::Engine { query: "start", source })?;
        runtime.register_object_store(vault_url().as_ref(), Arc::clone(vault.store()));
        let memory_bytes = (config.memory_mib as u64) << 20;
        let readers = Arc::new(Readers::new(vault));
        Ok(Self { config: session_config(config), runtime, vault: vault.clone(), readers, memory_bytes })
    }

    /// The private store that queries read.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Memory for queries, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Registrations of one record type in these files, as a table.
    pub(crate) fn table(&self, record: RecordType, files: &[RegistrationFile]) -> RegistrationTable {
        RegistrationTable::new(record, files, Arc::clone(&self.readers))
    }

    /// Why a query over these files failed: one of them, by its name, or the engine.
    pub(crate) async fn failure(
        &self,
        query: &'static str,
        files: &[RegistrationFile],
        source: DataFusionError,
    ) -> PublicationError {
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
        session.sql(sql).await?.execute_stream().await
    }
}

/// Queries read every row of many small files, and the files are chosen beforehand: statistics, indexes and filters that
/// skip parts of files cost more per file than they save. Joins hold their small left side in memory once, so that
/// registrations stream past it without being shuffled.
fn session_config(config: &EngineConfig) -> SessionConfig {
    let mut session = SessionConfig::new().with_batch_size(config.batch_rows).with_collect_statistics(false);
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
