//! `report`: what a region is told of a delivery.

use anyhow::Result;
use serde_json::Value;
use vt_intake::report::{Kwaliteitsrapport, Spiegelrapport};

use super::place::Place;
use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::ops;
use crate::output::{Output, table};
use crate::views::{DeliveryView, ReportView, code};

pub(super) async fn run(args: &ReportArgs, output: Output, place: &Place) -> Result<Exit> {
    let report: ReportView = match (place, args.nr) {
        (Place::Here(app), Some(nr)) => ops::report(app, &args.region, args.month, nr).await?,
        (Place::Here(app), None) => ops::latest_report(app, &args.region, args.month).await?,
        (Place::There(remote), nr) => {
            let of = format!("/v1/regions/{}/deliveries", args.region);
            let nr = match nr {
                Some(nr) => nr,
                None => {
                    let all: Vec<DeliveryView> = remote.get(&of, &[]).await?;
                    let newest = all.iter().filter(|it| it.maand == args.month).map(|it| it.nr).max();
                    newest.ok_or_else(|| {
                        ops::NotFound::new(
                            format!("no delivery of {} {}", args.region, args.month),
                            "er is geen levering van die maand",
                        )
                    })?
                }
            };
            remote.get(&format!("{of}/{}/{nr}/report", args.month), &[]).await?
        }
    };
    output.answer(&report, text)?;
    Ok(Exit::Done)
}

/// The reports as text, in the Dutch of the regions.
fn text(report: &ReportView) -> String {
    let mut text = format!("{} {} levering {}\n", report.vt, report.maand, report.nr);
    match read::<Kwaliteitsrapport>(report.kwaliteitsrapport.as_ref()) {
        Some(kwaliteit) => {
            text += &format!("oordeel: {}\n", code(kwaliteit.oordeel));
            let rows = kwaliteit.bevindingen.iter().map(|found| {
                [
                    code(found.ernst),
                    found.controle.clone(),
                    found.aantal.to_string(),
                    format!("{} {}", found.melding, found.herstel),
                ]
            });
            text += &match kwaliteit.bevindingen.is_empty() {
                true => "geen bevindingen\n".to_owned(),
                false => table(["ernst", "controle", "aantal", "melding"], rows) + "\n",
            };
        }
        None => text += "er is geen kwaliteitsrapport\n",
    }
    for file in read::<Spiegelrapport>(report.spiegelrapport.as_ref()).iter().flat_map(|spiegel| &spiegel.bestanden) {
        text += &format!("\n{}: {} records\n", file.recordsoort, file.records);
        let rows = file
            .velden
            .iter()
            .map(|veld| [veld.veld.clone(), veld.gevuld.to_string(), veld.leeg.to_string(), veld.ongeldig.to_string()]);
        text += &(table(["veld", "gevuld", "leeg", "ongeldig"], rows) + "\n");
    }
    text
}

fn read<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Option<T> {
    serde_json::from_value(value?.clone()).ok()
}
