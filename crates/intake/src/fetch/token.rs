//! OAuth2 client credentials (RFC 6749, section 4.4): a token is kept until shortly before it expires.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use vt_domain::Clock;

use crate::fetch::error::Fault;
use crate::fetch::http::{bearer, read_capped, status_fault};
use crate::fetch::tls::classify;
use crate::secret::SecretRef;
use crate::source::CredentialsIn;

/// The largest answer of a token server, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// A token without `expires_in` is kept this long.
const DEFAULT_LIFE_S: i64 = 300;

/// A token is given up this long before it expires, or a fifth of its life when that is less.
const MARGIN_S: i64 = 60;

/// Asks for tokens and keeps the present one.
pub(super) struct TokenSource {
    pub(super) token_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretRef,
    pub(super) scope: Option<String>,
    pub(super) credentials_in: CredentialsIn,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) kept: Mutex<Option<Token>>,
}

/// A token, ready for the `Authorization` header.
pub(super) struct Token {
    header: HeaderValue,
    until: DateTime<Utc>,
}

/// The answer of a token server (RFC 6749, section 5.1); what else it holds is of no use to us.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

impl TokenSource {
    /// The present token, or a new one; whoever comes while one is asked for waits for that one.
    pub(super) async fn header(&self, client: &Client) -> Result<HeaderValue, Fault> {
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| self.clock.now() < token.until) {
            return Ok(token.header.clone());
        }
        let token = self.ask(client).await.map_err(|fault| Fault::Token(Box::new(fault)))?;
        Ok(kept.insert(token).header.clone())
    }

    /// Forgets the token that was refused, unless somebody has fetched a newer one already.
    pub(super) async fn forget(&self, refused: &HeaderValue) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|token| token.header == refused) {
            *kept = None;
        }
    }

    async fn ask(&self, client: &Client) -> Result<Token, Fault> {
        let asked_at = self.clock.now();
        let response = self.send(client).await?;
        if response.status() != StatusCode::OK {
            return Err(status_fault(&response, self.clock.as_ref()));
        }
        let body = read_capped(response, MAX_ANSWER_BYTES, "the limit for tokens").await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Fault::TokenForm)?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") || answer.access_token.is_empty() {
            return Err(Fault::TokenForm);
        }
        let life = answer.expires_in.unwrap_or(DEFAULT_LIFE_S).clamp(0, 365 * 24 * 3600);
        let until = asked_at + TimeDelta::seconds(life - MARGIN_S.min(life / 5));
        Ok(Token { header: bearer(&answer.access_token)?, until })
    }

    async fn send(&self, client: &Client) -> Result<Response, Fault> {
        let secret = self.client_secret.read()?;
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let mut request = client.post(self.token_url.clone()).header(ACCEPT, "application/json");
        match self.credentials_in {
            // RFC 6749 wants both form-encoded before they are joined.
            CredentialsIn::Header => {
                request = request.basic_auth(encode(&self.client_id), Some(encode(secret.expose())));
            }
            CredentialsIn::Form => {
                form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret.expose())]);
            }
        }
        request.form(&form).send().await.map_err(|error| classify(&error, 0))
    }
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
