//! Where a ledger is: reads what an operator gives.

mod server;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::LedgerError;

pub use server::Server;

/// Where a ledger is. Shown without its password, by `Debug` too.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file; its absolute path.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Server(Server),
}

impl Location {
    /// Reads an address: a path, `sqlite:` and a path, or `postgres://user@host/database`.
    ///
    /// # Errors
    /// [`LedgerError::Location`], which does not repeat the address: it may hold a password.
    pub fn parse(address: &str) -> Result<Self, LedgerError> {
        if ["postgres:", "postgresql:"].iter().any(|scheme| address.starts_with(scheme)) {
            return server::parse(address).map(Self::Server).map_err(wrong);
        }
        file(address).map(Self::File).map_err(wrong)
    }

    /// The same with a password that stands elsewhere.
    ///
    /// # Errors
    /// [`LedgerError::Location`] when a file needs none, or the address has one already.
    pub fn with_password(self, password: &str) -> Result<Self, LedgerError> {
        match self {
            Self::File(_) => Err(wrong("a file has no password")),
            Self::Server(server) => server.with_password(password).map(Self::Server).map_err(wrong),
        }
    }

    /// The file, when it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server(_) => None,
        }
    }

    /// The server, when it is at one.
    pub fn server(&self) -> Option<&Server> {
        match self {
            Self::File(_) => None,
            Self::Server(server) => Some(server),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

fn wrong(reason: impl Into<String>) -> LedgerError {
    LedgerError::Location { reason: reason.into() }
}

/// The absolute path of the file that an address names.
fn file(address: &str) -> Result<PathBuf, &'static str> {
    let path = match address.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None if address.contains("://") => return Err("the address has an unknown scheme"),
        None => address,
    };
    match path {
        "" => Err("the address is empty"),
        ":memory:" => Err("a ledger in memory forgets what was done"),
        _ => std::path::absolute(path).map_err(|_| "the path can't be made absolute"),
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

    fn file(address: &str) -> PathBuf {
        Location::parse(address).unwrap().file().unwrap().to_owned()
    }

    #[test]
    fn a_path_and_its_address_name_the_same_file() {
        for address in
            ["/var/lib/vt/ledger.sqlite", "sqlite:/var/lib/vt/ledger.sqlite", "sqlite:///var/lib/vt/ledger.sqlite"]
        {
            assert_eq!(file(address), Path::new("/var/lib/vt/ledger.sqlite"), "{address}");
        }
        assert_eq!(file("demo/ledger.sqlite"), std::env::current_dir().unwrap().join("demo/ledger.sqlite"));
    }

    #[test]
    fn a_refused_address_is_not_repeated() {
        for address in ["mysql://vt:geheim@db/ledger", "postgres://vt:geheim@", "postgres://vt:geheim@db:port/ledger"] {
            let message = Location::parse(address).unwrap_err().to_string();
            assert!(!message.contains("geheim") && message.contains("path"), "{message}");
        }
        for address in ["", "sqlite::memory:", "sqlite://"] {
            assert!(Location::parse(address).is_err(), "{address}");
        }
        let file = Location::parse("ledger.sqlite").unwrap();
        assert!(file.with_password("geheim").unwrap_err().to_string().contains("a file has no password"));
    }

    #[test]
    fn special_characters_are_encoded() {
        assert_eq!(url(Path::new("/a b/50%?#é")), "sqlite:///a%20b/50%25%3F%23%C3%A9?mode=rw");
    }
}
