//! Gate (B) of disclosure control at publication: a protected issue is attacked before it is reserved (DESIGN §7).

use std::time::Instant;

use vt_disclosure::{MemoryRecord, Protection};
use vt_domain::period::Period;
use vt_publication::PublicationError;
use vt_publication::audit::{AttackLimits, gate};
use vt_publication::reservation::reservation;

use crate::app::App;

/// The memory of every issue of a period below this one, published or not.
///
/// # Errors
/// [`PublicationError`] when the private store fails or a reservation is damaged.
pub async fn earlier(app: &App, period: Period, issue: u32) -> Result<Vec<MemoryRecord>, PublicationError> {
    let mut records = Vec::new();
    if issue == 1 {
        return Ok(records);
    }
    let keys = app.vault.reservations(period.kind()).await?;
    for key in keys.into_iter().filter(|key| key.period == period && key.issue < issue) {
        records.extend(reservation(&app.vault, key).await?.map(|earlier| earlier.geheugen));
    }
    Ok(records)
}

/// Gate (B): attacks a protected issue as a reader of everything published would, and refuses it when that does not show it safe.
///
/// # Errors
/// [`PublicationError::Unsafe`], saying what was found and what to do.
pub fn attacked(
    period: Period,
    issue: u32,
    mut protection: Protection,
    others: &[MemoryRecord],
    limits: &AttackLimits,
) -> Result<Protection, PublicationError> {
    let start = Instant::now();
    let others: Vec<&MemoryRecord> = others.iter().collect();
    let attack = gate(&protection.record, &others, limits, &|| start.elapsed());
    if let Some(rule) = attack.refusal() {
        return Err(PublicationError::Unsafe { period, issue, rule });
    }
    protection.audit.attack = Some(attack);
    Ok(protection)
}
