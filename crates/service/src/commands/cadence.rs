//! `cadence`: how often is published.

use anyhow::Result;

use super::place::Place;
use crate::cli::{CadenceCommand, CadenceSetArgs};
use crate::exit::Exit;
use crate::ops::{self, CadenceChange};
use crate::output::{Output, table};
use crate::views::CadenceView;

pub(super) async fn run(what: &CadenceCommand, output: Output, place: &Place) -> Result<Exit> {
    let view = match (what, place) {
        (CadenceCommand::Show, Place::Here(app)) => ops::cadence(app).await?,
        (CadenceCommand::Show, Place::There(remote)) => remote.get("/v1/cadence", &[]).await?,
        (CadenceCommand::Set(args), Place::Here(app)) => {
            ops::decide(app, &asked(args), &args.why.change(app.clock.now())).await?.view
        }
        (CadenceCommand::Set(args), Place::There(remote)) => remote.post("/v1/cadence", &asked(args)).await?,
    };
    output.answer(&view, text)?;
    Ok(Exit::Done)
}

fn asked(args: &CadenceSetArgs) -> CadenceChange {
    let cadence = vt_domain::period::PeriodKind::from(args.cadence).to_string();
    CadenceChange { cadence, from: args.from, reason: args.why.reason.clone() }
}

fn text(view: &CadenceView) -> String {
    let mut text = format!("{}: cadence {}", view.today, view.cadence);
    if view.running_in != view.cadence {
        text += &format!("; the running four weeks, {}, come out in the length of {}", view.running, view.running_in);
    }
    text += "\n";
    for ahead in &view.ahead {
        text += &format!("from {}: {}\n", ahead.from, ahead.cadence);
    }
    if view.decisions.is_empty() {
        return text + "as in service.toml; nothing was decided since\n";
    }
    text += "\n";
    text + &table(
        ["decided", "from", "cadence", "who", "why"],
        view.decisions.iter().map(|decision| {
            [
                decision.decided_at.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                decision.from.to_string(),
                decision.cadence.clone(),
                decision.actor.clone(),
                decision.reason.clone(),
            ]
        }),
    )
}
