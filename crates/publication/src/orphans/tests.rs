use std::sync::Arc;

use chrono::TimeDelta;
use object_store::memory::InMemory;

use super::*;
use crate::history::History;
use crate::publish::fixture::{case, publish_next, reserve_next, write};
use crate::reservation::{Void, void};

/// A store with a published issue, and files of a second issue of it that is reserved; both stores, and the second issue.
async fn begun() -> (Vault, InMemory, Issue) {
    let (vault, store, mut history) = (Vault::new(Arc::new(InMemory::new())), InMemory::new(), History::default());
    publish_next(&vault, &store, &mut history, &case("2020W127")).await;
    let second = reserve_next(&vault, &mut history, &case("2020W127")).await;
    let issue = Issue { periode: second.periode, uitgave: 2 };
    write(&store, &issue.file("kerncijfers.csv"), "draft".into()).await;
    write(&store, &issue.signature(), "signature".into()).await;
    (vault, store, issue)
}

async fn make_void(vault: &Vault, store: &InMemory, issue: Issue) {
    let key = ReservationKey { period: issue.periode, issue: issue.uitgave };
    let mark = Void { reason: "test".into(), at: DateTime::<Utc>::MIN_UTC, software: "test".into() };
    assert!(void(vault, store, key, &mark).await.unwrap());
}

/// When the newest object was written.
async fn written(store: &InMemory) -> DateTime<Utc> {
    let all: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
    all.iter().map(|meta| meta.last_modified).max().unwrap()
}

fn paths(orphans: &[Orphan]) -> Vec<&str> {
    orphans.iter().map(|orphan| orphan.path.as_str()).collect()
}

#[tokio::test]
async fn a_void_issues_files_go_after_the_grace_time_and_no_others() {
    let (vault, store, issue) = begun().await;
    let later = written(&store).await + TimeDelta::hours(24);
    let both = [issue.signature(), issue.file("kerncijfers.csv")];
    let found = find(&vault, &store, later).await.unwrap();
    assert_eq!((paths(&found.due), paths(&found.left)), (vec![], both.iter().map(String::as_str).collect()));
    assert!(found.left.iter().all(|orphan| orphan.why.contains("the next run finishes it")));
    make_void(&vault, &store, issue).await;
    let early = find(&vault, &store, written(&store).await - TimeDelta::seconds(1)).await.unwrap();
    assert!(early.due.is_empty() && early.left.iter().all(|orphan| orphan.why.contains("grace time")), "{early:?}");
    let found = find(&vault, &store, later).await.unwrap();
    assert_eq!((paths(&found.due), found.left.len()), (both.iter().map(String::as_str).collect(), 0));
    for orphan in &found.due {
        assert!(remove(&vault, &store, orphan).await.unwrap());
    }
    let all: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
    assert!(all.len() > 2 && all.iter().all(|meta| !paths(&found.due).contains(&meta.location.as_ref())));
    assert_eq!(find(&vault, &store, later).await.unwrap(), Orphans::default());
}

#[tokio::test]
async fn what_got_a_manifest_since_it_was_found_stays() {
    let (vault, store, issue) = begun().await;
    make_void(&vault, &store, issue).await;
    let found = find(&vault, &store, written(&store).await + TimeDelta::hours(24)).await.unwrap();
    write(&store, &issue.manifest(), "{}".into()).await;
    for orphan in &found.due {
        assert!(!remove(&vault, &store, orphan).await.unwrap());
    }
    assert!(find(&vault, &store, DateTime::<Utc>::MAX_UTC).await.unwrap().due.is_empty(), "never one with a manifest");
}

#[tokio::test]
async fn what_is_not_reserved_is_reported_and_stays() {
    let (_, store, issue) = begun().await;
    let other = Vault::new(Arc::new(InMemory::new()));
    let found = find(&other, &store, DateTime::<Utc>::MAX_UTC).await.unwrap();
    assert!(found.due.is_empty() && found.left.iter().all(|orphan| orphan.why.contains("not reserved")));
    let forged = Orphan { path: issue.file("kerncijfers.csv"), issue, why: "" };
    assert!(!remove(&other, &store, &forged).await.unwrap());
}
