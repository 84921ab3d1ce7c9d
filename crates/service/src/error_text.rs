//! What is said of an error and its causes.

/// An error and its causes in one line, each cause once: many libraries repeat what they were caused by.
pub fn error_text(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let text = text.trim();
        if !said.contains(text) {
            let between = if said.is_empty() { "" } else { ": " };
            said.extend([between, text]);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("store: {source}")]
    struct Repeats {
        source: std::io::Error,
    }

    #[test]
    fn each_cause_is_said_once() {
        let error = anyhow::Error::new(Repeats { source: std::io::Error::other("no answer") }).context("private store");
        assert_eq!(format!("{error:#}"), "private store: store: no answer: no answer");
        assert_eq!(error_text(&error), "private store: store: no answer");
        assert_eq!(error_text(&anyhow::anyhow!("alone")), "alone");
    }
}
