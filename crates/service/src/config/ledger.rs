//! Where the ledger is, as the configuration says.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;
use vt_intake::secret::SecretRef;
use vt_ledger::{Ledger, LedgerError, Location};

/// The ledger. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerConfig {
    /// The path of an SQLite file, or `postgres://user@host/database`.
    pub url: String,
    /// The password at the server, when it does not stand in the address.
    #[serde(default)]
    pub password: Option<SecretRef>,
}

impl LedgerConfig {
    /// At an address, without a password of its own.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), password: None }
    }

    /// Where it is; a password that stands elsewhere is not read.
    ///
    /// # Errors
    /// [`LedgerError::Location`], without the address.
    pub fn location(&self) -> Result<Location, LedgerError> {
        Location::parse(&self.url)
    }

    /// Where it is, with the password.
    ///
    /// # Errors
    /// As [`LedgerConfig::location`]; when the password can't be read.
    pub fn with_password(&self) -> Result<Location> {
        let location = self.location()?;
        let Some(place) = &self.password else { return Ok(location) };
        let password = place.read().context("configuration, ledger.password")?;
        Ok(location.with_password(password.expose())?)
    }

    /// The file, when it is one.
    pub fn file(&self) -> Option<PathBuf> {
        self.location().ok()?.file().map(PathBuf::from)
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`LedgerConfig::with_password`] and [`Ledger::open_at`].
    pub async fn open(&self) -> Result<Ledger> {
        Ok(Ledger::open_at(&self.with_password()?).await?)
    }

    /// The rule that is broken, with its field.
    pub(super) fn broken_rule(&self) -> Option<(&'static str, String)> {
        let rule = |error: LedgerError| error.to_string().trim_start_matches("ledger: ").to_owned();
        let location = match self.location() {
            Ok(location) => location,
            Err(error) => return Some(("ledger.url", rule(error))),
        };
        // Whether one may be given is seen with any.
        self.password.as_ref()?;
        Some(("ledger.password", rule(location.with_password("any").err()?)))
    }
}

/// Where it is, for people: without a password.
impl fmt::Display for LedgerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location() {
            Ok(location) if location.file().is_some() => f.write_str(&self.url),
            Ok(location) => location.fmt(f),
            Err(_) => f.write_str("an address that can't be read"),
        }
    }
}

impl fmt::Debug for LedgerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerConfig({self})")
    }
}
