//! An entry as it is kept, and its digest.
//!
//! The digest is SHA-256 over these texts in this order: the name of the form (`vt-monitor audit 1`), the digest of the entry
//! before, the number in decimals, the instant as it is kept, actor, action, subject, reason, the JSON before and the JSON after.
//! Each is written as its length in bytes, a colon, its bytes in UTF-8 and a comma; a JSON that is absent is a minus sign and a
//! comma. So no text can pass for two, nor two for one, and an absent JSON is not an empty one.

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use super::{AuditEntry, NewAudit};
use crate::change;
use crate::error::LedgerError;
use crate::row::Columns;
use crate::time;

/// What stands for the digest before the first entry.
pub(super) const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const FORM: &str = "vt-monitor audit 1";

/// An entry with its texts exactly as they are kept and hashed.
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) at: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) previous: String,
    pub(super) digest: String,
}

impl Kept {
    /// An entry that has no place in the log yet.
    pub(super) fn new(new: &NewAudit) -> Result<Self, LedgerError> {
        let (actor, action) = (change::text(&new.actor), change::text(&new.action));
        if actor.is_empty() || action.is_empty() {
            return Err(LedgerError::Invalid { reason: "an entry in the audit log needs an actor and an action" });
        }
        Ok(Self {
            seq: 0,
            at: time::text(new.at),
            actor,
            action,
            subject: change::text(&new.subject),
            reason: change::text(&new.reason),
            before: new.before.as_ref().map(Value::to_string),
            after: new.after.as_ref().map(Value::to_string),
            previous: String::new(),
            digest: String::new(),
        })
    }

    /// Gives it the place after an entry with this number and digest.
    pub(super) fn follow(&mut self, seq: i64, digest: String) {
        (self.seq, self.previous) = (seq + 1, digest);
        self.digest = self.computed();
    }

    /// The digest that an entry with these texts has.
    pub(super) fn computed(&self) -> String {
        let seq = self.seq.to_string();
        let texts = [
            Some(FORM),
            Some(&self.previous),
            Some(&seq),
            Some(&self.at),
            Some(&self.actor),
            Some(&self.action),
            Some(&self.subject),
            Some(&self.reason),
            self.before.as_deref(),
            self.after.as_deref(),
        ];
        let mut hash = Sha256::new();
        for text in texts {
            match text {
                Some(text) => {
                    hash.update(format!("{}:", text.len()));
                    hash.update(text);
                }
                None => hash.update("-"),
            }
            hash.update(",");
        }
        hex::encode(hash.finalize())
    }

    pub(super) fn read(row: &AnyRow) -> Result<Self, LedgerError> {
        let columns = Columns::of("audit", row);
        Ok(Self {
            seq: columns.integer("seq")?,
            at: columns.text("at")?,
            actor: columns.text("actor")?,
            action: columns.text("action")?,
            subject: columns.text("subject")?,
            reason: columns.text("reason")?,
            before: columns.optional_text("before_json")?,
            after: columns.optional_text("after_json")?,
            previous: columns.text("previous")?,
            digest: columns.text("digest")?,
        })
    }

    pub(super) fn entry(self) -> Result<AuditEntry, LedgerError> {
        let damaged = |column| LedgerError::Damaged { table: "audit", column };
        let json = |text: Option<String>, column| {
            text.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| damaged(column))
        };
        Ok(AuditEntry {
            seq: self.seq,
            at: time::instant(&self.at).ok_or(damaged("at"))?,
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            reason: self.reason,
            before: json(self.before, "before_json")?,
            after: json(self.after, "after_json")?,
            previous: self.previous,
            digest: self.digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(actor: &str, action: &str, before: Option<Value>, after: Option<Value>) -> Kept {
        let new = NewAudit {
            at: "2020-08-05T06:30:00Z".parse().unwrap(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: "VT07".to_owned(),
            reason: "é".to_owned(),
            before,
            after,
        };
        let mut kept = Kept::new(&new).unwrap();
        kept.follow(0, FIRST.to_owned());
        kept
    }

    #[test]
    fn the_digest_is_the_one_that_any_program_makes_of_the_same_texts() {
        let texts = "18:vt-monitor audit 1,64:0000000000000000000000000000000000000000000000000000000000000000,1:1,\
                     24:2020-08-05T06:30:00.000Z,3:ann,3:act,4:VT07,2:é,-,7:{\"a\":1},";
        let digest = kept("ann", "act", None, Some(serde_json::json!({ "a": 1 }))).digest;
        assert_eq!(digest, hex::encode(Sha256::digest(texts)));
    }

    #[test]
    fn texts_that_run_on_alike_have_other_digests() {
        let null = Some(Value::Null);
        let digests = [
            kept("ab", "c", None, None),
            kept("a", "bc", None, None),
            kept("a,1:b", "c", None, None),
            kept("ab", "c", null.clone(), None),
            kept("ab", "c", None, null),
        ]
        .map(|kept| kept.digest);
        let different: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(different.len(), digests.len());
    }
}
