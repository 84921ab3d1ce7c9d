//! What was done and how things stand, for Prometheus. Counters are kept by the work itself, gauges are derived when somebody asks.
//! Nothing in them counts records: who may read the status may read them.

mod http;
mod process;
mod state;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use vt_ledger::Fault;

use crate::app::App;
use crate::exit::Exit;
use crate::publishing::PublishResult;
use crate::pulling::PullResult;
use crate::round::RoundReport;
use state::States;

pub use http::measure;

/// The media type of Prometheus's text form.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How rounds end.
const ROUNDS: [&str; 6] = ["done", "partial", "refused", "failed", "stopped", "busy"];

/// How pulls of a region's month end.
const PULLS: [&str; 6] = ["new", "unchanged", "failed_region", "failed_own", "busy", "stopped"];

/// How publications end.
const PUBLICATIONS: [&str; 4] = ["published", "refused", "failed", "stopped"];

/// Up to how many seconds rounds take: from nothing to do to a backfill of years.
const ROUND_SECONDS: [f64; 9] = [0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0];

/// Up to how many seconds answers take.
const REQUEST_SECONDS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0];

/// The metrics of a process.
pub struct Metrics {
    registry: Registry,
    rounds: IntCounterVec,
    round_seconds: Histogram,
    pulls: IntCounterVec,
    publications: IntCounterVec,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    scrape_errors: IntCounterVec,
    states: States,
    /// Grows with what may have changed the state.
    changes: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let outcomes = |name: &str, help: &str, outcomes: &[&str]| counters(&registry, name, help, "outcome", outcomes);
        let rounds = outcomes("vt_monitor_rounds_total", "Rounds made by this process, by how they ended.", &ROUNDS);
        let pulls = outcomes(
            "vt_monitor_pulls_total",
            "Pulls of one month of one region by this process, by how they ended.",
            &PULLS,
        );
        let publications = outcomes(
            "vt_monitor_publications_total",
            "Publications of one issue of one period tried by this process, by how they ended.",
            &PUBLICATIONS,
        );
        let parts = state::PARTS;
        let help = "Parts of the metrics that could not be derived and were left out.";
        let scrape_errors = counters(&registry, "vt_monitor_scrape_errors_total", help, "part", &parts);
        let requests = Opts::new("vt_monitor_http_requests_total", "Requests answered, by route, method and status.");
        let requests = IntCounterVec::new(requests, &["route", "method", "status"]);
        let options =
            |name: &str, help: &str, buckets: &[f64]| HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let round_seconds = Histogram::with_opts(options(
            "vt_monitor_round_duration_seconds",
            "How long rounds took that this process made.",
            &ROUND_SECONDS,
        ));
        let request_seconds = HistogramVec::new(
            options(
                "vt_monitor_http_request_duration_seconds",
                "How long it took until an answer began.",
                &REQUEST_SECONDS,
            ),
            &["route", "method"],
        );
        // Unwrap safety: names, labels and buckets are ours, each stands once; a test makes them all.
        let (requests, round_seconds) = (requests.unwrap(), round_seconds.unwrap());
        let request_seconds = request_seconds.unwrap();
        registry.register(Box::new(requests.clone())).unwrap();
        registry.register(Box::new(round_seconds.clone())).unwrap();
        registry.register(Box::new(request_seconds.clone())).unwrap();
        Self {
            rounds,
            round_seconds,
            pulls,
            publications,
            requests,
            request_seconds,
            scrape_errors,
            registry,
            states: States::default(),
            changes: AtomicU64::new(0),
        }
    }
}

/// Counters by one label, which all begin at 0, so that the first of a kind is an increase too.
fn counters(registry: &Registry, name: &str, help: &str, label: &str, values: &[&str]) -> IntCounterVec {
    // Unwrap safety: names and labels are ours, each stands once; a test makes them all.
    let counters = IntCounterVec::new(Opts::new(name, help), &[label]).unwrap();
    registry.register(Box::new(counters.clone())).unwrap();
    for value in values {
        counters.with_label_values(&[value]);
    }
    counters
}

impl Metrics {
    /// Counts a round.
    pub fn round(&self, outcome: &Result<(RoundReport, Exit)>, took: Duration) {
        let outcome = match outcome {
            Ok((_, Exit::Done)) => "done",
            Ok((_, Exit::Partial)) => "partial",
            Ok((_, Exit::Refused)) => "refused",
            Ok((_, Exit::Interrupted)) => "stopped",
            Ok(_) | Err(_) => "failed",
        };
        self.rounds.with_label_values(&[outcome]).inc();
        self.round_seconds.observe(took.as_secs_f64());
        self.changed();
    }

    /// Counts a round that was left to another process.
    pub fn busy_round(&self) {
        self.rounds.with_label_values(&["busy"]).inc();
    }

    /// Counts pulls.
    pub fn pulls(&self, results: &[PullResult]) {
        for result in results {
            let outcome = match &result.failure {
                None if result.did_something() => "new",
                None => "unchanged",
                Some(fault) if fault.class == STOPPED => "stopped",
                Some(_) if result.is_busy() => "busy",
                Some(_) if result.is_our_failure() => "failed_own",
                Some(_) => "failed_region",
            };
            self.pulls.with_label_values(&[outcome]).inc();
        }
        self.changed();
    }

    /// Counts publications.
    pub fn publications(&self, results: &[PublishResult]) {
        for result in results {
            let is_stop = |fault: &Fault| fault.class == STOPPED;
            let outcome = match &result.failure {
                None => "published",
                Some(fault) if is_stop(fault) => "stopped",
                Some(_) if result.refused => "refused",
                Some(_) => "failed",
            };
            self.publications.with_label_values(&[outcome]).inc();
        }
        self.changed();
    }

    /// Counts a request.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        self.requests.with_label_values(&[route, method, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[route, method]).observe(took.as_secs_f64());
    }

    /// All of it as text. What can't be derived is left out, and counted as such.
    ///
    /// # Errors
    /// When something has a form that Prometheus does not know.
    pub async fn text(&self, app: &App) -> Result<String> {
        let (states, failed) = self.states.registry(app, self.changes.load(Ordering::Relaxed)).await?;
        for (part, error) in failed {
            self.scrape_errors.with_label_values(&[part]).inc();
            tracing::debug!(part, "left out of the metrics: {error:#}");
        }
        let mut families = self.registry.gather();
        families.extend(states.gather());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(TextEncoder::new().encode_to_string(&families)?)
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// Class of the fault of what was told to stop.
const STOPPED: &str = "stopped";
