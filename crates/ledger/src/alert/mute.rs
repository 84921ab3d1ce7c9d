//! Mutes: alerts that are not to be told for a while. The alerts themselves go on.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use crate::change::{self, Change};
use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::time;

/// What is not to be told for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertMute {
    /// Its number.
    pub id: i64,
    /// Alerts of this rule; nothing for those of any.
    pub rule: Option<String>,
    /// Alerts about exactly this; nothing for those about anything.
    pub subject: Option<String>,
    /// From when on they are told again.
    pub until: DateTime<Utc>,
    /// Who made it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was ended by hand; nothing otherwise, also after it ran out.
    pub ended_at: Option<DateTime<Utc>>,
}

impl AlertMute {
    fn name(&self) -> String {
        format!("mute {}", self.id)
    }

    fn terms(&self) -> Value {
        let Self { rule, subject, until, .. } = self;
        json!({ "rule": rule, "subject": subject, "until": until })
    }
}

/// What is to be muted, as it is kept.
struct Terms {
    rule: Option<String>,
    subject: Option<String>,
    until: String,
}

impl Ledger {
    /// Mutes alerts of a rule, about a subject, or both (`alert.mute` in the audit log, about `mute 3`). One with the same
    /// terms that was not ended is given back as it is.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] when it ends before it is made, or without an actor or a reason.
    pub async fn mute_alerts(
        &self,
        rule: Option<&str>,
        subject: Option<&str>,
        until: DateTime<Utc>,
        change: &Change,
    ) -> Result<AlertMute, LedgerError> {
        let change = change.kept_with_reason()?;
        let terms =
            Terms { rule: rule.map(change::text), subject: subject.map(change::text), until: time::checked(until)? };
        if terms.rule.as_deref() == Some("") {
            return Err(LedgerError::Invalid { reason: "a mute is of a rule with a name, or of any rule" });
        }
        if terms.until <= time::text(change.at) {
            return Err(LedgerError::Invalid { reason: "a mute must end after it is made" });
        }
        self.again(|| async {
            let mut write = self.write().await?;
            let id = loop {
                if let Some(id) = write.insert_mute(&terms, &change).await? {
                    break id;
                }
                // Otherwise another process ended it in between.
                if let Some(standing) = write.standing_mute(&terms).await? {
                    return Ok(standing);
                }
            };
            let made = write.mute(id).await?;
            write.audit(&change.audit("alert.mute", made.name(), None, Some(made.terms()))).await?;
            write.commit().await?;
            Ok(made)
        })
        .await
    }

    /// Ends a mute (`alert.unmute` in the audit log). One that was ended before is given back as it is. The reason may be
    /// empty.
    ///
    /// # Errors
    /// [`LedgerError::UnknownMute`]; [`LedgerError::Invalid`] without an actor.
    pub async fn end_mute(&self, id: i64, change: &Change) -> Result<AlertMute, LedgerError> {
        const SQL: &str = "UPDATE alert_mutes SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        let change = change.kept()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let touched = sqlx::query(SQL).bind(id).bind(time::text(change.at)).execute(write.connection()).await?;
            let ended = write.mute(id).await?;
            if touched.rows_affected() == 1 {
                write.audit(&change.audit("alert.unmute", ended.name(), Some(ended.terms()), None)).await?;
                write.commit().await?;
            }
            Ok(ended)
        })
        .await
    }

    /// The mutes that are in force at `now`, by number.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn mutes(&self, now: DateTime<Utc>) -> Result<Vec<AlertMute>, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, until_at, actor, reason, made_at, ended_at
            FROM alert_mutes WHERE ended_at IS NULL AND until_at > $1 ORDER BY id";
        let rows = sqlx::query(SQL).bind(time::text(now)).fetch_all(&self.pool).await?;
        rows.iter().map(mute).collect()
    }
}

impl Write {
    /// Adds a mute; nothing when there is one with the same terms that was not ended.
    async fn insert_mute(&mut self, terms: &Terms, change: &Change) -> Result<Option<i64>, LedgerError> {
        const SQL: &str = "INSERT INTO alert_mutes (rule, subject, until_at, actor, reason, made_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id";
        let row = sqlx::query(SQL)
            .bind(terms.rule.as_deref())
            .bind(terms.subject.as_deref())
            .bind(terms.until.as_str())
            .bind(change.actor.as_str())
            .bind(change.reason.as_str())
            .bind(time::text(change.at))
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| Columns::of("alert_mutes", &row).integer("id")).transpose()
    }

    async fn mute(&mut self, id: i64) -> Result<AlertMute, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, until_at, actor, reason, made_at, ended_at
            FROM alert_mutes WHERE id = $1";
        let row = sqlx::query(SQL).bind(id).fetch_optional(self.connection()).await?;
        mute(&row.ok_or(LedgerError::UnknownMute(id))?)
    }

    /// The mute with the same terms that was not ended.
    async fn standing_mute(&mut self, terms: &Terms) -> Result<Option<AlertMute>, LedgerError> {
        const SQL: &str = "SELECT id, rule, subject, until_at, actor, reason, made_at, ended_at
            FROM alert_mutes WHERE rule IS NOT DISTINCT FROM $1 AND subject IS NOT DISTINCT FROM $2 AND until_at = $3
                AND ended_at IS NULL";
        let row = sqlx::query(SQL)
            .bind(terms.rule.as_deref())
            .bind(terms.subject.as_deref())
            .bind(terms.until.as_str())
            .fetch_optional(self.connection())
            .await?;
        row.as_ref().map(mute).transpose()
    }
}

fn mute(row: &AnyRow) -> Result<AlertMute, LedgerError> {
    let columns = Columns::of("alert_mutes", row);
    Ok(AlertMute {
        id: columns.integer("id")?,
        rule: columns.optional_text("rule")?,
        subject: columns.optional_text("subject")?,
        until: columns.instant("until_at")?,
        actor: columns.text("actor")?,
        reason: columns.text("reason")?,
        made_at: columns.instant("made_at")?,
        ended_at: columns.optional_instant("ended_at")?,
    })
}
