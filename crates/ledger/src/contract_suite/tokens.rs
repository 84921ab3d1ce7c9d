use chrono::DateTime;
use serde_json::json;

use super::{Case, at, audit_of, change, digest};
use crate::{Change, Ledger, LedgerError, NewToken, Recorded, Role, Token};

/// A token of the role operator that expires after a day.
pub(super) fn new(name: &str) -> NewToken {
    NewToken {
        name: name.to_owned(),
        role: Role::Operator,
        regio: None,
        hash: digest(&format!("token {name}")),
        expires_at: at(24 * 60),
    }
}

fn of_region(name: &str, vt: &str) -> NewToken {
    NewToken { role: Role::Regio, regio: Some(vt.to_owned()), ..new(name) }
}

async fn named(ledger: &Ledger, name: &str) -> Result<Vec<Token>, LedgerError> {
    Ok(ledger.tokens().await?.into_iter().filter(|token| token.name == name).collect())
}

pub(super) async fn a_token_is_kept_with_its_entry(ledger: &Ledger) -> Case {
    let new = NewToken { name: " of VT07\n".to_owned(), ..of_region("kept", "VT07") };
    let token = ledger.new_token(&new, &change(1, "they asked")).await?;
    let expected = Token {
        id: token.id,
        name: "of VT07".to_owned(),
        role: Role::Regio,
        regio: Some("VT07".to_owned()),
        created_at: at(1),
        created_by: "ann".to_owned(),
        expires_at: at(24 * 60),
        revoked_at: None,
        revoked_by: None,
        last_used: None,
    };
    assert_eq!(token, expected);
    assert_eq!(named(ledger, "of VT07").await?, [expected]);
    let log = audit_of(ledger, &format!("token {}", token.id)).await?;
    assert_eq!((log.len(), log[0].action.as_str(), log[0].reason.as_str()), (1, "token.new", "they asked"));
    let terms = json!({ "name": "of VT07", "role": "regio", "regio": "VT07", "expires_at": token.expires_at });
    assert_eq!((&log[0].before, &log[0].after), (&None, &Some(terms)));
    for text in [serde_json::to_string(&token), serde_json::to_string(&log)] {
        assert!(text.is_ok_and(|text| !text.contains(&new.hash)), "a digest is told to nobody");
    }
    Ok(())
}

pub(super) async fn tokens_come_by_number(ledger: &Ledger) -> Case {
    let mut made = Vec::new();
    for (name, role) in [("number b", Role::Lezer), ("number a", Role::Beheerder)] {
        made.push(ledger.new_token(&NewToken { role, ..new(name) }, &change(1, "")).await?);
    }
    assert!(made[0].id < made[1].id);
    assert!(ledger.tokens().await?.ends_with(&made));
    Ok(())
}

pub(super) async fn the_same_token_again_is_the_one_that_there_is(ledger: &Ledger) -> Case {
    let terms = new("again");
    let token = ledger.new_token(&terms, &change(1, "once")).await?;
    assert_eq!(ledger.new_token(&terms, &change(2, "twice")).await?, token);
    let others = [
        NewToken { name: "other".to_owned(), ..terms.clone() },
        NewToken { role: Role::Lezer, ..terms.clone() },
        of_region("again", "VT07"),
        NewToken { expires_at: at(24 * 60 + 1), ..terms.clone() },
    ];
    for other in others {
        let refused = ledger.new_token(&other, &change(3, "another")).await;
        let Err(error @ LedgerError::Conflict { .. }) = refused else { panic!("{other:?}: {refused:?}") };
        assert!(!error.to_string().contains(&terms.hash));
    }
    assert_eq!(audit_of(ledger, &format!("token {}", token.id)).await?.len(), 1);
    let revoked = ledger.revoke_token(token.id, &change(4, "lost")).await?;
    assert_eq!(ledger.new_token(&terms, &change(5, "once more")).await?, revoked);
    assert_eq!(named(ledger, "again").await?, [revoked]);
    Ok(())
}

pub(super) async fn a_token_that_lacks_something_is_refused(ledger: &Ledger) -> Case {
    let good = new("refused");
    let terms = [
        NewToken { name: " ".to_owned(), ..good.clone() },
        NewToken { regio: Some("VT07".to_owned()), ..good.clone() },
        NewToken { regio: None, ..of_region("refused", "VT07") },
        of_region("refused", " "),
        NewToken { hash: "the secret itself".to_owned(), ..good.clone() },
        NewToken { hash: good.hash.to_uppercase(), ..good.clone() },
        NewToken { expires_at: at(1), ..good.clone() },
        NewToken { expires_at: DateTime::<chrono::Utc>::MAX_UTC, ..good.clone() },
    ];
    for terms in terms {
        let refused = ledger.new_token(&terms, &change(1, "a reason")).await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{terms:?}: {refused:?}");
    }
    let nobody = Change { actor: String::new(), ..change(1, "a reason") };
    assert!(matches!(ledger.new_token(&good, &nobody).await, Err(LedgerError::Invalid { .. })));
    assert_eq!(named(ledger, "refused").await?, []);
    Ok(())
}

pub(super) async fn a_token_is_found_by_its_digest_until_it_expires(ledger: &Ledger) -> Case {
    let terms = new("expires");
    let token = ledger.new_token(&terms, &change(1, "")).await?;
    assert_eq!(ledger.token_of(&terms.hash, at(24 * 60 - 1)).await?.map(|token| token.id), Some(token.id));
    assert_eq!(ledger.token_of(&terms.hash, terms.expires_at).await?, None);
    assert_eq!(ledger.token_of(&digest("another"), at(2)).await?, None);
    assert_eq!(ledger.token_of("token expires", at(2)).await?, None);
    Ok(())
}

pub(super) async fn a_use_is_noted_once_a_minute(ledger: &Ledger) -> Case {
    let terms = new("used");
    let token = ledger.new_token(&terms, &change(1, "")).await?;
    let second = |seconds| at(5) + chrono::TimeDelta::seconds(seconds);
    let expected = [(0, None, 0), (59, Some(0), 0), (60, Some(0), 60), (30, Some(60), 60), (180, Some(60), 180)];
    for (now, before, after) in expected {
        let found = ledger.token_of(&terms.hash, second(now)).await?;
        assert_eq!(found, Some(Token { last_used: before.map(second), ..token.clone() }), "{now}");
        let noted = Token { last_used: Some(second(after)), ..token.clone() };
        assert_eq!(named(ledger, "used").await?, [noted], "{now}");
    }
    assert_eq!(ledger.token_of(&terms.hash, at(24 * 60)).await?, None);
    assert_eq!(named(ledger, "used").await?[0].last_used, Some(second(180)), "what does not count is not used");
    Ok(())
}

pub(super) async fn a_token_is_revoked_once(ledger: &Ledger) -> Case {
    let terms = new("revoked");
    let token = ledger.new_token(&terms, &change(1, "")).await?;
    let nobody = Change { actor: " ".to_owned(), ..change(2, "lost") };
    assert!(matches!(ledger.revoke_token(token.id, &nobody).await, Err(LedgerError::Invalid { .. })));
    let revoked = ledger.revoke_token(token.id, &change(3, "lost")).await?;
    assert_eq!(revoked, Token { revoked_at: Some(at(3)), revoked_by: Some("ann".to_owned()), ..token });
    assert_eq!(ledger.revoke_token(revoked.id, &change(4, "again")).await?, revoked);
    assert_eq!(ledger.token_of(&terms.hash, at(5)).await?, None);
    let log = audit_of(ledger, &format!("token {}", revoked.id)).await?;
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["token.revoke", "token.new"]);
    assert_eq!((&log[0].before, &log[0].after), (&log[1].after, &None));
    Ok(())
}

pub(super) async fn an_unknown_token_can_not_be_revoked(ledger: &Ledger) -> Case {
    let refused = ledger.revoke_token(1 << 40, &change(1, "lost")).await;
    assert!(matches!(refused, Err(LedgerError::UnknownToken(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}

pub(super) async fn a_revoked_token_ends_its_sessions_and_no_other(ledger: &Ledger) -> Case {
    let (lost, kept) = (new("lost"), new("kept on"));
    let lost = ledger.new_token(&lost, &change(1, "")).await?;
    let kept = ledger.new_token(&kept, &change(1, "")).await?;
    let of_lost = [super::sessions::new("lost 1", Some(lost.id)), super::sessions::new("lost 2", Some(lost.id))];
    let of_others = [super::sessions::new("kept on", Some(kept.id)), super::sessions::new("by the front door", None)];
    for session in of_lost.iter().chain(&of_others) {
        ledger.begin_session(session).await?;
    }
    ledger.revoke_token(lost.id, &change(3, "lost")).await?;
    for session in &of_lost {
        assert_eq!(ledger.session(&session.hash, at(4)).await?, None);
        assert_eq!(ledger.end_session(&session.hash).await?, Recorded::Unchanged, "its row is gone");
    }
    for session in &of_others {
        assert!(ledger.session(&session.hash, at(4)).await?.is_some());
    }
    Ok(())
}
