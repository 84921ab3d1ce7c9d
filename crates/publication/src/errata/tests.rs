use object_store::memory::InMemory;

use super::*;
use crate::publish::fixture::{case, publish_in, signer, store_of_three, write};
use crate::publish::store::{list, read};
use crate::publish::{read_latest, rebuild_pages};
use crate::verify::{Rule, Scope, verify_scope};

fn new(kind: ErratumKind, period: &str, text: &str) -> NewErratum {
    let issue = Issue { periode: period.parse().unwrap(), uitgave: 1 };
    NewErratum { kind, issue, text: text.into(), at: "2021-04-01T08:00:00Z".parse().unwrap(), software: "test".into() }
}

async fn signed(store: &InMemory) -> Vec<String> {
    rebuild_pages(store).await.unwrap();
    let scope = Scope { keys: vec![signer().public()], ..Scope::default() };
    verify_scope(store, &scope).await.unwrap().findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_retraction_is_signed_shown_and_leaves_the_snapshot_as_it_is() {
    let store = store_of_three().await;
    let before = list(store.as_ref(), "snapshots").await.unwrap();
    let latest = |store: std::sync::Arc<InMemory>| async move { read_latest(store.as_ref()).await.unwrap().unwrap() };
    let retraction = new(ErratumKind::Intrekking, "2020W407", "De levering van VT07 was niet goed.");
    let erratum = add(store.as_ref(), &signer(), &retraction).await.unwrap();
    assert_eq!((erratum.nummer, erratum.path()), (1, "errata/1.json".to_owned()));
    let said = latest(store.clone()).await;
    assert_eq!(said.cadansen.values().next().unwrap().periode.to_string(), "2020W406");
    assert_eq!(said.errata[0].erratum, erratum);
    assert_eq!(list(store.as_ref(), "snapshots").await.unwrap(), before);
    assert_eq!(signed(&store).await, Vec::<String>::new());
    // Said again, it is the same record; another retraction of the issue is refused.
    assert_eq!(add(store.as_ref(), &signer(), &retraction).await.unwrap(), erratum);
    let again = add(store.as_ref(), &signer(), &new(ErratumKind::Intrekking, "2020W407", "Anders.")).await.unwrap_err();
    assert!(again.is_refusal() && again.to_string().contains("errata/1.json"), "{again}");
}

#[tokio::test]
async fn what_is_not_published_or_states_a_number_is_refused() {
    let store = store_of_three().await;
    let missing = add(store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W408", "Tekst.")).await.unwrap_err();
    assert!(missing.is_refusal() && missing.to_string().contains("2020W408 issue 1 is not published"));
    let number = new(ErratumKind::Erratum, "2020W407", "Het zijn er drie.");
    let number = add(store.as_ref(), &signer(), &number).await.unwrap_err();
    assert!(number.is_refusal() && !number.to_string().contains("drie"), "{number}");
    assert!(list(store.as_ref(), "errata").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_number_that_a_crash_left_half_is_passed_over_and_named() {
    let store = store_of_three().await;
    write(store.as_ref(), "errata/1.json.minisig", "half".into()).await;
    let erratum = add(store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W407", "Tekst.")).await.unwrap();
    assert_eq!(erratum.nummer, 2);
    let found = signed(&store).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("errata/1.json.minisig") && found[0].contains("never finished"), "{found:?}");
}

#[tokio::test]
async fn a_changed_record_is_found() {
    let store = store_of_three().await;
    let erratum = add(store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W407", "Tekst.")).await.unwrap();
    let bytes = read(store.as_ref(), &erratum.path()).await.unwrap().unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("Tekst.", "Tekst!");
    write(store.as_ref(), &erratum.path(), text.into()).await;
    assert!(
        signed(&store)
            .await
            .iter()
            .any(|found| found.contains("errata/1.json.minisig: the file, or the signature, was changed"))
    );
}

#[tokio::test]
async fn a_store_signed_with_another_key_is_found() {
    let store = InMemory::new();
    publish_in(&store, &case("2020W127")).await;
    rebuild_pages(&store).await.unwrap();
    let other = Signer::from_seed(&[1; 32], []).public();
    let report = verify_scope(&store, &Scope { keys: vec![other], ..Scope::default() }).await.unwrap();
    assert_eq!(report.findings.iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::Signature]);
}
