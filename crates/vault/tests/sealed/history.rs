//! The history of encryption.

use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::path::Path;
use vt_vault::{StoreKey, Vault, VaultError};

use crate::content::{keys, memory};

#[tokio::test]
async fn entries_are_appended_once_and_read_without_a_key() {
    let (store, one, two) = (memory(), StoreKey::generate(), StoreKey::generate());
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&two, &one]));
    let now = "2026-11-22T06:00:00Z".parse().unwrap();
    for key in [&one, &two] {
        let history = vault.encryption_history().await.unwrap();
        let entry = history.next(key, "because", now, "test");
        assert!(vault.append_encryption(&entry).await.unwrap() && vault.append_encryption(&entry).await.unwrap());
        let other = history.next(&StoreKey::generate(), "because", now, "test");
        assert!(!vault.append_encryption(&other).await.unwrap(), "another one stands there");
    }
    let history = Vault::new(Arc::clone(&store)).encryption_history().await.unwrap();
    let seen: Vec<_> = history.entries().iter().map(|entry| (entry.number, entry.fingerprint.as_str())).collect();
    assert_eq!(seen, [(1, one.fingerprint()), (2, two.fingerprint())]);
    assert_eq!(history.of(two.fingerprint()).unwrap().recipient, two.recipient());
    // A key never returns, and nothing may be missing.
    let again = history.next(&one, "because", now, "test");
    assert!(vault.append_encryption(&again).await.unwrap());
    let error = vault.encryption_history().await.unwrap_err();
    assert!(matches!(&error, VaultError::Damaged { path, .. } if path == "encryption/3.json"), "{error}");
    store.delete(&Path::from("encryption/3.json")).await.unwrap();
    store.delete(&Path::from("encryption/1.json")).await.unwrap();
    assert!(vault.encryption_history().await.unwrap_err().to_string().contains("encryption/2.json"));
    store.put(&Path::from("encryption/notes.txt"), "x".into()).await.unwrap();
    assert!(vault.encryption_history().await.unwrap_err().to_string().contains("no encryption entry's name"));
}
