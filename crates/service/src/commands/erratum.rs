//! `erratum`: signed records beside the snapshots, by which readers learn what is wrong with an issue.

use anyhow::Result;
use tracing::Instrument;
use vt_domain::snapshot::{Erratum, ErratumKind, Issue};
use vt_publication::errata::{self, ErratumError, NewErratum};
use vt_publication::publish::rebuild_pages;
use vt_publication::shelf::Shelf;

use super::{named, who};
use crate::app::App;
use crate::cli::{ErratumArgs, ErratumCommand, IssueName};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::say;
use crate::runlog;
use crate::runs;

pub(super) async fn run(what: &ErratumCommand, output: Output, app: &App) -> Result<Exit> {
    let (kind, args) = match what {
        ErratumCommand::Add(args) => (ErratumKind::Erratum, args),
        ErratumCommand::Retract(args) => (ErratumKind::Intrekking, args),
    };
    let shelf = Shelf::read(app.published.as_ref()).await?;
    named::issue(&shelf, IssueName { period: args.period, issue: Some(args.issue) })?;
    let action = if kind == ErratumKind::Erratum { "erratum.add" } else { "erratum.retract" };
    who::note(app, action, &Issue { periode: args.period, uitgave: args.issue }.to_string(), "").await?;
    // The text is not repeated: one that is refused may state a true count.
    let run = runs::begin(app, &format!("{kind} --period {} --issue {}", args.period, args.issue)).await?;
    let outcome = add(app, &new(kind, args, app)).instrument(runlog::span(run)).await;
    let refusal = |error: &anyhow::Error| error.downcast_ref().is_some_and(ErratumError::is_refusal);
    let exit = match &outcome {
        Ok(_) => Exit::Done,
        Err(error) if refusal(error) => Exit::Refused,
        Err(error) => super::exit_of(error),
    };
    runs::finish(app, run, exit).await?;
    match outcome {
        Ok(erratum) => output.answer(&erratum, text)?,
        Err(error) if refusal(&error) => say(&format!("refused: {error}")),
        Err(error) => return Err(error),
    }
    Ok(exit)
}

/// The record, and the pages that show it: only then is it done.
async fn add(app: &App, new: &NewErratum) -> Result<Erratum> {
    let erratum = errata::add(&app.vault, app.published.as_ref(), app.signer()?, new).await?;
    rebuild_pages(app.published.as_ref()).await?;
    Ok(erratum)
}

fn new(kind: ErratumKind, args: &ErratumArgs, app: &App) -> NewErratum {
    NewErratum {
        kind,
        issue: Issue { periode: args.period, uitgave: args.issue },
        text: args.text.trim().to_owned(),
        at: app.clock.now(),
        software: App::software(),
    }
}

fn text(erratum: &Erratum) -> String {
    let what = if erratum.retracts() { "is retracted" } else { "has an erratum" };
    format!("{} {what}: {}\n", erratum.issue(), erratum.path())
}
