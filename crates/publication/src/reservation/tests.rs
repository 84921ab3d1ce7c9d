mod memory;
mod removed;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::FutureExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::Issue;
use vt_servers::faulty::{FaultyStore, Operation};

use super::*;
use crate::history::History;
use crate::publish::fixture::{self, Case, case, next, publish_next, reserve_next};
use crate::registers::register_of;
use crate::testdata::memory_vault;

fn made(period: &'static str) -> Reservation {
    crate::publish::fixture::reservation(&case(period))
}

/// Writes a reservation as it is, whatever it rests on.
async fn put(vault: &Vault, key: ReservationKey, bytes: Bytes) {
    let turn = vault.next_turn(key.period.iso_year()).await.unwrap();
    assert_ne!(vault.reserve(turn, key, bytes).await.unwrap(), vt_vault::Reserved::Crossed);
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
    assert!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap().get("leeg").is_none(), "only a sum has it");
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
    let mut renumbered = reservation.clone();
    renumbered.uitgave = 2;
    let second = Reservation::from_bytes(renumbered.key(), &renumbered.to_bytes()).unwrap_err();
    assert_eq!(rule(second), "its disclosure memory is of another issue");
    assert_eq!(refused(&|r| r.cadans = PeriodKind::Week), "its cadence or issue is not one of its period");
    assert_eq!(
        refused(&|r| r.beleid.disclosure.max_iterations += 1),
        "its disclosure memory was made under another policy"
    );
    assert_eq!(refused(&|r| r.sleutel_kenmerk.push('0')), "its disclosure memory was made with another key");
    let empty = LeftEmpty { maat: Maat::OntvangenMeldingen, regio: "VR20".into() };
    assert_eq!(refused(&|r| r.leeg = vec![empty.clone()]), "it has what its parts leave empty, and no parts");
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

/// Any reservation that stands by itself, in another vault than the tests of one.
async fn standing(vault: &Vault, reservation: Reservation) -> Result<Standing, PublicationError> {
    reserve(vault, reservation, Register::builtin()).await
}

#[tokio::test]
async fn an_issue_is_reserved_once_and_whoever_comes_later_gets_what_stands() {
    let vault = memory_vault();
    let ours = made("2020W407");
    assert!(matches!(standing(&vault, ours.clone()).await.unwrap(), Standing::Created(_)));
    let mut other = ours.clone();
    other.gepubliceerd_op = "2021-03-02T06:00:00Z".parse().unwrap();
    let Standing::Held(held) = standing(&vault, other).await.unwrap() else { panic!("reserved twice") };
    assert_eq!(*held, ours);
    assert!(matches!(standing(&vault, ours.clone()).await.unwrap(), Standing::Held(_)));
    assert_eq!(reservation(&vault, ours.key()).await.unwrap().unwrap(), ours);
}

#[tokio::test]
async fn of_two_that_reserve_at_once_one_wins_and_both_render_the_same() {
    let vault = memory_vault();
    let first = made("2020W407");
    let mut second = first.clone();
    second.software = "vt-monitor 0.1.1".into();
    let (first, second) = tokio::join!(standing(&vault, first), standing(&vault, second));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(matches!(first, Standing::Created(_)), matches!(second, Standing::Created(_)));
    assert_eq!(first.into_reservation(), second.into_reservation());
}

#[tokio::test]
async fn ours_is_checked_before_it_is_written() {
    let vault = memory_vault();
    let mut wrong = made("2020W407");
    wrong.geheugen = made("2020W406").geheugen;
    assert_eq!(rule(standing(&vault, wrong).await.unwrap_err()), "its disclosure memory is of another period");
    let mut elsewhere = made("2020W407");
    elsewhere.register = "2019-000000000000".into();
    assert_eq!(rule(standing(&vault, elsewhere).await.unwrap_err()), "it names another register than the one at hand");
    assert!(vault.reservations(PeriodKind::FourWeeks).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_does_not_rest_on_all_that_binds_it_is_refused() {
    let vault = memory_vault();
    standing(&vault, made("2020W127")).await.unwrap();
    let moved = standing(&vault, made("2020W128")).await.unwrap_err();
    insta::assert_snapshot!(moved, @"2020W128 issue 1: 2020W127 issue 1 was reserved since it was protected. Nothing was written: protect it again.");
    let mut history = History::read(&vault, [2020]).await.unwrap();
    let second = reserve_next(&vault, &mut history, &case("2020W128")).await;
    assert_eq!(second.geheugen.named().map(|name| name.period).collect::<Vec<_>>(), ["2020W127"; 3]);
    // Of another year: nothing binds it.
    standing(&vault, made("2021W127")).await.unwrap();
}

#[tokio::test]
async fn of_two_periods_that_are_reserved_at_once_the_later_one_names_the_other() {
    let (mut behind, mut before) = (0, 0);
    for (second, late) in
        ["2020W128", "2020W407", "2021W127"].into_iter().flat_map(|of| (0..40).map(move |late| (of, late)))
    {
        // Between any two of its operations the other one comes, which begins so many operations later.
        let vault = Vault::new(Arc::new(FaultyStore::new(Arc::new(InMemory::new()))));
        let later = async {
            for _ in 0..late {
                tokio::task::yield_now().await;
            }
            standing(&vault, made(second)).await
        };
        let (one, other) = tokio::join!(standing(&vault, made("2020W127")), later);
        let reserved = [&one, &other].into_iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(
            reserved,
            if second == "2021W127" { 2 } else { 1 },
            "{second}, {late} later: neither names the other"
        );
        behind += usize::from(one.is_err());
        before += usize::from(other.is_err());
    }
    assert!(before > 60 && before + behind == 80, "{before} and {behind}");
}

#[tokio::test]
async fn who_is_always_crossed_gives_up_and_protects_again() {
    let (inner, taken) = (Arc::new(InMemory::new()), Arc::new(AtomicU32::new(0)));
    let crossing = {
        let inner = Arc::clone(&inner);
        move || {
            let path = format!("turns/2020/{}.json", taken.fetch_add(1, Ordering::Relaxed) + 1);
            let name = r#"{"periode":"2020W101","uitgave":1}"#;
            // A store in memory never waits.
            fixture::write(inner.as_ref(), &path, name.into()).now_or_never().unwrap();
        }
    };
    let store = FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>).only(&[Operation::Create]);
    let store = (0..64).fold(store, |store, number| store.when(number, crossing.clone()));
    let given_up = standing(&Vault::new(Arc::new(store)), made("2020W127")).await.unwrap_err();
    insta::assert_snapshot!(given_up, @"2020W127 issue 1: 8 times another issue of its ISO year was reserved since it was protected. Nothing was written: protect it again.");
    assert_eq!(Vault::new(inner).reservations(PeriodKind::Week).await.unwrap(), []);
}

#[tokio::test]
async fn a_second_issue_rests_on_the_first_and_keeps_its_register_and_key() {
    let (vault, mut history) = (memory_vault(), History::default());
    let first = reserve_next(&vault, &mut history, &case("2020W127")).await;
    let second = next(&history, &Case { more: 1, ..case("2020W127") }).unwrap();
    let with = |change: &dyn Fn(&mut Reservation)| {
        let mut changed = second.clone();
        change(&mut changed);
        changed
    };
    let unfinished = with(&|r| r.vorige = None);
    let refused = rule(standing(&vault, unfinished).await.unwrap_err());
    assert!(
        refused.starts_with("it does not rest on 2020W127 issue 1, which was reserved and is not void"),
        "{refused}"
    );
    let other = with(&|r| r.vorige.as_mut().unwrap().pad = "manifests/week/2020W126/1.json".into());
    assert!(rule(standing(&vault, other).await.unwrap_err()).starts_with("it does not rest on"));
    // The registers of before a correction and after it.
    let corrected = corrected_register();
    let elsewhere = with(&|r| r.register = corrected.version().to_owned());
    let refused = rule(reserve(&vault, elsewhere, &corrected).await.unwrap_err());
    assert_eq!(refused, "it is made with another register than the first issue of the period");
    assert!(matches!(standing(&vault, second.clone()).await.unwrap(), Standing::Created(_)));
    assert_eq!(second.geheugen.named().map(|name| name.issue).collect::<Vec<_>>(), [1]);
    let third = with(&|_| ());
    assert!(matches!(standing(&vault, third).await.unwrap(), Standing::Held(_)));
    assert_eq!(first.register, second.register);
}

/// The built-in register with one more inhabitant somewhere.
fn corrected_register() -> Register {
    let mut source = Register::builtin().source().clone();
    let last = source.inwoners.trim_end().to_owned();
    source.inwoners = format!("{last}0\n");
    Register::from_source(&source).unwrap()
}

#[tokio::test]
async fn a_register_is_found_again_after_another_took_its_place() {
    let vault = memory_vault();
    let version = Register::builtin().version().to_owned();
    let corrected = corrected_register();
    assert_ne!(corrected.version(), version);
    let lost = register_of(&vault, &version, &corrected).await.unwrap_err();
    assert!(matches!(lost, PublicationError::RegisterLost { .. }), "{lost}");
    let reserved = made("2020W127");
    standing(&vault, reserved.clone()).await.unwrap();
    let found = register_of(&vault, &version, &corrected).await.unwrap();
    assert_eq!(found.version(), version);
    let draft = |register: &Register| {
        crate::render::render(&reserved, register, CodeLists::builtin(), &crate::indicators::Bases::default())
    };
    assert!(draft(&corrected).is_err());
    assert_eq!(draft(&found).unwrap(), draft(Register::builtin()).unwrap());
    assert_eq!(register_of(&vault, corrected.version(), &corrected).await.unwrap().version(), corrected.version());
    assert!(!vault.keep_register(Register::builtin()).await.unwrap(), "kept before");
}

#[tokio::test]
async fn a_void_issue_is_never_finished_and_binds_the_next() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let first = reserve_next(&vault, &mut history, &case("2020W127")).await;
    let mark = Void {
        reason: "rekenfout in de levering".into(),
        at: "2021-03-02T06:00:00Z".parse().unwrap(),
        software: "vt-monitor 0.1.0".into(),
    };
    let absent = ReservationKey { issue: 2, ..first.key() };
    assert_eq!(rule(void(&vault, &store, absent, &mark).await.unwrap_err()), "it is not reserved, and cannot be void");
    assert!(void(&vault, &store, first.key(), &mark).await.unwrap());
    assert!(!void(&vault, &store, first.key(), &mark).await.unwrap(), "once");
    assert_eq!(voided(&vault, first.key()).await.unwrap(), Some(mark));
    assert_eq!(voided(&vault, absent).await.unwrap(), None);
    assert_eq!(vault.reservations(PeriodKind::Week).await.unwrap(), [first.key()]);
    let check = check_memory(&vault, &store, None).await.unwrap();
    assert_eq!((check.unfinished, check.void), (vec![], vec![first.key()]));
    let again = rule(standing(&vault, first.clone()).await.unwrap_err());
    assert!(again.starts_with("it is void"), "{again}");
    let mut history = History::read(&vault, [2020]).await.unwrap();
    let second = reserve_next(&vault, &mut history, &Case { more: 1, ..case("2020W127") }).await;
    assert_eq!((second.uitgave, second.vorige.clone()), (2, None));
    assert_eq!(second.geheugen.named().map(|name| name.issue).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn what_a_void_issue_left_in_the_published_store_is_cleared_and_nothing_else() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let first = reserve_next(&vault, &mut history, &case("2020W407")).await;
    let issue = Issue { periode: first.periode, uitgave: first.uitgave };
    let other = Issue { uitgave: 12, ..issue };
    let (csv, json) = (issue.file("kerncijfers.csv"), issue.file("kerncijfers.json"));
    for path in [&csv, &json, &other.file("kerncijfers.csv")] {
        fixture::write(&store, path, "draft".into()).await;
    }
    let refused = rule(clear_draft(&vault, &store, first.key()).await.unwrap_err());
    assert_eq!(refused, "it is not void, and its files stay");
    let mark = Void { reason: "cannot be rendered".to_owned(), at: first.gepubliceerd_op, software: "test".to_owned() };
    assert!(void(&vault, &store, first.key(), &mark).await.unwrap());
    fixture::write(&store, &issue.manifest(), "{}".into()).await;
    let refused = rule(clear_draft(&vault, &store, first.key()).await.unwrap_err());
    assert_eq!(refused, "it has a manifest, and its files stay");
    assert!(crate::publish::store::read(&store, &csv).await.unwrap().is_some());
    object_store::ObjectStoreExt::delete(&store, &issue.manifest().into()).await.unwrap();
    assert_eq!(clear_draft(&vault, &store, first.key()).await.unwrap(), 2);
    assert_eq!(clear_draft(&vault, &store, first.key()).await.unwrap(), 0, "once");
    let left = crate::publish::store::list(&store, "").await.unwrap();
    assert_eq!(left.into_iter().map(|(path, _)| path).collect::<Vec<_>>(), [other.file("kerncijfers.csv")]);
}

#[tokio::test]
async fn what_was_published_cannot_be_void() {
    let (vault, store, mut history) = (memory_vault(), InMemory::new(), History::default());
    let published = publish_next(&vault, &store, &mut history, &case("2020W127")).await;
    let key = ReservationKey { period: published.issue.periode, issue: 1 };
    let mark = Void { reason: "x".into(), at: "2021-03-02T06:00:00Z".parse().unwrap(), software: "x".into() };
    assert!(rule(void(&vault, &store, key, &mark).await.unwrap_err()).starts_with("it was published"));
    assert_eq!(voided(&vault, key).await.unwrap(), None);
}
