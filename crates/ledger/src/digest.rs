//! Digests that callers give: only these may stand for a secret.

use crate::error::LedgerError;

/// Refuses what is no SHA-256 in lower-case hex, so that a secret given by mistake is never kept.
pub(crate) fn check(digest: &str) -> Result<(), LedgerError> {
    let is_hex = digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if digest.len() == 64 && is_hex {
        return Ok(());
    }
    Err(LedgerError::Invalid { reason: "a digest is SHA-256 in 64 lower-case hexadecimal digits" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_is_one() {
        assert!(check(&"0af9".repeat(16)).is_ok());
        for other in ["", "secret", &"0AF9".repeat(16), &"0af9".repeat(17), &"é".repeat(32)] {
            assert!(matches!(check(other), Err(LedgerError::Invalid { .. })), "{other}");
        }
    }
}
