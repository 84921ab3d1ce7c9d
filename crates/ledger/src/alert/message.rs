//! Messages about alerts: what is to be sent is written first and sent after, so that no crash loses one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::{change, code, time};

/// What a message says of its alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertMessageKind {
    /// It began.
    Begun,
    /// It is there still.
    Reminder,
    /// It ended.
    Ended,
}

/// A message about an alert over one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertMessage {
    /// Its number.
    pub id: i64,
    /// The alert.
    pub alert: i64,
    /// What it says.
    pub kind: AlertMessageKind,
    /// Over which channel, such as `webhook ops` or `mail VT07`; without addresses that hold a secret.
    pub channel: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was sent; nothing while it is to be sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// How often sending was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

impl Ledger {
    /// Writes down a message that is to be sent. Each alert has one of a kind over a channel; of reminders one for each instant
    /// at which one was made.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAlert`]; [`LedgerError::Invalid`] without a channel.
    pub async fn queue_message(
        &self,
        alert: i64,
        kind: AlertMessageKind,
        channel: &str,
        at: DateTime<Utc>,
    ) -> Result<Recorded, LedgerError> {
        self.again(|| async {
            const SQL: &str = "INSERT INTO alert_messages (alert, kind, channel, made_at, attempts)
            VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
            let channel = change::text(channel);
            if channel.is_empty() {
                return Err(LedgerError::Invalid { reason: "a message needs its channel" });
            }
            let mut write = self.write().await?;
            write.alert(alert).await?;
            let queued = sqlx::query(SQL)
                .bind(alert)
                .bind(code::name(kind))
                .bind(channel)
                .bind(time::text(at))
                .execute(write.connection())
                .await?;
            write.commit().await?;
            Ok(Recorded::by_rows(queued.rows_affected()))
        })
        .await
    }

    /// Messages that are to be sent, also those that failed before, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn unsent_messages(&self, limit: u32) -> Result<Vec<AlertMessage>, LedgerError> {
        const SQL: &str = "SELECT id, alert, kind, channel, made_at, sent_at, attempts, last_error
            FROM alert_messages WHERE sent_at IS NULL ORDER BY id LIMIT $1";
        let rows = sqlx::query(SQL).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(message).collect()
    }

    /// All messages about an alert, oldest first: who was told.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn messages_of(&self, alert: i64) -> Result<Vec<AlertMessage>, LedgerError> {
        const SQL: &str = "SELECT id, alert, kind, channel, made_at, sent_at, attempts, last_error
            FROM alert_messages WHERE alert = $1 ORDER BY id";
        let rows = sqlx::query(SQL).bind(alert).fetch_all(&self.pool).await?;
        rows.iter().map(message).collect()
    }

    /// Records that a message was sent. Of one that was sent before, nothing changes.
    ///
    /// # Errors
    /// [`LedgerError::UnknownMessage`].
    pub async fn message_sent(&self, id: i64, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.repeat(|| async {
            const SQL: &str = "UPDATE alert_messages SET sent_at = $2, attempts = attempts + 1, last_error = NULL
            WHERE id = $1 AND sent_at IS NULL";
            let mut write = self.write().await?;
            let sent = sqlx::query(SQL).bind(id).bind(time::text(at)).execute(write.connection()).await?;
            if sent.rows_affected() == 0 {
                write.known_message(id).await?;
            }
            write.commit().await
        })
        .await
    }

    /// Records that a message could not be sent, and why: without secrets. Of one that was sent, nothing changes.
    ///
    /// # Errors
    /// [`LedgerError::UnknownMessage`].
    pub async fn message_failed(&self, id: i64, error: &str) -> Result<(), LedgerError> {
        self.again(|| async {
            const SQL: &str = "UPDATE alert_messages SET attempts = attempts + 1, last_error = $2
            WHERE id = $1 AND sent_at IS NULL";
            let mut write = self.write().await?;
            let failed = sqlx::query(SQL).bind(id).bind(change::text(error)).execute(write.connection()).await?;
            if failed.rows_affected() == 0 {
                write.known_message(id).await?;
            }
            write.commit().await
        })
        .await
    }
}

impl Write {
    async fn known_message(&mut self, id: i64) -> Result<(), LedgerError> {
        let row = sqlx::query("SELECT id FROM alert_messages WHERE id = $1")
            .bind(id)
            .fetch_optional(self.connection())
            .await?;
        row.map(drop).ok_or(LedgerError::UnknownMessage(id))
    }
}

fn message(row: &AnyRow) -> Result<AlertMessage, LedgerError> {
    let columns = Columns::of("alert_messages", row);
    Ok(AlertMessage {
        id: columns.integer("id")?,
        alert: columns.integer("alert")?,
        kind: columns.code("kind")?,
        channel: columns.text("channel")?,
        made_at: columns.instant("made_at")?,
        sent_at: columns.optional_instant("sent_at")?,
        attempts: columns.integer("attempts")?,
        last_error: columns.optional_text("last_error")?,
    })
}
