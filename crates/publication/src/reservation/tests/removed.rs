//! Reservations that were removed after their term.

use std::sync::Arc;

use object_store::ObjectStoreExt;
use vt_vault::Removal;

use super::*;

fn removal() -> Removal {
    Removal::new("2026-02-01T05:30:00Z".parse().unwrap(), "memory_months = 60".into(), "vt-monitor 0.1.0".into())
}

#[tokio::test]
async fn what_was_removed_is_known_to_have_been_published_and_closes_its_year() {
    let (vault, store, mut history) = (memory_vault(), Arc::new(InMemory::new()), History::default());
    let published = publish_next(&vault, store.as_ref(), &mut history, &case("2019W407")).await;
    publish_next(&vault, store.as_ref(), &mut history, &case("2020W407")).await;
    let key = ReservationKey { period: published.issue.periode, issue: 1 };
    let bytes = vault.reservation(key).await.unwrap().unwrap();
    assert!(remove(&vault, store.as_ref(), key, &removal()).await.unwrap());
    assert!(!remove(&vault, store.as_ref(), key, &removal()).await.unwrap(), "once");
    let check = check_memory(&vault, store.as_ref(), None).await.unwrap();
    assert_eq!((check.published, check.unfinished.len()), (2, 0));
    let error = reservation(&vault, key).await.unwrap_err().to_string();
    assert!(
        error.contains("2019W407 issue 1 was removed on 2026-02-01") && error.contains("memory_months = 60"),
        "{error}"
    );
    let closed = |error: &PublicationError| matches!(error, PublicationError::MemoryRemoved { .. });
    assert!(closed(&History::read(&vault, [2019]).await.unwrap_err()));
    assert!(History::read(&vault, [2020]).await.is_ok());
    let again = reserve(&vault, made("2019W407"), Register::builtin()).await.unwrap_err();
    assert!(closed(&again), "{again}");
    assert_eq!(closing(&vault, 2019).await.unwrap().periode, key.period);
    assert!(closing(&vault, 2020).await.is_err());

    // A removal that was cut off between record and removal is finished, and the first record stays.
    let record = removed(&vault, key).await.unwrap();
    put(&vault, key, bytes).await;
    assert!(reservation(&vault, key).await.unwrap().is_some(), "as long as it stands it can be read");
    let later = Removal { rule: "memory_months = 25".into(), ..removal() };
    assert!(remove(&vault, store.as_ref(), key, &later).await.unwrap());
    assert_eq!(removed(&vault, key).await.unwrap(), record);
    assert_eq!(vault.reservation(key).await.unwrap(), None);

    store.delete(&published.manifest.as_str().into()).await.unwrap();
    let lost = rule(check_memory(&vault, store.as_ref(), None).await.unwrap_err());
    assert!(lost.contains("restore the published store"), "{lost}");
}

#[tokio::test]
async fn the_record_holds_no_count_and_another_store_is_still_noticed() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let published = publish_next(&vault, &store, &mut history, &case("2019W407")).await;
    let key = ReservationKey { period: published.issue.periode, issue: 1 };
    assert!(remove(&vault, &store, key, &removal()).await.unwrap());
    let text = String::from_utf8(vault.removed_reservation(key).await.unwrap().unwrap().to_vec()).unwrap();
    assert!(!text.contains("geheugen") && !text.contains("bewijs"), "{text}");
    let manifest = crate::publish::store::read(&store, &published.manifest).await.unwrap().unwrap();
    let changed = String::from_utf8(manifest.to_vec()).unwrap().replace("2021-03-01T06:00:00Z", "2021-03-02T06:00:00Z");
    fixture::write(&store, &published.manifest, changed.into()).await;
    let lost = rule(check_memory(&vault, &store, None).await.unwrap_err());
    assert_eq!(lost, "the reservation of that name is another one");
}

#[tokio::test]
async fn what_is_unfinished_stays_and_what_is_void_goes() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let first = reserve_next(&vault, &mut history, &case("2019W407")).await;
    let refused = rule(remove(&vault, &store, first.key(), &removal()).await.unwrap_err());
    assert!(refused.starts_with("it is neither published nor void"), "{refused}");
    assert_eq!(removed(&vault, first.key()).await.unwrap(), None, "no record of what stays");
    let mark = Void { reason: "test".into(), at: first.gepubliceerd_op, software: "test".into() };
    void(&vault, &store, first.key(), &mark).await.unwrap();
    assert!(remove(&vault, &store, first.key(), &removal()).await.unwrap());
    assert!(!removed(&vault, first.key()).await.unwrap().unwrap().published);
    let check = check_memory(&vault, &store, None).await.unwrap();
    assert_eq!((check.published, check.unfinished.len(), check.void), (0, 0, vec![first.key()]));
}
