//! One request to a region's API: who we are, redirects within the host, and what an answer's status means.

use std::sync::{Arc, PoisonError};

use chrono::TimeDelta;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, StatusCode};
use tokio::sync::Mutex;
use url::Url;
use vt_domain::{Clock, Month};

use crate::fetch::address::{listing_url, same_origin};
use crate::fetch::error::Fault;
use crate::fetch::tls::{classify, client};
use crate::fetch::token::TokenSource;
use crate::fetch::{listing, retry};
use crate::secret::SecretRef;
use crate::source::{Auth, HttpSource, Limits, SourceError};

/// So many redirects are followed.
const MAX_REDIRECTS: usize = 5;

/// The API of one region.
pub(super) struct Http {
    client: Client,
    base: Url,
    identity: WhoWeAre,
    clock: Arc<dyn Clock>,
    /// How far the server's clock was ahead of ours at its last answer, where it told.
    ahead: std::sync::Mutex<Option<TimeDelta>>,
}

enum WhoWeAre {
    /// Nothing in the request says it: no authentication, or the certificate does.
    Unsaid,
    Fixed(SecretRef),
    OAuth2(Box<TokenSource>),
}

impl Http {
    pub(super) fn open(source: &HttpSource, limits: &Limits, clock: &Arc<dyn Clock>) -> Result<Self, SourceError> {
        let identity = match source.auth.clone() {
            Auth::None {} | Auth::Mtls { .. } => WhoWeAre::Unsaid,
            Auth::Bearer { token } => WhoWeAre::Fixed(token),
            Auth::Oauth2 { token_url, client_id, client_secret, scope, credentials_in } => {
                let (clock, kept) = (Arc::clone(clock), Mutex::new(None));
                let source = TokenSource { token_url, client_id, client_secret, scope, credentials_in, clock, kept };
                WhoWeAre::OAuth2(Box::new(source))
            }
        };
        let (base, ahead) = (source.base.clone(), std::sync::Mutex::default());
        Ok(Self { client: client(source, limits)?, base, identity, clock: Arc::clone(clock), ahead })
    }

    /// How far the server's clock was ahead of ours at its last answer, where it told.
    pub(super) fn ahead(&self) -> Option<TimeDelta> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_time(&self, response: &Response) {
        if let Some(theirs) = retry::server_time(response.headers()) {
            let ahead = theirs.signed_duration_since(self.clock.now());
            *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
    }

    /// The address of a month's listing.
    pub(super) fn listing_url(&self, maand: Month) -> Url {
        listing_url(&self.base, maand)
    }

    /// Gets a month's listing, within the cap.
    pub(super) async fn listing<T: serde::de::DeserializeOwned>(
        &self,
        maand: Month,
        max_bytes: u64,
    ) -> Result<T, Fault> {
        let response = self.get(&self.listing_url(maand), HeaderMap::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(status_fault(&response, self.clock.as_ref()));
        }
        refuse_page(&response)?;
        if !is_json(&response) {
            return Err(Fault::NotJson);
        }
        listing::read(&read_capped(response, max_bytes, "max_listing_bytes").await?)
    }

    /// Gets an address: 200, 206 and 416 are handed back, all else is a fault. A refused OAuth2 token is renewed once.
    pub(super) async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Response, Fault> {
        let authorization = self.authorization().await?;
        let response = self.follow(url, &headers, authorization.as_ref()).await?;
        let response = match (&self.identity, authorization) {
            (WhoWeAre::OAuth2(tokens), Some(refused)) if response.status() == StatusCode::UNAUTHORIZED => {
                tokens.forget(&refused).await;
                let renewed = tokens.header(&self.client).await?;
                self.follow(url, &headers, Some(&renewed)).await?
            }
            _ => response,
        };
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => Ok(response),
            _ => Err(status_fault(&response, self.clock.as_ref())),
        }
    }

    async fn authorization(&self) -> Result<Option<HeaderValue>, Fault> {
        match &self.identity {
            WhoWeAre::Unsaid => Ok(None),
            WhoWeAre::Fixed(token) => bearer(token.read()?.expose()).map(Some),
            WhoWeAre::OAuth2(tokens) => tokens.header(&self.client).await.map(Some),
        }
    }

    /// Follows redirects within the region's own scheme, host and port: the token travels along.
    async fn follow(
        &self,
        url: &Url,
        headers: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, Fault> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.client.get(url.clone()).headers(headers.clone());
            // A transfer coding of the server's own choice would change bytes that have a promised digest.
            request = request.header(ACCEPT_ENCODING, "identity").header(ACCEPT, "*/*");
            if let Some(authorization) = authorization {
                request = request.header(AUTHORIZATION, authorization);
            }
            let response = request.send().await.map_err(|error| classify(&error, 0))?;
            self.note_time(&response);
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            url = redirect_target(&url, &response)?;
        }
        Err(Fault::Redirect("more than 5 in a row"))
    }
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, Fault> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or(Fault::Redirect("no address in it"))?;
    let target = from.join(location).map_err(|_| Fault::Redirect("its address can't be read"))?;
    if same_origin(from, &target) {
        return Ok(target);
    }
    // No name of a host is longer (RFC 1035); what the server wrote goes into logs.
    Err(Fault::RedirectElsewhere { host: target.host_str().unwrap_or("none").chars().take(253).collect() })
}

/// A bearer token as a header that no log shows.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, Fault> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Fault::SecretForm)?;
    header.set_sensitive(true);
    Ok(header)
}

pub(super) fn status_fault(response: &Response, clock: &dyn Clock) -> Fault {
    let retry_after = retry::retry_after(response.headers(), clock);
    Fault::Status { status: response.status().as_u16(), retry_after }
}

/// Refuses a web page that comes with a status of success.
pub(super) fn refuse_page(response: &Response) -> Result<(), Fault> {
    let html =
        content_type(response).is_some_and(|kind| matches!(kind.as_str(), "text/html" | "application/xhtml+xml"));
    if html { Err(Fault::ErrorPage) } else { Ok(()) }
}

fn is_json(response: &Response) -> bool {
    content_type(response).is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"))
}

fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reads a body up to a cap, whatever its headers say.
pub(super) async fn read_capped(mut response: Response, limit: u64, field: &'static str) -> Result<Vec<u8>, Fault> {
    let too_large = || Fault::TooLarge { field, limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error, body.len() as u64))? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show_in_a_header_either() {
        // The HTTP/2 layer logs headers as `Debug` at its finest level.
        assert!(!format!("{:?}", bearer("GEHEIM").unwrap()).contains("GEHEIM"));
    }
}
