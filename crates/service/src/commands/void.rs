//! `void`: gives up a reservation that can't be finished.

use anyhow::{Context, Result};
use serde::Serialize;
use tracing::Instrument;
use vt_domain::snapshot::Issue;
use vt_ledger::{Publication, PublicationStatus};
use vt_publication::reservation::{Void, clear_draft, void};
use vt_vault::ReservationKey;

use super::who;
use crate::app::App;
use crate::cli::VoidArgs;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::issues::Issues;
use crate::output::Output;
use crate::progress::say;
use crate::publishing::checked_memory;
use crate::runlog;
use crate::runs;

/// What `void` did.
#[derive(Debug, Serialize)]
struct Voided {
    #[serde(flatten)]
    issue: Issue,
    /// Whether it was made void now; false when it was so before.
    changed: bool,
    /// Files of its draft that were removed from the published store.
    cleared: usize,
}

pub(super) async fn run(args: &VoidArgs, output: Output, app: &App) -> Result<Exit> {
    if args.reason.trim().is_empty() {
        say("refused: say why, for the record: --reason \"…\"");
        return Ok(Exit::Refused);
    }
    let issue = Issue { periode: args.period, uitgave: args.issue };
    who::note(app, "publish.void", &issue.to_string(), &args.reason).await?;
    let run =
        runs::begin(app, &format!("void --period {} --issue {} --reason {:?}", args.period, args.issue, args.reason))
            .await?;
    // A run that is at work could be about to finish it.
    let Some(hold) = Hold::take(app, "run").await? else {
        say("refused: a run is at work here, and may be finishing it; try again when it has ended");
        runs::finish(app, run, Exit::Refused).await?;
        return Ok(Exit::Refused);
    };
    let outcome = give_up(app, issue, &args.reason).instrument(runlog::span(run)).await;
    hold.release().await;
    let exit = match &outcome {
        Ok(Ok(_)) => Exit::Done,
        Ok(Err(_)) => Exit::Refused,
        Err(_) => Exit::Failed,
    };
    runs::finish(app, run, exit).await?;
    match outcome? {
        Ok((changed, cleared)) => output.answer(&Voided { issue, changed, cleared }, text)?,
        Err(refusal) => say(&format!("refused: {issue} {refusal}")),
    }
    Ok(exit)
}

/// Whether it was made void now and how many files of its draft were removed, or why that is refused.
async fn give_up(app: &App, issue: Issue, reason: &str) -> Result<Result<(bool, usize), &'static str>> {
    let Issue { periode: period, uitgave } = issue;
    checked_memory(app).await?;
    let issues = Issues::read(&app.vault, app.published.as_ref()).await?;
    let Some(of) = issues.of(period).filter(|of| of.is_reserved(uitgave)) else {
        return Ok(Err("is not reserved: there is nothing to give up"));
    };
    if of.is_published(uitgave) {
        return Ok(Err("was published, and what was published stays: publish a new issue when it is wrong"));
    }
    // What the ledger would refuse after the mark is refused before it.
    let recorded = app.ledger.publications(Some(period.kind())).await?;
    let is_it = |row: &&Publication| (row.period, row.issue) == (period, uitgave);
    if recorded.iter().find(is_it).is_some_and(|row| row.status == PublicationStatus::Published) {
        return Ok(Err(
            "has no manifest in the published store, and the ledger says that it was published: restore the \
                       newest copy of the published store",
        ));
    }
    let key = ReservationKey { period, issue: uitgave };
    let mark = Void { reason: reason.to_owned(), at: app.clock.now(), software: App::software() };
    let changed = void(&app.vault, app.published.as_ref(), key, &mark).await?;
    let cleared = follow_up(app, key, reason).await.with_context(|| {
        format!("{issue} is void: the private store has the mark. What follows failed; give the same command again")
    })?;
    Ok(Ok((changed, cleared)))
}

/// What is done once the mark stands, and can be repeated; says how many files of the draft were removed.
async fn follow_up(app: &App, key: ReservationKey, reason: &str) -> Result<usize> {
    let ReservationKey { period, issue } = key;
    let _ = app.ledger.record_void(period, issue, app.clock.now(), reason).await?;
    let _ = app.ledger.clear_held_back(period, issue).await?;
    Ok(clear_draft(&app.vault, app.published.as_ref(), key).await?)
}

fn text(voided: &Voided) -> String {
    let Issue { periode, uitgave } = voided.issue;
    let cleared = match voided.cleared {
        0 => String::new(),
        files => format!(" {files} files of its draft were removed from the published store."),
    };
    let said = if voided.changed {
        format!(
            "{periode} issue {uitgave} is void: it is never finished, its number stays unused, and its values bind the next \
             issue as if they had been published. What is due of {periode} now: `vt-monitor status`."
        )
    } else {
        format!("{periode} issue {uitgave} was void already.")
    };
    said + &cleared
}
