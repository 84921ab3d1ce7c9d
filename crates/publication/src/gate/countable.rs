//! What of a period's input can be counted, after what was removed when its term was over.

use vt_domain::clock::local_date;
use vt_vault::{Kept, Vault};

use super::{Input, PeriodInput};
use crate::error::PublicationError;
use crate::reservation::Reservation;

/// The input of the issue after `before`, with meldingen looked up at most `look_back` months before the period.
///
/// What was removed and `before` did not look up is left out. What it did can't be: services would move without any delivery that
/// says so.
///
/// # Errors
/// [`PublicationError::RegistrationsRemoved`] when it needs registrations that were removed; [`PublicationError::Vault`] when the
/// private store fails.
pub async fn countable(
    vault: &Vault,
    input: PeriodInput,
    look_back: u32,
    before: Option<&Reservation>,
) -> Result<PeriodInput, PublicationError> {
    let removed = vault.removed(Kept::Registrations).await?;
    let named = |input: &Input| before.is_some_and(|before| before.invoer_eerder.contains(input));
    let input = input.limited(look_back, |input| removed.contains(&input.id()) && !named(input));
    let Some(delivery) = input.needs_one_of(&removed) else { return Ok(input) };
    let removal = vault.removal(Kept::Registrations, &delivery).await?;
    // A record that was listed and is gone was taken away by hand.
    let (on, rule) = removal.map_or_else(Default::default, |removal| (local_date(removal.at), removal.rule));
    Err(PublicationError::RegistrationsRemoved { period: input.period, delivery, on, rule })
}
