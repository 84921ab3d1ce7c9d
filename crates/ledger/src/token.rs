//! Tokens with which people and programs come in. The ledger holds digests of them only.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use crate::change::{self, Change};
use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::{code, digest, time};

/// How long the use of a token is not noted again.
const BETWEEN_NOTES: TimeDelta = TimeDelta::minutes(1);

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Lezer,
    /// Reads, and steers the work.
    Operator,
    /// Does everything, tokens included.
    Beheerder,
    /// Reads what is about one region.
    Regio,
}

impl Role {
    /// Refuses a region for any role but [`Role::Regio`], and that role without one.
    pub(crate) fn check(self, regio: Option<&str>) -> Result<(), LedgerError> {
        match (self, regio) {
            (Self::Regio, Some(regio)) if !change::text(regio).is_empty() => Ok(()),
            (Self::Regio, _) => Err(LedgerError::Invalid { reason: "the role `regio` needs its region" }),
            (_, Some(_)) => Err(LedgerError::Invalid { reason: "only the role `regio` has a region" }),
            (_, None) => Ok(()),
        }
    }
}

/// What is known of a token when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is called; never empty.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// The region, such as `VT07`; of the role [`Role::Regio`] only, and required there.
    pub regio: Option<String>,
    /// SHA-256 of the secret, in lower-case hex.
    pub hash: String,
    /// From when on it counts no more; after it is made.
    pub expires_at: DateTime<Utc>,
}

impl NewToken {
    /// The token as it is kept.
    fn kept(&self, at: DateTime<Utc>) -> Result<Self, LedgerError> {
        self.role.check(self.regio.as_deref())?;
        digest::check(&self.hash)?;
        let name = change::text(&self.name);
        if name.is_empty() {
            return Err(LedgerError::Invalid { reason: "a token needs a name" });
        }
        if time::checked(self.expires_at)? <= time::text(at) {
            return Err(LedgerError::Invalid { reason: "a token must expire after it is made" });
        }
        Ok(Self { name, regio: self.regio.as_deref().map(change::text), ..self.clone() })
    }
}

/// A token; its digest is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// The region; of the role [`Role::Regio`] only.
    pub regio: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// From when on it counts no more.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
    /// When it was last used, to about a minute.
    pub last_used: Option<DateTime<Utc>>,
}

impl Token {
    fn subject(&self) -> String {
        format!("token {}", self.id)
    }

    fn terms(&self) -> Value {
        let Self { name, role, regio, expires_at, .. } = self;
        json!({ "name": name, "role": role, "regio": regio, "expires_at": expires_at })
    }

    fn has_terms_of(&self, new: &NewToken) -> bool {
        (&self.name, self.role, &self.regio, time::text(self.expires_at))
            == (&new.name, new.role, &new.regio, time::text(new.expires_at))
    }
}

impl Ledger {
    /// Makes a token (`token.new` in the audit log, without the digest). With a digest that is there, and the same name, role,
    /// region and expiry, it is the token that there is, revoked or not. The reason may be empty.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when the digest is that of another token; [`LedgerError::Invalid`] when the terms lack
    /// something or contradict each other, or without an actor.
    pub async fn new_token(&self, new: &NewToken, change: &Change) -> Result<Token, LedgerError> {
        let (change, new) = (change.kept()?, new.kept(change.at)?);
        self.again(|| async {
            let mut write = self.write().await?;
            if !write.insert_token(&new, &change).await? {
                return write.token_with(&new).await;
            }
            let made = write.token_with(&new).await?;
            write.audit(&change.audit("token.new", made.subject(), None, Some(made.terms()))).await?;
            write.commit().await?;
            Ok(made)
        })
        .await
    }

    /// All tokens, also those that expired or were revoked, by number.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn tokens(&self) -> Result<Vec<Token>, LedgerError> {
        const SQL: &str =
            "SELECT id, name, role, regio, created_at, created_by, expires_at, revoked_at, revoked_by, last_used
            FROM tokens ORDER BY id";
        let rows = sqlx::query(SQL).fetch_all(&self.pool).await?;
        rows.iter().map(token).collect()
    }

    /// Revokes a token (`token.revoke` in the audit log) and ends the sessions of who logged in with it. One that was revoked
    /// before is given back as it is. The reason may be empty.
    ///
    /// # Errors
    /// [`LedgerError::UnknownToken`]; [`LedgerError::Invalid`] without an actor.
    pub async fn revoke_token(&self, id: i64, change: &Change) -> Result<Token, LedgerError> {
        const SQL: &str = "UPDATE tokens SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL";
        let change = change.kept()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let touched = sqlx::query(SQL)
                .bind(id)
                .bind(time::text(change.at))
                .bind(change.actor.as_str())
                .execute(write.connection())
                .await?
                .rows_affected();
            let revoked = write.token(id).await?;
            if touched == 1 {
                sqlx::query("DELETE FROM sessions WHERE token = $1").bind(id).execute(write.connection()).await?;
                write.audit(&change.audit("token.revoke", revoked.subject(), Some(revoked.terms()), None)).await?;
                write.commit().await?;
            }
            Ok(revoked)
        })
        .await
    }

    /// The token with this digest, when it counts at `now`: neither expired nor revoked. Its use is noted, at most once a
    /// minute; the token tells when it was used before. That a use can't be noted keeps nobody out.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn token_of(&self, hash: &str, now: DateTime<Utc>) -> Result<Option<Token>, LedgerError> {
        const SQL: &str =
            "SELECT id, name, role, regio, created_at, created_by, expires_at, revoked_at, revoked_by, last_used
            FROM tokens WHERE hash = $1 AND revoked_at IS NULL AND expires_at > $2";
        let row = sqlx::query(SQL).bind(hash).bind(time::text(now)).fetch_optional(&self.pool).await?;
        let token = row.as_ref().map(token).transpose()?;
        if let Some(token) = &token
            && token.last_used.is_none_or(|used| now.signed_duration_since(used) >= BETWEEN_NOTES)
            && let Err(error) = self.note_use(token.id, now).await
        {
            tracing::warn!(token = token.id, %error, "the use of a token could not be noted");
        }
        Ok(token)
    }

    async fn note_use(&self, id: i64, now: DateTime<Utc>) -> Result<(), LedgerError> {
        const SQL: &str = "UPDATE tokens SET last_used = $2 WHERE id = $1 AND (last_used IS NULL OR last_used <= $3)";
        let mut write = self.write().await?;
        sqlx::query(SQL)
            .bind(id)
            .bind(time::text(now))
            .bind(time::text(now - BETWEEN_NOTES))
            .execute(write.connection())
            .await?;
        write.commit().await
    }
}

impl Write {
    /// Adds a token; `false` when its digest is there.
    async fn insert_token(&mut self, new: &NewToken, change: &Change) -> Result<bool, LedgerError> {
        const SQL: &str = "INSERT INTO tokens (name, role, regio, hash, created_at, created_by, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (hash) DO NOTHING";
        let added = sqlx::query(SQL)
            .bind(new.name.as_str())
            .bind(code::name(new.role))
            .bind(new.regio.as_deref())
            .bind(new.hash.as_str())
            .bind(time::text(change.at))
            .bind(change.actor.as_str())
            .bind(time::text(new.expires_at))
            .execute(self.connection())
            .await?;
        Ok(added.rows_affected() == 1)
    }

    pub(crate) async fn token(&mut self, id: i64) -> Result<Token, LedgerError> {
        const SQL: &str =
            "SELECT id, name, role, regio, created_at, created_by, expires_at, revoked_at, revoked_by, last_used
            FROM tokens WHERE id = $1";
        let row = sqlx::query(SQL).bind(id).fetch_optional(self.connection()).await?;
        token(&row.ok_or(LedgerError::UnknownToken(id))?)
    }

    /// The token with the digest of this one, refused when it is another.
    async fn token_with(&mut self, new: &NewToken) -> Result<Token, LedgerError> {
        const SQL: &str =
            "SELECT id, name, role, regio, created_at, created_by, expires_at, revoked_at, revoked_by, last_used
            FROM tokens WHERE hash = $1";
        let present = token(&sqlx::query(SQL).bind(new.hash.as_str()).fetch_one(self.connection()).await?)?;
        if present.has_terms_of(new) {
            return Ok(present);
        }
        Err(LedgerError::Conflict {
            what: present.subject(),
            recorded: "one with another name, role, region or expiry".to_owned(),
            offered: "this one".to_owned(),
        })
    }
}

fn token(row: &AnyRow) -> Result<Token, LedgerError> {
    let columns = Columns::of("tokens", row);
    Ok(Token {
        id: columns.integer("id")?,
        name: columns.text("name")?,
        role: columns.code("role")?,
        regio: columns.optional_text("regio")?,
        created_at: columns.instant("created_at")?,
        created_by: columns.text("created_by")?,
        expires_at: columns.instant("expires_at")?,
        revoked_at: columns.optional_instant("revoked_at")?,
        revoked_by: columns.optional_text("revoked_by")?,
        last_used: columns.optional_instant("last_used")?,
    })
}
