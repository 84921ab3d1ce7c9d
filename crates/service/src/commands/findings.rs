//! `findings`: what the checks found in a region's month. Never a record's content; the records themselves are named only
//! in the region's own report.

use anyhow::Result;
use vt_domain::finding::Severity;
use vt_ledger::DeliveryFinding;

use crate::app::App;
use crate::cli::FindingsArgs;
use crate::exit::Exit;
use crate::output::{Output, table};

pub(super) async fn run(args: &FindingsArgs, output: Output, app: &App) -> Result<Exit> {
    output.answer(&app.ledger.findings(&args.region, args.month).await?, |findings| text(findings))?;
    Ok(Exit::Done)
}

fn text(findings: &[DeliveryFinding]) -> String {
    if findings.is_empty() {
        return "no findings".into();
    }
    table(
        ["nr", "check", "severity", "file", "field", "count", "message"],
        findings.iter().map(|DeliveryFinding { delivery, finding }| {
            [
                delivery.nr.to_string(),
                finding.check.clone(),
                severity(finding.severity).to_owned(),
                finding.bestand.map_or_else(|| "-".into(), |file| file.to_string()),
                finding.veld.clone().unwrap_or_else(|| "-".into()),
                finding.aantal.to_string(),
                finding.melding.clone(),
            ]
        }),
    )
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Fout => "fout",
        Severity::Waarschuwing => "waarschuwing",
        Severity::Signaal => "signaal",
    }
}
