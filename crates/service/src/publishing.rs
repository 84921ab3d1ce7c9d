//! Publishes many periods, oldest first: what was begun is finished, what is due is made, and the sums of these follow.
//!
//! Running errors bind each issue to those reserved before it, so protecting and reserving go one after another; while the next
//! one is protected, the one before is rendered and written.

mod outcome;
mod rounded;
mod sums;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;
use vt_ledger::{OrderKind, RunId, StepName};
use vt_publication::PublicationError;
use vt_publication::history::History;
use vt_publication::publish::rebuild_pages;
use vt_publication::reservation::{Reservation, check_memory, closing, reservation};
use vt_vault::ReservationKey;

use crate::app::App;
use crate::belonging;
use crate::drive::{self, PublishingError};
use crate::issues::Issues;
use crate::journal::Journal;
use crate::overview::Overview;
use crate::progress::Task;
use crate::recount;

pub use outcome::{PublishResult, UNPROTECTED, ended, exit, is_refused_class, is_rule, results_text};

/// How often a publication is tried again that another process crossed.
const ATTEMPTS: usize = 3;

/// Publishes the next issue of periods, due or not, and then the longer periods that follow from them. One period's failure
/// holds up no later one, unless that is the sum of it.
///
/// # Errors
/// When a store can't be used at all, or the disclosure memory does not match the published store.
pub async fn publish_all(
    app: &App,
    run: RunId,
    overview: &Overview,
    periods: Vec<Period>,
) -> Result<Vec<PublishResult>> {
    settled_memory(app).await?;
    let task = app.progress.task("publish", periods.len());
    let mut work = Work::new(app, run, overview, task);
    if !periods.is_empty() {
        work.all(periods).await?;
    }
    work.task.finish();
    // A crash after a manifest leaves behind what follows from it; all of that follows from a listing.
    rebuild_pages(app.published.as_ref()).await.context("the pages of the published store")?;
    let mut results = work.results;
    results.sort_by_key(|result| result.periode);
    app.metrics.publications(&results);
    Ok(results)
}

/// Checks that the stores are the right ones, and that the disclosure memory is whole and is that of the published store: nothing is published
/// otherwise.
///
/// # Errors
/// Says what does not match and what to do.
pub async fn checked_memory(app: &App) -> Result<()> {
    belonging::ensure(app).await?;
    memory_matches(app).await
}

/// The same, when what a crash left reserved and not in its place was put there.
///
/// # Errors
/// As [`checked_memory`].
pub async fn settled_memory(app: &App) -> Result<()> {
    belonging::ensure(app).await?;
    app.vault.settle_turns().await?;
    memory_matches(app).await
}

async fn memory_matches(app: &App) -> Result<()> {
    let keys = app.vault.key_history().await?.entries().iter().map(|entry| entry.fingerprint.clone()).collect();
    check_memory(&app.vault, app.published.as_ref(), Some(&keys)).await?;
    Ok(())
}

/// Publishes those of the periods again that changed ([`recount::changed`]), by order of an operator, whatever the calendar says,
/// but at most once a day: oldest first, and then the sums that follow.
///
/// # Errors
/// As [`publish_all`].
pub async fn revise(
    app: &App,
    run: RunId,
    asked: impl Fn(&Period) -> bool,
    reason: &str,
) -> Result<Vec<PublishResult>> {
    let overview = Overview::read(app).await?;
    let wanted = recount::changed(app, &overview, asked).await?;
    tracing::info!(periods = wanted.len(), "published again by order of an operator: {reason}");
    publish_all(app, run, &overview, wanted).await
}

/// A set of publications under way.
struct Work<'a> {
    app: &'a App,
    run: RunId,
    overview: &'a Overview,
    /// What was issued, with what this work issued.
    issues: Issues,
    task: Task,
    results: Vec<PublishResult>,
    /// Periods that this work published.
    published: BTreeSet<Period>,
}

impl<'a> Work<'a> {
    fn new(app: &'a App, run: RunId, overview: &'a Overview, task: Task) -> Self {
        let issues = overview.issues.clone();
        Self { app, run, overview, issues, task, results: Vec::new(), published: BTreeSet::new() }
    }

    async fn all(&mut self, mut periods: Vec<Period>) -> Result<()> {
        periods.sort_by_key(|period| (period.begin(), period.kind()));
        periods.dedup();
        let (closed, periods): (Vec<Period>, Vec<Period>) =
            periods.into_iter().partition(|period| self.issues.is_closed(*period));
        for period in closed {
            self.refuse_closed(period).await;
        }
        let (begun, fresh): (Vec<Period>, Vec<Period>) =
            periods.into_iter().partition(|period| self.overview.interrupted(*period).is_some());
        for period in begun {
            if self.stopped() {
                return Ok(());
            }
            self.finish_begun(period).await;
        }
        let is_sum = self.overview.summed_now();
        let (sums, bases): (Vec<Period>, Vec<Period>) = fresh.into_iter().partition(|period| is_sum(*period));
        self.rounded(bases).await?;
        self.sums(sums).await
    }

    fn stopped(&self) -> bool {
        self.app.stop.is_cancelled()
    }

    /// What binds periods of these ISO years.
    async fn history(&self, periods: &[Period]) -> Result<Arc<History>> {
        let years: BTreeSet<i32> = periods.iter().map(|period| period.iso_year()).collect();
        Ok(Arc::new(History::read(&self.app.vault, years).await?))
    }

    /// The issue that another process has reserved since this one looked: it is finished, and no other is made.
    fn theirs(&self, history: &History, period: Period) -> Option<Reservation> {
        let newest = history.newest(period)?;
        (newest.uitgave >= self.issues.next(period) && !history.is_void(newest.key())).then(|| newest.clone())
    }

    fn journal(&self, period: Period) -> Journal {
        Journal::new(self.app.clock.clone(), OrderKind::Publish, period.to_string())
    }

    /// Reservations of the period's ISO year were removed after their term: nothing is known any more of what binds it.
    async fn refuse_closed(&mut self, period: Period) {
        let error = closing(&self.app.vault, period.iso_year()).await;
        let error = error.map_or_else(|error| error, |closing| closing.refusal());
        self.note(self.overview.next_issue(period), self.journal(period), Err(error.into())).await;
    }

    /// Finishes exactly the draft that was reserved.
    async fn finish_begun(&mut self, period: Period) {
        let Some(issue) = self.overview.interrupted(period) else { return };
        let mut journal = self.journal(period);
        journal.begin(StepName::Reserve);
        let outcome = match read_reservation(self.app, ReservationKey { period, issue }).await {
            Ok(reservation) => write(self.app, reservation, &mut journal).await,
            Err(error) => Err(error),
        };
        self.note(Issue { periode: period, uitgave: issue }, journal, outcome).await;
    }
}

async fn read_reservation(app: &App, key: ReservationKey) -> Result<Reservation, PublishingError> {
    let gone = || PublicationError::Reservation { period: key.period, issue: key.issue, rule: "it vanished".into() };
    Ok(reservation(&app.vault, key).await?.ok_or_else(gone)?)
}

/// Renders and writes a reservation, and gives it back.
async fn write(app: &App, reservation: Reservation, journal: &mut Journal) -> Result<Reservation, PublishingError> {
    drive::finish(app, &reservation, journal).await?;
    Ok(reservation)
}
