//! Begins and ends a run in the ledger, and clears up after runs whose process is gone.

use std::process;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use vt_ledger::{Lease, LedgerError, NewRun, ProcessMark, RunId, RunOutcome, SILENCE_OF_A_LOST_RUN};

use crate::app::App;
use crate::belonging;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::runlog;
use crate::sweep::sweep;

/// How long a process may hold up others while it begins.
const START_LEASE: Duration = Duration::from_secs(60);

/// Begins a run of this process. Before that, what processes left that are gone is cleared up: their runs and leases are
/// closed, so that `kill -9` costs the next run no waiting, and half-written files are removed.
///
/// # Errors
/// When the ledger can't be written or a left file can't be removed.
pub async fn begin(app: &App, command: &str) -> Result<RunId> {
    let start = claim_start(app).await?;
    let begun = begin_alone(app, command).await;
    // Also when that failed: whoever tries again must not wait for nobody.
    let released = app.ledger.release(&start).await;
    let run = begun?;
    released?;
    Ok(run)
}

/// Begins a run while no other process begins one.
async fn begin_alone(app: &App, command: &str) -> Result<RunId> {
    let now = app.clock.now();
    for lost in app.ledger.interrupted_runs(now, SILENCE_OF_A_LOST_RUN).await? {
        tracing::warn!(
            lost = lost.id.0,
            command = lost.command,
            "an earlier run was interrupted; what it left is taken up"
        );
    }
    release_gone(app).await?;
    let run = app.ledger.begin_run(&NewRun::of_this_process(command, App::software(), now)).await?;
    let alone = !app.ledger.latest_runs(100).await?.iter().any(|other| other.id != run && other.ended.is_none())
        && !app.ledger.leases().await?.iter().any(|lease| lease.name.starts_with(UPLOAD));
    // Of another service's store, what is under way there is not ours to clear up.
    if alone && belonging::check(app).await.is_ok() {
        let swept = sweep(&app.local_stores, app.local_private.as_deref())?;
        if swept > 0 {
            tracing::info!(files = swept, "removed what an interrupted run left half-written");
        }
    }
    Ok(run)
}

/// How the leases begin under which files come in by hand, outside any run.
const UPLOAD: &str = "upload ";

/// Holds that files come in by hand: what lies in the quarantine is not cleared up as long as that lasts.
///
/// # Errors
/// When the ledger can't be written.
pub async fn hold_upload(app: &App, name: &str) -> Result<Hold> {
    // Beginning runs look for it before they clear up.
    let start = claim_start(app).await?;
    let hold = Hold::take(app, &format!("{UPLOAD}{name}")).await;
    app.ledger.release(&start).await?;
    hold?.context("another upload has the same random name")
}

/// One process at a time begins: another must not write while this one clears up.
async fn claim_start(app: &App) -> Result<Lease> {
    for _ in 0..1200 {
        release_gone(app).await?;
        if let Some(lease) = app.ledger.claim("start", &holder(), START_LEASE).await? {
            return Ok(lease);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("another process has been starting for a minute; try again")
}

/// Gives back leases of processes of this machine that are gone.
///
/// # Errors
/// When the ledger can't be used.
pub async fn release_gone(app: &App) -> Result<(), LedgerError> {
    for lease in app.ledger.leases().await? {
        if lease.holder.parse::<ProcessMark>().is_ok_and(|mark| mark.is_gone()) {
            app.ledger.release(&lease).await?;
        }
    }
    Ok(())
}

/// Ends a run.
///
/// # Errors
/// [`LedgerError`] when the ledger can't be written.
pub async fn finish(app: &App, run: RunId, exit: Exit) -> Result<(), LedgerError> {
    let outcome = match exit {
        Exit::Done => RunOutcome::Succeeded,
        Exit::Partial => RunOutcome::Partial,
        Exit::Interrupted => RunOutcome::Stopped,
        _ => RunOutcome::Failed,
    };
    runlog::flush().await;
    app.ledger.finish_run(run, app.clock.now(), outcome).await.map(drop)
}

/// Who holds a lease: this process, in a form by which another can tell whether it is gone.
pub fn holder() -> String {
    ProcessMark::current().map_or_else(|| format!("process {}", process::id()), |mark| mark.to_string())
}
