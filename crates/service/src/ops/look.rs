//! What can be looked at.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_ledger::{AuditFilter, DeliveryFilter, LedgerError, RunId};

use super::arrange::known;
use super::{NotFound, Wrong};
use crate::app::App;
use crate::overview::{Overview, PeriodOverview, RegionOverview};
use crate::preview::{Wake, preview};
use crate::schedule::LocalCron;
use crate::views::{
    AuditVerdictView, AuditView, DeliveryView, FailedPullView, FindingView, HeldBackView, LineView, MonthView, Page,
    RegionView, RunView, StepView,
};

/// Which months and periods are there, late or due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The day it is about.
    pub today: NaiveDate,
    /// The kind of period that is published.
    pub cadence: String,
    /// When the service would wake next.
    pub next_wakes: Vec<DateTime<Utc>>,
    /// Per region.
    pub regions: Vec<RegionOverview>,
    /// Per period.
    pub periods: Vec<PeriodOverview>,
    /// Region-months whose last pull failed.
    pub failed_pulls: Vec<FailedPullView>,
    /// Issues that could not be published.
    pub held_back: Vec<HeldBackView>,
}

impl Status {
    /// What an overview and the ledger say; `regions`: those of the overview, where they are wanted.
    pub(crate) async fn of(app: &App, overview: &Overview, regions: Vec<RegionOverview>) -> Result<Self> {
        let cron = LocalCron::parse(&app.schedule.wake)?;
        Ok(Self {
            today: overview.today,
            cadence: overview.cadence.on(overview.today).to_string(),
            next_wakes: cron.after(app.clock.now()).take(3).collect(),
            regions,
            periods: overview.periods(app),
            failed_pulls: app.ledger.failed_pulls().await?.iter().map(Into::into).collect(),
            held_back: app.ledger.held_back(None).await?.iter().map(Into::into).collect(),
        })
    }

    /// The same without what failures say, which may name sizes: for those who must not count records.
    pub fn without_details(mut self) -> Self {
        self.failed_pulls.iter_mut().for_each(|failed| failed.message.clear());
        self.held_back.iter_mut().for_each(|held| held.message.clear());
        self
    }
}

/// Derives the status.
///
/// # Errors
/// When a store or the ledger can't be read.
pub async fn status(app: &App) -> Result<Status> {
    let overview = Overview::read(app).await?;
    Status::of(app, &overview, overview.regions(app)).await
}

/// All regions.
///
/// # Errors
/// When a store can't be read.
pub async fn regions(app: &App) -> Result<Vec<RegionOverview>> {
    Ok(Overview::read(app).await?.regions(app))
}

/// A region, with its months.
///
/// # Errors
/// [`NotFound`]; when a store can't be read.
pub async fn region(app: &App, vt: &str) -> Result<RegionView> {
    known(app, vt)?;
    let overview = Overview::read(app).await?;
    let row = overview.regions(app).into_iter().find(|region| region.vt == vt);
    let row = row.ok_or_else(|| {
        NotFound::new(
            format!("{vt} was in force in no month that is looked after"),
            format!("{vt} was geen regio in de maanden die worden bijgehouden"),
        )
    })?;
    let (terms, covered) = (overview.terms(app), overview.covered());
    let months = app.schedule.first_month.through(Month::of(overview.today));
    let in_force = |month: &Month| app.register.vt_regions(month.last_day()).iter().any(|region| region.code == vt);
    let months = months.filter(in_force).map(|maand| {
        let (day, window) = (covered.get(&(vt.to_owned(), maand)).copied(), terms.window(vt, maand));
        let state = terms.month_state(vt, maand, day);
        MonthView { maand, state, covered: day, due: window.due, extended: window.extended }
    });
    let mut months: Vec<MonthView> = months.collect();
    months.reverse();
    let arrangements = overview.arrangements.on(overview.today).filter(|it| it.vt == vt).map(Into::into).collect();
    Ok(RegionView { overview: row, months, arrangements })
}

/// Which deliveries.
#[derive(Debug, Clone, Default)]
pub struct DeliveryQuery {
    /// Only of this region.
    pub vt: Option<String>,
    /// Only of this month.
    pub maand: Option<Month>,
}

/// Judged deliveries, with counts of records where these may be seen.
///
/// # Errors
/// [`Wrong`] when what is asked for is no region; when the ledger can't be read.
pub async fn deliveries(app: &App, query: DeliveryQuery, counts: bool) -> Result<Vec<DeliveryView>> {
    if let Some(vt) = &query.vt {
        known(app, vt).map_err(|unknown| Wrong { field: "regio", rule: unknown.0 })?;
    }
    let filter = DeliveryFilter { vt: query.vt, from: query.maand, to: query.maand, ..DeliveryFilter::default() };
    Ok(app.ledger.deliveries(&filter).await?.iter().map(|it| DeliveryView::new(it, counts)).collect())
}

/// What the checks found in a region's month.
///
/// # Errors
/// [`NotFound`] when no delivery of it is known.
pub async fn findings(app: &App, vt: &str, maand: Month) -> Result<Vec<FindingView>> {
    if app.ledger.deliveries(&DeliveryFilter::of(vt, maand)).await?.is_empty() {
        let nl = format!("van {vt} {maand} is geen levering bekend");
        return Err(NotFound::new(format!("no delivery of {vt} {maand} is known"), nl).into());
    }
    Ok(app.ledger.findings(vt, maand).await?.iter().map(Into::into).collect())
}

/// Runs, newest first.
///
/// # Errors
/// When the ledger can't be read.
pub async fn runs(app: &App, below: Option<i64>, limit: u32) -> Result<Page<RunView>> {
    let runs = app.ledger.runs_below(below, limit).await?;
    let more = runs.len() == limit as usize;
    let next = runs.last().filter(|_| more).map(|run| run.id.to_string());
    Ok(Page { items: runs.iter().map(Into::into).collect(), next })
}

/// A run.
///
/// # Errors
/// [`NotFound`].
pub async fn run(app: &App, id: i64) -> Result<RunView> {
    let run = app.ledger.run(RunId(id)).await?;
    Ok((&run.ok_or_else(|| NotFound::new(format!("there is no run {id}"), format!("er is geen run {id}")))?).into())
}

/// The steps of a run; `details`: with what failures say, not only their class.
///
/// # Errors
/// [`NotFound`].
pub async fn steps(app: &App, id: i64, details: bool) -> Result<Vec<StepView>> {
    run(app, id).await?;
    Ok(app.ledger.steps(RunId(id)).await?.iter().map(|step| StepView::new(step, details)).collect())
}

/// What a run logged, after a line.
///
/// # Errors
/// [`NotFound`].
pub async fn line_page(app: &App, id: i64, above: i64, limit: u32) -> Result<Page<LineView>> {
    run(app, id).await?;
    let lines = app.ledger.lines_of(RunId(id), above, limit).await?;
    let more = lines.len() == limit as usize;
    let next = lines.last().filter(|_| more).map(|line| line.seq.to_string());
    Ok(Page { items: lines.iter().map(Into::into).collect(), next })
}

/// The newest lines of a run, oldest of them first.
///
/// # Errors
/// [`NotFound`].
pub async fn newest_lines(app: &App, id: i64, limit: u32) -> Result<Vec<LineView>> {
    run(app, id).await?;
    Ok(app.ledger.newest_lines_of(RunId(id), limit).await?.iter().map(Into::into).collect())
}

/// The next wakes, and what comes up at each.
///
/// # Errors
/// When a store or the ledger can't be read.
pub async fn schedule(app: &App, n: usize) -> Result<Vec<Wake>> {
    let overview = Overview::read(app).await?;
    Ok(preview(app, &overview, &LocalCron::parse(&app.schedule.wake)?, n))
}

/// Who decided what, newest first.
///
/// # Errors
/// When the ledger can't be read.
pub async fn audit_log(app: &App, filter: &AuditFilter) -> Result<Page<AuditView>> {
    let entries = app.ledger.audit_log(filter).await?;
    let more = entries.len() == filter.limit as usize;
    let next = entries.last().filter(|_| more).map(|entry| entry.seq.to_string());
    Ok(Page { items: entries.iter().map(Into::into).collect(), next })
}

/// Whether the audit log is whole; `expect`: and still has the entry whose digest somebody kept elsewhere.
///
/// # Errors
/// [`Wrong`] when that is no digest; when the ledger can't be read.
pub async fn audit_verdict(app: &App, expect: Option<&str>) -> Result<AuditVerdictView> {
    let Some(kept) = expect else { return Ok(app.ledger.verify_audit().await?.into()) };
    let verdict = app.ledger.verify_audit_with(&kept.trim().to_ascii_lowercase()).await;
    Ok(verdict
        .map_err(|error| match error {
            LedgerError::Invalid { reason } => anyhow::Error::from(Wrong::new(
                "expect",
                reason,
                "een kenmerk heeft 64 cijfers en letters van a tot en met f",
            )),
            other => other.into(),
        })?
        .into())
}
