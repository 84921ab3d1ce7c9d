//! Counting over an encrypted store.

use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use vt_vault::{StoreKey, StoreKeys, VaultError};

use super::*;

const PERIODS: [&str; 2] = ["2020W404", "2020W405"];

fn keys(key: &StoreKey) -> StoreKeys {
    StoreKeys::new(key.clone(), Vec::new()).unwrap()
}

async fn filled(key: &StoreKey) -> (Arc<dyn ObjectStore>, Vault, Vec<Delivery>) {
    let deliveries = generated(5, "2020-01", "2020-06");
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let vault = Vault::sealed(Arc::clone(&objects), keys(key));
    store(&vault, &deliveries).await;
    (objects, vault, deliveries)
}

async fn counts(vault: &Vault, deliveries: &[Delivery]) -> Result<Vec<Counts>, PublicationError> {
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let counts = count(&engine(vault), &inputs(&PERIODS, deliveries), register, lists).await?;
    Ok(counts.iter().map(|counts| listed(counts, lists)).collect())
}

async fn fault(vault: &Vault, deliveries: &[Delivery]) -> VaultError {
    match counts(vault, deliveries).await {
        Err(PublicationError::Vault(fault)) => fault,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was counted"),
    }
}

/// A file that is counted.
fn file(vault: &Vault, deliveries: &[Delivery]) -> Path {
    let counted = deliveries.iter().find(|it| it.record.kop.leveringsmaand == month("2020-04")).unwrap();
    vault.registration_path(&counted.record.id(), RecordType::Melding)
}

#[tokio::test]
async fn the_counts_are_those_of_a_plain_store() {
    let (_, vault, deliveries) = filled(&StoreKey::generate()).await;
    let sealed = counts(&vault, &deliveries).await.unwrap();
    assert!(sealed.iter().all(|counts| counts.len() > 500));
    assert_eq!(sealed, counted(&PERIODS, &deliveries).await);
}

#[tokio::test]
async fn without_the_key_or_with_another_the_file_and_the_key_are_named() {
    let key = StoreKey::generate();
    let (objects, _, deliveries) = filled(&key).await;
    for vault in [Vault::new(Arc::clone(&objects)), Vault::sealed(Arc::clone(&objects), keys(&StoreKey::generate()))] {
        let fault = fault(&vault, &deliveries).await;
        let VaultError::NoKey { path, fingerprint } = &fault else { panic!("{fault}") };
        assert!(path.starts_with("registrations/") && fingerprint == key.fingerprint(), "{fault}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_moved_or_put_there_is_refused_and_named() {
    let (objects, vault, deliveries) = filled(&StoreKey::generate()).await;
    let path = file(&vault, &deliveries);
    let genuine = objects.get(&path).await.unwrap().bytes().await.unwrap();
    let named = |fault: &VaultError| fault.to_string().contains(path.as_ref());
    // In the first page, further on, and in the footer.
    for at in [40, genuine.len() / 3, genuine.len() - 60] {
        let mut forged = genuine.to_vec();
        forged[at] ^= 4;
        objects.put(&path, forged.into()).await.unwrap();
        let fault = fault(&vault, &deliveries).await;
        assert!(matches!(fault, VaultError::NotGenuine { .. }) && named(&fault), "{at}: {fault}");
    }
    let other = Path::from(path.as_ref().replace("2020-04", "2020-05"));
    objects.copy(&other, &path).await.unwrap();
    let moved = fault(&vault, &deliveries).await;
    assert!(matches!(moved, VaultError::NotGenuine { .. }) && named(&moved), "{moved}");
    let plain = Vault::new(Arc::clone(&objects));
    let counted = deliveries.iter().find(|it| it.record.kop.leveringsmaand == month("2020-04")).unwrap();
    plain.registrations(&counted.record.id(), RecordType::Melding).unwrap().finish().await.unwrap();
    let put = fault(&vault, &deliveries).await;
    assert!(matches!(put, VaultError::NotEncrypted { .. }) && named(&put), "{put}");
    let lenient = Vault::sealed(Arc::clone(&objects), vault.keys().unwrap().clone().accepting_plain(true));
    assert!(counts(&lenient, &deliveries).await.is_ok());
}
