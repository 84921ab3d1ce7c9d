//! `diff`: what differs between two published issues, from the published files alone, here or of a service far away.

use std::path::Path;

use anyhow::{Context, Result};
use vt_domain::Period;
use vt_domain::snapshot::ErratumKind;
use vt_publication::changes::{Diff, DiffIssue, DiffRow, diff};
use vt_publication::shelf::Shelf;

use super::named;
use crate::belonging::Store;
use crate::cli::DiffArgs;
use crate::config::Config;
use crate::exit::{Exit, Usage};
use crate::output::{Output, count, table};
use crate::progress::say;
use crate::remote::Remote;
use crate::stores::{open_address, open_existing};
use crate::views::SnapshotView;

pub(super) async fn run(args: &DiffArgs, output: Output, directory: &Path) -> Result<Exit> {
    let store = match &args.store {
        Some(store) => open_address(store)?,
        None => open_existing(&Config::load(directory)?.store, Store::Published)?,
    };
    let shelf = Shelf::read(store.as_ref()).await?;
    let (one, other) = (named::issue(&shelf, args.from)?, named::issue(&shelf, args.to)?);
    let difference = diff(store.as_ref(), &shelf, one, other).await?;
    tell(args, &difference, output)
}

/// Has a service compare the issues that it published.
pub(super) async fn ask(args: &DiffArgs, output: Output, remote: &Remote) -> Result<Exit> {
    let period = args.to.period;
    let (cadence, issue) = (
        period.kind().name(),
        match args.to.issue {
            Some(issue) => issue,
            None => standing(remote, period).await?,
        },
    );
    let path = format!("/v1/snapshots/{cadence}/{period}/{issue}/diff");
    let mut difference: Diff = remote.get(&path, &[("against", args.from.to_string())]).await?;
    difference.reversed = (difference.naar.periode, difference.naar.uitgave) != (period, issue);
    tell(args, &difference, output)
}

/// The newest issue of a period that is not retracted.
async fn standing(remote: &Remote, period: Period) -> Result<u32> {
    let query = [("cadans", period.kind().name().to_owned())];
    let all: Vec<SnapshotView> = remote.get("/v1/snapshots", &query).await?;
    let stands = all.iter().find(|issue| issue.periode == period && issue.geldt).map(|issue| issue.uitgave);
    Ok(stands.ok_or_else(|| Usage(format!("no issue of {period} stands")))?)
}

fn tell(args: &DiffArgs, difference: &Diff, output: Output) -> Result<Exit> {
    if difference.reversed {
        let (van, naar) = (difference.van.name(), difference.naar.name());
        say(&format!("{naar} is the later of the two: this is what changed from {van} to {naar}"));
    }
    if let Some(file) = &args.html {
        std::fs::write(file, difference.page()).with_context(|| format!("`{}` can't be written", file.display()))?;
    }
    output.answer(difference, text)?;
    Ok(Exit::Done)
}

fn text(difference: &Diff) -> String {
    let (van, naar) = (&difference.van, &difference.naar);
    let mut text = format!("{} against {}\n", naar.name(), van.name());
    text += &notes(van);
    text += &notes(naar);
    let shared = difference.shared_remark();
    if let Some(remark) = shared {
        text += &format!("no differences are given: {remark}\n");
    }
    let head = ["region", "measure", "category", "earlier", "now", "change", "status", "remark"];
    if !difference.waarden.is_empty() {
        let figures = table(head, difference.waarden.iter().map(|row| cells(row, shared.is_some())));
        text += &format!("\n{figures}");
    }
    if !difference.statussen.is_empty() {
        let lines = difference.statussen.iter().map(|change| {
            [change.regio_code.clone(), statuses(&change.status_eerder, &change.status), change.aantal.to_string()]
        });
        text += &format!("\n{}", table(["region", "status alone", "figures"], lines));
    }
    text + &summary(difference)
}

fn cells(row: &DiffRow, shared: bool) -> [String; 8] {
    let dash = || "-".to_owned();
    let side = |value: Option<i64>, margin: Option<i64>, reason: Option<&String>| match (value, margin) {
        (Some(value), Some(margin)) => format!("{value} ±{margin}"),
        (Some(value), None) => value.to_string(),
        (None, _) => reason.cloned().unwrap_or_else(dash),
    };
    let change = row.verschil.zip(row.verschil_marge);
    [
        row.regio_code.clone(),
        row.maat.clone(),
        row.part(),
        side(row.waarde_eerder, row.marge_eerder, row.reden_leeg_eerder.as_ref()),
        side(row.waarde, row.marge, row.reden_leeg.as_ref()),
        change.map_or_else(dash, |(change, margin)| format!("{change:+} ±{margin}")),
        statuses(&row.status_eerder, &row.status),
        row.opmerking.clone().filter(|_| !shared).unwrap_or_default(),
    ]
}

fn statuses(before: &str, now: &str) -> String {
    if before == now { now.to_owned() } else { format!("{before} → {now}") }
}

/// What was said of an issue since.
fn notes(issue: &DiffIssue) -> String {
    let said = |kind| if kind == ErratumKind::Intrekking { "is retracted" } else { "has an erratum" };
    issue.errata.iter().map(|note| format!("{} {}: {}\n", issue.name(), said(note.soort), note.tekst)).collect()
}

fn summary(difference: &Diff) -> String {
    let (values, statuses) = (difference.waarden.len(), difference.status_only());
    if values + statuses == 0 {
        return "no figure differs\n".to_owned();
    }
    let one_or_more = |n: usize| if n == 1 { "differs" } else { "differ" };
    format!(
        "\n{} {} in value, margin or reason of absence; {} {} in status alone\n\
         counts are rounded: a change of 5 may be a single record\n",
        count(values, "figure"),
        one_or_more(values),
        statuses,
        one_or_more(statuses),
    )
}
