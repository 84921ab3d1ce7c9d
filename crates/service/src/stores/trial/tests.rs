use futures::StreamExt;
use object_store::memory::InMemory;
use vt_servers::faulty::{Fault, FaultyStore, Flaw, Operation};

use super::*;

fn now() -> DateTime<Utc> {
    "2026-09-14T06:00:00Z".parse().unwrap()
}

/// What is said of a store, and how much is left in it.
async fn tried(change: impl Fn(FaultyStore) -> FaultyStore) -> (Result<String>, usize) {
    let inner = Arc::new(InMemory::new());
    let store = change(FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>));
    let outcome = examine(&store, None, now(), Duration::from_secs(2)).await;
    (outcome, inner.list(None).count().await)
}

async fn wrong(change: impl Fn(FaultyStore) -> FaultyStore) -> String {
    format!("{:#}", tried(change).await.0.unwrap_err())
}

#[tokio::test]
async fn a_sound_store_is_fit_and_nothing_is_left() {
    let (sound, left) = tried(|store| store).await;
    assert!(sound.unwrap().contains("refuses to create twice"));
    assert_eq!(left, 0);
}

#[tokio::test]
async fn trials_at_one_instant_keep_out_of_each_others_way() {
    let store = FaultyStore::new(Arc::new(InMemory::new()));
    let paths = async |from: usize| {
        examine(&store, None, now(), PATIENCE).await.unwrap();
        store.log().into_iter().skip(from).map(|(_, path)| path).filter(|path| path != SCRATCH).collect::<Vec<_>>()
    };
    let one = paths(0).await;
    let other = paths(store.log().len()).await;
    assert!(!one.is_empty() && !other.is_empty() && other.iter().all(|path| !one.contains(path)), "{one:?} {other:?}");
}

#[tokio::test]
async fn what_nothing_may_rest_on_is_unfit_and_nothing_is_left() {
    for (flaw, said) in [
        (Flaw::CreatesTwice, "does not refuse to create an object twice"),
        (Flaw::LooksBeforeItCreates, "lets several create one object at once"),
        (Flaw::ListsLate, "does not list what was written"),
    ] {
        let (outcome, left) = tried(|store| store.with(flaw)).await;
        let error = outcome.unwrap_err();
        assert!(error.chain().any(|cause| cause.is::<Unfit>()) && format!("{error:#}").contains(said), "{error:#}");
        assert_eq!(crate::commands::exit_of(&error), crate::exit::Exit::Config);
        assert_eq!(left, 0, "also of a trial that failed: {said}");
    }
}

#[tokio::test]
async fn what_can_not_be_used_is_told_with_its_mending_and_is_not_unfit() {
    let only = |operation| move |store: FaultyStore| store.always(Fault::Before).only(&[operation]);
    for (operation, said) in [
        (Operation::Create, "does the bucket exist"),
        (Operation::Get, "permissions to read"),
        (Operation::List, "permissions to list"),
        (Operation::Put, "a lock on objects"),
        (Operation::Delete, "permissions to delete"),
    ] {
        let error = wrong(only(operation)).await;
        assert!(error.contains(said), "{operation:?}: {error}");
    }
    assert!(wrong(|store| store.with(Flaw::KeepsAll)).await.contains("permissions to delete"));
    assert!(wrong(|store| store.always(Fault::Never)).await.contains("no answer within"));
    let (outcome, _) = tried(only(Operation::Create)).await;
    assert_eq!(crate::commands::exit_of(&outcome.unwrap_err()), crate::exit::Exit::Failed);
}

#[tokio::test]
async fn a_private_store_that_anybody_can_read_or_list_is_unfit() {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let closed = FaultyStore::new(Arc::clone(&inner)).always(Fault::Before);
    examine(&inner, Some(&closed), now(), PATIENCE).await.unwrap();
    let listed = FaultyStore::new(Arc::clone(&inner)).always(Fault::Before).only(&[Operation::Get]);
    for open in [&inner as &dyn ObjectStore, &listed] {
        let error = examine(&inner, Some(open), now(), PATIENCE).await.unwrap_err();
        assert!(error.is::<Unfit>() && error.to_string().contains("can be read by anybody"), "{error}");
    }
    assert_eq!(inner.list(None).count().await, 0);
}

#[tokio::test]
async fn before_work_begins_the_store_is_named() {
    let flawed = FaultyStore::new(Arc::new(InMemory::new())).with(Flaw::CreatesTwice);
    let remote = Remote { store: Store::Published, ours: Arc::new(flawed), anybody: None };
    let error = format!("{:#}", prove(&[remote], now()).await.unwrap_err());
    assert!(error.starts_with("the published store: does not refuse"), "{error}");
}
