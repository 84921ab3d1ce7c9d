//! `verify`: checks a published store; needs only the published files.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use vt_publication::sign::PublicKey;
use vt_publication::verify::{Scope, VerifyReport, verify_scope};

use crate::app::App;
use crate::belonging::Store;
use crate::cli::VerifyArgs;
use crate::config::Config;
use crate::exit::{Exit, Usage};
use crate::output::{Output, count};
use crate::stores::{local, open_address, open_existing};
use crate::sweep::half_written;

pub(super) async fn run(args: &VerifyArgs, output: Output, directory: &Path) -> Result<Exit> {
    let (store, address) = match &args.store {
        Some(address) => (open_address(address)?, address.clone()),
        None => {
            let config = Config::load(directory)?.store;
            (open_existing(&config, Store::Published)?, config.published)
        }
    };
    let scope = Scope {
        periods: args.period.map(|period| BTreeSet::from([period])),
        keys: args.public_keys.iter().map(|text| public_key(text)).collect::<Result<_>>()?,
        software: App::software(),
        hidden: hidden(&address)?,
    };
    let report = verify_scope(store.as_ref(), &scope).await?;
    if let Some(period) = args.period.filter(|_| report.snapshots.is_empty() && report.findings.is_empty()) {
        return Err(Usage(format!("{period} is not published in this store: nothing was verified")).into());
    }
    output.answer(&report, text)?;
    let holds = report.findings.is_empty() && !report.snapshots.is_empty();
    Ok(if holds { Exit::Done } else { Exit::Invalid })
}

/// Files of a directory that its listing does not show.
fn hidden(store: &str) -> Result<Vec<String>> {
    let Some(folder) = local(store) else { return Ok(Vec::new()) };
    let found = half_written(std::slice::from_ref(&folder), DateTime::<Utc>::MAX_UTC)?;
    Ok(found.iter().map(|path| path.strip_prefix(&folder).unwrap_or(path).display().to_string()).collect())
}

/// A public key: the line itself, or a file that holds it.
fn public_key(text: &str) -> Result<PublicKey> {
    if let Ok(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let read = std::fs::read_to_string(text).map_err(|error| Usage(format!("--public-key {text}: {error}")))?;
    Ok(PublicKey::parse(&read).map_err(|error| Usage(format!("--public-key {text}: {error}")))?)
}

fn text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for erratum in &report.errata {
        let what = if erratum.retracts() { "RETRACTED" } else { "erratum" };
        text += &format!("{}: {what}, {}: {}\n", erratum.issue(), erratum.path(), erratum.tekst);
    }
    for note in &report.notes {
        text += &format!("{note}\n");
    }
    for finding in &report.findings {
        text += &format!("{finding}\n");
    }
    let snapshots = count(report.snapshots.len(), "snapshot");
    if report.signers == 0 && !report.snapshots.is_empty() {
        text += "who made it was not checked: give the public key with --public-key\n";
    }
    text + &match report.findings.len() {
        0 if report.snapshots.is_empty() => "nothing was verified: there is no snapshot in this store\n".to_owned(),
        0 => format!("{snapshots} verified: nothing wrong\n"),
        n => format!("{snapshots} verified: {} wrong\n", count(n, "thing")),
    }
}
