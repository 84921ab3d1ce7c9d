//! What whoever has the store and no key sees.

use std::sync::Arc;

use object_store::ObjectStore;
use vt_vault::{StoreKey, StoreKeys, Vault, VaultError};

use crate::content::{content, fill, keys, memory, planted, stored};

/// What must be readable without a key.
fn stays_readable(path: &str) -> bool {
    path.starts_with("keys/") || path.starts_with("encryption/") || path == "published.json"
}

#[tokio::test]
async fn a_stolen_store_shows_nothing_and_a_plain_one_everything() {
    let (plain, sealed) = (memory(), memory());
    fill(&Vault::new(Arc::clone(&plain))).await;
    fill(&Vault::sealed(Arc::clone(&sealed), keys(&[&StoreKey::generate()]))).await;
    let (plain, sealed) = (stored(&plain).await, stored(&sealed).await);
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    for word in planted() {
        // Without this, what is not found below would prove nothing.
        assert!(plain.values().any(|bytes| holds(bytes, &word)), "{}", String::from_utf8_lossy(&word));
        for (path, bytes) in &sealed {
            assert!(!holds(bytes, &word), "{path} shows {}", String::from_utf8_lossy(&word));
        }
    }
    let readable: Vec<&str> = sealed
        .iter()
        .filter(|(_, bytes)| !bytes.starts_with(b"age-encryption.org/v1\n") && !bytes.starts_with(b"PARE"))
        .map(|(path, _)| path.as_ref())
        .collect();
    assert_eq!(readable, ["encryption/1.json", "keys/1.json", "published.json"]);
    // Both hold the same objects, but for the history of encryption.
    let mut paths: Vec<_> = sealed.keys().collect();
    paths.retain(|path| !path.as_ref().starts_with("encryption/"));
    assert_eq!(paths, plain.keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn two_sealings_of_the_same_content_differ() {
    let (store, key) = (memory(), StoreKey::generate());
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&key]));
    fill(&vault).await;
    let first = stored(&store).await;
    let other = memory();
    fill(&Vault::sealed(Arc::clone(&other), keys(&[&key]))).await;
    let second = stored(&other).await;
    for (path, bytes) in first.iter().filter(|(path, _)| !stays_readable(path.as_ref())) {
        assert_ne!(*bytes, second[path], "{path}");
    }
}

async fn without(vault: Vault, named: &StoreKey) {
    for error in [content(&vault).await.unwrap_err(), vault.delivery(&crate::content::id(1)).await.unwrap_err()] {
        let VaultError::NoKey { path, fingerprint } = &error else { panic!("{error}") };
        assert!(path.contains("VT07") && fingerprint == named.fingerprint(), "{error}");
        assert!(error.to_string().contains(path) && error.to_string().contains(named.fingerprint()), "{error}");
    }
    let path = vault.registration_path(&crate::content::id(1), vt_domain::contract::RecordType::Melding);
    let error = vault.examine_registrations(&path).await.unwrap_err();
    assert!(matches!(&error, VaultError::NoKey { fingerprint, .. } if fingerprint == named.fingerprint()), "{error}");
}

#[tokio::test]
async fn without_the_key_or_with_another_the_one_that_is_needed_is_named() {
    let (store, key) = (memory(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&key]))).await;
    without(Vault::new(Arc::clone(&store)), &key).await;
    without(Vault::sealed(Arc::clone(&store), keys(&[&StoreKey::generate()])), &key).await;
}

#[tokio::test]
async fn an_earlier_key_opens_what_it_sealed_and_the_current_one_seals() {
    let (store, old, new) = (memory(), StoreKey::generate(), StoreKey::generate());
    fill(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await;
    let before = content(&Vault::sealed(Arc::clone(&store), keys(&[&old]))).await.unwrap();
    let both = Vault::sealed(Arc::clone(&store), keys(&[&new, &old]));
    assert_eq!(content(&both).await.unwrap(), before);
    both.write_report(&crate::content::id(1), "nieuw", &serde_json::json!({})).await.unwrap();
    let only_new = Vault::sealed(Arc::clone(&store), keys(&[&new]));
    assert!(only_new.report(&crate::content::id(1), "nieuw").await.unwrap().is_some());
    let census = both.census().await.unwrap();
    assert_eq!((census.sealed[new.fingerprint()], census.plain, census.strange.len()), (1, 0, 0));
    assert_eq!(census.sealed[old.fingerprint()] + 4, stored(&store).await.len() as u64);
}

#[tokio::test]
async fn what_was_written_before_encryption_is_read_when_that_is_allowed_and_refused_otherwise() {
    let (store, key) = (memory(), StoreKey::generate());
    fill(&Vault::new(Arc::clone(&store))).await;
    let before = content(&Vault::new(Arc::clone(&store))).await.unwrap();
    let strict = Vault::sealed(Arc::clone(&store), keys(&[&key]));
    let path = strict.registration_path(&crate::content::id(1), vt_domain::contract::RecordType::Melding);
    let refused = [
        strict.delivery(&crate::content::id(1)).await.unwrap_err(),
        strict.raw(&crate::content::id(1), "melding.csv").await.map(drop).unwrap_err(),
        strict.quarantined(&crate::content::id(3), "melding.csv").await.map(drop).unwrap_err(),
        strict.examine_registrations(&path).await.unwrap_err(),
        strict.reservation(crate::content::reservation_key()).await.unwrap_err(),
        strict.next_turn(crate::content::reservation_key().period.iso_year()).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, VaultError::NotEncrypted { .. }) && error.to_string().contains("rekey"), "{error}");
    }
    let lenient = Vault::sealed(Arc::clone(&store), keys(&[&key]).accepting_plain(true));
    assert_eq!(content(&lenient).await.unwrap(), before);
    // What is written from now on is sealed, also in the place of what was not.
    lenient.write_report(&crate::content::id(1), "spiegelrapport", &serde_json::json!({})).await.unwrap();
    assert_eq!(lenient.census().await.unwrap().sealed[key.fingerprint()], 1);
}

#[tokio::test]
async fn equal_content_is_our_own_earlier_write_whichever_key_sealed_it() {
    let (store, old, new) = (memory(), StoreKey::generate(), StoreKey::generate());
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&old]));
    assert!(vault.commit_delivery(&crate::content::verdict(1)).await.unwrap());
    let written = stored(&store).await;
    for vault in [vault, Vault::sealed(Arc::clone(&store), keys(&[&new, &old]))] {
        assert!(!vault.commit_delivery(&crate::content::verdict(1)).await.unwrap(), "a repetition changes nothing");
        let mut other = crate::content::verdict(1);
        other.kenmerk = "ff00".into();
        let conflict = vault.commit_delivery(&other).await.unwrap_err();
        assert!(matches!(conflict, VaultError::Conflict { .. }), "{conflict}");
    }
    // Whoever can't open what stands there can't tell, and says so: neither ours nor a conflict.
    let blind = Vault::sealed(Arc::clone(&store), keys(&[&new]));
    let error = blind.commit_delivery(&crate::content::verdict(1)).await.unwrap_err();
    assert!(matches!(error, VaultError::NoKey { .. }), "{error}");
    assert_eq!(stored(&store).await, written, "nothing was overwritten");
}

#[test]
fn a_key_that_stands_twice_is_named() {
    let key = StoreKey::generate();
    let twice = StoreKeys::new(key.clone(), vec![StoreKey::generate(), key.clone()]).unwrap_err();
    assert_eq!(twice, key.fingerprint());
}

#[tokio::test]
async fn nothing_of_a_key_or_of_content_is_in_a_debug_text() {
    let (store, key) = (memory(), StoreKey::generate());
    let vault = Vault::sealed(store as Arc<dyn ObjectStore>, keys(&[&key]));
    let text = format!("{vault:?} {:?}", vault.opening(&object_store::path::Path::from("registrations/x")));
    let secret = key.secret_text().lines().last().unwrap().to_owned();
    assert!(text.contains(key.fingerprint()) && !text.contains(&secret), "{text}");
}
