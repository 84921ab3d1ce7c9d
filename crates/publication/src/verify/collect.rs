//! Gathers findings, a few per file and rule: one mistake can touch a thousand rows.

use std::collections::BTreeMap;

use super::report::{Rule, VerifyFinding, VerifyReport};

/// At most so many findings per file and rule are listed.
const MAX_LISTED: usize = 20;

#[derive(Default)]
pub(super) struct Collector {
    findings: Vec<VerifyFinding>,
    per_rule: BTreeMap<(String, Rule), usize>,
    omitted: usize,
    notes: Vec<String>,
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

    /// Something that could not be compared, and is not wrong for that.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn report(self, report: VerifyReport) -> VerifyReport {
        VerifyReport { findings: self.findings, omitted: self.omitted, notes: self.notes, ..report }
    }
}
