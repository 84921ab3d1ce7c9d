use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use proptest::prelude::*;

use super::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn id(vt: &str, maand: &str, nr: u32) -> DeliveryId {
    DeliveryId { vt: vt.into(), maand: month(maand), nr }
}

fn removal(rule: &str) -> Removal {
    Removal::new("2020-03-01T05:30:00Z".parse().unwrap(), rule.into(), "vt-monitor 0.1.0".into())
}

async fn write(vault: &Vault, path: &Path) {
    vault.store().put(path, "x".into()).await.unwrap();
}

#[test]
fn a_term_ends_with_a_month_also_in_a_leap_year() {
    let on = |maand: &str, months: u32| expires_on(month(maand), months).to_string();
    assert_eq!(on("2019-01", 13), "2020-03-01", "29 February is the last day");
    assert_eq!(on("2020-01", 13), "2021-03-01", "28 February is the last day");
    assert_eq!(on("2019-12", 25), "2022-02-01");
    assert_eq!(on("2020-02", 0), "2020-03-01");
    assert_eq!(on("2020-02", 12), "2021-03-01");
    let past = |day: &str| expired(day.parse().unwrap(), month("2019-01"), 13);
    assert!(!past("2020-02-29") && past("2020-03-01"));
}

#[tokio::test]
async fn the_record_comes_first_and_a_removal_that_was_cut_off_is_finished() {
    let vault = Vault::new(Arc::new(InMemory::new()));
    let (gone, stays) = (id("VT07", "2019-01", 2), id("VT07", "2019-01", 12));
    for delivery in [&gone, &stays] {
        for record in RecordType::ALL {
            write(&vault, &vault.registration_path(delivery, record)).await;
        }
        write(&vault, &Path::from(format!("raw/VT07/2019-01/{}/advies.csv", delivery.nr))).await;
    }
    let first = removal("registrations_months = 25");
    // A crash after the record: everything still stands.
    let bytes = serde_json::to_vec_pretty(&first).unwrap();
    vault.record_once(&record_path(Kept::Registrations, &gone), bytes.into()).await.unwrap();
    let begun = vault.removed(Kept::Registrations).await.unwrap();
    assert_eq!(begun, BTreeSet::from([gone.clone()]));
    let standing = vault.kept(Kept::Registrations).await.unwrap();
    assert_eq!((standing[&gone], standing[&stays]), (3, 3));
    let today = "2019-03-01".parse().unwrap();
    assert_eq!(
        due(today, 25, standing.into_keys(), &begun, &begun),
        BTreeSet::from([gone.clone()]),
        "whatever the term"
    );
    // A crash in the middle of the files.
    vault.remove(&vault.registration_path(&gone, RecordType::Melding)).await.unwrap();
    let again = vault.remove_kept(Kept::Registrations, &gone, &removal("registrations_months = 13")).await.unwrap();
    assert_eq!(again, 3);
    assert_eq!(vault.removal(Kept::Registrations, &gone).await.unwrap(), Some(first), "the first record stays");
    assert_eq!(vault.kept(Kept::Registrations).await.unwrap(), BTreeMap::from([(stays.clone(), 3)]));
    assert_eq!(vault.kept(Kept::Raw).await.unwrap().len(), 2, "raw deliveries have a term of their own");
    assert_eq!(vault.remove_kept(Kept::Raw, &gone, &removal("raw_months = 13")).await.unwrap(), 1);
    assert_eq!(vault.kept(Kept::Raw).await.unwrap(), BTreeMap::from([(stays, 1)]));
}

#[tokio::test]
async fn a_removed_reservation_leaves_its_record_and_its_name() {
    let vault = Vault::new(Arc::new(InMemory::new()));
    let key = ReservationKey { period: "2019W402".parse().unwrap(), issue: 1 };
    vault.place(key, "secret".into()).await.unwrap();
    vault.remove_reservation(key, "why".into()).await.unwrap();
    vault.remove_reservation(key, "why not".into()).await.unwrap();
    assert_eq!(vault.reservation(key).await.unwrap(), None);
    assert_eq!(vault.reservations(PeriodKind::FourWeeks).await.unwrap(), []);
    assert_eq!(vault.removed_reservations(PeriodKind::FourWeeks).await.unwrap(), BTreeSet::from([key]));
    assert_eq!(vault.removed_reservation(key).await.unwrap().unwrap(), "why");
}

proptest! {
    #[test]
    fn what_is_needed_or_within_its_term_never_goes(
        deliveries in proptest::collection::btree_set((1..4u32, 0..60usize), 0..40),
        needed in proptest::collection::btree_set((1..4u32, 0..60usize), 0..40),
        months in 0..40u32,
        days in 0..2200u64,
    ) {
        let all: Vec<Month> = month("2019-01").through(month("2024-12")).collect();
        let today = month("2019-01").first_day() + chrono::Days::new(days);
        let named = |(nr, month): &(u32, usize)| DeliveryId { vt: "VT07".into(), maand: all[*month], nr: *nr };
        let needed: BTreeSet<DeliveryId> = needed.iter().map(named).collect();
        let goes = due(today, months, deliveries.iter().map(named), &BTreeSet::new(), &needed);
        for id in deliveries.iter().map(named) {
            let whole_months_since = id.maand.next().through(Month::of(today).previous()).count();
            let over = whole_months_since >= months as usize && today > id.maand.last_day();
            prop_assert_eq!(goes.contains(&id), over && !needed.contains(&id), "{} on {}", id, today);
        }
        // A day later at least the same goes.
        let tomorrow = due(today + chrono::Days::new(1), months, deliveries.iter().map(named), &BTreeSet::new(), &needed);
        prop_assert!(goes.is_subset(&tomorrow));
    }
}
