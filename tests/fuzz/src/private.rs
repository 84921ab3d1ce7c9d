//! What stands in the private store, changed by whoever has the bucket: the readers of marks, keys, verdicts and reservations.

use std::sync::{Arc, LazyLock};

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;
use vt_domain::PeriodKind;
use vt_vault::{Kept, Vault};

use crate::Target;

pub(crate) const TARGETS: [Target; 1] = [Target {
    name: "private_store",
    run: private,
    words: &[
        "version",
        "mark",
        "number",
        "fingerprint",
        "current_from",
        "verdict",
        "geaccepteerd",
        "kop",
        "bestanden",
        "at",
        "rule",
        "periode",
        "uitgave",
        "sha256",
    ],
}];

/// Where the readers look.
const PATHS: [&str; 7] = [
    "published.json",
    "keys/1.json",
    "deliveries/VT07/2020-07/1.json",
    "removed/raw/VT07/2020-07/1.json",
    "memory/four_weeks/2020W407/1.json",
    "errata/1.json",
    "turns/2020/1.json",
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The first byte says at which path the rest stands.
fn private(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else { return };
    let store = InMemory::new();
    RUNTIME.block_on(async {
        let path = Path::from(PATHS[usize::from(*which) % PATHS.len()]);
        store.put(&path, bytes.to_vec().into()).await.expect("in memory");
        let vault = Vault::new(Arc::new(store) as Arc<dyn ObjectStore>);
        drop((vault.published_mark().await, vault.mark().await, vault.key_history().await));
        drop((vault.deliveries(None).await, vault.errata().await, vault.removed(Kept::Raw).await));
        drop((
            vault.settle_turns().await,
            vault.reservations(PeriodKind::FourWeeks).await,
            vault.voids(PeriodKind::FourWeeks).await,
        ));
    });
}
