//! `diff`: what differs between two published issues, from the published files alone.

use std::path::Path;

use anyhow::{Context, Result};
use vt_publication::changes::{Diff, diff};
use vt_publication::shelf::Shelf;

use crate::cli::{DiffArgs, IssueName};
use crate::config::Config;
use crate::exit::{Exit, Usage};
use crate::output::{Output, count, table};
use crate::stores::open_existing_store;

pub(super) async fn run(args: &DiffArgs, output: Output, directory: &Path) -> Result<Exit> {
    let at = match &args.store {
        Some(store) => store.clone(),
        None => Config::load(directory)?.store.published,
    };
    let store = open_existing_store(&at)?;
    let shelf = Shelf::read(store.as_ref()).await?;
    let issue = |name: IssueName| {
        let found = match name.issue {
            Some(uitgave) => Some(vt_domain::snapshot::Issue { periode: name.period, uitgave }),
            None => shelf.standing(name.period),
        };
        let found = found.filter(|issue| shelf.snapshots.contains_key(issue));
        found.ok_or_else(|| Usage(format!("{} is not published in this store", name.period)))
    };
    let difference = diff(store.as_ref(), issue(args.from)?, issue(args.to)?).await?;
    if let Some(file) = &args.html {
        std::fs::write(file, difference.page()).with_context(|| format!("`{}` can't be written", file.display()))?;
    }
    output.answer(&difference.rows(), |_| text(&difference))?;
    Ok(Exit::Done)
}

fn text(difference: &Diff) -> String {
    let rows = difference.rows();
    let absent = |value: &Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let lines = rows.iter().map(|row| {
        [
            row.regio_code.clone(),
            row.maat.clone(),
            row.part(),
            absent(&row.waarde_eerder),
            absent(&row.waarde),
            row.verschil.map_or_else(|| "-".to_owned(), |difference| format!("{difference:+}")),
            if row.status_eerder == row.status {
                row.status.clone()
            } else {
                format!("{} → {}", row.status_eerder, row.status)
            },
        ]
    });
    let head = format!("{} against {}\n", difference.to, difference.from);
    if rows.is_empty() {
        return head + "no figure differs\n";
    }
    head + &table(["region", "measure", "category", "earlier", "now", "change", "status"], lines)
        + &format!(
            "\n{} differ; counts are rounded: a change of 5 may be a single record\n",
            count(rows.len(), "figure")
        )
}
