//! `pull`: a month's deliveries, now.

use anyhow::Result;
use serde_json::json;
use tracing::Instrument;
use vt_ledger::RunId;

use crate::app::App;
use crate::cli::PullArgs;
use crate::due::PullOrder;
use crate::exit::{Exit, Usage};
use crate::ops::sound_reason;
use crate::output::{Output, count, table};
use crate::pulling::{self, Pace, PullResult};
use crate::runlog;
use crate::runs;

pub(super) async fn run(args: &PullArgs, output: Output, app: &App) -> Result<Exit> {
    let orders = orders(args, app)?;
    let change = args.who.change(app.clock.now());
    sound_reason(&change)?;
    let of = (!args.regions.is_empty()).then(|| json!({ "regions": args.regions }));
    app.ledger.record_audit(&change.audit("pull.order", args.month.to_string(), None, of)).await?;
    let run: RunId = runs::begin(app, &format!("pull --month {}", args.month)).await?;
    let results = pulling::pull_all(app, run, orders, &Pace::of_rounds(app)).instrument(runlog::span(run)).await?;
    let exit = if app.stop.is_cancelled() { Exit::Interrupted } else { pulling::exit(&results) };
    runs::finish(app, run, exit).await?;
    output.answer(&results, |results| results_text(results))?;
    Ok(exit)
}

fn orders(args: &PullArgs, app: &App) -> Result<Vec<PullOrder>> {
    let in_force = app.register.vt_regions(args.month.last_day());
    let mut orders = Vec::new();
    for vt in &args.regions {
        if !in_force.iter().any(|region| region.code == *vt) {
            return Err(Usage(format!("{vt} is no region in {}; `vt-monitor regions` lists them", args.month)).into());
        }
        orders.push(PullOrder { vt: vt.clone(), maand: args.month });
    }
    if orders.is_empty() {
        orders.extend(in_force.iter().map(|region| PullOrder { vt: region.code.clone(), maand: args.month }));
    }
    Ok(orders)
}

/// What pulls came to, as text.
pub fn results_text(results: &[PullResult]) -> String {
    let news: Vec<&PullResult> =
        results.iter().filter(|r| r.did_something() || r.changed > 0 || r.failure.is_some()).collect();
    let accepted: usize = results.iter().map(|r| r.accepted).sum();
    let rejected: usize = results.iter().map(|r| r.rejected).sum();
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    let summary = format!(
        "{}: {} accepted, {rejected} rejected, {failed} failed; {} known already\n",
        count(results.len(), "region-month"),
        count(accepted, "delivery").replace("deliverys", "deliveries"),
        results.iter().map(|r| r.known).sum::<usize>(),
    );
    if news.is_empty() {
        return format!("nothing new; {summary}");
    }
    if news.len() > 40 && failed == 0 {
        return summary;
    }
    let rows = news.iter().filter(|r| news.len() <= 40 || r.failure.is_some()).map(|result| {
        [
            result.vt.clone(),
            result.maand.to_string(),
            result.accepted.to_string(),
            result.rejected.to_string(),
            result.changed.to_string(),
            result.failure.as_ref().map_or_else(|| "-".into(), |fault| format!("{}: {}", fault.class, fault.message)),
        ]
    });
    table(["region", "month", "accepted", "rejected", "changed", "failure"], rows) + "\n" + &summary
}
