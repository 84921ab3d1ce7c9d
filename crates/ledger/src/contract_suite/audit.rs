use serde_json::json;

use super::{Case, at, audit_of};
use crate::{AuditEntry, AuditFilter, AuditVerdict, Ledger, LedgerError, NewAudit};

pub(super) fn act(actor: &str, subject: &str) -> NewAudit {
    NewAudit {
        at: at(0),
        actor: actor.to_owned(),
        action: "test.act".to_owned(),
        subject: subject.to_owned(),
        reason: "a test".to_owned(),
        before: None,
        after: None,
    }
}

async fn newest(ledger: &Ledger) -> Result<Option<AuditEntry>, LedgerError> {
    Ok(ledger.audit_log(&AuditFilter { limit: 1, ..AuditFilter::default() }).await?.pop())
}

pub(super) async fn an_entry_is_kept_and_follows_the_one_before(ledger: &Ledger) -> Case {
    let new = NewAudit {
        reason: " two\nlines ".to_owned(),
        before: Some(json!({ "text": "a \u{0} é \"", "number": 1.5, "list": [null, true] })),
        after: Some(json!(null)),
        ..act("ann", "kept")
    };
    let (before, first) = (newest(ledger).await?, ledger.record_audit(&new).await?);
    let (seq, previous) = before.map_or_else(|| (0, "0".repeat(64)), |before| (before.seq, before.digest));
    assert_eq!((first.seq, &first.previous), (seq + 1, &previous));
    assert_eq!((first.at, first.actor.as_str(), first.action.as_str()), (at(0), "ann", "test.act"));
    assert_eq!((first.subject.as_str(), first.reason.as_str()), ("kept", "two lines"));
    assert_eq!((&first.before, &first.after), (&new.before, &new.after));
    assert_eq!(first.digest.len(), 64);

    let second = ledger.record_audit(&act("bob", "kept")).await?;
    assert_eq!((second.seq, &second.previous), (first.seq + 1, &first.digest));
    assert_eq!((&second.before, &second.after), (&None, &None));
    assert_eq!(audit_of(ledger, "kept").await?, [second, first]);
    Ok(())
}

pub(super) async fn an_entry_needs_an_actor_and_an_action(ledger: &Ledger) -> Case {
    let nobody = act(" ", "refused");
    let nothing = NewAudit { action: String::new(), ..act("ann", "refused") };
    for refused in [nobody, nothing] {
        assert!(matches!(ledger.record_audit(&refused).await, Err(LedgerError::Invalid { .. })), "{refused:?}");
    }
    let without_a_reason = NewAudit { reason: String::new(), ..act("ann", "refused") };
    assert_eq!(ledger.record_audit(&without_a_reason).await?.reason, "");
    assert_eq!(audit_of(ledger, "refused").await?.len(), 1);
    Ok(())
}

pub(super) async fn entries_are_filtered_newest_first(ledger: &Ledger) -> Case {
    let mut all = Vec::new();
    for (actor, action, subject) in [
        ("carl", "filter.a", "one"),
        ("dora", "filter.a", "one"),
        ("carl", "filter.b", "one"),
        ("carl", "filter.a", "o"),
    ] {
        let new = NewAudit { action: action.to_owned(), ..act(actor, subject) };
        all.insert(0, ledger.record_audit(&new).await?);
    }
    let carl = AuditFilter { actor: Some("carl".to_owned()), ..AuditFilter::default() };
    let seqs = async |filter: &AuditFilter| -> Result<Vec<i64>, LedgerError> {
        Ok(ledger.audit_log(filter).await?.iter().map(|entry| entry.seq).collect())
    };
    assert_eq!(ledger.audit_log(&carl).await?, [all[0].clone(), all[1].clone(), all[3].clone()]);
    assert_eq!(seqs(&AuditFilter { limit: 2, ..carl.clone() }).await?, [all[0].seq, all[1].seq]);
    assert_eq!(seqs(&AuditFilter { below: Some(all[1].seq), ..carl.clone() }).await?, [all[3].seq]);
    assert_eq!(seqs(&AuditFilter { action: Some("filter.b".to_owned()), ..carl.clone() }).await?, [all[1].seq]);
    assert_eq!(seqs(&AuditFilter { subject: Some("o".to_owned()), ..carl }).await?, [all[0].seq]);
    assert_eq!(seqs(&AuditFilter { limit: 4, ..AuditFilter::default() }).await?.len(), 4);
    Ok(())
}

pub(super) async fn the_whole_log_is_checked(ledger: &Ledger) -> Case {
    if newest(ledger).await?.is_none() {
        let empty = AuditVerdict::Whole { entries: 0, newest: "0".repeat(64), kept: None };
        assert_eq!(ledger.verify_audit().await?, empty);
    }
    // More than one page of them.
    let mut kept = Vec::new();
    for n in 0..260 {
        kept.push(ledger.record_audit(&NewAudit { after: Some(json!({ "n": n })), ..act("ann", "checked") }).await?);
    }
    let Some(AuditEntry { seq, digest, .. }) = newest(ledger).await? else { panic!("entries were recorded") };
    let whole = |kept| AuditVerdict::Whole { entries: seq, newest: digest.clone(), kept };
    assert_eq!(ledger.verify_audit().await?, whole(None));
    for entry in [&kept[0], &kept[255], &kept[259]] {
        assert_eq!(ledger.verify_audit_with(&entry.digest).await?, whole(Some(entry.seq)));
    }
    assert_eq!(ledger.verify_audit_with(&"0".repeat(64)).await?, whole(Some(0)), "what an empty log shows");
    let lacks = AuditVerdict::Lacks { entries: seq, newest: digest.clone() };
    assert_eq!(ledger.verify_audit_with(&super::digest("of another log")).await?, lacks);
    let refused = ledger.verify_audit_with("no digest").await;
    assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{refused:?}");
    Ok(())
}

pub(super) async fn no_entry_is_changed_or_deleted(ledger: &Ledger) -> Case {
    let entry = ledger.record_audit(&act("ann", "stands")).await?;
    for sql in ["UPDATE audit SET reason = 'another' WHERE seq = $1", "DELETE FROM audit WHERE seq = $1"] {
        assert!(sqlx::query(sql).bind(entry.seq).execute(&ledger.pool).await.is_err(), "{sql}");
    }
    assert_eq!(audit_of(ledger, "stands").await?, [entry]);
    Ok(())
}
