//! Log-in by an organisation's own accounts (OpenID Connect): a bearer that is a JWT of one issuer, checked against the issuer's
//! published keys. Who bears it gets the role that the configuration gives a value of one of its claims.

mod config;
mod crypto;
mod fetch;
mod keys;
mod verify;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::access::{Caller, Entry, Refusal, digest};
use keys::Keys;
use verify::Claims;

pub use config::{Grant, OidcConfig};

/// The longest token that is read, in bytes.
const LONGEST: usize = 16 << 10;

/// How many characters of a subject stand in the audit log.
const LONGEST_SUBJECT: usize = 200;

/// Whether a secret looks like a JWT. Ours have no dot, and a prefix of their own.
pub fn is_jwt(secret: &str) -> bool {
    secret.len() <= LONGEST && !secret.starts_with("vtm_") && secret.split('.').count() == 3
}

/// Checks tokens of an issuer. Cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    config: Arc<OidcConfig>,
    keys: Arc<Keys>,
}

impl Oidc {
    /// For a configuration. The issuer is first asked for its keys when somebody shows a token.
    pub fn new(config: &OidcConfig) -> Self {
        crypto::install();
        Self { config: Arc::new(config.clone()), keys: Arc::new(Keys::new(&config.issuer)) }
    }

    /// Who bears a token, and until when.
    ///
    /// # Errors
    /// [`Refusal`]; why a token does not count stands in the log at level debug, never the token.
    pub async fn enter(&self, token: &str, now: DateTime<Utc>) -> Result<Entry, Refusal> {
        let refused = |why: &str| {
            tracing::debug!(why, "a token of the OIDC issuer does not count");
            Refusal::Unknown
        };
        let wanted = verify::wanted(token).map_err(refused)?;
        let Some(key) = self.keys.find(&wanted, now).await? else {
            return Err(refused("the issuer has no such key"));
        };
        let claims = verify::claims(token, &wanted, &key, &self.config, now).map_err(refused)?;
        self.entry(&claims)
    }

    fn entry(&self, claims: &Claims) -> Result<Entry, Refusal> {
        let granted = self.config.granted(&claims.values).ok_or(Refusal::NoRole)?;
        let caller = Caller { actor: actor(&claims.subject), role: granted.role, regio: granted.regio.clone() };
        Ok(Entry { caller, token: None, expires_at: claims.expires_at })
    }
}

/// The name in the audit log. A subject that had to be changed for it gets a digest, so that no two have one name.
fn actor(subject: &str) -> String {
    let kept: String = subject.chars().filter(|it| !vt_domain::text::is_hidden(*it)).take(LONGEST_SUBJECT).collect();
    if kept == subject { format!("oidc:{kept}") } else { format!("oidc:{kept}#{}", &digest(subject)[..16]) }
}
