//! Looks ahead: the next wakes, and what is expected and due at each. Derived from the same terms by which things become due.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Europe::Amsterdam;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::{Period, PeriodKind};

use crate::app::App;
use crate::due::PeriodState;
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
    /// What it is about: a month, a period, or what was agreed with a region.
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
            Self::ArrangementEnds => "ends:",
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
    coming.extend(ends(app, overview));
    coming
}

/// The days after which a region is asked again, or has no longer than others.
fn ends(app: &App, overview: &Overview) -> BTreeSet<Coming> {
    let (arrangements, today) = (&overview.arrangements, overview.today);
    let event = |on, about: String| Coming { on, what: What::ArrangementEnds, about, regions: None };
    let outages = arrangements.keeping_out(today).filter_map(|it| {
        // Of outages that follow each other or overlap, the last one.
        let after = it.until.filter(|until| *until >= today)? + Days::new(1);
        (arrangements.asked_from(&it.vt, after, today)? == after).then(|| event(after, format!("outage of {}", it.vt)))
    });
    let longest = |vt: &str, maand| overview.terms(app).window(vt, maand);
    let extensions = arrangements.on(today).filter_map(|it| {
        let (maand, until) = (it.maand?, it.until?);
        let counts = longest(&it.vt, maand).due == until;
        counts.then(|| event(until + Days::new(1), format!("extension of {} for {maand}", it.vt)))
    });
    outages.chain(extensions).collect()
}

/// Reminders, last days, and half-years that close.
fn deliveries(app: &App, overview: &Overview, last: NaiveDate) -> Vec<Coming> {
    let (terms, covered) = (overview.terms(app), overview.covered());
    let mut days: BTreeMap<(NaiveDate, What, Month), usize> = BTreeMap::new();
    for month in app.schedule.first_month.through(Month::of(last)) {
        let complete = |vt: &str| covered.get(&(vt.to_owned(), month)).is_some_and(|day| *day >= month.last_day());
        for region in app.register.vt_regions(month.last_day()).iter().filter(|region| !complete(&region.code)) {
            let window = terms.window(&region.code, month);
            for (on, what) in [(window.reminder, What::Reminder), (window.due, What::DeliveryDue)] {
                // Whoever is not asked that day is not late either.
                if overview.arrangements.asked_from(&region.code, on, overview.today) == Some(on) {
                    *days.entry((on, what, month)).or_default() += 1;
                }
            }
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
    let first = app.schedule.first_month.first_day();
    let mut coming = Vec::new();
    let rows = overview.periods(app);
    let those = |of: fn(&PeriodState) -> bool| -> BTreeSet<Period> {
        rows.iter().filter(|row| of(&row.state)).map(|row| row.periode).collect()
    };
    let (due, settled) = (those(PeriodState::due), those(|state| !state.waits()));
    let event = |on, what, period: Period| Coming { on, what, about: period.to_string(), regions: None };
    coming.extend(due.iter().map(|period| event(overview.today, What::Due, *period)));
    let tiles = tiling.bases(first, last).into_iter().filter(|tile| tile.begin() >= first);
    let ahead = |period: &Period| overview.issues.of(*period).is_none() && !settled.contains(period);
    for tile in tiles.filter(ahead) {
        let Outlook { expected, at_the_latest } = Outlook::of(app, overview, tile);
        coming.extend(expected.map(|on| event(on, What::Expected, tile)));
        coming.extend(at_the_latest.map(|on| event(on, What::AtTheLatest, tile)));
    }
    for sum in tiling.sums(first, last).into_iter().filter(ahead) {
        let Way::Sum(parts) = tiling.way(sum) else { continue };
        if parts[0].begin() < first || sum.kind() == PeriodKind::IsoYear && sum.end() > last {
            continue;
        }
        let missing = parts.iter().filter(|part| overview.issues.of(**part).is_none());
        let days: Option<Vec<NaiveDate>> = missing
            .map(|part| if due.contains(part) { Some(overview.today) } else { Outlook::of(app, overview, *part).day() })
            .collect();
        if let Some(newest) = days.and_then(|days| days.into_iter().max()) {
            coming.push(event(newest, What::Expected, sum));
        }
    }
    coming
}

/// When a period of which nothing is published would come out, as the rounds go by it.
struct Outlook {
    /// The day, if every region that is asked delivers on its last day, and one that is out of service when it is asked again.
    expected: Option<NaiveDate>,
    /// The day from which it does whatever is missing, as long as one region has all its days.
    at_the_latest: Option<NaiveDate>,
}

impl Outlook {
    fn of(app: &App, overview: &Overview, period: Period) -> Self {
        let (terms, today) = (overview.terms(app), overview.today);
        let input = overview.input(app, period);
        // Deliveries that come in on their last day are there at the wake after it.
        let on_time = terms.period_due(period) + Days::new(1);
        let deadline = terms.deadline(period);
        let missing = input.coverage.iter().filter(|region| !region.is_complete());
        let asked: Vec<Option<NaiveDate>> =
            missing.map(|region| overview.arrangements.asked_from(&region.vt, on_time, today)).collect();
        // Of a region that is late already, or paused, nothing is expected.
        let ahead = || asked.iter().flatten().copied().filter(|day| today <= *day);
        let all = if ahead().count() == asked.len() { ahead().max() } else { None };
        let has_one = !input.complete_regions().is_empty() || ahead().any(|day| day <= deadline);
        Self {
            expected: match all.filter(|day| *day < deadline) {
                // Past its deadline the first region that has all its days is enough.
                None if !has_one => ahead().min(),
                expected => expected,
            },
            at_the_latest: has_one.then(|| deadline.max(today)),
        }
    }

    /// The day on which it comes out.
    fn day(&self) -> Option<NaiveDate> {
        self.expected.or(self.at_the_latest)
    }
}
