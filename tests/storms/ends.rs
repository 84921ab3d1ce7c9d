//! What must hold at the end of a schedule.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::Issue;
use vt_monitor::app::App;
use vt_monitor::calendar::Change;
use vt_monitor::exit::Exit;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::revise;
use vt_monitor::{round, runs};
use vt_publication::audit::{Records, private, read};
use vt_publication::reservation::{Reservation, check_memory, reservation};
use vt_publication::verify::verify;
use vt_tests::{Tree, differences};
use vt_vault::Vault;

use crate::play::Course;
use crate::world::Calm;

/// Judges the end of a schedule; whether it is the undisturbed one byte for byte.
pub async fn judge(course: &Course<'_>) -> Result<bool> {
    let calm = course.world.calm(course.schedule.start);
    let instance = course.calm().await?;
    let app = &instance.app;
    whole(app).await?;
    let end = Tree::read(&course.place.path().join("published"))?;
    let same = differences(&calm.end, &end).is_empty();
    if !same {
        sound(app).await?;
        of_same_reservations_same_bytes(calm, &end, &reservations(&app.vault).await?)?;
        on_same_deliveries(course, app).await?;
    }
    instance.close().await;
    Ok(same)
}

/// An issue is a pure function of its reservation: where inputs and publications came in the same sequence, its bytes are the same.
fn of_same_reservations_same_bytes(calm: &Calm, end: &Tree, found: &Reservations) -> Result<()> {
    for issue in found.keys().filter(|issue| in_sequence(**issue, &calm.reservations, found)) {
        let folder = issue.folder();
        let of = |tree: &Tree| -> Vec<_> {
            let files = tree.files().filter(|(path, _)| path.starts_with(&folder));
            files.map(|(path, bytes)| (path.to_owned(), bytes.to_owned())).collect()
        };
        ensure!(of(&calm.end) == of(end), "{issue:?}: other bytes than undisturbed");
    }
    Ok(())
}

/// Whether an issue rests on the same as undisturbed, and all that it is compared with too.
fn in_sequence(issue: Issue, undisturbed: &Reservations, found: &Reservations) -> bool {
    let (Some(calm), Some(found_one)) = (undisturbed.get(&issue), found.get(&issue)) else { return false };
    let rests_on = found_one.vergelijking.iter().map(|base| Issue { periode: base.periode, uitgave: base.uitgave });
    let before = found_one.vorige.iter().filter_map(|before| Issue::of_manifest(&before.pad));
    sequence(calm) == sequence(found_one) && rests_on.chain(before).all(|other| in_sequence(other, undisturbed, found))
}

/// What decides the files of an issue: its reservation without the instant, and without digests of manifests, which hold instants.
fn sequence(reservation: &Reservation) -> Reservation {
    let mut bare = reservation.clone();
    bare.gepubliceerd_op = DateTime::UNIX_EPOCH;
    bare.vergelijking.iter_mut().for_each(|base| base.sha256.clear());
    bare.vorige.iter_mut().for_each(|before| before.sha256.clear());
    bare
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

/// Where something came in another sequence, and a day later an operator orders what still waits: each period rests on the same deliveries, with the same
/// true cells, as undisturbed.
async fn on_same_deliveries(course: &Course<'_>, app: &App) -> Result<()> {
    course.clock.set(app.clock.now() + TimeDelta::days(1));
    // A sum that was made before one of its parts changed follows on the next day: a period gets one issue a day.
    let (report, exit) = round::all(app, "the next day").await?;
    ensure!(exit == Exit::Done, "the next day: {exit:?} {report:?}");
    let run = runs::begin(app, "by order").await?;
    let ordered = revise(app, run, |_| true, "what came in another sequence").await?;
    ensure!(ordered.iter().all(|result| result.failure.is_none()), "by order: {ordered:?}");
    if !ordered.is_empty() || !report.published.is_empty() {
        sound(app).await?;
    }
    let (found, expected) = (reservations(&app.vault).await?, &course.world.calm(course.schedule.start).reservations);
    let (found, expected) = (newest(&found), newest(expected));
    ensure!(found.keys().eq(expected.keys()), "other periods than undisturbed");
    for (period, reservation) in found {
        ensure!(reservation.invoer == expected[&period].invoer, "{period} rests on other deliveries");
        ensure!(cells(reservation)? == cells(expected[&period])?, "{period} has other true cells");
    }
    let waits = Overview::read(app).await?.changed(app, |change| matches!(change, Change::Counting { .. }));
    ensure!(waits.is_empty(), "still waits: {waits:?}");
    Ok(())
}

/// All that is reserved.
pub type Reservations = BTreeMap<Issue, Reservation>;

/// Reads every reservation.
pub async fn reservations(vault: &Vault) -> Result<Reservations> {
    let mut found = Reservations::new();
    for kind in PeriodKind::ALL {
        for key in vault.reservations(kind).await? {
            let reservation = reservation(vault, key).await?.context("a reservation")?;
            found.insert(Issue { periode: key.period, uitgave: key.issue }, reservation);
        }
    }
    Ok(found)
}

/// The last issue of each period.
fn newest(all: &Reservations) -> BTreeMap<Period, &Reservation> {
    all.iter().map(|(issue, reservation)| (issue.periode, reservation)).collect()
}

/// z of every block, wherever it stands in the record.
fn cells(reservation: &Reservation) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    gather(&serde_json::to_value(&reservation.geheugen)?, &mut found);
    ensure!(!found.is_empty(), "a record without cells");
    Ok(found)
}

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
