//! Alerts: what is wrong now, since when, who is told of it, and what is not to be told for a while.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::change;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::time;

mod message;
mod mute;

pub use message::{AlertMessage, AlertMessageKind};
pub use mute::AlertMute;

/// Something that is wrong, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// The rule that found it: a stable name.
    pub rule: String,
    /// What it is about, such as `VT07 2020-07`.
    pub subject: String,
    /// What is wrong, and what to do; as it was last said.
    pub text: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it ended; nothing while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// When somebody was last reminded of it.
    pub reminded_at: Option<DateTime<Utc>>,
    /// Whether there is a message about it, sent or to be sent.
    pub told: bool,
}

impl Ledger {
    /// Begins an alert. While one of the same rule and subject is open, it is that one, with this text, and
    /// [`Recorded::Unchanged`]: of several who begin it at once, exactly one gets [`Recorded::Written`].
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] without a rule.
    pub async fn begin_alert(
        &self,
        rule: &str,
        subject: &str,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<(Alert, Recorded), LedgerError> {
        self.again(|| async {
            let [rule, subject, text] = [rule, subject, text].map(change::text);
            if rule.is_empty() {
                return Err(LedgerError::Invalid { reason: "an alert needs the rule that found it" });
            }
            let mut write = self.write().await?;
            let (id, recorded) = loop {
                if let Some(id) = write.insert_alert(&rule, &subject, &text, at).await? {
                    break (id, Recorded::Written);
                }
                // Otherwise another process ended it in between.
                if let Some(id) = write.reword_alert(&rule, &subject, &text).await? {
                    break (id, Recorded::Unchanged);
                }
            };
            let begun = write.alert(id).await?;
            write.commit().await?;
            Ok((begun, recorded))
        })
        .await
    }

    /// Ends the open alert of a rule and subject; nothing when there is none.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn end_alert(&self, rule: &str, subject: &str, at: DateTime<Utc>) -> Result<Option<Alert>, LedgerError> {
        self.again(|| async {
            const SQL: &str =
                "UPDATE alerts SET ended_at = $3 WHERE rule = $1 AND subject = $2 AND ended_at IS NULL RETURNING id";
            let mut write = self.write().await?;
            let row = sqlx::query(SQL)
                .bind(change::text(rule))
                .bind(change::text(subject))
                .bind(time::text(at))
                .fetch_optional(write.connection())
                .await?;
            let Some(row) = row else { return Ok(None) };
            let ended = write.alert(Columns::of("alerts", &row).integer("id")?).await?;
            write.commit().await?;
            Ok(Some(ended))
        })
        .await
    }

    /// Notes when somebody was reminded of an alert. Of one that has ended, nothing changes.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAlert`].
    pub async fn remind_alert(&self, id: i64, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.again(|| async {
            const SQL: &str = "UPDATE alerts SET reminded_at = $2 WHERE id = $1 AND ended_at IS NULL";
            let mut write = self.write().await?;
            let noted = sqlx::query(SQL).bind(id).bind(time::text(at)).execute(write.connection()).await?;
            if noted.rows_affected() == 0 {
                write.alert(id).await?;
            }
            write.commit().await
        })
        .await
    }

    /// The alerts that are open, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn open_alerts(&self) -> Result<Vec<Alert>, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, text, since, ended_at, reminded_at,
                (SELECT count(*) FROM alert_messages WHERE alert = alerts.id) AS messages
            FROM alerts WHERE ended_at IS NULL ORDER BY id";
        let rows = sqlx::query(SQL).fetch_all(&self.pool).await?;
        rows.iter().map(alert).collect()
    }

    /// An alert by its number; nothing when there is none.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn alert(&self, id: i64) -> Result<Option<Alert>, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, text, since, ended_at, reminded_at,
                (SELECT count(*) FROM alert_messages WHERE alert = alerts.id) AS messages
            FROM alerts WHERE id = $1";
        let row = sqlx::query(SQL).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(alert).transpose()
    }

    /// The latest alerts, open or ended, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn alerts(&self, limit: u32) -> Result<Vec<Alert>, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, text, since, ended_at, reminded_at,
                (SELECT count(*) FROM alert_messages WHERE alert = alerts.id) AS messages
            FROM alerts ORDER BY id DESC LIMIT $1";
        let rows = sqlx::query(SQL).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(alert).collect()
    }
}

impl Write {
    async fn alert(&mut self, id: i64) -> Result<Alert, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, text, since, ended_at, reminded_at,
                (SELECT count(*) FROM alert_messages WHERE alert = alerts.id) AS messages
            FROM alerts WHERE id = $1";
        let row = sqlx::query(SQL).bind(id).fetch_optional(self.connection()).await?;
        alert(&row.ok_or(LedgerError::UnknownAlert(id))?)
    }

    /// Adds an alert; nothing when one is open.
    async fn insert_alert(
        &mut self,
        rule: &str,
        subject: &str,
        text: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<i64>, LedgerError> {
        const SQL: &str = "INSERT INTO alerts (rule, subject, text, since) VALUES ($1, $2, $3, $4)
            ON CONFLICT (rule, subject) WHERE ended_at IS NULL DO NOTHING RETURNING id";
        let row = sqlx::query(SQL)
            .bind(rule)
            .bind(subject)
            .bind(text)
            .bind(time::text(at))
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| Columns::of("alerts", &row).integer("id")).transpose()
    }

    /// Gives the open alert another text; nothing when none is open.
    async fn reword_alert(&mut self, rule: &str, subject: &str, text: &str) -> Result<Option<i64>, LedgerError> {
        const SQL: &str =
            "UPDATE alerts SET text = $3 WHERE rule = $1 AND subject = $2 AND ended_at IS NULL RETURNING id";
        let row = sqlx::query(SQL).bind(rule).bind(subject).bind(text).fetch_optional(self.connection()).await?;
        row.map(|row| Columns::of("alerts", &row).integer("id")).transpose()
    }
}

fn alert(row: &AnyRow) -> Result<Alert, LedgerError> {
    let columns = Columns::of("alerts", row);
    Ok(Alert {
        id: columns.integer("id")?,
        rule: columns.text("rule")?,
        subject: columns.text("subject")?,
        text: columns.text("text")?,
        since: columns.instant("since")?,
        ended_at: columns.optional_instant("ended_at")?,
        reminded_at: columns.optional_instant("reminded_at")?,
        told: columns.integer("messages")? > 0,
    })
}
