use super::alerts::begun;
use super::{Case, at};
use crate::{AlertMessage, AlertMessageKind, Ledger, LedgerError, Recorded};

const KINDS: [AlertMessageKind; 3] = [AlertMessageKind::Begun, AlertMessageKind::Reminder, AlertMessageKind::Ended];

/// The messages about an alert that are to be sent.
async fn unsent(ledger: &Ledger, alert: i64) -> Result<Vec<AlertMessage>, LedgerError> {
    Ok(ledger.unsent_messages(1000).await?.into_iter().filter(|message| message.alert == alert).collect())
}

async fn queued(ledger: &Ledger, rule: &str) -> Result<AlertMessage, LedgerError> {
    let alert = begun(ledger, rule, "VT07").await?.id;
    ledger.queue_message(alert, AlertMessageKind::Begun, "webhook ops", at(2)).await.map(drop)?;
    Ok(unsent(ledger, alert).await?.remove(0))
}

pub(super) async fn a_message_waits_to_be_sent(ledger: &Ledger) -> Case {
    let message = queued(ledger, "a message").await?;
    let expected = AlertMessage {
        id: message.id,
        alert: message.alert,
        kind: AlertMessageKind::Begun,
        channel: "webhook ops".to_owned(),
        made_at: at(2),
        sent_at: None,
        attempts: 0,
        last_error: None,
    };
    assert_eq!(message, expected);
    assert_eq!(ledger.messages_of(message.alert).await?, [expected]);
    Ok(())
}

pub(super) async fn a_message_is_queued_once(ledger: &Ledger) -> Case {
    let alert = begun(ledger, "queued once", "VT07").await?.id;
    let mut expected = Vec::new();
    for kind in KINDS {
        for channel in ["webhook ops", "mail VT07"] {
            for (minute, first) in [(2, true), (3, kind == AlertMessageKind::Reminder), (2, false)] {
                let recorded = ledger.queue_message(alert, kind, channel, at(minute)).await?;
                assert_eq!(recorded == Recorded::Written, first, "{kind:?} {channel} {minute}");
                if first {
                    expected.push((kind, channel, at(minute)));
                }
            }
        }
    }
    let messages = ledger.messages_of(alert).await?;
    let made: Vec<_> =
        messages.iter().map(|message| (message.kind, message.channel.as_str(), message.made_at)).collect();
    assert_eq!((made.len(), made), (8, expected));
    let other = begun(ledger, "queued once", "VT08").await?.id;
    let recorded = ledger.queue_message(other, AlertMessageKind::Begun, "webhook ops", at(2)).await?;
    assert_eq!(recorded, Recorded::Written);
    Ok(())
}

pub(super) async fn messages_are_sent_oldest_first(ledger: &Ledger) -> Case {
    let first = queued(ledger, "oldest").await?;
    let second = queued(ledger, "newest").await?;
    let all = ledger.unsent_messages(1000).await?;
    assert!(all.is_sorted_by_key(|message| message.id) && all.ends_with(&[first, second]));
    assert_eq!(ledger.unsent_messages(1).await?, all[..1]);
    Ok(())
}

pub(super) async fn a_message_is_sent_once(ledger: &Ledger) -> Case {
    let message = queued(ledger, "sent once").await?;
    ledger.message_failed(message.id, " no\nanswer ").await?;
    let failed = AlertMessage { attempts: 1, last_error: Some("no answer".to_owned()), ..message };
    assert_eq!(unsent(ledger, failed.alert).await?, std::slice::from_ref(&failed));
    ledger.message_sent(failed.id, at(5)).await?;
    let sent = AlertMessage { sent_at: Some(at(5)), attempts: 2, last_error: None, ..failed };
    ledger.message_sent(sent.id, at(6)).await?;
    ledger.message_failed(sent.id, "too late").await?;
    assert_eq!(
        (unsent(ledger, sent.alert).await?, ledger.messages_of(sent.alert).await?),
        (vec![], vec![sent.clone()])
    );
    let again = ledger.queue_message(sent.alert, sent.kind, &sent.channel, at(7)).await?;
    assert_eq!(again, Recorded::Unchanged, "what was sent is not sent again");
    Ok(())
}

pub(super) async fn what_is_unknown_can_not_be_told(ledger: &Ledger) -> Case {
    let refused = ledger.queue_message(1 << 40, AlertMessageKind::Begun, "webhook ops", at(1)).await;
    assert!(matches!(refused, Err(LedgerError::UnknownAlert(id)) if id == 1 << 40), "{refused:?}");
    for refused in [ledger.message_sent(1 << 40, at(1)).await, ledger.message_failed(1 << 40, "no answer").await] {
        assert!(matches!(refused, Err(LedgerError::UnknownMessage(id)) if id == 1 << 40), "{refused:?}");
    }
    let alert = begun(ledger, "without a channel", "VT07").await?.id;
    let refused = ledger.queue_message(alert, AlertMessageKind::Begun, " ", at(1)).await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
    Ok(())
}
