//! Gate (B) of disclosure control at publication: a protected issue is attacked before it is reserved (DESIGN §7).

use std::time::Instant;

use vt_disclosure::Protection;
use vt_domain::period::Period;
use vt_publication::PublicationError;
use vt_publication::audit::{AttackLimits, Attacked, Seen, gate};
use vt_publication::reservation::Reservation;

/// Gate (B): attacks a protected issue as a reader of everything published would, and refuses it when that does not show it safe.
/// `seen`: what its manifest will show of its deliveries; nothing for a sum.
///
/// # Errors
/// [`PublicationError::Unsafe`], saying what was found and what to do.
pub fn attacked(
    period: Period,
    issue: u32,
    mut protection: Protection,
    seen: Option<Seen>,
    others: &[&Reservation],
    limits: &AttackLimits,
) -> Result<Protection, PublicationError> {
    let start = Instant::now();
    let others: Vec<Attacked<'_>> = others.iter().map(|&other| Attacked::from(other)).collect();
    let attack = gate(&Attacked { record: &protection.record, seen }, &others, limits, &|| start.elapsed());
    let vt_disclosure::AttackAudit { targets, proven, milliseconds, time_limit_seconds, .. } = attack;
    tracing::info!(%period, issue, targets, proven, milliseconds, time_limit_seconds, "attacked before it is reserved");
    if let Some(rule) = attack.refusal() {
        return Err(PublicationError::Unsafe { period, issue, rule });
    }
    protection.audit.attack = Some(attack);
    Ok(protection)
}
