//! What was issued of each period, as far as the calendar looks at it: read from reservations, void marks and manifests.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::path::Path;
use serde::Deserialize;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::{Issue, Status};
use vt_publication::gate::{Input, RegionCoverage};
use vt_publication::reservation::Reservation;
use vt_publication::shelf::retracted_issues;
use vt_publication::tables::coverage::status;
use vt_vault::{ReservationKey, Vault};

use crate::calendar::PublicationDays;

/// Reservations read at once.
const CONCURRENT_READS: usize = 8;

/// One published issue of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its number.
    pub issue: u32,
    /// When it was published.
    pub at: DateTime<Utc>,
    /// The deliveries that counted.
    pub invoer: BTreeSet<Input>,
    /// Deliveries of earlier months, in which meldingen were looked up.
    pub earlier: BTreeSet<Input>,
    /// Digest of what it rests on.
    pub digest: String,
    /// Whether days or whole deliveries were lacking.
    pub lacked: bool,
    /// The issues that it is the sum of; empty for a period that was rounded itself.
    pub parts: BTreeMap<Period, u32>,
    /// The status of each region's figures.
    pub statuses: BTreeMap<String, Status>,
    /// Fingerprint of its key.
    pub key: String,
    /// Version of its register.
    pub register: String,
}

/// What was issued of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeriodIssues {
    reserved: BTreeSet<u32>,
    void: BTreeSet<u32>,
    published: BTreeSet<u32>,
    retracted: BTreeSet<u32>,
    first: Option<Issued>,
    newest: Option<Issued>,
}

impl PeriodIssues {
    /// The newest published issue.
    pub fn newest(&self) -> Option<&Issued> {
        self.newest.as_ref()
    }

    /// The newest reserved issue, when it is neither published nor void: it is to be finished.
    pub fn interrupted(&self) -> Option<u32> {
        let newest = *self.reserved.last()?;
        (!self.published.contains(&newest) && !self.void.contains(&newest)).then_some(newest)
    }

    fn unfinished(&self) -> impl Iterator<Item = u32> {
        self.reserved.difference(&self.published).filter(|issue| !self.void.contains(issue)).copied()
    }

    /// The number of the next issue.
    pub fn next(&self) -> u32 {
        self.reserved.last().map_or(1, |newest| newest + 1)
    }

    /// The number of the newest published issue.
    pub fn newest_number(&self) -> Option<u32> {
        self.published.last().copied()
    }

    /// Whether an issue is reserved, published or not.
    pub fn is_reserved(&self, issue: u32) -> bool {
        self.reserved.contains(&issue)
    }

    /// Whether an issue is published.
    pub fn is_published(&self, issue: u32) -> bool {
        self.published.contains(&issue)
    }

    /// Whether an issue is retracted.
    pub fn is_retracted(&self, issue: u32) -> bool {
        self.retracted.contains(&issue)
    }

    /// The newest published issue, when nothing was reserved after it and it is not retracted: one that a longer period can be summed
    /// from.
    pub fn standing(&self) -> Option<&Issued> {
        self.newest().filter(|newest| self.reserved.last() == Some(&newest.issue) && !self.is_retracted(newest.issue))
    }
}

/// What was issued of all periods.
#[derive(Debug, Clone, Default)]
pub struct Issues {
    periods: BTreeMap<Period, PeriodIssues>,
    closed: BTreeSet<i32>,
}

impl Issues {
    /// Reads what there is.
    ///
    /// # Errors
    /// When a store can't be read.
    pub async fn read(vault: &Vault, published: &dyn ObjectStore) -> Result<Self> {
        let mut issues = Self::default();
        for kind in PeriodKind::ALL {
            for key in vault.reservations(kind).await? {
                issues.of_mut(key.period).reserved.insert(key.issue);
            }
            for key in vault.removed_reservations(kind).await? {
                issues.of_mut(key.period).reserved.insert(key.issue);
                issues.closed.insert(key.period.iso_year());
            }
            for key in vault.voids(kind).await? {
                issues.of_mut(key.period).void.insert(key.issue);
            }
            for issue in manifests(published, kind).await? {
                issues.of_mut(issue.periode).published.insert(issue.uitgave);
            }
        }
        for issue in retracted_issues(published).await? {
            issues.of_mut(issue.periode).retracted.insert(issue.uitgave);
        }
        let wanted: BTreeSet<ReservationKey> =
            issues.periods.iter().flat_map(|(period, of)| of.wanted(*period)).collect();
        let read: Vec<(ReservationKey, Option<Issued>)> = stream::iter(wanted)
            .map(|key| async move { Ok::<_, anyhow::Error>((key, issued(vault, key).await?)) })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        for (key, issued) in read {
            issued.into_iter().for_each(|issued| issues.of_mut(key.period).keep(issued));
        }
        Ok(issues)
    }

    /// Takes up an issue that was published since.
    pub fn published(&mut self, reservation: &Reservation) {
        let of = self.of_mut(reservation.periode);
        of.reserved.insert(reservation.uitgave);
        of.published.insert(reservation.uitgave);
        of.keep(Issued::of(reservation));
    }

    /// What was issued of a period.
    pub fn of(&self, period: Period) -> Option<&PeriodIssues> {
        self.periods.get(&period)
    }

    /// The ISO years of which reservations were removed after their term: no period of them gets a further issue.
    pub fn closed(&self) -> &BTreeSet<i32> {
        &self.closed
    }

    /// Whether a period is of such a year.
    pub fn is_closed(&self, period: Period) -> bool {
        self.closed.contains(&period.iso_year())
    }

    /// What is reserved, and neither published nor void: what a run is at work on, finishes next, or can't finish.
    pub fn unfinished(&self) -> Vec<Issue> {
        let open = self.periods.iter().filter(|(period, _)| !self.is_closed(**period));
        open.flat_map(|(period, of)| of.unfinished().map(|uitgave| Issue { periode: *period, uitgave })).collect()
    }

    /// The number of the next issue of a period.
    pub fn next(&self, period: Period) -> u32 {
        self.of(period).map_or(1, PeriodIssues::next)
    }

    /// The newest published issue of each period.
    pub fn newest(&self) -> impl Iterator<Item = (Period, &Issued)> {
        self.periods.iter().filter_map(|(period, of)| Some((*period, of.newest()?)))
    }

    /// All periods of which something was reserved or published.
    pub fn periods(&self) -> impl Iterator<Item = Period> {
        self.periods.keys().copied()
    }

    /// The periods that were rounded, published or not: those that hold no shorter one.
    pub fn rounded(&self) -> BTreeSet<Period> {
        self.periods.keys().filter(|period| !period.holds_any(self.periods.keys())).copied().collect()
    }

    /// When rounded periods were first published.
    pub fn publication_days(&self) -> PublicationDays {
        let rounded = self.rounded();
        let firsts = self.periods.iter().filter(|(period, _)| rounded.contains(period));
        PublicationDays::new(firsts.filter_map(|(_, of)| of.first.as_ref().map(|first| first.at)))
    }

    /// Adds what a test says was reserved.
    #[cfg(test)]
    pub fn add(&mut self, period: Period, issued: Issued, published: bool) {
        let of = self.of_mut(period);
        of.reserved.insert(issued.issue);
        if published {
            of.published.insert(issued.issue);
            of.keep(issued);
        }
    }

    /// Closes an ISO year, in a test.
    #[cfg(test)]
    pub fn close(&mut self, iso_year: i32) {
        self.closed.insert(iso_year);
    }

    /// Retracts an issue, in a test.
    #[cfg(test)]
    pub fn retract(&mut self, period: Period, issue: u32) {
        self.of_mut(period).retracted.insert(issue);
    }

    /// Makes an issue void, in a test.
    #[cfg(test)]
    pub fn add_void(&mut self, period: Period, issue: u32) {
        self.of_mut(period).void.insert(issue);
    }

    fn of_mut(&mut self, period: Period) -> &mut PeriodIssues {
        self.periods.entry(period).or_default()
    }
}

impl PeriodIssues {
    /// The first and the newest published issue.
    fn wanted(&self, period: Period) -> impl Iterator<Item = ReservationKey> {
        let ends = [self.published.first().copied(), self.published.last().copied()];
        ends.into_iter().flatten().map(move |issue| ReservationKey { period, issue })
    }

    fn keep(&mut self, issued: Issued) {
        if self.published.first() == Some(&issued.issue) {
            self.first = Some(issued.clone());
        }
        if self.published.last() == Some(&issued.issue) {
            self.newest = Some(issued);
        }
    }
}

impl Issued {
    fn of(reservation: &Reservation) -> Self {
        let part = |name: &vt_disclosure::IssueName| Some((name.period.parse().ok()?, name.issue));
        Self {
            issue: reservation.uitgave,
            at: reservation.gepubliceerd_op,
            invoer: reservation.invoer.iter().cloned().collect(),
            earlier: reservation.invoer_eerder.iter().cloned().collect(),
            digest: reservation.invoer_digest.clone(),
            lacked: lacks(&reservation.dekking),
            parts: reservation.geheugen.parts().iter().filter_map(part).collect(),
            statuses: statuses(reservation.periode, &reservation.dekking, reservation.peildatum),
            key: reservation.sleutel_kenmerk.clone(),
            register: reservation.register.clone(),
        }
    }
}

/// The status of each region's figures on a day.
pub fn statuses(period: Period, coverage: &[RegionCoverage], peildatum: NaiveDate) -> BTreeMap<String, Status> {
    coverage.iter().map(|region| (region.vt.clone(), status(period, region, peildatum))).collect()
}

/// Whether days are not covered, or only by month-to-date deliveries: the figures are voorlopig.
pub fn lacks(coverage: &[RegionCoverage]) -> bool {
    coverage.iter().any(|region| !region.is_complete() || !region.tussentijds.is_empty())
}

/// What the calendar looks at of a reservation; its counts are passed over.
#[derive(Deserialize)]
struct Stored {
    uitgave: u32,
    gepubliceerd_op: DateTime<Utc>,
    peildatum: NaiveDate,
    invoer: BTreeSet<Input>,
    invoer_eerder: BTreeSet<Input>,
    invoer_digest: String,
    dekking: Vec<RegionCoverage>,
    sleutel_kenmerk: String,
    register: String,
    geheugen: Memory,
}

#[derive(Deserialize)]
struct Memory {
    #[serde(default)]
    past: Past,
}

#[derive(Default, Deserialize)]
struct Past {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    period: Period,
    issue: u32,
}

/// Nothing when the reservation is absent or can't be read: publishing checks the memory as a whole before anything else, and
/// says what to do; months can be pulled all the same.
async fn issued(vault: &Vault, key: ReservationKey) -> Result<Option<Issued>> {
    let bytes = vault.reservation(key).await?;
    let stored = bytes.and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
    Ok(stored.map(|stored| Issued {
        issue: stored.uitgave,
        at: stored.gepubliceerd_op,
        invoer: stored.invoer,
        earlier: stored.invoer_eerder,
        digest: stored.invoer_digest,
        lacked: lacks(&stored.dekking),
        parts: stored.geheugen.past.parts.into_iter().map(|part| (part.period, part.issue)).collect(),
        statuses: statuses(key.period, &stored.dekking, stored.peildatum),
        key: stored.sleutel_kenmerk,
        register: stored.register,
    }))
}

/// The published issues of a cadence.
pub(crate) async fn manifests(store: &dyn ObjectStore, kind: PeriodKind) -> Result<BTreeSet<Issue>> {
    let prefix = Path::from_iter(["manifests", kind.name()]);
    let paths: Vec<_> = store.list(Some(&prefix)).try_collect().await.context("published store can't be listed")?;
    Ok(paths.iter().filter_map(|meta| Issue::of_manifest(meta.location.as_ref())).collect())
}
