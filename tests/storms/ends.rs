//! What must hold at the end of a schedule.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use serde_json::Value;
use vt_domain::period::{Period, PeriodKind};
use vt_monitor::app::App;
use vt_monitor::calendar::Change;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::revise;
use vt_monitor::runs;
use vt_publication::audit::{Records, private, read};
use vt_publication::reservation::{Reservation, check_memory, reservation};
use vt_publication::verify::verify;
use vt_tests::{Tree, differences};
use vt_vault::Vault;

use crate::play::Course;

/// Judges the end of a schedule; whether it is the undisturbed one byte for byte.
pub async fn judge(course: &Course<'_>) -> Result<bool> {
    let published = course.place.path().join("published");
    let instance = course.calm().await?;
    whole(&instance.app).await?;
    let expected = &course.world.calm(course.schedule.start).end;
    let other = differences(expected, &Tree::read(&published)?);
    let same = match (other.is_empty(), course.schedule.jumps()) {
        (true, _) => true,
        // Only the instants differ.
        (false, true) if other.iter().all(|path| !path.starts_with("snapshots/")) => sound(&instance.app).await.map(|()| false)?,
        (false, _) if !course.schedule.keeps_sequence() => {
            sound(&instance.app).await?;
            in_another_sequence(course, &instance.app).await?;
            false
        }
        _ => anyhow::bail!("other bytes than undisturbed: {other:?}"),
    };
    instance.close().await;
    Ok(same)
}

/// Nothing is left half done.
async fn whole(app: &App) -> Result<()> {
    let memory = check_memory(&app.vault, app.published.as_ref(), None).await?;
    ensure!(memory.unfinished.is_empty() && memory.void.is_empty(), "reserved and not published: {memory:?}");
    ensure!(app.vault.quarantine_len().await? == 0, "the quarantine is not empty");
    let open: Vec<_> = app.ledger.leases().await?.into_iter().map(|lease| lease.name).collect();
    ensure!(open.is_empty(), "leases are still held: {open:?}");
    let rejected = app.vault.deliveries(None).await?.iter().filter(|record| !record.accepted()).count();
    ensure!(rejected == 0, "{rejected} sound deliveries were rejected");
    let left: Vec<_> = app.local_stores.iter().flat_map(|store| half_written(store)).collect();
    ensure!(left.is_empty(), "left half-written: {left:?}");
    Ok(())
}

fn half_written(store: &Path) -> Vec<String> {
    let tree = Tree::read(store).unwrap_or_else(|error| panic!("{error}"));
    tree.paths().map(|path| path.display().to_string()).filter(|path| path.contains('#')).collect()
}

/// What is published is right by its own files, and certified by the memory.
async fn sound(app: &App) -> Result<()> {
    let report = verify(app.published.as_ref(), None).await?;
    ensure!(report.passed(), "verify: {:?}", report.findings);
    let published = read(app.published.as_ref()).await.context("the published store")?;
    let records = Records::read(&app.vault).await?;
    let report = private(&app.vault, app.published.as_ref(), &records, &published).await?;
    ensure!(report.passed(), "certificate: {:?}", report.findings);
    Ok(())
}

/// Inputs or publications came in another sequence. When an operator orders what waits, each period rests on the same deliveries, with
/// the same true cells, as undisturbed.
async fn in_another_sequence(course: &Course<'_>, app: &App) -> Result<()> {
    course.clock.set(app.clock.now() + TimeDelta::days(1));
    let run = runs::begin(app, "by order").await?;
    let ordered = revise(app, run, |_| true, "what came in another sequence").await?;
    ensure!(ordered.iter().all(|result| result.failure.is_none()), "by order: {ordered:?}");
    sound(app).await?;
    let (found, expected) = (newest(&app.vault).await?, &course.world.calm(course.schedule.start).truth);
    for (period, truth) in expected {
        let (inputs, cells) = found.get(period).with_context(|| format!("{period} is not published"))?;
        ensure!(*inputs == truth.0, "{period} rests on other deliveries");
        ensure!(*cells == truth.1, "{period} has other true cells");
    }
    ensure!(found.len() == expected.len(), "other periods than undisturbed");
    let waits = Overview::read(app).await?.changed(app, |change| matches!(change, Change::Counting { .. }));
    ensure!(waits.is_empty(), "still waits: {waits:?}");
    Ok(())
}

/// What a period rests on, and its true cells.
pub type Truth = BTreeMap<Period, (Vec<String>, Vec<Value>)>;

/// Of each period its newest reservation's.
pub async fn newest(vault: &Vault) -> Result<Truth> {
    let mut truth = Truth::new();
    for kind in PeriodKind::ALL {
        // In order: the last issue of a period stays.
        let mut keys = vault.reservations(kind).await?;
        keys.sort();
        for key in keys {
            let reservation = reservation(vault, key).await?.context("a reservation")?;
            truth.insert(key.period, (inputs(&reservation), cells(&reservation)?));
        }
    }
    Ok(truth)
}

fn inputs(reservation: &Reservation) -> Vec<String> {
    reservation.invoer.iter().map(|input| format!("{:?}", input.id())).collect()
}

fn cells(reservation: &Reservation) -> Result<Vec<Value>> {
    let memory = serde_json::to_value(&reservation.geheugen)?;
    let mut found = Vec::new();
    gather(&memory, &mut found);
    ensure!(!found.is_empty(), "a record without cells");
    Ok(found)
}

/// z of every block, wherever it stands in the record.
fn gather(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "truth" { found.push(value.clone()) } else { gather(value, found) }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}
