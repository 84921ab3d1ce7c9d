//! How a period may come out, from the names of what is reserved alone.

use std::collections::{BTreeMap, BTreeSet};

use vt_domain::{Period, PeriodKind};
use vt_vault::{ReservationKey, Vault};

use crate::error::PublicationError;

/// The names of reservations, by period.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    issues: BTreeMap<Period, BTreeSet<u32>>,
    voids: BTreeSet<ReservationKey>,
}

/// [`super::Way`] by names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WayOut {
    Rounded,
    Summed(Vec<Period>),
}

impl Reserved {
    /// What is reserved in these ISO years.
    pub(crate) async fn list(vault: &Vault, iso_years: &BTreeSet<i32>) -> Result<Self, PublicationError> {
        let mut reserved = Self::default();
        for kind in PeriodKind::ALL {
            let of_years = |key: &ReservationKey| iso_years.contains(&key.period.iso_year());
            vault.reservations(kind).await?.into_iter().filter(of_years).for_each(|key| reserved.add(key));
            // One that was removed after its term binds too, and whoever needs it is told so.
            vault.removed_reservations(kind).await?.into_iter().filter(of_years).for_each(|key| reserved.add(key));
            reserved.voids.extend(vault.voids(kind).await?.into_iter().filter(of_years));
        }
        Ok(reserved)
    }

    pub(crate) fn add(&mut self, key: ReservationKey) {
        self.issues.entry(key.period).or_default().insert(key.issue);
    }

    #[cfg(test)]
    pub(crate) fn mark(&mut self, void: ReservationKey) {
        self.voids.insert(void);
    }

    pub(crate) fn first(&self, period: Period) -> Option<ReservationKey> {
        Some(ReservationKey { period, issue: *self.issues.get(&period)?.first()? })
    }

    pub(crate) fn newest(&self, period: Period) -> Option<ReservationKey> {
        Some(ReservationKey { period, issue: *self.issues.get(&period)?.last()? })
    }

    /// The newest issue below this one that is not void: the one that was published before it.
    pub(crate) fn published_before(&self, key: ReservationKey) -> Option<ReservationKey> {
        let below = self.issues.get(&key.period)?.range(..key.issue).rev();
        below.map(|&issue| ReservationKey { issue, ..key }).find(|key| !self.is_void(*key))
    }

    pub(crate) fn is_void(&self, key: ReservationKey) -> bool {
        self.voids.contains(&key)
    }

    /// Every issue, by period.
    pub(crate) fn all(&self) -> impl Iterator<Item = ReservationKey> {
        self.issues.keys().flat_map(|&period| self.of(period))
    }

    /// The issues of a period, void ones too, in their order.
    pub(crate) fn of(&self, period: Period) -> impl Iterator<Item = ReservationKey> {
        self.issues.get(&period).into_iter().flatten().map(move |&issue| ReservationKey { period, issue })
    }

    /// Rounded periods within a longer one, in the order of their days: those that hold no shorter ones.
    fn rounded_in(&self, longer: Period) -> Vec<Period> {
        let within = |period: &&Period| **period != longer && longer.contains_period(**period);
        let mut rounded: Vec<Period> =
            self.issues.keys().filter(within).copied().filter(|period| self.is_rounded(*period)).collect();
        rounded.sort_by_key(|period| period.begin());
        rounded
    }

    fn is_rounded(&self, period: Period) -> bool {
        !period.holds_any(self.issues.keys())
    }

    /// Every longer period with the newest reservation of each rounded period in it but this one.
    pub(crate) fn sums(&self, period: Period) -> Vec<(Period, Vec<ReservationKey>)> {
        let others = |longer: Period| {
            let rounded = self.rounded_in(longer).into_iter().filter(|other| *other != period);
            rounded.filter_map(|other| self.newest(other)).collect()
        };
        period.longer().into_iter().map(|longer| (longer, others(longer))).collect()
    }

    pub(crate) fn way(&self, period: Period) -> Result<WayOut, PublicationError> {
        let overlap = |other: Period, rule: String| Err(PublicationError::Overlap { period, other, rule });
        let around =
            period.longer().into_iter().find(|longer| self.issues.contains_key(longer) && self.is_rounded(*longer));
        if let Some(longer) = around {
            let rule = format!(
                "its days are published only as part of {longer}, and figures of both would narrow each other; use {longer}, \
                 or publish shorter periods from {} on",
                longer.end()
            );
            return overlap(longer, rule);
        }
        let parts = self.rounded_in(period);
        let Some(&first) = parts.first() else { return Ok(WayOut::Rounded) };
        let mut missing = Vec::new();
        uncovered(period, &parts, &mut missing);
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            let rule = format!(
                "part of its days are published as {first}{}, so that it can only be the sum of shorter periods; first publish {}",
                if parts.len() > 1 { " and others" } else { "" },
                missing.join(", ")
            );
            return overlap(first, rule);
        }
        let void = parts.iter().copied().find(|part| self.newest(*part).is_some_and(|key| self.is_void(key)));
        match void {
            Some(part) => {
                let rule = format!("the newest issue of {part}, a part of it, is void; first publish {part} again");
                overlap(part, rule)
            }
            None => Ok(WayOut::Summed(parts)),
        }
    }
}

/// The longest periods that fill what the parts leave open.
fn uncovered(period: Period, parts: &[Period], missing: &mut Vec<Period>) {
    if parts.contains(&period) {
        return;
    }
    if !parts.iter().any(|part| period.contains_period(*part)) {
        missing.push(period);
        return;
    }
    let shorter = PeriodKind::ALL.into_iter().rev().find(|kind| *kind < period.kind());
    for part in shorter.map(|kind| period.parts(kind)).unwrap_or_default() {
        uncovered(part, parts, missing);
    }
}
