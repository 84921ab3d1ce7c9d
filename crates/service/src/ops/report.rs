//! What a region is told of its deliveries.

use anyhow::{Context, Result};
use serde_json::Value;
use vt_domain::delivery::DeliveryId;
use vt_domain::month::Month;
use vt_intake::report::{KWALITEITSRAPPORT, SPIEGELRAPPORT};

use super::NotFound;
use super::arrange::known;
use crate::app::App;
use crate::views::ReportView;

/// The reports on a delivery.
///
/// # Errors
/// [`NotFound`] when it was not judged; when the private store can't be read.
pub async fn of(app: &App, vt: &str, maand: Month, nr: u32) -> Result<ReportView> {
    known(app, vt)?;
    let id = DeliveryId { vt: vt.to_owned(), maand, nr };
    if app.vault.delivery(&id).await?.is_none() {
        return Err(not_judged(&id.to_string()).into());
    }
    Ok(ReportView {
        spiegelrapport: kept(app, &id, SPIEGELRAPPORT).await?,
        kwaliteitsrapport: kept(app, &id, KWALITEITSRAPPORT).await?,
        vt: id.vt,
        maand,
        nr,
    })
}

/// The reports on the newest delivery of a month.
///
/// # Errors
/// As [`of`].
pub async fn latest(app: &App, vt: &str, maand: Month) -> Result<ReportView> {
    known(app, vt)?;
    let judged = app.vault.deliveries_of_month(vt, maand).await?;
    let newest = judged.iter().map(|record| record.kop.levering_nr).max();
    of(app, vt, maand, newest.ok_or_else(|| not_judged(&format!("of {vt} {maand}")))?).await
}

fn not_judged(what: &str) -> NotFound {
    NotFound::new(format!("no delivery {what} was judged"), "deze levering is niet beoordeeld")
}

async fn kept(app: &App, id: &DeliveryId, name: &str) -> Result<Option<Value>> {
    let Some(bytes) = app.vault.report(id, name).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).with_context(|| format!("the {name} of {id} is damaged"))
}
