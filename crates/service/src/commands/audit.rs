//! `audit`: attacks a published store; needs only the published files, and with the private store certifies it too.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use vt_disclosure::attack::store::{InsiderFigures, MeasureAttack, Profile, TargetAttack};
use vt_publication::audit::{AuditFailure, AuditNews, AuditOptions, AuditReport, Depth, PrivateReport, audit_store};
use vt_publication::keys::KeyError;
use vt_vault::{StoreKey, StoreKeys, Vault};

use crate::cli::AuditArgs;
use crate::encryption::open_key;
use crate::exit::{Exit, Usage};
use crate::keys::KeyPlace;
use crate::output::{Output, count, table};
use crate::progress::say;
use crate::signals;
use crate::stores::open_address;

/// Unsafe targets shown as text; all of them are in the JSON.
const MOST_SHOWN: usize = 50;

pub(super) async fn run(args: &AuditArgs, output: Output) -> Result<Exit> {
    let store = open_address(&args.store)?;
    let vault = args.private.as_deref().map(|private| open_vault(private, &args.private_keys)).transpose()?;
    let insiders: Vec<Profile> =
        args.profiles.iter().filter(|profile| **profile != Profile::Outsider).cloned().collect();
    if vault.is_none() && !insiders.is_empty() {
        return Err(Usage("what an insider finds rests on the true counts: give --private".to_owned()).into());
    }
    let depth = if args.full { Depth::Full } else { Depth::Proof };
    let options = AuditOptions { depth, insiders, period: args.period };
    let cancelled = signals::watch(None)?;
    let (start, quiet) = (Instant::now(), output.is_json());
    let mut said = |news: AuditNews<'_>| {
        if !quiet {
            say(&told(&news));
        }
    };
    let stop = || cancelled.is_cancelled();
    let report = audit_store(store.as_ref(), vault.as_ref(), &options, &|| start.elapsed(), &mut said, &stop).await;
    if let Err(error @ AuditFailure::NoRegion { .. }) = &report {
        return Err(Usage(error.to_string()).into());
    }
    let report = report?;
    output.answer(&report, text)?;
    if cancelled.is_cancelled() {
        say("stopped: what was not looked at is not called safe");
        return Ok(Exit::Interrupted);
    }
    Ok(if report.safe { Exit::Done } else { Exit::Invalid })
}

/// A private store, or a copy of it, with the keys that are given for it.
fn open_vault(private: &str, keys: &[PathBuf]) -> Result<Vault> {
    let store = open_address(private)?;
    let keys: Result<Vec<StoreKey>, KeyError> =
        keys.iter().map(|file| open_key(&KeyPlace::File(file.clone()))).collect();
    let mut keys = keys?.into_iter();
    let Some(first) = keys.next() else { return Ok(Vault::new(store)) };
    let keys = StoreKeys::new(first, keys.collect())
        .map_err(|twice| Usage(format!("--private-key: key {twice} is given twice")))?;
    // Only read: what stands there in plain is what the store was begun with.
    Ok(Vault::sealed(store, keys.accepting_plain(true)))
}

fn told(news: &AuditNews<'_>) -> String {
    match news {
        AuditNews::Verified(snapshots) => format!("verified {}", count(*snapshots, "snapshot")),
        AuditNews::Attacked(found) => {
            format!("{} {}: {} of {} targets proven", found.family, found.measure, found.proven, found.targets)
        }
        AuditNews::Certified(reservations) => format!("certified {}", count(*reservations, "reservation")),
        AuditNews::Insider(found) => {
            format!("{} in {} {}: {} of {} wide", found.profile, found.family, found.measure, found.wide, found.targets)
        }
    }
}

fn text(report: &AuditReport) -> String {
    let mut text = outsider(report);
    for line in report.files.iter().map(|finding| format!("file: {finding}\n")) {
        text += &line;
    }
    if let Some(reason) = &report.not_attacked {
        text += &format!("not attacked: {reason}\n");
    }
    text += &report.private.as_ref().map(private).unwrap_or_default();
    if !report.insiders.is_empty() {
        text += &insiders(&report.insiders);
    }
    let seconds = &report.seconds;
    text += &format!(
        "\nseconds: verify {:.1}, read {:.1}, attack {:.1}, certify {:.1}, insiders {:.1}\n",
        seconds.verify, seconds.read, seconds.attack, seconds.certify, seconds.insiders
    );
    let (targets, proven) = report.outsider.targets();
    text + &if report.safe {
        format!("SAFE: {} of {targets} targets proven to keep at least five values, never all within 1 to 4\n", proven)
    } else {
        format!("NOT SAFE: {}; {proven} of {targets} targets are proven\n", report.reasons.join("; "))
    }
}

fn outsider(report: &AuditReport) -> String {
    let rows = report.outsider.measures.iter().map(|found| {
        [
            found.family.clone(),
            found.measure.clone(),
            found.targets.to_string(),
            found.proven.to_string(),
            found.unsafe_targets.len().to_string(),
            found.unchecked.len().to_string(),
            found.narrowest.as_ref().map_or_else(|| "-".to_owned(), interval),
        ]
    });
    let mut text =
        table(["period", "measure", "targets", "proven", "unsafe", "undecided", "narrowest shown"], rows) + "\n";
    for found in &report.outsider.measures {
        text += &faults(found);
    }
    for year in &report.outsider.longer {
        let label = format!("{}/{}", year.issue.period, year.issue.issue);
        let (cells, parts) = (year.cells, count(year.parts.len(), "part"));
        text += &match year.findings.len() {
            0 => format!("{label}: the sum of its {parts} in all {cells} cells\n"),
            _ => year.findings.iter().map(|finding| format!("{finding}\n")).collect(),
        };
    }
    text
}

fn faults(found: &MeasureAttack) -> String {
    let mut text = String::new();
    if let Some(reason) = &found.no_witness {
        text += &format!("{} {}: no witness stands behind the values: {reason}\n", found.family, found.measure);
    }
    for target in found.unsafe_targets.iter().take(MOST_SHOWN) {
        text += &format!("unsafe: {}\n", interval(target));
        if !target.causes.is_empty() {
            text += &format!("  because of {}\n", target.causes.join(", "));
        }
    }
    for name in found.unchecked.iter().take(MOST_SHOWN) {
        text += &format!("undecided: {name}\n");
    }
    let hidden =
        found.unsafe_targets.len().saturating_sub(MOST_SHOWN) + found.unchecked.len().saturating_sub(MOST_SHOWN);
    if hidden > 0 {
        text += &format!("{} {}: and {hidden} more; see --json\n", found.family, found.measure);
    }
    text
}

fn interval(target: &TargetAttack) -> String {
    let end = |end: Option<i64>| end.map_or_else(|| "…".to_owned(), |end| end.to_string());
    let value = target.value.map_or_else(String::new, |value| format!(" (published {value})"));
    format!("{} to {} for {}{value}", end(target.lo), end(target.hi), target.name)
}

fn private(report: &PrivateReport) -> String {
    let mut text: String = report.findings.iter().map(|finding| format!("private store: {finding}\n")).collect();
    let PrivateReport { reservations, removed, cells, compared, fit, .. } = report;
    let outcome = if report.passed() { "certified" } else { "looked at" };
    text += &format!(
        "{} {outcome}: {cells} cells; {compared} published values compared with them\n",
        count(*reservations, "reservation")
    );
    if *removed > 0 {
        text += &format!(
            "{} without reservation: removed after its term, so that nothing is certified of it\n",
            count(*removed, "issue")
        );
    }
    let errors: Vec<String> = fit.by_error.iter().map(ToString::to_string).collect();
    text += &format!("cells by |z-a| from 0: {}; beyond 4: {:.2}%\n", errors.join(" "), fit.beyond_ideal_percent());
    for (kind, total) in &fit.totals {
        text += &format!("totals of {kind}: mean |z-a| {:.2}, largest {}\n", total.mean(), total.largest);
    }
    text
}

fn insiders(all: &[InsiderFigures]) -> String {
    let rows = all.iter().map(|found| {
        [
            found.profile.clone(),
            found.family.clone(),
            found.measure.clone(),
            found.targets.to_string(),
            found.narrow.to_string(),
            found.exactly_known.to_string(),
            found.unchecked.to_string(),
            found.narrowest.as_ref().map_or_else(|| "-".to_owned(), interval),
        ]
    });
    let header = ["insider", "period", "measure", "targets", "narrower", "exactly", "undecided", "narrowest"];
    format!("\nWhat insiders find (no part of the verdict):\n{}", table(header, rows))
}
