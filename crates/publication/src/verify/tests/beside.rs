//! What stands beside the snapshots.

use super::*;
use crate::publish::fixture::SOFTWARE;

#[tokio::test]
async fn pages_that_another_version_made_are_not_compared_and_that_is_said() {
    let store = store_of_three().await;
    write(store.as_ref(), "index.html", Bytes::from_static(b"x")).await;
    let of = async |software: &str| {
        let scope = Scope { software: software.to_owned(), ..Scope::default() };
        verify_scope(store.as_ref() as &dyn ObjectStore, &scope).await.unwrap()
    };
    assert!(only(&of(SOFTWARE).await, Rule::Page).starts_with("index.html: "));
    let later = of("vt-monitor 9.9.9").await;
    assert!(later.passed(), "{:?}", later.findings);
    assert_eq!(
        later.notes,
        ["index.html: not compared: vt-monitor 0.1.0 published last, and this is vt-monitor 9.9.9"]
    );
}

#[tokio::test]
async fn a_removed_manifest_is_named_and_so_is_its_history() {
    let store = store_of_three().await;
    for end in ["", ".minisig"] {
        store.delete(&format!("{}{end}", issue().manifest()).as_str().into()).await.unwrap();
    }
    let found: Vec<String> = report(&store).await.findings.iter().map(ToString::to_string).collect();
    assert!(
        found.contains(&format!("{}: it is missing: latest.json names it [manifest]", issue().manifest())),
        "{found:?}"
    );
    let history = "historie/cijfers/four_weeks/2020W407/1.parquet: no manifest and no retraction names it [file_stray]";
    assert!(found.iter().any(|found| found == history), "{found:?}");
}

#[tokio::test]
async fn files_that_a_listing_hides_are_named() {
    let store = store_of_three().await;
    let scope = Scope { hidden: vec!["index.html#9".into()], ..Scope::default() };
    let report = verify_scope(store.as_ref() as &dyn ObjectStore, &scope).await.unwrap();
    assert!(only(&report, Rule::FileStray).starts_with("index.html#9: "));
}
