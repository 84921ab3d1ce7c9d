//! A check that did not hold, before it has its severity and its text.

use vt_domain::contract::RecordType;
use vt_domain::finding::RecordRef;

use super::check::Check;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub check: Check,
    pub bestand: Option<RecordType>,
    pub field: Option<&'static str>,
    pub count: u64,
    pub examples: Vec<RecordRef>,
    /// What is filled in for `{name}` in the message.
    pub details: Vec<(&'static str, String)>,
}

impl Found {
    pub fn new(check: Check) -> Self {
        Self { check, bestand: None, field: None, count: 1, examples: Vec::new(), details: Vec::new() }
    }

    pub fn file(mut self, record: RecordType) -> Self {
        self.bestand = Some(record);
        self
    }

    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    pub fn line(mut self, line: u64) -> Self {
        self.examples.push(RecordRef { regel: line, id: None });
        self
    }

    pub fn examples(mut self, examples: Vec<RecordRef>) -> Self {
        self.examples = examples;
        self
    }

    pub fn with(mut self, name: &'static str, value: &(impl std::fmt::Display + ?Sized)) -> Self {
        self.details.push((name, value.to_string()));
        self
    }
}
