//! Revisions of a demo: on later publication days, after regions have corrected what they delivered.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{DateTime, Days, NaiveTime, Utc};
use tracing::Instrument;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_domain::workday::{add_working_days, delivery_due};
use vt_simulator::CorrectionWave;

use super::{Demo, Stage};
use crate::app::App;
use crate::config::ScheduleConfig;
use crate::due::PullOrder;
use crate::exit::Exit;
use crate::overview::Overview;
use crate::publishing::{self, PublishResult};
use crate::pulling::{self, Pace, PullResult};
use crate::round::{self, RoundReport};
use crate::runlog;
use crate::runs;
use crate::schedule::instant;

/// Days after a publication day on which regions correct: before the next month's deliveries, so that only what was published differs.
const CORRECTED_AFTER: Days = Days::new(14);

impl Demo {
    /// The instants at which it is played: that of the whole job, then one for each revision. Each is the morning of the day on
    /// which the periods that end in a month are published whatever is missing, so each revision falls on a publication day, a
    /// month after the one before.
    pub fn instants(&self) -> Vec<DateTime<Utc>> {
        let months = std::iter::successors(Some(self.to), |month| Some(month.next()));
        months.take(self.revisions as usize + 1).map(publication_day).collect()
    }

    /// The corrections that its regions make before each revision.
    pub fn corrections(&self) -> Vec<CorrectionWave> {
        let mut before = self.instants();
        before.pop();
        before.into_iter().map(|at| CorrectionWave::new(local_date(at) + CORRECTED_AFTER)).collect()
    }

    /// Plays the whole job and then its revisions, each at its instant; instants that an earlier run has passed are not played again.
    pub(super) async fn play_instants(&self, stage: &Stage) -> Result<(RoundReport, Exit)> {
        let app = &stage.app;
        let reached = app.vault.deliveries(None).await?.into_iter().map(|record| record.beoordeeld_op).max();
        let mut report = RoundReport::default();
        let mut exit = Exit::Done;
        for (revision, at) in self.instants().into_iter().enumerate() {
            stage.clock.set(at);
            if reached.is_some_and(|reached| reached > at) {
                continue;
            }
            let (played, ended) =
                if revision == 0 { round::all(app, "demo").await? } else { self.revise(app, revision).await? };
            join(&mut report, played);
            if ended == Exit::Interrupted {
                return Ok((report, ended));
            }
            exit = exit.and(ended);
        }
        Ok((report, exit))
    }

    /// One revision: pulls what the schedule does not ask for any more, does what is due, and publishes what changed.
    async fn revise(&self, app: &App, revision: usize) -> Result<(RoundReport, Exit)> {
        app.progress.say(&format!("revision {revision}: regions have corrected; it is {}", app.clock.today()));
        let pulled = self.pull_definitive(app, revision).await?;
        let (mut report, exit) = round::all(app, "demo").await?;
        if exit != Exit::Interrupted {
            let revised = publish_changed(app, revision, &report.published).await?;
            report.published.extend(revised);
        }
        let mut whole = RoundReport { pulled, ..RoundReport::default() };
        let exit = pulling::exit(&whole.pulled).and(exit).and(publishing::exit(&report.published));
        join(&mut whole, report);
        Ok((whole, if app.stop.is_cancelled() { Exit::Interrupted } else { exit }))
    }

    /// Pulls the demo's months that are definitief, as an operator does who was told of corrections: no schedule asks for them.
    async fn pull_definitive(&self, app: &App, revision: usize) -> Result<Vec<PullResult>> {
        let scheduled: BTreeSet<PullOrder> = Overview::read(app).await?.pulls_due(app).into_iter().collect();
        let mut orders = Vec::new();
        for maand in self.from.through(self.to) {
            let regions = app.register.vt_regions(maand.last_day());
            orders.extend(regions.iter().map(|region| PullOrder { vt: region.code.clone(), maand }));
        }
        orders.retain(|order| !scheduled.contains(order) && app.source(&order.vt).is_some());
        let run = runs::begin(app, &format!("demo, revision {revision}: pull")).await?;
        let pulled = pulling::pull_all(app, run, orders, &Pace::of_rounds(app)).instrument(runlog::span(run)).await?;
        runs::finish(app, run, pulling::exit(&pulled)).await?;
        Ok(pulled)
    }
}

/// The morning of the day on which the periods that end in a month are published whatever is missing.
pub(super) fn publication_day(month: Month) -> DateTime<Utc> {
    let schedule = ScheduleConfig::default();
    let due = delivery_due(month, schedule.delivery_due_working_day);
    let day = add_working_days(due, schedule.period_deadline_working_days);
    // Unwrap safety: seven o'clock exists on every day.
    instant(day.and_time(NaiveTime::from_hms_opt(7, 0, 0).unwrap()))
}

/// Adds what a later run did: of a region's month the sum of what was judged, and how the last attempt ended.
fn join(report: &mut RoundReport, later: RoundReport) {
    let mut pulled: BTreeMap<(String, Month), PullResult> = BTreeMap::new();
    for pull in report.pulled.drain(..).chain(later.pulled) {
        let key = (pull.vt.clone(), pull.maand);
        let sum = match pulled.remove(&key) {
            Some(earlier) => PullResult {
                accepted: earlier.accepted + pull.accepted,
                rejected: earlier.rejected + pull.rejected,
                changed: earlier.changed + pull.changed,
                ..pull
            },
            None => pull,
        };
        pulled.insert(key, sum);
    }
    report.pulled = pulled.into_values().collect();
    report.published.extend(later.published);
}

/// Publishes the periods that changed and that no schedule tried to publish anew just now, as an operator does with a reason.
async fn publish_changed(app: &App, revision: usize, tried: &[PublishResult]) -> Result<Vec<PublishResult>> {
    let untried = |period: &Period| !tried.iter().any(|result| result.periode == *period);
    let reason = format!("demo, revision {revision}: publish what regions corrected");
    let run = runs::begin(app, &reason).await?;
    let revised = publishing::revise(app, run, untried, &reason).instrument(runlog::span(run));
    let results = revised.await?;
    runs::finish(app, run, publishing::exit(&results)).await?;
    Ok(results)
}
