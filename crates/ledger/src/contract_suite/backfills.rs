use std::time::Duration;

use serde_json::json;
use vt_domain::Month;

use super::pulls::pull;
use super::{Case, at, audit_of, change, month, run_of};
use crate::{
    Backfill, BackfillItem, BackfillItemState, BackfillState, Change, Fault, Ledger, LedgerError, NewBackfill,
    PullRecord, Recorded,
};

const JULY: &str = "2020-07";

/// A plan of its own for some months of a region.
pub(super) fn plan(digest: &str, vt: &str, months: &[&str]) -> NewBackfill {
    NewBackfill {
        plan: format!("{{\"plan\": \"{digest}\"}}"),
        plan_digest: digest.to_owned(),
        orders: months.iter().map(|maand| (vt.to_owned(), month(maand))).collect(),
        reason: None,
    }
}

/// What came of the items of a backfill: waiting, done, failed, cancelled.
pub(super) fn counts(backfill: &Backfill) -> [i64; 4] {
    [backfill.waiting, backfill.done, backfill.failed, backfill.cancelled]
}

pub(super) fn fault() -> Fault {
    Fault::new("timeout", "the region does not answer")
}

fn item(vt: &str, maand: &str, state: BackfillItemState) -> BackfillItem {
    BackfillItem { vt: vt.to_owned(), maand: month(maand), state, attempts: 0, fault: None, changed_at: None }
}

fn closed(item: BackfillItem, minute: i64, fault: Option<Fault>) -> BackfillItem {
    let state = if fault.is_some() { BackfillItemState::Failed } else { BackfillItemState::Done };
    BackfillItem { state, attempts: 1, changed_at: Some(at(minute)), fault, ..item }
}

pub(super) async fn a_backfill_is_begun_with_its_items(ledger: &Ledger) -> Case {
    let twice = NewBackfill {
        reason: Some("the region\nmended its files".to_owned()),
        ..plan("begun", "VT01", &["2019-02", "2019-01", "2019-02"])
    };
    let begun = ledger.begin_backfill(&twice, &change(1, "asked for")).await?;
    let expected = Backfill {
        unpublished: None,
        id: begun.id,
        state: BackfillState::Running,
        plan: twice.plan,
        plan_digest: "begun".to_owned(),
        actor: "ann".to_owned(),
        reason: Some("the region mended its files".to_owned()),
        begun_at: at(1),
        changed_at: at(1),
        ended_at: None,
        waiting: 2,
        done: 0,
        failed: 0,
        cancelled: 0,
        published: false,
    };
    assert_eq!(begun, expected);
    assert_eq!(ledger.backfill(begun.id).await?, expected);
    let waits = |maand| item("VT01", maand, BackfillItemState::Waiting);
    assert_eq!(ledger.backfill_items(begun.id).await?, [waits("2019-01"), waits("2019-02")]);
    let orders = ["2019-01", "2019-02"].map(|maand| ("VT01".to_owned(), month(maand)));
    assert_eq!(ledger.waiting_items(begun.id).await?, orders);
    let log = audit_of(ledger, &format!("backfill {}", begun.id)).await?;
    assert_eq!((log.len(), log[0].action.as_str(), log[0].reason.as_str()), (1, "backfill.apply", "asked for"));
    assert_eq!((&log[0].before, &log[0].after), (&None, &Some(json!({ "plan": "begun", "orders": 2 }))));
    Ok(())
}

pub(super) async fn the_same_plan_again_gives_the_same_backfill(ledger: &Ledger) -> Case {
    let new = plan("same", "VT01", &["2019-03"]);
    let begun = ledger.begin_backfill(&new, &change(1, "")).await?;
    assert_eq!(ledger.begin_backfill(&new, &change(2, "")).await?, begun);
    let paused = ledger.steer_backfill(begun.id, BackfillState::Paused, &change(3, "")).await?;
    assert_eq!(ledger.begin_backfill(&new, &change(4, "")).await?, paused);
    assert_eq!(audit_of(ledger, &format!("backfill {}", begun.id)).await?.len(), 2);
    ledger.steer_backfill(begun.id, BackfillState::Cancelled, &change(5, "")).await?;
    assert_ne!(ledger.begin_backfill(&new, &change(6, "")).await?.id, begun.id, "the first one has ended");
    let nameless = ledger.begin_backfill(&plan("", "VT01", &["2019-04"]), &change(1, "")).await;
    assert!(matches!(nameless, Err(LedgerError::Invalid { .. })), "{nameless:?}");
    Ok(())
}

pub(super) async fn a_reason_in_one_place_counts_for_both(ledger: &Ledger) -> Case {
    let of_the_plan =
        NewBackfill { reason: Some("planned".to_owned()), ..plan("reason of the plan", "VT01", &["2019-05"]) };
    let cases = [
        (of_the_plan, "", Some("planned"), "planned"),
        (plan("reason of the change", "VT01", &["2019-06"]), "changed", Some("changed"), "changed"),
        (plan("no reason", "VT01", &["2019-07"]), " ", None, ""),
    ];
    for (new, reason, of_backfill, of_entry) in cases {
        let begun = ledger.begin_backfill(&new, &change(1, reason)).await?;
        assert_eq!(begun.reason.as_deref(), of_backfill);
        assert_eq!(audit_of(ledger, &format!("backfill {}", begun.id)).await?[0].reason, of_entry);
    }
    let nobody = Change { actor: String::new(), ..change(1, "a reason") };
    let refused = ledger.begin_backfill(&plan("nobody's", "VT01", &["2019-08"]), &nobody).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
    Ok(())
}

pub(super) async fn a_backfill_that_overlaps_is_refused_and_named(ledger: &Ledger) -> Case {
    let first = ledger.begin_backfill(&plan("first", "VT02", &["2019-01", "2019-02"]), &change(1, "")).await?;
    let second = ledger.begin_backfill(&plan("second", "VT02", &["2019-03"]), &change(1, "")).await?;
    // Also an order that is done, of a backfill that is paused.
    ledger.finish_backfill_item(first.id, "VT02", month("2019-02"), Ok(()), at(2), None).await.map(drop)?;
    ledger.steer_backfill(first.id, BackfillState::Paused, &change(3, "")).await?;
    let third = plan("third", "VT02", &["2019-04", "2019-03", "2019-02"]);
    let message = ledger.begin_backfill(&third, &change(4, "")).await.map_err(|error| error.to_string());
    let expected = format!(
        "ledger: backfill {} is at work on VT02 2019-02; nothing was changed. Wait until it has ended, or cancel it",
        first.id
    );
    assert_eq!(message, Err(expected));
    ledger.steer_backfill(first.id, BackfillState::Cancelled, &change(5, "")).await?;
    let refused = ledger.begin_backfill(&third, &change(6, "")).await;
    assert!(
        matches!(&refused, Err(LedgerError::BackfillOverlap { id, orders, more: 0 }) if *id == second.id && orders == &["VT02 2019-03"]),
        "{refused:?}"
    );
    assert!(!ledger.backfills(100).await?.iter().any(|backfill| backfill.plan_digest == "third"));
    Ok(())
}

pub(super) async fn of_many_shared_orders_five_are_named(ledger: &Ledger) -> Case {
    let months = ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06", "2020-07"];
    let begun = ledger.begin_backfill(&plan("many", "VT02", &months), &change(1, "")).await?;
    let refused = ledger.begin_backfill(&plan("many others", "VT02", &months), &change(2, "")).await;
    let Err(LedgerError::BackfillOverlap { id, orders, more }) = &refused else { panic!("{refused:?}") };
    assert_eq!((*id, *more), (begun.id, 2));
    assert_eq!(orders.join(", "), "VT02 2020-01, VT02 2020-02, VT02 2020-03, VT02 2020-04, VT02 2020-05");
    let message = refused.map_err(|error| error.to_string());
    assert!(message.is_err_and(|message| message.contains("VT02 2020-05 and 2 more; nothing was changed")));
    Ok(())
}

pub(super) async fn an_order_is_free_when_its_backfill_has_ended(ledger: &Ledger) -> Case {
    let (vt, maand) = ("VT03", month(JULY));
    for (n, outcome) in [Ok(()), Err(fault())].into_iter().enumerate() {
        let begun = ledger.begin_backfill(&plan(&format!("freed {n}"), vt, &[JULY]), &change(1, "")).await?;
        ledger.finish_backfill_item(begun.id, vt, maand, outcome, at(2), None).await.map(drop)?;
        ledger.mark_backfill_published(begun.id, None, at(3)).await.map(drop)?;
        assert!(ledger.end_backfill(begun.id, at(4)).await?.state.is_end());
    }
    let begun = ledger.begin_backfill(&plan("freed at last", vt, &[JULY]), &change(1, "")).await?;
    ledger.steer_backfill(begun.id, BackfillState::Cancelled, &change(2, "")).await?;
    ledger.begin_backfill(&plan("freed by cancelling", vt, &[JULY]), &change(3, "")).await.map(drop)
}

pub(super) async fn items_are_closed_once(ledger: &Ledger) -> Case {
    let begun =
        ledger.begin_backfill(&plan("closed", "VT04", &["2019-01", "2019-02", "2019-03"]), &change(1, "")).await?;
    let close = async |maand, outcome, minute| {
        ledger.finish_backfill_item(begun.id, "VT04", month(maand), outcome, at(minute), None).await
    };
    assert_eq!(close("2019-01", Ok(()), 2).await?, Recorded::Written);
    assert_eq!(close("2019-01", Ok(()), 3).await?, Recorded::Unchanged);
    assert_eq!(close("2019-01", Err(fault()), 4).await?, Recorded::Unchanged);
    assert_eq!(close("2019-02", Err(fault()), 5).await?, Recorded::Written);
    assert_eq!(close("2019-02", Err(fault()), 6).await?, Recorded::Unchanged);
    assert_eq!(close("2019-02", Ok(()), 7).await?, Recorded::Unchanged);
    let waits = |maand| item("VT04", maand, BackfillItemState::Waiting);
    let items = [closed(waits("2019-01"), 2, None), closed(waits("2019-02"), 5, Some(fault())), waits("2019-03")];
    assert_eq!(ledger.backfill_items(begun.id).await?, items);
    assert_eq!(ledger.waiting_items(begun.id).await?, [("VT04".to_owned(), month("2019-03"))]);
    let backfill = ledger.backfill(begun.id).await?;
    assert_eq!((counts(&backfill), backfill.changed_at), ([1, 1, 1, 0], at(5)));
    Ok(())
}

pub(super) async fn an_item_is_closed_under_a_lease_only_while_it_is_held(ledger: &Ledger) -> Case {
    let (vt, maand, name) = ("VT04", month(JULY), "backfill VT04 2020-07");
    let begun = ledger.begin_backfill(&plan("leased", vt, &[JULY]), &change(1, "")).await?;
    let Some(ran_out) = ledger.claim(name, "one", Duration::ZERO).await? else { panic!("{name} was free") };
    let Some(held) = ledger.claim(name, "other", Duration::from_secs(60)).await? else { panic!("{name} had run out") };
    let refused = ledger.finish_backfill_item(begun.id, vt, maand, Ok(()), at(2), Some(&ran_out)).await;
    assert!(matches!(&refused, Err(LedgerError::LeaseLost(lost)) if lost == name), "{refused:?}");
    assert_eq!(ledger.waiting_items(begun.id).await?.len(), 1);
    let recorded = ledger.finish_backfill_item(begun.id, vt, maand, Ok(()), at(3), Some(&held)).await?;
    assert_eq!((recorded, ledger.waiting_items(begun.id).await?), (Recorded::Written, vec![]));
    Ok(())
}

pub(super) async fn what_is_unknown_is_named(ledger: &Ledger) -> Case {
    const NONE: i64 = 1 << 40;
    let unknown = |answer: Result<(), LedgerError>| matches!(answer, Err(LedgerError::UnknownBackfill(NONE)));
    assert!(unknown(ledger.backfill(NONE).await.map(drop)));
    assert!(unknown(ledger.backfill_items(NONE).await.map(drop)));
    assert!(unknown(ledger.waiting_items(NONE).await.map(drop)));
    assert!(unknown(ledger.finish_backfill_item(NONE, "VT04", month(JULY), Ok(()), at(1), None).await.map(drop)));
    assert!(unknown(ledger.steer_backfill(NONE, BackfillState::Paused, &change(1, "")).await.map(drop)));
    assert!(unknown(ledger.retry_backfill(NONE, &change(1, "")).await.map(drop)));
    assert!(unknown(ledger.end_backfill(NONE, at(1)).await.map(drop)));
    assert!(unknown(ledger.mark_backfill_published(NONE, None, at(1)).await.map(drop)));
    let begun = ledger.begin_backfill(&plan("unknown order", "VT04", &["2020-08"]), &change(1, "")).await?;
    let answer = ledger.finish_backfill_item(begun.id, "VT04", month("2020-09"), Ok(()), at(1), None).await;
    let Err(LedgerError::UnknownOrder { backfill, order }) = &answer else { panic!("{answer:?}") };
    assert_eq!((*backfill, order.as_str()), (begun.id, "VT04 2020-09"));
    Ok(())
}

/// A pull of a region's July for a backfill that is begun for it.
async fn pull_of(ledger: &Ledger, vt: &str) -> Result<(i64, PullRecord), LedgerError> {
    let begun = ledger.begin_backfill(&plan(&format!("pull of {vt}"), vt, &[JULY]), &change(1, "")).await?;
    Ok((begun.id, PullRecord { backfill: Some(begun.id), ..pull(vt) }))
}

async fn waits(ledger: &Ledger, id: i64) -> Result<Vec<(String, Month)>, LedgerError> {
    ledger.waiting_items(id).await
}

pub(super) async fn a_pull_closes_its_item_with_it(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull of a backfill").await?;
    let (id, pull) = pull_of(ledger, "VT20").await?;
    assert_eq!(ledger.record_pull(run, None, &pull).await?, Recorded::Written);
    assert_eq!(ledger.record_pull(run, None, &pull).await?, Recorded::Unchanged);
    let expected = closed(item("VT20", JULY, BackfillItemState::Waiting), 9, None);
    assert_eq!(ledger.backfill_items(id).await?, [expected]);
    Ok(())
}

pub(super) async fn a_pull_that_fails_closes_its_item_with_its_fault(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull of a backfill fails").await?;
    let (id, pull) = pull_of(ledger, "VT21").await?;
    let pull = PullRecord { failure: Some(fault()), deliveries: vec![], ..pull };
    assert_eq!(ledger.record_pull(run, None, &pull).await?, Recorded::Written);
    let expected = closed(item("VT21", JULY, BackfillItemState::Waiting), 9, Some(fault()));
    assert_eq!(ledger.backfill_items(id).await?, [expected]);
    Ok(())
}

pub(super) async fn a_pull_that_is_refused_leaves_its_item_open(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull of a backfill is refused").await?;
    let (id, record) = pull_of(ledger, "VT22").await?;
    let name = "pull VT22 2020-07";
    let Some(lost) = ledger.claim(name, "one", Duration::ZERO).await? else { panic!("{name} was free") };
    let refused = ledger.record_pull(run, Some(&lost), &record).await;
    assert!(matches!(refused, Err(LedgerError::LeaseLost(_))), "{refused:?}");
    assert_eq!(waits(ledger, id).await?.len(), 1);
    assert_eq!(ledger.steps(run).await?, []);

    // A pull that names a backfill without this order leaves nothing either.
    let refused = ledger.record_pull(run, None, &PullRecord { backfill: Some(id), ..pull("VT23") }).await;
    assert!(matches!(refused, Err(LedgerError::UnknownOrder { .. })), "{refused:?}");
    let refused = ledger.record_pull(run, None, &PullRecord { backfill: Some(1 << 40), ..pull("VT23") }).await;
    assert!(matches!(refused, Err(LedgerError::UnknownBackfill(_))), "{refused:?}");
    assert_eq!(ledger.steps(run).await?, []);
    Ok(())
}

pub(super) async fn the_latest_backfills_come_first(ledger: &Ledger) -> Case {
    let mut begun = Vec::new();
    for maand in ["2019-01", "2019-02", "2019-03"] {
        begun.push(ledger.begin_backfill(&plan(&format!("listed {maand}"), "VT24", &[maand]), &change(1, "")).await?);
    }
    let empty = ledger.begin_backfill(&plan("listed without orders", "VT24", &[]), &change(1, "")).await?;
    ledger.finish_backfill_item(begun[2].id, "VT24", month("2019-03"), Ok(()), at(2), None).await.map(drop)?;
    let closed = ledger.backfill(begun[2].id).await?;
    assert_eq!((counts(&closed), counts(&empty)), ([0, 1, 0, 0], [0; 4]));
    assert_eq!(ledger.backfills(3).await?, [empty, closed, begun[1].clone()]);
    Ok(())
}
