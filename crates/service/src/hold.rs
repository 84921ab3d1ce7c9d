//! A lease that is held on to: renewed in the background for as long as the work lasts, however long a step takes.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vt_ledger::{Lease, Ledger, LedgerError};

use crate::runs::holder;

/// How long a lease lasts without a sign of life.
const LEASE: Duration = Duration::from_secs(120);

/// A lease and the task that renews it.
pub struct Hold {
    ledger: Ledger,
    lease: Lease,
    lost: CancellationToken,
    renewal: tokio::task::JoinHandle<()>,
}

impl Hold {
    /// Takes a lease; nothing when somebody else holds it.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn take(ledger: &Ledger, name: &str) -> Result<Option<Self>, LedgerError> {
        let Some(lease) = ledger.claim(name, &holder(), LEASE).await? else { return Ok(None) };
        let lost = CancellationToken::new();
        let renewal = tokio::spawn(renew(ledger.clone(), lease.clone(), lost.clone()));
        Ok(Some(Self { ledger: ledger.clone(), lease, lost, renewal }))
    }

    /// The lease, by which records are fenced.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether somebody else may hold it now: stop the work.
    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Gives it back.
    pub async fn release(self) {
        self.renewal.abort();
        if let Err(error) = self.ledger.release(&self.lease).await {
            tracing::warn!(lease = self.lease.name, "not released, it will expire: {error}");
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn renew(ledger: Ledger, mut lease: Lease, lost: CancellationToken) {
    loop {
        tokio::time::sleep(LEASE / 4).await;
        match ledger.renew(&lease, LEASE).await {
            Ok(Some(renewed)) => lease = renewed,
            Ok(None) => return lost.cancel(),
            // Tried again; should it expire meanwhile, the next renewal says so.
            Err(error) => tracing::warn!(lease = lease.name, "not renewed: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_held_is_nobody_elses_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path().join("ledger.sqlite").to_str().unwrap()).await.unwrap();
        let hold = Hold::take(&ledger, "run").await.unwrap().unwrap();
        assert!(Hold::take(&ledger, "run").await.unwrap().is_none());
        assert!(!hold.is_lost());
        hold.release().await;
        assert!(Hold::take(&ledger, "run").await.unwrap().is_some());
    }
}
