use std::sync::Arc;

use object_store::memory::InMemory;
use vt_vault::{StoreKey, StoreKeys, Vault};

use super::*;

fn keys(keys: &[&StoreKey]) -> StoreKeys {
    let (current, previous) = keys.split_first().unwrap();
    StoreKeys::new((*current).clone(), previous.iter().map(|key| (*key).clone()).collect()).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

async fn begun(key: &StoreKey) -> Arc<dyn ObjectStore> {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let vault = Vault::sealed(Arc::clone(&store), keys(&[key]));
    begin(&vault, now()).await.unwrap();
    begin(&vault, now()).await.unwrap();
    assert_eq!(vault.encryption_history().await.unwrap().entries().len(), 1, "it begins once");
    store
}

#[tokio::test]
async fn a_store_is_opened_with_the_key_that_seals_and_with_none_other() {
    let (one, two) = (StoreKey::generate(), StoreKey::generate());
    let vault = Vault::new(begun(&one).await);
    let mut history = vault.encryption_history().await.unwrap();
    held_against(&history, Some(&keys(&[&one]))).unwrap();
    held_against(&history, Some(&keys(&[&one, &two]))).unwrap();
    let said = |keys: Option<&StoreKeys>, history: &EncryptionHistory| held_against(history, keys).unwrap_err();
    assert!(
        matches!(said(None, &history), WrongEncryption::NotConfigured { newest, .. } if newest == one.fingerprint())
    );
    let other = said(Some(&keys(&[&two, &one])), &history);
    assert!(matches!(other, WrongEncryption::NotTheNewest { .. }) && other.to_string().contains("vt-monitor rekey"));
    let entry = succession(&history, &keys(&[&two, &one]), "leaver", now()).unwrap().unwrap();
    assert_eq!((entry.number, entry.fingerprint.as_str()), (2, two.fingerprint()));
    assert!(vault.append_encryption(&entry).await.unwrap());
    history = vault.encryption_history().await.unwrap();
    assert!(matches!(said(Some(&keys(&[&one])), &history), WrongEncryption::Replaced { old: 1, number: 2, .. }));
    assert_eq!(succession(&history, &keys(&[&two]), "again", now()).unwrap(), None, "it goes on");
    let error = succession(&history, &keys(&[&one]), "back", now()).unwrap_err();
    assert!(matches!(&error, RekeyRefused::Replaced(_)) && error.exit() == Exit::Config, "{error}");
}

#[tokio::test]
async fn of_two_that_begin_at_once_the_other_is_refused() {
    let store = begun(&StoreKey::generate()).await;
    let other = Vault::sealed(store, keys(&[&StoreKey::generate()]));
    assert!(begin(&other, now()).await.is_err());
    assert_eq!(other.encryption_history().await.unwrap().entries().len(), 1);
}

#[tokio::test]
async fn on_a_store_that_holds_something_plain_nothing_begins_unless_that_is_accepted() {
    use object_store::ObjectStoreExt;
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    store.put(&"memory/2020W407/1.json".into(), "{}".into()).await.unwrap();
    let key = StoreKey::generate();
    let vault = Vault::sealed(Arc::clone(&store), keys(&[&key]));
    let error = begin(&vault, now()).await.unwrap_err().to_string();
    assert!(error.contains("1 objects") && error.contains("memory/2020W407/1.json"), "{error}");
    assert!(error.contains("accept_plain = true") && error.contains("vt-monitor rekey"), "{error}");
    assert!(vault.encryption_history().await.unwrap().entries().is_empty(), "without the key it opens as before");
    let lenient = Vault::sealed(store, keys(&[&key]).accepting_plain(true));
    begin(&lenient, now()).await.unwrap();
    assert_eq!(lenient.encryption_history().await.unwrap().entries().len(), 1);
}

#[test]
fn a_key_is_read_from_a_file_of_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.key");
    let key = StoreKey::generate();
    std::fs::write(&file, key.secret_text()).unwrap();
    let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let config = EncryptionConfig { file: Some(file.clone()), ..EncryptionConfig::default() };
    let error = open_keys(&config).unwrap_err().to_string();
    assert!(error.contains("store.key") && error.contains("0600"), "{error}");
    mode(0o600);
    assert_eq!(open_keys(&config).unwrap().current().fingerprint(), key.fingerprint());
    let twice = EncryptionConfig { previous: vec![file.clone()], ..config };
    assert!(open_keys(&twice).unwrap_err().to_string().contains("named twice"));
    std::fs::write(&file, "geheim").unwrap();
    let error =
        open_keys(&EncryptionConfig { file: Some(file), ..EncryptionConfig::default() }).unwrap_err().to_string();
    assert!(error.contains("holds no key") && !error.contains("geheim"), "{error}");
}
