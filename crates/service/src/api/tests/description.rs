//! What the description says of headers, held against what is answered.

use serde_json::{Value, json};

use super::roles::path;
use super::{Desk, fill};
use crate::api::{needs, routes};

/// The description of one operation.
struct Said(Value);

impl Said {
    fn takes(&self, header: &str) -> bool {
        let named = |one: &Value| one["in"] == "header" && one["name"] == header;
        self.0["parameters"].as_array().is_some_and(|all| all.iter().any(named))
    }

    fn gives(&self, status: &str, header: &str) -> bool {
        self.0["responses"][status]["headers"][header].is_object()
    }

    fn answers_in(&self, kind: &str) -> bool {
        self.0["responses"]["200"]["content"][kind].is_object()
    }
}

/// All operations by method, path and what is said of them.
fn said(desk: &Desk, method: &str) -> Vec<(String, Said)> {
    let (_, description) = routes(&desk.api);
    let json = serde_json::to_value(&description).unwrap();
    let of_method = needs().into_iter().filter(|(one, ..)| one == method);
    of_method.map(|(_, path, _)| (path.clone(), Said(json["paths"][&path][method.to_lowercase()].clone()))).collect()
}

/// A service with something to show, and the token of somebody who may see it.
async fn desk() -> (Desk, String) {
    let desk = Desk::new().await;
    fill(&desk).await;
    // Routes about number 1 revoke the token of that number: another one asks.
    desk.token("lezer").await;
    let token = desk.token("beheerder").await;
    // A stream of what is under way ends when the service stops.
    desk.api.app.stop.cancel();
    (desk, token)
}

#[tokio::test]
async fn whatever_is_said_to_have_a_digest_has_one_and_is_not_given_twice() {
    let (desk, token) = desk().await;
    let mut tagged = 0;
    for (template, said) in said(&desk, "GET") {
        let at = path(&template, true);
        let at = if template.ends_with("/diff") { format!("{at}?against=2020W406") } else { at };
        let first = desk.ask("GET", &at, Some(&token), None).await;
        let in_json = said.answers_in("application/json");
        for header in [said.takes("If-None-Match"), said.gives("200", "ETag"), said.gives("304", "ETag")] {
            assert_eq!(header, in_json, "{template}");
        }
        if first.status != 200 {
            continue;
        }
        let etag = first.headers.get("etag").map(|etag| etag.to_str().unwrap().to_owned());
        assert_eq!(etag.is_some(), in_json, "{template}");
        if let Some(etag) = etag {
            let again = desk.ask_with("GET", &at, Some(&token), None, &[("if-none-match", &etag)]).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{template}");
            assert_eq!(again.headers["etag"], etag.as_str(), "{template}");
            tagged += 1;
        }
    }
    assert!(tagged >= 15, "{tagged}");
}

#[tokio::test]
async fn a_stream_is_said_to_go_on_where_it_was_cut_off_and_does() {
    let (desk, token) = desk().await;
    let mut streams = Vec::new();
    for (template, said) in said(&desk, "GET") {
        assert_eq!(said.takes("Last-Event-ID"), said.answers_in("text/event-stream"), "{template}");
        if !said.takes("Last-Event-ID") {
            continue;
        }
        let at = path(&template, true);
        let all = desk.ask("GET", &at, Some(&token), None).await;
        assert_eq!(all.headers["content-type"], "text/event-stream", "{template}");
        let last = all.text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back();
        if let Some(last) = last {
            let rest = desk.ask_with("GET", &at, Some(&token), None, &[("last-event-id", last)]).await;
            assert!(!rest.text.contains("id: "), "{template}: {}", rest.text);
        }
        streams.push((template, last.is_some()));
    }
    assert_eq!(streams, [("/v1/backfills/{id}/events".to_owned(), false), ("/v1/runs/{id}/events".to_owned(), true)]);
}

#[tokio::test]
async fn whatever_is_said_to_be_done_once_under_a_key_is() {
    let (desk, token) = desk().await;
    let mut once = 0;
    for (template, said) in said(&desk, "POST") {
        let upload = said.0["requestBody"]["content"]["multipart/form-data"].is_object();
        assert_eq!(said.takes("Idempotency-Key"), !upload, "{template}");
        assert_eq!(said.gives("200", "Idempotent-Replayed"), !upload, "{template}");
        let at = path(&template, true);
        let kind = if upload { "multipart/form-data; boundary=x" } else { "application/json" };
        let headers = [("content-type", kind), ("idempotency-key", template.as_str())];
        let ask = || desk.ask_with("POST", &at, Some(&token), Some(json!({})), &headers);
        let (first, second) = (ask().await, ask().await);
        assert!(!first.headers.contains_key("idempotent-replayed"), "{template}: {}", first.text);
        assert_eq!(second.headers.contains_key("idempotent-replayed"), !upload, "{template}: {}", second.text);
        assert_eq!(first.status, second.status, "{template}");
        once += usize::from(!upload);
    }
    assert!(once >= 15, "{once}");
}

#[tokio::test]
async fn whoever_must_wait_is_told_how_long_as_it_is_said() {
    let (desk, _) = desk().await;
    let all: Vec<(String, Said)> = said(&desk, "GET").into_iter().chain(said(&desk, "POST")).collect();
    for (template, said) in &all {
        assert!(said.gives("429", "Retry-After") && said.gives("401", "WWW-Authenticate"), "{template}");
    }
    for _ in 0..10 {
        let refused = desk.ask("GET", "/v1/me", Some("vtm_guess"), None).await;
        assert!(refused.status == 401 && refused.headers.contains_key("www-authenticate"), "{}", refused.text);
    }
    let waits = desk.ask("GET", "/v1/me", Some("vtm_guess"), None).await;
    assert_eq!(waits.status, 429);
    let schema = &all[0].1.0["responses"]["429"]["headers"]["Retry-After"]["schema"];
    let seconds: u64 = waits.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(schema["type"] == "integer" && seconds >= schema["minimum"].as_u64().unwrap(), "{schema}");
}
