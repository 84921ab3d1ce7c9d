//! Gathers findings, a few per file and rule: one mistake can touch a thousand rows.

use std::collections::BTreeMap;

use super::report::{Rule, VerifyFinding};

/// At most so many findings per file and rule are listed.
const MAX_LISTED: usize = 20;

#[derive(Default)]
pub(super) struct Collector {
    findings: Vec<VerifyFinding>,
    per_rule: BTreeMap<(String, Rule), usize>,
    omitted: usize,
}

impl Collector {
    pub(super) fn add(&mut self, file: &str, row: impl Into<Option<String>>, rule: Rule, detail: impl Into<String>) {
        let count = self.per_rule.entry((file.to_owned(), rule)).or_insert(0);
        *count += 1;
        if *count > MAX_LISTED {
            self.omitted += 1;
            return;
        }
        self.findings.push(VerifyFinding { file: file.to_owned(), row: row.into(), rule, detail: detail.into() });
    }

    pub(super) fn into_findings(self) -> (Vec<VerifyFinding>, usize) {
        (self.findings, self.omitted)
    }
}
