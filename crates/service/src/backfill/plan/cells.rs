//! How many cells would have another count, by area; never which count.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Effect, PlannedSnapshot};
use crate::app::App;
use crate::overview::Overview;
use crate::recount;

/// Cells of one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// Cells whose count would be another one.
    pub changed: u32,
    /// Cells that are published of it.
    pub of: u32,
}

/// Fills in what is known of the periods whose deliveries changed; of those where only earlier months did, what that comes to.
pub(super) async fn compare(app: &App, overview: &Overview, snapshots: &mut [PlannedSnapshot]) -> Result<()> {
    let known = |it: &PlannedSnapshot| !it.new.is_empty() || it.effect == Effect::IfCountsDiffer;
    let changed: Vec<_> = snapshots.iter().filter(|it| known(it)).map(|it| it.periode).collect();
    let history = recount::history(app, &changed).await?;
    for snapshot in snapshots.iter_mut().filter(|it| known(it)) {
        let areas = recount::areas(app, overview, &history, snapshot.periode).await?;
        snapshot.cells = areas.map(|areas| {
            let changed = areas.into_iter().filter(|area| area.changed > 0);
            changed.map(|area| (area.code, Cells { changed: area.changed, of: area.cells })).collect::<BTreeMap<_, _>>()
        });
    }
    Ok(())
}
