//! What goes on, as it happens: streams of events that end with what they are about.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use axum::Error;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use futures::Stream;
use vt_ledger::Backfill;

use crate::api::{Api, ApiError};
use crate::ops;
use crate::views::{BackfillView, LineView};

/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How many lines are read at once.
const AT_ONCE: u32 = 200;

/// What a handler answers with a stream.
pub type Streamed<S> = Result<Sse<KeepAliveStream<S>>, ApiError>;

/// One event, or why it can't be told.
type Told = Result<Event, Error>;

/// Something that goes on.
pub trait Live: Send + 'static {
    /// What happened since the look before; nothing when it can't be read any more.
    fn look(&mut self, api: &Api) -> impl Future<Output = Option<Look>> + Send;
}

/// What a look found.
#[derive(Default)]
pub struct Look {
    events: Vec<Told>,
    /// Whether nothing comes after these.
    ended: bool,
}

/// Where a stream is.
struct Place<L> {
    api: Api,
    live: L,
    waiting: VecDeque<Told>,
    ended: bool,
}

/// Tells what happens until it has ended, or the service stops.
pub fn follow<L: Live>(api: Api, live: L) -> Sse<KeepAliveStream<impl Stream<Item = Told>>> {
    let place = Place { api, live, waiting: VecDeque::new(), ended: false };
    let events = futures::stream::unfold(place, |mut place| async move {
        let event = place.next().await?;
        Some((event, place))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl<L: Live> Place<L> {
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            let look = self.live.look(&self.api).await?;
            self.ended = look.ended;
            self.waiting.extend(look.events);
            if self.waiting.is_empty() && !self.ended {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = self.api.app.stop.cancelled() => return None,
                }
            }
        }
    }
}

/// The lines of a run, and at last the run itself.
pub struct RunLines {
    /// The run.
    pub id: i64,
    /// Lines after this one.
    pub above: i64,
}

impl Live for RunLines {
    async fn look(&mut self, api: &Api) -> Option<Look> {
        // The run first: lines that come in after its end was seen are none of it.
        let run = ops::run(&api.app, self.id).await.ok()?;
        let lines = ops::line_page(&api.app, self.id, self.above, AT_ONCE).await.ok()?.items;
        let Some(last) = lines.last() else {
            let end = run.ended.map(|_| Event::default().event("end").json_data(&run));
            return Some(Look { ended: end.is_some(), events: end.into_iter().collect() });
        };
        self.above = last.seq;
        let event = |line: &LineView| Event::default().event("line").id(line.seq.to_string()).json_data(line);
        Some(Look { events: lines.iter().map(event).collect(), ended: false })
    }
}

/// How far a backfill is, whenever that changed, and at last how it ended.
pub struct BackfillProgress {
    id: i64,
    details: bool,
    told: Option<Backfill>,
}

impl BackfillProgress {
    /// Of a backfill; with what failures say, or without.
    pub fn new(id: i64, details: bool) -> Self {
        Self { id, details, told: None }
    }
}

impl Live for BackfillProgress {
    async fn look(&mut self, api: &Api) -> Option<Look> {
        // Its own row first, which is cheap: region-months are read when something changed.
        let now = api.app.ledger.backfill(self.id).await.ok()?;
        if self.told.as_ref() == Some(&now) {
            return Some(Look::default());
        }
        self.told = Some(now);
        let view = ops::one(&api.app, self.id).await.ok()?;
        let view = BackfillView { items: Vec::new(), ..view };
        let view = if self.details { view } else { view.without_details() };
        let ended = view.ended_at.is_some();
        let name = if ended { "end" } else { "progress" };
        Some(Look { events: vec![Event::default().event(name).json_data(&view)], ended })
    }
}

/// The last event that a reader got before it was cut off (`Last-Event-ID`); 0 when it begins, or names none of ours.
pub struct LastSeen(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for LastSeen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let shown = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let seen = shown.and_then(|text| text.trim().parse().ok()).filter(|seen| *seen > 0);
        Ok(Self(seen.unwrap_or(0)))
    }
}
