//! Why something did not work, in the form in which it is kept.

use serde::{Deserialize, Serialize};

/// Longest message that is kept, in characters: a page of HTML is no message.
const MAX_MESSAGE: usize = 1000;

/// A class that programs go by and a message for people. Without secrets, ids or contents of records: whoever makes it sees to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// A stable name such as `digest_mismatch`.
    pub class: String,
    /// What happened and what to do; kept up to 1,000 characters, on one line.
    pub message: String,
}

impl Fault {
    /// A fault as it is kept: one line, at most 1,000 characters.
    pub fn new(class: impl Into<String>, message: &str) -> Self {
        Self { class: class.into(), message: one_line(message) }
    }

    /// The same fault as it is kept, also when its fields were filled by hand.
    pub(crate) fn kept(&self) -> Self {
        Self::new(self.class.clone(), &self.message)
    }
}

/// A text without control characters and hidden ones, cut at the longest that is kept.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if vt_domain::text::is_hidden(c) { ' ' } else { c }).take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_limited_length() {
        let fault = Fault::new("bad_answer", &format!("line\nline\u{1b}[31m{}", "é".repeat(5000)));
        assert_eq!(fault.message.chars().count(), MAX_MESSAGE);
        assert!(fault.message.starts_with("line line [31mé"));
        assert_eq!(fault.kept(), fault);
    }
}
