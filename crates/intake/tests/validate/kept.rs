//! Keeping: what is in the store afterwards, and what a repetition after a crash does.

use vt_domain::contract::RecordType;
use vt_domain::delivery::DeliveryKind;
use vt_intake::keep::keep;
use vt_intake::validate::{changed_under_known_number, kenmerk};
use vt_vault::Verdict;

use crate::case::{Case, Kept, hasher, memory_vault};

async fn paths(kept: &Kept) -> Vec<String> {
    kept.objects().await.into_keys().collect()
}

#[tokio::test]
async fn an_accepted_delivery_is_kept_whole() {
    let kept = Case::new().run().await;
    insta::assert_snapshot!(paths(&kept).await.join("\n"), @r"
    deliveries/VT07/2020-07/1.json
    raw/VT07/2020-07/1/advies.csv
    raw/VT07/2020-07/1/melding.csv
    raw/VT07/2020-07/1/vervolgdienst.csv
    registrations/advies/VT07/2020-07/1.parquet
    registrations/melding/VT07/2020-07/1.parquet
    registrations/vervolgdienst/VT07/2020-07/1.parquet
    reports/VT07/2020-07/1/kwaliteitsrapport.json
    reports/VT07/2020-07/1/spiegelrapport.json
    ");
    assert_eq!(kept.record.verdict, Verdict::Geaccepteerd);
    assert_eq!(kept.record.bestanden.len(), 3);
    assert_eq!(kept.vault.delivery(&kept.record.id()).await.unwrap().unwrap(), kept.record);
}

#[tokio::test]
async fn of_a_rejected_delivery_only_verdict_and_reports_are_kept() {
    let kept = Case::with(|case| _ = case.adviezen()[0].insert("kanaal".into(), "post".into())).run().await;
    insta::assert_snapshot!(paths(&kept).await.join("\n"), @r"
    deliveries/VT07/2020-07/1.json
    reports/VT07/2020-07/1/kwaliteitsrapport.json
    reports/VT07/2020-07/1/spiegelrapport.json
    ");
    assert_eq!(kept.record.samenvatting, None);
    assert!(kept.record.bevindingen.iter().all(|finding| finding.voorbeelden.is_empty()));
}

#[tokio::test]
async fn nothing_is_in_the_store_before_it_is_kept() {
    let vault = memory_vault();
    let outcome = Case::new().judged(&vault).await;
    assert!(outcome.is_accepted());
    use futures::TryStreamExt;
    let listed: Vec<_> = vault.store().list(None).try_collect().await.unwrap();
    assert!(listed.iter().all(|meta| meta.location.as_ref().starts_with("quarantine/")), "{listed:?}");
    drop(outcome);
    let listed: Vec<_> = vault.store().list(None).try_collect().await.unwrap();
    assert_eq!(listed.len(), 3);
}

#[tokio::test]
async fn keeping_twice_changes_nothing() {
    let vault = memory_vault();
    let case = Case::new();
    let first = keep(&vault, case.judged(&vault).await, "2020-08-05T09:00:00Z".parse().unwrap()).await.unwrap();
    // The process died before it could tell: everything is done again, an hour later.
    let again = keep(&vault, case.judged(&vault).await, "2020-08-05T10:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(vault.quarantine_len().await.unwrap(), 0);
}

#[tokio::test]
async fn a_crash_before_the_verdict_is_repaired_by_doing_it_again() {
    use object_store::ObjectStoreExt;
    let undisturbed = Case::new().run().await.objects().await;
    for lost in undisturbed.keys() {
        let vault = memory_vault();
        let case = Case::new();
        let now = "2020-08-05T09:00:00Z".parse().unwrap();
        keep(&vault, case.judged(&vault).await, now).await.unwrap();
        // As if the crash had come before this object and the verdict were written.
        vault.store().delete(&"deliveries/VT07/2020-07/1.json".into()).await.unwrap();
        if !lost.starts_with("deliveries") {
            vault.store().delete(&lost.as_str().into()).await.unwrap();
        }
        let record = keep(&vault, case.judged(&vault).await, now).await.unwrap();
        let kept =
            Kept { vault, record, findings: Vec::new(), report: case.judged(&memory_vault()).await.report().clone() };
        assert_eq!(kept.objects().await, undisturbed, "{lost}");
    }
}

#[tokio::test]
async fn other_bytes_under_a_judged_number_are_refused_and_the_first_stay() {
    let vault = memory_vault();
    let now = "2020-08-05T09:00:00Z".parse().unwrap();
    let first = keep(&vault, Case::new().judged(&vault).await, now).await.unwrap();
    let other = Case::with(|case| _ = case.adviezen().pop());
    let error = keep(&vault, other.judged(&vault).await, now).await.unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");
    assert_eq!(vault.delivery(&first.id()).await.unwrap().unwrap(), first);
    assert_eq!(vault.quarantine_len().await.unwrap(), 0);
}

#[tokio::test]
async fn a_changed_listing_is_told_from_an_unchanged_one() {
    let kept = Case::new().run().await;
    let (entry, _) = Case::new().entry();
    assert_eq!(changed(&kept.record, &entry), None);
    let (bytes, _) = Case::with(|case| _ = case.adviezen().pop()).entry();
    let finding = changed(&kept.record, &bytes).unwrap();
    assert_eq!(finding.check, "L016");
    let (header, _) = Case::with(|case| case.kop.soort = DeliveryKind::Correctie).entry();
    assert!(changed(&kept.record, &header).is_some());
    let mut turned = entry;
    turned.bestanden.reverse();
    assert_eq!(changed(&kept.record, &turned), None);
}

#[tokio::test]
async fn the_kenmerk_follows_from_key_header_and_digests() {
    let (entry, _) = Case::new().entry();
    let own = kenmerk(&hasher(), &entry);
    assert_eq!(own.len(), 64);
    assert_eq!(own, Case::new().run().await.record.kenmerk);
    assert_ne!(own, kenmerk(&vt_intake::validate::IdHasher::new([8; 32]), &entry));
    let (other, _) = Case::with(|case| case.kop.levering_nr = 2).entry();
    assert_ne!(own, kenmerk(&hasher(), &other));
    let (other, _) = Case::with(|case| _ = case.adviezen().pop()).entry();
    assert_ne!(own, kenmerk(&hasher(), &other));
}

#[tokio::test]
async fn a_delivery_of_another_region_is_filed_under_the_one_that_was_asked() {
    let kept = Case::with(|case| case.kop.vt_code = "VT08".into()).run().await;
    assert_eq!(kept.record.id().vt, "VT07");
    assert!(kept.vault.deliveries(Some("VT08")).await.unwrap().is_empty());
    assert!(kept.report.spiegelrapport.is_none());
    assert_eq!(kept.checks(), ["L002"]);
}

#[tokio::test]
async fn all_findings_of_a_bad_delivery_are_told_at_once() {
    let kept = Case::with(|case| {
        case.kop.bronsysteem = String::new();
        case.adviezen()[0].insert("kanaal".into(), "post".into());
        case.meldingen()[0].insert("besluit".into(), String::new());
        case.file(RecordType::Vervolgdienst).promised = Some(7);
    })
    .run()
    .await;
    let mut checks = kept.checks();
    checks.sort_unstable();
    checks.dedup();
    assert_eq!(checks, ["B013", "L010", "L014", "R006", "R007"]);
}

fn changed(
    record: &vt_vault::DeliveryRecord,
    entry: &vt_domain::delivery::DeliveryEntry,
) -> Option<vt_domain::finding::Finding> {
    let today = "2020-09-01".parse().unwrap();
    changed_under_known_number(record, entry, vt_intake::checks::Catalogue::builtin(), &[], today)
}
