//! What a run logs, kept in the ledger, so that an operator reads it where the run is shown. Beside the log on standard error,
//! and never more than stands there: no secrets, no contents of records.

use std::fmt::{Debug, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};
use vt_domain::Clock;
use vt_ledger::{Ledger, RunId};

/// Lines that wait to be written at most; what comes on top of that is in the log on standard error only.
const WAITING: usize = 10_000;

/// How long lines are gathered before they are written.
const GATHERED: Duration = Duration::from_millis(300);

/// How long a run's end waits for its last lines.
const FLUSH: Duration = Duration::from_secs(5);

/// Name of the span in which a run does its work.
const SPAN: &str = "run";

/// To whoever writes lines into a ledger; nothing in a process that opened none for it.
static SEND: OnceLock<Sender<Message>> = OnceLock::new();

enum Message {
    Line { run: i64, level: &'static str, text: String },
    Flush(oneshot::Sender<()>),
}

/// The span of a run: what is logged in it is the run's.
pub fn span(run: RunId) -> Span {
    tracing::info_span!("run", id = run.0)
}

/// Whether this describes the span of a run.
pub fn is_run(metadata: &Metadata<'_>) -> bool {
    metadata.name() == SPAN && metadata.target() == module_path!()
}

/// The number of the run in whose span something was logged.
pub fn run_of<'a, S>(scope: Option<Scope<'a, S>>) -> Option<i64>
where
    S: for<'l> LookupSpan<'l>,
{
    scope.into_iter().flatten().find_map(|span| span.extensions().get::<OfRun>().map(|OfRun(run)| *run))
}

/// Hands on what is logged in the span of a run.
pub struct RunLog;

/// The run of a span.
struct OfRun(i64);

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for RunLog {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_run(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(span), Some(run)) = (context.span(id), fields.id) {
            span.extensions_mut().insert(OfRun(run));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(send) = SEND.get() else { return };
        let Some(run) = run_of(context.event_scope(event)) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => "error",
            tracing::Level::WARN => "warn",
            _ => "info",
        };
        let text = format!("{}{}", fields.message, fields.others);
        // A full queue loses lines here only: they stand on standard error too.
        let _ = send.try_send(Message::Line { run, level, text });
    }
}

#[derive(Default)]
struct Fields {
    id: Option<i64>,
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "id" {
            self.id = Some(value);
        }
        self.record_debug(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Unwrap safety: writing to a text does not fail.
        match field.name() {
            "message" => write!(self.message, "{value:?}").unwrap(),
            name => write!(self.others, " {name}={value:?}").unwrap(),
        }
    }
}

/// Writes what runs log into a ledger, for as long as the process lives. Only the first call of a process does anything.
pub fn write_to(ledger: Ledger, clock: Arc<dyn Clock>) {
    let (send, receive) = channel(WAITING);
    if SEND.set(send).is_ok() {
        tokio::spawn(write(receive, ledger, clock));
    }
}

async fn write(mut receive: Receiver<Message>, ledger: Ledger, clock: Arc<dyn Clock>) {
    let mut messages = Vec::new();
    while receive.recv_many(&mut messages, 500).await > 0 {
        let mut flushed = Vec::new();
        let mut lines: Vec<(i64, Vec<_>)> = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Flush(done) => flushed.push(done),
                Message::Line { run, level, text } => {
                    let line = (clock.now(), level.to_owned(), text);
                    match lines.last_mut().filter(|(of, _)| *of == run) {
                        Some((_, of_run)) => of_run.push(line),
                        None => lines.push((run, vec![line])),
                    }
                }
            }
        }
        for (run, lines) in lines {
            if let Err(error) = ledger.append_lines(RunId(run), &lines).await {
                tracing::debug!("lines of run {run} are on standard error only: {error}");
            }
        }
        let waits = flushed.is_empty();
        for done in flushed {
            // Nobody waits any more: nothing to tell.
            let _ = done.send(());
        }
        if waits {
            tokio::time::sleep(GATHERED).await;
        }
    }
}

/// Waits until what was logged is in the ledger.
pub async fn flush() {
    let Some(send) = SEND.get() else { return };
    let (done, waits) = oneshot::channel();
    if send.try_send(Message::Flush(done)).is_ok() {
        let _ = tokio::time::timeout(FLUSH, waits).await;
    }
}
