//! What whoever can write to the store and has no key gets through: nothing but what was there, under its own name.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_domain::contract::RecordType;
use vt_servers::faulty::{Fault, FaultyStore};
use vt_vault::{StoreKey, Vault, VaultError};

use crate::content::{content, fill, id, keys, meldingen, memory, raw, stored, write_meldingen, write_quarantined};

async fn put(store: &Arc<dyn ObjectStore>, path: &Path, bytes: Bytes) {
    store.put(path, bytes.into()).await.unwrap();
}

async fn filled() -> (Arc<dyn ObjectStore>, Vault, BTreeMap<Path, Bytes>) {
    let store = memory();
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&StoreKey::generate()]));
    fill(&vault).await;
    let objects = stored(&store).await;
    (store, vault, objects)
}

/// The name of an object in the vault that has it: a corner of the quarantine is one of its own.
fn known_as(path: &Path) -> &str {
    path.as_ref().trim_start_matches("quarantine/upload-here/")
}

fn is_sealed(path: &Path) -> bool {
    !["keys/", "encryption/", "published.json"].iter().any(|readable| path.as_ref().starts_with(readable))
}

#[tokio::test]
async fn objects_that_changed_places_are_refused_and_named() {
    let (store, vault, objects) = filled().await;
    let swapped = [
        ("raw/VT07/2020-07/1/melding.csv", "raw/VT07/2020-07/2/melding.csv"),
        ("deliveries/VT07/2020-07/1.json", "deliveries/VT07/2020-07/2.json"),
        ("registrations/melding/VT07/2020-07/1.parquet", "registrations/melding/VT07/2020-07/2.parquet"),
        ("reports/VT07/2020-07/1/spiegelrapport.json", "reports/VT07/2020-07/2/spiegelrapport.json"),
        ("memory/four_weeks/2020W407/1.json", "memory/four_weeks/2020W407/1.void.json"),
        ("memory/four_weeks/2020W407/1.json", "removed/memory/four_weeks/2015W407/1.json"),
        ("quarantine/VT07/2020-07/3/melding.csv", "raw/VT07/2020-07/1/melding.csv"),
    ];
    for (one, other) in swapped.map(|(one, other)| (Path::from(one), Path::from(other))) {
        put(&store, &one, objects[&other].clone()).await;
        put(&store, &other, objects[&one].clone()).await;
        let error = content(&vault).await.unwrap_err();
        let VaultError::NotGenuine { path } = &error else { panic!("{one}, {other}: {error}") };
        assert!(*path == one.to_string() || *path == other.to_string(), "{error}");
        put(&store, &one, objects[&one].clone()).await;
        put(&store, &other, objects[&other].clone()).await;
    }
    content(&vault).await.unwrap();
}

#[tokio::test]
async fn whatever_bit_of_an_object_is_flipped_it_is_refused_or_reads_as_before() {
    let (store, vault, objects) = filled().await;
    let before = content(&vault).await.unwrap();
    // The reader of Parquet gives up with a panic where a length is out of all proportion.
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !std::thread::current().name().is_some_and(|name| name.starts_with("tokio")) {
            shown(panic);
        }
    }));
    let (mut refused, mut same) = (0, 0);
    for (path, bytes) in objects.iter().filter(|(path, _)| is_sealed(path)) {
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let mut forged = bytes.to_vec();
            forged[at] ^= 1 << (at % 8);
            put(&store, path, forged.into()).await;
            match content(&vault).await {
                Err(error) => {
                    assert!(error.to_string().contains(known_as(path)), "{path}, {at}: {error}");
                    refused += 1;
                }
                Ok(read) => {
                    assert!(read == before && path.as_ref().ends_with(".parquet"), "{path}, {at}");
                    same += 1;
                }
            }
        }
        put(&store, path, bytes.clone()).await;
    }
    assert!(refused > 700 && same < 40, "{refused} refused, {same} the same");
}

#[tokio::test]
async fn an_object_that_was_cut_short_is_refused() {
    let (store, vault, objects) = filled().await;
    for (path, bytes) in objects.iter().filter(|(path, _)| is_sealed(path)) {
        // Also where a piece of 64 KiB ends, with its tag.
        for keep in [bytes.len() - 1, bytes.len() / 2, 65_552.min(bytes.len() - 1), 30, 0] {
            put(&store, path, bytes.slice(..keep)).await;
            let error = content(&vault).await.unwrap_err();
            assert!(error.to_string().contains(known_as(path)), "{path}, {keep} bytes: {error}");
        }
        put(&store, path, bytes.clone()).await;
    }
}

/// Who knows the public key can encrypt for it, and seals nothing by that.
#[tokio::test]
async fn what_was_encrypted_for_the_key_by_somebody_else_is_refused() {
    let (store, vault, objects) = filled().await;
    let recipient = vault.keys().unwrap().current().recipient().to_owned();
    let recipient: age::x25519::Recipient = recipient.parse().unwrap();
    let forged = age::encrypt(&recipient, b"{}").unwrap();
    // With our stanza copied from a genuine object, too.
    let path = Path::from("deliveries/VT07/2020-07/1.json");
    let genuine = &objects[&path];
    let lines: Vec<&[u8]> = genuine.split_inclusive(|byte| *byte == b'\n').take(3).collect();
    let (ours, theirs) =
        (lines.concat(), forged.split_inclusive(|byte| *byte == b'\n').skip(1).collect::<Vec<_>>().concat());
    for forged in [forged.clone(), [ours, theirs].concat()] {
        put(&store, &path, forged.into()).await;
        let error = vault.delivery(&id(1)).await.unwrap_err();
        assert!(matches!(error, VaultError::NotGenuine { .. }), "{error}");
    }
}

#[tokio::test]
async fn plain_registrations_in_the_place_of_sealed_ones_are_refused_even_empty() {
    for rows in [0, 40] {
        let (store, vault, _) = filled().await;
        write_meldingen(&Vault::new(Arc::clone(&store)), &id(1), rows).await;
        let error = content(&vault).await.unwrap_err();
        assert!(matches!(&error, VaultError::NotEncrypted { path } if path.ends_with("2020-07/1.parquet")), "{error}");
    }
}

#[tokio::test]
async fn a_raw_file_is_kept_from_a_corner_as_from_the_quarantine() {
    let store = memory();
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&StoreKey::generate()]));
    let (place, mine) = (id(9), id(1));
    write_quarantined(&vault.staging("upload-a"), &place, &raw()).await;
    vault.refile("melding.csv", ("upload-a", &place), (Some("upload-a"), &mine)).await.unwrap();
    vault.refile("melding.csv", ("upload-a", &place), (None, &mine)).await.unwrap();
    for vault in [vault.staging("upload-a"), vault.clone()] {
        let read: Vec<Bytes> = vault.quarantined(&mine, "melding.csv").await.unwrap().try_collect().await.unwrap();
        assert!(read.concat() == raw());
    }
    vault.clear_staging("upload-a").await.unwrap();
    vault.keep_raw(&mine, &["melding.csv".into()]).await.unwrap();
    let read: Vec<Bytes> = vault.raw(&mine, "melding.csv").await.unwrap().try_collect().await.unwrap();
    assert!(read.concat() == raw());
    assert_eq!(stored(&store).await.len(), 1);
}

#[tokio::test]
async fn what_a_region_sends_may_look_like_an_encrypted_object() {
    let hostile = b"age-encryption.org/v1\n-> vt-monitor-1 0011223344556677\nAAAA\n--- AAAA\n".repeat(3);
    for vault in [Vault::new(memory()), Vault::sealed(memory(), keys(&[&StoreKey::generate()]))] {
        write_quarantined(&vault, &id(1), &hostile).await;
        let read = match vault.open_quarantined(&id(1), "melding.csv").await.unwrap() {
            vt_vault::Quarantined::Stream(stream) => stream.try_collect::<Vec<Bytes>>().await.unwrap().concat(),
            vt_vault::Quarantined::File(..) => panic!("a store in memory has no files"),
        };
        assert_eq!(read, hostile);
    }
}

#[tokio::test]
async fn rows_that_were_sealed_are_the_rows_that_are_read() {
    let vault = Vault::sealed(memory(), keys(&[&StoreKey::generate()]));
    for rows in [0, 1, 9_000] {
        write_meldingen(&vault, &id(1), rows).await;
        let path = vault.registration_path(&id(1), RecordType::Melding);
        let read: Vec<RecordBatch> = vault
            .read_registrations(&path, |file| file.reader().with_batch_size(20_000).build()?.map(|b| Ok(b?)).collect())
            .await
            .unwrap();
        assert!(read.first().map_or(rows == 0, |batch| *batch == meldingen(rows)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_while_registrations_are_read_is_no_forgery() {
    let (store, key) = (memory(), StoreKey::generate());
    write_meldingen(&Vault::sealed(Arc::clone(&store), keys(&[&key])), &id(1), 20_000).await;
    let path = Vault::new(Arc::clone(&store)).registration_path(&id(1), RecordType::Melding);
    let sound = FaultyStore::new(Arc::clone(&store));
    Vault::sealed(Arc::new(sound.clone()), keys(&[&key])).examine_registrations(&path).await.unwrap();
    let asked = sound.log().len();
    assert!(asked > 5, "{asked}: what is read is more than the footer");
    for n in 0..asked {
        let failing = Arc::new(FaultyStore::new(Arc::clone(&store)).at(n, Fault::Before));
        let fault = Vault::sealed(failing, keys(&[&key])).examine_registrations(&path).await.unwrap_err();
        assert!(matches!(&fault, VaultError::Store { path: at, .. } if *at == path.to_string()), "{n}: {fault}");
    }
}
