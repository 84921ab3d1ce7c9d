//! Page sessions: who logged in with a token, or through the organisation's own log-in. The ledger holds digests of cookies only.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use crate::change::{self, Change};
use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::token::Role;
use crate::{code, digest, time};

/// What is known of a session when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of the cookie, in lower-case hex.
    pub hash: String,
    /// SHA-256 of the secret against forged requests (CSRF), in lower-case hex.
    pub csrf: String,
    /// The token that was used to log in; nothing for who logged in otherwise.
    pub token: Option<i64>,
    /// Who; never empty.
    pub actor: String,
    /// What they may do.
    pub role: Role,
    /// The region; of the role [`Role::Regio`] only, and required there.
    pub regio: Option<String>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// From when on it counts no more; after it began.
    pub expires_at: DateTime<Utc>,
}

impl NewSession {
    /// The session as it is kept.
    fn kept(&self) -> Result<Self, LedgerError> {
        self.role.check(self.regio.as_deref())?;
        digest::check(&self.hash)?;
        digest::check(&self.csrf)?;
        let actor = change::text(&self.actor);
        if actor.is_empty() {
            return Err(LedgerError::Invalid { reason: "a session needs the name of who logged in" });
        }
        if time::checked(self.expires_at)? <= time::text(self.begun_at) {
            return Err(LedgerError::Invalid { reason: "a session must expire after it began" });
        }
        Ok(Self { actor, regio: self.regio.as_deref().map(change::text), ..self.clone() })
    }
}

/// A session that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub actor: String,
    /// What they may do.
    pub role: Role,
    /// The region; of the role [`Role::Regio`] only.
    pub regio: Option<String>,
    /// SHA-256 of the secret against forged requests (CSRF), in lower-case hex.
    pub csrf: String,
    /// The token that was used to log in.
    pub token: Option<i64>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// From when on it counts no more.
    pub expires_at: DateTime<Utc>,
}

impl Session {
    /// For the audit log: nothing of its secrets.
    fn terms(&self) -> Value {
        let Self { role, regio, token, begun_at, expires_at, .. } = self;
        json!({ "role": role, "regio": regio, "token": token, "begun_at": begun_at, "expires_at": expires_at })
    }
}

impl Ledger {
    /// Begins a session, and removes those that had expired by then. The same session again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::UnknownToken`]; [`LedgerError::Conflict`] when the digest is that of another session;
    /// [`LedgerError::Invalid`] when something is missing or contradicts itself.
    pub async fn begin_session(&self, new: &NewSession) -> Result<(), LedgerError> {
        let new = new.kept()?;
        self.again(|| async {
            let mut write = self.write().await?;
            if let Some(token) = new.token {
                write.token(token).await?;
            }
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
                .bind(time::text(new.begun_at))
                .execute(write.connection())
                .await?;
            write.insert_session(&new).await?;
            write.commit().await
        })
        .await
    }

    /// The session with this digest, when it counts at `now`: neither it nor its token has expired, and its token was not
    /// revoked.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn session(&self, hash: &str, now: DateTime<Utc>) -> Result<Option<Session>, LedgerError> {
        const SQL: &str = "SELECT sessions.actor, sessions.role, sessions.regio, sessions.csrf, sessions.token,
                sessions.begun_at, sessions.expires_at
            FROM sessions LEFT JOIN tokens ON tokens.id = sessions.token
            WHERE sessions.hash = $1 AND sessions.expires_at > $2
                AND (sessions.token IS NULL OR tokens.revoked_at IS NULL AND tokens.expires_at > $2)";
        let row = sqlx::query(SQL).bind(hash).bind(time::text(now)).fetch_optional(&self.pool).await?;
        row.as_ref().map(session).transpose()
    }

    /// The sessions that count at `now`, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn sessions(&self, now: DateTime<Utc>) -> Result<Vec<Session>, LedgerError> {
        const SQL: &str = "SELECT sessions.actor, sessions.role, sessions.regio, sessions.csrf, sessions.token,
                sessions.begun_at, sessions.expires_at
            FROM sessions LEFT JOIN tokens ON tokens.id = sessions.token
            WHERE sessions.expires_at > $1
                AND (sessions.token IS NULL OR tokens.revoked_at IS NULL AND tokens.expires_at > $1)
            ORDER BY sessions.begun_at, sessions.hash";
        let rows = sqlx::query(SQL).bind(time::text(now)).fetch_all(&self.pool).await?;
        rows.iter().map(session).collect()
    }

    /// Ends all sessions of somebody (`session.end` in the audit log), however they logged in; says how many there were. Without
    /// any, nothing changes. The reason may be empty.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] without an actor; when the ledger can't be written.
    pub async fn end_sessions_of(&self, actor: &str, change: &Change) -> Result<usize, LedgerError> {
        const SQL: &str = "DELETE FROM sessions WHERE actor = $1 AND expires_at > $2
            RETURNING actor, role, regio, csrf, token, begun_at, expires_at";
        let (change, actor) = (change.kept()?, change::text(actor));
        self.again(|| async {
            let mut write = self.write().await?;
            let rows =
                sqlx::query(SQL).bind(actor.as_str()).bind(time::text(change.at)).fetch_all(write.connection()).await?;
            let ended: Vec<Value> =
                rows.iter().map(|row| Ok(session(row)?.terms())).collect::<Result<_, LedgerError>>()?;
            if !ended.is_empty() {
                write
                    .audit(&change.audit("session.end", actor.as_str(), Some(json!({ "sessions": ended })), None))
                    .await?;
                write.commit().await?;
            }
            Ok(ended.len())
        })
        .await
    }

    /// Ends a session. One that is not there changes nothing.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn end_session(&self, hash: &str) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let ended =
                sqlx::query("DELETE FROM sessions WHERE hash = $1").bind(hash).execute(write.connection()).await?;
            write.commit().await?;
            Ok(Recorded::by_rows(ended.rows_affected()))
        })
        .await
    }
}

impl Write {
    /// Adds a session; one that is there must be the same.
    async fn insert_session(&mut self, new: &NewSession) -> Result<(), LedgerError> {
        const SQL: &str = "INSERT INTO sessions (hash, csrf, token, actor, role, regio, begun_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (hash) DO UPDATE SET csrf = excluded.csrf
            WHERE sessions.csrf = excluded.csrf AND sessions.token IS NOT DISTINCT FROM excluded.token
                AND sessions.actor = excluded.actor AND sessions.role = excluded.role
                AND sessions.regio IS NOT DISTINCT FROM excluded.regio
                AND sessions.begun_at = excluded.begun_at AND sessions.expires_at = excluded.expires_at";
        let there = sqlx::query(SQL)
            .bind(new.hash.as_str())
            .bind(new.csrf.as_str())
            .bind(new.token)
            .bind(new.actor.as_str())
            .bind(code::name(new.role))
            .bind(new.regio.as_deref())
            .bind(time::text(new.begun_at))
            .bind(time::text(new.expires_at))
            .execute(self.connection())
            .await?;
        if there.rows_affected() == 1 {
            return Ok(());
        }
        Err(LedgerError::Conflict {
            what: "this session".to_owned(),
            recorded: "another".to_owned(),
            offered: "this one".to_owned(),
        })
    }
}

fn session(row: &AnyRow) -> Result<Session, LedgerError> {
    let columns = Columns::of("sessions", row);
    Ok(Session {
        actor: columns.text("actor")?,
        role: columns.code("role")?,
        regio: columns.optional_text("regio")?,
        csrf: columns.text("csrf")?,
        token: columns.optional_integer("token")?,
        begun_at: columns.instant("begun_at")?,
        expires_at: columns.instant("expires_at")?,
    })
}
