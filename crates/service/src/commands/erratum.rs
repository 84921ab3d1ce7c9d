//! `erratum`: signed records beside the snapshots, by which readers learn what is wrong with an issue.

use anyhow::Result;
use vt_domain::snapshot::{Erratum, ErratumKind, Issue};
use vt_publication::errata::ErratumError;

use super::{named, who};
use crate::app::App;
use crate::belonging;
use crate::cli::{ErratumCommand, IssueName};
use crate::exit::Exit;
use crate::ops;
use crate::output::Output;
use crate::progress::say;

pub(super) async fn run(what: &ErratumCommand, output: Output, app: &App) -> Result<Exit> {
    let (kind, args) = match what {
        ErratumCommand::Add(args) => (ErratumKind::Erratum, args),
        ErratumCommand::Retract(args) => (ErratumKind::Intrekking, args),
    };
    let shelf = belonging::shelf(app).await?;
    named::issue(&shelf, IssueName { period: args.period, issue: Some(args.issue) })?;
    let issue = Issue { periode: args.period, uitgave: args.issue };
    let outcome = ops::erratum(app, kind, issue, &args.text, &who::change(app.clock.now(), None, "")).await;
    let refusal = |error: &anyhow::Error| error.downcast_ref().is_some_and(ErratumError::is_refusal);
    match outcome {
        Ok(erratum) => {
            output.answer(&erratum, text)?;
            Ok(Exit::Done)
        }
        Err(error) if refusal(&error) => {
            say(&format!("refused: {error}"));
            Ok(Exit::Refused)
        }
        Err(error) => Err(error),
    }
}

fn text(erratum: &Erratum) -> String {
    let what = if erratum.retracts() { "is retracted" } else { "has an erratum" };
    format!("{} {what}: {}\n", erratum.issue(), erratum.path())
}
