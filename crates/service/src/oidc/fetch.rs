//! Asks the issuer for its keys: its discovery document says where they are.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, redirect};
use serde_json::Value;
use url::Url;

use super::keys::{Key, usable};
use crate::address::is_safe;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest document that is read, in bytes.
const LARGEST: usize = 256 << 10;

/// The keys of an issuer.
pub(super) async fn keys(issuer: &str) -> Result<Vec<Key>> {
    let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery = document(&place.parse()?).await.context("discovery document")?;
    if discovery["issuer"].as_str() != Some(issuer) {
        bail!("its discovery document is that of another issuer");
    }
    let place: Url = discovery["jwks_uri"].as_str().and_then(|at| at.parse().ok()).context("it names no jwks_uri")?;
    if !is_safe(&place) {
        bail!("its jwks_uri is no https address");
    }
    let keys = usable(&document(&place).await.context("its keys")?);
    if keys.is_empty() {
        bail!("it has no key that can be used (RS256, PS256, ES256, EdDSA)");
    }
    Ok(keys)
}

async fn document(place: &Url) -> Result<Value> {
    // An address stands in no error: it may hold what only we and the issuer know.
    let sent = client(place)?.get(place.clone()).send().await;
    let mut answer = sent.map_err(reqwest::Error::without_url)?;
    if !answer.status().is_success() {
        bail!("answered with status {}", answer.status().as_u16());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if bytes.len() + chunk.len() > LARGEST {
            bail!("is larger than {LARGEST} bytes");
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| anyhow::anyhow!("is no JSON"))
}

fn client(place: &Url) -> Result<Client> {
    let mut builder = Client::builder()
        .tls_backend_rustls()
        .user_agent(concat!("vt-monitor/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_gzip()
        .no_proxy()
        .timeout(PATIENCE);
    if place.scheme() != "https" {
        // Nobody will ask the system's authorities anything, and there may be none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().context("no HTTPS client can be made: are there certificate authorities on this system?")
}
