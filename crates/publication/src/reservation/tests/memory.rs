//! The guard against a memory that is missing, damaged, older than the store or of another key.

use std::collections::BTreeSet;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::*;
use crate::publish::fixture::{draft, publish_in};

async fn reserve_as_it_is(vault: &Vault, reservation: Reservation) {
    put(vault, reservation.key(), reservation.to_bytes()).await;
}

/// A vault and a published store with the same two issues.
async fn published() -> (Vault, Arc<InMemory>) {
    let (vault, store) = (memory_vault(), Arc::new(InMemory::new()));
    for period in ["2020W406", "2020W407"] {
        // Published with its bases, reserved the same way.
        reserve_as_it_is(&vault, made(period)).await;
        publish_in(store.as_ref(), &case(period)).await;
    }
    (vault, store)
}

async fn lost(vault: &Vault, store: &dyn ObjectStore) -> (String, String) {
    match check_memory(vault, store, None).await.unwrap_err() {
        PublicationError::MemoryLost { path, rule } | PublicationError::MemoryDamaged { path, rule } => (path, rule),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn memory_and_store_that_match_pass_and_what_is_unfinished_is_named() {
    let (vault, store) = published().await;
    reserve_as_it_is(&vault, made("2019W407")).await;
    let check = check_memory(&vault, store.as_ref(), None).await.unwrap();
    assert_eq!((check.published, check.unfinished, check.void), (2, vec![made("2019W407").key()], vec![]));
    let empty = check_memory(&memory_vault(), &InMemory::new(), None).await.unwrap();
    assert_eq!(empty, MemoryCheck { published: 0, unfinished: Vec::new(), void: Vec::new() });
}

#[tokio::test]
async fn a_manifest_without_its_reservation_stops_publication() {
    let (_, store) = published().await;
    let older_backup = memory_vault();
    reserve_as_it_is(&older_backup, made("2020W406")).await;
    // The data files come to light first; without them, the manifest does.
    let files: Vec<Path> = futures::TryStreamExt::try_collect(futures::TryStreamExt::map_ok(
        store.list(Some(&Path::from("snapshots/four_weeks/2020W407"))),
        |meta| meta.location,
    ))
    .await
    .unwrap();
    assert_eq!(lost(&older_backup, store.as_ref()).await.0, "snapshots/four_weeks/2020W407/1");
    for file in files {
        store.delete(&file).await.unwrap();
    }
    let (path, rule) = lost(&older_backup, store.as_ref()).await;
    assert_eq!((path.as_str(), rule.as_str()), ("manifests/four_weeks/2020W407/1.json", "it is not reserved"));
}

#[tokio::test]
async fn a_draft_without_its_reservation_stops_publication() {
    let store = InMemory::new();
    store.put(&Path::from("snapshots/four_weeks/2020W407/1/kerncijfers.csv"), "x".into()).await.unwrap();
    let (path, rule) = lost(&memory_vault(), &store).await;
    assert_eq!((path.as_str(), rule.as_str()), ("snapshots/four_weeks/2020W407/1", "it is not reserved"));
}

#[tokio::test]
async fn a_manifest_of_another_reservation_stops_publication() {
    let store = InMemory::new();
    publish_in(&store, &case("2020W407")).await;
    for change in [
        (|r| r.gepubliceerd_op = "2021-03-02T06:00:00Z".parse().unwrap()) as fn(&mut Reservation),
        |r| r.software = "vt-monitor 9.9.9".into(),
        |r| r.register = "2019-000000000000".into(),
        |r| r.invoer[0].kenmerk = "00fe".into(),
    ] {
        let vault = memory_vault();
        let mut other = made("2020W407");
        change(&mut other);
        reserve_as_it_is(&vault, other).await;
        assert_eq!(lost(&vault, &store).await.1, "the reservation of that name is another one");
    }
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_stops_publication() {
    let (vault, store) = published().await;
    let path = Path::from(draft(&case("2020W407")).issue().manifest());
    store.put(&path, "{".into()).await.unwrap();
    assert_eq!(lost(&vault, store.as_ref()).await.1, "it cannot be read as a manifest");
}

/// A vault and a store with two issues of a week.
async fn revised() -> (Vault, InMemory) {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    publish_next(&vault, &store, &mut history, &case("2020W127")).await;
    publish_next(&vault, &store, &mut history, &Case { more: 1, ..case("2020W127") }).await;
    (vault, store)
}

#[tokio::test]
async fn a_restored_backup_from_before_a_revision_stops_publication() {
    let (vault, store) = revised().await;
    assert_eq!(check_memory(&vault, &store, None).await.unwrap().published, 2);
    let backup = memory_vault();
    let key = ReservationKey { period: "2020W127".parse().unwrap(), issue: 1 };
    put(&backup, key, vault.reservation(key).await.unwrap().unwrap()).await;
    let error = check_memory(&backup, &store, None).await.unwrap_err();
    insta::assert_snapshot!(error, @"snapshots/week/2020W127/2 was published, but the private store has no matching reservation (it is not reserved). The disclosure memory is incomplete, so nothing more may be published: restore the newest backup of the private store");
}

#[tokio::test]
async fn a_reservation_that_went_missing_or_is_damaged_stops_publication() {
    let (vault, _) = revised().await;
    let empty = InMemory::new();
    let path = Path::from("memory/week/2020W127/1.json");
    let whole = vault.store().get(&path).await.unwrap().bytes().await.unwrap();
    vault.store().put(&path, whole.slice(..whole.len() / 2).into()).await.unwrap();
    let (found, rule) = lost(&vault, &empty).await;
    assert_eq!((found.as_str(), rule.as_str()), (path.as_ref(), "it cannot be read, or is of another period or issue"));
    vault.store().delete(&path).await.unwrap();
    let (found, rule) = lost(&vault, &empty).await;
    assert_eq!(
        (found.as_str(), rule.as_str()),
        (path.as_ref(), "it is missing, and a later issue of the period is there")
    );
}

#[tokio::test]
async fn an_issue_that_was_passed_over_without_being_void_stops_publication() {
    let (vault, _) = revised().await;
    let rule = lost(&vault, &InMemory::new()).await.1;
    assert_eq!(rule, "there is a later issue of the period, and this one is neither published nor void");
}

#[tokio::test]
async fn a_key_that_the_history_does_not_have_stops_publication() {
    let (vault, store) = revised().await;
    let known = BTreeSet::from([crate::publish::fixture::key().fingerprint()]);
    assert!(check_memory(&vault, &store, Some(&known)).await.is_ok());
    let other = BTreeSet::from(["00000000".to_owned()]);
    let error = check_memory(&vault, &store, Some(&other)).await.unwrap_err();
    assert!(matches!(&error, PublicationError::OtherKey { .. }), "{error}");
    assert!(error.to_string().contains("use the private store and the keys that belong together"), "{error}");
}

#[tokio::test]
async fn a_second_snapshot_without_the_memory_of_the_first_is_refused() {
    let (vault, store) = revised().await;
    // A new, empty private store beside the published one.
    let new = memory_vault();
    assert!(matches!(check_memory(&new, &store, None).await, Err(PublicationError::MemoryLost { .. })));
    // And a revision made as if nothing had been published.
    let forgetful = next(&History::default(), &Case { more: 2, ..case("2020W127") }).unwrap();
    assert_eq!(forgetful.uitgave, 1);
    let Standing::Held(held) = standing(&vault, forgetful.clone()).await.unwrap() else { panic!("reserved twice") };
    assert_ne!(held.geheugen, forgetful.geheugen, "what stands is finished, not ours");
}
