//! What a backfill would do, before it does anything.

mod cells;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::delivery::DeliveryId;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_publication::gate::Input;

use super::known::{Difference, Known};
use super::touches;
use crate::app::App;
use crate::calendar::Change;
use crate::due::PeriodState;
use crate::issues::PeriodIssues;
use crate::ops::{Said, one_line};
use crate::overview::{Overview, PeriodOverview};

pub use cells::Cells;

/// Version of the plan's form.
const FORMAAT: u32 = 1;

/// The name of the fact that says what was asked.
const ASKED: &str = "what was asked";

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// First month.
    #[schema(value_type = String, example = "2019-01")]
    pub from: Month,
    /// Last month.
    #[schema(value_type = String, example = "2020-06")]
    pub to: Month,
    /// Only these regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Why. With a reason, published periods that changed get their new issue at once; without, on their day.
    pub reason: Option<String>,
}

/// A plan: what would be pulled and what would follow, and the state on which that rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillPlan {
    /// Version of this form.
    pub formaat: u32,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The program.
    pub software: String,
    /// What was asked for.
    pub asked: Asked,
    /// Region-months to pull, oldest month first.
    pub pulls: Vec<PlannedPull>,
    /// Region-months that are left out, and why.
    pub skipped: Vec<Skipped>,
    /// Periods with days in these months.
    pub snapshots: Vec<PlannedSnapshot>,
    /// Digest of `known`.
    pub state: String,
    /// The facts that the plan rests on, by name.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub known: Known,
}

/// A region-month to pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPull {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// The number of the delivery that counts now.
    pub counts: Option<u32>,
    /// Deliveries that were judged.
    pub judged: usize,
}

/// A region-month that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// Why.
    pub why: String,
}

/// A period that a backfill may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedSnapshot {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// Its state now, for people.
    pub now: String,
    /// What would become of it, from what is known now.
    pub effect: Effect,
    /// The number of the issue that it would get.
    pub issue: u32,
    /// Deliveries that count now and are not in its newest issue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<NewInput>,
    /// Where its inputs are known: cells that would have another count, by area; never a count itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<BTreeMap<String, Cells>>,
}

/// A delivery that is not in a period's newest issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInput {
    /// The region.
    pub vt: String,
    /// The month.
    #[schema(value_type = String, example = "2020-07")]
    pub maand: Month,
    /// The number in the newest issue.
    pub published: Option<u32>,
    /// The number that counts now.
    pub counts: u32,
}

/// What would become of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is published for the first time.
    FirstIssue,
    /// It gets a new issue.
    NewIssue,
    /// It changed and waits for its day: no reason was given.
    WaitsForItsDay,
    /// It follows as the sum of periods, when one of these changes.
    FollowsAsSum,
    /// Only deliveries of earlier months changed, in which the gemeente of a melding is looked up: it gets a new issue if a count
    /// differs.
    IfCountsDiffer,
    /// It changes only when regions deliver something new.
    IfDelivered,
}

/// Why no plan was made, or one can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was asked can't be.
    #[error("{said}")]
    Asked {
        /// The field of what was asked, where one is to blame.
        field: Option<&'static str>,
        /// The rule.
        said: Said,
    },
    /// The file is no plan of this program.
    #[error("{path}: {reason}; make a new one with `vt-monitor backfill plan`")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What the plan rests on has moved.
    #[error("the plan was made on a state that has moved ({} differences); make a new plan:\n{}", .0.len(), lines(.0))]
    Moved(Vec<Difference>),
}

/// Differences, the first of many, one a line.
fn lines(differences: &[Difference]) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<String> =
        differences.iter().take(SHOWN).map(|difference| format!("  {}", difference.text())).collect();
    if differences.len() > SHOWN {
        lines.push(format!("  and {} more", differences.len() - SHOWN));
    }
    lines.join("\n")
}

impl Asked {
    /// The fact that a plan answers this.
    fn fact(&self) -> String {
        // Unwrap safety: months and texts have a form in JSON.
        serde_json::to_string(self).unwrap()
    }
}

impl BackfillPlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`PlanError::File`] when it is none, or was changed by hand.
    pub fn read(path: &str, text: &str) -> Result<Self, PlanError> {
        let file = |reason: String| PlanError::File { path: path.to_owned(), reason };
        let plan: Self = serde_json::from_str(text).map_err(|error| file(format!("is no plan: {error}")))?;
        plan.whole(path)?;
        Ok(plan)
    }

    /// Refuses a plan of another form, or one that was changed.
    ///
    /// # Errors
    /// [`PlanError::File`].
    pub fn whole(&self, path: &str) -> Result<(), PlanError> {
        let file = |reason: String| PlanError::File { path: path.to_owned(), reason };
        if self.formaat != FORMAAT {
            return Err(file(format!("has form {}, this program knows {FORMAAT}", self.formaat)));
        }
        if self.state != self.known.digest() || self.known.fact(ASKED) != Some(&self.asked.fact()) {
            return Err(file("its facts are not those that its digest is of: it was changed".into()));
        }
        Ok(())
    }

    /// A digest of the plan itself, in hex.
    pub fn digest(&self) -> String {
        let mut whole = Known::default();
        // Unwrap safety: a plan is data of texts and numbers alone.
        whole.note("plan", serde_json::to_string(self).unwrap());
        whole.digest()
    }

    /// Refuses a plan that rests on something that has moved.
    ///
    /// # Errors
    /// [`PlanError::Moved`] names what moved.
    pub fn check(&self, now: &Self) -> Result<(), PlanError> {
        let differences = self.known.differences(&now.known);
        if differences.is_empty() { Ok(()) } else { Err(PlanError::Moved(differences)) }
    }
}

/// Makes a plan; changes nothing and asks no region. `cells`: also compare counts, where inputs are known; needs the keys.
///
/// # Errors
/// [`PlanError::Asked`], [`crate::ops::Wrong`] when what was asked can't be; otherwise when a store or the ledger can't be read.
pub async fn make(app: &App, asked: Asked, cells: bool) -> anyhow::Result<BackfillPlan> {
    let overview = Overview::read(app).await?;
    one_line("reason", asked.reason.as_deref().unwrap_or_default())?;
    check(app, &overview, &asked)?;
    let mut known = Known::default();
    known.note(ASKED, asked.fact());
    known.note("software", App::software());
    known.note("register", app.register.version());
    known.note("cadence", cadence(&overview));
    let (pulls, skipped) = pulls(app, &overview, &asked, &mut known);
    let mut snapshots = snapshots(app, &overview, &asked, &mut known);
    if cells {
        cells::compare(app, &overview, &mut snapshots).await?;
    }
    let state = known.digest();
    let (made_at, software) = (overview.now, App::software());
    Ok(BackfillPlan { formaat: FORMAAT, made_at, software, asked, pulls, skipped, snapshots, state, known })
}

fn check(app: &App, overview: &Overview, asked: &Asked) -> Result<(), PlanError> {
    let refuse = |field, en: String, nl: String| Err(PlanError::Asked { field: Some(field), said: Said::new(en, nl) });
    let (from, to, first) = (asked.from, asked.to, app.schedule.first_month);
    if to < from {
        return refuse(
            "to",
            format!("--to {to} lies before --from {from}"),
            format!("dit ligt vóór de eerste maand, {from}"),
        );
    }
    if from < first {
        let en =
            format!("--from {from} lies before the first month that is looked after, {first} (schedule.first_month)");
        return refuse("from", en, format!("dit ligt vóór {first}, de eerste maand die wordt bijgehouden"));
    }
    if to > Month::of(overview.today) {
        return refuse("to", format!("--to {to} has not begun"), "deze maand is nog niet begonnen".into());
    }
    for vt in &asked.regions {
        if app.register.vt(vt).is_none() {
            let en = format!("{vt} is no region; `vt-monitor regions` lists them");
            return refuse("regions", en, format!("{vt} is geen regio"));
        }
    }
    Ok(())
}

fn cadence(overview: &Overview) -> String {
    let ahead =
        overview.cadence.changes_after(overview.today).map(|(from, cadence)| format!(", {cadence} from {from}"));
    overview.cadence.on(overview.today).to_string() + &ahead.collect::<String>()
}

fn pulls(app: &App, overview: &Overview, asked: &Asked, known: &mut Known) -> (Vec<PlannedPull>, Vec<Skipped>) {
    let counting = overview.counting();
    let (mut pulls, mut skipped) = (Vec::new(), Vec::new());
    for maand in asked.from.through(asked.to) {
        for region in app.register.vt_regions(maand.last_day()) {
            let vt = region.code.clone();
            if !asked.regions.is_empty() && !asked.regions.contains(&vt) {
                continue;
            }
            let why = match overview.arrangements.keeps_out(&vt, overview.today) {
                _ if app.source(&vt).is_none() => Some("has no source in regions.toml".to_owned()),
                Some(it) => Some(format!("is kept out: {}", it.reason)),
                None => None,
            };
            let about = format!("{vt} {maand}");
            if let Some(why) = why {
                known.note(about, format!("left out, {why}"));
                skipped.push(Skipped { vt, maand, why });
                continue;
            }
            let judged =
                overview.records.iter().filter(|it| it.kop.vt_code == vt && it.kop.leveringsmaand == maand).count();
            let counts = counting.get(&(vt.clone(), maand)).map(|record| record.kop.levering_nr);
            let fact = counts.map_or_else(|| "none".to_owned(), |nr| format!("number {nr}"));
            known.note(about, format!("{fact} counts, of {judged} judged"));
            pulls.push(PlannedPull { vt, maand, counts, judged });
        }
    }
    (pulls, skipped)
}

fn snapshots(app: &App, overview: &Overview, asked: &Asked, known: &mut Known) -> Vec<PlannedSnapshot> {
    let is_sum = overview.summed_now();
    let rows = overview.periods(app).into_iter().filter(|row| touches(row.periode, asked.from, asked.to));
    let rows = rows.filter(|row| row.state != PeriodState::Running);
    let earlier = overview.changed(app, |change| change == Change::Earlier);
    let planned = rows.map(|row| snapshot(app, overview, asked, &row, is_sum(row.periode), &earlier));
    let planned: Vec<PlannedSnapshot> = planned.collect();
    for snapshot in &planned {
        let digest = overview.input(app, snapshot.periode).digest;
        known
            .note(snapshot.periode.to_string(), format!("{}, input {}", snapshot.now, &digest[..digest.len().min(16)]));
    }
    planned
}

fn snapshot(
    app: &App,
    overview: &Overview,
    asked: &Asked,
    row: &PeriodOverview,
    is_sum: bool,
    earlier: &[Period],
) -> PlannedSnapshot {
    let periode = row.periode;
    let new = if is_sum { Vec::new() } else { new_inputs(app, overview, periode) };
    let changed = overview.issues.of(periode).and_then(PeriodIssues::newest).is_some() && !new.is_empty();
    let effect = match &row.state {
        _ if is_sum => Effect::FollowsAsSum,
        state if state.is_first_issue() => Effect::FirstIssue,
        PeriodState::RevisionDue { .. } | PeriodState::Interrupted { .. } => Effect::NewIssue,
        _ if changed && asked.reason.is_some() && !overview.issued_today(periode) => Effect::NewIssue,
        _ if changed => Effect::WaitsForItsDay,
        _ if earlier.contains(&periode) && asked.reason.is_some() => Effect::IfCountsDiffer,
        _ => Effect::IfDelivered,
    };
    let issue = overview.issues.next(periode);
    PlannedSnapshot { periode, now: row.state.text(), effect, issue, new, cells: None }
}

/// Deliveries that count for a published period now, and did not for its newest issue.
fn new_inputs(app: &App, overview: &Overview, period: Period) -> Vec<NewInput> {
    let Some(newest) = overview.issues.of(period).and_then(PeriodIssues::newest) else { return Vec::new() };
    let published: BTreeMap<(String, Month), u32> =
        newest.invoer.iter().map(|input| ((input.regio.clone(), input.maand), input.levering_nr)).collect();
    let input = overview.input(app, period);
    let new = input.counting.values().filter(|delivery| !newest.invoer.contains(delivery)).map(Input::id);
    let planned = |DeliveryId { vt, maand, nr }: DeliveryId| {
        let published = published.get(&(vt.clone(), maand)).copied();
        NewInput { vt, maand, published, counts: nr }
    };
    new.map(planned).collect()
}
