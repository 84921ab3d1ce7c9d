//! The way to another key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::contract::RecordType;
use vt_vault::{StoreKey, Vault, VaultError};

use crate::content::{content, fill, id, keys, memory, stored, write_meldingen};
use crate::dying::Dying;

const GO_ON: fn() -> bool = || false;

/// Sees to it that everything takes the key, and nothing else opens it.
async fn all_takes(store: &Arc<dyn ObjectStore>, key: &StoreKey, before: &[String]) {
    let only = Vault::sealed(Arc::clone(store), keys(&[key]));
    assert_eq!(content(&only).await.unwrap(), before);
    let census = only.census().await.unwrap();
    assert_eq!(census.sealed.keys().collect::<Vec<_>>(), [key.fingerprint()]);
    assert_eq!((census.plain, census.strange.len()), (0, 0));
    assert!(stored(store).await.keys().all(|path| !path.as_ref().starts_with("rekey/")), "nothing is left on its way");
}

#[tokio::test]
async fn everything_comes_to_the_new_key_and_the_old_one_opens_nothing() {
    let (store, old, new) = (memory(), StoreKey::generate(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await;
    let objects = stored(&store).await.len() as u64 - 3;
    let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
    let before = content(&both).await.unwrap();
    let steps = AtomicU64::new(0);
    let progress = |come_to, total| {
        assert!(come_to <= total && total == objects);
        steps.fetch_add(1, Ordering::Relaxed);
    };
    let done = both.rekey(GO_ON, progress).await.unwrap();
    assert_eq!((done.taken_over, done.current, done.left.len(), done.whole), (objects, 0, 0, true));
    assert_eq!(steps.into_inner(), objects + 1);
    all_takes(&store, &new, &before).await;
    let error = content(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await.unwrap_err();
    assert!(matches!(error, VaultError::NoKey { .. }), "{error}");
    let again = both.rekey(GO_ON, |_, _| {}).await.unwrap();
    assert_eq!((again.taken_over, again.current), (0, objects));
}

#[tokio::test]
async fn a_store_that_was_begun_without_encryption_comes_to_it() {
    let (store, key) = (memory(), StoreKey::generate());
    fill(&Vault::new(Arc::clone(&store))).await;
    let before = content(&Vault::new(Arc::clone(&store))).await.unwrap();
    // Sealing what somebody slipped in would make it genuine.
    let plain = stored(&store).await;
    let strict = Vault::sealed(Arc::clone(&store), keys(&[&key])).rekey(GO_ON, |_, _| {}).await.unwrap();
    assert_eq!((strict.taken_over, strict.left.len()), (0, plain.len() - 2));
    assert!(strict.left.iter().all(|(_, why)| why.contains("is not encrypted")) && stored(&store).await == plain);
    let lenient = Vault::sealed(Arc::clone(&store), keys(&[&key]).accepting_plain(true));
    let done = lenient.rekey(GO_ON, |_, _| {}).await.unwrap();
    assert!(done.whole && done.left.is_empty());
    all_takes(&store, &key, &before).await;
}

#[tokio::test]
async fn on_a_directory_too() {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(directory.path()).unwrap());
    let (old, new) = (StoreKey::generate(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await;
    let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
    let before = content(&both).await.unwrap();
    assert!(both.rekey(GO_ON, |_, _| {}).await.unwrap().whole);
    all_takes(&store, &new, &before).await;
}

#[tokio::test]
async fn told_to_stop_it_stops_and_goes_on_later() {
    let (store, old, new) = (memory(), StoreKey::generate(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await;
    let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
    let before = content(&both).await.unwrap();
    let asked = AtomicU64::new(0);
    let done = both.rekey(|| asked.fetch_add(1, Ordering::Relaxed) == 5, |_, _| {}).await.unwrap();
    assert_eq!((done.taken_over, done.whole), (5, false));
    assert_eq!(content(&both).await.unwrap(), before);
    let done = both.rekey(GO_ON, |_, _| {}).await.unwrap();
    assert_eq!((done.current, done.whole), (5, true));
    all_takes(&store, &new, &before).await;
}

/// A store with these objects.
async fn copy_of(objects: &std::collections::BTreeMap<Path, bytes::Bytes>) -> Arc<dyn ObjectStore> {
    let store = memory();
    for (path, bytes) in objects {
        store.put(path, bytes.clone().into()).await.unwrap();
    }
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_everything_can_be_read_and_repeating_ends_it() {
    let (old, new) = (StoreKey::generate(), StoreKey::generate());
    let first = memory();
    fill(&Vault::sealed(Arc::clone(&first), keys(&[&old]))).await;
    let objects = stored(&first).await;
    let before = content(&Vault::sealed(first, keys(&[&old]))).await.unwrap();
    let mut kills = 0;
    for after in [false, true] {
        for fatal in 0.. {
            let store = copy_of(&objects).await;
            let (dying, life) = Dying::around(Arc::clone(&store), fatal, after);
            let outcome = Vault::sealed(dying, keys(&[&new, &old])).rekey(GO_ON, |_, _| {}).await;
            let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
            assert_eq!(content(&both).await.unwrap(), before, "killed at {fatal}, after: {after}");
            if !life.ended() {
                assert!(outcome.unwrap().whole);
                break;
            }
            kills += 1;
            assert!(outcome.is_err(), "killed at {fatal}, after: {after}");
            let done = both.rekey(GO_ON, |_, _| {}).await.unwrap();
            assert!(done.whole && done.left.is_empty());
            all_takes(&store, &new, &before).await;
        }
    }
    assert!(kills > 300, "{kills}");
}

#[tokio::test]
async fn what_does_not_open_is_left_and_named_and_the_rest_is_taken_over() {
    let (store, old, lost, new) = (memory(), StoreKey::generate(), StoreKey::generate(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await;
    Vault::sealed(Arc::clone(&store), keys(&[&lost])).write_report(&id(7), "x", &serde_json::json!({})).await.unwrap();
    write_meldingen(&Vault::sealed(Arc::clone(&store), keys(&[&lost])), &id(7), 3).await;
    let swapped = Path::from("reports/VT07/2020-07/2/spiegelrapport.json");
    store.copy(&Path::from("reports/VT07/2020-07/1/spiegelrapport.json"), &swapped).await.unwrap();
    let before = stored(&store).await;
    let done = Vault::sealed(Arc::clone(&store), keys(&[&new, &old])).rekey(GO_ON, |_, _| {}).await.unwrap();
    let left: Vec<&str> = done.left.iter().map(|(path, _)| path.as_str()).collect();
    let names = [
        "registrations/melding/VT07/2020-07/7.parquet",
        "reports/VT07/2020-07/2/spiegelrapport.json",
        "reports/VT07/2020-07/7/x.json",
    ];
    assert_eq!((left.as_slice(), done.whole), (&names[..], true));
    assert!(done.left[0].1.contains(lost.fingerprint()) && done.left[1].1.contains("moved from another place"));
    let after = stored(&store).await;
    for name in names.map(Path::from) {
        assert_eq!(before[&name], after[&name], "{name} stays as it is");
    }
    assert!(after.keys().all(|path| !path.as_ref().starts_with("rekey/")));
}

#[tokio::test]
async fn rows_and_their_groups_stay_the_same() {
    const ROWS: usize = 300_000;
    let (store, old, new) = (memory(), StoreKey::generate(), StoreKey::generate());
    let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
    write_meldingen(&Vault::sealed(Arc::clone(&store), keys(&[&old])), &id(1), ROWS).await;
    let path = both.registration_path(&id(1), RecordType::Melding);
    let groups = |file: &vt_vault::Registrations| -> Vec<i64> {
        let metadata = file.reader();
        metadata.metadata().row_groups().iter().map(|group| group.num_rows()).collect()
    };
    let read = async |vault: &Vault| {
        let rows = move |file: &vt_vault::Registrations| {
            let batches: Result<Vec<RecordBatch>, _> = file.reader().build()?.collect();
            Ok((groups(file), batches?))
        };
        vault.read_registrations(&path, rows).await.unwrap()
    };
    let before = read(&both).await;
    assert_eq!(before.0, [256 * 1024, (ROWS - 256 * 1024) as i64]);
    assert_eq!(both.rekey(GO_ON, |_, _| {}).await.unwrap().taken_over, 1);
    assert!(read(&Vault::sealed(store, keys(&[&new]))).await == before);
}

/// For a cluster whose executors have no keys: registrations are left to the bucket, everything else takes the key; and back.
#[tokio::test]
async fn registrations_that_are_left_to_their_bucket_come_out_of_their_key_and_into_it_again() {
    let (store, key) = (memory(), StoreKey::generate());
    let keys = || keys(&[&key]);
    let sealed = Vault::sealed(Arc::clone(&store), keys());
    fill(&sealed).await;
    let before = content(&sealed).await.unwrap();
    let whole = sealed.census().await.unwrap();
    let left = Vault::sealed(Arc::clone(&store), keys().leaving_registrations(true));
    let registrations = left.census().await.unwrap().not_left_yet;
    assert!(registrations > 0);
    let done = left.rekey(GO_ON, |_, _| {}).await.unwrap();
    assert!(done.whole && done.taken_over == registrations && done.left.is_empty(), "{done:?}");
    let census = left.census().await.unwrap();
    assert_eq!((census.left_to_bucket, census.not_left_yet, census.plain), (registrations, 0, 0));
    assert_eq!(census.sealed.values().sum::<u64>() + registrations, whole.sealed.values().sum::<u64>());
    assert_eq!(content(&left).await.unwrap(), before);
    // A second time there is nothing to do, and without the setting they are refused.
    assert_eq!(left.rekey(GO_ON, |_, _| {}).await.unwrap().taken_over, 0);
    assert!(content(&sealed).await.is_err());
    let back = Vault::sealed(Arc::clone(&store), keys().accepting_plain(true));
    assert_eq!(back.rekey(GO_ON, |_, _| {}).await.unwrap().taken_over, registrations);
    assert_eq!(content(&sealed).await.unwrap(), before);
    assert_eq!(sealed.census().await.unwrap(), whole);
}
