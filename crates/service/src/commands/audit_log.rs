//! `audit-log`: who decided what, when and why.

use anyhow::Result;
use vt_ledger::AuditFilter;

use super::place::Place;
use crate::cli::AuditLogArgs;
use crate::exit::Exit;
use crate::ops;
use crate::output::{Output, count, table};
use crate::views::{AuditVerdictView, AuditView};

pub(super) async fn run(args: &AuditLogArgs, output: Output, place: &Place) -> Result<Exit> {
    if args.verify {
        let verdict = match place {
            Place::Here(app) => ops::audit_verdict(app).await?,
            Place::There(remote) => remote.get("/v1/audit/verify", &[]).await?,
        };
        output.answer(&verdict, verdict_text)?;
        return Ok(if matches!(verdict, AuditVerdictView::Whole { .. }) { Exit::Done } else { Exit::Invalid });
    }
    let entries = match place {
        Place::Here(app) => {
            let (actor, action) = (args.actor.clone(), args.action.clone());
            ops::audit_log(app, &AuditFilter { actor, action, limit: args.n, ..AuditFilter::default() }).await?.items
        }
        Place::There(remote) => {
            let query = [("actor", &args.actor), ("action", &args.action)];
            let query: Vec<(&str, String)> =
                query.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
            remote.rows("/v1/audit", &query, args.n as usize).await?
        }
    };
    output.answer(&entries, |entries| text(entries))?;
    Ok(Exit::Done)
}

fn verdict_text(verdict: &AuditVerdictView) -> String {
    match verdict {
        AuditVerdictView::Whole { entries: 0, .. } => "the audit log is empty\n".into(),
        AuditVerdictView::Whole { entries, newest } => {
            let entries = count(usize::try_from(*entries).unwrap_or(usize::MAX), "entry").replace("entrys", "entries");
            format!(
                "whole: {entries}; newest {newest}\nKeep that digest elsewhere: entries taken from the end leave no trace in what is left\n"
            )
        }
        AuditVerdictView::Broken { seq, rule } => format!("broken: entry {seq} {rule}\n"),
    }
}

fn text(entries: &[AuditView]) -> String {
    if entries.is_empty() {
        return "nothing was decided\n".into();
    }
    let value = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "-".into(), ToString::to_string);
    table(
        ["nr", "at", "who", "what", "about", "before", "after", "why"],
        entries.iter().map(|entry| {
            [
                entry.seq.to_string(),
                entry.at.format("%Y-%m-%d %H:%M:%SZ").to_string(),
                entry.actor.clone(),
                entry.action.clone(),
                entry.subject.clone(),
                value(&entry.before),
                value(&entry.after),
                entry.reason.clone(),
            ]
        }),
    )
}
