//! The keys of the issuer, kept, and asked for again when a token names one that is not among them.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{crypto, fetch};
use crate::access::Refusal;

/// The issuer is asked at most once in so long: tokens of nobody must not make us call it.
const BETWEEN: TimeDelta = TimeDelta::minutes(1);

/// The same, while nothing was ever got from it: nobody can come in meanwhile.
const BETWEEN_AT_FIRST: TimeDelta = TimeDelta::seconds(5);

/// Keys that are older are asked for again, so that one that the issuer withdrew counts no more.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// How many keys of an issuer are read.
const MOST: usize = 100;

/// A key of the issuer.
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// The key that a token names.
pub(super) struct Wanted {
    /// Its id; without one it counts only when there is a single key of its algorithm.
    pub id: Option<String>,
    /// The algorithm; one of those that are allowed.
    pub algorithm: Algorithm,
}

struct Held {
    keys: Vec<Key>,
    at: DateTime<Utc>,
}

/// The keys of the issuer.
pub(super) struct Keys {
    issuer: String,
    held: RwLock<Option<Held>>,
    /// When the issuer was asked last; held while it is being asked.
    asked: Mutex<Option<DateTime<Utc>>>,
}

impl Keys {
    pub(super) fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), held: RwLock::default(), asked: Mutex::default() }
    }

    /// The key that a token names, if the issuer has it.
    pub(super) async fn find(
        self: &Arc<Self>,
        wanted: &Wanted,
        now: DateTime<Utc>,
    ) -> Result<Option<DecodingKey>, Refusal> {
        let (found, fresh) = self.look(wanted, now);
        if found.is_some() && fresh {
            return Ok(found);
        }
        let keys = Arc::clone(self);
        // A task of its own: whoever hangs up must not keep the keys from others.
        let asking = tokio::spawn(async move { keys.ask(now).await });
        if found.is_some() {
            return Ok(found);
        }
        let _ = asking.await;
        match self.look(wanted, now) {
            (None, _) if self.has_none() => Err(Refusal::NoKeys),
            (found, _) => Ok(found),
        }
    }

    fn has_none(&self) -> bool {
        self.held.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// A key of those that are held, and whether these are fresh.
    fn look(&self, wanted: &Wanted, now: DateTime<Utc>) -> (Option<DecodingKey>, bool) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = held.as_ref() else { return (None, false) };
        (pick(&held.keys, wanted), (now - held.at).abs() < FRESH)
    }

    /// Asks the issuer, unless that was done a moment ago. What it had before stays when it does not answer.
    async fn ask(&self, now: DateTime<Utc>) {
        let mut asked = self.asked.lock().await;
        let between = if self.has_none() { BETWEEN_AT_FIRST } else { BETWEEN };
        if asked.is_some_and(|at| (now - at).abs() < between) {
            return;
        }
        *asked = Some(now);
        match fetch::keys(&self.issuer).await {
            Ok(keys) => {
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Held { keys, at: now });
            }
            Err(error) => tracing::warn!("the keys of the OIDC issuer can't be read: {error:#}"),
        }
    }
}

fn pick(keys: &[Key], wanted: &Wanted) -> Option<DecodingKey> {
    let named = |key: &&Key| wanted.id.is_none() || key.id == wanted.id;
    let mut fitting = keys.iter().filter(|key| key.algorithms.contains(&wanted.algorithm)).filter(named);
    let first = fitting.next()?;
    (wanted.id.is_some() || fitting.next().is_none()).then(|| first.key.clone())
}

/// The keys of a JWK set that check signatures of an allowed algorithm; others are passed over.
pub(super) fn usable(set: &Value) -> Vec<Key> {
    let all = set["keys"].as_array().into_iter().flatten().take(MOST);
    all.filter_map(|one| serde_json::from_value::<Jwk>(one.clone()).ok()).filter_map(|jwk| key(&jwk)).collect()
}

fn key(jwk: &Jwk) -> Option<Key> {
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|what| *what == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|what| what.contains(&KeyOperations::Verify));
    if !signs || !verifies {
        return None;
    }
    let meant = |algorithm: &Algorithm| common.key_algorithm.is_none_or(|only| only == KeyAlgorithm::from(*algorithm));
    let algorithms: Vec<Algorithm> = crypto::ALLOWED.into_iter().filter(|one| fits(jwk, *one)).filter(meant).collect();
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| !algorithms.is_empty())?;
    Some(Key { id: common.key_id.clone(), algorithms, key })
}

/// Whether a key is of the kind that an algorithm needs.
fn fits(jwk: &Jwk, algorithm: Algorithm) -> bool {
    match (&jwk.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256) => true,
        (AlgorithmParameters::EllipticCurve(of), Algorithm::ES256) => of.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(of), Algorithm::EdDSA) => of.curve == EllipticCurve::Ed25519,
        _ => false,
    }
}
