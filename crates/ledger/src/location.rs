//! Where a ledger is: reads what an operator gives.

use std::path::{Path, PathBuf};

use crate::error::LedgerError;

/// The absolute path of the file that an address names: a path, or `sqlite:` and a path.
pub(crate) fn file(address: &str) -> Result<PathBuf, LedgerError> {
    if ["postgres:", "postgresql:"].iter().any(|scheme| address.starts_with(scheme)) {
        return Err(LedgerError::NoPostgres);
    }
    let path = match address.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        // The address is not repeated in the error: it may hold a password.
        None if address.contains("://") => {
            return Err(LedgerError::Location { reason: "the address has an unknown scheme" });
        }
        None => address,
    };
    match path {
        "" => Err(LedgerError::Location { reason: "the address is empty" }),
        ":memory:" => Err(LedgerError::Location { reason: "a ledger in memory forgets what was done" }),
        _ => std::path::absolute(path).map_err(|_| LedgerError::Location { reason: "the path can't be made absolute" }),
    }
}

/// The same file as the database driver wants it: a URL, all but plain characters encoded.
pub(crate) fn url(path: &Path) -> String {
    let encode = |byte: &u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    format!("sqlite://{}?mode=rw", path.as_os_str().as_encoded_bytes().iter().map(encode).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_address_name_the_same_file() {
        for address in
            ["/var/lib/vt/ledger.sqlite", "sqlite:/var/lib/vt/ledger.sqlite", "sqlite:///var/lib/vt/ledger.sqlite"]
        {
            assert_eq!(file(address).unwrap(), Path::new("/var/lib/vt/ledger.sqlite"), "{address}");
        }
        assert_eq!(file("demo/ledger.sqlite").unwrap(), std::env::current_dir().unwrap().join("demo/ledger.sqlite"));
    }

    #[test]
    fn a_refused_address_is_not_repeated() {
        for address in ["postgres://vt:geheim@db/ledger", "mysql://vt:geheim@db/ledger"] {
            let message = file(address).unwrap_err().to_string();
            assert!(!message.contains("geheim") && message.contains("path"), "{message}");
        }
        assert!(file("").is_err() && file("sqlite::memory:").is_err() && file("sqlite://").is_err());
    }

    #[test]
    fn special_characters_are_encoded() {
        assert_eq!(url(Path::new("/a b/50%?#é")), "sqlite:///a%20b/50%25%3F%23%C3%A9?mode=rw");
    }
}
