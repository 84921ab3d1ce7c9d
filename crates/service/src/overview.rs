//! What is there, late and due, derived from the private store, the published store and the clock.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use serde::Serialize;
use vt_domain::clock::local_date;
use vt_domain::delivery::counts_over;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::Issue;
use vt_publication::gate::{PeriodInput, gate};
use vt_vault::DeliveryRecord;

use crate::app::App;
use crate::due::{self, MonthState, PeriodState};

/// One region, for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct RegionOverview {
    /// The region's code.
    pub vt: String,
    /// Its name.
    pub naam: String,
    /// Deliveries judged.
    pub deliveries: usize,
    /// Of which accepted.
    pub accepted: usize,
    /// Of which rejected.
    pub rejected: usize,
    /// Months covered in full.
    pub complete: usize,
    /// Months that are overdue.
    pub late: Vec<Month>,
    /// Months of which part is covered, and that are not overdue.
    pub month_to_date: Vec<Month>,
}

/// One period, for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct PeriodOverview {
    /// The period.
    pub periode: Period,
    /// The first day.
    pub begin: NaiveDate,
    /// The last day.
    pub eind: NaiveDate,
    /// Regions of which every day is covered.
    pub complete: usize,
    /// Regions in force.
    pub regions: usize,
    /// Which regions lack days, with how many.
    pub missing: BTreeMap<String, u32>,
    /// Whether it is published, due or waiting.
    #[serde(flatten)]
    pub state: PeriodState,
}

/// All that is derived; read once per command.
pub struct Overview {
    /// All verdicts.
    pub records: Vec<DeliveryRecord>,
    /// The newest published issue per period.
    pub published: BTreeMap<Period, u32>,
    /// The newest reserved issue per period.
    pub reserved: BTreeMap<Period, u32>,
    /// The day of today.
    pub today: NaiveDate,
}

impl Overview {
    /// Reads verdicts, reservations and manifests.
    ///
    /// # Errors
    /// When a store can't be read.
    pub async fn read(app: &App) -> Result<Self> {
        let today = app.clock.today();
        let mut records = app.vault.deliveries(None).await?;
        // Looked at as of an earlier day: what was judged since is not known yet.
        records.retain(|record| local_date(record.beoordeeld_op) <= today);
        let published = published_issues(app.published.as_ref(), app.schedule.cadence).await?;
        let reserved = app.vault.reservations(app.schedule.cadence).await?;
        let reserved = reserved.into_iter().map(|key| (key.period, key.issue)).collect();
        Ok(Self { records, published, reserved, today })
    }

    /// The last day that accepted deliveries of each region's month reach.
    pub fn covered(&self) -> BTreeMap<(String, Month), NaiveDate> {
        let mut counting: BTreeMap<(String, Month), &DeliveryRecord> = BTreeMap::new();
        for record in self.records.iter().filter(|record| record.accepted()) {
            let place = counting.entry((record.kop.vt_code.clone(), record.kop.leveringsmaand)).or_insert(record);
            if counts_over(&record.kop, &place.kop) {
                *place = record;
            }
        }
        counting.into_iter().map(|(key, record)| (key, record.kop.tot_en_met)).collect()
    }

    /// The regions in force today or in any month looked after.
    pub fn regions(&self, app: &App) -> Vec<RegionOverview> {
        let covered = self.covered();
        let last = Month::of(self.today).previous();
        let mut regions: BTreeMap<&str, RegionOverview> = BTreeMap::new();
        for month in app.schedule.first_month.through(last) {
            for vt in app.register.vt_regions(month.last_day()) {
                let row = regions.entry(&vt.code).or_insert_with(|| self.region(&vt.code, &vt.naam));
                let day = covered.get(&(vt.code.clone(), month)).copied();
                match due::month_state(month, day, self.today, &app.schedule) {
                    MonthState::Complete => row.complete += 1,
                    MonthState::Late => row.late.push(month),
                    MonthState::MonthToDate => row.month_to_date.push(month),
                    MonthState::Expected => {}
                }
            }
        }
        regions.into_values().collect()
    }

    fn region(&self, vt: &str, naam: &str) -> RegionOverview {
        let own = || self.records.iter().filter(|record| record.kop.vt_code == vt);
        let accepted = own().filter(|record| record.accepted()).count();
        RegionOverview {
            vt: vt.to_owned(),
            naam: naam.to_owned(),
            deliveries: own().count(),
            accepted,
            rejected: own().count() - accepted,
            complete: 0,
            late: Vec::new(),
            month_to_date: Vec::new(),
        }
    }

    /// What a period is made from, as of today.
    pub fn input(&self, app: &App, period: Period) -> PeriodInput {
        gate(period, &self.records, &app.register, self.today)
    }

    /// The issue that a publication of a period would make: the number after the newest one reserved.
    pub fn next_issue(&self, periode: Period) -> Issue {
        Issue { periode, uitgave: self.reserved.get(&periode).map_or(1, |reserved| reserved + 1) }
    }

    /// The periods that the schedule looks after, oldest first.
    pub fn periods(&self, app: &App) -> Vec<PeriodOverview> {
        due::periods(app.schedule.cadence, self.today, &app.schedule).map(|period| self.period(app, period)).collect()
    }

    /// One period.
    pub fn period(&self, app: &App, periode: Period) -> PeriodOverview {
        let input = self.input(app, periode);
        let missing: BTreeMap<String, u32> = input
            .coverage
            .iter()
            .filter(|region| !region.is_complete())
            .map(|region| (region.vt.clone(), region.dagen - region.dagen_gedekt))
            .collect();
        PeriodOverview {
            periode,
            begin: periode.begin(),
            eind: periode.last_day(),
            complete: input.complete_regions().len(),
            regions: input.coverage.len(),
            missing,
            state: self.state(app, &input),
        }
    }

    fn state(&self, app: &App, input: &PeriodInput) -> PeriodState {
        match (self.published.get(&input.period), self.reserved.get(&input.period)) {
            (Some(&issue), Some(&reserved)) if reserved > issue => PeriodState::Interrupted { issue: reserved },
            (Some(&issue), _) => PeriodState::Published { issue },
            (None, Some(&issue)) => PeriodState::Interrupted { issue },
            (None, None) => due::unpublished_state(input, self.today, &app.schedule),
        }
    }
}

/// The newest published issue of each period of a kind.
///
/// # Errors
/// When the store can't be listed.
pub async fn published_issues(store: &dyn ObjectStore, kind: PeriodKind) -> Result<BTreeMap<Period, u32>> {
    let prefix = Path::from_iter(["manifests", kind.name()]);
    let paths: Vec<_> = store.list(Some(&prefix)).try_collect().await.context("published store can't be listed")?;
    let issues: BTreeSet<Issue> = paths.iter().filter_map(|meta| Issue::of_manifest(meta.location.as_ref())).collect();
    Ok(issues.into_iter().map(|issue| (issue.periode, issue.uitgave)).collect())
}
