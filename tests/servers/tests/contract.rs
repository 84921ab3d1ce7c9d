//! Servers and the library's own stores, held against what our code asks of a store.

use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use vt_servers::{Moto, S3Access, SeaweedFs, contract};

fn ring() {
    // Twice is once.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn bucket_holds(access: &S3Access) {
    access.create_bucket("vt-test").unwrap();
    contract::holds(Arc::new(access.store("vt-test").unwrap())).await.unwrap();
    assert_eq!(access.unfinished_uploads("vt-test").unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_a_directory_hold() {
    contract::holds(Arc::new(InMemory::new())).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    contract::holds(Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn seaweedfs_holds() {
    ring();
    let server = SeaweedFs::start().unwrap();
    bucket_holds(&server.access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_holds() {
    ring();
    let server = Moto::start().unwrap();
    bucket_holds(&server.access).await;
}
