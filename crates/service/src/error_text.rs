//! What is said of an error and its causes.

/// An error and its causes in one line, each cause once: many libraries repeat what they were caused by.
pub fn error_text(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let text = without_xml(&cause.to_string());
        if !said.contains(&text) {
            let between = if said.is_empty() { "" } else { ": " };
            said.extend([between, &text]);
        }
    }
    said
}

/// An answer of an S3 server, which is a page of XML, by its code and its message alone.
fn without_xml(text: &str) -> String {
    let text = text.trim();
    let begin = text.find("<?xml").or_else(|| text.find("<Error>"));
    let (Some(begin), Some(end)) = (begin, text.rfind("</Error>")) else { return text.to_owned() };
    let Some(page) = text.get(begin..end) else { return text.to_owned() };
    let of = |name: &str| {
        let (_, rest) = page.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0)
    };
    let said: Vec<&str> = ["Code", "Message"].into_iter().filter_map(of).collect();
    format!("{}{}{}", &text[..begin], said.join(": "), &text[end + "</Error>".len()..])
}

/// What could not be done with a store, and what to look at.
pub fn with_advice(error: anyhow::Error, what: &str) -> anyhow::Error {
    let advice = advice(&error_text(&error));
    error.context(format!("{what}: {advice}"))
}

/// What a store beyond this machine most likely lacks, by what is said of its failure.
fn advice(said: &str) -> &'static str {
    let has = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    if has(&["NoSuchBucket", "404 Not Found", "ContainerNotFound"]) {
        "does the bucket exist, under this name and at this endpoint?"
    } else if has(&["401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"]) {
        "are the credentials right, may they read, write, list and delete there, and is the name of the bucket right?"
    } else if has(&["certificate", "InvalidContentType", "UnknownIssuer"]) {
        "does it speak TLS there, and is its certificate of an authority that this machine trusts, or of [store.connection] ca_file?"
    } else if has(&["error sending request", "onnect", "dns", "timed out", "no answer"]) {
        "does it listen at this address, and can it be reached from here?"
    } else {
        "does the bucket exist, and are the address, the credentials and the permissions right?"
    }
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

    #[test]
    fn a_page_of_xml_is_said_by_code_and_message() {
        let page = "404 Not Found: <?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>none such</Message><Id>x</Id></Error>";
        let error = anyhow::anyhow!("{page}");
        assert_eq!(error_text(&error), "404 Not Found: NoSuchBucket: none such");
        for odd in ["<Error>", "</Error><Error>", "a <?xml </Error>", "<Error><Code></Error>"] {
            assert!(!error_text(&anyhow::anyhow!("x {odd}")).is_empty());
        }
    }

    #[test]
    fn advice_follows_what_was_said() {
        assert!(advice("404 Not Found: NoSuchBucket").contains("bucket exist"));
        assert!(advice("403 Forbidden: SignatureDoesNotMatch").contains("credentials"));
        assert!(advice("invalid peer certificate: UnknownIssuer").contains("ca_file"));
        assert!(advice("error sending request for url").contains("listen"));
        assert!(advice("500").contains("permissions"));
    }
}
