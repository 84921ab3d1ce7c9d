use super::{Case, at, change, digest};
use crate::{Ledger, LedgerError, NewSession, NewToken, Recorded, Role, Session};

/// A session of an hour.
pub(super) fn new(name: &str, token: Option<i64>) -> NewSession {
    NewSession {
        hash: digest(&format!("cookie {name}")),
        csrf: digest(&format!("csrf {name}")),
        token,
        actor: "ann".to_owned(),
        role: Role::Lezer,
        regio: None,
        begun_at: at(2),
        expires_at: at(62),
    }
}

pub(super) async fn a_session_is_kept_until_it_expires(ledger: &Ledger) -> Case {
    let new = NewSession { role: Role::Regio, regio: Some("VT07".to_owned()), ..new("kept", None) };
    ledger.begin_session(&new).await?;
    let expected = Session {
        actor: "ann".to_owned(),
        role: Role::Regio,
        regio: Some("VT07".to_owned()),
        csrf: new.csrf.clone(),
        token: None,
        begun_at: at(2),
        expires_at: at(62),
    };
    assert_eq!(ledger.session(&new.hash, at(61)).await?, Some(expected));
    assert_eq!(ledger.session(&new.hash, at(62)).await?, None);
    assert_eq!(ledger.session(&new.csrf, at(3)).await?, None);
    assert_eq!(ledger.session(&digest("another"), at(3)).await?, None);
    Ok(())
}

pub(super) async fn a_session_counts_as_long_as_its_token(ledger: &Ledger) -> Case {
    let short = NewToken { expires_at: at(30), ..super::tokens::new("short") };
    let token = ledger.new_token(&short, &change(1, "")).await?;
    let session = new("of a short token", Some(token.id));
    ledger.begin_session(&session).await?;
    assert_eq!(ledger.session(&session.hash, at(29)).await?.and_then(|session| session.token), Some(token.id));
    assert_eq!(ledger.session(&session.hash, at(30)).await?, None, "its token has expired");
    Ok(())
}

pub(super) async fn a_session_begun_with_a_revoked_token_is_none(ledger: &Ledger) -> Case {
    let token = ledger.new_token(&super::tokens::new("too late"), &change(1, "")).await?;
    ledger.revoke_token(token.id, &change(1, "lost")).await?;
    let session = new("too late", Some(token.id));
    ledger.begin_session(&session).await?;
    assert_eq!(ledger.session(&session.hash, at(3)).await?, None);
    Ok(())
}

pub(super) async fn a_session_needs_its_token(ledger: &Ledger) -> Case {
    let refused = ledger.begin_session(&new("of nothing", Some(1 << 40))).await;
    assert!(matches!(refused, Err(LedgerError::UnknownToken(id)) if id == 1 << 40), "{refused:?}");
    Ok(())
}

pub(super) async fn a_session_ends_once(ledger: &Ledger) -> Case {
    let session = new("ends", None);
    ledger.begin_session(&session).await?;
    assert_eq!(ledger.end_session(&session.hash).await?, Recorded::Written);
    assert_eq!(ledger.end_session(&session.hash).await?, Recorded::Unchanged);
    assert_eq!(ledger.session(&session.hash, at(3)).await?, None);
    Ok(())
}

pub(super) async fn sessions_that_count_are_listed(ledger: &Ledger) -> Case {
    let of = |name, begun| NewSession { actor: "lists".to_owned(), begun_at: at(begun), ..new(name, None) };
    let token = ledger.new_token(&super::tokens::new("listed"), &change(1, "")).await?;
    for session in [of("second", 4), of("first", 3), NewSession { token: Some(token.id), ..of("revoked", 5) }] {
        ledger.begin_session(&session).await?;
    }
    ledger.revoke_token(token.id, &change(6, "lost")).await?;
    let listed = async |minute| -> Result<Vec<_>, LedgerError> {
        let all = ledger.sessions(at(minute)).await?.into_iter();
        Ok(all.filter(|it| it.actor == "lists").map(|it| it.begun_at).collect())
    };
    assert_eq!(listed(6).await?, [at(3), at(4)]);
    assert!(listed(62).await?.is_empty(), "expired");
    Ok(())
}

pub(super) async fn all_sessions_of_somebody_end_with_an_entry(ledger: &Ledger) -> Case {
    let of = |name, actor: &str| NewSession { actor: actor.to_owned(), ..new(name, None) };
    let (one, two, other) = (of("a", "oidc:ends"), of("b", "oidc:ends"), of("c", "oidc:stays"));
    for session in [&one, &two, &other] {
        ledger.begin_session(session).await?;
    }
    assert_eq!(ledger.end_sessions_of("oidc:ends", &change(3, "left")).await?, 2);
    assert_eq!(ledger.end_sessions_of("oidc:ends", &change(4, "left")).await?, 0);
    for (session, counts) in [(&one, false), (&two, false), (&other, true)] {
        assert_eq!(ledger.session(&session.hash, at(5)).await?.is_some(), counts, "{}", session.actor);
    }
    let entries = super::audit_of(ledger, "oidc:ends").await?;
    let [entry] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert_eq!((entry.action.as_str(), entry.reason.as_str(), &entry.after), ("session.end", "left", &None));
    let before = entry.before.clone().unwrap_or_default();
    assert_eq!(before["sessions"].as_array().map(Vec::len), Some(2));
    let told = before.to_string();
    assert!(!told.contains(&one.hash) && !told.contains(&one.csrf), "{told}");
    Ok(())
}

pub(super) async fn the_same_session_again_changes_nothing(ledger: &Ledger) -> Case {
    let session = new("again", None);
    ledger.begin_session(&session).await?;
    ledger.begin_session(&session).await?;
    let others = [
        NewSession { actor: "bob".to_owned(), ..session.clone() },
        NewSession { role: Role::Beheerder, ..session.clone() },
        NewSession { csrf: digest("another"), ..session.clone() },
        NewSession { expires_at: at(90), ..session.clone() },
    ];
    for other in others {
        let refused = ledger.begin_session(&other).await;
        assert!(matches!(refused, Err(LedgerError::Conflict { .. })), "{other:?}: {refused:?}");
    }
    let present = ledger.session(&session.hash, at(3)).await?;
    assert_eq!(present.map(|session| (session.actor, session.role)), Some(("ann".to_owned(), Role::Lezer)));
    Ok(())
}

pub(super) async fn a_new_session_removes_those_that_expired(ledger: &Ledger) -> Case {
    let day = 24 * 60;
    let of = |name, begun, expires| NewSession { begun_at: at(begun), expires_at: at(expires), ..new(name, None) };
    let (expired, lasts) = (of("expired", 0, day), of("lasts", 0, day + 1));
    for session in [&expired, &lasts, &of("next", day, day + 9)] {
        ledger.begin_session(session).await?;
    }
    assert_eq!(ledger.end_session(&expired.hash).await?, Recorded::Unchanged, "its row is gone");
    assert_eq!(ledger.end_session(&lasts.hash).await?, Recorded::Written);
    Ok(())
}

pub(super) async fn a_session_that_lacks_something_is_refused(ledger: &Ledger) -> Case {
    let good = new("refused", None);
    let refused = [
        NewSession { hash: "the cookie itself".to_owned(), ..good.clone() },
        NewSession { csrf: "the secret itself".to_owned(), ..good.clone() },
        NewSession { actor: " ".to_owned(), ..good.clone() },
        NewSession { regio: Some("VT07".to_owned()), ..good.clone() },
        NewSession { role: Role::Regio, ..good.clone() },
        NewSession { expires_at: good.begun_at, ..good.clone() },
    ];
    for new in refused {
        let answer = ledger.begin_session(&new).await;
        assert!(matches!(answer, Err(LedgerError::Invalid { .. })), "{new:?}: {answer:?}");
    }
    assert_eq!(ledger.session(&good.hash, at(3)).await?, None);
    Ok(())
}
