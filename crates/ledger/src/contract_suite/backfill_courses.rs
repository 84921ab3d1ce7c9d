use vt_domain::Month;

use super::backfills::{counts, fault, plan};
use super::{Case, at, audit_of, change, month};
use crate::{Backfill, BackfillState, Change, Ledger, LedgerError, Recorded};

use BackfillState::{Cancelled, Done, Partial, Paused, Running};

const VT: &str = "VT25";

/// A backfill of two months; no two cases have the same months.
async fn begin(ledger: &Ledger, months: [&str; 2]) -> Result<Backfill, LedgerError> {
    ledger.begin_backfill(&plan(&format!("course {}", months[0]), VT, &months), &change(1, "")).await
}

/// Pulls what waits: the first order fails when asked to, the others are done.
async fn pull_all(ledger: &Ledger, id: i64, first_fails: bool) -> Case {
    for (n, (vt, maand)) in ledger.waiting_items(id).await?.into_iter().enumerate() {
        let outcome = if first_fails && n == 0 { Err(fault()) } else { Ok(()) };
        assert_eq!(ledger.finish_backfill_item(id, &vt, maand, outcome, at(5), None).await?, Recorded::Written);
    }
    Ok(())
}

/// A backfill in a state, by the way that leads there.
async fn in_state(ledger: &Ledger, state: BackfillState, months: [&str; 2]) -> Result<i64, LedgerError> {
    let id = begin(ledger, months).await?.id;
    match state {
        Running => {}
        Paused | Cancelled => drop(ledger.steer_backfill(id, state, &change(2, "")).await?),
        Done | Partial => {
            pull_all(ledger, id, state == Partial).await?;
            ledger.mark_backfill_published(id, None, at(6)).await.map(drop)?;
            ledger.end_backfill(id, at(7)).await?;
        }
    }
    assert_eq!(ledger.backfill(id).await?.state, state);
    Ok(id)
}

async fn actions(ledger: &Ledger, id: i64) -> Result<Vec<String>, LedgerError> {
    Ok(audit_of(ledger, &format!("backfill {id}")).await?.into_iter().map(|entry| entry.action).collect())
}

pub(super) async fn a_backfill_is_paused_resumed_and_cancelled(ledger: &Ledger) -> Case {
    let begun = begin(ledger, ["2010-01", "2010-02"]).await?;
    ledger.finish_backfill_item(begun.id, VT, month("2010-01"), Ok(()), at(2), None).await.map(drop)?;
    let steer = async |to, minute| ledger.steer_backfill(begun.id, to, &change(minute, "")).await;
    let paused = steer(Paused, 3).await?;
    assert_eq!((paused.state, paused.changed_at, paused.ended_at), (Paused, at(3), None));
    assert_eq!(steer(Paused, 4).await?, paused);
    assert_eq!(ledger.waiting_items(begun.id).await?.len(), 1);
    let resumed = steer(Running, 5).await?;
    assert_eq!((resumed.state, resumed.changed_at), (Running, at(5)));
    assert_eq!(steer(Running, 6).await?, resumed);
    let cancelled = steer(Cancelled, 7).await?;
    assert_eq!((cancelled.state, cancelled.ended_at, counts(&cancelled)), (Cancelled, Some(at(7)), [0, 1, 0, 1]));
    assert_eq!(steer(Cancelled, 8).await?, cancelled);
    let expected = ["backfill.cancel", "backfill.resume", "backfill.pause", "backfill.apply"];
    assert_eq!(actions(ledger, begun.id).await?, expected);
    let entry = audit_of(ledger, &format!("backfill {}", begun.id)).await?.remove(0);
    let states = [entry.before, entry.after].map(|value| value.map(|value| value["state"].clone()));
    assert_eq!(states, [Some("running".into()), Some("cancelled".into())]);
    Ok(())
}

pub(super) async fn every_other_turn_is_refused(ledger: &Ledger) -> Case {
    const ALL: [BackfillState; 5] = [Running, Paused, Cancelled, Done, Partial];
    let months =
        ["2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06", "2011-07", "2011-08", "2011-09", "2011-10"];
    let mut refusals = 0;
    for (from, months) in ALL.into_iter().zip(months.chunks_exact(2)) {
        let id = in_state(ledger, from, [months[0], months[1]]).await?;
        let before = (ledger.backfill(id).await?, actions(ledger, id).await?);
        for to in ALL.into_iter().filter(|to| *to != from) {
            if matches!((from, to), (Running, Paused | Cancelled) | (Paused, Running | Cancelled)) {
                continue;
            }
            let refused = ledger.steer_backfill(id, to, &change(9, "")).await;
            assert!(matches!(refused, Err(LedgerError::Conflict { .. })), "{from:?} to {to:?}: {refused:?}");
            refusals += 1;
        }
        // To where it is already.
        assert_eq!(ledger.steer_backfill(id, from, &change(9, "")).await?, before.0);
        if matches!(from, Cancelled | Done) {
            let refused = ledger.retry_backfill(id, &change(9, "")).await;
            assert!(matches!(refused, Err(LedgerError::Conflict { .. })), "{from:?}: {refused:?}");
        }
        if from != Running {
            assert_eq!(ledger.end_backfill(id, at(9)).await?, before.0);
        }
        assert_eq!((ledger.backfill(id).await?, actions(ledger, id).await?), before);
    }
    assert_eq!(refusals, 16);
    Ok(())
}

pub(super) async fn a_turn_needs_an_actor(ledger: &Ledger) -> Case {
    let begun = begin(ledger, ["2012-01", "2012-02"]).await?;
    let nobody = Change { actor: " ".to_owned(), ..change(2, "a reason") };
    let steered = ledger.steer_backfill(begun.id, Paused, &nobody).await;
    assert!(matches!(steered, Err(LedgerError::Invalid { .. })), "{steered:?}");
    let retried = ledger.retry_backfill(begun.id, &nobody).await;
    assert!(matches!(retried, Err(LedgerError::Invalid { .. })), "{retried:?}");
    assert_eq!(ledger.backfill(begun.id).await?, begun);
    Ok(())
}

pub(super) async fn a_backfill_ends_when_all_is_pulled_and_published(ledger: &Ledger) -> Case {
    let id = begin(ledger, ["2013-01", "2013-02"]).await?.id;
    assert_eq!(ledger.end_backfill(id, at(2)).await?.state, Running, "its items wait");
    pull_all(ledger, id, false).await?;
    assert_eq!(ledger.end_backfill(id, at(6)).await?.state, Running, "its publications were not made");
    assert_eq!(ledger.mark_backfill_published(id, None, at(7)).await?, Recorded::Written);
    assert_eq!(ledger.mark_backfill_published(id, None, at(8)).await?, Recorded::Unchanged);
    let published = ledger.backfill(id).await?;
    assert!(published.published && published.changed_at == at(7));
    ledger.steer_backfill(id, Paused, &change(9, "")).await?;
    assert_eq!(ledger.end_backfill(id, at(10)).await?.state, Paused);
    ledger.steer_backfill(id, Running, &change(11, "")).await?;
    let done = ledger.end_backfill(id, at(12)).await?;
    assert_eq!((done.state, done.ended_at, counts(&done)), (Done, Some(at(12)), [0, 2, 0, 0]));
    assert_eq!(ledger.end_backfill(id, at(13)).await?, done);
    Ok(())
}

pub(super) async fn a_backfill_with_failures_ends_partial_and_is_tried_again(ledger: &Ledger) -> Case {
    let id = in_state(ledger, Partial, ["2014-01", "2014-02"]).await?;
    let partial = ledger.backfill(id).await?;
    assert_eq!((partial.ended_at, counts(&partial)), (Some(at(7)), [0, 1, 1, 0]));
    assert_eq!(ledger.retry_backfill(id, &change(8, "")).await?, 1);
    let running = ledger.backfill(id).await?;
    assert_eq!((running.state, running.changed_at, running.ended_at), (Running, at(8), None));
    assert_eq!((running.published, counts(&running)), (false, [1, 1, 0, 0]));
    assert_eq!(actions(ledger, id).await?, ["backfill.retry", "backfill.apply"]);
    let item = ledger.backfill_items(id).await?.remove(0);
    assert_eq!((item.attempts, item.fault, item.changed_at), (1, None, Some(at(8))));
    let overlap = ledger.begin_backfill(&plan("over a retry", VT, &["2014-02"]), &change(9, "")).await;
    assert!(matches!(overlap, Err(LedgerError::BackfillOverlap { .. })), "{overlap:?}");

    pull_all(ledger, id, false).await?;
    assert_eq!(ledger.backfill_items(id).await?[0].attempts, 2);
    assert_eq!(ledger.end_backfill(id, at(9)).await?.state, Running, "its publications are to be made again");
    ledger.mark_backfill_published(id, None, at(10)).await.map(drop)?;
    assert_eq!(ledger.end_backfill(id, at(11)).await?.state, Done);
    Ok(())
}

pub(super) async fn a_backfill_whose_publications_failed_ends_partial_and_is_tried_again(ledger: &Ledger) -> Case {
    let id = begin(ledger, ["2018-01", "2018-02"]).await?.id;
    pull_all(ledger, id, false).await?;
    ledger.mark_backfill_published(id, Some("2018W402: the store is full"), at(7)).await.map(drop)?;
    let ended = ledger.end_backfill(id, at(8)).await?;
    assert_eq!((ended.state, ended.unpublished.as_deref()), (Partial, Some("2018W402: the store is full")));
    assert_eq!(ledger.oldest_running_backfill().await?.filter(|running| *running == id), None);
    assert_eq!(ledger.retry_backfill(id, &change(9, "")).await?, 0);
    let again = ledger.backfill(id).await?;
    assert_eq!((again.state, again.published, again.unpublished), (Running, false, None));
    assert_eq!(ledger.backfill_state(id).await?, Running);
    ledger.mark_backfill_published(id, None, at(10)).await.map(drop)?;
    assert_eq!(ledger.end_backfill(id, at(11)).await?.state, Done);
    Ok(())
}

pub(super) async fn a_retry_sets_a_paused_backfill_going(ledger: &Ledger) -> Case {
    let id = begin(ledger, ["2015-01", "2015-02"]).await?.id;
    ledger.finish_backfill_item(id, VT, month("2015-01"), Err(fault()), at(2), None).await.map(drop)?;
    assert_eq!(ledger.retry_backfill(id, &change(3, "")).await?, 1);
    ledger.finish_backfill_item(id, VT, month("2015-01"), Err(fault()), at(4), None).await.map(drop)?;
    ledger.steer_backfill(id, Paused, &change(5, "")).await?;
    assert_eq!(ledger.retry_backfill(id, &change(6, "it answers again")).await?, 1);
    let running = ledger.backfill(id).await?;
    assert_eq!((running.state, counts(&running)), (Running, [2, 0, 0, 0]));
    let entry = audit_of(ledger, &format!("backfill {id}")).await?.remove(0);
    assert_eq!((entry.action.as_str(), entry.reason.as_str()), ("backfill.retry", "it answers again"));
    Ok(())
}

pub(super) async fn a_retry_without_failures_changes_nothing(ledger: &Ledger) -> Case {
    for (state, months) in [(Running, ["2016-01", "2016-02"]), (Paused, ["2016-03", "2016-04"])] {
        let id = in_state(ledger, state, months).await?;
        let before = (ledger.backfill(id).await?, actions(ledger, id).await?);
        assert_eq!(ledger.retry_backfill(id, &change(9, "")).await?, 0);
        assert_eq!((ledger.backfill(id).await?, actions(ledger, id).await?), before);
    }
    Ok(())
}

pub(super) async fn what_has_ended_is_not_tried_again_over_another_backfill(ledger: &Ledger) -> Case {
    let id = in_state(ledger, Partial, ["2017-01", "2017-02"]).await?;
    // On the order that is done: it is an item of both all the same.
    let other = ledger.begin_backfill(&plan("after a partial one", VT, &["2017-02"]), &change(8, "")).await?;
    let partial = ledger.backfill(id).await?;
    let refused = ledger.retry_backfill(id, &change(9, "")).await;
    assert!(
        matches!(&refused, Err(LedgerError::BackfillOverlap { id, orders, more: 0 }) if *id == other.id && orders == &["VT25 2017-02"]),
        "{refused:?}"
    );
    assert_eq!(ledger.backfill(id).await?, partial);
    ledger.steer_backfill(other.id, Cancelled, &change(10, "")).await?;
    assert_eq!(ledger.retry_backfill(id, &change(11, "")).await?, 1);
    Ok(())
}

pub(super) async fn publications_are_made_after_the_last_item(ledger: &Ledger) -> Case {
    let id = begin(ledger, ["2018-01", "2018-02"]).await?.id;
    assert_eq!(ledger.mark_backfill_published(id, None, at(2)).await?, Recorded::Unchanged);
    pull_all(ledger, id, true).await?;
    // A retry between making the publications and recording them: they lack what is pulled next.
    assert_eq!(ledger.retry_backfill(id, &change(6, "")).await?, 1);
    assert_eq!(ledger.mark_backfill_published(id, None, at(7)).await?, Recorded::Unchanged);
    pull_all(ledger, id, false).await?;
    assert!(!ledger.backfill(id).await?.published);
    Ok(())
}

pub(super) async fn an_item_under_way_when_cancelled_may_still_be_done(ledger: &Ledger) -> Case {
    let id = in_state(ledger, Cancelled, ["2018-05", "2018-06"]).await?;
    let close = async |maand: Month, outcome| ledger.finish_backfill_item(id, VT, maand, outcome, at(9), None).await;
    assert_eq!(close(month("2018-05"), Ok(())).await?, Recorded::Written);
    assert_eq!(close(month("2018-06"), Err(fault())).await?, Recorded::Unchanged);
    let cancelled = ledger.backfill(id).await?;
    assert_eq!((cancelled.state, counts(&cancelled)), (Cancelled, [0, 1, 0, 1]));
    Ok(())
}
