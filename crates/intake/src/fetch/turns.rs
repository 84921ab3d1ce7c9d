//! Who may ask now: a bound per region and one overall.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// The turns of one region.
#[derive(Debug)]
pub(super) struct Turns {
    region: Semaphore,
    overall: Arc<Semaphore>,
}

/// A turn; over when dropped.
pub(super) struct Turn<'a> {
    _region: SemaphorePermit<'a>,
    _overall: SemaphorePermit<'a>,
}

impl Turns {
    /// The bound that all regions share.
    pub(super) fn overall(concurrency: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)))
    }

    pub(super) fn new(concurrency: usize, overall: &Arc<Semaphore>) -> Self {
        Self { region: Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)), overall: Arc::clone(overall) }
    }

    /// Waits for a turn: the region's own first, so that a slow region's queue takes no overall place.
    pub(super) async fn take(&self) -> Turn<'_> {
        // Unwrap safety: neither semaphore is ever closed.
        let region = self.region.acquire().await.unwrap();
        // Unwrap safety: as above.
        let overall = self.overall.acquire().await.unwrap();
        Turn { _region: region, _overall: overall }
    }
}
