//! Which veiligheidsregio's an issue leaves empty as `regio_onbekend`: by its own values, and of a sum also by those of its parts.

use std::collections::BTreeSet;
use std::sync::Arc;

use vt_disclosure::ProtectedTable;
use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;

use super::figures::figures;
use super::unknown::{UnknownRule, unknown_shares};
use crate::render::RenderError;
use crate::reservation::Reservation;

/// What a reservation leaves empty, per measure: what the rule says of its own values, and what its parts leave empty.
///
/// # Errors
/// [`RenderError::Inconsistent`] when an atom of its geography has no valid code.
pub(crate) fn left_empty(
    reservation: &Reservation,
    protected: &ProtectedTable,
) -> Result<BTreeSet<(Maat, Arc<str>)>, RenderError> {
    let atoms: Result<BTreeSet<AtomCode>, _> = protected.geography().atoms.iter().map(|code| code.parse()).collect();
    let atoms = atoms.map_err(|error| RenderError::Inconsistent(format!("{error}")))?;
    let shares = unknown_shares(&atoms, rule(reservation, protected.bound()), figures(protected));
    let own = shares.into_iter().filter(|(_, share)| !share.publishable()).map(|(name, _)| name);
    let of_parts = reservation.leeg.iter().map(|empty| (empty.maat, Arc::from(empty.regio.as_str())));
    Ok(own.chain(of_parts).collect())
}

fn rule(reservation: &Reservation, bound: u32) -> UnknownRule {
    let policy = &reservation.beleid.publication;
    let least_base = if reservation.is_revised() { policy.least_base_revised } else { policy.least_base };
    UnknownRule { above_percent: policy.region_unknown_above_percent, least_base, bound }
}
