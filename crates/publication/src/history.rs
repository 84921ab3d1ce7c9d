//! What was reserved before: which reservations bind a new issue, and how a period may come out (DESIGN §3, §7).
//!
//! A period is either *rounded*, made from registrations, or *summed*, made from the shorter periods within it that were
//! rounded. What it was once it stays. A reservation binds whether it was published, waits to be finished or is void.

mod inputs;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use vt_disclosure::{Past, Policy, SumOf};
use vt_domain::{Period, PeriodKind};
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;
use crate::gate::PeriodInput;
use crate::reservation::{Reservation, reservation};

pub(crate) use inputs::{RestsOn, change, changes_between};
pub(crate) use ways::{Reserved, WayOut};

/// Reservations read at once.
const CONCURRENT_READS: usize = 8;

/// The reservations that bind, by period: of each its first and its newest issue.
#[derive(Debug, Default)]
pub struct History {
    reserved: Reserved,
    kept: BTreeMap<ReservationKey, Reservation>,
}

/// How a period may come out.
#[derive(Debug)]
pub enum Way<'h> {
    /// Made from registrations.
    Rounded,
    /// The sum of these parts, the newest reservation of each, in order.
    Summed(Vec<&'h Reservation>),
}

impl History {
    /// Reads every reservation of the periods of these ISO years, of all kinds: nothing else binds a period of them.
    ///
    /// # Errors
    /// [`PublicationError`] when the private store fails or a reservation is damaged.
    pub async fn read(vault: &Vault, iso_years: impl IntoIterator<Item = i32>) -> Result<Self, PublicationError> {
        let reserved = Reserved::list(vault, &iso_years.into_iter().collect()).await?;
        let wanted: Vec<ReservationKey> = reserved.all().collect();
        let read = stream::iter(wanted).map(|key| async move {
            let vanished = || PublicationError::Reservation {
                period: key.period,
                issue: key.issue,
                rule: "it vanished; restore the newest backup of the private store".to_owned(),
            };
            Ok::<_, PublicationError>((key, reservation(vault, key).await?.ok_or_else(vanished)?))
        });
        let kept = read.buffered(CONCURRENT_READS).try_collect().await?;
        Ok(Self { reserved, kept })
    }

    /// Takes up a reservation that was made since.
    pub fn remember(&mut self, reservation: Reservation) {
        let key = reservation.key();
        self.reserved.add(key);
        self.kept.insert(key, reservation);
    }

    /// The highest issue of a period, void or not.
    pub fn newest(&self, period: Period) -> Option<&Reservation> {
        self.kept.get(&self.reserved.newest(period)?)
    }

    /// The issues of a period below this one, void ones too, in their order.
    pub fn below(&self, period: Period, issue: u32) -> impl Iterator<Item = &Reservation> {
        let key = |issue| ReservationKey { period, issue };
        self.kept.range(key(0)..key(issue)).map(|(_, reservation)| reservation)
    }

    /// The lowest issue of a period: its register and key are those of every later one.
    pub fn first(&self, period: Period) -> Option<&Reservation> {
        self.kept.get(&self.reserved.first(period)?)
    }

    /// Whether an issue is void: reserved and never to be finished.
    pub fn is_void(&self, key: ReservationKey) -> bool {
        self.reserved.is_void(key)
    }

    /// The latest instant of all that was reserved: no later issue bears an earlier one, for what was there before another is told by it.
    pub fn latest_instant(&self) -> Option<DateTime<Utc>> {
        self.kept.values().map(|reservation| reservation.gepubliceerd_op).max()
    }

    /// The number of the next issue of a period, from 1.
    pub fn next_issue(&self, period: Period) -> u32 {
        self.reserved.newest(period).map_or(1, |key| key.issue + 1)
    }

    /// How a period may come out.
    ///
    /// # Errors
    /// [`PublicationError::Overlap`], saying why not and what to do: its days were published only as part of a longer period,
    /// the periods within it leave a gap, or a part's newest issue is void.
    pub fn way(&self, period: Period) -> Result<Way<'_>, PublicationError> {
        Ok(match self.reserved.way(period)? {
            WayOut::Rounded => Way::Rounded,
            // Unwrap safety: of every period that is listed, the newest issue is kept.
            WayOut::Summed(parts) => Way::Summed(parts.iter().map(|part| self.newest(*part).unwrap()).collect()),
        })
    }

    /// What binds a rounded issue: the issue before it, how the deliveries of each atom changed since, and the other parts of
    /// every longer period.
    ///
    /// `atoms` in the order of the new cells; `software` is the program at hand.
    ///
    /// # Errors
    /// [`PublicationError::Overlap`] when the period cannot come out, [`PublicationError::Reservation`] when it is a sum, or
    /// `issue` is not the next one.
    pub fn past<'h>(
        &'h self,
        input: &PeriodInput,
        issue: u32,
        atoms: &[String],
        software: &str,
        policy: &Policy,
    ) -> Result<Past<'h>, PublicationError> {
        let period = input.period;
        let refuse = |rule: &str| Err(PublicationError::Reservation { period, issue, rule: rule.to_owned() });
        if matches!(self.reserved.way(period)?, WayOut::Summed(_)) {
            return refuse("it is the sum of shorter periods, and is not rounded itself");
        }
        if issue != self.next_issue(period) {
            return refuse("it is not the next issue of its period");
        }
        let previous = self.newest(period);
        let changes = previous.map(|previous| inputs::changes(previous, input, atoms, software)).transpose()?;
        let (inputs, apart) = changes.map(|changes| (changes.inputs, changes.apart)).unwrap_or_default();
        let sums = self.reserved.sums(period).into_iter().map(|(longer, others)| {
            let first_issues = issue == 1 && others.iter().all(|key| key.issue == 1);
            SumOf {
                period: longer.to_string(),
                bound: sum_bound(longer.kind(), first_issues, policy),
                others: others.iter().filter_map(|key| self.kept.get(key)).map(|part| &part.geheugen).collect(),
            }
        });
        let earlier = previous.into_iter().flat_map(|previous| self.below(period, previous.uitgave));
        Ok(Past {
            issue,
            previous: previous.map(|previous| &previous.geheugen),
            earlier: earlier.map(|issue| &issue.geheugen).collect(),
            inputs,
            apart,
            sums: sums.collect(),
        })
    }
}

/// Within what the running errors of a longer period are kept: of an ISO year 14 while all its parts are first issues, 19
/// from the first revision on; of shorter ones 9.
pub(crate) fn sum_bound(kind: PeriodKind, first_issues: bool, policy: &Policy) -> u32 {
    match (kind, first_issues) {
        (PeriodKind::IsoYear, true) => policy.year_bound,
        (PeriodKind::IsoYear, false) => policy.year_bound_revised,
        _ => policy.bound,
    }
}
