//! `publish`: a period, now.

use anyhow::Result;
use tracing::Instrument;
use vt_domain::period::Period;

use super::who;
use crate::app::App;
use crate::cli::PublishArgs;
use crate::due::PeriodState;
use crate::exit::Exit;
use crate::output::Output;
use crate::overview::Overview;
use crate::progress::say;
use crate::publishing;
use crate::runlog;
use crate::runs;

pub(super) async fn run(args: &PublishArgs, output: Output, app: &App) -> Result<Exit> {
    let period = args.period;
    let overview = Overview::read(app).await?;
    match decide(args, app, &overview) {
        Decision::Publish => {}
        Decision::Nothing(why) => {
            say(&why);
            return Ok(Exit::Done);
        }
        Decision::Refuse(why) => {
            say(&format!("refused: {why}"));
            return Ok(Exit::Refused);
        }
    }
    let reason = args.reason.as_ref().map_or_else(String::new, |reason| format!(" --reason {reason:?}"));
    if let Some(reason) = &args.reason {
        who::note(app, "publish.order", &period.to_string(), reason).await?;
    }
    let run = runs::begin(app, &format!("publish --period {period}{reason}")).await?;
    let outcome = publishing::publish_all(app, run, &overview, vec![period]).instrument(runlog::span(run)).await;
    let exit = match &outcome {
        _ if app.stop.is_cancelled() => Exit::Interrupted,
        Ok(results) => publishing::exit(results),
        Err(error) => super::exit_of(error),
    };
    runs::finish(app, run, exit).await?;
    output.answer(&outcome?, |results| publishing::results_text(results))?;
    Ok(exit)
}

/// What to do with what an operator asked for.
enum Decision {
    Publish,
    Nothing(String),
    Refuse(String),
}

fn decide(args: &PublishArgs, app: &App, overview: &Overview) -> Decision {
    let period = args.period;
    let state = overview.period(app, period).state;
    match &state {
        PeriodState::Waiting { .. } if !args.incomplete => Decision::Refuse(format!(
            "{period} {}; to publish it now, with the missing regions and NL empty, add --incomplete --reason \"…\"",
            state.text()
        )),
        PeriodState::Waiting { .. } | PeriodState::RevisionDue { .. } => Decision::Publish,
        PeriodState::PartOf { longer } => Decision::Refuse(format!(
            "the days of {period} were published only as part of {longer}; figures of both lengths would narrow each other. \
             Shorter periods can be published from {} on",
            longer.end()
        )),
        PeriodState::ComesOutAs { longer } => Decision::Refuse(format!(
            "the days of {period} come out as {longer}; to publish shorter periods, see `vt-monitor cadence set`"
        )),
        PeriodState::Published { issue } | PeriodState::ChangedWaits { issue } => again(args, app, overview, *issue),
        PeriodState::Retracted { issue } => anew(args, overview, *issue),
        PeriodState::HeldBack { issue, .. } if *issue > 1 => again(args, app, overview, issue - 1),
        state if state.due() || matches!(state, PeriodState::HeldBack { .. }) => Decision::Publish,
        state => Decision::Refuse(format!("{period} {}", state.text())),
    }
}

/// A new issue of a period whose newest one is retracted, also from the same deliveries: once a day, with a reason.
fn anew(args: &PublishArgs, overview: &Overview, issue: u32) -> Decision {
    let period = args.period;
    if overview.issued_today(period) {
        return today(period, issue);
    }
    match &args.reason {
        Some(_) => Decision::Publish,
        None => Decision::Refuse(format!(
            "issue {issue} of {period} is retracted; to publish its figures again, as they follow from the deliveries now, add \
             --reason \"…\""
        )),
    }
}

fn today(period: Period, issue: u32) -> Decision {
    Decision::Refuse(format!(
        "{period} was published today (issue {issue}), and a period has at most one new issue a day: repeat it tomorrow"
    ))
}

/// A new issue of a published period: only of changed deliveries, once a day, with a reason.
fn again(args: &PublishArgs, app: &App, overview: &Overview, issue: u32) -> Decision {
    let period = args.period;
    if overview.same_input(app, period) {
        let why = format!("{period} is published already (issue {issue}), from the same deliveries: nothing to do");
        return Decision::Nothing(why);
    }
    if overview.issued_today(period) {
        return today(period, issue);
    }
    match &args.reason {
        Some(_) => Decision::Publish,
        None => Decision::Refuse(format!(
            "{period} is published already (issue {issue}), and its deliveries have changed since: it gets its next issue with \
             the next period; to publish that now, add --reason \"…\""
        )),
    }
}
