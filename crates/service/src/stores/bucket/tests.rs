use std::time::Duration;

use object_store::memory::InMemory;
use object_store::{Attribute, ObjectStoreExt};
use vt_servers::faulty::{Fault, FaultyStore, Operation};

use super::*;

fn on(store: &FaultyStore, which: Store) -> Arc<dyn ObjectStore> {
    open(Arc::new(store.clone()), Path::from("a/b"), which)
}

/// Lets what was dropped be given up.
async fn settle(store: &FaultyStore) {
    let before = store.log().len();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if store.log().len() > before {
            break;
        }
    }
}

fn aborted(store: &FaultyStore) -> usize {
    store.log().iter().filter(|(operation, _)| *operation == Operation::Abort).count()
}

#[tokio::test]
async fn published_files_say_what_they_are_and_private_ones_nothing() {
    let inner = Arc::new(InMemory::new());
    let store = FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>);
    for (which, expected) in [(Store::Published, Some("text/html; charset=utf-8")), (Store::Private, None)] {
        on(&store, which).put(&Path::from("x/rapport.html"), "x".into()).await.unwrap();
        let found = inner.get(&Path::from("a/b/x/rapport.html")).await.unwrap().attributes;
        assert_eq!(found.get(&Attribute::ContentType).map(AsRef::as_ref), expected);
    }
}

#[tokio::test]
async fn an_upload_that_nobody_finishes_is_given_up_once() {
    let store = FaultyStore::new(Arc::new(InMemory::new()));
    let bucket = on(&store, Store::Private);
    let mut upload = bucket.put_multipart(&Path::from("x")).await.unwrap();
    upload.put_part("one".into()).await.unwrap();
    drop(upload);
    settle(&store).await;
    assert_eq!(aborted(&store), 1);
    let mut upload = bucket.put_multipart(&Path::from("x")).await.unwrap();
    upload.put_part("one".into()).await.unwrap();
    upload.abort().await.unwrap();
    drop(upload);
    let mut upload = bucket.put_multipart(&Path::from("x")).await.unwrap();
    upload.put_part("one".into()).await.unwrap();
    upload.complete().await.unwrap();
    assert!(upload.complete().await.is_err() && upload.put_part("two".into()).await.is_err());
    drop(upload);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(aborted(&store), 2, "one that was dropped, one that was given up");
}

#[tokio::test]
async fn a_part_that_fails_leaves_no_upload_behind() {
    let store = FaultyStore::new(Arc::new(InMemory::new())).always(Fault::Before).only(&[Operation::Part]);
    let bucket = on(&store, Store::Private);
    let upload = bucket.put_multipart(&Path::from("x")).await.unwrap();
    let mut writer = object_store::WriteMultipart::new(upload);
    writer.write(b"one");
    assert!(writer.finish().await.is_err());
    settle(&store).await;
    assert_eq!(aborted(&store), 1, "the library itself does not, when a part fails");
}
