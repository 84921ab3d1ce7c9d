//! What was agreed with a region: that its system is out of service, that a month may come later, or that it is left alone.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use vt_domain::Month;

use crate::change::{self, Change};
use crate::code;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::time;

/// What kind of arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrangementKind {
    /// The region's system is out of service.
    Outage,
    /// A month may come later.
    Extension,
    /// The region is not pulled until it is resumed.
    Pause,
}

impl ArrangementKind {
    fn action(self) -> &'static str {
        match self {
            Self::Outage => "region.outage",
            Self::Extension => "region.extension",
            Self::Pause => "region.pause",
        }
    }
}

/// What is to be agreed with a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArrangement {
    /// What kind.
    pub kind: ArrangementKind,
    /// The region.
    pub vt: String,
    /// The month that may come later; of an extension only, and required there.
    pub maand: Option<Month>,
    /// First day.
    pub from: NaiveDate,
    /// Last day. A pause may do without: then it lasts until it is ended.
    pub until: Option<NaiveDate>,
    /// Who sees to it.
    pub owner: String,
}

impl NewArrangement {
    fn check(&self) -> Result<(), LedgerError> {
        let refuse = |reason| Err(LedgerError::Invalid { reason });
        if change::text(&self.vt).is_empty() || change::text(&self.owner).is_empty() {
            return refuse("an arrangement needs a region and somebody who sees to it");
        }
        match (self.kind, self.maand, self.until) {
            (ArrangementKind::Extension, None, _) => refuse("an extension needs the month that may come later"),
            (ArrangementKind::Outage | ArrangementKind::Pause, Some(_), _) => refuse("only an extension has a month"),
            (ArrangementKind::Outage | ArrangementKind::Extension, _, None) => {
                refuse("an outage and an extension need a last day")
            }
            (_, _, Some(until)) if until < self.from => refuse("the last day lies before the first"),
            _ => Ok(()),
        }
    }
}

/// An arrangement with a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrangement {
    /// Its number.
    pub id: i64,
    /// What kind.
    pub kind: ArrangementKind,
    /// The region.
    pub vt: String,
    /// The month that may come later; of an extension only.
    pub maand: Option<Month>,
    /// First day.
    pub from: NaiveDate,
    /// Last day; nothing when it lasts until it is ended.
    pub until: Option<NaiveDate>,
    /// Who sees to it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Who made it.
    pub made_by: String,
    /// When it was ended by hand; nothing while it stands, also after its last day.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// Why it was ended.
    pub ended_reason: Option<String>,
}

impl Arrangement {
    fn terms(&self) -> Value {
        let Self { id, kind, maand, from, until, owner, .. } = self;
        json!({ "id": id, "kind": kind, "maand": maand, "from": from, "until": until, "owner": owner })
    }
}

impl Ledger {
    /// Makes an arrangement. One with the same terms that was not ended is given back as it is. In the audit log it is
    /// `region.outage`, `region.extension` or `region.pause`.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] when the terms lack something or contradict each other, or without an actor or a reason.
    pub async fn arrange(&self, new: &NewArrangement, change: &Change) -> Result<Arrangement, LedgerError> {
        const SQL: &str =
            "INSERT INTO arrangements (kind, vt, maand, from_day, until_day, owner, reason, made_at, made_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id";
        new.check()?;
        let change = change.kept_with_reason()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let row = bind(SQL, new)
                .bind(change.reason.clone())
                .bind(time::text(change.at))
                .bind(change.actor.clone())
                .fetch_optional(write.connection())
                .await?;
            let Some(row) = row else { return write.standing_arrangement(new).await };
            let made = write.arrangement(Columns::of("arrangements", &row).integer("id")?).await?;
            write.audit(&change.audit(made.kind.action(), made.vt.as_str(), None, Some(made.terms()))).await?;
            write.commit().await?;
            Ok(made)
        })
        .await
    }

    /// Ends an arrangement (`region.end` in the audit log). One that was ended before is given back as it is.
    ///
    /// # Errors
    /// [`LedgerError::UnknownArrangement`]; [`LedgerError::Invalid`] without an actor or a reason.
    pub async fn end_arrangement(&self, id: i64, change: &Change) -> Result<Arrangement, LedgerError> {
        const SQL: &str = "UPDATE arrangements SET ended_at = $2, ended_by = $3, ended_reason = $4 WHERE id = $1 AND ended_at IS NULL";
        let change = change.kept_with_reason()?;
        self.again(|| async {
            let mut write = self.write().await?;
            let touched = sqlx::query(SQL)
                .bind(id)
                .bind(time::text(change.at))
                .bind(change.actor.as_str())
                .bind(change.reason.as_str())
                .execute(write.connection())
                .await?
                .rows_affected();
            let ended = write.arrangement(id).await?;
            if touched == 1 {
                write.audit(&change.audit("region.end", ended.vt.as_str(), Some(ended.terms()), None)).await?;
                write.commit().await?;
            }
            Ok(ended)
        })
        .await
    }

    /// All arrangements, also those that were ended, by number.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn arrangements(&self) -> Result<Vec<Arrangement>, LedgerError> {
        const SQL: &str = "SELECT id, kind, vt, maand, from_day, until_day, owner, reason, made_at, made_by, ended_at, ended_by, ended_reason
            FROM arrangements ORDER BY id";
        let rows = sqlx::query(SQL).fetch_all(&self.pool).await?;
        rows.iter().map(arrangement).collect()
    }
}

impl Write {
    async fn arrangement(&mut self, id: i64) -> Result<Arrangement, LedgerError> {
        const SQL: &str = "SELECT id, kind, vt, maand, from_day, until_day, owner, reason, made_at, made_by, ended_at, ended_by, ended_reason
            FROM arrangements WHERE id = $1";
        let row = sqlx::query(SQL).bind(id).fetch_optional(self.connection()).await?;
        arrangement(&row.ok_or(LedgerError::UnknownArrangement(id))?)
    }

    /// The arrangement with the same terms that was not ended.
    async fn standing_arrangement(&mut self, new: &NewArrangement) -> Result<Arrangement, LedgerError> {
        const SQL: &str = "SELECT id, kind, vt, maand, from_day, until_day, owner, reason, made_at, made_by, ended_at, ended_by, ended_reason
            FROM arrangements WHERE kind = $1 AND vt = $2 AND maand IS NOT DISTINCT FROM $3 AND from_day = $4
                AND until_day IS NOT DISTINCT FROM $5 AND owner = $6 AND ended_at IS NULL";
        arrangement(&bind(SQL, new).fetch_one(self.connection()).await?)
    }
}

type Query = sqlx::query::Query<'static, sqlx::Any, sqlx::any::AnyArguments>;

/// Binds the terms.
fn bind(sql: &'static str, new: &NewArrangement) -> Query {
    sqlx::query(sql)
        .bind(code::name(new.kind))
        .bind(change::text(&new.vt))
        .bind(new.maand.map(|month| month.to_string()))
        .bind(new.from.to_string())
        .bind(new.until.map(|day| day.to_string()))
        .bind(change::text(&new.owner))
}

fn arrangement(row: &AnyRow) -> Result<Arrangement, LedgerError> {
    let columns = Columns::of("arrangements", row);
    Ok(Arrangement {
        id: columns.integer("id")?,
        kind: columns.code("kind")?,
        vt: columns.text("vt")?,
        maand: columns.optional_parsed("maand")?,
        from: columns.parsed("from_day")?,
        until: columns.optional_parsed("until_day")?,
        owner: columns.text("owner")?,
        reason: columns.text("reason")?,
        made_at: columns.instant("made_at")?,
        made_by: columns.text("made_by")?,
        ended_at: columns.optional_instant("ended_at")?,
        ended_by: columns.optional_text("ended_by")?,
        ended_reason: columns.optional_text("ended_reason")?,
    })
}
