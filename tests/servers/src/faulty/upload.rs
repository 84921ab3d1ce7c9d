//! An upload in parts that meets faults.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::{Fault, Operation, State, lost};

#[derive(Debug)]
pub(super) struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    path: Path,
    state: Arc<State>,
}

impl FaultyUpload {
    pub(super) fn new(inner: Box<dyn MultipartUpload>, path: Path, state: Arc<State>) -> Self {
        Self { inner, path, state }
    }
}

/// Whether the effect comes before the fault; an upload is not done twice, and what comes later comes never.
async fn stopped(fault: Option<Fault>) -> Result<Option<Fault>> {
    match fault {
        Some(Fault::Before | Fault::Busy | Fault::Delayed(_)) => Err(lost()),
        Some(Fault::Never) => std::future::pending().await,
        other => Ok(other),
    }
}

/// What is told of something that was done.
async fn told<T>(done: Result<T>, fault: Option<Fault>) -> Result<T> {
    match fault {
        Some(Fault::After | Fault::Twice) => Err(lost()),
        Some(Fault::Late(pause)) => {
            tokio::time::sleep(pause).await;
            done
        }
        _ => done,
    }
}

#[async_trait::async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let fault = self.state.meets(Operation::Part, &self.path);
        let part = self.inner.put_part(data);
        Box::pin(async move {
            let fault = stopped(fault).await?;
            told(part.await, fault).await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let fault = stopped(self.state.meets(Operation::Complete, &self.path)).await?;
        told(self.inner.complete().await, fault).await
    }

    async fn abort(&mut self) -> Result<()> {
        let fault = stopped(self.state.meets(Operation::Abort, &self.path)).await?;
        told(self.inner.abort().await, fault).await
    }
}
