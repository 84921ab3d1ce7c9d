//! The audit of a store with revisions: from the files alone, and with the private store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::local::LocalFileSystem;
use tokio::sync::OnceCell;
use vt_disclosure::InputChange;
use vt_disclosure::attack::store::{Profile, PublishedIssue};
use vt_domain::snapshot::{Form, Issue, SnapshotTable};
use vt_publication::audit::{
    AuditNews, AuditOptions, AuditReport, Depth, Published, Records, Scope, audit_store, read,
};
use vt_publication::reservation::{Reservation, reservation};
use vt_tests::World;
use vt_vault::{ReservationKey, Vault};

/// Two periods with two revisions each, played once for all tests.
async fn revised() -> &'static World {
    static REVISED: OnceCell<World> = OnceCell::const_new();
    REVISED.get_or_init(|| async { World::play_with_revisions("2020-05", "2020-07", 2).await.unwrap() }).await
}

fn store(world: &World) -> LocalFileSystem {
    LocalFileSystem::new_with_prefix(world.path("published")).unwrap()
}

async fn audited(world: &World, insiders: Vec<Profile>) -> AuditReport {
    let options = AuditOptions { depth: Depth::Proof, insiders, period: None };
    let vault = world.vault().unwrap();
    let elapsed = || Duration::ZERO;
    audit_store(&store(world), Some(&vault), &options, &elapsed, &mut |_: AuditNews<'_>| {}, &|| false).await.unwrap()
}

async fn reservations(world: &World, published: &Published) -> BTreeMap<Issue, Reservation> {
    let vault = world.vault().unwrap();
    let mut all = BTreeMap::new();
    for &issue in published.manifests.keys() {
        let key = ReservationKey { period: issue.periode, issue: issue.uitgave };
        all.insert(issue, reservation(&vault, key).await.unwrap().unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_revisions_is_proven_safe_and_certified() {
    let world = revised().await;
    let report = audited(world, vec![Profile::police(), Profile::Region("VT07".to_owned()), Profile::Revisions]).await;
    assert!(report.safe, "{report:#?}");
    let (targets, proven) = report.outsider.targets();
    assert!(proven == targets && targets > 30_000, "{proven} of {targets}");
    let narrowest = report.outsider.measures.iter().filter_map(|measure| measure.narrowest.as_ref()?.width()).min();
    assert!(narrowest.unwrap() >= 4);
    let private = report.private.unwrap();
    assert!(private.published >= 5 && private.reservations == private.published && private.compared > 20_000);
    assert!(private.fit.beyond_ideal_percent() <= 3.0 && private.fit.totals["NL"].mean() <= 2.0, "{:?}", private.fit);
    assert_eq!(report.insiders.len(), 3 * report.outsider.measures.len());
    assert!(report.insiders.iter().all(|found| found.wide + found.narrow + found.unchecked == found.targets));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_issue_was_attacked_before_it_was_reserved() {
    let world = revised().await;
    let published = read(&store(world)).await.unwrap();
    for (issue, reservation) in reservations(world, &published).await {
        let attack = reservation.bewijs.attack.unwrap();
        assert!(attack.passed && attack.proven == attack.targets && attack.targets > 1_000, "{issue}: {attack:?}");
    }
}

/// What the files show is what the records publish, so that gate and audit attack the same.
#[tokio::test(flavor = "multi_thread")]
async fn files_and_records_give_the_same_view() {
    let world = revised().await;
    let published = read(&store(world)).await.unwrap();
    let reservations = reservations(world, &published).await;
    let mut revisions = 0;
    for (issue, files) in published.manifests.keys().zip(&published.issues) {
        let mut record = PublishedIssue::from_record(&reservations[issue].geheugen);
        record.unlinked.clone_from(&files.unlinked);
        // A record also looks at deliveries of earlier months, which no manifest lists: readers may know more ties, never fewer.
        for (shown, known) in files.inputs.iter().zip(&record.inputs) {
            assert!(shown == known || *known == InputChange::Replaced, "{issue}");
        }
        record.inputs.clone_from(&files.inputs);
        // A veiligheidsregio that is left empty because too much is unknown follows from published values.
        for (table, own) in record.tables.iter_mut().zip(&files.tables) {
            for (value, shown) in table.values.iter_mut().flatten().zip(own.values.iter().flatten()) {
                *value = shown.and(*value);
            }
        }
        assert_eq!(*files, record, "{issue}");
        revisions += usize::from(!files.inputs.is_empty());
    }
    assert!(revisions > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_file_was_given_afterwards_is_found_in_the_memory_and_by_the_attack() {
    let world = revised().await;
    let mut published = read(&store(world)).await.unwrap();
    let value = published.issues[0].tables[0].values[1][0].as_mut().unwrap();
    *value += 5;
    let vault = world.vault().unwrap();
    let records = Records::read(&vault).await.unwrap();
    let report = vt_publication::audit::private(&vault, &store(world), &records, &published).await.unwrap();
    assert!(report.findings.iter().any(|finding| finding.contains("is not the reserved one")), "{:?}", report.findings);
    let first = published.manifests.keys().next().unwrap().periode;
    let only = Scope::within(&published, first);
    let found = vt_publication::audit::attack(&published, Depth::Proof, Some(&only), &mut |_| {}, &|| false).unwrap();
    assert!(!found.passed() && found.measures[0].no_witness.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_missing_files_are_named() {
    let world = revised().await;
    let copy = tempfile::tempdir().unwrap();
    copy_all(&world.path("published"), copy.path());
    let store = LocalFileSystem::new_with_prefix(copy.path()).unwrap();
    let issue = *read(&store).await.unwrap().manifests.keys().next().unwrap();
    let file = issue.file(&SnapshotTable::Kerncijfers.file(Form::Parquet));
    let path = copy.path().join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = read(&store).await.unwrap_err().to_string();
    assert!(error.contains(&file) && error.contains("not the file that its manifest names"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = read(&store).await.unwrap_err().to_string();
    assert!(error.contains(&file) && error.contains("missing"), "{error}");
    std::fs::write(copy.path().join(issue.manifest()), "{}").unwrap();
    let error = read(&store).await.unwrap_err().to_string();
    assert!(error.contains(&issue.manifest()) && error.contains("no manifest"), "{error}");
}

async fn report(world: &std::path::Path, private: bool, period: Option<&str>) -> AuditReport {
    let store = LocalFileSystem::new_with_prefix(world.join("published")).unwrap();
    let vault = Vault::new(Arc::new(LocalFileSystem::new_with_prefix(world.join("private")).unwrap()));
    let period = period.map(|period| period.parse().unwrap());
    let options = AuditOptions { depth: Depth::Proof, insiders: Vec::new(), period };
    let elapsed = || Duration::ZERO;
    audit_store(&store, private.then_some(&vault), &options, &elapsed, &mut |_: AuditNews<'_>| {}, &|| false)
        .await
        .unwrap()
}

/// What was found before a fault stands in the report, and the store is not safe.
#[tokio::test(flavor = "multi_thread")]
async fn damage_is_reported_and_never_safe() {
    let world = revised().await;
    let issue = *read(&store(world)).await.unwrap().manifests.keys().next().unwrap();
    let copy = tempfile::tempdir().unwrap();
    copy_all(&world.path("published"), &copy.path().join("published"));
    copy_all(&world.path("private"), &copy.path().join("private"));
    let of_none = report(copy.path(), false, Some("2018W405")).await;
    assert!(!of_none.safe && of_none.outsider.targets().0 == 0);
    assert!(of_none.reasons[0].contains("no snapshot of 2018W405"), "{:?}", of_none.reasons);

    std::fs::remove_dir_all(copy.path().join("private/keys")).unwrap();
    let without_keys = report(copy.path(), true, Some(&issue.periode.to_string())).await;
    assert!(!without_keys.safe && without_keys.outsider.passed());
    let findings = without_keys.private.unwrap().findings;
    assert!(findings.iter().any(|finding| finding.contains("private store, keys")), "{findings:?}");

    let memory = format!("memory/{}/{}/{}.json", issue.periode.kind(), issue.periode, issue.uitgave);
    std::fs::write(copy.path().join("private").join(&memory), "{}").unwrap();
    let damaged = report(copy.path(), true, None).await;
    assert!(!damaged.safe && damaged.outsider.passed() && damaged.outsider.targets().0 > 30_000);
    let findings = damaged.private.unwrap().findings;
    let names = |finding: &&String| finding.starts_with(&memory) && finding.contains("restore this file from a copy");
    assert_eq!(findings.iter().filter(names).count(), 1, "{findings:?}");

    let file = issue.file(&SnapshotTable::Kerncijfers.file(Form::Parquet));
    std::fs::remove_file(copy.path().join("published").join(&file)).unwrap();
    let missing = report(copy.path(), false, None).await;
    assert!(!missing.safe && missing.not_attacked.unwrap().contains(&file));
    assert!(missing.files.iter().any(|finding| finding.contains(&file)), "{:?}", missing.files);
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
