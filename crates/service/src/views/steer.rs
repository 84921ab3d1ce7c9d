//! Cadence, audit log and tokens.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::period::Period;
use vt_ledger::{AuditEntry, AuditVerdict, CadenceDecision, Session, Token, standing};

use super::code;

/// How often is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CadenceView {
    /// Today.
    pub today: NaiveDate,
    /// The cadence of today: week, two_weeks or four_weeks.
    pub cadence: String,
    /// The running four weeks.
    #[schema(value_type = String, example = "2020W407")]
    pub running: Period,
    /// In which length these come out.
    pub running_in: String,
    /// What comes into force later.
    pub ahead: Vec<AheadView>,
    /// What was decided, oldest first.
    pub decisions: Vec<CadenceDecisionView>,
    /// Of an answer to a decision: the earlier ones that it made void, by their first day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voided: Vec<CadenceDecisionView>,
}

/// A cadence that comes into force later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AheadView {
    /// Its first day.
    pub from: NaiveDate,
    /// The cadence.
    pub cadence: String,
}

/// A decision on the cadence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CadenceDecisionView {
    /// Its first day.
    pub from: NaiveDate,
    /// The cadence.
    pub cadence: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Whether it stands; one that does not is void: a later decision began on its first day or before it.
    pub stands: bool,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditView {
    /// Its number, without gaps.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What, such as `cadence.set`.
    pub action: String,
    /// About what.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// What it was.
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// What it became.
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    /// Digest of the entry before.
    pub previous: String,
    /// Digest of this entry, in which that of the entry before is.
    pub digest: String,
}

/// What a check of the audit log showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum AuditVerdictView {
    /// Nothing was changed, removed or put in between.
    Whole {
        /// How many entries there are.
        entries: i64,
        /// Digest of the newest one.
        newest: String,
        /// The number of the entry whose digest was expected: it is there, and all before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<i64>,
    },
    /// What is there is whole, but the entry whose digest was expected is not among it: entries were taken off the end, or the log
    /// was written anew.
    Lacks {
        /// How many entries there are.
        entries: i64,
        /// Digest of the newest one.
        newest: String,
    },
    /// Something was.
    Broken {
        /// At which entry.
        seq: i64,
        /// What is wrong with it.
        rule: String,
    },
}

/// A token; its secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// lezer, operator, beheerder or regio.
    pub role: String,
    /// The region, of the role regio.
    pub regio: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// From when on it counts no more.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used.
    pub last_used: Option<DateTime<Utc>>,
}

/// A session of the page; nothing of its secrets is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Who logged in, as it stands in the audit log.
    pub actor: String,
    /// lezer, operator, beheerder or regio.
    pub role: String,
    /// The region, of the role regio.
    pub regio: Option<String>,
    /// The number of the token that was used to log in; nothing for a token of the OIDC issuer.
    pub token: Option<i64>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// From when on it counts no more.
    pub expires_at: DateTime<Utc>,
}

/// How many sessions of somebody were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedView {
    /// Whose.
    pub actor: String,
    /// How many.
    pub ended: usize,
}

/// A token that was made now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewTokenView {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// Its secret: shown this once.
    pub secret: String,
}

impl std::fmt::Debug for NewTokenView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewTokenView").field("token", &self.token).finish_non_exhaustive()
    }
}

impl CadenceDecisionView {
    /// A decision, which stands or is void.
    pub fn new(it: &CadenceDecision, stands: bool) -> Self {
        Self {
            from: it.from,
            cadence: it.cadence.to_string(),
            decided_at: it.decided_at,
            actor: it.actor.clone(),
            reason: it.reason.clone(),
            stands,
        }
    }

    /// Decisions in the order in which they were taken.
    pub fn all(decisions: &[CadenceDecision]) -> Vec<Self> {
        let stands: BTreeSet<i64> = standing(decisions).into_iter().map(|it| it.id).collect();
        decisions.iter().map(|it| Self::new(it, stands.contains(&it.id))).collect()
    }
}

impl From<&AuditEntry> for AuditView {
    fn from(it: &AuditEntry) -> Self {
        Self {
            seq: it.seq,
            at: it.at,
            actor: it.actor.clone(),
            action: it.action.clone(),
            subject: it.subject.clone(),
            reason: it.reason.clone(),
            before: it.before.clone(),
            after: it.after.clone(),
            previous: it.previous.clone(),
            digest: it.digest.clone(),
        }
    }
}

impl From<AuditVerdict> for AuditVerdictView {
    fn from(verdict: AuditVerdict) -> Self {
        match verdict {
            AuditVerdict::Whole { entries, newest, kept } => Self::Whole { entries, newest, kept },
            AuditVerdict::Lacks { entries, newest } => Self::Lacks { entries, newest },
            AuditVerdict::Broken { seq, rule } => Self::Broken { seq, rule },
        }
    }
}

impl From<&Session> for SessionView {
    fn from(it: &Session) -> Self {
        Self {
            actor: it.actor.clone(),
            role: code(it.role),
            regio: it.regio.clone(),
            token: it.token,
            begun_at: it.begun_at,
            expires_at: it.expires_at,
        }
    }
}

impl From<&Token> for TokenView {
    fn from(it: &Token) -> Self {
        Self {
            id: it.id,
            name: it.name.clone(),
            role: code(it.role),
            regio: it.regio.clone(),
            created_at: it.created_at,
            created_by: it.created_by.clone(),
            expires_at: it.expires_at,
            revoked_at: it.revoked_at,
            last_used: it.last_used,
        }
    }
}
