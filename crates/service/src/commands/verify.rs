//! `verify`: checks a published store; needs only the published files.

use anyhow::Result;
use vt_publication::verify::{VerifyReport, verify};

use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::output::{Output, count};
use crate::progress::say;
use crate::stores::open_existing_store;

pub(super) async fn run(args: &VerifyArgs, output: Output) -> Result<Exit> {
    let store = open_existing_store(&args.store)?;
    let report = verify(store.as_ref(), args.period).await?;
    output.answer(&report, text)?;
    if report.snapshots.is_empty() {
        say("nothing was verified: no such snapshot in this store");
        return Ok(Exit::Invalid);
    }
    Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Invalid })
}

fn text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text += &format!("{finding}\n");
    }
    let snapshots = count(report.snapshots.len(), "snapshot");
    text + &match report.findings.len() {
        0 => format!("{snapshots} verified: nothing wrong\n"),
        n => format!("{snapshots} verified: {} wrong\n", count(n, "thing")),
    }
}
