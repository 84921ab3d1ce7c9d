use chrono::NaiveDate;
use serde_json::json;

use super::{Case, at, audit_of, change, month};
use crate::{Arrangement, ArrangementKind, Change, Ledger, LedgerError, NewArrangement};

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

pub(super) fn new(kind: ArrangementKind, vt: &str) -> NewArrangement {
    NewArrangement {
        kind,
        vt: vt.to_owned(),
        maand: (kind == ArrangementKind::Extension).then(|| month("2020-07")),
        // Unwrap safety: the day exists.
        from: day("2020-08-05").expect("a day"),
        until: if kind == ArrangementKind::Pause { None } else { day("2020-08-19") },
        owner: "bob".to_owned(),
    }
}

async fn of(ledger: &Ledger, vt: &str) -> Result<Vec<Arrangement>, LedgerError> {
    Ok(ledger.arrangements().await?.into_iter().filter(|arrangement| arrangement.vt == vt).collect())
}

pub(super) async fn each_kind_is_kept_with_its_entry(ledger: &Ledger) -> Case {
    let kinds = [
        (ArrangementKind::Outage, "region.outage"),
        (ArrangementKind::Extension, "region.extension"),
        (ArrangementKind::Pause, "region.pause"),
    ];
    let mut made = Vec::new();
    for (kind, action) in kinds {
        let terms = new(kind, "VT16");
        let arrangement = ledger.arrange(&terms, &change(1, "a new system")).await?;
        let expected = Arrangement {
            id: arrangement.id,
            kind,
            vt: terms.vt,
            maand: terms.maand,
            from: terms.from,
            until: terms.until,
            owner: terms.owner,
            reason: "a new system".to_owned(),
            made_at: at(1),
            made_by: "ann".to_owned(),
            ended_at: None,
            ended_by: None,
            ended_reason: None,
        };
        assert_eq!(arrangement, expected);
        let entry = audit_of(ledger, "VT16").await?.remove(0);
        assert_eq!((entry.action.as_str(), entry.reason.as_str(), entry.before), (action, "a new system", None));
        let terms = json!({
            "id": arrangement.id, "kind": kind, "maand": arrangement.maand, "from": "2020-08-05",
            "until": arrangement.until, "owner": "bob",
        });
        assert_eq!(entry.after, Some(terms));
        made.push(arrangement);
    }
    assert_eq!(of(ledger, "VT16").await?, made);
    Ok(())
}

pub(super) async fn the_same_terms_again_give_the_same_arrangement(ledger: &Ledger) -> Case {
    for kind in [ArrangementKind::Pause, ArrangementKind::Outage, ArrangementKind::Extension] {
        let terms = new(kind, "VT17");
        let first = ledger.arrange(&terms, &change(1, "once")).await?;
        let entries = audit_of(ledger, "VT17").await?.len();
        assert_eq!(ledger.arrange(&terms, &change(2, "twice")).await?, first);
        assert_eq!(audit_of(ledger, "VT17").await?.len(), entries);
        let others =
            ledger.arrange(&NewArrangement { owner: "carl".to_owned(), ..terms.clone() }, &change(3, "x")).await?;
        ledger.end_arrangement(first.id, &change(4, "over")).await?;
        let anew = ledger.arrange(&terms, &change(5, "again")).await?;
        assert!(first.id < others.id && others.id < anew.id, "what was ended does not stand in the way");
    }
    Ok(())
}

pub(super) async fn an_arrangement_ends_once(ledger: &Ledger) -> Case {
    let pause = ledger.arrange(&new(ArrangementKind::Pause, "VT18"), &change(1, "a new system")).await?;
    let refused = ledger.end_arrangement(pause.id, &change(2, "")).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
    let ended = ledger.end_arrangement(pause.id, &change(3, "it works")).await?;
    let expected = Arrangement {
        ended_at: Some(at(3)),
        ended_by: Some("ann".to_owned()),
        ended_reason: Some("it works".to_owned()),
        ..pause
    };
    assert_eq!(ended, expected);
    assert_eq!(ledger.end_arrangement(ended.id, &change(4, "once more")).await?, expected);
    assert_eq!(of(ledger, "VT18").await?, [expected]);
    let log = audit_of(ledger, "VT18").await?;
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["region.end", "region.pause"]);
    assert_eq!((&log[0].before, &log[0].after), (&log[1].after, &None));
    Ok(())
}

pub(super) async fn an_unknown_arrangement_can_not_end(ledger: &Ledger) -> Case {
    let refused = ledger.end_arrangement(1 << 40, &change(1, "over")).await;
    assert!(matches!(refused, Err(LedgerError::UnknownArrangement(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}

pub(super) async fn terms_that_lack_something_are_refused(ledger: &Ledger) -> Case {
    let of_kind = |kind| new(kind, "VT19");
    let (outage, extension, pause) =
        (of_kind(ArrangementKind::Outage), of_kind(ArrangementKind::Extension), of_kind(ArrangementKind::Pause));
    let terms = [
        NewArrangement { until: None, ..outage.clone() },
        NewArrangement { maand: Some(month("2020-07")), ..outage.clone() },
        NewArrangement { until: day("2020-08-04"), ..outage.clone() },
        NewArrangement { owner: String::new(), ..outage.clone() },
        NewArrangement { vt: " ".to_owned(), ..outage.clone() },
        NewArrangement { until: None, ..extension.clone() },
        NewArrangement { maand: None, ..extension },
        NewArrangement { maand: Some(month("2020-07")), ..pause.clone() },
        NewArrangement { until: day("2020-08-04"), ..pause.clone() },
    ];
    for terms in terms {
        let refused = ledger.arrange(&terms, &change(1, "a reason")).await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{terms:?}: {refused:?}");
    }
    for who in [change(1, ""), Change { actor: String::new(), ..change(1, "a reason") }] {
        assert!(matches!(ledger.arrange(&outage, &who).await, Err(LedgerError::Invalid { .. })), "{who:?}");
    }
    assert_eq!((of(ledger, "VT19").await?, audit_of(ledger, "VT19").await?), (vec![], vec![]));
    let of_a_day = NewArrangement { until: Some(pause.from), ..pause };
    assert_eq!(ledger.arrange(&of_a_day, &change(1, "a reason")).await?.until, Some(of_a_day.from));
    Ok(())
}
