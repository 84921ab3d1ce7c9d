//! What is there, late and due, derived from the private store, the published store and the clock.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::delivery::{DeliveryId, counts_over};
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::Issue;
use vt_ledger::LedgerError;
use vt_publication::gate::{Input, PeriodInput, gate};
use vt_vault::{DeliveryRecord, Kept};

use crate::agenda::Agenda;
use crate::app::App;
use crate::arrangements::Arrangements;
use crate::belonging;
use crate::cadence::CadencePlan;
use crate::calendar::Change;
use crate::due::{self, KnownMonths, PeriodState, PullOrder};
use crate::issues::{Issues, PeriodIssues};
use crate::publishing::UNPROTECTED;
use crate::terms::{MonthState, Terms};
use crate::tiling::{Tiling, Way};

/// One region, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    #[schema(value_type = Vec<String>)]
    pub late: Vec<Month>,
    /// Months of which part is covered, and that are not overdue.
    #[schema(value_type = Vec<String>)]
    pub month_to_date: Vec<Month>,
    /// Months that are not complete while the region is out of service or paused.
    #[schema(value_type = Vec<String>)]
    pub out_of_service: Vec<Month>,
}

/// One period, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeriodOverview {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
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

impl PeriodOverview {
    /// Whether a region lacks days of it that are in a month.
    pub fn needs(&self, vt: &str, maand: Month) -> bool {
        self.missing.contains_key(vt) && self.periode.months().any(|month| month == maand)
    }
}

/// All that is derived; read once per command.
pub struct Overview {
    /// All verdicts.
    pub records: Vec<DeliveryRecord>,
    /// What was issued of each period.
    pub issues: Issues,
    /// The newest published issue per period, of all kinds.
    pub published: BTreeMap<Period, u32>,
    /// Now.
    pub now: DateTime<Utc>,
    /// The day of today.
    pub today: NaiveDate,
    /// Deliveries whose registrations were removed after their term.
    pub removed: BTreeSet<DeliveryId>,
    /// How often is published.
    pub cadence: CadencePlan,
    /// What was agreed with regions.
    pub arrangements: Arrangements,
    /// The day on which each region's month was last pulled to its end.
    pulled: BTreeMap<(String, Month), NaiveDate>,
    judged: BTreeMap<DeliveryId, DateTime<Utc>>,
    tried: BTreeMap<(Period, u32), DateTime<Utc>>,
}

impl Overview {
    /// Reads verdicts, reservations, manifests and what the ledger says was held back.
    ///
    /// # Errors
    /// When a store or the ledger can't be read, or a store is not the right one.
    pub async fn read(app: &App) -> Result<Self> {
        belonging::check(app).await?;
        let now = app.clock.now();
        let today = local_date(now);
        let mut records = app.vault.deliveries(None).await?;
        // Looked at as of an earlier day: what was judged since is not known yet.
        records.retain(|record| local_date(record.beoordeeld_op) <= today);
        let issues = Issues::read(&app.vault, app.published.as_ref()).await?;
        let held = app.ledger.held_back(None).await?.into_iter().filter(|held| held.reason.class == UNPROTECTED);
        let published = issues.periods().filter_map(|period| Some((period, issues.of(period)?.newest_number()?)));
        Ok(Self {
            published: published.collect(),
            removed: app.vault.removed(Kept::Registrations).await?,
            cadence: cadence_plan(app, now).await?,
            arrangements: Arrangements::new(app.ledger.arrangements().await?),
            pulled: app.ledger.pulled().await?.into_iter().map(|(key, at)| (key, local_date(at))).collect(),
            judged: records.iter().map(|record| (record.id(), record.beoordeeld_op)).collect(),
            tried: held.map(|held| ((held.period, held.issue), held.since)).collect(),
            records,
            issues,
            now,
            today,
        })
    }

    /// By when what must be there, as of today.
    pub fn terms<'a>(&'a self, app: &'a App) -> Terms<'a> {
        let Self { cadence, arrangements, today, .. } = self;
        Terms { schedule: &app.schedule, cadence, arrangements, today: *today }
    }

    /// The last month that is looked after: the running one too while some of its days come out in shorter periods.
    pub fn last_month(&self, app: &App) -> Month {
        let rounded = self.issues.rounded();
        let tiling = Tiling { cadence: &self.cadence, rounded: &rounded };
        self.terms(app).last_month(|day| tiling.tile_of(day).kind() < PeriodKind::FourWeeks)
    }

    /// The region-months to ask for.
    pub fn pulls_due(&self, app: &App) -> Vec<PullOrder> {
        let known = KnownMonths { covered: self.covered(), pulled: self.pulled.clone() };
        due::pulls_due(&self.terms(app), &app.register, &known, self.last_month(app))
    }

    /// The last day that accepted deliveries of each region's month reach.
    pub fn covered(&self) -> BTreeMap<(String, Month), NaiveDate> {
        self.counting().into_iter().map(|(key, record)| (key, record.kop.tot_en_met)).collect()
    }

    /// The delivery of each region's month that counts.
    pub fn counting(&self) -> BTreeMap<(String, Month), &DeliveryRecord> {
        let mut counting: BTreeMap<(String, Month), &DeliveryRecord> = BTreeMap::new();
        for record in self.records.iter().filter(|record| record.accepted()) {
            let place = counting.entry((record.kop.vt_code.clone(), record.kop.leveringsmaand)).or_insert(record);
            if counts_over(&record.kop, &place.kop) {
                *place = record;
            }
        }
        counting
    }

    /// The regions in force today or in any month looked after.
    pub fn regions(&self, app: &App) -> Vec<RegionOverview> {
        let covered = self.covered();
        let terms = self.terms(app);
        let last = self.last_month(app);
        let mut regions: BTreeMap<&str, RegionOverview> = BTreeMap::new();
        for month in app.schedule.first_month.through(last) {
            for vt in app.register.vt_regions(month.last_day()) {
                let row = regions.entry(&vt.code).or_insert_with(|| self.region(&vt.code, &vt.naam));
                let day = covered.get(&(vt.code.clone(), month)).copied();
                match terms.month_state(&vt.code, month, day) {
                    MonthState::Complete => row.complete += 1,
                    MonthState::Late => row.late.push(month),
                    MonthState::MonthToDate => row.month_to_date.push(month),
                    MonthState::OutOfService => row.out_of_service.push(month),
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
            out_of_service: Vec::new(),
        }
    }

    /// What a period is made from, as of today.
    pub fn input(&self, app: &App, period: Period) -> PeriodInput {
        let newest = self.issues.of(period).and_then(PeriodIssues::newest);
        let named = |input: &Input| newest.is_some_and(|newest| newest.earlier.contains(input));
        let gone = |input: &Input| self.removed.contains(&input.id()) && !named(input);
        gate(period, &self.records, &app.register, self.today).limited(app.retention.registrations_months, gone)
    }

    /// The issue that a publication of a period would make: the number after the newest one reserved.
    pub fn next_issue(&self, periode: Period) -> Issue {
        Issue { periode, uitgave: self.issues.next(periode) }
    }

    /// The issue of a period that was reserved and not finished.
    pub fn interrupted(&self, period: Period) -> Option<u32> {
        self.issues.of(period).and_then(PeriodIssues::interrupted)
    }

    /// The periods that the schedule looks after, by kind and date.
    pub fn periods(&self, app: &App) -> Vec<PeriodOverview> {
        self.periods_without(app, &BTreeSet::new())
    }

    /// The same, when some that are due are held up for other reasons: these make no publication day.
    pub fn periods_without(&self, app: &App, holding: &BTreeSet<Period>) -> Vec<PeriodOverview> {
        let states = self.with_agenda(app, holding, |agenda| agenda.states());
        states.into_iter().map(|(period, state)| self.row(app, period, state)).collect()
    }

    /// The periods that are due, and those that are held up: they would be published without a region that only we failed to pull.
    /// `ours`: the region-months of which that is so.
    pub fn due(&self, app: &App, ours: &[(&str, Month)]) -> (Vec<Period>, BTreeSet<Period>) {
        let waits = |row: &PeriodOverview| {
            row.state == PeriodState::DeadlinePassed && ours.iter().any(|(vt, maand)| row.needs(vt, *maand))
        };
        let held: BTreeSet<Period> = self.periods(app).iter().filter(|row| waits(row)).map(|row| row.periode).collect();
        let due = self.periods_without(app, &held).into_iter();
        let due = due.filter(|row| row.state.due() && !held.contains(&row.periode));
        (due.map(|row| row.periode).collect(), held)
    }

    /// Whether a period got an issue today: it has at most one a day.
    pub fn issued_today(&self, period: Period) -> bool {
        let newest = self.issues.of(period).and_then(PeriodIssues::newest);
        newest.is_some_and(|newest| local_date(newest.at) >= self.today)
    }

    /// One period.
    pub fn period(&self, app: &App, periode: Period) -> PeriodOverview {
        let state = self.with_agenda(app, &BTreeSet::new(), |agenda| agenda.state(periode));
        self.row(app, periode, state)
    }

    /// The sums that are due, when this is what was issued; shortest first.
    pub fn sums_due(&self, app: &App, issues: &Issues) -> Vec<Period> {
        let sums = self.agenda(app, issues, &BTreeSet::new(), |agenda| agenda.sums());
        sums.into_iter().filter(|(_, state)| state.due()).map(|(period, _)| period).collect()
    }

    /// The periods that come out as the sum of others.
    pub fn summed_now(&self) -> impl Fn(Period) -> bool {
        let (rounded, cadence) = (self.issues.rounded(), self.cadence.clone());
        move |period| matches!(Tiling { cadence: &cadence, rounded: &rounded }.way(period), Way::Sum(_))
    }

    /// The rounded periods that were published on an earlier day, and of which something changed since that is `asked`.
    pub fn changed(&self, app: &App, asked: impl Fn(Change) -> bool) -> Vec<Period> {
        self.with_agenda(app, &BTreeSet::new(), |agenda| agenda.changed(asked))
    }

    /// Whether the newest published issue of a period rests on what counts today: on its deliveries, or on the newest issues
    /// that it is the sum of.
    pub fn same_input(&self, app: &App, period: Period) -> bool {
        let newest = self.issues.of(period).and_then(PeriodIssues::newest);
        match newest {
            Some(newest) if newest.parts.is_empty() => newest.digest == self.input(app, period).digest,
            Some(newest) => newest.parts.iter().all(|(part, issue)| self.published.get(part) == Some(issue)),
            None => false,
        }
    }

    fn row(&self, app: &App, periode: Period, state: PeriodState) -> PeriodOverview {
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
            state,
        }
    }

    fn with_agenda<T>(&self, app: &App, holding: &BTreeSet<Period>, ask: impl FnOnce(&Agenda<'_>) -> T) -> T {
        self.agenda(app, &self.issues, holding, ask)
    }

    fn agenda<T>(
        &self,
        app: &App,
        issues: &Issues,
        holding: &BTreeSet<Period>,
        ask: impl FnOnce(&Agenda<'_>) -> T,
    ) -> T {
        ask(&Agenda {
            terms: self.terms(app),
            now: self.now,
            issues,
            tried: &self.tried,
            input: &|period| self.input(app, period),
            judged: &|delivery: &Input| self.judged.get(&delivery.id()).copied(),
            removed: &self.removed,
            holding,
        })
    }
}

/// The cadence of every day, as was decided by the day of an instant.
///
/// # Errors
/// When the ledger can't be read.
pub async fn cadence_plan(app: &App, now: DateTime<Utc>) -> Result<CadencePlan, LedgerError> {
    let mut decisions = app.ledger.cadence_decisions().await?;
    decisions.retain(|decision| local_date(decision.decided_at) <= local_date(now));
    Ok(CadencePlan::new(app.schedule.cadence, &decisions))
}
