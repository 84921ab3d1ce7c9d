//! Tokens of an issuer on this machine, put to the test at a service without a network.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::{Grant, OidcConfig, actor, crypto, is_jwt};
use crate::api::ApiConfig;
use crate::api::tests::Desk;
use crate::web::tests::Browser;

mod rsa;

/// The desk's clock at its start: 2020-09-14T06:00:00Z.
const NOW: i64 = 1_600_063_200;

/// A key of the issuer.
enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    fn p256() -> Self {
        let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).unwrap())
    }

    fn ed25519() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn jwk(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": text(pair.public_key().as_ref()) })
            }
        }
    }

    fn sign(&self, id: &str, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": self.algorithm(), "kid": id, "typ": "JWT" }), claims)
    }

    fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = match self {
            Self::P256(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// What an issuer answers, and how often it was asked for its keys.
#[derive(Clone)]
struct Answers {
    address: String,
    documents: Arc<Mutex<Documents>>,
    asked: Arc<AtomicUsize>,
}

struct Documents {
    issuer: String,
    keys_at: String,
    keys: Value,
}

impl Answers {
    async fn begin(keys: Value) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let documents =
            Arc::new(Mutex::new(Documents { issuer: address.clone(), keys_at: format!("{address}/keys"), keys }));
        let answers = Self { address, documents, asked: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .with_state(answers.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        answers
    }

    fn set(&self, keys: Value) {
        self.documents.lock().unwrap().keys = keys;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn discovery(State(answers): State<Answers>) -> Json<Value> {
    let documents = answers.documents.lock().unwrap();
    Json(json!({ "issuer": documents.issuer, "jwks_uri": documents.keys_at }))
}

async fn keys_of(State(answers): State<Answers>) -> Json<Value> {
    answers.asked.fetch_add(1, Ordering::SeqCst);
    Json(answers.documents.lock().unwrap().keys.clone())
}

/// An issuer with one key, and a service that knows it.
struct Scene {
    issuer: Answers,
    pair: Pair,
    desk: Desk,
}

impl Scene {
    async fn new() -> Self {
        Self::of(Pair::p256()).await
    }

    async fn of(pair: Pair) -> Self {
        let issuer = Answers::begin(json!({ "keys": [pair.jwk("one")] })).await;
        let desk = Desk::with(&ApiConfig { oidc: Some(config(&issuer.address)), ..ApiConfig::default() }, |_| {}).await;
        Self { issuer, pair, desk }
    }

    /// The claims of a good token, with others in place of some of them.
    fn claims(&self, others: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer.address, "aud": "vt-monitor", "sub": "jansen", "exp": NOW + 600, "groups": ["other", "ops"],
        });
        let Value::Object(others) = others else { panic!("no claims") };
        for (name, value) in others {
            claims[name] = value;
        }
        claims
    }

    fn token(&self, others: Value) -> String {
        self.pair.sign("one", &self.claims(others))
    }

    async fn status(&self, token: &str) -> u16 {
        self.desk.ask("GET", "/v1/me", Some(token), None).await.status.as_u16()
    }
}

fn config(issuer: &str) -> OidcConfig {
    let roles = [("readers", "lezer"), ("ops", "operator"), ("seven", "regio:VT07"), ("eight", "regio:VT08")];
    let grant = |(value, role): (&str, &str)| (value.to_owned(), Grant::try_from(role.to_owned()).unwrap());
    OidcConfig {
        issuer: issuer.to_owned(),
        audience: "vt-monitor".into(),
        role_claim: "groups".into(),
        roles: roles.map(grant).into_iter().collect::<BTreeMap<_, _>>(),
    }
}

#[tokio::test]
async fn a_good_token_gives_its_role_and_its_subject_stands_in_the_audit_log() {
    for pair in [Pair::p256(), Pair::ed25519()] {
        let scene = Scene::of(pair).await;
        let token = scene.token(json!({}));
        let body = json!({ "cadence": "week", "reason": "the crisis deepens" });
        let answer = scene.desk.ask("POST", "/v1/cadence", Some(&token), Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let log = scene.desk.ask("GET", "/v1/audit?action=cadence.set", Some(&token), None).await.json();
        assert_eq!(log["items"][0]["actor"], "oidc:jansen");
        assert_eq!(scene.issuer.asked(), 1, "keys are kept");
    }
}

#[tokio::test]
async fn a_region_sees_its_own_and_who_has_no_role_nothing() {
    let scene = Scene::new().await;
    let region = scene.token(json!({ "groups": "seven" }));
    assert_eq!(scene.desk.ask("GET", "/v1/regions/VT07", Some(&region), None).await.status, 200);
    assert_eq!(scene.desk.ask("GET", "/v1/regions/VT08", Some(&region), None).await.status, 403);
    for groups in [json!(["seven", "eight"]), json!(["other"]), json!([]), json!(7), json!(null)] {
        assert_eq!(scene.status(&scene.token(json!({ "groups": groups }))).await, 403, "{groups}");
    }
    assert_eq!(scene.status(&scene.token(json!({ "groups": ["ops", "seven", "eight"] }))).await, 200);
}

#[tokio::test]
async fn a_token_of_or_for_another_or_without_what_it_must_say_does_not_count() {
    let scene = Scene::new().await;
    let issuer = &scene.issuer.address;
    for others in [
        json!({ "iss": "https://id.example.nl" }),
        json!({ "iss": [issuer] }),
        json!({ "aud": "another" }),
        json!({ "aud": ["another"] }),
        json!({ "aud": [] }),
        json!({ "iss": null }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "exp": null }),
    ] {
        assert_eq!(scene.status(&scene.token(others.clone())).await, 401, "{others}");
    }
}

#[tokio::test]
async fn one_for_us_among_others_counts() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.token(json!({ "aud": ["another", "vt-monitor"] }))).await, 200);
}

#[tokio::test]
async fn time_is_that_of_our_clock_with_a_minute_of_leeway() {
    let scene = Scene::new().await;
    for (others, status) in [
        (json!({ "exp": NOW - 59 }), 200),
        (json!({ "exp": NOW - 60 }), 401),
        (json!({ "exp": -1 }), 401),
        (json!({ "exp": "soon" }), 401),
        (json!({ "nbf": NOW + 60 }), 200),
        (json!({ "nbf": NOW + 61 }), 401),
        (json!({ "nbf": "now" }), 401),
    ] {
        assert_eq!(scene.status(&scene.token(others.clone())).await, status, "{others}");
    }
    let token = scene.token(json!({}));
    assert_eq!(scene.status(&token).await, 200);
    scene.desk.clock.advance(TimeDelta::minutes(11));
    assert_eq!(scene.status(&token).await, 401);
}

#[tokio::test]
async fn a_signature_that_is_none_or_of_another_algorithm_or_key_does_not_count() {
    let scene = Scene::new().await;
    let claims = scene.claims(json!({}));
    let good = scene.token(json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let none = unsigned(&json!({ "alg": "none", "kid": "one" }), &claims);
    // The public key as a shared secret: the oldest trick.
    let shared = unsigned(&json!({ "alg": "HS256", "kid": "one" }), &claims);
    let Pair::P256(pair) = &scene.pair else { panic!("another key") };
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, pair.public_key().as_ref());
    let tag = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, shared.as_bytes()));
    let changed = unsigned(&json!({ "alg": "ES256", "kid": "one" }), &scene.claims(json!({ "sub": "another" })));
    for token in [
        format!("{none}."),
        format!("{none}.{signature}"),
        format!("{shared}.{tag}"),
        format!("{message}."),
        format!("{changed}.{signature}"),
        Pair::p256().sign("one", &claims),
        Pair::ed25519().sign("one", &claims),
        scene.pair.sign_as(&json!({ "alg": "ES256", "kid": "one", "crit": ["x"], "x": 1 }), &claims),
        "a.b.c".into(),
        "..".into(),
    ] {
        assert_eq!(scene.status(&token).await, 401, "{token}");
    }
    assert_eq!(scene.status("a.b.c").await, 429, "they count as failed log-ins");
    assert_eq!(scene.status(&good).await, 200);
}

#[tokio::test]
async fn keys_that_the_issuer_renewed_are_found_and_it_is_asked_once_a_minute() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.token(json!({}))).await, 200);
    let next = Pair::ed25519();
    let token = next.sign("two", &scene.claims(json!({})));
    assert_eq!(scene.status(&token).await, 401, "asked a moment ago");
    scene.issuer.set(json!({ "keys": [{ "kty": "new" }, next.jwk("two")] }));
    assert_eq!((scene.status(&token).await, scene.issuer.asked()), (401, 1));
    scene.desk.clock.advance(TimeDelta::seconds(61));
    assert_eq!((scene.status(&token).await, scene.issuer.asked()), (200, 2));
    assert_eq!(scene.status(&scene.token(json!({}))).await, 401, "the key before is gone");
    assert_eq!(scene.issuer.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_gives_no_keys_lets_nobody_in_and_counts_as_no_failure() {
    let scene = Scene::new().await;
    scene.issuer.set(json!({ "keys": [] }));
    let token = scene.token(json!({}));
    for _ in 0..12 {
        assert_eq!(scene.status(&token).await, 503);
    }
    assert_eq!(scene.issuer.asked(), 1);
    scene.issuer.set(json!({ "keys": [scene.pair.jwk("one")] }));
    scene.issuer.documents.lock().unwrap().issuer = "https://id.example.nl".into();
    scene.desk.clock.advance(TimeDelta::seconds(6));
    assert_eq!(scene.status(&token).await, 503, "the discovery document of another");
    let place = std::mem::replace(
        &mut *scene.issuer.documents.lock().unwrap(),
        Documents {
            issuer: scene.issuer.address.clone(),
            keys_at: "http://id.example.nl/keys".into(),
            keys: json!({ "keys": [scene.pair.jwk("one")] }),
        },
    );
    scene.desk.clock.advance(TimeDelta::seconds(6));
    assert_eq!(scene.status(&token).await, 503, "keys that cross a network in the clear");
    scene.issuer.documents.lock().unwrap().keys_at = place.keys_at;
    scene.desk.clock.advance(TimeDelta::seconds(6));
    assert_eq!(scene.status(&token).await, 200);
    scene.issuer.set(json!({ "keys": [{ "kty": "RSA", "kid": "one", "n": "A".repeat(300_000), "e": "AQAB" }] }));
    scene.desk.clock.advance(TimeDelta::seconds(61));
    assert_eq!(scene.status(&scene.pair.sign("two", &scene.claims(json!({})))).await, 401);
    assert_eq!(scene.status(&token).await, 200, "an answer that is too large changes nothing");
}

#[tokio::test]
async fn without_an_id_a_key_counts_when_it_is_the_only_one_of_its_algorithm() {
    let scene = Scene::new().await;
    let token = scene.pair.sign_as(&json!({ "alg": "ES256" }), &scene.claims(json!({})));
    assert_eq!(scene.status(&token).await, 200);
    scene.issuer.set(json!({ "keys": [scene.pair.jwk("one"), Pair::p256().jwk("two")] }));
    scene.desk.clock.advance(TimeDelta::seconds(61));
    assert_eq!(scene.status(&scene.pair.sign("three", &scene.claims(json!({})))).await, 401);
    assert_eq!(scene.status(&token).await, 401, "which of the two?");
}

#[tokio::test]
async fn our_own_tokens_go_on_and_without_an_issuer_no_jwt_counts() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(&scene.desk.token("lezer").await).await, 200);
    let without = Desk::new().await;
    assert_eq!(without.ask("GET", "/v1/me", Some(&scene.token(json!({}))), None).await.status, 401);
    assert_eq!(scene.issuer.asked(), 0, "nobody showed a token of the issuer");
}

#[tokio::test]
async fn the_page_takes_such_a_token_until_it_ends() {
    let scene = Scene::new().await;
    let mut browser = Browser::new(&scene.desk);
    assert_eq!(browser.log_in("a.b.c").await.status, 401);
    assert_eq!(browser.log_in(&scene.token(json!({ "groups": [] }))).await.status, 403);
    assert_eq!(
        browser.log_in(&scene.token(json!({ "exp": NOW - 30 }))).await.status,
        401,
        "a session would have no time"
    );
    assert_eq!(browser.log_in(&scene.token(json!({}))).await.status, 303);
    assert_eq!(browser.get("/cadans").await.status, 200);
    scene.desk.clock.advance(TimeDelta::seconds(599));
    assert_eq!(browser.get("/cadans").await.status, 200);
    scene.desk.clock.advance(TimeDelta::seconds(1));
    assert_eq!(browser.get("/cadans").await.status, 303, "it leads to the log-in");
}

#[tokio::test]
async fn a_session_of_the_page_ends_before_its_token_does() {
    let scene = Scene::new().await;
    let (mut one, mut other) = (Browser::new(&scene.desk), Browser::new(&scene.desk));
    for browser in [&mut one, &mut other] {
        assert_eq!(browser.log_in(&scene.token(json!({}))).await.status, 303);
    }
    one.send("POST", "/uitloggen", String::new(), &[]).await;
    assert_eq!(one.get("/cadans").await.status, 303, "its cookie counts no more");
    assert_eq!(other.get("/cadans").await.status, 200);
    let (manager, body) = (scene.desk.token("beheerder").await, json!({ "actor": "oidc:jansen" }));
    assert_eq!(scene.desk.ask("POST", "/v1/sessions/end", Some(&manager), Some(body)).await.status, 200);
    assert_eq!(other.get("/cadans").await.status, 303);
}

#[test]
fn a_subject_is_cleaned_and_no_two_have_one_name() {
    assert_eq!(actor("jansen"), "oidc:jansen");
    let (cleaned, long) = (actor("jan\nsen"), actor(&"x".repeat(1000)));
    assert!(cleaned.starts_with("oidc:jansen#") && cleaned != actor("jan\tsen"), "{cleaned}");
    assert!(long.len() < 230 && long != actor(&"x".repeat(1001)), "{long}");
}

#[test]
fn a_jwt_has_three_parts_and_is_none_of_ours() {
    assert!(is_jwt("a.b.c") && !is_jwt("vtm_a.b.c") && !is_jwt("a.b") && !is_jwt("a.b.c.d"));
    assert!(!is_jwt(&format!("a.b.{}", "c".repeat(20_000))));
}
