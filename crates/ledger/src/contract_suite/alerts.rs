use super::{Case, at};
use crate::{Alert, AlertMessageKind, Ledger, LedgerError, Recorded};

pub(super) async fn begun(ledger: &Ledger, rule: &str, subject: &str) -> Result<Alert, LedgerError> {
    Ok(ledger.begin_alert(rule, subject, "it is late", at(1)).await?.0)
}

async fn open(ledger: &Ledger, rule: &str) -> Result<Vec<Alert>, LedgerError> {
    Ok(ledger.open_alerts().await?.into_iter().filter(|alert| alert.rule == rule).collect())
}

pub(super) async fn an_alert_is_kept(ledger: &Ledger) -> Case {
    let (alert, recorded) = ledger.begin_alert(" kept", "VT07 2020-07\n", "it is\nlate", at(1)).await?;
    let expected = Alert {
        id: alert.id,
        rule: "kept".to_owned(),
        subject: "VT07 2020-07".to_owned(),
        text: "it is late".to_owned(),
        since: at(1),
        ended_at: None,
        reminded_at: None,
        told: false,
    };
    assert_eq!((&alert, recorded), (&expected, Recorded::Written));
    assert_eq!(open(ledger, "kept").await?, [expected]);
    let refused = ledger.begin_alert(" ", "VT07", "it is late", at(1)).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
    Ok(())
}

pub(super) async fn one_alert_of_a_rule_and_subject_is_open(ledger: &Ledger) -> Case {
    let (first, _) = ledger.begin_alert("one", "VT07", "it is late", at(1)).await?;
    let again = ledger.begin_alert("one", "VT07", "it is very late", at(2)).await?;
    let reworded = Alert { text: "it is very late".to_owned(), ..first.clone() };
    assert_eq!(again, (reworded.clone(), Recorded::Unchanged));
    let of_another = begun(ledger, "one", "VT08").await?;
    assert_eq!(open(ledger, "one").await?, [reworded.clone(), of_another.clone()]);

    let ended = ledger.end_alert("one", "VT07", at(3)).await?;
    assert_eq!(ended, Some(Alert { ended_at: Some(at(3)), ..reworded }));
    assert_eq!(ledger.end_alert("one", "VT07", at(4)).await?, None);
    assert_eq!(open(ledger, "one").await?, [of_another]);
    let (anew, recorded) = ledger.begin_alert("one", "VT07", "late again", at(5)).await?;
    assert_eq!((recorded, anew.since, anew.id > first.id), (Recorded::Written, at(5), true));
    Ok(())
}

pub(super) async fn an_alert_that_is_not_there_can_not_end(ledger: &Ledger) -> Case {
    begun(ledger, "there", "VT07").await?;
    for (rule, subject) in [("there", "VT08"), ("not there", "VT07")] {
        assert_eq!(ledger.end_alert(rule, subject, at(2)).await?, None);
    }
    assert_eq!(open(ledger, "there").await?.len(), 1);
    Ok(())
}

pub(super) async fn a_reminder_is_noted_while_the_alert_is_open(ledger: &Ledger) -> Case {
    let alert = begun(ledger, "reminded", "VT07").await?;
    for minute in [10, 20] {
        ledger.remind_alert(alert.id, at(minute)).await?;
        assert_eq!(open(ledger, "reminded").await?[0].reminded_at, Some(at(minute)));
    }
    ledger.end_alert("reminded", "VT07", at(21)).await?;
    ledger.remind_alert(alert.id, at(30)).await?;
    assert_eq!(ledger.alerts(1).await?[0].reminded_at, Some(at(20)), "it has ended");
    let refused = ledger.remind_alert(1 << 40, at(1)).await;
    assert!(matches!(refused, Err(LedgerError::UnknownAlert(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}

pub(super) async fn the_latest_alerts_come_first(ledger: &Ledger) -> Case {
    let (first, second) = (begun(ledger, "latest", "VT07").await?, begun(ledger, "latest", "VT08").await?);
    let first = ledger.end_alert("latest", "VT07", at(2)).await?.unwrap_or(first);
    assert_eq!(ledger.alerts(2).await?, [second.clone(), first]);
    assert_eq!(ledger.alerts(1).await?, [second]);
    Ok(())
}

pub(super) async fn an_alert_with_a_message_is_told(ledger: &Ledger) -> Case {
    let alert = begun(ledger, "told", "VT07").await?;
    ledger.queue_message(alert.id, AlertMessageKind::Begun, "webhook ops", at(2)).await.map(drop)?;
    let told = Alert { told: true, ..alert };
    assert_eq!(open(ledger, "told").await?, std::slice::from_ref(&told));
    assert_eq!(ledger.alerts(1).await?, std::slice::from_ref(&told));
    assert_eq!(begun(ledger, "told", "VT07").await?, told);
    let ended = ledger.end_alert("told", "VT07", at(3)).await?;
    assert_eq!(ended, Some(Alert { ended_at: Some(at(3)), ..told }));
    assert!(!begun(ledger, "told", "VT07").await?.told, "the next one is another alert");
    Ok(())
}
