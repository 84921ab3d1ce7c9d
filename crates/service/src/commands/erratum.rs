//! `erratum`: signed records beside the snapshots, by which readers learn what is wrong with an issue.

use anyhow::Result;
use vt_domain::snapshot::{Erratum, ErratumKind, Issue};
use vt_publication::errata::{self, NewErratum};
use vt_publication::publish::rebuild_pages;

use crate::app::App;
use crate::cli::{ErratumArgs, ErratumCommand};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::say;
use crate::runs;

pub(super) async fn run(what: &ErratumCommand, output: Output, app: &App) -> Result<Exit> {
    let (kind, args) = match what {
        ErratumCommand::Add(args) => (ErratumKind::Erratum, args),
        ErratumCommand::Retract(args) => (ErratumKind::Intrekking, args),
    };
    // The text is not repeated: one that is refused may state a true count.
    let run = runs::begin(app, &format!("{kind} --period {} --issue {}", args.period, args.issue)).await?;
    let outcome = errata::add(&app.vault, app.published.as_ref(), app.signer()?, &new(kind, args, app)).await;
    let exit = match &outcome {
        Ok(_) => Exit::Done,
        Err(error) if error.is_refusal() => Exit::Refused,
        Err(_) => Exit::Failed,
    };
    runs::finish(app, run, exit).await?;
    match outcome {
        Ok(erratum) => {
            rebuild_pages(app.published.as_ref()).await?;
            output.answer(&erratum, text)?;
        }
        Err(error) if error.is_refusal() => say(&format!("refused: {error}")),
        Err(error) => return Err(error.into()),
    }
    Ok(exit)
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
