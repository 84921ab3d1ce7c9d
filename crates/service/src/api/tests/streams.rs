//! Streams of events.

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures::StreamExt;
use tower::ServiceExt;
use vt_ledger::{BackfillState, Change, RunId, RunOutcome};

use super::{Desk, fill};

/// The ids of the lines in a stream.
fn ids(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).collect()
}

fn names(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
}

/// A stream that is read event by event.
async fn open(desk: &Desk, path: &str, token: &str) -> BodyDataStream {
    let request = Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
    desk.router.clone().oneshot(request).await.unwrap().into_body().into_data_stream()
}

/// The next event.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let bytes = stream.next().await?.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_reader_that_was_cut_off_goes_on_after_the_last_line_it_got() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let lines: Vec<_> = (0..450).map(|number| (now, "info".to_owned(), format!("line {number}"))).collect();
    ledger.append_lines(RunId(1), &lines).await.unwrap();
    let _ = ledger.finish_run(RunId(1), now, RunOutcome::Succeeded).await.unwrap();
    let token = desk.token("operator").await;
    let after = async |last: &str| {
        let headers = [("last-event-id", last)];
        desk.ask_with("GET", "/v1/runs/1/events", Some(&token), None, &headers).await.text
    };
    let all = desk.ask("GET", "/v1/runs/1/events", Some(&token), None).await.text;
    assert_eq!((ids(&all).len(), ids(&all)[0], names(&all)[452]), (452, "1", "end"));
    let rest = after("450").await;
    assert_eq!((ids(&rest), names(&rest)), (vec!["451", "452"], vec!["line", "line", "end"]));
    assert_eq!(names(&after("452").await), ["end"]);
    for none_of_ours in ["x", "-5", "", "99999999999999999999"] {
        assert_eq!(ids(&after(none_of_ours).await).len(), 452, "{none_of_ours}");
    }
}

#[tokio::test]
async fn a_backfill_tells_how_far_it_is_until_it_has_ended() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let (reader, operator) = (desk.token("lezer").await, desk.token("operator").await);
    let app = &desk.api.app;
    let change = Change { at: app.clock.now(), actor: "test".into(), reason: "r".into() };
    let mut stream = open(&desk, "/v1/backfills/1/events", &operator).await;
    let mut seen = Vec::new();
    for to in [BackfillState::Paused, BackfillState::Cancelled] {
        seen.push(next(&mut stream).await.unwrap());
        crate::ops::steer(app, 1, to, &change).await.unwrap();
    }
    while let Some(event) = next(&mut stream).await {
        seen.push(event);
    }
    let text = seen.concat();
    assert_eq!(names(&text), ["progress", "progress", "end"], "{text}");
    assert!(
        seen[0].contains("\"failed\":1") && seen[1].contains("\"paused\"") && !text.contains("\"items\""),
        "{text}"
    );
    let after = desk.ask("GET", "/v1/backfills/1/events", Some(&reader), None).await;
    assert!(names(&after.text) == ["end"] && !after.text.contains("1234"), "{}", after.text);
    assert_eq!(desk.ask("GET", "/v1/backfills/2/events", Some(&reader), None).await.status, 404);
}
