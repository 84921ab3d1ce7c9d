//! A region with one delivery, a vault, and a fetcher with little patience.

use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vt_domain::clock::ManualClock;
use vt_domain::delivery::{DeliveryEntry, DeliveryId};
use vt_domain::{Clock, Month};
use vt_intake::RawDelivery;
use vt_intake::fetch::{FetchError, FetchOptions, Fetcher};
use vt_intake::source::{Auth, HttpSource, Limits, Source, SourceConfig};
use vt_vault::Vault;

use crate::server::{Reply, Seen};

pub const NOW: &str = "2020-08-05T06:00:00Z";

pub fn july() -> Month {
    "2020-07".parse().unwrap()
}

/// The content of the three files; `melding` is the one that tests play with.
pub const ADVIES: &str = "advies_id;startdatum\nA1;2020-07-01\n";
pub const MELDING: &str = "melding_id;ontvangstdatum\nM1;2020-07-01\nM2;2020-07-02\nM3;2020-07-03\n";
pub const VERVOLGDIENST: &str = "dienst_id;melding_id\n";

pub fn file(record: &str, body: &[u8]) -> Value {
    json!({
        "recordsoort": record, "formaat": "csv", "compressie": "geen", "href": format!("files/{record}.csv"),
        "bytes": body.len(), "sha256": hex::encode(Sha256::digest(body)), "records": 3,
    })
}

/// A delivery entry as a region writes it.
pub fn entry(nr: u32) -> Value {
    json!({
        "kop": {
            "protocol_versie": "1", "vt_code": "VT07", "leveringsmaand": "2020-07", "levering_nr": nr,
            "soort": "volledig", "tot_en_met": "2020-07-31", "aangemaakt_op": "2020-08-05T05:00:00Z",
            "bronsysteem": "Regas",
        },
        "bestanden": [
            file("advies", ADVIES.as_bytes()),
            file("melding", MELDING.as_bytes()),
            file("vervolgdienst", VERVOLGDIENST.as_bytes()),
        ],
    })
}

pub fn listing(entries: &[Value]) -> Value {
    json!({ "vt_code": "VT07", "maand": "2020-07", "leveringen": entries })
}

pub fn parsed(entry: Value) -> DeliveryEntry {
    serde_json::from_value(entry).unwrap()
}

/// What a good region answers.
pub fn good(seen: &Seen) -> Reply {
    let csv = |body| Reply::new(200, &["Content-Type: text/csv"], body);
    match seen.path.as_str() {
        "/v1/leveringen?maand=2020-07" => Reply::json(&listing(&[entry(1)])),
        "/v1/files/advies.csv" => csv(ADVIES),
        "/v1/files/melding.csv" => csv(MELDING),
        "/v1/files/vervolgdienst.csv" => csv(VERVOLGDIENST),
        _ => Reply::new(404, &[], ""),
    }
}

/// A good region but for its file of meldingen: the n-th answer for it is `melding(request, n)`.
pub fn good_but(melding: impl Fn(&Seen, usize) -> Reply + Send + Sync) -> impl Fn(&Seen, usize) -> Reply + Send + Sync {
    move |seen, n| if seen.path.ends_with("melding.csv") { melding(seen, n) } else { good(seen) }
}

pub fn impatient() -> Limits {
    Limits {
        connect_timeout_ms: 1_000,
        idle_timeout_ms: 300,
        total_timeout_s: 5,
        attempts: 3,
        backoff_base_ms: 1,
        backoff_max_ms: 4,
        retry_after_max_s: 2,
        max_file_bytes: 100_000,
        max_listing_bytes: 10_000,
        concurrency: 2,
    }
}

pub fn http(base: &str) -> SourceConfig {
    with_auth(base, Auth::None {})
}

pub fn with_auth(base: &str, auth: Auth) -> SourceConfig {
    let source = HttpSource { base: base.parse().unwrap(), auth, ca_pem: None, proxy: None };
    SourceConfig { vt: "VT07".into(), source: Source::Http(source), limits: impatient() }
}

/// A vault, a clock and a fetcher.
pub struct World {
    pub vault: Vault,
    pub clock: Arc<ManualClock>,
    pub fetcher: Fetcher,
}

impl World {
    pub fn new() -> Self {
        Self::with(FetchOptions { concurrency: 8, seed: 7 })
    }

    pub fn with(options: FetchOptions) -> Self {
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let fetcher = Fetcher::new(Arc::clone(&clock) as Arc<dyn Clock>, options);
        Self { vault: Vault::new(Arc::new(InMemory::new())), clock, fetcher }
    }

    pub async fn list(&self, source: &SourceConfig) -> Result<Vec<u32>, FetchError> {
        let listing = self.fetcher.list(source, july()).await?;
        Ok(listing.leveringen.iter().map(|entry| entry.kop.levering_nr).collect())
    }

    pub async fn fetch(&self, source: &SourceConfig, entry: Value) -> Result<RawDelivery, FetchError> {
        self.fetcher.fetch(source, july(), &parsed(entry), &self.vault).await
    }

    /// Fetches delivery 1 and gives back the rule that it broke; nothing of it may stay in the quarantine.
    pub async fn refused(&self, source: &SourceConfig, entry: Value) -> FetchError {
        let error = self.fetch(source, entry).await.unwrap_err();
        assert_eq!(self.vault.quarantine_len().await.unwrap(), 0, "left behind after: {error}");
        error
    }

    /// What stands in the quarantine under a name.
    pub async fn quarantined(&self, nr: u32, name: &str) -> String {
        let id = DeliveryId { vt: "VT07".into(), maand: july(), nr };
        let chunks: Vec<_> = self.vault.quarantined(&id, name).await.unwrap().try_collect().await.unwrap();
        String::from_utf8(chunks.concat()).unwrap()
    }
}
