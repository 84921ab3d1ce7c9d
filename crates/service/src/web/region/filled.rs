//! How the fields of a region's newest accepted delivery are filled, from its spiegelrapport.

use anyhow::Result;
use maud::{Markup, html};
use vt_domain::delivery::DeliveryId;
use vt_intake::report::{SPIEGELRAPPORT, SpiegelVeld, Spiegelrapport};

use crate::app::App;
use crate::views::DeliveryView;
use crate::web::words::month;

/// The newest accepted delivery's fields that are filled least.
pub async fn newest(app: &App, deliveries: &[DeliveryView]) -> Result<Markup> {
    const SHOWN: usize = 8;
    let Some(newest) = deliveries.iter().find(|it| it.status == "accepted") else { return Ok(html! {}) };
    let id = DeliveryId { vt: newest.vt.clone(), maand: newest.maand, nr: newest.nr };
    let Some(bytes) = app.vault.report(&id, SPIEGELRAPPORT).await? else { return Ok(html! {}) };
    let report: Spiegelrapport = serde_json::from_slice(&bytes)?;
    let fields = report
        .bestanden
        .iter()
        .flat_map(|file| file.velden.iter().map(move |field| (format!("{}.{}", file.recordsoort, field.veld), field)));
    let mut fields: Vec<(String, u64)> =
        fields.filter_map(|(name, field)| Some((name, percent(field)?))).filter(|(_, share)| *share < 100).collect();
    fields.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    fields.truncate(SHOWN);
    Ok(html! {
        section aria-labelledby="vulling" {
            h2 #vulling { "Vulling van de nieuwste geaccepteerde levering" }
            p { (month(newest.maand)) " nr. " (newest.nr) "." }
            @if fields.is_empty() { p.goed { "Alle velden zijn in elk record gevuld." } }
            @else {
                p.klein { "De velden die het minst gevuld zijn." }
                dl.vulling {
                    @for (name, share) in &fields {
                        dt { (name) }
                        dd { meter min="0" max="100" value=(share) aria-label=(name) {} " " (share) "%" }
                    }
                }
            }
        }
    })
}

/// In how many of a hundred records a field is filled; nothing of a file without records.
fn percent(field: &SpiegelVeld) -> Option<u64> {
    let all = field.gevuld + field.leeg + field.ongeldig;
    (100 * field.gevuld).checked_div(all)
}
