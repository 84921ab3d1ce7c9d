//! What stands in a turn, and what becomes of it when its writer dies.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use vt_servers::faulty::{Fault, FaultyStore, Operation};

use super::*;
use crate::{StoreKey, StoreKeys};

const NAME: &str = r#"{"periode":"2020W407","uitgave":1}"#;
const SHA256: &str = "bee2c0b33cebc1baef16514d59d2f49fb51965b4cb6bb13a21c5cce607bdd616";
const TEXT: &str = "{\"line\":1}\nline 2";

/// A vault, plain and encrypted, with others on the same store that fails in one way.
fn vaults() -> impl Iterator<Item = (Vault, impl Fn(Operation) -> Vault)> {
    let keys = || StoreKeys::new(StoreKey::generate(), Vec::new()).unwrap();
    [None, Some(keys())].into_iter().map(|keys| {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let on = move |store: Arc<dyn ObjectStore>| match &keys {
            Some(keys) => Vault::sealed(store, keys.clone()),
            None => Vault::new(store),
        };
        let vault = on(Arc::clone(&store));
        let dying = move |operation| {
            let store = FaultyStore::new(Arc::clone(&store)).only(&[operation]);
            on(Arc::new(match operation {
                // The turn is taken, and nothing comes after it.
                Operation::Create => (1..8).fold(store, |store, number| store.at(number, Fault::Before)),
                _ => store.always(Fault::Before),
            }))
        };
        (vault, dying)
    })
}

fn issue(period: &str) -> ReservationKey {
    ReservationKey { period: period.parse().unwrap(), issue: 1 }
}

async fn reserve(vault: &Vault, period: &str) -> Result<Reserved, VaultError> {
    let turn = vault.next_turn(2020).await.unwrap();
    vault.reserve(turn, issue(period), TEXT.into()).await
}

/// The turn with all that was reserved in it.
fn full() -> String {
    format!("{}\n{TEXT}", NAME.replace('}', &format!(r#","sha256":"{SHA256}"}}"#)))
}

async fn stands_in(vault: &Vault, number: u32) -> Option<String> {
    let read = vault.read(&Turn { iso_year: 2020, number }.path()).await.unwrap();
    read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

async fn reserved(vault: &Vault) -> Option<Bytes> {
    vault.reservation(issue("2020W407")).await.unwrap()
}

#[tokio::test]
async fn the_name_alone_is_left_in_a_turn() {
    for (vault, _) in vaults() {
        assert_eq!(reserve(&vault, "2020W407").await.unwrap(), Reserved::Created);
        assert_eq!(stands_in(&vault, 1).await.unwrap(), NAME);
        assert_eq!(reserved(&vault).await.unwrap(), TEXT);
        assert_eq!(vault.next_turn(2020).await.unwrap(), Turn { iso_year: 2020, number: 2 });
        assert_eq!(vault.next_turn(2021).await.unwrap(), Turn { iso_year: 2021, number: 1 });
    }
}

#[tokio::test]
async fn what_is_reserved_in_a_turn_is_put_in_its_place_by_who_looks_next() {
    for (vault, dying) in vaults() {
        assert!(reserve(&dying(Operation::Create), "2020W407").await.is_err());
        assert_eq!((reserved(&vault).await, stands_in(&vault, 1).await), (None, Some(full())));
        let next = vault.next_turn(2020).await.unwrap();
        assert_eq!(reserved(&vault).await.unwrap(), TEXT);
        assert_eq!(stands_in(&vault, 1).await.unwrap(), NAME);
        assert_eq!(vault.reserve(next, issue("2020W408"), TEXT.into()).await.unwrap(), Reserved::Created);
    }
}

#[tokio::test]
async fn a_turn_that_was_not_shortened_is_shortened_by_who_looks_next() {
    for (vault, dying) in vaults() {
        assert_eq!(reserve(&dying(Operation::Put), "2020W407").await.unwrap(), Reserved::Created);
        assert_eq!(stands_in(&vault, 1).await.unwrap(), full());
        vault.settle_turns().await.unwrap();
        assert_eq!(stands_in(&vault, 1).await.unwrap(), NAME);
        assert_eq!(reserved(&vault).await.unwrap(), TEXT);
    }
}

#[tokio::test]
async fn what_was_removed_after_its_term_does_not_come_back() {
    for (vault, dying) in vaults() {
        assert!(reserve(&dying(Operation::Create), "2020W407").await.is_err());
        vault.remove_reservation(issue("2020W407"), "why".into()).await.unwrap();
        vault.settle_turns().await.unwrap();
        assert_eq!(reserved(&vault).await, None);
        assert_eq!(stands_in(&vault, 1).await.unwrap(), NAME);
    }
}

#[tokio::test]
async fn half_a_reservation_or_another_one_is_put_nowhere() {
    let other = full().replace("line 2", "line 3");
    let head = full().split_once('\n').unwrap().0.to_owned();
    let plain = format!("{NAME}\n{TEXT}");
    for damaged in [&full()[..full().len() - 1], &other, &head, &format!("{head}\n"), &format!("{NAME}\n"), &plain] {
        let vault = Vault::new(Arc::new(InMemory::new()));
        vault.replace(&Path::from("turns/2020/1.json"), damaged.to_owned().into()).await.unwrap();
        let refused = vault.settle_turns().await.unwrap_err().to_string();
        assert!(refused.contains("turns/2020/1.json") && refused.contains("half written"), "{refused}");
        assert_eq!(reserved(&vault).await, None, "{damaged}");
        assert_eq!(stands_in(&vault, 1).await.unwrap(), *damaged, "it stays to be looked at");
    }
}

#[tokio::test]
async fn something_else_among_the_turns_is_an_error() {
    let refused = async |path: &str, text: &'static str| {
        let vault = Vault::new(Arc::new(InMemory::new()));
        vault.replace(&Path::from(path), text.into()).await.unwrap();
        let (one, all) = (vault.next_turn(2020).await.unwrap_err(), vault.settle_turns().await.unwrap_err());
        assert!(one.to_string().contains(path) && all.to_string().contains(path), "{one}; {all}");
        all.to_string()
    };
    assert!(refused("turns/2020/notes.txt", "x").await.contains("no turn's name"));
    assert!(refused("turns/2020/01.json", "x").await.contains("no turn's name"));
    assert!(refused("turns/2020/1.json", "13").await.contains("no issue's name"));
    let other_year = refused("turns/2020/1.json", r#"{"periode":"2019W407","uitgave":1}"#).await;
    assert!(other_year.contains("another ISO year"), "{other_year}");
}
