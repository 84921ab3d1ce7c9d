use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use vt_domain::snapshot::Latest;
use vt_servers::faulty::{Fault, FaultyStore};

use super::fixture::{case, draft, publish_in, signer, write};
use super::pages::PAGES;
use super::*;
use crate::verify::{Rule, verify};

async fn content(store: &dyn ObjectStore) -> BTreeMap<String, Bytes> {
    let mut all = BTreeMap::new();
    for (path, _) in store::list(store, "").await.unwrap() {
        all.insert(path.clone(), store::read(store, &path).await.unwrap().unwrap());
    }
    all
}

async fn latest(store: &dyn ObjectStore) -> Latest {
    read_latest(store).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_draft_is_published_once_and_the_second_time_says_so() {
    let store = InMemory::new();
    let draft = draft(&case("2020W407"));
    let first = publish(&store, &draft, &signer(), &()).await.unwrap();
    assert!(first.committed && first.latest_changed && first.files_written == draft.files().len());
    let before = content(&store).await;
    let second = publish(&store, &draft, &signer(), &()).await.unwrap();
    assert_eq!((second.committed, second.latest_changed, second.files_written), (false, false, 0));
    assert_eq!(first.sha256, second.sha256);
    assert_eq!(content(&store).await, before);
    assert!(is_published(&store, draft.issue()).await.unwrap());
}

#[tokio::test]
async fn a_directory_holds_the_same_bytes() {
    let (folder, memory) = (tempfile::tempdir().unwrap(), InMemory::new());
    let directory = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let draft = draft(&case("2020W127"));
    assert!(publish(&directory, &draft, &signer(), &()).await.unwrap().committed);
    assert!(!publish(&directory, &draft, &signer(), &()).await.unwrap().committed);
    publish(&memory, &draft, &signer(), &()).await.unwrap();
    assert_eq!(content(&directory).await, content(&memory).await);
    assert!(rebuild_pages(&directory).await.unwrap() != PAGES.is_empty());
    let report = verify(&directory, None).await.unwrap();
    assert!(report.passed(), "{:?}", report.findings);
}

#[tokio::test]
async fn the_manifest_is_written_after_every_file_and_before_latest() {
    let steps = Mutex::new(Vec::new());
    let (store, draft) = (InMemory::new(), draft(&case("2020W127")));
    let observer = |step: &PublishStep| {
        steps.lock().unwrap().push(step.clone());
        ControlFlow::Continue(())
    };
    publish(&store, &draft, &signer(), &observer).await.unwrap();
    let steps = steps.into_inner().unwrap();
    let files = draft.files().len();
    assert_eq!(steps[0], PublishStep::Prove);
    assert!(steps[1..=files].iter().all(|step| matches!(step, PublishStep::File(_))));
    let signature = PublishStep::Signature("manifests/week/2020W127/1.json.minisig".into());
    let commit = PublishStep::Commit("manifests/week/2020W127/1.json".into());
    let history = |name: &str| PublishStep::History(format!("historie/{name}/week/2020W127/1.parquet"));
    let after = [signature, commit, history("cijfers"), history("indicatoren"), PublishStep::Latest, PublishStep::Done];
    assert_eq!(steps[1 + files..], after);
}

#[tokio::test]
async fn stopped_at_any_step_it_is_finished_by_publishing_again() {
    let (whole, draft) = (InMemory::new(), draft(&case("2020W127")));
    publish(&whole, &draft, &signer(), &()).await.unwrap();
    let expected = content(&whole).await;
    let files = draft.files().len();
    for stop_at in 0..1 + files + 6 {
        let (store, seen) = (InMemory::new(), Mutex::new(0));
        let observer = |_: &PublishStep| {
            let mut seen = seen.lock().unwrap();
            *seen += 1;
            if *seen > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let error = publish(&store, &draft, &signer(), &observer).await.unwrap_err();
        assert!(matches!(error, PublishError::Stopped(_)) && error.is_transient(), "{error}");
        let published = is_published(&store, draft.issue()).await.unwrap();
        assert_eq!(published, stop_at > 2 + files, "a snapshot exists exactly when its manifest does");
        publish(&store, &draft, &signer(), &()).await.unwrap();
        assert_eq!(content(&store).await, expected, "stopped before step {stop_at}");
    }
}

async fn any_operation_may_fail(fault: Fault) {
    let draft = draft(&case("2020W127"));
    let whole = InMemory::new();
    publish(&whole, &draft, &signer(), &()).await.unwrap();
    let expected = content(&whole).await;
    let mut number = 0;
    loop {
        let inner = Arc::new(InMemory::new());
        let store = FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>).at(number, fault);
        let outcome = publish(&store, &draft, &signer(), &()).await;
        if store.struck() == 0 {
            assert!(outcome.is_ok() && number > 15, "only {number} operations");
            break;
        }
        if let Err(error) = outcome {
            assert!(error.is_transient(), "operation {number}: {error}");
        }
        publish(inner.as_ref(), &draft, &signer(), &()).await.unwrap();
        assert_eq!(content(inner.as_ref()).await, expected, "operation {number}");
        number += 1;
    }
}

#[tokio::test]
async fn after_a_lost_request_the_same_bytes_come_out() {
    any_operation_may_fail(Fault::Before).await;
}

#[tokio::test]
async fn after_a_lost_reply_the_same_bytes_come_out() {
    any_operation_may_fail(Fault::After).await;
}

#[tokio::test]
async fn after_an_operation_that_was_done_twice_later_or_refused_as_under_way_the_same_bytes_come_out() {
    any_operation_may_fail(Fault::Twice).await;
    any_operation_may_fail(Fault::Busy).await;
    any_operation_may_fail(Fault::Delayed(Duration::from_millis(1))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_how_often_at_last_there_is_the_undisturbed_snapshot() {
    let pause = Duration::from_millis(2);
    let faults = [Fault::Before, Fault::After, Fault::Twice, Fault::Busy, Fault::Late(pause), Fault::Delayed(pause)];
    let (whole, draft) = (InMemory::new(), draft(&case("2020W127")));
    publish(&whole, &draft, &signer(), &()).await.unwrap();
    rebuild_pages(&whole).await.unwrap();
    let expected = content(&whole).await;
    let mut struck = 0;
    for seed in 0..6 {
        let inner = Arc::new(InMemory::new());
        let store = FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>).seeded(seed, 100, &faults);
        let mut attempts = 0;
        loop {
            attempts += 1;
            assert!(attempts < 200, "seed {seed} comes to no end");
            let done = match publish(&store, &draft, &signer(), &()).await {
                Ok(_) => rebuild_pages(&store).await.map(drop),
                Err(error) => Err(error),
            };
            // What a reader finds at any moment is the whole snapshot or none.
            if is_published(inner.as_ref(), draft.issue()).await.unwrap() {
                for file in draft.files() {
                    let path = draft.issue().file(&file.entry.naam);
                    assert_eq!(store::read(inner.as_ref(), &path).await.unwrap().as_ref(), Some(&file.bytes), "{path}");
                }
            }
            match done {
                Ok(()) => break,
                Err(error) => assert!(error.is_transient(), "seed {seed}: {error}"),
            }
        }
        tokio::time::sleep(4 * pause).await;
        assert_eq!(content(inner.as_ref()).await, expected, "seed {seed}, after {attempts} attempts");
        struck += store.struck();
    }
    assert!(struck > 30, "only {struck} faults");
}

#[tokio::test]
async fn a_lost_reply_to_a_write_is_recognised_as_our_own() {
    let draft = draft(&case("2020W127"));
    // The first operations are the data files.
    let store = FaultyStore::new(Arc::new(InMemory::new())).at(4, Fault::After);
    let published = publish(&store, &draft, &signer(), &()).await.unwrap();
    assert_eq!(store.struck(), 1);
    assert_eq!((published.files_written, published.committed), (draft.files().len() - 1, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_publishers_at_once_make_one_snapshot() {
    for _ in 0..5 {
        let inner = Arc::new(InMemory::new());
        let store = Arc::new(FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>));
        let draft = Arc::new(draft(&case("2020W127")));
        let files = draft.files().len();
        let run = || {
            let (store, draft) = (Arc::clone(&store), Arc::clone(&draft));
            tokio::spawn(async move { publish(store.as_ref(), &draft, &signer(), &()).await })
        };
        let (one, other) = (run(), run());
        let both = [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()];
        assert_eq!(both.iter().filter(|published| published.committed).count(), 1);
        assert_eq!(both.iter().map(|published| published.files_written).sum::<usize>(), files);
        rebuild_pages(inner.as_ref()).await.unwrap();
        assert!(verify(inner.as_ref(), None).await.unwrap().passed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_of_different_periods_leave_latest_right() {
    for _ in 0..5 {
        let inner = Arc::new(InMemory::new());
        let store = Arc::new(FaultyStore::new(Arc::clone(&inner) as Arc<dyn ObjectStore>));
        let tasks: Vec<_> = ["2020W127", "2020W128", "2020W214"]
            .into_iter()
            .map(|period| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { publish(store.as_ref(), &draft(&case(period)), &signer(), &()).await })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().unwrap().committed);
        }
        let latest = latest(inner.as_ref()).await;
        let periods: Vec<String> = latest.cadansen.values().map(|entry| entry.periode.to_string()).collect();
        assert_eq!(periods, ["2020W128", "2020W214"]);
    }
}

#[tokio::test]
async fn other_bytes_under_a_data_file_are_a_conflict_and_nothing_is_committed() {
    let (store, draft) = (InMemory::new(), draft(&case("2020W127")));
    let path = draft.issue().file("kerncijfers.csv");
    write(&store, &path, Bytes::from_static(b"iets anders")).await;
    let error = publish(&store, &draft, &signer(), &()).await.unwrap_err();
    assert!(matches!(&error, PublishError::Conflict { path: found } if *found == path), "{error}");
    assert!(!error.is_transient());
    assert!(!is_published(&store, draft.issue()).await.unwrap());
    assert_eq!(store::read(&store, &path).await.unwrap().unwrap(), "iets anders");
}

#[tokio::test]
async fn another_manifest_is_a_conflict_and_stays() {
    let (store, draft) = (InMemory::new(), draft(&case("2020W127")));
    let mut other = draft.manifest().clone();
    other.software = "vt-monitor 9.9.9".into();
    write(&store, &draft.issue().manifest(), other.to_bytes().into()).await;
    let error = publish(&store, &draft, &signer(), &()).await.unwrap_err();
    assert!(matches!(error, PublishError::Conflict { .. }));
    let present = store::read(&store, &draft.issue().manifest()).await.unwrap().unwrap();
    assert_eq!(present, other.to_bytes());
}

#[tokio::test]
async fn an_unfinished_draft_is_no_snapshot() {
    let (store, draft) = (InMemory::new(), draft(&case("2020W127")));
    let observer = |step: &PublishStep| match step {
        PublishStep::Commit(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    publish(&store, &draft, &signer(), &observer).await.unwrap_err();
    assert_eq!(read_latest(&store).await.unwrap(), None);
    let report = verify(&store, None).await.unwrap();
    assert!(report.snapshots.is_empty() && report.findings.len() == draft.files().len() + 1);
    assert!(report.findings.iter().all(|found| found.rule == Rule::FileStray));
}

#[tokio::test]
async fn latest_is_the_last_period_and_its_highest_issue_per_cadence() {
    let store = InMemory::new();
    publish_in(&store, &case("2020W128")).await;
    publish_in(&store, &case("2020W127")).await;
    publish_in(&store, &case("2020W214")).await;
    let mut second = draft(&case("2020W128")).manifest().clone();
    second.uitgave = 2;
    write(&store, &second.issue().manifest(), second.to_bytes().into()).await;
    assert!(rebuild_latest(&store).await.unwrap());
    assert!(!rebuild_latest(&store).await.unwrap());
    let latest = latest(&store).await;
    let entries: Vec<(String, u32)> =
        latest.cadansen.values().map(|entry| (entry.periode.to_string(), entry.uitgave)).collect();
    assert_eq!(entries, [("2020W128".to_owned(), 2), ("2020W214".to_owned(), 1)]);
    let entry = latest.cadansen.values().next().unwrap();
    assert_eq!(entry.sha256, store::sha256(&second.to_bytes()));
}

#[tokio::test]
async fn a_damaged_latest_is_rebuilt() {
    let (store, draft) = (InMemory::new(), draft(&case("2020W127")));
    publish(&store, &draft, &signer(), &()).await.unwrap();
    let right = store::read(&store, LATEST_PATH).await.unwrap().unwrap();
    write(&store, LATEST_PATH, Bytes::from_static(b"{")).await;
    assert_eq!(read_latest(&store).await.unwrap(), None);
    assert!(publish(&store, &draft, &signer(), &()).await.unwrap().latest_changed);
    assert_eq!(store::read(&store, LATEST_PATH).await.unwrap().unwrap(), right);
}

/// The demo's size: 26 periods of about 7,000 rows.
#[tokio::test]
#[ignore = "a measurement: cargo test -p vt-publication -- --ignored measure_publishing --nocapture"]
#[expect(clippy::print_stdout, reason = "it is read by a person")]
async fn measure_publishing() {
    use crate::indicators::{BaseCache, find_bases, load_bases};
    use std::time::Instant;
    use vt_domain::{Period, codes::CodeLists, register::Register};

    let first: Period = "2019W402".parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| Some(period.next())).take(26);
    let names = periods.map(|period| &*period.to_string().leak());
    let reservations: Vec<_> = names.map(|name| fixture::reservation(&case(name))).collect();
    let (store, start, mut rows) = (InMemory::new(), Instant::now(), 0);
    for mut reservation in reservations {
        reservation.vergelijking = find_bases(&store, reservation.periode).await.unwrap();
        let bases = load_bases(&store, &reservation, &BaseCache::default()).await.unwrap();
        let draft = crate::render::render(&reservation, Register::builtin(), CodeLists::builtin(), &bases).unwrap();
        publish(&store, &draft, &signer(), &()).await.unwrap();
        rows +=
            vt_domain::snapshot::SnapshotTable::ALL.map(|table| draft.table(table).rows.len()).iter().sum::<usize>();
    }
    println!("26 snapshots, {rows} rows in three forms: rendered, proven and published in {:?}", start.elapsed());
    let start = Instant::now();
    rebuild_pages(&store).await.unwrap();
    assert!(verify(&store, None).await.unwrap().passed());
    println!("verified in {:?}", start.elapsed());
}
