//! `void`: gives up a reservation that can't be finished.

use anyhow::Result;
use serde::Serialize;
use vt_domain::snapshot::Issue;
use vt_publication::reservation::{Void, void};
use vt_vault::ReservationKey;

use crate::app::App;
use crate::cli::VoidArgs;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::issues::Issues;
use crate::output::Output;
use crate::progress::say;
use crate::publishing::checked_memory;
use crate::runs;

/// What `void` did.
#[derive(Debug, Serialize)]
struct Voided {
    #[serde(flatten)]
    issue: Issue,
    /// Whether it was made void now; false when it was so before.
    changed: bool,
}

pub(super) async fn run(args: &VoidArgs, output: Output, app: &App) -> Result<Exit> {
    if args.reason.trim().is_empty() {
        say("refused: say why, for the record: --reason \"…\"");
        return Ok(Exit::Refused);
    }
    let issue = Issue { periode: args.period, uitgave: args.issue };
    let run =
        runs::begin(app, &format!("void --period {} --issue {} --reason {:?}", args.period, args.issue, args.reason))
            .await?;
    // A run that is at work could be about to finish it.
    let Some(hold) = Hold::take(&app.ledger, "run").await? else {
        say("refused: a run is at work here, and may be finishing it; try again when it has ended");
        runs::finish(app, run, Exit::Refused).await?;
        return Ok(Exit::Refused);
    };
    let outcome = give_up(app, issue, &args.reason).await;
    hold.release().await;
    let exit = match &outcome {
        Ok(Ok(_)) => Exit::Done,
        Ok(Err(_)) => Exit::Refused,
        Err(_) => Exit::Failed,
    };
    runs::finish(app, run, exit).await?;
    match outcome? {
        Ok(changed) => output.answer(&Voided { issue, changed }, text)?,
        Err(refusal) => say(&format!("refused: {issue} {refusal}")),
    }
    Ok(exit)
}

/// Whether it was made void now, or why that is refused.
async fn give_up(app: &App, issue: Issue, reason: &str) -> Result<Result<bool, &'static str>> {
    let Issue { periode: period, uitgave } = issue;
    checked_memory(app).await?;
    let issues = Issues::read(&app.vault, app.published.as_ref()).await?;
    let Some(of) = issues.of(period).filter(|of| of.is_reserved(uitgave)) else {
        return Ok(Err("is not reserved: there is nothing to give up"));
    };
    if of.is_published(uitgave) {
        return Ok(Err("was published, and what was published stays: publish a new issue when it is wrong"));
    }
    let mark = Void { reason: reason.to_owned(), at: app.clock.now(), software: App::software() };
    let changed = void(&app.vault, app.published.as_ref(), ReservationKey { period, issue: uitgave }, &mark).await?;
    let _ = app.ledger.record_void(period, uitgave, app.clock.now(), reason).await?;
    let _ = app.ledger.clear_held_back(period, uitgave).await?;
    Ok(Ok(changed))
}

fn text(voided: &Voided) -> String {
    let Issue { periode, uitgave } = voided.issue;
    if voided.changed {
        format!(
            "{periode} issue {uitgave} is void: it is never finished, its number stays unused, and its values bind the next \
             issue as if they had been published. What is due of {periode} now: `vt-monitor status`"
        )
    } else {
        format!("{periode} issue {uitgave} was void already: nothing to do")
    }
}
