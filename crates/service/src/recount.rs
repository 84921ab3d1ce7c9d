//! What a new issue would change: counts are made as for a publication and compared with those of the newest issue, inside the
//! crate that keeps them; what comes out says how many differ, never which count.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use vt_disclosure::ChangedCells;
use vt_domain::period::Period;
use vt_publication::history::History;

use crate::app::App;
use crate::calendar::Change;
use crate::drive::{self, PublishingError};
use crate::overview::Overview;

/// What was reserved of the years of these periods.
///
/// # Errors
/// When the private store can't be read.
pub async fn history(app: &App, periods: &[Period]) -> Result<History> {
    let years: BTreeSet<i32> = periods.iter().map(|period| period.iso_year()).collect();
    Ok(History::read(&app.vault, years).await?)
}

/// Per area, how many cells of a period would have another count than in its newest issue; nothing when it has none, or that has
/// other areas or tables.
///
/// # Errors
/// When what the period is counted from is not at hand.
pub async fn areas(
    app: &App,
    overview: &Overview,
    history: &History,
    period: Period,
) -> Result<Option<Vec<ChangedCells>>, PublishingError> {
    let (Some(first), Some(newest)) = (history.first(period), history.newest(period)) else { return Ok(None) };
    let order = drive::order(app, &overview.records, history, period).await?;
    let register = Arc::clone(&order.register);
    let table = drive::aggregate(app, &[order.input], &register).await?.into_iter().next();
    Ok(table.and_then(|table| table.with_categories_of(&first.geheugen).changed_from(&newest.geheugen)))
}

/// The rounded periods among `wanted` that an order gives a new issue: published on an earlier day, and since then a counting
/// delivery changed, or a delivery of an earlier month such that a count differs.
///
/// # Errors
/// When the private store can't be read.
pub async fn changed(app: &App, overview: &Overview, wanted: impl Fn(&Period) -> bool) -> Result<Vec<Period>> {
    let of = |asked: fn(Change) -> bool| overview.changed(app, asked).into_iter().filter(&wanted);
    let mut changed: Vec<Period> = of(|change| matches!(change, Change::Counting { .. })).collect();
    let earlier: Vec<Period> =
        of(|change| change == Change::Earlier).filter(|period| !overview.issues.is_closed(*period)).collect();
    let history = history(app, &earlier).await?;
    for period in earlier {
        // What can't be counted or compared is for the publication to refuse, which says why.
        let counts = areas(app, overview, &history, period).await.ok().flatten();
        if counts.is_none_or(|areas| areas.iter().any(|area| area.changed > 0)) {
            changed.push(period);
        }
    }
    Ok(changed)
}
