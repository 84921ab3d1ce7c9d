//! `cadence`: how often is published.

use anyhow::Result;

use super::place::Place;
use crate::cli::{CadenceCommand, CadenceSetArgs};
use crate::exit::Exit;
use crate::ops::{self, CadenceChange};
use crate::output::{Output, table};
use crate::views::{CadenceDecisionView, CadenceView};

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
    for void in &view.voided {
        text += &format!("void now: {} from {}, as {} decided\n", void.cadence, void.from, void.actor);
    }
    for ahead in &view.ahead {
        text += &format!("from {}: {}\n", ahead.from, ahead.cadence);
    }
    if view.decisions.is_empty() {
        return text + "as in service.toml; nothing was decided since\n";
    }
    text += "\n";
    let mut decisions: Vec<&CadenceDecisionView> = view.decisions.iter().collect();
    decisions.sort_by_key(|decision| (decision.from, decision.decided_at));
    text + &table(
        ["from", "cadence", "stands", "decided", "who", "why"],
        decisions.into_iter().map(|decision| {
            [
                decision.from.to_string(),
                decision.cadence.clone(),
                if decision.stands { "yes" } else { "void" }.to_owned(),
                decision.decided_at.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                decision.actor.clone(),
                decision.reason.clone(),
            ]
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_void_is_said_and_marked_in_order_of_first_days() {
        let decision = |from: &str, cadence: &str, stands| CadenceDecisionView {
            from: from.parse().unwrap(),
            cadence: cadence.to_owned(),
            decided_at: "2019-04-20T06:00:00Z".parse().unwrap(),
            actor: "ann".to_owned(),
            reason: "r".to_owned(),
            stands,
        };
        let planned = decision("2019-05-20", "two_weeks", false);
        let view = CadenceView {
            today: "2019-04-20".parse().unwrap(),
            cadence: "four_weeks".to_owned(),
            running: "2019W404".parse().unwrap(),
            running_in: "four_weeks".to_owned(),
            ahead: Vec::new(),
            decisions: vec![planned.clone(), decision("2019-05-10", "week", true)],
            voided: vec![planned],
        };
        let said = text(&view);
        assert!(said.contains("void now: two_weeks from 2019-05-20, as ann decided"), "{said}");
        let rows: Vec<&str> = said.lines().filter(|line| line.contains("2019-04-20 06:00:00Z")).collect();
        assert!(rows[0].contains("2019-05-10") && rows[0].contains("yes"), "{said}");
        assert!(rows[1].contains("2019-05-20") && rows[1].contains("void"), "{said}");
    }
}
