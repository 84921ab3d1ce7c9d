//! How often is published.

use anyhow::Result;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::period::{Period, PeriodKind};
use vt_ledger::{CadenceDecision, Change, standing};

use super::{Wrong, in_dutch, near, with_reason};
use crate::app::App;
use crate::cadence::CADENCES;
use crate::overview::cadence_plan;
use crate::views::{AheadView, CadenceDecisionView, CadenceView, of_code};

/// Another cadence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CadenceChange {
    /// week, two_weeks or four_weeks.
    pub cadence: String,
    /// Its first day; today when not given.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

/// The cadence, what it was, and who decided that.
///
/// # Errors
/// When the ledger can't be read.
pub async fn show(app: &App) -> Result<CadenceView> {
    let plan = cadence_plan(app, app.clock.now()).await?;
    let today = app.clock.today();
    let running = Period::containing(PeriodKind::FourWeeks, today);
    let ahead = plan.changes_after(today).map(|(from, cadence)| AheadView { from, cadence: cadence.to_string() });
    Ok(CadenceView {
        today,
        cadence: plan.on(today).to_string(),
        running,
        running_in: plan.of(running).to_string(),
        ahead: ahead.collect(),
        decisions: CadenceDecisionView::all(&app.ledger.cadence_decisions().await?),
        voided: Vec::new(),
    })
}

/// What a decision came to.
pub struct Decided {
    /// The cadence as it is now.
    pub view: CadenceView,
    /// The first day of what was decided; none when it held already, and nothing was recorded.
    pub from: Option<NaiveDate>,
}

/// Decides on another cadence; one that holds already changes nothing. The answer names the earlier decisions that it made void.
///
/// # Errors
/// [`Wrong`]; when the ledger can't be written.
pub async fn decide(app: &App, asked: &CadenceChange, change: &Change) -> Result<Decided> {
    with_reason(change)?;
    let cadence = of_code::<PeriodKind>(&asked.cadence).filter(|kind| CADENCES.contains(kind));
    let cadence =
        cadence.ok_or_else(|| Wrong::new("cadence", "week, two_weeks or four_weeks", "kies er een uit de lijst"))?;
    let from = asked.from.unwrap_or(app.clock.today());
    let first = app.schedule.first_month;
    if from < first.first_day() {
        let rule = format!("{from} lies before the first month that is looked after, {first}");
        let nl = format!("dit ligt vóór {}, de eerste dag waarvan cijfers komen", in_dutch(first.first_day()));
        return Err(Wrong::new("from", rule, nl).into());
    }
    let today = app.clock.today();
    near("from", from, today, ((today - first.first_day()).num_days(), 366))?;
    let stood = app.ledger.cadence_decisions().await?;
    let plan = cadence_plan(app, app.clock.now()).await?;
    let is_new = plan.on(from) != cadence || plan.changes_after(from).next().is_some();
    if is_new {
        app.ledger.decide_cadence(from, cadence, Some(plan.on(from)), change).await?;
    }
    let view = show(app).await?;
    let voided = voided(&standing(&stood), &view.decisions);
    Ok(Decided { view: CadenceView { voided, ..view }, from: is_new.then_some(from) })
}

/// Those that stood, and do not any more.
fn voided(stood: &[&CadenceDecision], now: &[CadenceDecisionView]) -> Vec<CadenceDecisionView> {
    let stands = |it: &CadenceDecision| {
        let is_it = |now: &&CadenceDecisionView| (now.from, now.decided_at) == (it.from, it.decided_at);
        now.iter().filter(is_it).any(|now| now.stands && now.cadence == it.cadence.to_string())
    };
    stood.iter().filter(|it| !stands(it)).map(|it| CadenceDecisionView::new(it, false)).collect()
}
