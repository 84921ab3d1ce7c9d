//! Publishes many periods, oldest first: what was begun is finished, then what is due is made.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use futures::{StreamExt, stream};
use serde::Serialize;
use vt_disclosure::{CellTable, Protection};
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;
use vt_ledger::{Fault, OrderKind, RunId, StepName};
use vt_publication::PublicationError;
use vt_publication::gate::PeriodInput;
use vt_publication::publish::{PublishedSnapshot, rebuild_latest};
use vt_publication::reservation::{check_memory, reservation};
use vt_vault::ReservationKey;

use crate::app::App;
use crate::drive::{self, PublishingError};
use crate::exit::Exit;
use crate::journal::Journal;
use crate::output::{count, table};
use crate::overview::Overview;
use crate::progress::Task;

/// Periods that are protected at the same time, ahead of the one that is being written.
const PROTECTED_AHEAD: usize = 2;

/// What came of one period, for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct PublishResult {
    /// The period.
    pub periode: Period,
    /// The issue, when one was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uitgave: Option<u32>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Fault>,
    /// Whether a rule refused it, rather than something failing.
    #[serde(skip)]
    pub refused: bool,
}

/// Publishes periods that are due. One period's failure holds up no later one.
///
/// # Errors
/// When a store can't be used at all, or the disclosure memory does not match the published store.
pub async fn publish_all(
    app: &App,
    run: RunId,
    overview: &Overview,
    mut periods: Vec<Period>,
) -> Result<Vec<PublishResult>> {
    check_memory(&app.vault, app.published.as_ref()).await?;
    periods.sort();
    if periods.is_empty() {
        rebuild_latest(app.published.as_ref()).await.context("latest.json")?;
        return Ok(Vec::new());
    }
    let task = app.progress.task("publish", periods.len());
    let (begun, fresh): (Vec<Period>, Vec<Period>) =
        periods.into_iter().partition(|p| overview.reserved.contains_key(p));
    let mut results = Vec::new();
    for period in begun {
        if app.stop.is_cancelled() {
            break;
        }
        results.push(finish_one(app, run, period, overview.reserved[&period], &task).await);
    }
    results.extend(publish_fresh(app, run, overview, fresh, &task).await?);
    task.finish();
    // A crash between manifest and latest.json leaves the latter behind; it follows from a listing.
    rebuild_latest(app.published.as_ref()).await.context("latest.json")?;
    results.sort_by_key(|result| result.periode);
    Ok(results)
}

async fn finish_one(app: &App, run: RunId, period: Period, issue: u32, task: &Task) -> PublishResult {
    let mut journal = Journal::new(app.clock.clone(), OrderKind::Publish, period.to_string());
    let outcome = async {
        journal.begin(StepName::Reserve);
        let key = ReservationKey { period, issue };
        let gone = || PublicationError::Reservation { period, issue, rule: "it vanished".into() };
        let reservation = reservation(&app.vault, key).await?.ok_or_else(gone)?;
        drive::finish(app, reservation, &mut journal).await
    };
    let outcome = outcome.await;
    note(app, run, Issue { periode: period, uitgave: issue }, journal, outcome, task).await
}

async fn publish_fresh(
    app: &App,
    run: RunId,
    overview: &Overview,
    periods: Vec<Period>,
    task: &Task,
) -> Result<Vec<PublishResult>> {
    if periods.is_empty() || app.stop.is_cancelled() {
        return Ok(Vec::new());
    }
    let mut journals: BTreeMap<Period, Journal> = BTreeMap::new();
    let mut inputs = Vec::new();
    for &period in &periods {
        let mut journal = Journal::new(app.clock.clone(), OrderKind::Publish, period.to_string());
        journal.begin(StepName::Gate);
        inputs.push(overview.input(app, period));
        journal.begin(StepName::Aggregate);
        journals.insert(period, journal);
    }
    let cells = match drive::aggregate(app, &inputs).await {
        Ok(cells) => cells,
        Err(error) if periods.len() == 1 => {
            let journal = journals.remove(&periods[0]).context("a journal per period")?;
            return Ok(vec![note(app, run, overview.next_issue(periods[0]), journal, Err(error), task).await]);
        }
        // Together they can't be counted: one by one shows which is to blame.
        Err(_) => return one_by_one(app, run, overview, periods, task).await,
    };
    let jobs: Vec<(PeriodInput, CellTable)> = inputs.into_iter().zip(cells).collect();
    let protected = stream::iter(jobs).map(|(input, cells)| async move { (input, drive::protect(app, cells).await) });
    let mut protected = std::pin::pin!(protected.buffered(PROTECTED_AHEAD));
    let mut results = Vec::new();
    while let Some((input, protection)) = protected.next().await {
        let mut journal = journals.remove(&input.period).context("a journal per period")?;
        journal.begin(StepName::Protect);
        let issue = overview.next_issue(input.period);
        let outcome = bring_out(app, &input, issue.uitgave, protection, &mut journal).await;
        let stopped = matches!(outcome, Err(PublishingError::Stopped));
        if stopped {
            break;
        }
        results.push(note(app, run, issue, journal, outcome, task).await);
    }
    Ok(results)
}

async fn one_by_one(
    app: &App,
    run: RunId,
    overview: &Overview,
    periods: Vec<Period>,
    task: &Task,
) -> Result<Vec<PublishResult>> {
    let mut results = Vec::new();
    for period in periods {
        results.extend(Box::pin(publish_fresh(app, run, overview, vec![period], task)).await?);
    }
    Ok(results)
}

async fn bring_out(
    app: &App,
    input: &PeriodInput,
    issue: u32,
    protection: Result<Protection, PublishingError>,
    journal: &mut Journal,
) -> Result<PublishedSnapshot, PublishingError> {
    let protection = protection?;
    for measure in protection.audit.measures.iter().filter(|measure| measure.widened) {
        tracing::warn!(period = %input.period, measure = measure.measure, "rounded beyond the adjacent multiples, within the bound");
    }
    drive::publish(app, input, issue, protection, journal).await
}

/// Records what came of a period, in the ledger and for the operator.
async fn note(
    app: &App,
    run: RunId,
    issue: Issue,
    journal: Journal,
    outcome: Result<PublishedSnapshot, PublishingError>,
    task: &Task,
) -> PublishResult {
    let failure = outcome.as_ref().err().map(fault);
    let steps = match &failure {
        Some(fault) => journal.failed(fault),
        None => journal.done(),
    };
    let mut result = PublishResult {
        periode: issue.periode,
        uitgave: outcome.as_ref().ok().map(|published| published.issue.uitgave),
        refused: outcome.as_ref().err().is_some_and(is_refusal),
        failure,
    };
    let recorded = async {
        let _ = app.ledger.record_steps(run, &steps).await?;
        if let Some(fault) = &result.failure {
            tracing::warn!(period = %issue.periode, class = fault.class, "not published: {}", fault.message);
            let _ = app.ledger.record_held_back(issue.periode, issue.uitgave, app.clock.now(), fault).await?;
        }
        Ok::<(), vt_ledger::LedgerError>(())
    };
    if let Err(error) = recorded.await {
        result.failure.get_or_insert(Fault::new("ledger", &error.to_string()));
    }
    task.step(&issue.periode.to_string());
    result
}

fn fault(error: &PublishingError) -> Fault {
    let class = match error {
        PublishingError::Publication(_) => "publication",
        PublishingError::Protect(_) => "protect",
        PublishingError::Bases(_) => "bases",
        PublishingError::Render(_) => "render",
        PublishingError::Publish(_) => "publish",
        PublishingError::Vault(_) => "vault",
        PublishingError::Ledger(_) => "ledger",
        PublishingError::Key(_) => "key",
        PublishingError::Stopped => "stopped",
    };
    Fault::new(class, &error.to_string())
}

fn is_refusal(error: &PublishingError) -> bool {
    matches!(
        error,
        PublishingError::Protect(_)
            | PublishingError::Publication(
                PublicationError::RevisionNotYet { .. }
                    | PublicationError::MemoryLost { .. }
                    | PublicationError::Overlap { .. }
            )
    )
}

/// How a set of publications ended.
pub fn exit(results: &[PublishResult]) -> Exit {
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    match failed {
        0 => Exit::Done,
        n if n < results.len() => Exit::Partial,
        _ if results.iter().all(|result| result.refused) => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// What publications came to, as text.
pub fn results_text(results: &[PublishResult]) -> String {
    if results.is_empty() {
        return "no period is due\n".into();
    }
    let published = results.iter().filter(|result| result.failure.is_none()).count();
    let rows = results.iter().map(|result| {
        [
            result.periode.to_string(),
            result.uitgave.map_or_else(|| "-".into(), |issue| issue.to_string()),
            result
                .failure
                .as_ref()
                .map_or_else(|| "published".into(), |fault| format!("{}: {}", fault.class, fault.message)),
        ]
    });
    table(["period", "issue", "outcome"], rows) + &format!("\n{} published\n", count(published, "snapshot"))
}
