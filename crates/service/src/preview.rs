//! Looks ahead: the next wakes, and what is expected and due at each. Derived from the same terms by which things become due.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Europe::Amsterdam;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};

use crate::app::App;
use crate::overview::Overview;
use crate::schedule::LocalCron;
use crate::tiling::{Tiling, Way};

/// A wake and what will be due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wake {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The local time, with its offset.
    pub local: String,
    /// What is expected or due since the wake before.
    pub due: Vec<Coming>,
}

/// Something that comes up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Coming {
    /// The day from which it holds.
    pub on: NaiveDate,
    /// What it is.
    pub what: What,
    /// What it is about: a month, a period, a region.
    pub about: String,
    /// How many regions it concerns, where that is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<usize>,
}

/// What comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Another cadence is in force.
    Cadence,
    /// What was agreed with a region ends.
    ArrangementEnds,
    /// Regions that have not delivered the month are reminded.
    Reminder,
    /// The last day on which a month is on time.
    DeliveryDue,
    /// A period is due now.
    Due,
    /// A period is published, if every region delivers on its last day.
    Expected,
    /// A period is published, whatever is missing.
    AtTheLatest,
    /// A half-year is closed: periods in it become definitief.
    Definitief,
}

impl What {
    /// A short text for operators.
    pub fn text(self) -> &'static str {
        match self {
            Self::Cadence => "new cadence",
            Self::ArrangementEnds => "ends for",
            Self::Reminder => "reminder for",
            Self::DeliveryDue => "last day for",
            Self::Due => "due:",
            Self::Expected => "expected:",
            Self::AtTheLatest => "at the latest:",
            Self::Definitief => "definitief:",
        }
    }
}

/// The next `n` wakes after now, with what comes up at each.
pub fn preview(app: &App, overview: &Overview, cron: &LocalCron, n: usize) -> Vec<Wake> {
    let wakes: Vec<DateTime<Utc>> = cron.after(overview.now).take(n).collect();
    let Some(last) = wakes.last().copied().map(local_date) else { return Vec::new() };
    let mut coming: Vec<Coming> = all(app, overview, last).into_iter().filter(|it| it.on <= last).collect();
    coming.sort();
    let mut coming = coming.into_iter().peekable();
    let mut rows = Vec::new();
    for at in wakes {
        let day = local_date(at);
        let mut due = Vec::new();
        while let Some(next) = coming.next_if(|next| next.on <= day) {
            due.push(next);
        }
        let local = at.with_timezone(&Amsterdam).format("%a %Y-%m-%d %H:%M %:z").to_string();
        rows.push(Wake { at, local, due });
    }
    rows
}

fn all(app: &App, overview: &Overview, last: NaiveDate) -> Vec<Coming> {
    let mut coming = deliveries(app, overview, last);
    coming.extend(periods(app, overview, last));
    let changes = overview.cadence.changes_after(overview.today);
    coming.extend(changes.map(|(on, cadence)| Coming {
        on,
        what: What::Cadence,
        about: cadence.to_string(),
        regions: None,
    }));
    let ends = overview.arrangements.on(overview.today).filter_map(|it| it.until.map(|until| (it, until)));
    coming.extend(ends.map(|(it, until)| Coming {
        on: until + Days::new(1),
        what: What::ArrangementEnds,
        about: it.vt.clone(),
        regions: None,
    }));
    coming
}

/// Reminders, last days, and half-years that close.
fn deliveries(app: &App, overview: &Overview, last: NaiveDate) -> Vec<Coming> {
    let (terms, covered) = (overview.terms(app), overview.covered());
    let mut days: BTreeMap<(NaiveDate, What, Month), usize> = BTreeMap::new();
    for month in app.schedule.first_month.through(Month::of(last)) {
        let complete = |vt: &str| covered.get(&(vt.to_owned(), month)).is_some_and(|day| *day >= month.last_day());
        for region in app.register.vt_regions(month.last_day()).iter().filter(|region| !complete(&region.code)) {
            let window = terms.window(&region.code, month);
            *days.entry((window.reminder, What::Reminder, month)).or_default() += 1;
            *days.entry((window.due, What::DeliveryDue, month)).or_default() += 1;
        }
        if month.next().definitive_from() != month.definitive_from() {
            days.insert((month.definitive_from(), What::Definitief, month), 0);
        }
    }
    let ahead = days.into_iter().filter(|((on, ..), _)| *on >= overview.today);
    ahead.map(|((on, what, month), n)| coming_month(app, on, what, month, n)).collect()
}

fn coming_month(app: &App, on: NaiveDate, what: What, month: Month, n: usize) -> Coming {
    let in_force = app.register.vt_regions(month.last_day()).len();
    let about = if what == What::Definitief { format!("half-year that ends with {month}") } else { month.to_string() };
    Coming { on, what, about, regions: (what != What::Definitief && n != in_force).then_some(n) }
}

/// Periods that are due now, and those that will be.
fn periods(app: &App, overview: &Overview, last: NaiveDate) -> Vec<Coming> {
    let rounded = overview.issues.rounded();
    let tiling = Tiling { cadence: &overview.cadence, rounded: &rounded };
    let terms = overview.terms(app);
    let first = app.schedule.first_month.first_day();
    let mut coming = Vec::new();
    let due: BTreeSet<Period> =
        overview.periods(app).into_iter().filter(|row| row.state.due()).map(|row| row.periode).collect();
    let event = |on, what, period: Period| Coming { on, what, about: period.to_string(), regions: None };
    coming.extend(due.iter().map(|period| event(overview.today, What::Due, *period)));
    let tiles = tiling.bases(first, last).into_iter().filter(|tile| tile.begin() >= first);
    let ahead = |period: &Period| overview.issues.of(*period).is_none() && !due.contains(period);
    for tile in tiles.filter(ahead) {
        // Deliveries that come in on their last day are there at the wake after it.
        let expected = (terms.period_due(tile) + Days::new(1)).max(overview.today);
        coming.push(event(expected, What::Expected, tile));
        coming.push(event(terms.deadline(tile).max(overview.today), What::AtTheLatest, tile));
    }
    for sum in tiling.sums(first, last).into_iter().filter(ahead) {
        let Way::Sum(parts) = tiling.way(sum) else { continue };
        if parts[0].begin() < first || sum.kind() == PeriodKind::IsoYear && sum.end() > last {
            continue;
        }
        let newest =
            parts.iter().filter(|part| overview.issues.of(**part).is_none()).map(|part| terms.period_due(*part)).max();
        if let Some(newest) = newest {
            coming.push(event((newest + Days::new(1)).max(overview.today), What::Expected, sum));
        }
    }
    coming
}
