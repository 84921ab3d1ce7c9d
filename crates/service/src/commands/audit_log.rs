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
            Place::Here(app) => ops::audit_verdict(app, args.expect.as_deref()).await?,
            Place::There(remote) => {
                let query: Vec<(&str, String)> = args.expect.iter().map(|kept| ("expect", kept.clone())).collect();
                remote.get("/v1/audit/verify", &query).await?
            }
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
        AuditVerdictView::Whole { entries: n, newest, kept } => {
            let expected = kept.map_or_else(String::new, |seq| format!("; entry {seq}, which was expected, is there"));
            format!(
                "whole: {}{expected}; newest {newest}\nKeep that digest elsewhere, and give it the next time as --expect: entries taken from the end leave \
                 no trace in what is left\n",
                entries(*n)
            )
        }
        AuditVerdictView::Lacks { entries: n, newest } => format!(
            "broken: the expected entry is not there: entries were taken from the end, or the log was written anew; left: {}, newest {newest}\n",
            entries(*n)
        ),
        AuditVerdictView::Broken { seq, rule } => format!("broken: entry {seq} {rule}\n"),
    }
}

fn entries(n: i64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "entry").replace("entrys", "entries")
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
