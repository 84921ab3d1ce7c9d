//! Text that somebody from outside gives and that others read: in logs, on the page, in mail.

/// Whether a character does something else than stand there: control characters, and those of Unicode's formatting that turn the direction of
/// reading, join, or can't be seen at all. With them a text looks like another one.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is a name that is safe wherever it is put: it begins with a letter or a digit, so that no spreadsheet takes it for a formula,
/// and hides nothing.
pub fn is_plain_name(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric) && !text.chars().any(is_hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_something_are_no_names() {
        for name in ["Regas 4", "Clavis – VT, 2.1 (é)", "4you", "Zuid-Holland & co <x>"] {
            assert!(is_plain_name(name), "{name}");
        }
        for formula in ["=1+1", "+31", "-2", "@SUM(A1)", "\t=1", " =1", "'x", "", " "] {
            assert!(!is_plain_name(formula), "{formula:?}");
        }
        for hidden in [
            "a\0",
            "a\nb",
            "a\r",
            "a\u{1b}[31m",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{feff}",
            "a\u{2028}b",
            "a\u{e0041}",
        ] {
            assert!(!is_plain_name(hidden), "{hidden:?}");
        }
    }
}
