//! Fetching: a region's listing of a month, and the files of a delivery into the vault's quarantine.
//!
//! Sources are not trusted: bodies are capped, sizes and digests are met exactly, addresses stay on the region's own
//! host or in the delivery's own folder, and a slow region holds up no other. What a region says never reaches a log.

mod address;
mod download;
mod error;
mod examine;
mod http;
mod inbox;
mod listing;
mod region;
mod retry;
mod sink;
mod tls;
mod token;
mod turns;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tracing::Instrument;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryEntry, DeliveryId, FileEntry, Listing};
use vt_domain::{Clock, Month};
use vt_vault::Vault;

pub use address::HrefRule;
pub use error::{Fault, FetchError, InboxFault, RetryAfter, TimeLimit};
pub use examine::{examine, examine_href};
pub use tls::TlsFault;

use crate::raw::RawDelivery;
use crate::source::SourceConfig;
use region::Region;
use turns::Turns;

/// How fetching is done for all regions together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchOptions {
    /// How many requests are under way at once. More than all regions' own `concurrency` together is never used.
    pub concurrency: usize,
    /// Seed of the jitter: the same seed gives the same pauses.
    pub seed: u64,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self { concurrency: 64, seed: 0 }
    }
}

/// Fetches from all regions; one for the whole process, so that its bounds hold.
pub struct Fetcher {
    clock: Arc<dyn Clock>,
    options: FetchOptions,
    overall: Arc<Semaphore>,
    regions: Mutex<HashMap<String, Arc<Region>>>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A fetcher. Installs the process-wide TLS provider when there is none yet.
    pub fn new(clock: Arc<dyn Clock>, options: FetchOptions) -> Self {
        // An error means that a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self { clock, options, overall: Turns::overall(options.concurrency), regions: Mutex::default() }
    }

    /// Gets the listing of a month, sorted by number. It is of that region and month, and each number stands once.
    ///
    /// # Errors
    /// [`FetchError`] when the source can't be read within its limits or its listing breaks a rule.
    pub async fn list(&self, source: &SourceConfig, maand: Month) -> Result<Listing, FetchError> {
        let span = tracing::info_span!("list", region = source.vt, %maand);
        let work = async {
            let listing = self.region(source)?.list(maand, self.options.seed).await?;
            tracing::debug!(deliveries = listing.leveringen.len(), "listing read");
            Ok(listing)
        };
        let outcome: Result<Listing, Fault> = work.instrument(span).await;
        outcome.map_err(|fault| FetchError {
            vt: source.vt.clone(),
            maand,
            nr: None,
            file: None,
            fault: Box::new(fault),
        })
    }

    /// How far a region's clock was ahead of ours at its last answer; nothing when it was not asked, or does not tell.
    pub fn ahead(&self, source: &SourceConfig) -> Option<TimeDelta> {
        self.region(source).ok()?.ahead()
    }

    /// Gets the files of a delivery into the quarantine, filed under the region and month that were asked for. When it
    /// fails the delivery's quarantine is emptied; when the future is dropped, what had come in stays there until the
    /// next attempt replaces it.
    ///
    /// # Errors
    /// [`FetchError`] when the entry breaks a rule, or a file can't be had as promised within the source's limits.
    pub async fn fetch(
        &self,
        source: &SourceConfig,
        maand: Month,
        entry: &DeliveryEntry,
        vault: &Vault,
    ) -> Result<RawDelivery, FetchError> {
        let raw = RawDelivery::new(&source.vt, maand, entry.clone());
        let failed = |(file, fault)| FetchError {
            vt: source.vt.clone(),
            maand,
            nr: Some(raw.id.nr),
            file,
            fault: Box::new(fault),
        };
        let region = self.region(source).map_err(|fault| failed((None, fault)))?;
        listing::check_files(entry, &source.limits).map_err(failed)?;
        let Err((file, fault)) = self.fetch_files(&region, &raw, vault).await else { return Ok(raw) };
        if let Err(error) = vault.clear_quarantine(&raw.id).await {
            tracing::warn!(delivery = %raw.id, %error, "the quarantine could not be emptied");
        }
        Err(failed((Some(file), fault)))
    }

    /// One file after the other: a failure then leaves one unfinished upload to undo.
    async fn fetch_files(&self, region: &Region, raw: &RawDelivery, vault: &Vault) -> Result<(), (RecordType, Fault)> {
        for file in &raw.entry.bestanden {
            let span = file_span(&raw.id, file);
            let work = async {
                region.fetch(&raw.id, file, vault, self.options.seed).await?;
                tracing::debug!("file in quarantine");
                Ok(())
            };
            work.instrument(span).await.map_err(|fault| (file.recordsoort, fault))?;
        }
        Ok(())
    }

    /// The opened source; opened again when its configuration has changed.
    fn region(&self, source: &SourceConfig) -> Result<Arc<Region>, Fault> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(region) = regions.get(&source.vt).filter(|region| region.config == *source) {
            return Ok(Arc::clone(region));
        }
        let region = Arc::new(Region::open(source, &self.overall, &self.clock)?);
        regions.insert(source.vt.clone(), Arc::clone(&region));
        Ok(region)
    }
}

fn file_span(id: &DeliveryId, file: &FileEntry) -> tracing::Span {
    let (region, maand, nr, file, bytes) = (&id.vt, id.maand, id.nr, file.kept_name(), file.bytes);
    tracing::info_span!("fetch", region, %maand, nr, file, bytes)
}
