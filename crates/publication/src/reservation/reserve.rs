//! Reserving, exactly once, and only what rests on all that binds it.

use std::collections::BTreeSet;

use vt_disclosure::IssueName;
use vt_domain::register::Register;
use vt_domain::snapshot::Issue;
use vt_vault::{ReservationKey, Reserved as Held, Vault};

use super::{Reservation, Standing, reservation};
use crate::error::PublicationError;
use crate::history::{Reserved, WayOut};

/// How often it is looked again what is reserved, when something else of the ISO year was reserved meanwhile that does not bind it.
const ATTEMPTS: u32 = 8;

/// Reserves an issue, exactly once, and gives the reservation that stands: ours, or an earlier one that must be finished.
/// `register` is the one that the reservation names; it is kept beside it.
///
/// # Errors
/// [`PublicationError::Reservation`] when ours contradicts itself or what was reserved before, or the one that stands is damaged
/// or void; [`PublicationError::Moved`] when something was reserved since that binds it, in whichever process; [`PublicationError::Overlap`] when the
/// period cannot come out; [`PublicationError::Vault`] when the private store fails.
pub async fn reserve(
    vault: &Vault,
    reservation: Reservation,
    register: &Register,
) -> Result<Standing, PublicationError> {
    let key = reservation.key();
    let iso_year = key.period.iso_year();
    if let Some(rule) = reservation.fault() {
        return Err(refused(key, rule));
    }
    if register.version() != reservation.register {
        return Err(refused(key, "it names another register than the one at hand"));
    }
    for _ in 0..ATTEMPTS {
        // The turn first: what is reserved after this look takes it or a later one.
        let turn = vault.next_turn(iso_year).await?;
        let reserved = Reserved::list(vault, &BTreeSet::from([iso_year])).await?;
        if let Some(standing) = super::reservation(vault, key).await? {
            return held(&reserved, standing);
        }
        check_order(&reserved, &reservation)?;
        check_binding(&reserved, &reservation)?;
        check_frozen(vault, &reserved, &reservation).await?;
        vault.keep_register(register).await?;
        match vault.reserve(turn, key, reservation.to_bytes()).await? {
            Held::Created => return Ok(Standing::Created(Box::new(reservation))),
            Held::Held(bytes) => return held(&reserved, Reservation::from_bytes(key, &bytes)?),
            Held::Crossed => {}
        }
    }
    let rule = format!("{ATTEMPTS} times another issue of its ISO year was reserved");
    Err(PublicationError::Moved { period: key.period, issue: key.issue, rule })
}

fn held(reserved: &Reserved, standing: Reservation) -> Result<Standing, PublicationError> {
    if reserved.is_void(standing.key()) {
        return Err(refused(standing.key(), "it is void, and its number stays unused: reserve the next issue"));
    }
    Ok(Standing::Held(Box::new(standing)))
}

/// Issues are numbered without gaps, and each names the published one before it.
fn check_order(reserved: &Reserved, reservation: &Reservation) -> Result<(), PublicationError> {
    let key = reservation.key();
    let next = reserved.newest(key.period).map_or(1, |newest| newest.issue + 1);
    if key.issue != next {
        return Err(refused(key, &format!("the next issue of the period is {next}")));
    }
    let before = reserved.published_before(key);
    let before = before.map(|key| Issue { periode: key.period, uitgave: key.issue });
    match (before, &reservation.vorige) {
        (None, None) => Ok(()),
        (Some(before), Some(previous)) if previous.pad == before.manifest() => Ok(()),
        (None, Some(_)) => Err(refused(key, "it names an issue before it, and none was published")),
        (Some(before), _) => {
            let rule =
                format!("it does not rest on {before}, which was reserved and is not void: finish that one first");
            Err(refused(key, &rule))
        }
    }
}

/// It names exactly what binds it now.
fn check_binding(reserved: &Reserved, reservation: &Reservation) -> Result<(), PublicationError> {
    let key = reservation.key();
    let binding: BTreeSet<ReservationKey> = match reserved.way(key.period)? {
        WayOut::Rounded => {
            let beside = reserved.sums(key.period).into_iter().flat_map(|(_, others)| others);
            beside.chain(reserved.of(key.period)).collect()
        }
        WayOut::Summed(parts) => parts.into_iter().filter_map(|part| reserved.newest(part)).collect(),
    };
    let name = |key: ReservationKey| IssueName { period: key.period.to_string(), issue: key.issue };
    let binding: BTreeSet<IssueName> = binding.into_iter().map(name).collect();
    let named: BTreeSet<IssueName> = reservation.geheugen.named().collect();
    let moved = |rule: String| PublicationError::Moved { period: key.period, issue: key.issue, rule };
    if let Some(new) = binding.difference(&named).next() {
        return Err(moved(format!("{} issue {} was reserved", new.period, new.issue)));
    }
    match named.difference(&binding).next() {
        Some(old) => Err(moved(format!("{} issue {} ceased to be what binds it", old.period, old.issue))),
        None => Ok(()),
    }
}

/// A period keeps the register of its first issue, and when it is rounded also the key.
async fn check_frozen(vault: &Vault, reserved: &Reserved, reservation: &Reservation) -> Result<(), PublicationError> {
    let key = reservation.key();
    let Some(first) = reserved.first(key.period) else { return Ok(()) };
    let first =
        self::reservation(vault, first).await?.ok_or_else(|| refused(key, "the first issue of the period vanished"))?;
    if first.register != reservation.register {
        return Err(refused(key, "it is made with another register than the first issue of the period"));
    }
    if reservation.geheugen.parts().is_empty() && first.sleutel_kenmerk != reservation.sleutel_kenmerk {
        return Err(refused(key, "it is made with another key than the first issue of the period"));
    }
    Ok(())
}

fn refused(key: ReservationKey, rule: &str) -> PublicationError {
    PublicationError::Reservation { period: key.period, issue: key.issue, rule: rule.to_owned() }
}
