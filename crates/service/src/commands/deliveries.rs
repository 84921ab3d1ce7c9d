//! `deliveries`: judged deliveries.

use anyhow::Result;

use super::place::Place;
use crate::cli::DeliveriesArgs;
use crate::exit::Exit;
use crate::ops::{self, DeliveryQuery};
use crate::output::{Output, table};
use crate::views::{CountsView, DeliveryView};

pub(super) async fn run(args: &DeliveriesArgs, output: Output, place: &Place) -> Result<Exit> {
    let deliveries = match place {
        Place::Here(app) => {
            ops::deliveries(app, DeliveryQuery { vt: args.region.clone(), maand: args.month }, true).await?
        }
        Place::There(remote) => {
            let mut rows: Vec<DeliveryView> = match &args.region {
                // Also for the region itself, which sees its own only.
                Some(vt) => remote.get(&format!("/v1/regions/{vt}/deliveries"), &[]).await?,
                None => {
                    let maand = args.month.map(|month| ("maand", month.to_string()));
                    remote.rows("/v1/deliveries", &maand.into_iter().collect::<Vec<_>>(), usize::MAX).await?
                }
            };
            rows.retain(|row| args.month.is_none_or(|month| row.maand == month));
            rows
        }
    };
    output.answer(&deliveries, |deliveries| text(deliveries))?;
    Ok(Exit::Done)
}

fn text(deliveries: &[DeliveryView]) -> String {
    if deliveries.is_empty() {
        return "no deliveries".into();
    }
    table(
        ["region", "month", "nr", "kind", "until", "verdict", "adviezen", "meldingen", "diensten", "dropped"],
        deliveries.iter().map(|delivery| {
            let records = |of: fn(&CountsView) -> u64| {
                delivery.records.as_ref().map_or_else(|| "-".to_owned(), |counts| of(counts).to_string())
            };
            [
                delivery.vt.clone(),
                delivery.maand.to_string(),
                delivery.nr.to_string(),
                delivery.soort.clone(),
                delivery.tot_en_met.to_string(),
                delivery.status.clone(),
                records(|counts| counts.advies),
                records(|counts| counts.melding),
                records(|counts| counts.vervolgdienst),
                delivery.dropped.map_or_else(|| "-".into(), |dropped| dropped.to_string()),
            ]
        }),
    )
}
