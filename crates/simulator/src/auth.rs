//! Who may ask: bearer tokens, OAuth2 client credentials (RFC 6749, section 4.4), client certificates.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use serde::Serialize;
use tokio::time::Instant;

use crate::calibration::REGIONS;
use crate::chance::{Purpose, hash};
use crate::config::{SECRET_PREFIX, SimulatorConfig};

/// The scope of a token.
pub const SCOPE: &str = "leveringen";

/// What a region asks of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthKind {
    /// A fixed bearer token.
    Bearer,
    /// OAuth2 client credentials.
    OAuth2,
    /// A client certificate.
    Mtls,
}

impl AuthKind {
    /// Of a region: most have a bearer token.
    pub fn of(region: usize, secure: bool) -> Self {
        match REGIONS[region] {
            "VT09" | "VT13" | "VT20" if secure => Self::OAuth2,
            "VT18" if secure => Self::Mtls,
            _ => Self::Bearer,
        }
    }
}

/// The gate of one region.
#[derive(Debug)]
pub struct Gate {
    kind: AuthKind,
    secret: Secret,
    client_id: String,
    lifetime: Duration,
    max_requests: Option<u32>,
    issued: Mutex<Issued>,
}

/// A secret that `Debug` does not show.
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[derive(Default)]
struct Issued {
    tokens: HashMap<String, Token>,
    count: u64,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens issued", self.count)
    }
}

struct Token {
    expires: Instant,
    requests: u32,
}

/// The answer of the token endpoint.
#[derive(Serialize)]
pub struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: &'static str,
}

impl Gate {
    /// The gate of a region. Its secrets are the same for the same seed.
    pub fn new(config: &SimulatorConfig, region: usize) -> Self {
        let [high, low] = [0, 1].map(|turn| hash(config.seed, Purpose::Secrets, region as u64, turn, 0));
        Self {
            kind: AuthKind::of(region, config.secure),
            secret: Secret(format!("{SECRET_PREFIX}{high:016x}{low:016x}")),
            client_id: format!("vt-monitor-{}", REGIONS[region].to_lowercase()),
            lifetime: Duration::from_secs(config.token_lifetime_seconds.into()),
            max_requests: config.token_max_requests,
            issued: Mutex::default(),
        }
    }

    /// What the region asks of its clients.
    pub fn kind(&self) -> AuthKind {
        self.kind
    }

    /// The bearer token or the client secret.
    pub fn secret(&self) -> &str {
        &self.secret.0
    }

    /// The OAuth2 client.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether a request may pass. A client certificate was checked before there was a request.
    pub fn admits(&self, authorization: Option<&str>) -> bool {
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        match self.kind {
            AuthKind::Mtls => true,
            AuthKind::Bearer => token == Some(self.secret()),
            AuthKind::OAuth2 => token.is_some_and(|token| self.redeem(token)),
        }
    }

    fn redeem(&self, token: &str) -> bool {
        let mut issued = self.issued();
        let Some(found) = issued.tokens.get_mut(token) else { return false };
        found.requests += 1;
        let valid = Instant::now() < found.expires && self.max_requests.is_none_or(|max| found.requests <= max);
        if !valid {
            issued.tokens.remove(token);
        }
        valid
    }

    /// A new token for a request to the token endpoint; `basic` is its `Authorization` header. Otherwise the error code of RFC 6749.
    pub fn issue(&self, basic: Option<&str>, form: &[(String, String)]) -> Result<TokenAnswer, &'static str> {
        let value = |key: &str| form.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        if self.kind != AuthKind::OAuth2 || value("grant_type") != Some("client_credentials") {
            return Err("unsupported_grant_type");
        }
        if value("scope").is_some_and(|scope| scope != SCOPE) {
            return Err("invalid_scope");
        }
        let in_form = value("client_id") == Some(self.client_id()) && value("client_secret") == Some(self.secret());
        if !in_form && basic.and_then(decode_basic) != Some((self.client_id.clone(), self.secret().to_owned())) {
            return Err("invalid_client");
        }
        let mut issued = self.issued();
        issued.count += 1;
        let access_token = format!("{}-{}", self.secret(), issued.count);
        issued.tokens.insert(access_token.clone(), Token { expires: Instant::now() + self.lifetime, requests: 0 });
        Ok(TokenAnswer { access_token, token_type: "Bearer", expires_in: self.lifetime.as_secs(), scope: SCOPE })
    }

    /// How many tokens were issued.
    pub fn tokens_issued(&self) -> u64 {
        self.issued().count
    }

    fn issued(&self) -> std::sync::MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Client and secret of a Basic header; both are form-encoded first (RFC 6749, section 2.3.1), which leaves ours as they are.
fn decode_basic(header: &str) -> Option<(String, String)> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some((client.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(vt: &str, max: Option<u32>) -> Gate {
        let config = SimulatorConfig { token_max_requests: max, ..SimulatorConfig::default() };
        Gate::new(&config, crate::calibration::region_index(vt).unwrap())
    }

    fn form(gate: &Gate) -> Vec<(String, String)> {
        let pairs =
            [("grant_type", "client_credentials"), ("client_id", gate.client_id()), ("client_secret", gate.secret())];
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
    }

    #[test]
    fn a_bearer_token_opens_its_own_region_only() {
        let (gate, other) = (gate("VT07", None), gate("VT08", None));
        assert!(gate.admits(Some(&format!("Bearer {}", gate.secret()))));
        assert!(!other.admits(Some(&format!("Bearer {}", gate.secret()))));
        assert!(!gate.admits(None) && !gate.admits(Some("Bearer ")) && !gate.admits(Some(gate.secret())));
        assert!(!format!("{gate:?}").contains(SECRET_PREFIX));
    }

    #[test]
    fn an_oauth2_token_expires() {
        let gate = gate("VT09", None);
        let answer = gate.issue(None, &form(&gate)).unwrap();
        assert!(gate.admits(Some(&format!("Bearer {}", answer.access_token))));
        assert!(!gate.admits(Some(&format!("Bearer {}", gate.secret()))), "the secret is no token");
        let short = Gate::new(&SimulatorConfig { token_lifetime_seconds: 0, ..SimulatorConfig::default() }, 8);
        let token = short.issue(None, &form(&short)).unwrap().access_token;
        assert!(!short.admits(Some(&format!("Bearer {token}"))));
        assert_eq!(short.tokens_issued(), 1);
    }

    #[test]
    fn a_token_can_be_revoked_before_its_time() {
        let gate = gate("VT13", Some(2));
        let header = format!("Bearer {}", gate.issue(None, &form(&gate)).unwrap().access_token);
        assert_eq!([(); 3].map(|()| gate.admits(Some(&header))), [true, true, false]);
    }

    #[test]
    fn credentials_are_taken_from_form_or_header_and_checked() {
        let gate = gate("VT20", None);
        let basic = |secret: &str| {
            let pair = format!("{}:{secret}", gate.client_id());
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        };
        let grant = [("grant_type".to_owned(), "client_credentials".to_owned())];
        assert!(gate.issue(Some(&basic(gate.secret())), &grant).is_ok());
        assert_eq!(gate.issue(Some(&basic("wrong")), &grant).err(), Some("invalid_client"));
        assert_eq!(gate.issue(None, &[]).err(), Some("unsupported_grant_type"));
        let mut scoped = form(&gate);
        scoped.push(("scope".into(), "alles".into()));
        assert_eq!(gate.issue(None, &scoped).err(), Some("invalid_scope"));
    }
}
