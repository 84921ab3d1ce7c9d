//! Ring and history: who may open, who may rotate, which key is which period's.

use std::sync::Arc;

use object_store::memory::InMemory;

use super::*;

fn vault() -> Vault {
    Vault::new(Arc::new(InMemory::new()))
}

fn now() -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

/// The current key's seed, and those of the previous ones.
fn ring(current: u64, previous: &[u64]) -> KeyRing {
    KeyRing::new(MasterKey::demo(current), previous.iter().map(|&seed| MasterKey::demo(seed)).collect()).unwrap()
}

fn fingerprint(seed: u64) -> String {
    MasterKey::demo(seed).fingerprint()
}

async fn open(vault: &Vault, ring: KeyRing) -> Result<Keys, String> {
    Keys::open(vault, ring, now()).await.map_err(|error| error.to_string())
}

async fn rotate(
    vault: &Vault,
    ring: &KeyRing,
    reason: &str,
    old_key_lost: bool,
    now: DateTime<Utc>,
) -> Result<KeyEntry, RotationRefused> {
    let entry = succession(&vault.key_history().await?, ring, reason, old_key_lost, now)?;
    take_over(vault, &entry).await.map(|()| entry)
}

async fn rotated(vault: &Vault, ring: &KeyRing, old_key_lost: bool) -> Result<KeyEntry, RotationRefused> {
    rotate(vault, ring, "administrator left", old_key_lost, now()).await
}

/// A store used with key 1 and rotated to key 2.
async fn rotated_once() -> Vault {
    let vault = vault();
    open(&vault, ring(1, &[])).await.unwrap();
    rotated(&vault, &ring(2, &[1]), false).await.unwrap();
    vault
}

#[tokio::test]
async fn the_first_use_begins_the_history_and_others_follow_it() {
    let vault = vault();
    for _ in 0..2 {
        let keys = open(&vault, ring(1, &[])).await.unwrap();
        assert_eq!(keys.current().fingerprint(), fingerprint(1));
    }
    let history = vault.key_history().await.unwrap();
    assert_eq!(history.entries().len(), 1);
    assert_eq!(history.newest().unwrap().current_from, Some(now()));
}

#[tokio::test]
async fn two_processes_at_a_first_use_agree_on_one_key() {
    let vault = vault();
    let (one, two) = tokio::join!(open(&vault, ring(1, &[])), open(&vault, ring(2, &[])));
    assert_eq!(u32::from(one.is_ok()) + u32::from(two.is_ok()), 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn another_key_is_refused_with_what_to_do() {
    let vault = vault();
    open(&vault, ring(1, &[])).await.unwrap();
    for wrong in [ring(2, &[]), ring(2, &[1])] {
        let refused = open(&vault, wrong).await.unwrap_err();
        for word in [&*fingerprint(1), &fingerprint(2), "Restore that key", "vt-monitor key rotate --reason"] {
            assert!(refused.contains(word), "{word}: {refused}");
        }
    }
    assert_eq!(vault.key_history().await.unwrap().entries().len(), 1, "looking writes nothing");
}

#[tokio::test]
async fn after_a_rotation_new_periods_have_the_new_key_and_old_ones_theirs() {
    let keys = open(&rotated_once().await, ring(2, &[1])).await.unwrap();
    assert_eq!(keys.current().fingerprint(), fingerprint(2));
    for seed in [1, 2] {
        assert_eq!(keys.of(&fingerprint(seed)).unwrap().fingerprint(), fingerprint(seed));
    }
}

#[tokio::test]
async fn after_a_rotation_the_old_key_alone_is_refused() {
    let vault = rotated_once().await;
    for old in [ring(1, &[]), ring(1, &[2])] {
        let refused = open(&vault, old).await.unwrap_err();
        assert!(refused.contains("was replaced") && refused.contains(&fingerprint(2)), "{refused}");
    }
}

#[tokio::test]
async fn ids_are_hashed_with_the_first_key_for_as_long_as_it_is_there() {
    let vault = rotated_once().await;
    rotated(&vault, &ring(3, &[2, 1]), false).await.unwrap();
    let keys = open(&vault, ring(3, &[2, 1])).await.unwrap();
    assert_eq!(keys.id_key(), MasterKey::demo(1).id_key());
    let refused = open(&vault, ring(3, &[2])).await.unwrap_err();
    assert!(refused.contains(&fingerprint(1)) && refused.contains("ids of registrations"), "{refused}");
}

#[tokio::test]
async fn a_key_that_is_not_configured_or_not_of_this_store_is_named() {
    let vault = rotated_once().await;
    rotated(&vault, &ring(3, &[2, 1]), false).await.unwrap();
    let keys = open(&vault, ring(3, &[1, 7])).await.unwrap();
    let missing = keys.of(&fingerprint(2)).unwrap_err();
    assert_eq!(missing, MissingKey::NotConfigured { fingerprint: fingerprint(2), number: 2 });
    assert!(missing.to_string().contains("`key.previous`"));
    assert_eq!(missing.exit(), Exit::Config);
    // Also when the ring has it: draws of another store's key are not this store's.
    for seed in [7, 8] {
        assert_eq!(keys.of(&fingerprint(seed)).unwrap_err(), MissingKey::Unknown { fingerprint: fingerprint(seed) });
    }
}

#[tokio::test]
async fn a_rotation_is_refused_unless_the_old_key_is_there_and_the_new_one_is_new() {
    let unused = vault();
    assert!(matches!(rotated(&unused, &ring(1, &[]), false).await, Err(RotationRefused::NeverUsed)));
    let vault = rotated_once().await;
    for (refused, of) in [
        (ring(2, &[1]), "current one already"),
        (ring(1, &[2]), "never returns"),
        (ring(3, &[1]), "not in `key.previous`"),
        (ring(3, &[]), "ids of registrations can't be hashed"),
        (ring(3, &[2]), "ids of registrations can't be hashed"),
    ] {
        let refusal = rotated(&vault, &refused, false).await.unwrap_err();
        assert!(refusal.to_string().contains(of), "{of}: {refusal}");
        assert_eq!(refusal.exit(), Exit::Refused);
    }
    assert!(matches!(rotated(&vault, &ring(3, &[2, 1]), true).await, Err(RotationRefused::NothingLost)));
    for reason in ["", " \n", "one\ntwo", &"x".repeat(MAX_REASON + 1)] {
        let refused = rotate(&vault, &ring(3, &[2, 1]), reason, false, now()).await;
        assert!(matches!(refused, Err(RotationRefused::Reason)), "{reason:?}");
    }
    assert_eq!(vault.key_history().await.unwrap().entries().len(), 2, "a refusal writes nothing");
}

#[tokio::test]
async fn a_lost_key_is_recorded_and_its_periods_stay_as_they_are() {
    let vault = rotated_once().await;
    let entry = rotated(&vault, &ring(3, &[1]), true).await.unwrap();
    assert_eq!((entry.lost.as_slice(), entry.ids.as_str()), ([fingerprint(2)].as_slice(), fingerprint(1).as_str()));
    let keys = open(&vault, ring(3, &[1])).await.unwrap();
    assert_eq!(keys.id_key(), MasterKey::demo(1).id_key(), "the key of ids was not the lost one");
    let lost = keys.of(&fingerprint(2)).unwrap_err();
    assert_eq!(lost, MissingKey::Lost { fingerprint: fingerprint(2), number: 3 });
    assert!(lost.to_string().contains("can't be revised any more"));
    assert_eq!(lost.exit(), Exit::Refused);
    // A later rotation does not ask for it again; and when it is found, it serves.
    rotated(&vault, &ring(4, &[3, 1]), false).await.unwrap();
    let found = open(&vault, ring(4, &[3, 2, 1])).await.unwrap();
    assert_eq!(found.of(&fingerprint(2)).unwrap().fingerprint(), fingerprint(2));
}

#[tokio::test]
async fn ids_begin_anew_only_when_their_key_is_lost() {
    let vault = rotated_once().await;
    let entry = rotated(&vault, &ring(3, &[2]), true).await.unwrap();
    assert_eq!((entry.lost, entry.ids), (vec![fingerprint(1)], fingerprint(3)));
    assert_eq!(open(&vault, ring(3, &[2])).await.unwrap().id_key(), MasterKey::demo(3).id_key());
}

#[tokio::test]
async fn of_two_rotations_at_once_one_is_refused() {
    let vault = vault();
    open(&vault, ring(1, &[])).await.unwrap();
    let history = vault.key_history().await.unwrap();
    let entry = succession(&history, &ring(2, &[1]), "first", false, now()).unwrap();
    assert!(vault.append_key(&entry).await.unwrap());
    let late = succession(&history, &ring(3, &[1]), "second", false, now()).unwrap();
    assert!(!vault.append_key(&late).await.unwrap());
    assert_eq!(vault.key_history().await.unwrap().newest(), Some(&entry));
}

#[tokio::test]
async fn a_store_from_before_the_history_opens_and_rotates() {
    let store = Arc::new(InMemory::new());
    let old = object_store::path::Path::from("key-fingerprint");
    object_store::ObjectStoreExt::put(store.as_ref(), &old, fingerprint(1).into()).await.unwrap();
    let vault = Vault::new(store);
    assert!(open(&vault, ring(2, &[])).await.is_err());
    open(&vault, ring(1, &[])).await.unwrap();
    rotated(&vault, &ring(2, &[1]), false).await.unwrap();
    assert_eq!(open(&vault, ring(2, &[1])).await.unwrap().id_key(), MasterKey::demo(1).id_key());
}

#[test]
fn the_configuration_names_files_and_variables() {
    let config: KeyConfig = toml::from_str("env = 'NOW'\nprevious = ['old.key']\nprevious_env = ['THEN']").unwrap();
    assert_eq!(KeyPlace::current(&config), Some(KeyPlace::Env("NOW".into())));
    assert_eq!(KeyPlace::previous(&config), [KeyPlace::File("old.key".into()), KeyPlace::Env("THEN".into())]);
}
