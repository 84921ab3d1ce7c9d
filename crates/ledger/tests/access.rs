//! Tokens and sessions beside the file itself: what reaches it, and what keeps nobody out.

use std::path::Path;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use vt_ledger::{Change, Ledger, LedgerError, NewSession, NewToken, Role};

fn noon() -> DateTime<Utc> {
    "2020-08-05T12:00:00Z".parse().unwrap()
}

fn evening() -> DateTime<Utc> {
    "2020-08-05T20:00:00Z".parse().unwrap()
}

fn by_ann() -> Change {
    Change { at: noon(), actor: "ann".to_owned(), reason: String::new() }
}

fn token(hash: String) -> NewToken {
    NewToken { name: "a token".to_owned(), role: Role::Operator, regio: None, hash, expires_at: evening() }
}

async fn open(path: &Path) -> Ledger {
    Ledger::open(path.to_str().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_secret_given_for_its_digest_never_reaches_the_file() {
    const SECRET: &str = "vtm_PLANTED-0123456789-0123456789-0123456789-0123456789-01234567";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = open(&path).await;
    let digest = hex::encode(Sha256::digest(SECRET));
    let session = NewSession {
        hash: SECRET.to_owned(),
        csrf: digest.clone(),
        token: None,
        actor: "ann".to_owned(),
        role: Role::Operator,
        regio: None,
        begun_at: noon(),
        expires_at: evening(),
    };
    let refused = [
        ledger.new_token(&token(SECRET.to_owned()), &by_ann()).await.map(drop),
        ledger.begin_session(&session).await,
        ledger.begin_session(&NewSession { hash: digest.clone(), csrf: SECRET.to_owned(), ..session.clone() }).await,
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(matches!(error, LedgerError::Invalid { .. }) && !error.to_string().contains(SECRET), "{error:?}");
    }
    ledger.new_token(&token(digest.clone()), &by_ann()).await.unwrap();
    assert!(ledger.token_of(SECRET, noon()).await.unwrap().is_none());
    assert!(ledger.token_of(&digest, noon()).await.unwrap().is_some());
    ledger.close().await;
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&digest) && !holds(SECRET));
}

#[tokio::test]
async fn a_use_that_can_not_be_noted_keeps_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = open(&path).await;
    let new = token(hex::encode(Sha256::digest("a secret")));
    let made = ledger.new_token(&new, &by_ann()).await.unwrap();
    let no_more = "CREATE TRIGGER full BEFORE UPDATE ON tokens BEGIN SELECT RAISE(ABORT, 'no'); END";
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::raw_sql(no_more).execute(&mut connection).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ledger.token_of(&new.hash, noon()).await.unwrap(), Some(made.clone()));
    }
    assert_eq!(ledger.tokens().await.unwrap(), [made]);
}
