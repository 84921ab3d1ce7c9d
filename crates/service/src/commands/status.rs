//! `status`: which months and periods are there, late or due.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use vt_domain::period::PeriodKind;
use vt_ledger::{FailedPull, HeldBack};

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Output, count, table};
use crate::overview::{Overview, PeriodOverview, RegionOverview};
use crate::schedule::LocalCron;

/// What `status` answers.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The day it is about.
    pub today: NaiveDate,
    /// The kind of period that is published.
    pub cadence: PeriodKind,
    /// When the service would wake next.
    pub next_wakes: Vec<DateTime<Utc>>,
    /// Per region.
    pub regions: Vec<RegionOverview>,
    /// Per period.
    pub periods: Vec<PeriodOverview>,
    /// Region-months whose last pull failed.
    pub failed_pulls: Vec<FailedPull>,
    /// Issues that could not be published.
    pub held_back: Vec<HeldBack>,
}

impl Status {
    /// Derives it.
    ///
    /// # Errors
    /// When a store or the ledger can't be read.
    pub async fn read(app: &App) -> Result<Self> {
        let overview = Overview::read(app).await?;
        let cron = LocalCron::parse(&app.schedule.wake)?;
        Ok(Self {
            today: overview.today,
            cadence: app.schedule.cadence,
            next_wakes: cron.after(app.clock.now()).take(3).collect(),
            regions: overview.regions(app),
            periods: overview.periods(app),
            failed_pulls: app.ledger.failed_pulls().await?,
            held_back: app.ledger.held_back(Some(app.schedule.cadence)).await?,
        })
    }
}

pub(super) async fn run(output: Output, app: &App) -> Result<Exit> {
    output.answer(&Status::read(app).await?, text)?;
    Ok(Exit::Done)
}

fn text(status: &Status) -> String {
    let mut text = format!("{}, cadence {}\n\n", status.today, status.cadence);
    text += &regions_text(&status.regions);
    text += "\n";
    text += &periods_text(&status.periods);
    for failed in &status.failed_pulls {
        text += &format!("\npull of {} {} failed {}: {}", failed.vt, failed.maand, times(failed), failed.fault.message);
    }
    for held in &status.held_back {
        text += &format!("\n{} issue {} is held back: {}", held.period, held.issue, held.reason.message);
    }
    text
}

fn times(failed: &FailedPull) -> String {
    count(usize::try_from(failed.attempts).unwrap_or(usize::MAX), "time")
}

/// The regions as a table.
pub fn regions_text(regions: &[RegionOverview]) -> String {
    table(
        ["region", "name", "deliveries", "accepted", "rejected", "complete months", "late", "month-to-date"],
        regions.iter().map(|region| {
            [
                region.vt.clone(),
                region.naam.clone(),
                region.deliveries.to_string(),
                region.accepted.to_string(),
                region.rejected.to_string(),
                region.complete.to_string(),
                months(&region.late),
                months(&region.month_to_date),
            ]
        }),
    )
}

fn months(months: &[vt_domain::Month]) -> String {
    match months {
        [] => "-".into(),
        [one] => one.to_string(),
        [first, .., last] if months.len() > 3 => format!("{} ({first} … {last})", months.len()),
        few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

/// The periods as a table.
pub fn periods_text(periods: &[PeriodOverview]) -> String {
    table(
        ["period", "first day", "last day", "complete regions", "state"],
        periods.iter().map(|period| {
            [
                period.periode.to_string(),
                period.begin.to_string(),
                period.eind.to_string(),
                format!("{} of {}", period.complete, period.regions),
                format!("{}{}", period.state.text(), missing(period)),
            ]
        }),
    )
}

fn missing(period: &PeriodOverview) -> String {
    let missing = &period.missing;
    if missing.is_empty() || missing.len() == period.regions && period.state == crate::due::PeriodState::Running {
        return String::new();
    }
    let days: std::collections::BTreeSet<u32> = missing.values().copied().collect();
    let lack = match (days.first(), days.last()) {
        (Some(few), Some(many)) if few == many => count(*few as usize, "day"),
        (Some(few), Some(many)) => format!("{few} to {many} days"),
        _ => return String::new(),
    };
    if missing.len() <= 3 {
        let who = missing.keys().cloned().collect::<Vec<_>>().join(", ");
        format!("; {who} lack {lack}")
    } else {
        format!("; {} regions lack {lack}", missing.len())
    }
}
