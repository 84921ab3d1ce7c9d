//! Backfills.

use anyhow::Result;
use vt_ledger::{BackfillState, Change, NewBackfill};

use super::{Refused, with_reason};
use crate::app::App;
use crate::backfill::{Asked, BackfillPlan, PlanError, make};
use crate::views::BackfillView;

/// Says what pulling months again would do; changes nothing.
///
/// # Errors
/// [`PlanError::Asked`]; when a store or the ledger can't be read.
pub async fn plan(app: &App, asked: Asked) -> Result<BackfillPlan> {
    make(app, asked, true).await
}

/// Begins what a plan says, while what it was made on still holds.
///
/// # Errors
/// [`PlanError::Moved`]; [`Refused`] when it pulls nothing; when another backfill is under way on some of these region-months.
pub async fn begin(app: &App, plan: &BackfillPlan, change: &Change) -> Result<BackfillView> {
    let now = make(app, plan.asked.clone(), false).await?;
    plan.check(&now)?;
    if plan.pulls != now.pulls {
        let reason = "pulls what does not follow from what was asked: it was changed".to_owned();
        return Err(PlanError::File { path: "the plan".to_owned(), reason }.into());
    }
    if plan.pulls.is_empty() {
        let nl = "dit plan haalt niets op: elke regio-maand wordt overgeslagen";
        return Err(Refused::new("the plan pulls nothing: every region-month is left out", nl).into());
    }
    let new = NewBackfill {
        plan: serde_json::to_string(plan)?,
        plan_digest: plan.digest(),
        orders: plan.pulls.iter().map(|pull| (pull.vt.clone(), pull.maand)).collect(),
        reason: plan.asked.reason.clone(),
    };
    let backfill = app.ledger.begin_backfill(&new, change).await?;
    one(app, backfill.id).await
}

/// The newest backfills, without their region-months.
///
/// # Errors
/// When the ledger can't be read.
pub async fn all(app: &App, limit: u32) -> Result<Vec<BackfillView>> {
    let mut views = Vec::new();
    for backfill in app.ledger.backfills(limit).await? {
        // The end is expected from the pace of the region-months, of those that are under way.
        let items = match backfill.state {
            BackfillState::Running => app.ledger.backfill_items(backfill.id).await?,
            _ => Vec::new(),
        };
        views.push(BackfillView { items: Vec::new(), ..BackfillView::new(&backfill, &items, app.clock.now()) });
    }
    Ok(views)
}

/// A backfill, with its region-months.
///
/// # Errors
/// When there is none of this number.
pub async fn one(app: &App, id: i64) -> Result<BackfillView> {
    let backfill = app.ledger.backfill(id).await?;
    Ok(BackfillView::new(&backfill, &app.ledger.backfill_items(id).await?, app.clock.now()))
}

/// Pauses, resumes or cancels a backfill.
///
/// # Errors
/// [`super::Wrong`] without a reason; when it has ended already, or there is none of this number.
pub async fn steer(app: &App, id: i64, to: BackfillState, change: &Change) -> Result<BackfillView> {
    with_reason(change)?;
    app.ledger.steer_backfill(id, to, change).await?;
    one(app, id).await
}

/// Pulls once more what failed.
///
/// # Errors
/// [`super::Wrong`] without a reason; [`Refused`] when nothing did.
pub async fn retry(app: &App, id: i64, change: &Change) -> Result<BackfillView> {
    with_reason(change)?;
    let before = app.ledger.backfill(id).await?;
    if before.failed == 0 && before.unpublished.is_none() {
        let nl = format!("van backfill {id} is niets mislukt");
        return Err(Refused::new(format!("nothing of backfill {id} failed"), nl).into());
    }
    app.ledger.retry_backfill(id, change).await?;
    one(app, id).await
}
