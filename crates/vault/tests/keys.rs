//! The history of keys, on memory and on a directory.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_vault::{KeyEntry, KeyHistory, Vault, VaultError};

const ONE: &str = "00000000000000a1";
const TWO: &str = "00000000000000a2";

fn stores() -> (tempfile::TempDir, Vec<Vault>) {
    let directory = tempfile::tempdir().unwrap();
    let local: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(directory.path()).unwrap());
    let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    (directory, vec![Vault::new(memory), Vault::new(local)])
}

fn now() -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

fn next(history: &KeyHistory, fingerprint: &str, lost: &[&str]) -> KeyEntry {
    let lost = lost.iter().map(|&one| one.to_owned()).collect();
    history.next(fingerprint, lost, "leaver", now(), "vt-monitor test").unwrap()
}

async fn put(vault: &Vault, path: &str, text: &str) {
    vault.store().put(&Path::from(path), text.to_owned().into()).await.unwrap();
}

async fn refused(vault: &Vault) -> String {
    let error = vault.key_history().await.unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
    error.to_string()
}

#[tokio::test]
async fn entries_are_appended_and_never_replaced() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        assert_eq!(vault.key_history().await.unwrap(), KeyHistory::default());
        let first = KeyEntry::first(ONE, now(), "vt-monitor test");
        assert!(vault.append_key(&first).await.unwrap());
        assert!(vault.append_key(&first).await.unwrap(), "our own write, its answer lost");
        assert!(!vault.append_key(&KeyEntry::first(TWO, now(), "vt-monitor test")).await.unwrap());
        let second = next(&vault.key_history().await.unwrap(), TWO, &[]);
        assert!(vault.append_key(&second).await.unwrap());
        let history = vault.key_history().await.unwrap();
        assert_eq!(history.entries(), [first, second.clone()]);
        assert_eq!((history.newest().unwrap(), second.number, second.ids.as_str()), (&second, 2, ONE));
        assert_eq!(history.of(ONE).unwrap().number, 1);
    }
}

#[tokio::test]
async fn twelve_keys_stay_in_the_order_of_their_numbers() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        vault.append_key(&KeyEntry::first(ONE, now(), "vt-monitor test")).await.unwrap();
        for number in 2..=12 {
            let entry = next(&vault.key_history().await.unwrap(), &format!("{number:016x}"), &[]);
            assert_eq!(entry.number, number);
            vault.append_key(&entry).await.unwrap();
        }
        assert_eq!(vault.key_history().await.unwrap().newest().unwrap().fingerprint, format!("{:016x}", 12));
    }
}

#[tokio::test]
async fn a_store_from_before_the_history_starts_with_its_only_fingerprint() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        put(&vault, "key-fingerprint", ONE).await;
        let history = vault.key_history().await.unwrap();
        let first = history.newest().unwrap();
        assert_eq!((first.number, first.fingerprint.as_str(), first.ids.as_str()), (1, ONE, ONE));
        assert_eq!(first.current_from, None);
        assert!(vault.append_key(&next(&history, TWO, &[])).await.unwrap());
        assert_eq!(vault.key_history().await.unwrap().newest().unwrap().fingerprint, TWO);
        put(&vault, "key-fingerprint", "no fingerprint!").await;
        assert!(refused(&vault).await.contains("key-fingerprint"));
    }
}

#[tokio::test]
async fn ids_change_only_when_their_key_is_lost() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        vault.append_key(&KeyEntry::first(ONE, now(), "vt-monitor test")).await.unwrap();
        let history = vault.key_history().await.unwrap();
        let kept = next(&history, TWO, &[]);
        let changed = KeyEntry { ids: TWO.into(), ..kept.clone() };
        put(&vault, "keys/2.json", &serde_json::to_string(&changed).unwrap()).await;
        assert!(refused(&vault).await.contains("ids are hashed with another key"));
        let lost = next(&history, TWO, &[ONE]);
        assert_eq!(lost.ids, TWO);
        put(&vault, "keys/2.json", &serde_json::to_string(&lost).unwrap()).await;
        let history = vault.key_history().await.unwrap();
        assert_eq!(history.lost(ONE).unwrap().number, 2);
        assert!(history.lost(TWO).is_none());
    }
}

#[tokio::test]
async fn a_history_with_a_gap_a_stranger_or_another_form_is_refused() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        let first = KeyEntry::first(ONE, now(), "vt-monitor test");
        vault.append_key(&first).await.unwrap();
        let second = next(&vault.key_history().await.unwrap(), TWO, &[]);
        let text = |entry: &KeyEntry| serde_json::to_string(entry).unwrap();
        for (name, wrong) in [
            ("keys/3.json", text(&KeyEntry { number: 3, ..second.clone() })),
            ("keys/2.json", text(&KeyEntry { number: 3, ..second.clone() })),
            ("keys/2.json", text(&KeyEntry { version: 2, ..second.clone() })),
            ("keys/2.json", text(&KeyEntry { fingerprint: ONE.into(), ..second.clone() })),
            ("keys/2.json", text(&KeyEntry { lost: vec!["00000000000000a9".into()], ..second.clone() })),
            ("keys/2.json", text(&second).replace("reason", "excuse")),
            ("keys/two.json", text(&second)),
        ] {
            put(&vault, name, &wrong).await;
            assert!(refused(&vault).await.contains(name), "{name}");
            vault.store().delete(&Path::from(name)).await.unwrap();
        }
        assert_eq!(vault.key_history().await.unwrap().entries(), [first]);
    }
}

#[tokio::test]
async fn a_used_store_without_a_history_takes_no_new_key() {
    let (_directory, vaults) = stores();
    for vault in vaults {
        put(&vault, "memory/four_weeks/2020W407/1.json", "{}").await;
        let error = refused(&vault).await;
        assert!(error.contains("restore it from the backup"), "{error}");
    }
}
