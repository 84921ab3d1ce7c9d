//! The webhook: one POST for each message, signed, so that its receiver knows that it is ours and was not changed or held back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, redirect};
use ring::hmac;

use super::config::WebhookConfig;
use super::letter::Letter;
use super::sender::SendError;

/// The header with the message's id, the same for each attempt.
pub const ID: &str = "vt-monitor-message-id";
/// The header with the seconds since 1970 at which it was signed.
pub const TIMESTAMP: &str = "vt-monitor-timestamp";
/// The header with the signature.
pub const SIGNATURE: &str = "vt-monitor-signature";

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the whole request may take.
const WHOLE: Duration = Duration::from_secs(10);

/// Signs a body: `v1=` and HMAC-SHA256 in hex over the timestamp, a dot and the body.
pub fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    format!("v1={}", hex::encode(tag))
}

/// A client that follows no redirect: the signature is for one receiver.
///
/// # Errors
/// When this system has no certificate authorities.
pub fn client(config: &WebhookConfig) -> Result<Client, SendError> {
    let mut builder = Client::builder()
        .tls_backend_rustls()
        .user_agent(concat!("vt-monitor/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(WHOLE);
    if config.url.scheme() != "https" {
        // Loading the system's authorities is slow, and nobody will ask them anything.
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|_| SendError::again("no HTTPS client can be made: has this system certificate authorities?"))
}

/// Sends a letter.
///
/// # Errors
/// [`SendError`] says whether another attempt can help; it holds no address.
pub async fn send(
    client: &Client,
    config: &WebhookConfig,
    letter: &Letter,
    at: DateTime<Utc>,
) -> Result<(), SendError> {
    let secret = config.secret.read().map_err(|error| SendError::again(error.to_string()))?;
    let timestamp = at.timestamp().to_string();
    let request = client
        .post(config.url.clone())
        .header(CONTENT_TYPE, "application/json")
        .header(ID, letter.id.as_str())
        .header(SIGNATURE, signature(secret.expose(), &timestamp, &letter.json))
        .header(TIMESTAMP, timestamp)
        .body(letter.json.clone());
    let answer = request.send().await.map_err(|error| SendError::again(reason(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let why = format!("the receiver answers {}", status.as_u16());
    let waits = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || waits.contains(&status) {
        Err(SendError::again(why))
    } else {
        Err(SendError::refused(why))
    }
}

/// What failed. The error's own text is not passed on: it holds the address.
fn reason(error: &reqwest::Error) -> &'static str {
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => "the receiver does not answer in time",
        (_, true) => "the receiver can't be reached",
        _ => "the connection to the receiver was cut",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_as_documented() {
        // printf '1596781800.{}' | openssl dgst -sha256 -hmac geheim
        let signed = signature("geheim", "1596781800", "{}");
        assert_eq!(signed, EXPECTED);
        assert_ne!(signed, signature("geheim", "1596781801", "{}"));
        assert_ne!(signed, signature("ander", "1596781800", "{}"));
    }

    const EXPECTED: &str = "v1=8055fefb84bcee2600b59c41486a49fa0b9e849002f671a66c9c6d6eb2e7fc5a";
}
