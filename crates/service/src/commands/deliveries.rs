//! `deliveries`: judged deliveries.

use anyhow::Result;
use vt_ledger::{Delivery, DeliveryFilter, DeliveryStatus};

use crate::app::App;
use crate::cli::DeliveriesArgs;
use crate::exit::Exit;
use crate::output::{Output, table};

pub(super) async fn run(args: &DeliveriesArgs, output: Output, app: &App) -> Result<Exit> {
    let filter =
        DeliveryFilter { vt: args.region.clone(), from: args.month, to: args.month, ..DeliveryFilter::default() };
    output.answer(&app.ledger.deliveries(&filter).await?, |deliveries| text(deliveries))?;
    Ok(Exit::Done)
}

fn text(deliveries: &[Delivery]) -> String {
    if deliveries.is_empty() {
        return "no deliveries".into();
    }
    table(
        ["region", "month", "nr", "kind", "until", "verdict", "adviezen", "meldingen", "diensten", "dropped"],
        deliveries.iter().map(|delivery| {
            let records = |of: fn(&vt_ledger::RecordCounts) -> u64| {
                delivery.records.as_ref().map_or_else(|| "-".to_owned(), |counts| of(counts).to_string())
            };
            [
                delivery.id.vt.clone(),
                delivery.id.maand.to_string(),
                delivery.id.nr.to_string(),
                delivery.soort.name().to_owned(),
                delivery.tot_en_met.to_string(),
                verdict(delivery.status).to_owned(),
                records(|counts| counts.advies),
                records(|counts| counts.melding),
                records(|counts| counts.vervolgdienst),
                delivery.dropped.to_string(),
            ]
        }),
    )
}

fn verdict(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Accepted => "accepted",
        DeliveryStatus::Rejected => "rejected",
        DeliveryStatus::Failed => "failed",
    }
}
