//! The state that a plan was made on: named facts, so that a plan that is refused says which of them moved.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Facts by name, such as `VT07 2020-07` or `2020W407`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Known(BTreeMap<String, String>);

/// A fact that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub about: String,
    /// What the plan was made on.
    pub planned: Option<String>,
    /// What holds now.
    pub now: Option<String>,
}

impl Known {
    /// Notes a fact.
    pub fn note(&mut self, about: impl Into<String>, fact: impl Into<String>) {
        self.0.insert(about.into(), fact.into());
    }

    /// A fact.
    pub fn fact(&self, about: &str) -> Option<&String> {
        self.0.get(about)
    }

    /// A digest of all facts, in hex.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for text in self.0.iter().flat_map(|(about, fact)| [about, fact]) {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        hex::encode(digest.finalize())
    }

    /// What moved between these facts and those of now.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let names: BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        let moved = names.into_iter().filter(|name| self.0.get(*name) != now.0.get(*name));
        let difference = |name: &String| Difference {
            about: name.clone(),
            planned: self.0.get(name).cloned(),
            now: now.0.get(name).cloned(),
        };
        moved.map(difference).collect()
    }
}

impl Difference {
    /// One line for operators.
    pub fn text(&self) -> String {
        let fact = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "not there".into());
        format!("{}: planned on {}; now {}", self.about, fact(&self.planned), fact(&self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(facts: &[(&str, &str)]) -> Known {
        let mut known = Known::default();
        for (about, fact) in facts {
            known.note(*about, *fact);
        }
        known
    }

    #[test]
    fn what_moved_is_named_with_what_was_and_what_is() {
        let planned =
            known(&[("VT07 2020-07", "number 1 counts"), ("2020W407", "published, issue 1"), ("cadence", "week")]);
        let now =
            known(&[("VT07 2020-07", "number 2 counts"), ("2020W407", "published, issue 1"), ("2020W408", "running")]);
        let text: Vec<String> = planned.differences(&now).iter().map(Difference::text).collect();
        assert_eq!(
            text,
            [
                "2020W408: planned on not there; now running",
                "VT07 2020-07: planned on number 1 counts; now number 2 counts",
                "cadence: planned on week; now not there",
            ]
        );
        assert_eq!(planned.differences(&planned), []);
    }

    #[test]
    fn the_digest_tells_apart_what_reads_alike() {
        assert_ne!(known(&[("a", "bc")]).digest(), known(&[("ab", "c")]).digest());
        assert_eq!(known(&[("a", "b"), ("c", "d")]).digest(), known(&[("c", "d"), ("a", "b")]).digest());
    }
}
