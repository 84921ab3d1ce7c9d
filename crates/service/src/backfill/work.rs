//! Carries a backfill out: a month of all its regions at a time, oldest first, and then what is to be published. Each part is
//! recorded as it is done, so that whoever goes on after a crash, a pause or a stop pulls nothing twice.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_ledger::{Backfill, BackfillItem, BackfillItemState, BackfillState, Fault, RunId};

use super::plan::BackfillPlan;
use super::touches;
use crate::app::App;
use crate::due::PullOrder;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::overview::Overview;
use crate::publishing::{self, PublishResult};
use crate::pulling::{self, Pace, PullResult, is_ours};
use crate::recount;
use crate::runlog;
use crate::runs;

/// How often it is looked whether an operator paused or cancelled a backfill.
const LOOK: Duration = Duration::from_millis(250);

/// How long is waited when somebody else holds what is needed.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of working on a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// A part of it was done.
    Part,
    /// Others hold what it needs: later.
    Waits,
    /// There is nothing left to do.
    Ended,
    /// It is paused, cancelled, or this process was told to stop.
    Stopped,
}

/// Works on the oldest backfill that is under way; whether there is one.
///
/// # Errors
/// When a store or the ledger can't be used.
pub async fn work_on_next(app: &App) -> Result<bool> {
    let Some(oldest) = app.ledger.oldest_running_backfill().await? else { return Ok(false) };
    if work_on(app, oldest).await? == Worked::Waits {
        app.pause(PATIENCE).await;
    }
    Ok(true)
}

/// Does the next part of a backfill.
///
/// # Errors
/// When a store or the ledger can't be used; failures of regions and periods are recorded.
pub async fn work_on(app: &App, id: i64) -> Result<Worked> {
    match app.ledger.backfill_state(id).await? {
        BackfillState::Running => {}
        BackfillState::Paused | BackfillState::Cancelled => return Ok(Worked::Stopped),
        BackfillState::Done | BackfillState::Partial => return Ok(Worked::Ended),
    }
    let Some(hold) = Hold::take(app, &format!("backfill {id}")).await? else { return Ok(Worked::Waits) };
    let watch = Watch::over(app, &hold, id);
    let app = app.under(&hold).stopped_by(watch.stop.clone());
    let worked = part(&app, &hold, id).await;
    drop(watch);
    hold.release().await;
    worked
}

async fn part(app: &App, hold: &Hold, id: i64) -> Result<Worked> {
    let mut waiting = app.ledger.waiting_items(id).await?;
    if let Some(month) = waiting.iter().map(|(_, maand)| *maand).min() {
        waiting.retain(|(_, maand)| *maand == month);
        return pull_month(app, hold, id, month, waiting).await;
    }
    let backfill = app.ledger.backfill(id).await?;
    if !backfill.published && !publish(app, &backfill).await? {
        return Ok(if app.stop.is_cancelled() { Worked::Stopped } else { Worked::Waits });
    }
    if !app.still_holds().await? {
        return Ok(Worked::Stopped);
    }
    let ended = app.ledger.end_backfill(id, app.clock.now()).await?;
    tracing::info!(backfill = id, state = ?ended.state, done = ended.done, failed = ended.failed, "backfill ended");
    Ok(Worked::Ended)
}

/// Pulls a month of regions that wait, not faster than regions are to be asked.
async fn pull_month(app: &App, hold: &Hold, id: i64, month: Month, waiting: Vec<(String, Month)>) -> Result<Worked> {
    let pace = tokio::time::sleep(Duration::from_secs(60) / app.backfill.months_per_minute);
    let orders = leave_out(app, hold, id, waiting).await?;
    let run = runs::begin(app, &format!("backfill {id}: pull {month}")).await?;
    let paced = Pace { regions_at_once: app.backfill.regions_at_once, backfill: Some(id) };
    let results = pulling::pull_all(app, run, orders, &paced).instrument(runlog::span(run)).await;
    let stopped = app.stop.is_cancelled();
    let exit = match &results {
        _ if stopped => Exit::Interrupted,
        Ok(results) => pulling::exit(results),
        Err(_) => Exit::Failed,
    };
    runs::finish(app, run, exit).await?;
    let results = results?;
    if stopped {
        return Ok(Worked::Stopped);
    }
    tokio::select! {
        () = pace => {}
        () = app.stop.cancelled() => {}
    }
    let busy = !results.is_empty() && results.iter().all(PullResult::is_busy);
    Ok(if busy { Worked::Waits } else { Worked::Part })
}

/// Regions that were paused or went out of service since the plan was made are not asked: that is noted.
async fn leave_out(app: &App, hold: &Hold, id: i64, waiting: Vec<(String, Month)>) -> Result<Vec<PullOrder>> {
    let arrangements = crate::arrangements::Arrangements::new(app.ledger.arrangements().await?);
    let today = app.clock.today();
    let mut orders = Vec::new();
    for (vt, maand) in waiting {
        match arrangements.keeps_out(&vt, today) {
            Some(it) => {
                let fault =
                    Fault::new("kept_out", &format!("{vt} is kept out: {}; retry when that has ended", it.reason));
                let now = app.clock.now();
                let _ = app.ledger.finish_backfill_item(id, &vt, maand, Err(fault), now, Some(hold.lease())).await?;
            }
            None => orders.push(PullOrder { vt, maand }),
        }
    }
    Ok(orders)
}

/// Publishes what follows, once; whether it was done to its end.
async fn publish(app: &App, backfill: &Backfill) -> Result<bool> {
    let plan = BackfillPlan::read("the ledger", &backfill.plan).context("the plan of this backfill")?;
    let Some(hold) = Hold::take(app, "run").await? else { return Ok(false) };
    let app = &app.under(&hold);
    let ended = publish_held(app, backfill.id, &plan).await;
    hold.release().await;
    let (run, outcome, exit) = ended?;
    runs::finish(app, run, exit).await?;
    let results = outcome?;
    if exit == Exit::Interrupted {
        return Ok(false);
    }
    let failed = unpublished(&results);
    let _ = app.ledger.mark_backfill_published(backfill.id, failed.as_deref(), app.clock.now()).await?;
    Ok(true)
}

/// Publishes in a run of its own, of which this process has hold: the run, what came of it, and how it ended.
async fn publish_held(app: &App, id: i64, plan: &BackfillPlan) -> Result<(RunId, Result<Vec<PublishResult>>, Exit)> {
    let run = runs::begin(app, &format!("backfill {id}: publish")).await?;
    let outcome = publish_all(app, run, id, plan).instrument(runlog::span(run)).await;
    let exit = publishing::ended(app, &outcome).await?;
    Ok((run, outcome, exit))
}

async fn publish_all(app: &App, run: RunId, id: i64, plan: &BackfillPlan) -> Result<Vec<PublishResult>> {
    let overview = Overview::read(app).await?;
    let items = app.ledger.backfill_items(id).await?;
    let ours = items.iter().filter(|item| is_our_failure(item)).map(|item| (item.vt.as_str(), item.maand));
    let touched = |period: &Period| touches(*period, plan.asked.from, plan.asked.to);
    let (due, _) = overview.due(app, &ours.collect::<Vec<_>>());
    let mut periods: BTreeSet<Period> = due.into_iter().filter(touched).collect();
    if let Some(reason) = &plan.asked.reason {
        periods.extend(recount::changed(app, &overview, touched).await?);
        tracing::info!(backfill = id, "changed periods are published again by order of an operator: {reason}");
    }
    publishing::publish_all(app, run, &overview, periods.into_iter().collect()).await
}

/// Which periods could not be published, and why the first could not. Those that wait for a region have a failed item.
fn unpublished(results: &[PublishResult]) -> Option<String> {
    let failed: Vec<_> = results.iter().filter_map(|result| Some((result.periode, result.failure.as_ref()?))).collect();
    let (first, fault) = failed.first()?;
    let more = failed.len() - 1;
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    Some(format!("{first}{more}: {}: {}", fault.class, fault.message))
}

fn is_our_failure(item: &BackfillItem) -> bool {
    item.state == BackfillItemState::Failed && item.fault.as_ref().is_some_and(|fault| is_ours(&fault.class))
}

/// When a backfill will have pulled all, at the pace of its last hundred region-months; nothing before two of them are done, and
/// nothing when it has stood still since.
pub fn expected_end(state: BackfillState, items: &[BackfillItem], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    const PACE: usize = 100;
    let waiting = items.iter().filter(|item| item.state == BackfillItemState::Waiting).count();
    let mut tried: Vec<DateTime<Utc>> = items
        .iter()
        .filter(|item| item.state != BackfillItemState::Waiting)
        .filter_map(|item| item.changed_at)
        .collect();
    tried.sort();
    let last = &tried[tried.len().saturating_sub(PACE)..];
    let (first, newest) = (last.first()?, last.last()?);
    let steps = i64::try_from(last.len()).ok()?.checked_sub(1).filter(|steps| *steps > 0)?;
    let took = *newest - *first;
    let stands_still = now - *newest > took + TimeDelta::minutes(10);
    let left = took.checked_mul(i32::try_from(waiting).ok()?)? / i32::try_from(steps).ok()?;
    (state == BackfillState::Running && !stands_still).then(|| now + left)
}

/// Watches whether an operator pauses or cancels a backfill: its work stops at once, at a step's boundary.
struct Watch {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn over(app: &App, hold: &Hold, id: i64) -> Self {
        let (stop, ledger) = (hold.stop().child_token(), app.ledger.clone());
        let cancel = stop.clone();
        let watch = async move {
            loop {
                tokio::time::sleep(LOOK).await;
                match ledger.backfill_state(id).await {
                    Ok(state) if state != BackfillState::Running => return cancel.cancel(),
                    Ok(_) => {}
                    Err(error) => tracing::warn!("whether backfill {id} was paused can not be seen: {error}"),
                }
            }
        };
        Self { stop, task: tokio::spawn(watch.in_current_span()) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(state: BackfillItemState, minute: Option<u32>) -> BackfillItem {
        let changed_at = minute.map(|minute| format!("2020-08-05T06:{minute:02}:00Z").parse().unwrap());
        BackfillItem {
            vt: "VT07".into(),
            maand: "2020-07".parse().unwrap(),
            state,
            attempts: 1,
            fault: None,
            changed_at,
        }
    }

    #[test]
    fn the_end_is_expected_at_the_pace_of_what_was_done() {
        let at = |minute: u32| format!("2020-08-05T06:{minute:02}:00Z").parse::<DateTime<Utc>>().unwrap();
        let mut items: Vec<BackfillItem> = (0..5).map(|minute| item(BackfillItemState::Done, Some(minute))).collect();
        items.extend((0..8).map(|_| item(BackfillItemState::Waiting, None)));
        assert_eq!(expected_end(BackfillState::Running, &items, at(4)), Some(at(12)), "a minute each");
        assert_eq!(expected_end(BackfillState::Paused, &items, at(4)), None);
        assert_eq!(expected_end(BackfillState::Running, &items, at(40)), None, "it stands still");
        assert_eq!(expected_end(BackfillState::Running, &items[..1], at(4)), None);
    }
}
