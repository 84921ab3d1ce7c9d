//! Answers to requests that change something, by the key that their sender gave them: who sends a request again, because its
//! answer was lost, gets that answer, and nothing is done twice.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::time;

/// After so long a request that was not answered counts as lost, and may be taken up again.
const LOST: TimeDelta = TimeDelta::minutes(10);

/// Longest key, in characters.
const MAX_KEY: usize = 255;

/// A request with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Who sends it; never empty. Each sender has keys of their own.
    pub actor: String,
    /// The key; up to 255 characters, never empty.
    pub key: String,
    /// Digest, in lower-case hex, of method, path and body.
    pub request: String,
    /// When it came.
    pub at: DateTime<Utc>,
}

impl NewRequest {
    fn check(&self) -> Result<(), LedgerError> {
        let refuse = |reason| Err(LedgerError::Invalid { reason });
        let is_hex = self.request.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if self.actor.is_empty() {
            return refuse("a request needs the name of who sends it");
        }
        if self.key.is_empty() || self.key.chars().count() > MAX_KEY {
            return refuse("the key of a request has 1 to 255 characters");
        }
        if self.request.is_empty() || !is_hex {
            return refuse("a request needs its digest, in lower-case hexadecimal digits");
        }
        Ok(())
    }
}

/// What claiming the key of a request gave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Claimed {
    /// The request is to be done now, and then answered or released.
    New,
    /// It was done; this is its answer.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        body: String,
    },
    /// Somebody is at it.
    UnderWay,
    /// The key is that of another request.
    OtherRequest,
}

impl Ledger {
    /// Claims the key of a request: of several who do so at once, exactly one gets [`Claimed::New`]. The same request counts
    /// as new again when it has been under way for 10 minutes. Requests that came longer than `keep` ago are removed.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] without an actor or a digest, or with a key of another length.
    pub async fn claim_request(&self, new: &NewRequest, keep: Duration) -> Result<Claimed, LedgerError> {
        self.again(|| async {
            new.check()?;
            let mut write = self.write().await?;
            write.forget_requests(new.at, keep).await?;
            let claimed = loop {
                if write.take_request(new).await? {
                    break Claimed::New;
                }
                // Without a row, another process released or removed it in between.
                if let Some(present) = write.request(new).await? {
                    break present;
                }
            };
            write.commit().await?;
            Ok(claimed)
        })
        .await
    }

    /// Keeps the answer to a request that is under way. No secret may be in the body: of an answer that shows one, give a body
    /// without it. The same answer again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::UnknownRequest`]; [`LedgerError::Conflict`] when another answer is kept: that one stands;
    /// [`LedgerError::Invalid`] when the status is none of HTTP.
    pub async fn answer_request(&self, actor: &str, key: &str, status: u16, body: &str) -> Result<(), LedgerError> {
        self.repeat(|| async {
            const SQL: &str = "UPDATE requests SET status = $3, body = $4
            WHERE actor = $1 AND key = $2 AND (status IS NULL OR status = $3 AND body = $4)";
            if !(100..=599).contains(&status) {
                return Err(LedgerError::Invalid { reason: "the status of an answer lies between 100 and 599" });
            }
            let mut write = self.write().await?;
            let answered = sqlx::query(SQL)
                .bind(actor)
                .bind(key)
                .bind(i64::from(status))
                .bind(body)
                .execute(write.connection())
                .await?;
            if answered.rows_affected() == 0 {
                return Err(write.other_answer(actor, key, status).await?);
            }
            write.commit().await
        })
        .await
    }

    /// Gives a request back that failed on our side: the next who sends it has it done. One that was answered, or is not
    /// there, stays as it is.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn release_request(&self, actor: &str, key: &str) -> Result<(), LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            sqlx::query("DELETE FROM requests WHERE actor = $1 AND key = $2 AND status IS NULL")
                .bind(actor)
                .bind(key)
                .execute(write.connection())
                .await?;
            write.commit().await
        })
        .await
    }
}

impl Write {
    /// Removes requests that came longer than `keep` ago, but for those that may be under way still.
    async fn forget_requests(&mut self, now: DateTime<Utc>, keep: Duration) -> Result<(), LedgerError> {
        const SQL: &str = "DELETE FROM requests WHERE at < $1 AND (status IS NOT NULL OR at <= $2)";
        let before = TimeDelta::from_std(keep).ok().and_then(|keep| now.checked_sub_signed(keep));
        // A term that no calendar holds: all are kept.
        let Some(before) = before else { return Ok(()) };
        sqlx::query(SQL).bind(time::text(before)).bind(time::text(now - LOST)).execute(self.connection()).await?;
        Ok(())
    }

    /// Takes a request that is new, or that was lost; `false` when neither.
    async fn take_request(&mut self, new: &NewRequest) -> Result<bool, LedgerError> {
        const SQL: &str = "INSERT INTO requests (actor, key, request, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (actor, key) DO UPDATE SET at = excluded.at
            WHERE requests.status IS NULL AND requests.at <= $5 AND requests.request = excluded.request";
        let taken = sqlx::query(SQL)
            .bind(new.actor.as_str())
            .bind(new.key.as_str())
            .bind(new.request.as_str())
            .bind(time::text(new.at))
            .bind(time::text(new.at - LOST))
            .execute(self.connection())
            .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// How far the request with the key of this one is; nothing when there is none.
    async fn request(&mut self, new: &NewRequest) -> Result<Option<Claimed>, LedgerError> {
        const SQL: &str = "SELECT request, status, body FROM requests WHERE actor = $1 AND key = $2";
        let row =
            sqlx::query(SQL).bind(new.actor.as_str()).bind(new.key.as_str()).fetch_optional(self.connection()).await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns::of("requests", &row);
        if columns.text("request")? != new.request {
            return Ok(Some(Claimed::OtherRequest));
        }
        Ok(Some(match columns.optional_text("body")? {
            None => Claimed::UnderWay,
            Some(body) => Claimed::Answered { status: columns.status("status")?, body },
        }))
    }

    /// Why a request can't have this answer.
    async fn other_answer(&mut self, actor: &str, key: &str, status: u16) -> Result<LedgerError, LedgerError> {
        const SQL: &str = "SELECT status FROM requests WHERE actor = $1 AND key = $2";
        let row = sqlx::query(SQL).bind(actor).bind(key).fetch_optional(self.connection()).await?;
        let Some(row) = row else { return Ok(LedgerError::UnknownRequest) };
        let recorded = Columns::of("requests", &row).status("status")?;
        Ok(LedgerError::Conflict {
            what: "the answer to this request".to_owned(),
            recorded: format!("one with status {recorded}"),
            offered: format!("another with status {status}"),
        })
    }
}
