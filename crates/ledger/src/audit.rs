//! The audit log: who did what, when and why. Entries are only added, without a gap, and each holds the digest of the one
//! before it, so that a change of the past is found ([`Ledger::verify_audit`]).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::audit::chain::{FIRST, Kept};
use crate::digest;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;

mod chain;

/// How many entries are read at a time when all of them are.
const PAGE: i64 = 250;

/// What is known of an act before it is in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAudit {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; never empty.
    pub actor: String,
    /// What was done: a stable name such as `cadence.set`; never empty.
    pub action: String,
    /// What it is about, such as `VT07` or `backfill 3`.
    pub subject: String,
    /// Why; may be empty.
    pub reason: String,
    /// What was there before.
    pub before: Option<Value>,
    /// What is there now.
    pub after: Option<Value>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its number, from 1, without a gap.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it is about.
    pub subject: String,
    /// Why; may be empty.
    pub reason: String,
    /// What was there before.
    pub before: Option<Value>,
    /// What is there now.
    pub after: Option<Value>,
    /// Digest of the entry before it; 64 zeros for the first.
    pub previous: String,
    /// SHA-256, in hex, of all fields above.
    pub digest: String,
}

/// Which entries to give; the default is the newest 100 of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this actor only.
    pub actor: Option<String>,
    /// With this action only.
    pub action: Option<String>,
    /// About exactly this only.
    pub subject: Option<String>,
    /// With a number below this one only: for the next page.
    pub below: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Default for AuditFilter {
    fn default() -> Self {
        Self { actor: None, action: None, subject: None, below: None, limit: 100 }
    }
}

/// What checking the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum AuditVerdict {
    /// Each entry is as it was written, and follows the one before. Entries cut off at the end leave no trace in the log
    /// itself: compare with a number and digest that were written down elsewhere.
    Whole {
        /// How many there are.
        entries: i64,
        /// Digest of the newest; 64 zeros when there is none.
        newest: String,
        /// The number of the entry with the digest that was kept elsewhere, when one is looked for; 0 for 64 zeros.
        kept: Option<i64>,
    },
    /// All that is there follows each other, but the entry whose digest was kept elsewhere is not among it: entries were taken
    /// off the end, or the log was written anew.
    Lacks {
        /// How many there are.
        entries: i64,
        /// Digest of the newest; 64 zeros when there is none.
        newest: String,
    },
    /// An entry is not what it was; nothing is said of those after it.
    Broken {
        /// The first entry that is wrong.
        seq: i64,
        /// What is wrong with it: it `is missing`, `was changed`, or `does not follow the one before`.
        rule: String,
    },
}

impl AuditVerdict {
    fn broken(seq: i64, rule: &str) -> Self {
        Self::Broken { seq, rule: rule.to_owned() }
    }
}

impl Ledger {
    /// Adds an entry. The same act twice gives two entries. Texts are kept on one line, up to 1,000 characters each.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] without an actor or an action.
    pub async fn record_audit(&self, new: &NewAudit) -> Result<AuditEntry, LedgerError> {
        self.again(|| async {
            let mut write = self.write().await?;
            let entry = write.audit(new).await?;
            write.commit().await?;
            Ok(entry)
        })
        .await
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn audit_log(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, LedgerError> {
        const SQL: &str = "SELECT seq, at, actor, action, subject, reason, before_json, after_json, previous, digest
            FROM audit
            WHERE (CAST($1 AS TEXT) IS NULL OR actor = $1) AND (CAST($2 AS TEXT) IS NULL OR action = $2)
                AND (CAST($3 AS TEXT) IS NULL OR subject = $3) AND seq < $4
            ORDER BY seq DESC LIMIT $5";
        let rows = sqlx::query(SQL)
            .bind(filter.actor.clone())
            .bind(filter.action.clone())
            .bind(filter.subject.clone())
            .bind(filter.below.unwrap_or(i64::MAX))
            .bind(i64::from(filter.limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Kept::read(row)?.entry()).collect()
    }

    /// The newest number, and whether an entry above `seen` has an action that begins with one of `kinds`.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn audited_since(&self, seen: i64, kinds: &[&str]) -> Result<(i64, bool), LedgerError> {
        const KIND: &str =
            "SELECT count(*) AS n FROM audit WHERE seq > $1 AND seq <= $2 AND substr(action, 1, length($3)) = $3";
        let row = sqlx::query("SELECT coalesce(max(seq), 0) AS seq FROM audit").fetch_one(&self.pool).await?;
        let newest = Columns::of("audit", &row).integer("seq")?;
        for kind in kinds.iter().filter(|_| newest > seen) {
            let row = sqlx::query(KIND).bind(seen).bind(newest).bind(*kind).fetch_one(&self.pool).await?;
            if Columns::of("audit", &row).integer("n")? > 0 {
                return Ok((newest, true));
            }
        }
        Ok((newest, false))
    }

    /// Checks the whole log: makes every digest anew, and looks whether each entry follows the one before.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, LedgerError> {
        self.check_audit(None).await
    }

    /// The same, and looks for the entry whose digest was kept elsewhere, in lower-case hex: while that is there, so is all
    /// that was there when it was kept.
    ///
    /// # Errors
    /// [`LedgerError::Invalid`] when `kept` is no digest; when the ledger can't be read.
    pub async fn verify_audit_with(&self, kept: &str) -> Result<AuditVerdict, LedgerError> {
        digest::check(kept)?;
        self.check_audit(Some(kept)).await
    }

    async fn check_audit(&self, sought: Option<&str>) -> Result<AuditVerdict, LedgerError> {
        const SQL: &str = "SELECT seq, at, actor, action, subject, reason, before_json, after_json, previous, digest
            FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
        let (mut entries, mut newest) = (0, FIRST.to_owned());
        let mut found = sought.filter(|sought| *sought == FIRST).map(|_| 0);
        loop {
            let page = sqlx::query(SQL).bind(entries).bind(PAGE).fetch_all(&self.pool).await?;
            if page.is_empty() && sought.is_some() && found.is_none() {
                return Ok(AuditVerdict::Lacks { entries, newest });
            }
            if page.is_empty() {
                return Ok(AuditVerdict::Whole { entries, newest, kept: found });
            }
            for row in &page {
                let kept = Kept::read(row)?;
                let expected = entries + 1;
                if kept.seq != expected {
                    return Ok(AuditVerdict::broken(expected, "is missing"));
                }
                if kept.digest != kept.computed() {
                    return Ok(AuditVerdict::broken(expected, "was changed"));
                }
                if kept.previous != newest {
                    return Ok(AuditVerdict::broken(expected, "does not follow the one before"));
                }
                if sought == Some(kept.digest.as_str()) {
                    found = Some(kept.seq);
                }
                (entries, newest) = (kept.seq, kept.digest);
            }
        }
    }
}

impl Write {
    /// Adds an entry, last of all that a transaction does: on a database with several writers, who adds one holds up all others
    /// who do until the transaction ends.
    pub(crate) async fn audit(&mut self, new: &NewAudit) -> Result<AuditEntry, LedgerError> {
        const NEWEST: &str = "SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1";
        const SQL: &str =
            "INSERT INTO audit (seq, at, actor, action, subject, reason, before_json, after_json, previous, digest)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (seq) DO NOTHING";
        let mut kept = Kept::new(new)?;
        loop {
            let newest = sqlx::query(NEWEST).fetch_optional(self.connection()).await?;
            let (seq, previous) = match &newest {
                Some(row) => {
                    let columns = Columns::of("audit", row);
                    (columns.integer("seq")?, columns.text("digest")?)
                }
                None => (0, FIRST.to_owned()),
            };
            kept.follow(seq, previous);
            let added = sqlx::query(SQL)
                .bind(kept.seq)
                .bind(kept.at.clone())
                .bind(kept.actor.clone())
                .bind(kept.action.clone())
                .bind(kept.subject.clone())
                .bind(kept.reason.clone())
                .bind(kept.before.clone())
                .bind(kept.after.clone())
                .bind(kept.previous.clone())
                .bind(kept.digest.clone())
                .execute(self.connection())
                .await?;
            // Otherwise another process added one in between: follow that one.
            if added.rows_affected() == 1 {
                return kept.entry();
            }
        }
    }
}
