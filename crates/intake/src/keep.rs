//! Keeps what was judged: registrations, raw bytes and reports first, the verdict last. Only the verdict makes a delivery exist.

use chrono::{DateTime, Utc};
use vt_domain::contract::RecordType;
use vt_vault::{DeliveryRecord, RegistrationWriter, Vault, VaultError, Verdict};

use crate::error::IntakeError;
use crate::report::{Bevinding, DeliveryReport, KWALITEITSRAPPORT, SPIEGELRAPPORT};
use crate::validate::{AcceptedDelivery, DeliveryOutcome, Draft, RejectedDelivery};

/// Keeps a judged delivery; may be repeated after a crash at any point, from fetching on.
///
/// Accepted: registrations, raw bytes, reports, verdict. Rejected: everything of it is removed, also what an earlier, interrupted
/// attempt left, then reports and verdict. A verdict that stands there already is returned when it is the same one.
///
/// # Errors
/// [`IntakeError::Vault`] when the store fails, or when the number was judged before with other bytes.
pub async fn keep(vault: &Vault, outcome: DeliveryOutcome, now: DateTime<Utc>) -> Result<DeliveryRecord, IntakeError> {
    let record = record(&outcome, now);
    if let Some(present) = vault.delivery(&record.id()).await? {
        return keep_present(vault, outcome, &record, present).await;
    }
    match outcome {
        DeliveryOutcome::Accepted(AcceptedDelivery { draft, writers, .. }) => {
            for (_, writer) in writers {
                writer.finish().await?;
            }
            write_reports(vault, &draft).await?;
            vault.keep_raw(&draft.id, &draft.raw_names).await?;
        }
        DeliveryOutcome::Rejected(RejectedDelivery { draft, writers }) => {
            abort(writers).await?;
            vault.discard(&draft.id).await?;
            write_reports(vault, &draft).await?;
        }
    }
    match vault.commit_delivery(&record).await {
        Ok(_) => {}
        // Another attempt was faster, or our own answer got lost at another time of day.
        Err(VaultError::Conflict { path }) => {
            let present = vault.delivery(&record.id()).await?;
            return match present {
                Some(present) if same(&present, &record) => Ok(present),
                _ => Err(VaultError::Conflict { path }.into()),
            };
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(delivery = %record.id(), verdict = ?record.verdict, findings = record.bevindingen.len(), "delivery judged");
    Ok(record)
}

/// Keeps nothing of a judged delivery; gives what its region is told of it.
///
/// # Errors
/// [`IntakeError::Vault`] when what was half-written can't be given up.
pub async fn keep_nothing(outcome: DeliveryOutcome) -> Result<DeliveryReport, IntakeError> {
    let report = outcome.report().clone();
    let (DeliveryOutcome::Accepted(AcceptedDelivery { writers, .. })
    | DeliveryOutcome::Rejected(RejectedDelivery { writers, .. })) = outcome;
    abort(writers).await?;
    Ok(report)
}

/// A verdict stands there: nothing of it is touched but what is left in the quarantine.
async fn keep_present(
    vault: &Vault,
    outcome: DeliveryOutcome,
    record: &DeliveryRecord,
    present: DeliveryRecord,
) -> Result<DeliveryRecord, IntakeError> {
    let (DeliveryOutcome::Accepted(AcceptedDelivery { writers, .. })
    | DeliveryOutcome::Rejected(RejectedDelivery { writers, .. })) = outcome;
    abort(writers).await?;
    vault.clear_quarantine(&record.id()).await?;
    if same(&present, record) {
        return Ok(present);
    }
    Err(VaultError::Conflict { path: format!("deliveries of {}", record.id()) }.into())
}

/// Whether two verdicts are on the same delivery and agree.
fn same(a: &DeliveryRecord, b: &DeliveryRecord) -> bool {
    a.kenmerk == b.kenmerk && a.verdict == b.verdict && a.bestanden == b.bestanden
}

async fn abort(writers: Vec<(RecordType, RegistrationWriter)>) -> Result<(), IntakeError> {
    for (_, writer) in writers {
        writer.abort().await?;
    }
    Ok(())
}

async fn write_reports(vault: &Vault, draft: &Draft) -> Result<(), IntakeError> {
    if let Some(report) = &draft.report.spiegelrapport {
        vault.write_report(&draft.id, SPIEGELRAPPORT, report).await?;
    }
    vault.write_report(&draft.id, KWALITEITSRAPPORT, &draft.report.kwaliteitsrapport).await?;
    Ok(())
}

fn record(outcome: &DeliveryOutcome, now: DateTime<Utc>) -> DeliveryRecord {
    let draft = outcome.draft();
    DeliveryRecord {
        formaat: 1,
        kop: draft.kop.clone(),
        verdict: if outcome.is_accepted() { Verdict::Geaccepteerd } else { Verdict::Afgekeurd },
        bestanden: draft.bestanden.clone(),
        kenmerk: draft.kenmerk.clone(),
        beoordeeld_op: now,
        bevindingen: draft.report.kwaliteitsrapport.bevindingen.iter().map(Bevinding::finding).collect(),
        samenvatting: outcome.summary().cloned(),
    }
}
