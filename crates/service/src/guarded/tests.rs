//! A folder that goes away, comes back, or is replaced.

use std::os::unix::fs::PermissionsExt;
use std::path::Path as FsPath;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};

use super::Guarded;

fn mode(path: &FsPath) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn upload(store: &Guarded, to: &str) -> object_store::Result<()> {
    let mut upload = WriteMultipart::new(store.put_multipart(&Path::from(to)).await?);
    upload.write(b"raw");
    upload.finish().await.map(drop)
}

#[tokio::test]
async fn what_is_private_is_for_its_owner_only_and_what_is_published_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for (name, private) in [("private", true), ("published", false)] {
        let root = folder.path().join(name);
        std::fs::create_dir(&root).unwrap();
        let store = Guarded::open(&root, private).unwrap();
        store.put(&Path::from("a/b/one.json"), b"{}".as_slice().into()).await.unwrap();
        upload(&store, "q/two.csv").await.unwrap();
        store.rename(&Path::from("q/two.csv"), &Path::from("raw/two.csv")).await.unwrap();
        let plain = root.join("plain");
        std::fs::write(&plain, "x").unwrap();
        for file in ["a/b/one.json", "raw/two.csv"] {
            let expected = if private { 0o600 } else { mode(&plain) };
            assert_eq!(mode(&root.join(file)), expected, "{name}/{file}");
        }
        if private {
            assert!(["a", "a/b", "q", "raw"].iter().all(|made| mode(&root.join(made)) == 0o700));
        }
        assert_eq!(store.get(&Path::from("raw/two.csv")).await.unwrap().bytes().await.unwrap(), "raw");
    }
}

#[tokio::test]
async fn a_private_file_is_created_once_and_overwritten_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = Guarded::open(folder.path(), true).unwrap();
    let path = Path::from("one");
    let create = || object_store::PutOptions { mode: object_store::PutMode::Create, ..Default::default() };
    store.put_opts(&path, b"one".as_slice().into(), create()).await.unwrap();
    let again = store.put_opts(&path, b"two".as_slice().into(), create()).await.unwrap_err();
    assert!(matches!(again, object_store::Error::AlreadyExists { .. }), "{again}");
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "one");
    store.put(&path, b"two".as_slice().into()).await.unwrap();
    let mut left = store.put_multipart(&Path::from("half")).await.unwrap();
    left.put_part(b"x".as_slice().into()).await.unwrap();
    drop(left);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["one"], "nothing half-written stays");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_never_made_anew_and_lists_as_no_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let (root, away) = (folder.path().join("private"), folder.path().join("away"));
    std::fs::create_dir(&root).unwrap();
    let store = Guarded::open(&root, true).unwrap();
    store.put(&Path::from("keys/1.json"), b"{\"a\":1}".as_slice().into()).await.unwrap();
    store.get(&Path::from("keys/1.json")).await.unwrap();
    std::fs::rename(&root, &away).unwrap();
    assert!(store.put(&Path::from("raw/x"), b"x".as_slice().into()).await.is_err());
    assert!(upload(&store, "raw/y").await.is_err());
    assert!(store.list(None).try_collect::<Vec<_>>().await.is_err());
    assert!(!root.exists() && !away.join("raw").exists());
    // Another one in its place is not taken for it; what is brought back is.
    std::fs::create_dir(&root).unwrap();
    assert!(store.put(&Path::from("raw/x"), b"x".as_slice().into()).await.is_err());
    assert!(store.get(&Path::from("keys/1.json")).await.is_err());
    std::fs::create_dir(root.join("keys")).unwrap();
    std::fs::copy(away.join("keys/1.json"), root.join("keys/1.json")).unwrap();
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(store.get(&Path::from("keys/1.json")).await.is_err(), "open to others");
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(store.put(&Path::from("raw/x"), b"x".as_slice().into()).await.is_ok());
}
