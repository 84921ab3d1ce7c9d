//! In the place of `cluster.rs` where the program is built without Ballista: there is none.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;

use super::EngineConfig;
use crate::error::PublicationError;

/// A cluster that can't be.
pub(super) enum Cluster {}

impl Cluster {
    pub fn of(_: &EngineConfig, _: &Arc<RuntimeEnv>) -> Result<Option<Self>, PublicationError> {
        Ok(None)
    }

    pub fn queries_at_once(&self) -> usize {
        match *self {}
    }

    pub async fn run(&self, _: LogicalPlan, _: &SessionContext) -> Result<SendableRecordBatchStream, DataFusionError> {
        match *self {}
    }
}
