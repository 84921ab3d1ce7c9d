//! Who comes in by a secret: a token of ours, or one of the OIDC issuer. For requests and for the page's log-in.

use anyhow::Result;

use super::Api;
use crate::access::{Caller, Entry, Refusal, digest};
use crate::oidc::is_jwt;

/// Finds out who bears a secret.
///
/// # Errors
/// When the ledger can't be read.
pub(crate) async fn enter(api: &Api, secret: &str) -> Result<Result<Entry, Refusal>> {
    let (secret, now) = (secret.trim(), api.app.clock.now());
    if let Some(oidc) = api.oidc.as_ref().filter(|_| is_jwt(secret)) {
        return Ok(oidc.enter(secret, now).await);
    }
    let Some(token) = api.app.ledger.token_of(&digest(secret), now).await? else { return Ok(Err(Refusal::Unknown)) };
    Ok(Ok(Entry { caller: Caller::of(&token), token: Some(token.id), expires_at: token.expires_at }))
}
