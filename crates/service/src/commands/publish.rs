//! `publish`: a period, now.

use anyhow::Result;
use vt_domain::period::Period;
use vt_publication::reservation::reservation;
use vt_vault::ReservationKey;

use crate::app::App;
use crate::cli::PublishArgs;
use crate::due::PeriodState;
use crate::exit::Exit;
use crate::output::Output;
use crate::overview::Overview;
use crate::progress::say;
use crate::publishing;
use crate::runs;

pub(super) async fn run(args: &PublishArgs, output: Output, app: &App) -> Result<Exit> {
    let period = args.period;
    if period.kind() != app.schedule.cadence {
        say(&format!("refused: {period} is of kind {}, and the cadence is {}", period.kind(), app.schedule.cadence));
        return Ok(Exit::Refused);
    }
    let overview = Overview::read(app).await?;
    let state = overview.period(app, period);
    match &state.state {
        PeriodState::Published { issue } => {
            let same = same_input(app, &overview, period, *issue).await?;
            if same {
                say(&format!("{period} is published already (issue {issue}), from the same deliveries: nothing to do"));
                return Ok(Exit::Done);
            }
            say(&format!(
                "refused: {period} is published already (issue {issue}) and its deliveries have changed since; a second issue \
                 needs revisions that keep every unchanged value, which the disclosure control does not have yet"
            ));
            return Ok(Exit::Refused);
        }
        PeriodState::Running | PeriodState::NoCompleteRegion | PeriodState::BeforeFirstMonth => {
            say(&format!("refused: {period} {}", state.state.text()));
            return Ok(Exit::Refused);
        }
        PeriodState::Waiting { .. } if !args.incomplete => {
            say(&format!(
                "refused: {period} {}; to publish it now, with the missing regions and NL empty, add --incomplete --reason \"…\"",
                state.state.text()
            ));
            return Ok(Exit::Refused);
        }
        PeriodState::Waiting { .. }
        | PeriodState::Complete
        | PeriodState::DeadlinePassed
        | PeriodState::Interrupted { .. } => {}
    }
    let reason = args.reason.as_ref().map_or_else(String::new, |reason| format!(" --reason {reason:?}"));
    let run = runs::begin(app, &format!("publish --period {period}{reason}")).await?;
    let results = publishing::publish_all(app, run, &overview, vec![period]).await?;
    let exit = if app.stop.is_cancelled() { Exit::Interrupted } else { publishing::exit(&results) };
    runs::finish(app, run, exit).await?;
    output.answer(&results, |results| publishing::results_text(results))?;
    Ok(exit)
}

/// Whether an issue was made from the deliveries that count today.
async fn same_input(app: &App, overview: &Overview, period: Period, issue: u32) -> Result<bool> {
    let reserved = reservation(&app.vault, ReservationKey { period, issue }).await?;
    Ok(reserved.is_some_and(|reserved| reserved.invoer_digest == overview.input(app, period).digest))
}
