//! One region as the fetcher knows it: its source opened once, and its turns.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Semaphore;
use vt_domain::delivery::{DeliveryId, FileEntry, Listing};
use vt_domain::{Clock, Month};
use vt_vault::Vault;

use crate::fetch::address::resolve;
use crate::fetch::download::Download;
use crate::fetch::error::Fault;
use crate::fetch::http::Http;
use crate::fetch::inbox::Inbox;
use crate::fetch::listing;
use crate::fetch::retry::Attempts;
use crate::fetch::sink::Sink;
use crate::fetch::turns::Turns;
use crate::source::{Source, SourceConfig};

/// An opened source.
pub(super) struct Region {
    pub(super) config: SourceConfig,
    turns: Turns,
    way: Way,
}

enum Way {
    Http(Box<Http>),
    Inbox(Inbox),
}

impl Region {
    pub(super) fn open(config: &SourceConfig, overall: &Arc<Semaphore>, clock: &Arc<dyn Clock>) -> Result<Self, Fault> {
        config.check()?;
        let way = match &config.source {
            Source::Http(http) => Way::Http(Box::new(Http::open(http, &config.limits, clock)?)),
            Source::Inbox(inbox) => Way::Inbox(Inbox::open(inbox, &config.limits)?),
        };
        Ok(Self { config: config.clone(), turns: Turns::new(config.limits.concurrency, overall), way })
    }

    /// How far its clock was ahead of ours at its last answer, where it told.
    pub(super) fn ahead(&self) -> Option<TimeDelta> {
        match &self.way {
            Way::Http(http) => http.ahead(),
            Way::Inbox(_) => None,
        }
    }

    /// Gets a month's listing and checks that it is the one asked for.
    pub(super) async fn list(&self, maand: Month, seed: u64) -> Result<Listing, Fault> {
        let limits = &self.config.limits;
        let mut attempts = Attempts::new(limits, seed, &format!("{} {maand}", self.config.vt));
        loop {
            let outcome = attempts.make(&self.turns, self.list_once(maand)).await;
            match outcome {
                Ok(listing) => return listing::check(listing, &self.config.vt, maand),
                Err(fault) => attempts.pause(fault).await?,
            }
        }
    }

    async fn list_once(&self, maand: Month) -> Result<Listing, Fault> {
        let max_bytes = self.config.limits.max_listing_bytes;
        match &self.way {
            Way::Http(http) => http.listing(maand, max_bytes).await,
            Way::Inbox(inbox) => inbox.listing(&self.config.vt, maand, max_bytes).await,
        }
    }

    /// Gets one file of a delivery into the quarantine.
    pub(super) async fn fetch(&self, id: &DeliveryId, file: &FileEntry, vault: &Vault, seed: u64) -> Result<(), Fault> {
        let mut attempts = Attempts::new(&self.config.limits, seed, &format!("{id} {}", file.recordsoort));
        let mut sink = Sink::new(vault, id, file);
        match &self.way {
            Way::Http(http) => {
                let url = resolve(&http.listing_url(id.maand), &file.href).map_err(Fault::Href)?;
                Download::new(http, url, file, sink).run(&mut attempts, &self.turns).await
            }
            Way::Inbox(inbox) => loop {
                let outcome = attempts.make(&self.turns, inbox.receive(id, file, &mut sink)).await;
                let Err(fault) = outcome else { return Ok(()) };
                sink.discard().await;
                attempts.pause(fault).await?;
            },
        }
    }
}
