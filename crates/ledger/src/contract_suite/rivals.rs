use std::time::Duration;

use vt_domain::period::PeriodKind;

use super::arrangements::new;
use super::audit::act;
use super::backfills::plan;
use super::deliveries::accepted;
use super::lines::logged;
use super::{Case, at, audit_of, change, month, requests, run_of, tokens};
use crate::{
    AlertMessageKind, ArrangementKind, AuditFilter, AuditVerdict, BackfillState, Claimed, Delivery, DeliveryStatus,
    Ledger, LedgerError, OrderKind, Recorded, RunId, Step, StepName,
};

pub(super) async fn of_many_claims_exactly_one_wins(one: &Ledger, other: &Ledger) -> Case {
    const TTL: Duration = Duration::from_secs(60);
    for round in 0..25 {
        let name = format!("contested {round}");
        let claims: Vec<_> = (0..6)
            .map(|rival| {
                let (ledger, name) = (if rival % 2 == 0 { one.clone() } else { other.clone() }, name.clone());
                tokio::spawn(async move { ledger.claim(&name, &format!("rival {rival}"), TTL).await })
            })
            .collect();
        let mut winners = Vec::new();
        for claim in claims {
            winners.extend(joined(claim).await?);
        }
        assert_eq!(winners.len(), 1, "{name}");
        assert!(one.leases().await?.contains(&winners[0]) && other.leases().await?.contains(&winners[0]));
    }
    Ok(())
}

pub(super) async fn of_two_decisions_one_stands(one: &Ledger, other: &Ledger) -> Case {
    for nr in 1..=25 {
        let taken = accepted("VT15", "2020-07", nr);
        let refused = Delivery { status: DeliveryStatus::Rejected, ..taken.clone() };
        let answers = tokio::join!(one.record_delivery(&taken), other.record_delivery(&refused));
        let stands = one.delivery(&taken.id).await?;
        match answers {
            (Ok(Recorded::Written), Err(LedgerError::Conflict { .. })) => assert_eq!(stands, Some(taken)),
            (Err(LedgerError::Conflict { .. }), Ok(Recorded::Written)) => assert_eq!(stands, Some(refused)),
            unexpected => panic!("nr {nr}: {unexpected:?}"),
        }
    }
    Ok(())
}

pub(super) async fn a_cadence_that_two_decide_is_one_decision(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..20 {
        let cadence = if round % 2 == 0 { PeriodKind::Week } else { PeriodKind::TwoWeeks };
        let (mine, theirs) = (change(round, "one"), change(round, "other"));
        let from = month("2024-01").first_day();
        let (first, second) = tokio::join!(
            one.decide_cadence(from, cadence, None, &mine),
            other.decide_cadence(from, cadence, None, &theirs)
        );
        assert_eq!(first?, second?, "round {round}");
    }
    Ok(())
}

pub(super) async fn no_record_of_two_writers_is_lost(one: &Ledger, other: &Ledger) -> Case {
    const EACH: usize = 100;
    let run = run_of(one, "two writers").await?;
    let write = |ledger: &Ledger, who: &'static str| {
        let ledger = ledger.clone();
        tokio::spawn(async move { record_many(&ledger, run, who, EACH).await })
    };
    let (first, second) = (write(one, "one"), write(other, "other"));
    joined(first).await?;
    joined(second).await?;
    assert_eq!(one.steps(run).await?.len(), 2 * EACH);
    assert_eq!(one.steps(run).await?, other.steps(run).await?);
    Ok(())
}

async fn record_many(ledger: &Ledger, run: RunId, who: &str, many: usize) -> Case {
    for n in 0..many {
        let step = Step::begun(OrderKind::Pull, format!("{who} {n}"), StepName::Fetch, at(0)).done(at(1));
        assert_eq!(ledger.record_step(run, &step).await?, Recorded::Written);
    }
    Ok(())
}

async fn joined<T>(task: tokio::task::JoinHandle<Result<T, LedgerError>>) -> Result<T, LedgerError> {
    // Unwrap safety: a task of a case ends by itself; a panic in it is the case's own failure.
    task.await.expect("the task did not panic")
}

pub(super) async fn entries_of_two_writers_are_one_chain(one: &Ledger, other: &Ledger) -> Case {
    const EACH: usize = 60;
    let write = |ledger: &Ledger, who: &'static str| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                ledger.record_audit(&act(who, "rivals")).await?;
            }
            Ok(())
        })
    };
    let (first, second) = (write(one, "one"), write(other, "other"));
    joined(first).await?;
    joined(second).await?;
    let all =
        one.audit_log(&AuditFilter { subject: Some("rivals".to_owned()), limit: 1000, ..Default::default() }).await?;
    assert_eq!(all.len(), 2 * EACH);
    let newest = AuditVerdict::Whole { entries: all[0].seq, newest: all[0].digest.clone(), kept: None };
    assert!(all.windows(2).all(|pair| pair[0].seq == pair[1].seq + 1 && pair[0].previous == pair[1].digest));
    assert_eq!((one.verify_audit().await?, other.verify_audit().await?), (newest.clone(), newest));
    Ok(())
}

pub(super) async fn of_two_backfills_that_overlap_exactly_one_begins(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..20 {
        let month = format!("2021-{:02}", round % 12 + 1);
        let mine = plan(&format!("one {round}"), "VT26", &[&month, "2022-01"]);
        let theirs = plan(&format!("other {round}"), "VT26", &["2022-02", &month]);
        let (reason, again) = (change(1, ""), change(1, ""));
        let answers = tokio::join!(one.begin_backfill(&mine, &reason), other.begin_backfill(&theirs, &again));
        let (begun, refused) = match answers {
            (Ok(begun), Err(refused)) | (Err(refused), Ok(begun)) => (begun, refused),
            unexpected => panic!("round {round}: {unexpected:?}"),
        };
        assert!(
            matches!(&refused, LedgerError::BackfillOverlap { id, orders, more: 0 } if *id == begun.id && orders == &[format!("VT26 {month}")]),
            "{refused:?}"
        );
        one.steer_backfill(begun.id, BackfillState::Cancelled, &change(2, "")).await?;
    }
    Ok(())
}

pub(super) async fn a_plan_that_two_begin_is_one_backfill(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..20 {
        let month = format!("2023-{:02}", round % 12 + 1);
        let new = plan(&format!("both {round}"), "VT26", &[&month]);
        let (mine, theirs) = (change(1, "one"), change(1, "other"));
        let (first, second) = tokio::join!(one.begin_backfill(&new, &mine), other.begin_backfill(&new, &theirs));
        let (first, second) = (first?, second?);
        assert_eq!(first, second);
        assert_eq!(audit_of(one, &format!("backfill {}", first.id)).await?.len(), 1);
        other.steer_backfill(first.id, BackfillState::Cancelled, &change(2, "")).await?;
    }
    Ok(())
}

pub(super) async fn of_two_ends_of_an_arrangement_one_stands(one: &Ledger, other: &Ledger) -> Case {
    let pause = one.arrange(&new(ArrangementKind::Pause, "VT26"), &change(1, "a new system")).await?;
    let (mine, theirs) = (change(2, "one"), change(2, "other"));
    let (first, second) = tokio::join!(one.end_arrangement(pause.id, &mine), other.end_arrangement(pause.id, &theirs));
    assert_eq!(first?, second?);
    let ends = audit_of(one, "VT26").await?.into_iter().filter(|entry| entry.action == "region.end");
    assert_eq!(ends.count(), 1);
    Ok(())
}

pub(super) async fn a_key_that_two_claim_is_new_for_one(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..25 {
        let new = requests::new(&format!("contested {round}"), 1);
        let (first, second) =
            tokio::join!(one.claim_request(&new, requests::DAY), other.claim_request(&new, requests::DAY));
        assert_eq!(new_and_under_way(&[first?, second?]), (1, 1), "round {round}");
    }
    Ok(())
}

pub(super) async fn a_lost_request_that_two_take_up_is_new_for_one(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..25 {
        let key = format!("lost {round}");
        assert_eq!(one.claim_request(&requests::new(&key, 1), requests::DAY).await?, Claimed::New);
        let again = requests::new(&key, 30);
        let (first, second) =
            tokio::join!(one.claim_request(&again, requests::DAY), other.claim_request(&again, requests::DAY));
        assert_eq!(new_and_under_way(&[first?, second?]), (1, 1), "round {round}");
    }
    Ok(())
}

fn new_and_under_way(claims: &[Claimed; 2]) -> (usize, usize) {
    let count = |wanted: &Claimed| claims.iter().filter(|claim| *claim == wanted).count();
    (count(&Claimed::New), count(&Claimed::UnderWay))
}

pub(super) async fn an_alert_that_two_begin_is_one(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..25 {
        let subject = format!("round {round}");
        let (first, second) = tokio::join!(
            one.begin_alert("contested", &subject, "late", at(1)),
            other.begin_alert("contested", &subject, "late", at(1))
        );
        let ((first, mine), (second, theirs)) = (first?, second?);
        assert_eq!((first, mine == Recorded::Written), (second, theirs == Recorded::Unchanged), "round {round}");
    }
    Ok(())
}

pub(super) async fn a_message_that_two_queue_is_one(one: &Ledger, other: &Ledger) -> Case {
    for round in 0..25 {
        let (alert, _) = one.begin_alert("told twice", &format!("round {round}"), "late", at(1)).await?;
        let (first, second) = tokio::join!(
            one.queue_message(alert.id, AlertMessageKind::Begun, "webhook ops", at(2)),
            other.queue_message(alert.id, AlertMessageKind::Begun, "webhook ops", at(3))
        );
        assert_ne!(first?, second?, "round {round}");
        assert_eq!(one.messages_of(alert.id).await?.len(), 1);
    }
    Ok(())
}

pub(super) async fn of_two_revocations_one_stands(one: &Ledger, other: &Ledger) -> Case {
    let token = one.new_token(&tokens::new("contested"), &change(1, "")).await?;
    let (mine, theirs) = (change(2, "one"), change(3, "other"));
    let (first, second) = tokio::join!(one.revoke_token(token.id, &mine), other.revoke_token(token.id, &theirs));
    assert_eq!(first?, second?);
    assert_eq!(audit_of(one, &format!("token {}", token.id)).await?.len(), 2);
    Ok(())
}

pub(super) async fn lines_of_two_writers_are_numbered_without_a_gap(one: &Ledger, other: &Ledger) -> Case {
    let run = run_of(one, "two who log").await?;
    let write = |ledger: &Ledger| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for _ in 0..30 {
                ledger.append_lines(run, &[logged(1, "one"), logged(1, "two")]).await?;
            }
            Ok(())
        })
    };
    let (first, second) = (write(one), write(other));
    joined(first).await?;
    joined(second).await?;
    let lines = one.lines_of(run, 0, 1000).await?;
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=120).collect::<Vec<_>>());
    assert!(lines.chunks(2).all(|pair| pair[0].text == "one" && pair[1].text == "two"), "each call's lines together");
    Ok(())
}
