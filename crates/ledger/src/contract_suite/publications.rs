use vt_domain::PeriodKind;

use super::{Case, at, period};
use crate::{Fault, HeldBack, Ledger, LedgerError, Publication, PublicationStatus, Recorded};

async fn find(ledger: &Ledger, code: &str, issue: u32) -> Result<Option<Publication>, LedgerError> {
    let all = ledger.publications(None).await?;
    Ok(all.into_iter().find(|publication| (publication.period, publication.issue) == (period(code), issue)))
}

fn reserved(code: &str, issue: u32) -> Publication {
    Publication {
        period: period(code),
        issue,
        status: PublicationStatus::Reserved,
        reserved_at: Some(at(0)),
        published_at: None,
        manifest_digest: None,
        voided_at: None,
        void_reason: None,
    }
}

pub(super) async fn an_issue_is_reserved_and_published_once(ledger: &Ledger) -> Case {
    let issue = period("2020W401");
    assert_eq!(ledger.record_reservation(issue, 1, at(0)).await?, Recorded::Written);
    assert_eq!(ledger.record_reservation(issue, 1, at(5)).await?, Recorded::Unchanged);
    assert_eq!(find(ledger, "2020W401", 1).await?, Some(reserved("2020W401", 1)));
    assert_eq!(ledger.record_publication(issue, 1, at(6), "abc").await?, Recorded::Written);
    assert_eq!(ledger.record_publication(issue, 1, at(7), "abc").await?, Recorded::Unchanged);
    assert_eq!(ledger.record_reservation(issue, 1, at(8)).await?, Recorded::Unchanged);
    let published = Publication {
        status: PublicationStatus::Published,
        published_at: Some(at(6)),
        manifest_digest: Some("abc".to_owned()),
        ..reserved("2020W401", 1)
    };
    assert_eq!(find(ledger, "2020W401", 1).await?, Some(published));
    Ok(())
}

pub(super) async fn another_manifest_is_refused(ledger: &Ledger) -> Case {
    ledger.record_publication(period("2020W402"), 1, at(6), "abc").await.map(drop)?;
    let refused =
        ledger.record_publication(period("2020W402"), 1, at(6), "def").await.map_err(|error| error.to_string());
    let expected = "ledger: 2020W402 issue 1 is recorded as published with manifest abc, and can't become published with manifest def; nothing was changed";
    assert_eq!(refused, Err(expected.to_owned()));
    Ok(())
}

pub(super) async fn a_void_issue_stays_void(ledger: &Ledger) -> Case {
    let issue = period("2020W403");
    ledger.record_reservation(issue, 1, at(0)).await.map(drop)?;
    assert_eq!(ledger.record_void(issue, 1, at(3), "its inputs are gone").await?, Recorded::Written);
    assert_eq!(ledger.record_void(issue, 1, at(4), "its inputs are gone").await?, Recorded::Unchanged);
    assert!(matches!(ledger.record_reservation(issue, 1, at(5)).await, Err(LedgerError::Conflict { .. })));
    assert!(matches!(ledger.record_publication(issue, 1, at(5), "abc").await, Err(LedgerError::Conflict { .. })));
    let void = Publication {
        status: PublicationStatus::Void,
        voided_at: Some(at(3)),
        void_reason: Some("its inputs are gone".to_owned()),
        ..reserved("2020W403", 1)
    };
    assert_eq!(find(ledger, "2020W403", 1).await?, Some(void));
    assert_eq!(ledger.record_reservation(issue, 2, at(6)).await?, Recorded::Written);
    Ok(())
}

pub(super) async fn a_published_issue_is_never_void(ledger: &Ledger) -> Case {
    ledger.record_publication(period("2020W404"), 1, at(0), "abc").await.map(drop)?;
    assert!(matches!(
        ledger.record_void(period("2020W404"), 1, at(1), "a mistake").await,
        Err(LedgerError::Conflict { .. })
    ));
    assert_eq!(find(ledger, "2020W404", 1).await?.map(|issue| issue.status), Some(PublicationStatus::Published));
    Ok(())
}

pub(super) async fn a_publication_without_its_reservation_is_recorded(ledger: &Ledger) -> Case {
    assert_eq!(ledger.record_publication(period("2020W405"), 2, at(0), "abc").await?, Recorded::Written);
    let found = find(ledger, "2020W405", 2).await?;
    assert_eq!(found.map(|issue| (issue.status, issue.reserved_at)), Some((PublicationStatus::Published, None)));
    Ok(())
}

pub(super) async fn publications_come_by_cadence_in_order(ledger: &Ledger) -> Case {
    for (code, issue) in [("2021W102", 1), ("2020W153", 2), ("2020ISO", 1), ("2020W153", 1), ("2020W226", 1)] {
        ledger.record_reservation(period(code), issue, at(0)).await.map(drop)?;
    }
    let weeks = ledger.publications(Some(PeriodKind::Week)).await?;
    assert_eq!(weeks, [reserved("2020W153", 1), reserved("2020W153", 2), reserved("2021W102", 1)]);
    assert_eq!(ledger.publications(Some(PeriodKind::TwoWeeks)).await?, [reserved("2020W226", 1)]);
    assert_eq!(ledger.publications(Some(PeriodKind::IsoYear)).await?, [reserved("2020ISO", 1)]);
    let all = ledger.publications(None).await?;
    assert!(all.windows(2).all(|pair| (pair[0].period, pair[0].issue) < (pair[1].period, pair[1].issue)));
    Ok(())
}

pub(super) async fn what_holds_an_issue_back_is_told_until_it_is_published(ledger: &Ledger) -> Case {
    let issue = period("2021W410");
    let late = Fault::new("incomplete", "VT07 has no accepted delivery of 2021-09");
    let infeasible = Fault::new("infeasible", "no protection within the bound");
    let told = async || -> Result<Vec<HeldBack>, LedgerError> {
        Ok(ledger
            .held_back(Some(PeriodKind::FourWeeks))
            .await?
            .into_iter()
            .filter(|held| held.period == issue)
            .collect())
    };
    assert_eq!(ledger.record_held_back(issue, 2, at(0), &late).await?, Recorded::Written);
    assert_eq!(ledger.record_held_back(issue, 2, at(5), &late).await?, Recorded::Unchanged);
    assert_eq!(told().await?, [HeldBack { period: issue, issue: 2, since: at(0), reason: late }]);
    assert_eq!(ledger.record_held_back(issue, 2, at(6), &infeasible).await?, Recorded::Written);
    let held = HeldBack { period: issue, issue: 2, since: at(6), reason: infeasible };

    ledger.record_publication(issue, 1, at(7), "abc").await.map(drop)?;
    assert_eq!(told().await?, std::slice::from_ref(&held), "an earlier issue does not free a later one");
    assert_eq!(ledger.held_back(Some(PeriodKind::Week)).await?, []);
    ledger.record_publication(issue, 2, at(8), "def").await.map(drop)?;
    assert_eq!(told().await?, []);

    ledger.record_held_back(issue, 3, at(9), &held.reason).await.map(drop)?;
    assert_eq!(ledger.clear_held_back(issue, 3).await?, Recorded::Written);
    assert_eq!(ledger.clear_held_back(issue, 3).await?, Recorded::Unchanged);
    Ok(())
}
