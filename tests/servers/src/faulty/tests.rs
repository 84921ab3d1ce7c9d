use std::time::Duration;

use object_store::memory::InMemory;

use super::*;

fn path() -> Path {
    Path::from("a/b")
}

async fn create(store: &FaultyStore, text: &'static str) -> Result<PutResult> {
    let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    store.put_opts(&path(), text.into(), create).await
}

async fn there(store: &dyn ObjectStore) -> bool {
    store.head(&path()).await.is_ok()
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    const PAUSE: Duration = Duration::from_millis(40);
    let with = |fault| {
        let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        (Arc::clone(&inner), FaultyStore::new(inner).at(0, fault))
    };
    let (inner, store) = with(Fault::Before);
    assert!(create(&store, "x").await.is_err() && !there(&inner).await);
    let (inner, store) = with(Fault::After);
    assert!(create(&store, "x").await.is_err() && there(&inner).await);
    let (inner, store) = with(Fault::Twice);
    assert!(matches!(create(&store, "x").await, Err(Error::AlreadyExists { .. })) && there(&inner).await);
    let (inner, store) = with(Fault::Busy);
    assert!(matches!(create(&store, "x").await, Err(Error::AlreadyExists { .. })) && !there(&inner).await);
    let (inner, store) = with(Fault::Late(PAUSE));
    let began = tokio::time::Instant::now();
    assert!(create(&store, "x").await.is_ok() && there(&inner).await && began.elapsed() >= PAUSE);
    let (inner, store) = with(Fault::Delayed(PAUSE));
    assert!(create(&store, "x").await.is_err() && !there(&inner).await);
    tokio::time::sleep(4 * PAUSE).await;
    assert!(there(&inner).await);
    let (inner, store) = with(Fault::Never);
    assert!(tokio::time::timeout(PAUSE, create(&store, "x")).await.is_err() && !there(&inner).await);
    assert_eq!((store.struck(), store.log()), (1, vec![(Operation::Create, "a/b".to_owned())]));
    let (_, store) = with(Fault::Never);
    store.give_up();
    assert!(create(&store, "x").await.is_err(), "nobody waits any more");
}

#[tokio::test]
async fn a_seed_gives_the_same_faults_and_another_one_others() {
    let struck = async |seed| {
        let store = FaultyStore::new(Arc::new(InMemory::new())).seeded(seed, 300, &[Fault::Before]);
        let mut failed = Vec::new();
        for _ in 0..200 {
            failed.push(store.list_with_delimiter(None).await.is_err());
        }
        failed
    };
    let (one, again, other) = (struck(1).await, struck(1).await, struck(2).await);
    let many = one.iter().filter(|failed| **failed).count();
    assert!(one == again && one != other && (30..90).contains(&many), "{many} of 200");
}

#[tokio::test]
async fn only_what_is_named_meets_faults() {
    let store = FaultyStore::new(Arc::new(InMemory::new())).always(Fault::Before).only(&[Operation::Delete]);
    create(&store, "x").await.unwrap();
    assert!(there(&store).await && store.delete(&path()).await.is_err() && there(&store).await);
    let mut upload = store.put_multipart(&path()).await.unwrap();
    upload.put_part("y".into()).await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(store.get(&path()).await.unwrap().bytes().await.unwrap(), "y");
}

#[tokio::test]
async fn something_happens_before_the_operation_that_it_was_planned_at() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let looks = Arc::clone(&seen);
    let store = FaultyStore::new(inner).at(1, Fault::Before).when(1, move || looks.lock().unwrap().push(()));
    create(&store, "x").await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 0);
    assert!(store.list_with_delimiter(None).await.is_err(), "it meets its fault all the same");
    assert_eq!(seen.lock().unwrap().len(), 1);
    store.list_with_delimiter(None).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1, "once");
}
