//! `housekeeping`: removes what is past its term and what crashes left, or says what it would remove.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use tracing::Instrument;
use vt_domain::delivery::DeliveryId;
use vt_ledger::Change;

use crate::app::App;
use crate::cli::HousekeepingArgs;
use crate::exit::Exit;
use crate::housekeeping::{Plan, keep_house};
use crate::ops;
use crate::output::{Output, count};
use crate::progress::say;
use crate::runlog;
use crate::runs;

/// What `housekeeping` answers.
#[derive(Debug, Serialize)]
struct Answer {
    /// Whether nothing was removed, as was asked.
    dry_run: bool,
    #[serde(flatten)]
    plan: Plan,
}

pub(super) async fn run(args: &HousekeepingArgs, output: Output, app: &App) -> Result<Exit> {
    if args.dry_run {
        let plan = Plan::make(app).await?;
        output.answer(&Answer { dry_run: true, plan }, |answer| text(&answer.plan, "would be removed"))?;
        return Ok(Exit::Done);
    }
    let change = args.who.change(app.clock.now());
    ops::sound_reason(&change)?;
    app.ledger.record_audit(&change.audit("housekeeping.order", "housekeeping", None, None)).await?;
    let run = runs::begin(app, "housekeeping").await?;
    let outcome = keep_house(app).instrument(runlog::span(run)).await;
    let exit = match &outcome {
        Ok(Some((_, true))) => Exit::Done,
        Ok(Some((_, false))) => Exit::Interrupted,
        Ok(None) => Exit::Refused,
        Err(error) => super::exit_of(error),
    };
    runs::finish(app, run, exit).await?;
    if let Ok(Some((plan, whole))) = &outcome {
        let done = Change { at: app.clock.now(), ..change };
        app.ledger
            .record_audit(&done.audit("housekeeping.done", "housekeeping", None, Some(brief(plan, *whole))))
            .await?;
    }
    match outcome? {
        Some((_, false)) => say("stopped; the same command goes on where it was"),
        Some((plan, true)) => {
            output.answer(&Answer { dry_run: false, plan }, |answer| text(&answer.plan, "removed"))?;
        }
        None => say("refused: a run is at work here, and does this at its end"),
    }
    Ok(exit)
}

/// How much goes, for the audit log; what exactly stands in the private store's `removed/`. Not `whole`: not all of it went.
fn brief(plan: &Plan, whole: bool) -> Value {
    json!({
        "whole": whole,
        "raw": plan.raw.len(),
        "registrations": plan.registrations.len(),
        "reservations": plan.reservations.len(),
        "files": plan.orphans.len() + plan.quarantine.len() + plan.half_written.len(),
    })
}

/// What goes, and what stays although it is old, one a line.
pub(super) fn text(plan: &Plan, removed: &str) -> String {
    let mut lines = Vec::new();
    let mut line = |n: usize, what: String, why: &str| {
        if n > 0 {
            lines.push(format!("{removed}: {what}: {why}"));
        }
    };
    let over = |rule: String| format!("past their term ({rule})");
    line(plan.raw.len(), format!("raw bytes of {}", deliveries(&plan.raw)), &over(plan.raw_rule()));
    let registrations = format!("registrations of {}", deliveries(&plan.registrations));
    line(plan.registrations.len(), registrations, &over(plan.registrations_rule()));
    let reservations = plan.reservations.len();
    line(reservations, count(reservations, "reservation"), &over(plan.memory_rule()));
    for orphan in &plan.orphans {
        line(1, orphan.path.clone(), orphan.why);
    }
    line(
        plan.quarantine.len(),
        count(plan.quarantine.len(), "file") + " in the quarantine",
        "left by a pull that is gone",
    );
    line(
        plan.half_written.len(),
        count(plan.half_written.len(), "half-written file"),
        "left by a process that is gone",
    );
    if lines.is_empty() {
        lines.push("nothing is past its term or left over".to_owned());
    }
    if !plan.needed.is_empty() {
        let kept = deliveries(&plan.needed);
        lines.push(format!("kept: registrations of {kept}: past their term, but figures that are not definitief or not published yet are counted from them"));
    }
    lines.extend(plan.left.iter().map(|orphan| format!("kept: {}: {}", orphan.path, orphan.why)));
    lines.join("\n") + "\n"
}

/// `104 deliveries of 2019-01 to 2019-04`.
fn deliveries(ids: &BTreeSet<DeliveryId>) -> String {
    let months: BTreeSet<_> = ids.iter().map(|id| id.maand).collect();
    let n = if ids.len() == 1 { "1 delivery".to_owned() } else { format!("{} deliveries", ids.len()) };
    match (months.first(), months.last()) {
        (Some(first), Some(last)) if first == last => format!("{n} of {first}"),
        (Some(first), Some(last)) => format!("{n} of {first} to {last}"),
        _ => n,
    }
}
