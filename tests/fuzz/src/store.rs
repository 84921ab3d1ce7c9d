//! What a reader of a published store verifies, whoever wrote it; and signatures.

use std::sync::{Arc, LazyLock};

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;
use vt_domain::PeriodKind;
use vt_publication::publish::{read_latest, read_mark};
use vt_publication::shelf::Shelf;
use vt_publication::sign::{PublicKey, Signer, check};
use vt_publication::verify::verify;

use crate::Target;

pub(crate) const TARGETS: [Target; 2] = [
    Target {
        name: "published_store",
        run: published,
        words: &["formaat", "cadans", "four_weeks", "2020W407", "uitgave", "bestanden", "sha256", "kenmerk", "erratum"],
    },
    Target {
        name: "signature",
        run: signature,
        words: &["untrusted comment: ", "trusted comment: ", "vt-monitor ", "RW", "RUQ", "manifests/x.json", "="],
    },
];

/// Where the readers look. The files of a snapshot that a manifest names are missing, or are the manifest itself.
const PATHS: [&str; 6] = [
    "manifests/four_weeks/2020W407/1.json",
    "errata/1.json",
    "latest.json",
    "kenmerk.json",
    "manifests/four_weeks/2020W407/1.json.minisig",
    "snapshots/four_weeks/2020W407/1/kerncijfers.json",
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The first byte says at which path the rest stands, beside a manifest that can be read.
fn published(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else { return };
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    RUNTIME.block_on(async {
        let manifest = include_bytes!("../corpus/manifest/vier_weken.json");
        store.put(&Path::from(PATHS[0]), manifest.to_vec().into()).await.expect("in memory");
        let path = Path::from(PATHS[usize::from(*which) % PATHS.len()]);
        store.put(&path, bytes.to_vec().into()).await.expect("in memory");
        let report = verify(store.as_ref(), None).await.expect("what is wrong with a store is in the report");
        assert!(!report.passed(), "a store without its files does not pass");
        drop(read_mark(store.as_ref()).await.expect("in memory"));
        drop(read_latest(store.as_ref()).await.expect("in memory"));
        let shelf = Shelf::read(store.as_ref()).await.expect("in memory");
        let _ = shelf.latest(PeriodKind::FourWeeks);
    });
}

/// A key is written as it was read; of all texts only our signature holds for our file.
fn signature(input: &[u8]) {
    static OURS: LazyLock<(Signer, String)> = LazyLock::new(|| {
        let signer = Signer::from_seed(&[7; 32], []);
        let signature = signer.sign("manifests/x.json", b"bytes");
        (signer, signature)
    });
    let (signer, ours) = &*OURS;
    let held = check("manifests/x.json", b"bytes", input, signer.own());
    assert_eq!(held.is_ok(), input == ours.as_bytes());
    if let Some(key) = std::str::from_utf8(input).ok().and_then(|text| PublicKey::parse(text).ok()) {
        assert_eq!(PublicKey::parse(&key.file()), Ok(key));
        let _ = check("manifests/x.json", b"bytes", ours.as_bytes(), &[key]);
    }
}
