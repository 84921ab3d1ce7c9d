use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::*;
use crate::publish::fixture::{case, draft, publish_in};
use crate::testdata::memory_vault;

fn made(period: &'static str) -> Reservation {
    crate::publish::fixture::reservation(&case(period))
}

fn rule(error: PublicationError) -> String {
    match error {
        PublicationError::Reservation { rule, .. } | PublicationError::MemoryLost { rule, .. } => rule,
        other => panic!("{other}"),
    }
}

#[test]
fn the_stored_form_reads_back_and_is_the_same_each_time() {
    let reservation = made("2020W407");
    let bytes = reservation.to_bytes();
    assert_eq!(bytes, made("2020W407").to_bytes());
    let read = Reservation::from_bytes(reservation.key(), &bytes).unwrap();
    assert_eq!(read, reservation);
    assert_eq!(read.to_bytes(), bytes);
}

#[test]
fn the_stored_form_holds_whole_numbers_only() {
    fn floats(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Number(number) => usize::from(number.is_f64()),
            serde_json::Value::Array(items) => items.iter().map(floats).sum(),
            serde_json::Value::Object(fields) => fields.values().map(floats).sum(),
            _ => 0,
        }
    }
    let value: serde_json::Value = serde_json::from_slice(&made("2020W407").to_bytes()).unwrap();
    assert_eq!(floats(&value), 0);
    assert!(value["geheugen"]["blocks"].as_array().unwrap().len() > 10);
}

#[test]
fn debug_shows_no_counts() {
    let shown = format!("{:?}", made("2020W407"));
    assert!(shown.contains("geheugen: MemoryRecord"));
    assert!(!shown.contains("truth") && !shown.contains("witness") && !shown.contains("published: ["), "{shown}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let reservation = made("2020W407");
    let key = reservation.key();
    let refused = |change: &dyn Fn(&mut Reservation)| {
        let mut changed = reservation.clone();
        change(&mut changed);
        rule(Reservation::from_bytes(key, &changed.to_bytes()).unwrap_err())
    };
    assert_eq!(refused(&|r| r.formaat = 2), "it is of another version of the form");
    assert_eq!(refused(&|r| r.uitgave = 2), "it is of another period or issue than its name says");
    assert_eq!(refused(&|r| r.cadans = PeriodKind::Week), "its cadence or issue is not one of its period");
    assert_eq!(
        refused(&|r| r.beleid.disclosure.max_iterations += 1),
        "its disclosure memory was made under another policy"
    );
    assert_eq!(refused(&|r| r.sleutel_kenmerk.push('0')), "its disclosure memory was made with another key");
    let other = made("2020W406").geheugen;
    assert_eq!(refused(&|r| r.geheugen = other.clone()), "its disclosure memory is of another period");
}

#[test]
fn what_is_damaged_is_refused_without_showing_it() {
    let reservation = made("2020W407");
    let bytes = reservation.to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("\"formaat\":1,", "\"formaat\":\"geheim\",");
    for damaged in [&bytes[..bytes.len() / 2], text.as_bytes(), b"", b"{\"extra\":1}"] {
        let refused = rule(Reservation::from_bytes(reservation.key(), damaged).unwrap_err());
        assert!(refused.starts_with("damaged or of another version (line 1, column "), "{refused}");
    }
}

#[test]
fn an_unknown_field_is_refused_and_thresholds_have_defaults() {
    assert!(serde_json::from_str::<PublicationPolicy>(r#"{"least_bases":1}"#).is_err());
    let policy: SnapshotPolicy = serde_json::from_str(r#"{"publication":{"least_base":50}}"#).unwrap();
    assert_eq!((policy.publication.least_base, policy.publication.decimal_from_base), (50, 1_000));
    assert_eq!(policy.disclosure, Policy::default());
}

#[tokio::test]
async fn an_issue_is_reserved_once_and_whoever_comes_later_gets_what_stands() {
    let vault = memory_vault();
    let ours = made("2020W407");
    assert!(matches!(reserve(&vault, ours.clone()).await.unwrap(), Standing::Created(_)));
    let mut other = ours.clone();
    other.gepubliceerd_op = "2021-03-02T06:00:00Z".parse().unwrap();
    let Standing::Held(held) = reserve(&vault, other).await.unwrap() else { panic!("reserved twice") };
    assert_eq!(*held, ours);
    assert!(matches!(reserve(&vault, ours.clone()).await.unwrap(), Standing::Held(_)));
    assert_eq!(reservation(&vault, ours.key()).await.unwrap().unwrap(), ours);
}

#[tokio::test]
async fn of_two_that_reserve_at_once_one_wins_and_both_render_the_same() {
    let vault = memory_vault();
    let first = made("2020W407");
    let mut second = first.clone();
    second.software = "vt-monitor 0.1.1".into();
    let (first, second) = tokio::join!(reserve(&vault, first), reserve(&vault, second));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(matches!(first, Standing::Created(_)), matches!(second, Standing::Created(_)));
    assert_eq!(first.into_reservation(), second.into_reservation());
}

#[tokio::test]
async fn a_second_issue_is_refused_until_there_are_revisions() {
    let vault = memory_vault();
    let mut second = made("2020W407");
    second.uitgave = 2;
    let refused = reserve(&vault, second).await.unwrap_err();
    assert!(matches!(refused, PublicationError::RevisionNotYet { issue: 2, .. }));
    insta::assert_snapshot!(refused, @"2020W407 issue 2: a period is published once for now; a second issue needs revisions that keep every unchanged value (the disclosure control does not have them yet). Nothing was written.");
    assert!(vault.reservations(PeriodKind::FourWeeks).await.unwrap().is_empty());
}

#[tokio::test]
async fn ours_is_checked_before_it_is_written() {
    let vault = memory_vault();
    let mut wrong = made("2020W407");
    wrong.geheugen = made("2020W406").geheugen;
    assert_eq!(rule(reserve(&vault, wrong).await.unwrap_err()), "its disclosure memory is of another period");
    assert!(vault.reservations(PeriodKind::FourWeeks).await.unwrap().is_empty());
}

/// A vault and a published store with the same two issues.
async fn published() -> (Vault, Arc<InMemory>) {
    let (vault, store) = (memory_vault(), Arc::new(InMemory::new()));
    for period in ["2020W406", "2020W407"] {
        // Published with its bases, reserved the same way.
        let reservation = made(period);
        reserve(&vault, reservation).await.unwrap();
        publish_in(store.as_ref(), &case(period)).await;
    }
    (vault, store)
}

async fn lost(vault: &Vault, store: &dyn ObjectStore) -> (String, String) {
    match check_memory(vault, store).await.unwrap_err() {
        PublicationError::MemoryLost { path, rule } => (path, rule),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn memory_and_store_that_match_pass_and_what_is_unfinished_is_named() {
    let (vault, store) = published().await;
    reserve(&vault, made("2019W407")).await.unwrap();
    let check = check_memory(&vault, store.as_ref()).await.unwrap();
    assert_eq!((check.published, check.unfinished), (2, vec![made("2019W407").key()]));
    let empty = check_memory(&memory_vault(), &InMemory::new()).await.unwrap();
    assert_eq!(empty, MemoryCheck { published: 0, unfinished: Vec::new() });
}

#[tokio::test]
async fn a_manifest_without_its_reservation_stops_publication() {
    let (_, store) = published().await;
    let older_backup = memory_vault();
    reserve(&older_backup, made("2020W406")).await.unwrap();
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
        reserve(&vault, other).await.unwrap();
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
