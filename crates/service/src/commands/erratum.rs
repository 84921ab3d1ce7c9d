//! `erratum`: signed records beside the snapshots, by which readers learn what is wrong with an issue.

use anyhow::Result;
use vt_domain::snapshot::Issue;

use super::place::Place;
use super::{named, refused, who};
use crate::app::App;
use crate::belonging;
use crate::cli::{ErratumCommand, IssueName};
use crate::exit::Exit;
use crate::ops::{self, ErratumBody, ErratumKindBody, Wrong};
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::say;
use crate::views::ErratumView;

pub(super) async fn run(what: &ErratumCommand, output: Output, place: &Place) -> Result<Exit> {
    let asked = asked(what);
    let added = match place {
        Place::Here(app) => here(&asked, app).await,
        Place::There(remote) => remote.post("/v1/errata", &asked).await,
    };
    match added {
        Ok(erratum) => {
            output.answer(&erratum, text)?;
            Ok(Exit::Done)
        }
        Err(error) if is_of_text(&error) => {
            say(&format!("refused: {error}"));
            Ok(Exit::Refused)
        }
        Err(error) => refused(error),
    }
}

fn asked(what: &ErratumCommand) -> ErratumBody {
    let (soort, args) = match what {
        ErratumCommand::Add(args) => (ErratumKindBody::Erratum, args),
        ErratumCommand::Retract(args) => (ErratumKindBody::Intrekking, args),
    };
    ErratumBody { soort, periode: args.period, uitgave: args.issue, tekst: args.text.clone() }
}

async fn here(asked: &ErratumBody, app: &App) -> Result<ErratumView> {
    let shelf = belonging::shelf(app).await?;
    named::issue(&shelf, IssueName { period: asked.periode, issue: Some(asked.uitgave) })?;
    ops::add_erratum(app, asked, &who::change(app.clock.now(), None, "")).await
}

/// Whether the text breaks a rule: a refusal, here and far away.
fn is_of_text(error: &anyhow::Error) -> bool {
    let here = error.downcast_ref::<Wrong>().is_some_and(|wrong| wrong.field == "tekst");
    let far = error.downcast_ref::<Problem>().and_then(|problem| problem.field.as_deref());
    here || far == Some("tekst")
}

fn text(erratum: &ErratumView) -> String {
    let what = if erratum.soort == "intrekking" { "is retracted" } else { "has an erratum" };
    let issue = Issue { periode: erratum.periode, uitgave: erratum.uitgave };
    format!("{issue} {what}: errata/{}.json\n", erratum.nummer)
}
