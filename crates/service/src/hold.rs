//! A lease that is held on to: renewed in the background for as long as the work lasts, however long a step takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use vt_ledger::{Lease, Ledger, LedgerError};

use crate::app::App;
use crate::runs::{holder, release_gone};

/// A lease and the task that renews it.
pub struct Hold {
    ledger: Ledger,
    lease: Lease,
    lost: Arc<AtomicBool>,
    stop: CancellationToken,
    renewal: tokio::task::JoinHandle<()>,
}

impl Hold {
    /// Takes a lease; nothing when somebody else holds it. One that a process of this machine left that is gone is free.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn take(app: &App, name: &str) -> Result<Option<Self>, LedgerError> {
        let ledger = app.ledger.clone();
        let ttl = Duration::from_secs(app.service.lease_seconds);
        let mut claimed = ledger.claim(name, &holder(), ttl).await?;
        if claimed.is_none() {
            release_gone(app).await?;
            claimed = ledger.claim(name, &holder(), ttl).await?;
        }
        let Some(lease) = claimed else { return Ok(None) };
        let (lost, stop) = (Arc::new(AtomicBool::new(false)), app.stop.child_token());
        let renewal = renew(ledger.clone(), lease.clone(), ttl, Arc::clone(&lost), stop.clone());
        Ok(Some(Self { ledger, lease, lost, stop, renewal: tokio::spawn(renewal.in_current_span()) }))
    }

    /// The lease, by which records are fenced.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether somebody else may hold it now: stop the work.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Cancelled when the lease is lost, or the process is told to stop: the work under it ends at its next safe point.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
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

async fn renew(ledger: Ledger, mut lease: Lease, ttl: Duration, lost: Arc<AtomicBool>, stop: CancellationToken) {
    let mut sure_until = Instant::now() + ttl;
    loop {
        tokio::time::sleep(ttl / 4).await;
        let asked = Instant::now();
        // A server that does not answer must not keep us from noticing that the lease has run out.
        let Ok(answer) = tokio::time::timeout_at(sure_until, ledger.renew(&lease, ttl)).await else {
            tracing::warn!(lease = lease.name, "not renewed in time: no answer");
            break;
        };
        match answer {
            Ok(Some(renewed)) => (lease, sure_until) = (renewed, asked + ttl),
            Ok(None) => break,
            // A ledger that can't be reached: another may have taken over once the lease ran out.
            Err(error) if Instant::now() >= sure_until => {
                tracing::warn!(lease = lease.name, "not renewed in time: {error}");
                break;
            }
            Err(error) => tracing::warn!(lease = lease.name, "not renewed, tried again: {error}"),
        }
    }
    lost.store(true, Ordering::Relaxed);
    stop.cancel();
}
