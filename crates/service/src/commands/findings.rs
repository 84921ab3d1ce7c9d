//! `findings`: what the checks found in a region's month. Never a record's content; the records themselves are named only
//! in the region's own report.

use anyhow::Result;

use super::place::Place;
use crate::cli::FindingsArgs;
use crate::exit::Exit;
use crate::ops;
use crate::output::{Output, table};
use crate::views::FindingView;

pub(super) async fn run(args: &FindingsArgs, output: Output, place: &Place) -> Result<Exit> {
    let findings = match place {
        Place::Here(app) => ops::findings(app, &args.region, args.month).await?,
        Place::There(remote) => {
            remote.get(&format!("/v1/regions/{}/months/{}/findings", args.region, args.month), &[]).await?
        }
    };
    output.answer(&findings, |findings| text(findings))?;
    Ok(Exit::Done)
}

fn text(findings: &[FindingView]) -> String {
    if findings.is_empty() {
        return "no findings".into();
    }
    table(
        ["nr", "check", "severity", "file", "field", "count", "message"],
        findings.iter().map(|finding| {
            [
                finding.nr.to_string(),
                finding.check.clone(),
                finding.severity.clone(),
                finding.bestand.clone().unwrap_or_else(|| "-".into()),
                finding.veld.clone().unwrap_or_else(|| "-".into()),
                finding.aantal.to_string(),
                finding.melding.clone(),
            ]
        }),
    )
}
