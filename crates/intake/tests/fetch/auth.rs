//! Who we are: a token from a file, OAuth2 client credentials; never in an error.

use chrono::TimeDelta;
use serde_json::json;
use vt_intake::secret::SecretRef;
use vt_intake::source::{Auth, CredentialsIn};

use crate::server::{Reply, Seen, Server};
use crate::world::{World, entry, good, with_auth};

fn oauth2(token_server: &Server, credentials_in: CredentialsIn) -> Auth {
    Auth::Oauth2 {
        token_url: format!("{}/token", token_server.base).parse().unwrap(),
        client_id: "lot c".into(),
        client_secret: SecretRef::inline("GEHEIM:1"),
        scope: Some("leveringen lezen".into()),
        credentials_in,
    }
}

/// A token server that numbers its tokens.
async fn token_server() -> Server {
    Server::start(|_, n| {
        Reply::json(&json!({"access_token": format!("T{n}"), "token_type": "Bearer", "expires_in": 600}))
    })
    .await
}

/// A region that takes one token only.
fn takes(token: &'static str) -> impl Fn(&Seen, usize) -> Reply {
    move |seen, _| match seen.header("authorization") {
        Some(header) if header == format!("Bearer {token}") => good(seen),
        _ => Reply::new(401, &[], "GEHEIM"),
    }
}

#[tokio::test]
async fn a_bearer_token_is_read_from_its_file_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "oud\n").unwrap();
    let server = Server::start(takes("nieuw")).await;
    let (world, source) =
        (World::new(), with_auth(&server.base, Auth::Bearer { token: SecretRef::File(path.clone()) }));
    let error = world.list(&source).await.unwrap_err();
    assert_eq!(error.to_string(), "VT07 2020-07, listing: HTTP 401: our credentials are refused");
    assert!(!error.is_transient());
    std::fs::write(&path, "nieuw\n").unwrap();
    world.list(&source).await.unwrap();
    world.fetch(&source, entry(1)).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = world.list(&source).await.unwrap_err();
    assert_eq!(error.rule(), "secret");
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn a_token_that_cannot_stand_in_a_header_is_refused_without_showing_it() {
    let auth = Auth::Bearer { token: SecretRef::inline("GEHEIM\r\nX-Evil: 1") };
    let error = World::new().list(&with_auth("http://127.0.0.1:1", auth)).await.unwrap_err();
    assert_eq!(error.rule(), "secret");
    assert!(!format!("{error} {error:?}").contains("GEHEIM"));
}

#[tokio::test]
async fn one_oauth2_token_serves_many_requests_until_shortly_before_it_expires() {
    let (tokens, server) = (token_server().await, Server::start(|seen, _| good(seen)).await);
    let (world, source) = (World::new(), with_auth(&server.base, oauth2(&tokens, CredentialsIn::Header)));
    let (listed, fetched) = tokio::join!(world.list(&source), world.fetch(&source, entry(1)));
    assert!(listed.is_ok() && fetched.is_ok());
    world.clock.advance(TimeDelta::seconds(539));
    world.list(&source).await.unwrap();
    assert_eq!(tokens.seen().len(), 1);
    world.clock.advance(TimeDelta::seconds(1));
    world.list(&source).await.unwrap();
    assert_eq!(tokens.seen().len(), 2);
    let last = server.seen().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer T1"));
}

#[tokio::test]
async fn credentials_travel_in_header_or_form_as_the_token_server_wants() {
    let server = Server::start(takes("T0")).await;
    let tokens = token_server().await;
    let world = World::new();
    world.list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Header))).await.unwrap();
    let asked = tokens.seen().pop().unwrap();
    // base64 of "lot+c:GEHEIM%3A1"
    assert_eq!(asked.header("authorization"), Some("Basic bG90K2M6R0VIRUlNJTNBMQ=="));
    assert_eq!(asked.body, "grant_type=client_credentials&scope=leveringen+lezen");

    let tokens = token_server().await;
    world.list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Form))).await.unwrap();
    let asked = tokens.seen().pop().unwrap();
    assert_eq!(asked.header("authorization"), None);
    assert!(asked.body.ends_with("&client_id=lot+c&client_secret=GEHEIM%3A1"), "{}", asked.body);
}

#[tokio::test]
async fn a_refused_oauth2_token_is_renewed_once() {
    let tokens = token_server().await;
    let server = Server::start(takes("T1")).await;
    let world = World::new();
    world.list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Header))).await.unwrap();
    assert_eq!((tokens.seen().len(), server.seen().len()), (2, 2));

    let server = Server::start(takes("geen")).await;
    let error = world.list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Header))).await.unwrap_err();
    assert_eq!(error.rule(), "status");
    assert!(error.to_string().contains("HTTP 401") && !error.is_transient(), "{error}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_token_server_that_fails_is_tried_again_and_one_that_refuses_is_not() {
    let server = Server::start(takes("T")).await;
    let good_token = json!({"access_token": "T", "token_type": "bearer", "extra": 1});
    let tokens =
        Server::start(move |_, n| if n == 0 { Reply::new(503, &[], "") } else { Reply::json(&good_token) }).await;
    World::new().list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Header))).await.unwrap();
    let cases = [
        (Reply::new(400, &[], "{\"error\":\"GEHEIM\"}"), "token server: HTTP 400"),
        (Reply::new(200, &[], "<html>GEHEIM"), "token server: the answer holds no bearer token"),
        (Reply::json(&json!({"access_token": "GEHEIM", "token_type": "mac"})), "token server: the answer holds no"),
        (Reply::json(&json!({"access_token": "GEHEIM\n", "token_type": "Bearer"})), "token server: the secret holds"),
        (Reply::new(200, &[], vec![b' '; 70_000]), "token server: larger than"),
        (Reply::new(307, &["Location: http://127.0.0.1:1/GEHEIM"], ""), "token server: HTTP 307"),
    ];
    for (reply, expected) in cases {
        let tokens = Server::start(move |_, _| reply.clone()).await;
        let error =
            World::new().list(&with_auth(&server.base, oauth2(&tokens, CredentialsIn::Form))).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(expected) && !text.contains("GEHEIM"), "{text}");
        assert_eq!((error.is_transient(), tokens.seen().len()), (false, 1), "{text}");
    }
}
