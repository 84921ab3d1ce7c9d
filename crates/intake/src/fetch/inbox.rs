//! An inbox: a directory or bucket where a region lays its deliveries.
//!
//! ```text
//! VT07/2020-07/3/levering.json     a delivery entry; laid last: before that the delivery is not there
//! VT07/2020-07/3/melding.csv.gz    its files, named by `href` inside this folder only
//! ```

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt, RetryConfig};
use url::Url;
use vt_domain::Month;
use vt_domain::delivery::{DeliveryEntry, DeliveryId, FileEntry, Listing};

use crate::fetch::address::{HrefRule, resolve_inside};
use crate::fetch::error::{Fault, InboxFault, TimeLimit};
use crate::fetch::listing;
use crate::fetch::sink::Sink;
use crate::source::{InboxSource, Limits, S3Access, rule};

/// The object that names a delivery's files.
const ENTRY: &str = "levering.json";

/// The inbox of one region.
pub(super) struct Inbox {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The directory, links resolved, when it is one.
    directory: Option<PathBuf>,
    idle: Duration,
}

impl Inbox {
    pub(super) fn open(source: &InboxSource, limits: &Limits) -> Result<Self, Fault> {
        let url = source.address()?;
        let idle = limits.idle_timeout();
        if url.scheme() == "file" {
            let wrong = || rule("source.url", "is no directory that exists");
            let directory = url.to_file_path().ok().and_then(|path| path.canonicalize().ok()).ok_or_else(wrong)?;
            let store = LocalFileSystem::new_with_prefix(&directory).map_err(|_| wrong())?;
            return Ok(Self { store: Arc::new(store), prefix: Path::default(), directory: Some(directory), idle });
        }
        let prefix = Path::from_url_path(url.path()).map_err(|_| rule("source.url", "its prefix can't be used"))?;
        let store = bucket(&url, source.s3.as_ref(), limits)?;
        Ok(Self { store, prefix, directory: None, idle })
    }

    /// An inbox in a store that is there already.
    #[cfg(test)]
    pub(super) fn on(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self { store, prefix: Path::from(prefix), directory: None, idle: Duration::from_secs(5) }
    }

    /// Gathers a month's deliveries: each folder with a number for a name that holds a `levering.json`.
    pub(super) async fn listing(&self, vt: &str, maand: Month, max_bytes: u64) -> Result<Listing, Fault> {
        let month = self.prefix.clone().join(vt).join(maand.to_string());
        let found = self.store.list_with_delimiter(Some(&month)).await.map_err(|error| inbox_fault(&error))?;
        let mut leveringen = Vec::new();
        for folder in found.common_prefixes {
            let Some(nr) = number(folder.filename().unwrap_or_default())? else { continue };
            let Some(entry) = self.entry(&folder, max_bytes).await? else { continue };
            if entry.kop.levering_nr != nr {
                return Err(Fault::Number(nr, "is the folder's name, but its levering.json has another number"));
            }
            leveringen.push(entry);
        }
        Ok(Listing { vt_code: vt.to_owned(), maand, leveringen })
    }

    async fn entry(&self, folder: &Path, max_bytes: u64) -> Result<Option<DeliveryEntry>, Fault> {
        let path = folder.clone().join(ENTRY);
        self.stay_inside(&path, folder)?;
        let found = match self.store.get(&path).await {
            Ok(found) if found.meta.size > max_bytes => {
                return Err(Fault::TooLarge { field: "max_listing_bytes", limit: max_bytes });
            }
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(inbox_fault(&error)),
        };
        let body = found.bytes().await.map_err(|error| inbox_fault(&error))?;
        listing::read(&body).map(Some)
    }

    /// Copies one file into the quarantine.
    pub(super) async fn receive(&self, id: &DeliveryId, file: &FileEntry, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let folder = self.prefix.clone().join(id.vt.as_str()).join(id.maand.to_string()).join(id.nr.to_string());
        let path = resolve_inside(&folder, &file.href).map_err(Fault::Href)?;
        self.stay_inside(&path, &folder)?;
        let found = match self.store.get(&path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Err(Fault::Missing),
            Err(error) => return Err(inbox_fault(&error)),
        };
        if found.meta.size != file.bytes {
            return Err(Fault::Size { promised: file.bytes, received: found.meta.size });
        }
        let mut chunks = large_pieces(found);
        while let Some(chunk) = self.next(chunks.next()).await? {
            sink.write(chunk).await?;
        }
        sink.finish().await
    }

    async fn next(
        &self,
        chunk: impl Future<Output = Option<object_store::Result<Bytes>>>,
    ) -> Result<Option<Bytes>, Fault> {
        let chunk = tokio::time::timeout(self.idle, chunk).await.map_err(|_| Fault::Timeout(TimeLimit::Idle))?;
        chunk.transpose().map_err(|error| inbox_fault(&error))
    }

    /// In a directory a link could lead out of the delivery's folder: whoever may write there may not read all we may. And what is no plain file
    /// (a pipe, a device) could be waited for without end.
    fn stay_inside(&self, path: &Path, folder: &Path) -> Result<(), Fault> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let Ok(real) = directory.join(path.as_ref()).canonicalize() else { return Ok(()) };
        let inside = real.starts_with(directory.join(folder.as_ref()));
        if inside && real.metadata().is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        Err(Fault::Href(HrefRule::Outside))
    }
}

/// The number that a folder's name is; nothing for other names (a delivery in preparation). `03` is refused: it would
/// be another `3`.
fn number(name: &str) -> Result<Option<u32>, Fault> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let nr = name.parse().unwrap_or(u32::MAX);
    if nr.to_string() == name {
        Ok(Some(nr))
    } else {
        Err(Fault::Number(nr, "has a folder whose name is not that number in plain digits"))
    }
}

/// How much of a local file is read at once.
const PIECE: usize = 1 << 20;

/// The bytes of an object; a local file in pieces of a mebibyte, for the store would hand it over in pieces of 8 KiB between threads.
fn large_pieces(found: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    let file = match found.payload {
        GetResultPayload::Stream(stream) => return stream,
        GetResultPayload::File(file, _) => file,
    };
    let read = |mut file: File| async move {
        let piece = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            (&mut file).take(PIECE as u64).read_to_end(&mut piece).map(|_| (Bytes::from(piece), file))
        });
        let generic =
            |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic { store: "inbox", source };
        let (piece, file) =
            piece.await.map_err(|error| generic(error.into()))?.map_err(|error| generic(error.into()))?;
        Ok((!piece.is_empty()).then_some((piece, file)))
    };
    stream::try_unfold(file, read).boxed()
}

fn bucket(url: &Url, access: Option<&S3Access>, limits: &Limits) -> Result<Arc<dyn ObjectStore>, Fault> {
    let client =
        ClientOptions::new().with_connect_timeout(limits.connect_timeout()).with_timeout(limits.total_timeout());
    let mut builder = match access {
        None => AmazonS3Builder::from_env(),
        Some(access) => AmazonS3Builder::new()
            .with_access_key_id(&access.access_key_id)
            .with_secret_access_key(access.secret_access_key.read()?.expose()),
    };
    if let Some(region) = access.and_then(|access| access.region.as_ref()) {
        builder = builder.with_region(region);
    }
    let mut plain = false;
    if let Some(endpoint) = access.and_then(|access| access.endpoint.as_ref()) {
        plain = endpoint.scheme() == "http";
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    // Retries are ours alone, so that limits and pauses are those of the configuration.
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let builder = builder.with_client_options(client.with_allow_http(plain)).with_retry(retry).with_url(url.as_str());
    let store = builder.build().map_err(|_| rule("source.url", "no bucket can be reached with these settings"))?;
    Ok(Arc::new(store))
}

fn inbox_fault(error: &object_store::Error) -> Fault {
    use object_store::Error;
    Fault::Inbox(match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => InboxFault::Refused,
        Error::NotFound { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. } => InboxFault::Absent,
        _ => InboxFault::Unavailable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;
    use sha2::Digest;
    use vt_domain::contract::RecordType;
    use vt_vault::Vault;

    fn entry(vt: &str, maand: &str, nr: u32, body: &str) -> serde_json::Value {
        let file = |record: &str| {
            serde_json::json!({
                "recordsoort": record, "formaat": "csv", "compressie": "geen", "href": format!("{record}.csv"),
                "bytes": body.len(), "sha256": hex::encode(sha2::Sha256::digest(body)), "records": 1,
            })
        };
        serde_json::json!({
            "kop": {
                "protocol_versie": "1", "vt_code": vt, "leveringsmaand": maand, "levering_nr": nr, "soort": "volledig",
                "tot_en_met": "2020-07-31", "aangemaakt_op": "2020-08-05T08:00:00Z", "bronsysteem": "Regas",
            },
            "bestanden": [file("advies"), file("melding"), file("vervolgdienst")],
        })
    }

    async fn inbox(objects: &[(&str, &str)]) -> Inbox {
        let store = InMemory::new();
        for (path, body) in objects {
            store.put(&Path::from(*path), (*body).to_owned().into()).await.unwrap();
        }
        Inbox::on(Arc::new(store), "in")
    }

    async fn listed(inbox: &Inbox) -> Result<Vec<u32>, Fault> {
        let listing = inbox.listing("VT07", "2020-07".parse().unwrap(), 10_000).await?;
        Ok(listing.leveringen.iter().map(|entry| entry.kop.levering_nr).collect())
    }

    #[tokio::test]
    async fn all_numbers_of_the_month_are_gathered_and_unfinished_ones_are_not_there() {
        let one = entry("VT07", "2020-07", 1, "x").to_string();
        let twelve = entry("VT07", "2020-07", 12, "x").to_string();
        let other = entry("VT07", "2020-08", 1, "x").to_string();
        let inbox = inbox(&[
            ("in/VT07/2020-07/1/levering.json", &one),
            ("in/VT07/2020-07/12/levering.json", &twelve),
            ("in/VT07/2020-07/13/melding.csv", "laid before its levering.json"),
            ("in/VT07/2020-07/klad/levering.json", &one),
            ("in/VT07/2020-08/1/levering.json", &other),
            ("in/VT08/2020-07/2/levering.json", &one),
        ])
        .await;
        assert_eq!(listed(&inbox).await.unwrap(), [1, 12]);
        let none = inbox.listing("VT09", "2020-07".parse().unwrap(), 10_000).await.unwrap();
        assert!(none.leveringen.is_empty());
    }

    #[tokio::test]
    async fn a_folder_and_its_number_belong_together() {
        for (nr, folder) in [(4, "3"), (3, "03"), (3, "99999999999")] {
            let path = format!("in/VT07/2020-07/{folder}/levering.json");
            let inbox = inbox(&[(&path, &entry("VT07", "2020-07", nr, "x").to_string())]).await;
            assert_eq!(listed(&inbox).await.unwrap_err().rule(), "number", "{folder}");
        }
        let inbox = inbox(&[("in/VT07/2020-07/3/levering.json", &" ".repeat(10_001))]).await;
        assert_eq!(listed(&inbox).await.unwrap_err().rule(), "too_large");
    }

    #[tokio::test]
    async fn files_come_from_the_folder_with_the_promised_bytes_or_not_at_all() {
        let levering = entry("VT07", "2020-07", 3, "dagen");
        let inbox = inbox(&[
            ("in/VT07/2020-07/3/advies.csv", "dagen"),
            ("in/VT07/2020-07/3/melding.csv", "nacht"),
            ("in/VT07/2020-07/3/ander.csv", "dagen en nachten"),
        ])
        .await;
        let levering: DeliveryEntry = serde_json::from_value(levering).unwrap();
        let vault = Vault::new(Arc::new(InMemory::new()));
        let id = levering.kop.id();
        let receive = async |href: &str| {
            let file = FileEntry { href: href.to_owned(), ..levering.bestanden[0].clone() };
            inbox.receive(&id, &file, &mut Sink::new(&vault, &id, &file)).await.map_err(|fault| fault.rule())
        };
        assert_eq!(levering.bestanden[0].recordsoort, RecordType::Advies);
        assert_eq!(receive("advies.csv").await, Ok(()));
        assert_eq!(receive("melding.csv").await, Err("digest"));
        assert_eq!(receive("ander.csv").await, Err("size"));
        assert_eq!(receive("weg.csv").await, Err("missing"));
        assert_eq!(receive("../2/advies.csv").await, Err("href"));
    }

    #[test]
    fn a_bucket_needs_no_network_to_be_configured_and_shows_no_secret() {
        let source = InboxSource {
            url: "s3://leveringen/vt".into(),
            s3: Some(S3Access {
                endpoint: Some("http://127.0.0.1:9000/".parse().unwrap()),
                region: Some("eu-west-1".into()),
                access_key_id: "naam".into(),
                secret_access_key: crate::secret::SecretRef::inline("GEHEIM"),
            }),
        };
        let inbox = Inbox::open(&source, &Limits::default()).unwrap();
        assert_eq!(inbox.prefix.as_ref(), "vt");
        assert!(!format!("{source:?} {:?}", inbox.store).contains("GEHEIM"));
    }
}
