//! Pulls many orders: regions beside each other, a region's months one after another (its history grows with them).

use std::collections::BTreeMap;

use anyhow::Result;
use futures::StreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracing::Instrument;
use vt_domain::contract::RecordType;
use vt_domain::finding::Finding;
use vt_domain::month::Month;
use vt_ledger::{Delivery, DeliveryStatus, Fault, JudgedDelivery, Lease, OrderKind, PullRecord, RecordCounts, RunId};
use vt_vault::{DeliveryRecord, VaultError};

use crate::app::App;
use crate::belonging;
use crate::drive::{self, PullError, Pulled};
use crate::due::PullOrder;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::journal::Journal;
use crate::progress::Task;

/// Class of the fault when another process holds a region.
const BUSY: &str = "busy";

/// Class of the fault when another process took a region over.
const LEASE_LOST: &str = "lease_lost";

/// Class of the fault when the process was told to stop.
const STOPPED: &str = "stopped";

/// Classes of faults that are not the region's doing.
const OURS: [&str; 7] = [BUSY, LEASE_LOST, "vault", "ledger", "intake", "key", STOPPED];

/// Whether a fault of this class is ours: the region is not to blame, and no period may be published without it for that.
pub fn is_ours(class: &str) -> bool {
    OURS.contains(&class)
}

/// What came of one order, for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct PullResult {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// Deliveries judged now and accepted.
    pub accepted: usize,
    /// Deliveries judged now and rejected.
    pub rejected: usize,
    /// Deliveries judged before and listed unchanged.
    pub known: usize,
    /// Numbers judged before that are listed with other bytes.
    pub changed: usize,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Fault>,
}

impl PullResult {
    fn new(order: &PullOrder) -> Self {
        Self { vt: order.vt.clone(), maand: order.maand, accepted: 0, rejected: 0, known: 0, changed: 0, failure: None }
    }

    fn count(&mut self, pulled: Pulled) -> JudgedDelivery {
        match pulled {
            Pulled::Known(known) => {
                self.known += 1;
                judged(&known, None)
            }
            Pulled::Changed(known, finding) => {
                self.changed += 1;
                judged(&known, Some(*finding))
            }
            Pulled::Judged(new) => {
                *if new.accepted() { &mut self.accepted } else { &mut self.rejected } += 1;
                judged(&new, None)
            }
        }
    }

    /// Whether it failed on our side, or is in another process's hands: the region is not to blame, and no period may be
    /// published without it for that.
    pub fn is_our_failure(&self) -> bool {
        self.failure.as_ref().is_some_and(|fault| is_ours(&fault.class))
    }

    /// Whether another process has the region in its hands.
    pub fn is_busy(&self) -> bool {
        self.failure.as_ref().is_some_and(|fault| fault.class == BUSY || fault.class == LEASE_LOST)
    }

    /// Whether anything was new.
    pub fn did_something(&self) -> bool {
        self.accepted + self.rejected > 0
    }
}

/// How pulls are paced, and whose they are.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many regions are pulled at the same time.
    pub regions_at_once: usize,
    /// The backfill whose orders these are, when they are one's: its items are closed with the pulls.
    pub backfill: Option<i64>,
}

impl Pace {
    /// That of rounds and operators.
    pub fn of_rounds(app: &App) -> Self {
        Self { regions_at_once: app.pull.regions_at_once, backfill: None }
    }
}

/// Pulls all orders. One region's failure holds up no other.
///
/// # Errors
/// When the private store can't be read at all, or is not the one that the ledger knows; failures of orders are in the results.
pub async fn pull_all(app: &App, run: RunId, orders: Vec<PullOrder>, pace: &Pace) -> Result<Vec<PullResult>> {
    belonging::ensure(app).await?;
    let task = app.progress.task("pull", orders.len());
    let mut by_region: BTreeMap<String, Vec<PullOrder>> = BTreeMap::new();
    for order in orders {
        by_region.entry(order.vt.clone()).or_default().push(order);
    }
    let regions =
        futures::stream::iter(by_region.into_iter().map(|(vt, orders)| pull_region(app, run, vt, orders, pace, &task)));
    let results: Vec<Result<Vec<PullResult>, VaultError>> =
        regions.buffer_unordered(pace.regions_at_once).collect().await;
    task.finish();
    let results: Result<Vec<_>, VaultError> = results.into_iter().collect();
    let mut results: Vec<PullResult> = results?.into_iter().flatten().collect();
    results.sort_by(|a, b| (&a.vt, a.maand).cmp(&(&b.vt, b.maand)));
    app.metrics.pulls(&results);
    Ok(results)
}

async fn pull_region(
    app: &App,
    run: RunId,
    vt: String,
    mut orders: Vec<PullOrder>,
    pace: &Pace,
    task: &Task,
) -> Result<Vec<PullResult>, VaultError> {
    orders.sort();
    let hold = match Hold::take(app, &format!("pull {vt}")).await {
        Ok(Some(hold)) => hold,
        Ok(None) => {
            return Ok(refused(&orders, &Fault::new(BUSY, "another process pulls this region; try again later")));
        }
        Err(error) => return Ok(refused(&orders, &Fault::new("ledger", &error.to_string()))),
    };
    let pulled = pull_held(app, run, &hold, &vt, &orders, pace, task).await;
    // Also when the store failed: whoever tries again must not find the region in hands that do nothing.
    hold.release().await;
    pulled
}

/// Pulls the months of one region, of which this process has hold.
async fn pull_held(
    app: &App,
    run: RunId,
    hold: &Hold,
    vt: &str,
    orders: &[PullOrder],
    pace: &Pace,
    task: &Task,
) -> Result<Vec<PullResult>, VaultError> {
    let app = &app.stopped_by(hold.stop().clone());
    let mut history: Vec<DeliveryRecord> = app.vault.deliveries(Some(vt)).await?;
    history.retain(DeliveryRecord::accepted);
    let mut results = Vec::new();
    for (done, order) in orders.iter().enumerate() {
        if hold.is_lost() {
            results.extend(refused(&orders[done..], &Fault::new(LEASE_LOST, "another process took over this region")));
            break;
        }
        if app.stop.is_cancelled() {
            break;
        }
        let span = tracing::info_span!("pull", region = order.vt, maand = %order.maand);
        let pulled = pull_one(app, run, order, &mut history, hold.lease(), pace.backfill).instrument(span);
        results.push(pulled.await);
        task.step(&format!("{} {}", order.vt, order.maand));
    }
    Ok(results)
}

fn refused(orders: &[PullOrder], fault: &Fault) -> Vec<PullResult> {
    orders.iter().map(|order| PullResult { failure: Some(fault.clone()), ..PullResult::new(order) }).collect()
}

async fn pull_one(
    app: &App,
    run: RunId,
    order: &PullOrder,
    history: &mut Vec<DeliveryRecord>,
    lease: &Lease,
    backfill: Option<i64>,
) -> PullResult {
    let subject = format!("{} {}", order.vt, order.maand);
    let mut journal = Journal::new(app.clock.clone(), OrderKind::Pull, subject);
    let mut pulled = Vec::new();
    let failure = drive::pull(app, order, history, &mut journal, &mut pulled).await.err().as_ref().map(fault);
    noted(app, run, order, Came { journal, pulled, failure, by_hand: false }, Some(lease), backfill).await
}

/// What came of the work on a region's month.
pub struct Came {
    /// Its steps.
    pub journal: Journal,
    /// What came of each delivery.
    pub pulled: Vec<Pulled>,
    /// Why it stopped.
    pub failure: Option<Fault>,
    /// Whether it came by hand: then it says nothing about the region's source.
    pub by_hand: bool,
}

/// Notes in the ledger what came of the work on a region's month.
pub async fn noted(
    app: &App,
    run: RunId,
    order: &PullOrder,
    came: Came,
    lease: Option<&Lease>,
    backfill: Option<i64>,
) -> PullResult {
    let Came { journal, pulled, failure, by_hand } = came;
    if let Some(fault) = &failure {
        let subject = format!("{} {}", order.vt, order.maand);
        tracing::warn!(subject, class = fault.class, "pull failed: {}", fault.message);
    }
    let steps = match &failure {
        Some(fault) => journal.failed(fault),
        None => journal.done(),
    };
    let mut result = PullResult::new(order);
    let deliveries = pulled.into_iter().map(|pulled| result.count(pulled)).collect();
    let record = PullRecord {
        vt: order.vt.clone(),
        maand: order.maand,
        at: app.clock.now(),
        steps,
        deliveries,
        // One that was stopped is still to be done.
        backfill: backfill.filter(|_| failure.as_ref().is_none_or(|fault| fault.class != STOPPED)),
        failure: failure.clone(),
    };
    result.failure = failure;
    let recorded = match by_hand {
        true => app.ledger.record_by_hand(run, lease, &record).await,
        false => app.ledger.record_pull(run, lease, &record).await,
    };
    if let Err(error) = recorded {
        result.failure.get_or_insert(Fault::new("ledger", &error.to_string()));
    }
    result
}

/// How the ledger knows a judged delivery. `extra`: a finding beside those of the verdict.
fn judged(record: &DeliveryRecord, extra: Option<Finding>) -> JudgedDelivery {
    let counts = record.samenvatting.as_ref().map(|summary| &summary.records);
    let kept = |kind: RecordType| counts.and_then(|c| c.get(&kind)).map_or(0, |c| c.behouden);
    let mut findings = record.bevindingen.clone();
    findings.extend(extra);
    JudgedDelivery {
        delivery: Delivery {
            id: record.id(),
            soort: record.kop.soort,
            tot_en_met: record.kop.tot_en_met,
            status: if record.accepted() { DeliveryStatus::Accepted } else { DeliveryStatus::Rejected },
            first_seen: record.beoordeeld_op,
            decided_at: Some(record.beoordeeld_op),
            records: counts.is_some().then(|| RecordCounts {
                advies: kept(RecordType::Advies),
                melding: kept(RecordType::Melding),
                vervolgdienst: kept(RecordType::Vervolgdienst),
            }),
            dropped: counts.map_or(0, |c| c.values().map(|c| c.geweigerd).sum()),
            listing_digest: files_digest(record),
        },
        findings,
    }
}

fn files_digest(record: &DeliveryRecord) -> String {
    let mut digest = Sha256::new();
    for file in &record.bestanden {
        digest.update(format!("{} {} {}\n", file.recordsoort, file.bytes, file.sha256));
    }
    hex::encode(digest.finalize())
}

/// The fault that an error is, as the ledger keeps it.
pub fn fault(error: &PullError) -> Fault {
    let class = match error {
        PullError::NoSource(_) => "no_source",
        PullError::Fetch(error) => error.rule(),
        PullError::Intake(_) => "intake",
        PullError::Vault(_) => "vault",
        PullError::Ledger(_) => "ledger",
        PullError::Key(_) => "key",
        PullError::Stopped => STOPPED,
    };
    Fault::new(class, &error.to_string())
}

/// How a set of pulls ended.
pub fn exit(results: &[PullResult]) -> Exit {
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    match failed {
        0 => Exit::Done,
        _ => Exit::Partial,
    }
}
