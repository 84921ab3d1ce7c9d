//! Logs go to standard error, and traces over OTLP where the environment asks for them. Never logged, at any level: secrets, record
//! ids, contents of fields, addresses with credentials. What a run logs carries its number, whatever the filter.

use std::fmt;

use anyhow::{Context, Result};
use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::runlog::{self, RunLog};
use crate::telemetry::Traces;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for log stores
    Json,
}

/// The crates of this program, whose lines are kept with a run.
const OURS: [&str; 6] = ["vt_monitor", "vt_intake", "vt_publication", "vt_vault", "vt_ledger", "vt_disclosure"];

/// Starts logging with a filter such as `info` or `vt_intake=debug`. Gives the traces, to be handed over at the end.
///
/// # Errors
/// When the filter can't be read, or the environment asks for traces that can't be.
pub fn init(filter: &str, format: LogFormat) -> Result<Traces> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("`{filter}` is no log filter"))?;
    let traces = Traces::of_environment()?;
    // Fails only when logging was started before in this process (tests): the first one stays.
    let _ = subscriber(filter, format, std::io::stderr, &traces).try_init();
    Ok(traces)
}

/// All that is done with what is logged.
fn subscriber<W>(
    filter: EnvFilter,
    format: LogFormat,
    writer: W,
    traces: &Traces,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    // Without internal errors: they would be printed on the standard error that just failed, and a closed one would end the work.
    let plain = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).log_internal_errors(false);
    // The span of a run says whose a line is: it is there also when the filter lets only warnings or one crate through.
    let runs =
        filter_fn(|metadata| metadata.is_span() && runlog::is_run(metadata)).with_max_level_hint(LevelFilter::INFO);
    let filter = filter.or(runs);
    let lines = match format {
        LogFormat::Text => plain.with_filter(filter).boxed(),
        LogFormat::Json => plain.json().flatten_event(true).map_event_format(WithRun).with_filter(filter).boxed(),
    };
    let ours = || Targets::new().with_targets(OURS.map(|name| (name, LevelFilter::INFO)));
    let exported = traces.tracer().map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours()));
    tracing_subscriber::registry().with(lines).with(RunLog.with_filter(ours())).with(exported)
}

/// A line in JSON, with the number of the run first: `"run":17`.
struct WithRun<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithRun<F>
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(run) = runlog::run_of(context.event_scope()) else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        match line.strip_prefix('{') {
            Some(rest) => write!(writer, "{{\"run\":{run},{rest}"),
            None => writer.write_str(&line),
        }
    }
}

#[cfg(test)]
mod tests;
