//! `findings`: what the checks found in a region's month. Never a record's content; the records themselves are named only
//! in the region's own report.

use anyhow::Result;
use vt_domain::finding::Severity;
use vt_ledger::{DeliveryFilter, DeliveryFinding};

use crate::app::App;
use crate::cli::FindingsArgs;
use crate::exit::{Exit, Usage};
use crate::output::{Output, table};

pub(super) async fn run(args: &FindingsArgs, output: Output, app: &App) -> Result<Exit> {
    let deliveries = app.ledger.deliveries(&DeliveryFilter::of(args.region.as_str(), args.month)).await?;
    if deliveries.is_empty() {
        return Err(Usage(format!("no delivery of {} {} is known", args.region, args.month)).into());
    }
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
