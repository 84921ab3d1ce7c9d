use std::sync::Arc;

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
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    let before = list(store.as_ref(), "snapshots").await.unwrap();
    let latest = |store: std::sync::Arc<InMemory>| async move { read_latest(store.as_ref()).await.unwrap().unwrap() };
    let retraction = new(ErratumKind::Intrekking, "2020W407", "De levering van VT07 was niet goed.");
    let erratum = add(&vault, store.as_ref(), &signer(), &retraction).await.unwrap();
    assert_eq!((erratum.nummer, erratum.path()), (1, "errata/1.json".to_owned()));
    let said = latest(store.clone()).await;
    assert_eq!(said.cadansen.values().next().unwrap().periode.to_string(), "2020W406");
    assert_eq!(said.errata[0].erratum, erratum);
    assert_eq!(list(store.as_ref(), "snapshots").await.unwrap(), before);
    assert_eq!(signed(&store).await, Vec::<String>::new());
    // Said again, it is the same record; another retraction of the issue is refused.
    assert_eq!(add(&vault, store.as_ref(), &signer(), &retraction).await.unwrap(), erratum);
    let again =
        add(&vault, store.as_ref(), &signer(), &new(ErratumKind::Intrekking, "2020W407", "Anders.")).await.unwrap_err();
    assert!(again.is_refusal() && again.to_string().contains("errata/1.json"), "{again}");
}

#[tokio::test]
async fn what_is_not_published_or_states_a_number_is_refused() {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    let missing =
        add(&vault, store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W408", "Tekst.")).await.unwrap_err();
    assert!(missing.is_refusal() && missing.to_string().contains("2020W408 issue 1 is not published"));
    let number = new(ErratumKind::Erratum, "2020W407", "Het zijn er drie.");
    let number = add(&vault, store.as_ref(), &signer(), &number).await.unwrap_err();
    assert!(number.is_refusal() && !number.to_string().contains("drie"), "{number}");
    assert!(list(store.as_ref(), "errata").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_crash_left_half_published_is_finished_by_the_next() {
    use object_store::ObjectStoreExt;
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    let first = new(ErratumKind::Intrekking, "2020W407", "Tekst.");
    let whole = add(&vault, store.as_ref(), &signer(), &first).await.unwrap();
    rebuild_pages(store.as_ref()).await.unwrap();
    let after: Vec<_> = list(store.as_ref(), "").await.unwrap();
    // Kept, and nothing of it published, or the signature alone, or all but its row in the history.
    for lost in
        [&[".json", ".minisig", ".intrekking.parquet"][..], &[".json", ".intrekking.parquet"], &[".intrekking.parquet"]]
    {
        for (path, _) in list(store.as_ref(), "").await.unwrap() {
            let of_it = path.starts_with("errata/") || path.contains("intrekking");
            if of_it && lost.iter().any(|end| path.ends_with(end)) {
                store.delete(&path.as_str().into()).await.unwrap();
            }
        }
        let said = new(ErratumKind::Intrekking, "2020W407", "Tekst.");
        let later = NewErratum { at: "2021-05-01T08:00:00Z".parse().unwrap(), ..said };
        assert_eq!(add(&vault, store.as_ref(), &signer(), &later).await.unwrap(), whole);
        assert_eq!(list(store.as_ref(), "").await.unwrap(), after);
        assert_eq!(signed(&store).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_record_that_was_taken_away_is_missed() {
    use object_store::ObjectStoreExt;
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    for text in ["Een.", "Ander.", "Nog iets."] {
        add(&vault, store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W407", text)).await.unwrap();
    }
    for taken in [1, 2] {
        let path = Erratum::path_of(taken);
        let bytes = read(store.as_ref(), &path).await.unwrap().unwrap();
        let signature = read(store.as_ref(), &format!("{path}.minisig")).await.unwrap().unwrap();
        for path in [path.clone(), format!("{path}.minisig")] {
            store.delete(&path.as_str().into()).await.unwrap();
        }
        let found = signed(&store).await;
        let missed = format!("{path}: it is missing: {} names it as the record before it", Erratum::path_of(taken + 1));
        assert_eq!(found, [format!("{missed} [erratum]")]);
        write(store.as_ref(), &path, bytes).await;
        write(store.as_ref(), &format!("{path}.minisig"), signature).await;
    }
}

#[tokio::test]
async fn verifying_tells_of_retractions_and_latest_of_what_it_lost() {
    use object_store::ObjectStoreExt;
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    let retraction = new(ErratumKind::Intrekking, "2020W407", "De levering van VT07 was niet goed.");
    let erratum = add(&vault, store.as_ref(), &signer(), &retraction).await.unwrap();
    rebuild_pages(store.as_ref()).await.unwrap();
    let report = verify_scope(store.as_ref(), &Scope::default()).await.unwrap();
    assert_eq!(report.errata, [erratum]);
    // The last one can be taken away unseen only with the pages made anew.
    for path in ["errata/1.json", "errata/1.json.minisig"] {
        store.delete(&path.into()).await.unwrap();
    }
    let report = verify_scope(store.as_ref(), &Scope::default()).await.unwrap();
    let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert!(
        found.iter().any(|found| found.starts_with("errata/1.json: it is missing: latest.json names it")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_changed_record_is_found() {
    let (vault, store) = (Vault::new(Arc::new(InMemory::new())), store_of_three().await);
    let erratum =
        add(&vault, store.as_ref(), &signer(), &new(ErratumKind::Erratum, "2020W407", "Tekst.")).await.unwrap();
    let bytes = read(store.as_ref(), &erratum.path()).await.unwrap().unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("Tekst.", "Tekst!");
    write(store.as_ref(), &erratum.path(), text.into()).await;
    assert!(signed(&store).await.iter().any(|found| found.contains("errata/1.json: it was changed after signing")));
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
