//! Stores on S3: two servers that share no code, our own way of opening them, and the whole job on one of them.

mod job;
mod read;
mod tls;

use std::sync::Arc;

use object_store::ObjectStore;
use vt_domain::{Clock, ManualClock};
use vt_monitor::belonging::Store;
use vt_monitor::config::StoreConfig;
use vt_monitor::stores::trial::{PATIENCE, Unfit, examine};
use vt_monitor::stores::{open, open_as_anybody};
use vt_servers::{Moto, S3Access, SeaweedFs, contract};

/// A configuration, and the folder with its key.
struct Reached {
    config: StoreConfig,
    _folder: tempfile::TempDir,
}

/// Both stores in one bucket of a server, reached as a configuration says.
fn config(access: &S3Access, bucket: &str, more: &str) -> Reached {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "published = \"s3://{bucket}/met spatie/published\"\nprivate = \"s3://{bucket}/met spatie/private\"\n{more}\n[s3]\n{}",
        access.settings(folder.path()).unwrap()
    );
    Reached { config: toml::from_str(&text).unwrap(), _folder: folder }
}

fn now() -> chrono::DateTime<chrono::Utc> {
    ManualClock::at("2026-09-14T06:00:00Z".parse().unwrap()).now()
}

/// What `doctor` and the start of work say of the private store.
async fn tried(config: &StoreConfig) -> anyhow::Result<String> {
    let ours = open(config, Store::Private)?;
    let anybody = open_as_anybody(config, Store::Private)?.unwrap();
    examine(ours.as_ref(), Some(anybody.as_ref()), now(), PATIENCE).await
}

async fn both_hold(config: &StoreConfig) {
    for store in [Store::Published, Store::Private] {
        contract::holds(open(config, store).unwrap()).await.unwrap_or_else(|error| panic!("{store}: {error:#}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_hold_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    both_hold(&StoreConfig::at(path("published"), path("private"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_hold_on_seaweedfs_and_the_private_one_is_closed() {
    let server = SeaweedFs::start().unwrap();
    server.access.create_bucket("vt-test").unwrap();
    let Reached { config, _folder } = config(&server.access, "vt-test", "");
    both_hold(&config).await;
    let said = tried(&config).await.unwrap();
    assert!(said.contains("closed to who has no credentials"), "{said}");
    assert_eq!(server.access.unfinished_uploads("vt-test").unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_hold_on_moto_and_a_private_one_that_anybody_reads_is_refused() {
    let server = Moto::start().unwrap();
    server.access.create_bucket("vt-test").unwrap();
    let Reached { config, _folder } = config(&server.access, "vt-test", "");
    both_hold(&config).await;
    // Moto knows everybody, as a bucket that is open to the public does.
    let error = tried(&config).await.unwrap_err();
    assert!(error.is::<Unfit>() && error.to_string().contains("can be read by anybody"), "{error:#}");
    let left = server.access.store("vt-test").unwrap().list_with_delimiter(None).await.unwrap();
    assert!(left.common_prefixes.is_empty() && left.objects.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_and_a_wrong_key_are_told() {
    // Moto knows everybody and makes no bucket by itself; SeaweedFS knows who it is told of, and makes each bucket that its owner writes to.
    let error = tried(&config(&Moto::start().unwrap().access, "vt-tset", "").config).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("does the bucket exist") && error.contains("NoSuchBucket"), "{error}");
    let server = SeaweedFs::start().unwrap();
    server.access.create_bucket("vt-test").unwrap();
    let stranger = S3Access { secret_access_key: "another".into(), ..server.access.clone() };
    let error = format!("{:#}", tried(&config(&stranger, "vt-test", "").config).await.unwrap_err());
    assert!(error.contains("credentials") && error.contains("403"), "{error}");
    assert!(!error.contains("another"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_a_crash_or_a_failing_part_leaves_is_given_up() {
    let server = SeaweedFs::start().unwrap();
    server.access.create_bucket("vt-test").unwrap();
    let reached = config(&server.access, "vt-test", "");
    let store = open(&reached.config, Store::Private).unwrap();
    let id = vt_domain::delivery::DeliveryId { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr: 3 };
    let vault = vt_vault::Vault::new(Arc::clone(&store));
    let mut writer = vault.quarantine(&id, "melding.csv.gz").await.unwrap();
    writer.write(vec![7; 6 << 20].into()).await.unwrap();
    assert_eq!(server.access.unfinished_uploads("vt-test").unwrap().len(), 1, "it is under way");
    // A pull that is told to stop, or whose region hangs up, drops what it wrote.
    drop(writer);
    for _ in 0..200 {
        if server.access.unfinished_uploads("vt-test").unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(server.access.unfinished_uploads("vt-test").unwrap(), Vec::<String>::new());
    let left = store.list_with_delimiter(None).await.unwrap();
    assert!(left.common_prefixes.is_empty() && left.objects.is_empty(), "{left:?}");
}
