//! `backfill`: months are pulled again on purpose.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use vt_ledger::{BackfillState, Lease};

use super::place::Place;
use super::who;
use crate::backfill::{Asked, BackfillPlan, Effect, PlanError, PlannedSnapshot, Skipped, Worked, work_on};
use crate::cli::{BackfillApplyArgs, BackfillCommand, BackfillPlanArgs, BackfillStatusArgs, BackfillSteerArgs};
use crate::exit::Exit;
use crate::ops;
use crate::output::{Output, count, table};
use crate::remote::Remote;
use crate::runs::release_gone;
use crate::serve::LEADER;
use crate::views::{BackfillView, of_code};

pub(super) async fn run(what: &BackfillCommand, output: Output, place: &Place) -> Result<Exit> {
    match what {
        BackfillCommand::Plan(args) => plan(args, output, place).await,
        BackfillCommand::Apply(args) => Box::pin(apply(args, output, place)).await,
        BackfillCommand::Status(args) => status(args, output, place).await,
        BackfillCommand::Pause(args) => steer(args, BackfillState::Paused, output, place).await,
        BackfillCommand::Resume(args) => steer(args, BackfillState::Running, output, place).await,
        BackfillCommand::Cancel(args) => steer(args, BackfillState::Cancelled, output, place).await,
        BackfillCommand::Retry(args) => {
            let view = match place {
                Place::Here(app) => ops::retry(app, args.id, &args.who.decision(app.clock.now())).await?,
                Place::There(remote) => post(remote, args.id, "retry", args.who.why()).await?,
            };
            follow(view, place, args.detach, output).await
        }
    }
}

async fn post(remote: &Remote, id: i64, what: &str, reason: &str) -> Result<BackfillView> {
    remote.post(&format!("/v1/backfills/{id}/{what}"), &json!({ "reason": reason })).await
}

async fn plan(args: &BackfillPlanArgs, output: Output, place: &Place) -> Result<Exit> {
    let asked = Asked { from: args.from, to: args.to, regions: args.regions.clone(), reason: args.reason.clone() };
    let plan: BackfillPlan = match place {
        Place::Here(app) => ops::plan(app, asked).await?,
        Place::There(remote) => remote.post("/v1/backfills/plan", &asked).await?,
    };
    if plan.pulls.is_empty() {
        output.answer(&plan, left_out)?;
        crate::progress::say(
            "refused: nothing is left to pull, and no plan is written: every region-month is left out",
        );
        return Ok(Exit::Refused);
    }
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&plan)? + "\n";
        std::fs::write(path, text).with_context(|| format!("`{}` can't be written", path.display()))?;
    }
    output.answer(&plan, |plan| plan_text(plan, args.out.as_deref()))?;
    Ok(Exit::Done)
}

async fn apply(args: &BackfillApplyArgs, output: Output, place: &Place) -> Result<Exit> {
    let path = args.plan.display().to_string();
    let file = |reason: String| PlanError::File { path: path.clone(), reason };
    let text = std::fs::read_to_string(&args.plan).map_err(|error| file(format!("can't be read: {error}")))?;
    let plan = BackfillPlan::read(&path, &text)?;
    let view = match place {
        Place::Here(app) => ops::begin(app, &plan, &who::change(app.clock.now(), args.by.as_deref(), "")).await?,
        Place::There(remote) => remote.post("/v1/backfills", &plan).await?,
    };
    follow(view, place, args.detach, output).await
}

async fn steer(args: &BackfillSteerArgs, to: BackfillState, output: Output, place: &Place) -> Result<Exit> {
    let view = match (place, to) {
        (Place::Here(app), _) => ops::steer(app, args.id, to, &args.who.decision(app.clock.now())).await?,
        (Place::There(remote), BackfillState::Running) => post(remote, args.id, "resume", args.who.why()).await?,
        (Place::There(remote), BackfillState::Paused) => post(remote, args.id, "pause", args.who.why()).await?,
        (Place::There(remote), _) => post(remote, args.id, "cancel", args.who.why()).await?,
    };
    if to == BackfillState::Running {
        return follow(view, place, args.detach, output).await;
    }
    output.answer(&view, one_text)?;
    Ok(Exit::Done)
}

/// Works a backfill off here, unless a service does.
async fn follow(view: BackfillView, place: &Place, detach: bool, output: Output) -> Result<Exit> {
    let serves = |lease: &Lease| lease.name == LEADER;
    if let Place::Here(app) = place {
        // A service that was killed leads no more.
        release_gone(app).await?;
    }
    let app = match place {
        Place::Here(app) if !detach && !app.ledger.leases().await?.iter().any(serves) => app,
        _ => {
            let id = view.id;
            crate::progress::say(&format!(
                "a service takes it up: `vt-monitor backfill status {id}` shows how far it is"
            ));
            output.answer(&view, one_text)?;
            return Ok(Exit::Done);
        }
    };
    loop {
        match work_on(app, view.id).await? {
            Worked::Part => {}
            Worked::Waits => app.pause(std::time::Duration::from_secs(1)).await,
            Worked::Ended | Worked::Stopped => break,
        }
        if app.stop.is_cancelled() {
            break;
        }
    }
    let view = ops::one(app, view.id).await?;
    output.answer(&view, one_text)?;
    Ok(exit(&view))
}

/// How a command ends that worked off a backfill.
fn exit(view: &BackfillView) -> Exit {
    match of_code(&view.state) {
        Some(BackfillState::Done) => Exit::Done,
        Some(BackfillState::Partial) => Exit::Partial,
        Some(BackfillState::Running) => {
            crate::progress::say(&format!("stopped; `vt-monitor backfill resume {}` goes on", view.id));
            Exit::Interrupted
        }
        Some(BackfillState::Cancelled | BackfillState::Paused) | None => Exit::Refused,
    }
}

async fn status(args: &BackfillStatusArgs, output: Output, place: &Place) -> Result<Exit> {
    if let Some(id) = args.id {
        let view: BackfillView = match place {
            Place::Here(app) => ops::one(app, id).await?,
            Place::There(remote) => remote.get(&format!("/v1/backfills/{id}"), &[]).await?,
        };
        output.answer(&view, one_text)?;
        return Ok(Exit::Done);
    }
    let all: Vec<BackfillView> = match place {
        Place::Here(app) => ops::backfills(app, 100).await?,
        Place::There(remote) => remote.get("/v1/backfills", &[]).await?,
    };
    output.answer(&all, |all| all_text(all))?;
    Ok(Exit::Done)
}

fn all_text(all: &[BackfillView]) -> String {
    if all.is_empty() {
        return "no backfill was made\n".into();
    }
    table(
        ["nr", "state", "begun", "who", "waiting", "done", "failed", "cancelled", "expected end", "why"],
        all.iter().map(|it| {
            [
                it.id.to_string(),
                state(&it.state).to_owned(),
                minute(it.begun_at),
                it.actor.clone(),
                it.waiting.to_string(),
                it.done.to_string(),
                it.failed.to_string(),
                it.cancelled.to_string(),
                it.expected_end.map_or_else(|| "-".into(), minute),
                it.reason.clone().unwrap_or_else(|| "-".into()),
            ]
        }),
    )
}

fn one_text(it: &BackfillView) -> String {
    let mut text = format!(
        "backfill {}: {}, {} of {} pulled, {} failed{}\n",
        it.id,
        state(&it.state),
        it.done,
        count(it.items.len(), "region-month"),
        it.failed,
        if it.cancelled > 0 { format!(", {} cancelled", it.cancelled) } else { String::new() }
    );
    if let Some(why) = &it.unpublished {
        text += &format!("not published: {why}\n");
    }
    if let Some(end) = it.expected_end {
        text += &format!("expected to have pulled all at {}\n", minute(end));
    }
    for item in &it.items {
        if let Some(why) = &item.failure {
            text += &format!("failed: {} {} ({}): {why}\n", item.vt, item.maand, count(item.attempts as usize, "time"));
        }
    }
    text
}

fn plan_text(plan: &BackfillPlan, out: Option<&Path>) -> String {
    let mut text = format!("{} to pull\n{}\n", count(plan.pulls.len(), "region-month"), left_out(plan));
    text += &table(
        ["period", "now", "effect", "issue", "new deliveries", "cells that change"],
        plan.snapshots.iter().map(|snapshot| {
            [
                snapshot.periode.to_string(),
                snapshot.now.clone(),
                effect(snapshot.effect).to_owned(),
                snapshot.issue.to_string(),
                inputs(snapshot),
                cells(snapshot),
            ]
        }),
    );
    match out {
        Some(path) => text + &format!("\nwritten; `vt-monitor backfill apply {}` carries it out\n", path.display()),
        None => text + "\nnothing was written; -o plan.json keeps it for `backfill apply`\n",
    }
}

fn left_out(plan: &BackfillPlan) -> String {
    let line = |it: &Skipped| format!("left out: {} {}: {}\n", it.vt, it.maand, it.why);
    plan.skipped.iter().map(line).collect()
}

fn inputs(snapshot: &PlannedSnapshot) -> String {
    let one = |new: &crate::backfill::NewInput| {
        let before = new.published.map_or_else(|| "-".into(), |nr| nr.to_string());
        format!("{} {}: {before} → {}", new.vt, new.maand, new.counts)
    };
    let shown: Vec<String> = snapshot.new.iter().take(3).map(one).collect();
    let more = snapshot.new.len().saturating_sub(shown.len());
    if shown.is_empty() {
        "-".into()
    } else {
        shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
    }
}

fn cells(snapshot: &PlannedSnapshot) -> String {
    let Some(cells) = &snapshot.cells else { return "-".into() };
    let national =
        cells.get("NL01").map_or_else(|| "NL none".to_owned(), |nl| format!("NL {} of {}", nl.changed, nl.of));
    let regions = cells.keys().filter(|code| code.starts_with("VT")).count();
    format!("{national}; {}", count(regions, "region"))
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::FirstIssue => "is published",
        Effect::NewIssue => "gets a new issue",
        Effect::WaitsForItsDay => "changed; waits for its day",
        Effect::FollowsAsSum => "follows as a sum",
        Effect::IfCountsDiffer => "new issue if a count differs by deliveries of earlier months",
        Effect::IfDelivered => "only if something new is delivered",
    }
}

fn state(state: &str) -> &str {
    match state {
        "running" => "under way",
        "partial" => "done, with failures",
        other => other,
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%MZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cancelled_is_counted() {
        let view = BackfillView {
            id: 1,
            state: "cancelled".into(),
            actor: "ann".into(),
            reason: None,
            begun_at: "2019-04-20T06:00:00Z".parse().unwrap(),
            ended_at: None,
            waiting: 0,
            done: 2,
            failed: 0,
            cancelled: 4,
            published: false,
            unpublished: None,
            expected_end: None,
            items: Vec::new(),
        };
        assert!(one_text(&view).contains("0 failed, 4 cancelled"), "{}", one_text(&view));
        assert!(all_text(&[view]).lines().next().unwrap().contains("cancelled"));
    }
}
