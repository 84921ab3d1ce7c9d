//! Streams of events.

use vt_ledger::{BackfillState, Change, RunId, RunOutcome};

use super::{Desk, fill};

/// The ids of the lines in a stream.
fn ids(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).collect()
}

fn names(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
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
    let steps = async {
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        crate::ops::steer(app, 1, BackfillState::Paused, &change).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        crate::ops::steer(app, 1, BackfillState::Cancelled, &change).await.unwrap();
    };
    let (seen, ()) = tokio::join!(desk.ask("GET", "/v1/backfills/1/events", Some(&operator), None), steps);
    assert_eq!(names(&seen.text), ["progress", "progress", "end"], "{}", seen.text);
    assert!(seen.text.contains("\"failed\":1") && !seen.text.contains("\"items\""), "{}", seen.text);
    let after = desk.ask("GET", "/v1/backfills/1/events", Some(&reader), None).await;
    assert!(names(&after.text) == ["end"] && !after.text.contains("1234"), "{}", after.text);
    assert_eq!(desk.ask("GET", "/v1/backfills/2/events", Some(&reader), None).await.status, 404);
}
