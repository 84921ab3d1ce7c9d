//! A run as it happens.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Error;
use axum::response::sse::Event;
use futures::Stream;

use crate::api::Api;
use crate::ops;
use crate::views::{BackfillView, LineView, RunView};

/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How many lines are read at once.
const AT_ONCE: u32 = 200;

/// Where a stream is.
struct Place {
    api: Api,
    id: i64,
    above: i64,
    waiting: VecDeque<LineView>,
    ended: bool,
}

/// The lines of a run after one that the reader has, and at last the run itself.
pub fn run(api: Api, id: i64, above: i64) -> impl Stream<Item = Result<Event, Error>> {
    let place = Place { api, id, above, waiting: VecDeque::new(), ended: false };
    futures::stream::unfold(place, |mut place| async move {
        let event = place.next().await?;
        Some((event, place))
    })
}

/// A backfill whenever it has moved, and at last as it ended.
pub fn backfill(api: Api, id: i64, details: bool) -> impl Stream<Item = Result<Event, Error>> {
    let seen: Option<BackfillView> = None;
    futures::stream::unfold((api, seen, false), move |(api, seen, ended)| async move {
        if ended {
            return None;
        }
        loop {
            let view = ops::one(&api.app, id).await.ok()?;
            let view = if details { view } else { view.without_details() };
            // The end that is expected moves with the clock alone: it makes no news.
            let view = BackfillView { items: Vec::new(), expected_end: None, ..view };
            if seen.as_ref() != Some(&view) {
                let ended = view.ended_at.is_some();
                let event = Event::default().event(if ended { "end" } else { "progress" }).json_data(&view);
                return Some((event, (api, Some(view), ended)));
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = api.app.stop.cancelled() => return None,
            }
        }
    })
}

impl Place {
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Some(Event::default().event("line").id(line.seq.to_string()).json_data(&line));
            }
            if self.ended {
                return None;
            }
            // The run first: lines that come in after its end was seen are none of it.
            let run = ops::run(&self.api.app, self.id).await.ok()?;
            let lines = ops::line_page(&self.api.app, self.id, self.above, AT_ONCE).await.ok()?.items;
            self.above = lines.last().map_or(self.above, |line| line.seq);
            self.waiting.extend(lines);
            if self.waiting.is_empty() {
                if run.ended.is_some() {
                    return Some(self.end(&run));
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = self.api.app.stop.cancelled() => return None,
                }
            }
        }
    }

    fn end(&mut self, run: &RunView) -> Result<Event, Error> {
        self.ended = true;
        Event::default().event("end").json_data(run)
    }
}
