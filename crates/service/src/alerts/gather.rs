//! Gathers the facts: what failed and the probes at each look; what is derived from the stores only when something was done since.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use vt_domain::period::PeriodKind;
use vt_ledger::LedgerError;

use super::facts::{Coverage, Facts, Failing, Held, LateMonth, Rejected};
use super::probe::{self, StoreProbe};
use crate::app::App;
use crate::due::PeriodState;
use crate::overview::Overview;
use crate::publishing::is_refused_class;

/// How long reading all verdicts and manifests may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// What was derived is derived anew after so long, whatever happened.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Periods that ended longer ago are not looked at for their coverage: nobody waits for them.
const LOOKED_BACK_DAYS: i64 = 182;
/// So many of the latest runs tell whether something was done.
const RUNS: u32 = 20;

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
        let derived = if reachable { known("the stores", self.derived(app).await) } else { None };
        let (late, rejected, coverage) = match derived {
            Some(it) => (Some(it.late), Some(it.rejected), Some(it.coverage)),
            None => (None, None, None),
        };
        Facts {
            late,
            rejected,
            coverage,
            failing: known("failed pulls", failing(app).await.map_err(Into::into)),
            held: known("what was held back", held(app).await.map_err(Into::into)),
            stores,
            disks: probe::disks(app),
            clocks: probe::clocks(app).await,
        }
    }

    async fn derived(&mut self, app: &App) -> Result<Derived> {
        let (done, now) = (done(app).await?, app.clock.now());
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

async fn done(app: &App) -> Result<Done, LedgerError> {
    let runs = app.ledger.latest_runs(RUNS).await?;
    Ok(Done {
        today: app.clock.today(),
        runs: runs.iter().map(|run| (run.id.0, run.ended.is_some())).collect(),
        audit: app.ledger.audited_since(0, &[]).await?.0,
    })
}

fn derive(app: &App, overview: &Overview) -> Derived {
    Derived { late: late(app, overview), rejected: rejected(overview), coverage: coverage(app, overview) }
}

fn late(app: &App, overview: &Overview) -> Vec<LateMonth> {
    let (terms, today) = (overview.terms(app), overview.today);
    let months = overview.regions(app).into_iter().flat_map(|region| {
        let vt = region.vt;
        region.late.into_iter().map(move |maand| (vt.clone(), maand))
    });
    months.map(|(vt, maand)| LateMonth { due: terms.window(&vt, maand).due, vt, maand, today }).collect()
}

/// The region-months whose delivery with the highest number was rejected.
fn rejected(overview: &Overview) -> Vec<Rejected> {
    let mut newest = std::collections::BTreeMap::new();
    for record in &overview.records {
        let (key, nr) = ((record.kop.vt_code.as_str(), record.kop.leveringsmaand), record.kop.levering_nr);
        let place = newest.entry(key).or_insert((nr, record.accepted()));
        if nr > place.0 {
            *place = (nr, record.accepted());
        }
    }
    let rejected = newest.into_iter().filter(|(_, (_, accepted))| !accepted);
    rejected.map(|((vt, maand), (nr, _))| Rejected { vt: vt.to_owned(), maand, nr }).collect()
}

/// The periods past their deadline, of lengths that analysts wait for.
fn coverage(app: &App, overview: &Overview) -> Vec<Coverage> {
    let terms = overview.terms(app);
    let since = overview.today - TimeDelta::days(LOOKED_BACK_DAYS);
    let looked_at = |row: &crate::overview::PeriodOverview| {
        row.periode.kind() <= PeriodKind::FourWeeks
            && row.eind >= since
            // Nobody is asked for days before the first month.
            && row.state != PeriodState::BeforeFirstMonth
            && terms.deadline(row.periode) <= overview.today
    };
    let rows = overview.periods(app).into_iter().filter(looked_at);
    rows.map(|row| Coverage {
        periode: row.periode,
        complete: row.complete,
        regions: row.regions,
        missing: row.missing.into_keys().collect(),
    })
    .collect()
}

async fn failing(app: &App) -> Result<Vec<Failing>, LedgerError> {
    let failed = app.ledger.failed_pulls().await?.into_iter();
    Ok(failed
        .map(|it| Failing {
            vt: it.vt,
            maand: it.maand,
            attempts: it.attempts,
            since: it.first_failed,
            class: it.fault.class,
        })
        .collect())
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
