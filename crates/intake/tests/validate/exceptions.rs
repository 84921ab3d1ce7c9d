//! Exceptions for one region: they lower a severity until they end.

use vt_domain::contract::RecordType::Melding;
use vt_domain::finding::Severity;
use vt_intake::checks::{Catalogue, CheckException};

use crate::case::{Case, day};

fn exception(check: &str, until: &str) -> CheckException {
    CheckException {
        regio: "VT07".into(),
        controle: check.into(),
        eigenaar: "gegevensbeheer".into(),
        reden: "overgang naar een nieuw registratiesysteem".into(),
        tot_en_met: day(until),
    }
}

/// One melding with a decision before its receipt.
fn case(exceptions: Vec<CheckException>) -> Case {
    Case::with(|case| {
        case.meldingen()[0].insert("besluitdatum".into(), "2020-07-02".into());
        case.exceptions = exceptions;
    })
}

#[tokio::test]
async fn a_fout_becomes_a_waarschuwing_and_the_record_counts() {
    let kept = case(vec![exception("R018", "2020-08-05")]).run().await;
    assert!(kept.record.accepted());
    let found = kept.finding("R018");
    assert_eq!(found.ernst, Severity::Waarschuwing);
    assert_eq!(found.uitzondering.as_ref().unwrap().tot_en_met, day("2020-08-05"));
    assert_eq!(kept.count(Melding).await, 3);
}

#[tokio::test]
async fn one_that_ended_no_longer_counts() {
    let kept = case(vec![exception("R018", "2020-08-04")]).run().await;
    assert!(!kept.record.accepted());
    assert_eq!(kept.finding("R018").ernst, Severity::Fout);
    assert_eq!(kept.finding("R018").uitzondering, None);
}

#[tokio::test]
async fn one_of_another_region_or_check_does_not_count() {
    let other = CheckException { regio: "VT08".into(), ..exception("R018", "2020-12-31") };
    let kept = case(vec![other, exception("R019", "2020-12-31")]).run().await;
    assert_eq!(kept.finding("R018").ernst, Severity::Fout);
}

#[tokio::test]
async fn a_waarschuwing_becomes_a_signaal() {
    let kept = Case::with(|case| {
        case.meldingen()[0].insert("gm_code".into(), "GM9998".into());
        case.exceptions.push(exception("R030", "2020-12-31"));
    })
    .run()
    .await;
    assert_eq!(kept.finding("R030").ernst, Severity::Signaal);
}

#[tokio::test]
async fn what_could_not_be_counted_or_must_not_be_kept_has_no_exception() {
    for check in ["R007", "B017", "L002"] {
        assert!(exception(check, "2020-12-31").check(Catalogue::builtin()).is_err(), "{check}");
    }
    let kept = Case::with(|case| {
        case.meldingen()[0].insert("besluit".into(), "x".into());
        case.exceptions.push(exception("R007", "2020-12-31"));
    })
    .run()
    .await;
    assert_eq!(kept.finding("R007").ernst, Severity::Fout);
}

#[test]
fn an_exception_needs_a_known_check_an_owner_and_a_reason() {
    let good = exception("R018", "2020-12-31");
    assert_eq!(good.check(Catalogue::builtin()), Ok(()));
    let errors = [
        CheckException { controle: "R999".into(), ..good.clone() },
        CheckException { eigenaar: " ".into(), ..good.clone() },
        CheckException { reden: String::new(), ..good },
    ]
    .map(|bad| bad.check(Catalogue::builtin()).unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"), @r"
    exception to `R999` for VT07: there is no such check
    exception to `R018` for VT07: `eigenaar` must be filled
    exception to `R018` for VT07: `reden` must be filled
    ");
}
