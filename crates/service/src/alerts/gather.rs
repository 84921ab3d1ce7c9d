//! Gathers the facts: what failed and the probes at each look; what is derived from the stores only when something was done since.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use vt_domain::finding::Severity;
use vt_domain::month::Month;
use vt_domain::period::PeriodKind;
use vt_ledger::{FailedPull, LedgerError};

use super::asking::{Asking, Asks};
use super::facts::{Coverage, Facts, Failing, Held, LateMonth, Rejected};
use super::probe::{self, StoreProbe};
use crate::app::App;
use crate::due::PeriodState;
use crate::overview::Overview;
use crate::overview::PeriodOverview;
use crate::publishing::is_refused_class;
use crate::schedule::LocalCron;

/// How long reading all verdicts and manifests may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// What was derived is derived anew after so long, whatever happened.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Periods that ended longer ago are not looked at for their coverage: nobody waits for them.
const LOOKED_BACK_DAYS: i64 = 182;
/// So many of the latest runs tell whether something was done.
const RUNS: u32 = 20;
/// Among so many of the latest runs is the round of an earlier day.
const ROUNDS: u32 = 200;

/// What is derived from the stores.
#[derive(Debug, Clone, Default)]
struct Derived {
    late: Vec<LateMonth>,
    rejected: Vec<Rejected>,
    coverage: Vec<Coverage>,
}

/// What was done so far, as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Done {
    today: NaiveDate,
    runs: Vec<(i64, bool)>,
    audit: i64,
    /// Within a run too: what is derived is never older than the answers that it is told by.
    asking: Asking,
}

/// Gathers facts, and keeps what is costly.
#[derive(Debug, Default)]
pub struct Gatherer {
    stores: StoreProbe,
    derived: Option<(Done, DateTime<Utc>, Derived)>,
}

impl Gatherer {
    /// All facts; each piece that can't be learned is nothing, and hinders no other one.
    pub async fn gather(&mut self, app: &App) -> Facts {
        let stores = self.stores.look(app).await;
        let reachable = stores.iter().all(|store| store.failures == 0);
        let asked = known("when regions were asked", asked(app).await);
        let derived = match &asked {
            Some((asking, _)) if reachable => known("the stores", self.derived(app, asking).await),
            _ => None,
        };
        let (late, rejected, coverage) = match derived {
            Some(it) => (Some(it.late), Some(it.rejected), Some(it.coverage)),
            None => (None, None, None),
        };
        let (asking, failed) = asked.unzip();
        Facts {
            asking: asking.unwrap_or_default(),
            late,
            rejected,
            coverage,
            failing: failed.map(failing),
            held: known("what was held back", held(app).await.map_err(Into::into)),
            stores,
            disks: probe::disks(app),
            clocks: probe::clocks(app).await,
        }
    }

    async fn derived(&mut self, app: &App, asking: &Asking) -> Result<Derived> {
        let (done, now) = (done(app, asking).await?, app.clock.now());
        if let Some((since, at, derived)) = &self.derived
            && *since == done
            && (*at..*at + FRESH).contains(&now)
        {
            return Ok(derived.clone());
        }
        let overview = Box::pin(Overview::read(app));
        let overview = tokio::time::timeout(PATIENCE, overview).await.context("no answer in time")??;
        let derived = derive(app, &overview);
        self.derived = Some((done, now, derived.clone()));
        Ok(derived)
    }
}

fn known<T>(what: &str, learned: Result<T>) -> Option<T> {
    learned.inspect_err(|error| tracing::warn!("alerts: {what} can't be read; left as they were: {error:#}")).ok()
}

/// When regions were asked, and which pulls fail.
async fn asked(app: &App) -> Result<(Asking, Vec<FailedPull>)> {
    let wake = LocalCron::parse(&app.schedule.wake)?;
    let sources = app.sources.iter().map(|source| source.vt.clone()).collect();
    let (pulled, failed) = (app.ledger.pulled().await?, app.ledger.failed_pulls().await?);
    let runs = app.ledger.latest_runs(ROUNDS).await?;
    let asks = Asks { wake: &wake, sources: &sources, pulled: &pulled, failed: &failed, runs: &runs };
    Ok((Asking::at(app.clock.now(), &asks), failed))
}

async fn done(app: &App, asking: &Asking) -> Result<Done, LedgerError> {
    let runs = app.ledger.latest_runs(RUNS).await?;
    Ok(Done {
        today: app.clock.today(),
        runs: runs.iter().map(|run| (run.id.0, run.ended.is_some())).collect(),
        audit: app.ledger.audited_since(0, &[]).await?.0,
        asking: asking.clone(),
    })
}

fn derive(app: &App, overview: &Overview) -> Derived {
    Derived { late: late(app, overview), rejected: rejected(app, overview), coverage: coverage(app, overview) }
}

fn late(app: &App, overview: &Overview) -> Vec<LateMonth> {
    let (terms, covered, today) = (overview.terms(app), overview.covered(), overview.today);
    let months = overview.regions(app).into_iter().flat_map(|region| {
        let vt = region.vt;
        region.late.into_iter().map(move |maand| (vt.clone(), maand))
    });
    let late = months.map(|key| {
        let covered = covered.get(&key).copied();
        let (vt, maand) = key;
        let due = terms.overdue_since(&vt, maand, covered);
        LateMonth { due, behind: terms.window(&vt, maand).due >= today, covered, vt, maand, today }
    });
    late.collect()
}

/// The region-months whose delivery with the highest number was rejected.
fn rejected(app: &App, overview: &Overview) -> Vec<Rejected> {
    let mut newest = BTreeMap::new();
    for record in &overview.records {
        let place = newest.entry((record.kop.vt_code.as_str(), record.kop.leveringsmaand)).or_insert(record);
        if record.kop.levering_nr > place.kop.levering_nr {
            *place = record;
        }
    }
    let due: BTreeSet<(String, Month)> =
        overview.pulls_due(app).into_iter().map(|order| (order.vt, order.maand)).collect();
    let rejected = newest.into_values().filter(|record| !record.accepted());
    rejected
        .map(|record| {
            let (vt, maand) = (record.kop.vt_code.clone(), record.kop.leveringsmaand);
            let is_asked = app.source(&vt).is_some() && due.contains(&(vt.clone(), maand));
            let checks: BTreeSet<&str> = record
                .bevindingen
                .iter()
                .filter(|finding| finding.severity == Severity::Fout)
                .map(|finding| finding.check.as_str())
                .collect();
            let checks = checks.into_iter().map(str::to_owned).collect();
            Rejected { vt, maand, nr: record.kop.levering_nr, checks, is_asked }
        })
        .collect()
}

/// The periods past their deadline, of lengths that analysts wait for.
fn coverage(app: &App, overview: &Overview) -> Vec<Coverage> {
    let (terms, covered) = (overview.terms(app), overview.covered());
    let since = overview.today - TimeDelta::days(LOOKED_BACK_DAYS);
    let looked_at = |row: &PeriodOverview| {
        row.periode.kind() <= PeriodKind::FourWeeks
            && row.eind >= since
            // Nobody is asked for days before the first month.
            && row.state != PeriodState::BeforeFirstMonth
            && terms.deadline(row.periode) <= overview.today
    };
    let due = overview.pulls_due(app);
    let lacks = |vt: &str, maand: Month| covered.get(&(vt.to_owned(), maand)).is_none_or(|day| *day < maand.last_day());
    let needs = |row: &PeriodOverview| {
        let of = due.iter().filter(|order| row.needs(&order.vt, order.maand) && lacks(&order.vt, order.maand));
        of.map(|order| (order.vt.clone(), order.maand)).collect()
    };
    let rows = overview.periods(app).into_iter().filter(looked_at);
    rows.map(|row| Coverage {
        periode: row.periode,
        complete: row.complete,
        regions: row.regions,
        needs: needs(&row),
        missing: row.missing.into_keys().collect(),
    })
    .collect()
}

fn failing(failed: Vec<FailedPull>) -> Vec<Failing> {
    let failing = failed.into_iter().map(|it| Failing {
        vt: it.vt,
        maand: it.maand,
        attempts: it.attempts,
        since: it.first_failed,
        last: it.last_failed,
        class: it.fault.class,
    });
    failing.collect()
}

/// What was held back; not what was only told to stop.
async fn held(app: &App) -> Result<Vec<Held>, LedgerError> {
    let held = app.ledger.held_back(None).await?.into_iter().filter(|it| it.reason.class != "stopped");
    Ok(held
        .map(|it| Held {
            periode: it.period,
            issue: it.issue,
            refused: is_refused_class(&it.reason.class),
            class: it.reason.class,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::Desk;

    #[tokio::test]
    async fn nobody_is_asked_for_a_period_that_begins_before_the_first_month() {
        let desk = Desk::new().await;
        let overview = Overview::read(&desk.api.app).await.unwrap();
        let looked_at = coverage(&desk.api.app, &overview).into_iter().map(|it| it.periode.to_string());
        // Of 2020W406, which ended half-way June, May is not looked after.
        assert_eq!(looked_at.collect::<Vec<_>>(), ["2020W407", "2020W408"]);
    }
}
