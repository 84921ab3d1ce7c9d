//! `alerts`: what is wrong, who was told, and what is not to be told for a while.

use anyhow::Result;
use serde_json::json;

use super::place::Place;
use crate::cli::{AlertsCommand, AlertsListArgs, AlertsMuteArgs, AlertsTestArgs, AlertsUnmuteArgs};
use crate::exit::Exit;
use crate::ops::{self, MuteBody, TrialBody};
use crate::output::{Output, table};
use crate::views::{AlertMessageView, AlertView, MuteView, TrialView};

pub(super) async fn run(what: &AlertsCommand, output: Output, place: &Place) -> Result<Exit> {
    match what {
        AlertsCommand::List(args) => output.answer(&list(args, place).await?, |rows| alerts_text(rows))?,
        AlertsCommand::Mutes => output.answer(&mutes(place).await?, |rows| mutes_text(rows))?,
        AlertsCommand::Mute(args) => output.answer(&vec![mute(args, place).await?], |rows| mutes_text(rows))?,
        AlertsCommand::Unmute(args) => output.answer(&vec![unmute(args, place).await?], |rows| mutes_text(rows))?,
        AlertsCommand::Test(args) => return tried(&test(args, place).await?, output),
    }
    Ok(Exit::Done)
}

async fn list(args: &AlertsListArgs, place: &Place) -> Result<Vec<AlertView>> {
    match place {
        Place::Here(app) => ops::alerts(app, args.open, args.n).await,
        Place::There(remote) => {
            let query = [("open", args.open.to_string()), ("limit", args.n.to_string())];
            remote.get("/v1/alerts", &query).await
        }
    }
}

async fn mutes(place: &Place) -> Result<Vec<MuteView>> {
    match place {
        Place::Here(app) => ops::mutes(app).await,
        Place::There(remote) => remote.get("/v1/alerts/mutes", &[]).await,
    }
}

async fn mute(args: &AlertsMuteArgs, place: &Place) -> Result<MuteView> {
    let AlertsMuteArgs { rule, subject, until, why } = args;
    let body = MuteBody { rule: rule.clone(), subject: subject.clone(), until: *until, reason: why.reason.clone() };
    match place {
        Place::Here(app) => ops::mute(app, &body, &why.change(app.clock.now())).await,
        Place::There(remote) => remote.post("/v1/alerts/mutes", &body).await,
    }
}

async fn unmute(args: &AlertsUnmuteArgs, place: &Place) -> Result<MuteView> {
    match place {
        Place::Here(app) => ops::unmute(app, args.id, &args.why.change(app.clock.now())).await,
        Place::There(remote) => {
            remote.post(&format!("/v1/alerts/mutes/{}/end", args.id), &json!({ "reason": args.why.reason })).await
        }
    }
}

async fn test(args: &AlertsTestArgs, place: &Place) -> Result<Vec<TrialView>> {
    let body = TrialBody { channel: args.channel.clone(), reason: args.who.reason.clone() };
    match place {
        Place::Here(app) => ops::test_alerts(app, &body, &args.who.change(app.clock.now())).await,
        Place::There(remote) => remote.post("/v1/alerts/test", &body).await,
    }
}

/// Some channels that do not work are a partial success, none that works is a failure.
fn tried(tried: &Vec<TrialView>, output: Output) -> Result<Exit> {
    output.answer(tried, |tried| trials_text(tried))?;
    let sent = tried.iter().filter(|it| it.sent).count();
    Ok(match sent {
        n if n == tried.len() => Exit::Done,
        0 => Exit::Failed,
        _ => Exit::Partial,
    })
}

fn trials_text(tried: &[TrialView]) -> String {
    if tried.is_empty() {
        return "no channel is configured: see [alerts] in service.toml\n".into();
    }
    let said = |it: &TrialView| it.error.clone().unwrap_or_else(|| "sent".into());
    table(["channel", "what happened"], tried.iter().map(|it| [it.channel.clone(), said(it)]))
}

fn mutes_text(rows: &[MuteView]) -> String {
    if rows.is_empty() {
        return "nothing is muted\n".into();
    }
    let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".into());
    table(
        ["nr", "rule", "subject", "until", "who", "why", "ended"],
        rows.iter().map(|it| {
            [
                it.id.to_string(),
                any(&it.rule),
                any(&it.subject),
                it.until.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                it.actor.clone(),
                it.reason.clone(),
                it.ended_at.map_or_else(|| "-".into(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string()),
            ]
        }),
    )
}

fn alerts_text(rows: &[AlertView]) -> String {
    if rows.is_empty() {
        return "no alerts\n".into();
    }
    let mut text = table(
        ["nr", "rule", "severity", "subject", "since", "ended", "told"],
        rows.iter().map(|it| {
            [
                it.id.to_string(),
                it.rule.clone(),
                it.severity.clone().unwrap_or_else(|| "-".into()),
                it.subject.clone(),
                it.since.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                it.ended_at.map_or_else(|| "-".into(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string()),
                told(it),
            ]
        }),
    );
    for it in rows.iter().filter(|it| it.ended_at.is_none() && !it.text.is_empty()) {
        text += &format!("\n{}: {}\n", it.id, it.text);
    }
    text
}

fn told(alert: &AlertView) -> String {
    if alert.muted && alert.ended_at.is_none() {
        return "muted".into();
    }
    let sent = alert.messages.iter().filter(|it| it.sent_at.is_some()).count();
    let failed = |it: &&AlertMessageView| it.sent_at.is_none();
    match alert.messages.iter().rev().find(failed) {
        None if sent == 0 => "nobody".into(),
        None => format!("{sent} sent"),
        Some(last) => {
            let why = last.last_error.as_deref().unwrap_or("not yet");
            format!("{sent} sent; over {}: {why}", last.channel)
        }
    }
}
