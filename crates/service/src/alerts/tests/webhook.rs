//! The webhook, against a real server on this machine.

use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::TimeDelta;

use super::*;
use crate::alerts::channel::Channel;
use crate::alerts::letter::Letter;
use crate::alerts::webhook::{ID, SIGNATURE, TIMESTAMP, signature};

/// What came in.
struct Came {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

/// A receiver: what it answers first, and what came in.
#[derive(Default)]
struct Receiver {
    answers: Mutex<Vec<StatusCode>>,
    came: Mutex<Vec<Came>>,
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let came = Came { id: header(ID), timestamp: header(TIMESTAMP), signature: header(SIGNATURE), body };
    receiver.came.lock().unwrap().push(came);
    let mut answers = receiver.answers.lock().unwrap();
    if answers.is_empty() { StatusCode::NO_CONTENT } else { answers.remove(0) }
}

/// A world whose operators have a webhook; `answers`: what it answers first.
async fn world(answers: &[StatusCode]) -> (World, Arc<Receiver>) {
    let receiver = Arc::new(Receiver { answers: Mutex::new(answers.to_vec()), ..Receiver::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&receiver));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = format!("[webhook]\nurl = \"http://{address}/hook\"\nsecret = {{ env = \"NOT_READ\" }}\n");
    let mut world = World::with(&config).await;
    world.alerting.webhook.as_mut().unwrap().secret = vt_intake::secret::SecretRef::inline("geheim");
    (world, receiver)
}

#[tokio::test]
async fn a_message_is_signed_and_comes_once() {
    let (world, receiver) = world(&[]).await;
    let mut sender = Sender::default();
    world.look(&[disk()]).await;
    assert_eq!(world.send(&mut sender).await, Sent { sent: 1, failed: 0 });
    assert_eq!(world.send(&mut sender).await, Sent::default());
    assert_eq!(world.send(&mut Sender::default()).await, Sent::default(), "nor after a restart");
    let came = receiver.came.lock().unwrap();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].signature, signature("geheim", &came[0].timestamp, &came[0].body));
    assert_eq!(came[0].timestamp, world.now().timestamp().to_string());
    let event: serde_json::Value = serde_json::from_str(&came[0].body).unwrap();
    assert_eq!((event["id"].as_str(), event["rule"].as_str()), (Some(came[0].id.as_str()), Some("disk_low")));
    assert_eq!((event["kind"].as_str(), event["severity"].as_str()), (Some("begun"), Some("critical")));
}

#[tokio::test]
async fn a_failure_is_tried_again_later_under_the_same_id() {
    let (world, receiver) = world(&[StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS]).await;
    let mut sender = Sender::default();
    world.look(&[disk()]).await;
    assert_eq!(world.send(&mut sender).await, Sent { sent: 0, failed: 1 });
    assert_eq!(world.send(&mut sender).await, Sent::default(), "the channel is left alone for a minute");
    let kept = world.ledger.unsent_messages(10).await.unwrap().remove(0);
    assert_eq!((kept.attempts, kept.last_error.as_deref()), (1, Some("the receiver answers 503")));
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.send(&mut sender).await, Sent { sent: 0, failed: 1 });
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.send(&mut sender).await, Sent::default(), "then for two");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.send(&mut sender).await, Sent { sent: 1, failed: 0 });
    let came = receiver.came.lock().unwrap();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|it| it.id == came[0].id && it.body == came[0].body));
    assert_ne!(came[0].signature, came[2].signature, "signed at its own time");
}

#[tokio::test]
async fn what_is_refused_holds_up_no_other_one_and_redirects_are_not_followed() {
    let (world, receiver) = world(&[StatusCode::FOUND]).await;
    let mut sender = Sender::default();
    world.look(&[disk(), late("VT07")]).await;
    assert_eq!(world.send(&mut sender).await, Sent { sent: 1, failed: 1 });
    assert_eq!(receiver.came.lock().unwrap().len(), 2);
    assert_eq!(
        world.ledger.unsent_messages(10).await.unwrap()[0].last_error.as_deref(),
        Some("the receiver answers 302")
    );
}

#[tokio::test]
async fn what_is_too_old_is_sent_no_more_and_stays() {
    let (world, receiver) = world(&[StatusCode::BAD_GATEWAY]).await;
    let mut sender = Sender::default();
    world.look(&[disk()]).await;
    world.send(&mut sender).await;
    world.pass_hours(73);
    assert_eq!(world.send(&mut sender).await, Sent::default());
    assert_eq!(receiver.came.lock().unwrap().len(), 1);
    assert_eq!(world.ledger.unsent_messages(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_error_names_neither_address_nor_secret() {
    let world =
        World::with("[webhook]\nurl = \"http://127.0.0.1:9/T0KEN\"\nsecret = { env = \"NOT_SET_ANYWHERE\" }\n").await;
    let letter = Letter::trial(world.now());
    let mut sender = Sender::default();
    let error = sender.send(&world.alerting, &Channel::Webhook, &letter, world.now()).await.unwrap_err();
    assert!(error.to_string().contains("NOT_SET_ANYWHERE is not set"), "{error}");
    let mut alerting = world.alerting.clone();
    alerting.webhook.as_mut().unwrap().secret = vt_intake::secret::SecretRef::inline("geheim");
    let error = sender.send(&alerting, &Channel::Webhook, &letter, world.now()).await.unwrap_err().to_string();
    assert!(!error.contains("T0KEN") && !error.contains("geheim") && !error.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn that_the_ledger_is_gone_is_told_without_it_once_and_when_it_is_back() {
    let (world, receiver) = world(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut app = super::watched::app(folder.path(), world.clock.clone()).await;
    app.alerting = Arc::new(world.alerting.clone());
    let mut outage = crate::alerts::Outage::default();
    outage.over(&app).await;
    outage.failed(&app).await;
    outage.failed(&app).await;
    assert!(receiver.came.lock().unwrap().is_empty(), "a few seconds may be chance");
    for minutes in [1, 60] {
        world.clock.advance(TimeDelta::minutes(minutes));
        outage.failed(&app).await;
    }
    outage.over(&app).await;
    outage.over(&app).await;
    let came = receiver.came.lock().unwrap();
    let events = came.iter().map(|it| serde_json::from_str::<serde_json::Value>(&it.body).unwrap());
    let told: Vec<String> = events.map(|event| format!("{} {}", event["kind"], event["subject"])).collect();
    assert_eq!(told, ["\"begun\" \"ledger\"", "\"ended\" \"ledger\""]);
    assert_ne!(came[0].id, came[1].id);
}
