//! Reads a token: its signature, for whom it is, and how long it counts. Time is that of our clock.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::OidcConfig;
use super::crypto::ALLOWED;
use super::keys::Wanted;

/// By how much the issuer's clock may differ from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// What a token says.
pub(super) struct Claims {
    /// Who.
    pub subject: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// The values of the role claim.
    pub values: Vec<String>,
}

/// The key that a token names. Nothing in it is trusted yet.
pub(super) fn wanted(token: &str) -> Result<Wanted, &'static str> {
    let header = decode_header(token).map_err(|_| "its header can't be read, or names an algorithm that is none")?;
    if !ALLOWED.contains(&header.alg) {
        return Err("its algorithm is not allowed");
    }
    Ok(Wanted { id: header.kid, algorithm: header.alg })
}

/// What a token says, when it is the issuer's, for us, and counts now.
pub(super) fn claims(
    token: &str,
    wanted: &Wanted,
    key: &DecodingKey,
    config: &OidcConfig,
    now: DateTime<Utc>,
) -> Result<Claims, &'static str> {
    let mut rules = Validation::new(wanted.algorithm);
    // Its clock is the machine's: what depends on time is checked below.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.set_issuer(&[&config.issuer]);
    rules.set_audience(&[&config.audience]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Map<String, Value>>(token, key, &rules).map_err(|error| why(error.kind()))?.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // The crate lets a list of issuers pass in which ours stands.
    if text("iss") != Some(config.issuer.as_str()) {
        return Err("it is of another issuer");
    }
    let subject = text("sub").filter(|subject| !subject.trim().is_empty()).ok_or("it names no subject")?.to_owned();
    let expires_at = claims.get("exp").and_then(instant).ok_or("its exp is no time")?;
    if now - LEEWAY >= expires_at {
        return Err("it has expired");
    }
    if let Some(begins) = claims.get("nbf")
        && instant(begins).ok_or("its nbf is no time")? > now + LEEWAY
    {
        return Err("it does not count yet");
    }
    Ok(Claims { subject, expires_at, values: values(claims.get(&config.role_claim)) })
}

/// Why a token does not count, without a word of its own.
fn why(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::InvalidIssuer => "it is of another issuer",
        ErrorKind::InvalidAudience => "it is for another audience",
        ErrorKind::MissingRequiredClaim(_) => "exp, iss, aud or sub is missing",
        _ => "it can't be read",
    }
}

/// Seconds since 1970, perhaps with a fraction.
fn instant(value: &Value) -> Option<DateTime<Utc>> {
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))?;
    DateTime::from_timestamp(seconds, 0)
}

/// A text, or a list of texts.
fn values(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
