//! What the pages show of all regions and periods: derived at most once in some seconds, however many look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::NaiveDate;
use vt_domain::clock::local_date;
use vt_domain::finding::{Finding, Scope, Severity};
use vt_domain::month::Month;
use vt_domain::snapshot::Issue;
use vt_intake::checks::{Catalogue, Check};
use vt_publication::shelf::Shelf;
use vt_vault::DeliveryRecord;

use crate::app::App;
use crate::belonging;
use crate::kept::Kept;
use crate::ops::Status;
use crate::overview::{Overview, RegionOverview};
use crate::terms::MonthState;

use super::score::Score;

/// For so long what was derived is shown again. What an operator changed is seen at once: a change throws it away.
const FRESH: Duration = Duration::from_secs(10);

/// The state of a region's month, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    /// Whole, and it came on time.
    OnTime,
    /// Whole, and it came after its last day.
    CameLate,
    /// Not there, and its last day is over.
    Late,
    /// What came last was rejected, and nothing else makes it whole.
    Rejected,
    /// Part of it.
    MonthToDate,
    /// Not there, and not due yet.
    Expected,
    /// The region is out of service or paused.
    OutOfService,
}

/// A region's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    /// The month.
    pub maand: Month,
    /// Its state.
    pub light: Light,
    /// The last day that is covered.
    pub covered: Option<NaiveDate>,
    /// The last day on which it is on time.
    pub due: NaiveDate,
    /// Whether it was given longer.
    pub extended: bool,
    /// What came last, when it was rejected.
    pub rejected: Option<Refused>,
}

/// A rejected delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number.
    pub nr: u32,
    /// The day on which it was judged.
    pub on: NaiveDate,
    /// The checks that decided it, by id and name. For the region itself and for operators only.
    pub findings: Vec<(String, String)>,
}

/// A region, with its months.
#[derive(Debug, Clone)]
pub struct Row {
    /// How it is doing.
    pub region: RegionOverview,
    /// Its months in force, oldest first.
    pub months: Vec<Square>,
    /// How its deliveries were.
    pub score: Score,
}

/// All that is shown of regions and periods.
#[derive(Debug, Clone)]
pub struct Board {
    /// What is reserved, and not published nor void.
    pub unfinished: Vec<Issue>,
    /// Periods, failures and wakes.
    pub status: Status,
    /// All regions.
    pub rows: Vec<Row>,
    /// The months that are looked after, oldest first.
    pub months: Vec<Month>,
}

/// The board, and what is published, as they were read last. Cheap to clone.
#[derive(Clone, Default)]
pub struct Shown(Arc<Read>);

#[derive(Default)]
struct Read {
    board: Kept<Arc<Board>>,
    shelf: Kept<Arc<Shelf>>,
}

impl Shown {
    /// The board, at most twice as old as it is fresh.
    ///
    /// # Errors
    /// When a store or the ledger can't be read.
    pub async fn board(&self, app: &App) -> Result<Arc<Board>> {
        let (version, app) = (app.changes.version(), app.clone());
        self.0.board.get(FRESH, version, || async move { Board::read(&app).await.map(Arc::new) }).await
    }

    /// What is published, at most twice as old as it is fresh.
    ///
    /// # Errors
    /// When the published store can't be read.
    pub async fn shelf(&self, app: &App) -> Result<Arc<Shelf>> {
        let (version, app) = (app.changes.version(), app.clone());
        let read = || async move { belonging::shelf(&app).await.map(Arc::new) };
        self.0.shelf.get(FRESH, version, read).await
    }
}

impl Board {
    async fn read(app: &App) -> Result<Self> {
        let overview = Overview::read(app).await?;
        let regions = overview.regions(app);
        let status = Status::of(app, &overview, Vec::new()).await?;
        let months: Vec<Month> = app.schedule.first_month.through(Month::of(overview.today)).collect();
        let covered = overview.covered();
        let by_region = by_region(&overview.records);
        let rows = regions.into_iter().map(|region| {
            let own = by_region.get(region.vt.as_str()).map_or(&[][..], Vec::as_slice);
            row(app, &overview, &covered, &months, region, own)
        });
        Ok(Self { rows: rows.collect(), months, status, unfinished: overview.issues.unfinished() })
    }

    /// The row of a region.
    pub fn row(&self, vt: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.region.vt == vt)
    }
}

fn by_region(records: &[DeliveryRecord]) -> BTreeMap<&str, Vec<&DeliveryRecord>> {
    let mut of: BTreeMap<&str, Vec<&DeliveryRecord>> = BTreeMap::new();
    for record in records {
        of.entry(&record.kop.vt_code).or_default().push(record);
    }
    of
}

fn row(
    app: &App,
    overview: &Overview,
    covered: &BTreeMap<(String, Month), NaiveDate>,
    months: &[Month],
    region: RegionOverview,
    own: &[&DeliveryRecord],
) -> Row {
    let terms = overview.terms(app);
    let in_force = |month: &&Month| app.register.vt_regions(month.last_day()).iter().any(|it| it.code == region.vt);
    let months: Vec<Square> = months
        .iter()
        .filter(in_force)
        .map(|&maand| {
            let (day, window) = (covered.get(&(region.vt.clone(), maand)).copied(), terms.window(&region.vt, maand));
            let of_month: Vec<&DeliveryRecord> =
                own.iter().copied().filter(|record| record.kop.leveringsmaand == maand).collect();
            let rejected = newest(&of_month).filter(|record| !record.accepted());
            let state = terms.month_state(&region.vt, maand, day);
            Square {
                maand,
                light: light(state, window.due, rejected.is_some(), &of_month),
                covered: day,
                due: window.due,
                extended: window.extended,
                rejected: rejected.map(|record| Refused::of(record, &app.catalogue)),
            }
        })
        .collect();
    Row { score: Score::of(&months, own, overview.today), months, region }
}

/// How a month is shown: its state, and how it came to be.
fn light(state: MonthState, due: NaiveDate, rejected: bool, of_month: &[&DeliveryRecord]) -> Light {
    match state {
        MonthState::Complete if whole_since(of_month).is_some_and(|day| day > due) => Light::CameLate,
        MonthState::Complete => Light::OnTime,
        MonthState::OutOfService => Light::OutOfService,
        MonthState::Late | MonthState::Expected | MonthState::MonthToDate if rejected => Light::Rejected,
        MonthState::Late => Light::Late,
        MonthState::MonthToDate => Light::MonthToDate,
        MonthState::Expected => Light::Expected,
    }
}

/// What came last of a month.
fn newest<'a>(of_month: &[&'a DeliveryRecord]) -> Option<&'a DeliveryRecord> {
    of_month.iter().copied().max_by_key(|record| (record.beoordeeld_op, record.kop.levering_nr))
}

impl Refused {
    /// A rejected delivery, with its checks as the catalogue names them.
    fn of(record: &DeliveryRecord, catalogue: &Catalogue) -> Self {
        let name = |id: &str| catalogue.check(id).map(|check| check.naam.clone()).unwrap_or_default();
        Self {
            nr: record.kop.levering_nr,
            on: local_date(record.beoordeeld_op),
            findings: decisive(&record.bevindingen).into_iter().map(|id| (id.to_owned(), name(id))).collect(),
        }
    }
}

/// The checks that rejected a delivery: what is wrong with a file or the whole of it; where too many records were refused, then also
/// for what.
fn decisive(findings: &[Finding]) -> Vec<&str> {
    let faults = || findings.iter().filter(|finding| finding.severity == Severity::Fout);
    let of_records = |finding: &&Finding| finding.scope == Scope::Record;
    let tolerance = Check::Tolerantie.id();
    let mut checks: Vec<&str> =
        faults().filter(|finding| !of_records(finding)).map(|finding| finding.check.as_str()).collect();
    if checks.is_empty() || checks.contains(&tolerance) {
        let mut records: Vec<&Finding> = faults().filter(of_records).collect();
        records.sort_by_key(|finding| std::cmp::Reverse(finding.aantal));
        checks.extend(records.iter().map(|finding| finding.check.as_str()));
    }
    let mut seen = BTreeSet::new();
    checks.retain(|id| seen.insert(*id));
    checks
}

/// The day on which a region first had a month whole, as it says itself: nobody is late because we were down.
pub fn whole_since(of_month: &[&DeliveryRecord]) -> Option<NaiveDate> {
    let whole =
        |record: &&&DeliveryRecord| record.accepted() && record.kop.tot_en_met >= record.kop.leveringsmaand.last_day();
    of_month.iter().filter(whole).map(|record| local_date(record.kop.aangemaakt_op)).min()
}
