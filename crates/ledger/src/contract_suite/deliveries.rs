use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryId, DeliveryKind};
use vt_domain::finding::{Finding, RecordRef, Scope, Severity};

use super::{Case, at, month};
use crate::{Delivery, DeliveryFilter, DeliveryStatus, Ledger, LedgerError, RecordCounts, Recorded};

pub(super) fn accepted(vt: &str, maand: &str, nr: u32) -> Delivery {
    let maand = month(maand);
    Delivery {
        id: DeliveryId { vt: vt.to_owned(), maand, nr },
        soort: DeliveryKind::Volledig,
        tot_en_met: maand.last_day(),
        status: DeliveryStatus::Accepted,
        first_seen: at(0),
        decided_at: Some(at(1)),
        records: Some(RecordCounts { advies: 310, melding: 305, vervolgdienst: 41 }),
        dropped: 2,
        listing_digest: format!("{nr:064}"),
    }
}

pub(super) fn failed(delivery: Delivery) -> Delivery {
    Delivery { status: DeliveryStatus::Failed, decided_at: None, records: None, dropped: 0, ..delivery }
}

pub(super) fn finding(check: &str) -> Finding {
    Finding {
        check: check.to_owned(),
        severity: Severity::Waarschuwing,
        scope: Scope::Record,
        bestand: Some(RecordType::Melding),
        veld: Some("gm_code".to_owned()),
        aantal: 3,
        voorbeelden: vec![RecordRef { regel: 17, id: Some("M-PLANTED-17".to_owned()) }],
        melding: "De gemeente bestaat niet (meer) op deze dag.".to_owned(),
    }
}

fn without_examples(finding: Finding) -> Finding {
    Finding { voorbeelden: Vec::new(), ..finding }
}

pub(super) async fn a_delivery_is_recorded_once(ledger: &Ledger) -> Case {
    let delivery = accepted("VT06", "2020-07", 1);
    assert_eq!(ledger.delivery(&delivery.id).await?, None);
    assert_eq!(ledger.record_delivery(&delivery).await?, Recorded::Written);
    let later = Delivery { first_seen: at(60), decided_at: Some(at(61)), ..delivery.clone() };
    assert_eq!(ledger.record_delivery(&later).await?, Recorded::Unchanged);
    assert_eq!(ledger.delivery(&delivery.id).await?, Some(delivery));
    Ok(())
}

pub(super) async fn what_was_decided_stands(ledger: &Ledger) -> Case {
    let taken = accepted("VT06", "2020-08", 1);
    let refused = Delivery { status: DeliveryStatus::Rejected, ..accepted("VT06", "2020-08", 2) };
    for delivery in [&taken, &refused] {
        ledger.record_delivery(delivery).await.map(drop)?;
    }
    let offers = [
        Delivery { status: DeliveryStatus::Rejected, ..taken.clone() },
        Delivery { dropped: 3, ..taken.clone() },
        failed(taken.clone()),
        Delivery { status: DeliveryStatus::Accepted, ..refused.clone() },
        failed(refused.clone()),
    ];
    for offer in offers {
        let answer = ledger.record_delivery(&offer).await;
        assert!(matches!(answer, Err(LedgerError::Conflict { .. })), "{offer:?}: {answer:?}");
    }
    assert_eq!(ledger.deliveries(&DeliveryFilter::of("VT06", month("2020-08"))).await?, [taken, refused]);
    Ok(())
}

pub(super) async fn a_number_never_gets_other_files(ledger: &Ledger) -> Case {
    let delivery = accepted("VT06", "2020-09", 1);
    ledger.record_delivery(&delivery).await.map(drop)?;
    let other = Delivery { listing_digest: "f".repeat(64), ..delivery };
    let message = ledger.record_delivery(&other).await.map_err(|error| error.to_string());
    let expected = "ledger: delivery VT06 2020-09 nr 1 is recorded as accepted (listing digest 000000000000…), \
                    and can't become accepted (listing digest ffffffffffff…); nothing was changed";
    assert_eq!(message, Err(expected.to_owned()));
    Ok(())
}

pub(super) async fn a_failed_delivery_is_tried_again(ledger: &Ledger) -> Case {
    let good = accepted("VT06", "2020-10", 1);
    let bad = failed(good.clone());
    assert_eq!(ledger.record_delivery(&bad).await?, Recorded::Written);
    assert_eq!(ledger.record_delivery(&bad).await?, Recorded::Unchanged);
    let mended = Delivery { first_seen: at(60), decided_at: Some(at(61)), listing_digest: "a".repeat(64), ..good };
    assert_eq!(ledger.record_delivery(&mended).await?, Recorded::Written);
    assert_eq!(ledger.delivery(&mended.id).await?, Some(Delivery { first_seen: at(0), ..mended }));
    Ok(())
}

pub(super) async fn deliveries_are_filtered(ledger: &Ledger) -> Case {
    let all = [
        accepted("VT07", "2020-06", 1),
        Delivery { status: DeliveryStatus::Rejected, soort: DeliveryKind::Correctie, ..accepted("VT07", "2020-06", 2) },
        Delivery { soort: DeliveryKind::Tussentijds, ..accepted("VT07", "2020-07", 1) },
        accepted("VT07", "2020-12", 1),
        accepted("VT08", "2020-07", 1),
    ];
    for delivery in all.iter().rev() {
        ledger.record_delivery(delivery).await.map(drop)?;
    }
    let vt07 = DeliveryFilter { vt: Some("VT07".to_owned()), ..DeliveryFilter::default() };
    assert_eq!(ledger.deliveries(&vt07).await?, all[..4]);
    assert_eq!(ledger.deliveries(&DeliveryFilter { from: Some(month("2020-07")), ..vt07.clone() }).await?, all[2..4]);
    assert_eq!(ledger.deliveries(&DeliveryFilter { to: Some(month("2020-07")), ..vt07.clone() }).await?, all[..3]);
    assert_eq!(ledger.deliveries(&DeliveryFilter { status: Some(DeliveryStatus::Rejected), ..vt07 }).await?, all[1..2]);
    assert_eq!(ledger.deliveries(&DeliveryFilter::of("VT08", month("2020-07"))).await?, all[4..]);
    assert!(ledger.deliveries(&DeliveryFilter::default()).await?.len() >= all.len());
    Ok(())
}

pub(super) async fn findings_are_kept_without_examples(ledger: &Ledger) -> Case {
    let delivery = accepted("VT09", "2020-07", 1);
    ledger.record_delivery(&delivery).await.map(drop)?;
    let of_the_whole =
        Finding { severity: Severity::Signaal, scope: Scope::Reeks, bestand: None, veld: None, ..finding("S004") };
    let of_a_file = Finding {
        severity: Severity::Fout,
        scope: Scope::Bestand,
        bestand: Some(RecordType::Vervolgdienst),
        ..finding("B001")
    };
    let of_a_delivery =
        Finding { scope: Scope::Levering, bestand: Some(RecordType::Advies), aantal: 0, ..finding("L002") };
    let findings = [finding("R012"), of_the_whole, of_a_file, of_a_delivery];
    assert_eq!(ledger.record_findings(&delivery.id, &findings).await?, Recorded::Written);
    assert_eq!(ledger.record_findings(&delivery.id, &findings).await?, Recorded::Unchanged);
    let kept = ledger.findings("VT09", month("2020-07")).await?;
    assert!(kept.iter().all(|kept| kept.delivery == delivery.id));
    assert_eq!(kept.into_iter().map(|kept| kept.finding).collect::<Vec<_>>(), findings.map(without_examples));
    Ok(())
}

pub(super) async fn findings_of_a_delivery_are_replaced(ledger: &Ledger) -> Case {
    for nr in [1, 2] {
        let delivery = accepted("VT09", "2020-08", nr);
        ledger.record_delivery(&delivery).await.map(drop)?;
        ledger.record_findings(&delivery.id, &[finding("R001"), finding("R002")]).await.map(drop)?;
    }
    let first = accepted("VT09", "2020-08", 1).id;
    assert_eq!(ledger.record_findings(&first, &[finding("R002")]).await?, Recorded::Written);
    let checks = |findings: Vec<crate::DeliveryFinding>| {
        findings.into_iter().map(|f| (f.delivery.nr, f.finding.check)).collect::<Vec<_>>()
    };
    let expected = [(1, "R002"), (2, "R001"), (2, "R002")].map(|(nr, check)| (nr, check.to_owned()));
    assert_eq!(checks(ledger.findings("VT09", month("2020-08")).await?), expected);
    assert_eq!(ledger.record_findings(&first, &[]).await?, Recorded::Written);
    assert_eq!(checks(ledger.findings("VT09", month("2020-08")).await?), expected[1..]);
    Ok(())
}

pub(super) async fn findings_need_their_delivery(ledger: &Ledger) -> Case {
    let unknown = DeliveryId { vt: "VT09".to_owned(), maand: month("2021-01"), nr: 9 };
    let refused = ledger.record_findings(&unknown, &[finding("R001")]).await;
    assert!(matches!(refused, Err(LedgerError::UnknownDelivery(name)) if name == "VT09 2021-01 nr 9"));
    Ok(())
}
