//! How many cells would have another count: the counts are made as for a publication and compared with those of the newest
//! issue, inside the crate that keeps them; what comes out says how many differ, never which count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_publication::history::History;

use super::PlannedSnapshot;
use crate::app::App;
use crate::drive;
use crate::overview::Overview;

/// Cells of one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// Cells whose count would be another one.
    pub changed: u32,
    /// Cells that are published of it.
    pub of: u32,
}

/// Fills in what is known of the periods whose deliveries changed.
pub(super) async fn compare(app: &App, overview: &Overview, snapshots: &mut [PlannedSnapshot]) -> Result<()> {
    let changed: Vec<_> = snapshots.iter().filter(|it| !it.new.is_empty()).map(|it| it.periode).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let years: BTreeSet<i32> = changed.iter().map(|period| period.iso_year()).collect();
    let history = History::read(&app.vault, years).await?;
    for snapshot in snapshots.iter_mut().filter(|it| !it.new.is_empty()) {
        let order = drive::order(app, &overview.records, &history, snapshot.periode).await?;
        let register = Arc::clone(&order.register);
        let tables = drive::aggregate(app, &[order.input], &register).await?;
        let (Some(table), Some(first), Some(newest)) =
            (tables.into_iter().next(), history.first(snapshot.periode), history.newest(snapshot.periode))
        else {
            continue;
        };
        let areas = table.with_categories_of(&first.geheugen).changed_from(&newest.geheugen);
        snapshot.cells = areas.map(|areas| {
            let changed = areas.into_iter().filter(|area| area.changed > 0);
            changed.map(|area| (area.code, Cells { changed: area.changed, of: area.cells })).collect::<BTreeMap<_, _>>()
        });
    }
    Ok(())
}
