use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Case, at, audit_of, change};
use crate::{AlertMute, Change, Ledger, LedgerError};

async fn in_force(ledger: &Ledger, id: i64, minute: i64) -> Result<bool, LedgerError> {
    Ok(ledger.mutes(at(minute)).await?.iter().any(|mute| mute.id == id))
}

async fn log_of(ledger: &Ledger, mute: &AlertMute) -> Result<Vec<crate::AuditEntry>, LedgerError> {
    audit_of(ledger, &format!("mute {}", mute.id)).await
}

pub(super) async fn a_mute_is_kept_with_its_entry(ledger: &Ledger) -> Case {
    for (rule, subject) in
        [(Some("late"), Some("VT07")), (Some("late"), None), (None, Some("VT07")), (None, Some("")), (None, None)]
    {
        let mute = ledger.mute_alerts(rule, subject, at(60), &change(1, "they move")).await?;
        let expected = AlertMute {
            id: mute.id,
            rule: rule.map(str::to_owned),
            subject: subject.map(str::to_owned),
            until: at(60),
            actor: "ann".to_owned(),
            reason: "they move".to_owned(),
            made_at: at(1),
            ended_at: None,
        };
        assert_eq!(mute, expected);
        assert!(ledger.mutes(at(2)).await?.ends_with(std::slice::from_ref(&mute)));
        let log = log_of(ledger, &mute).await?;
        assert_eq!((log.len(), log[0].action.as_str(), log[0].reason.as_str()), (1, "alert.mute", "they move"));
        let terms = json!({ "rule": rule, "subject": subject, "until": mute.until });
        assert_eq!((&log[0].before, &log[0].after), (&None, &Some(terms)));
    }
    Ok(())
}

pub(super) async fn a_mute_runs_out(ledger: &Ledger) -> Case {
    let mute = ledger.mute_alerts(Some("runs out"), None, at(60), &change(1, "they move")).await?;
    assert!(in_force(ledger, mute.id, 59).await? && !in_force(ledger, mute.id, 60).await?);
    Ok(())
}

pub(super) async fn the_same_mute_again_is_the_one_that_there_is(ledger: &Ledger) -> Case {
    let mute = async |subject, until, minute| {
        ledger.mute_alerts(Some("again"), subject, at(until), &change(minute, "they move")).await
    };
    for subject in [Some("VT07"), None] {
        let first = mute(subject, 60, 1).await?;
        assert_eq!(mute(subject, 60, 2).await?, first);
        assert_eq!(log_of(ledger, &first).await?.len(), 1);
        assert!(mute(subject, 61, 3).await?.id > first.id, "another end is another mute");
        ledger.end_mute(first.id, &change(4, "")).await?;
        assert!(mute(subject, 60, 5).await?.id > first.id, "what was ended does not stand in the way");
    }
    Ok(())
}

pub(super) async fn a_mute_ends_once(ledger: &Ledger) -> Case {
    let mute = ledger.mute_alerts(Some("ends"), Some("VT07"), at(60), &change(1, "they move")).await?;
    let nobody = Change { actor: String::new(), ..change(2, "over") };
    assert!(matches!(ledger.end_mute(mute.id, &nobody).await, Err(LedgerError::Invalid { .. })));
    let ended = ledger.end_mute(mute.id, &change(3, "")).await?;
    assert_eq!(ended, AlertMute { ended_at: Some(at(3)), ..mute });
    assert_eq!(ledger.end_mute(ended.id, &change(4, "again")).await?, ended);
    assert!(!in_force(ledger, ended.id, 5).await?);
    let log = log_of(ledger, &ended).await?;
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["alert.unmute", "alert.mute"]);
    assert_eq!((&log[0].before, &log[0].after), (&log[1].after, &None));
    Ok(())
}

pub(super) async fn a_mute_that_lacks_something_is_refused(ledger: &Ledger) -> Case {
    let (good, no_reason) = (change(10, "they move"), change(10, " "));
    let nobody = Change { actor: String::new(), ..good.clone() };
    let refused = [
        (Some("refused"), at(10), &good),
        (Some("refused"), DateTime::<Utc>::MAX_UTC, &good),
        (Some("refused"), at(60), &no_reason),
        (Some("refused"), at(60), &nobody),
        (Some(" "), at(60), &good),
    ];
    for (rule, until, change) in refused {
        let answer = ledger.mute_alerts(rule, None, until, change).await;
        assert!(matches!(answer, Err(LedgerError::Invalid { .. })), "{rule:?} {until} {change:?}: {answer:?}");
    }
    assert!(!ledger.mutes(at(0)).await?.iter().any(|mute| mute.rule.as_deref() == Some("refused")));
    Ok(())
}

pub(super) async fn an_unknown_mute_can_not_end(ledger: &Ledger) -> Case {
    let refused = ledger.end_mute(1 << 40, &change(1, "over")).await;
    assert!(matches!(refused, Err(LedgerError::UnknownMute(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}
