//! The reservation of an issue: all that decides its bytes, written before its first file.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use vt_disclosure::Protection;
use vt_domain::period::Period;
use vt_domain::register::Register;
use vt_domain::snapshot::Issue;
use vt_ledger::StepName;
use vt_publication::PublicationError;
use vt_publication::history::{History, Way};
use vt_publication::indicators::find_bases;
use vt_publication::longer::{Sources, register_version, sum_parts};
use vt_publication::publish::store;
use vt_publication::registers::register_of;
use vt_publication::reservation::{FORMAAT, Previous, Reservation, SnapshotPolicy, reserve};
use vt_vault::ReservationKey;

use super::{Order, PublishingError};
use crate::app::App;
use crate::journal::Journal;
use crate::proof::attacked;

/// Reserves a protected issue and gives the reservation that stands, to be finished: ours, or one that somebody made meanwhile.
///
/// # Errors
/// [`PublishingError`]; nothing is reserved then.
pub async fn reserve_rounded(
    app: &App,
    order: &Order,
    protection: Protection,
    history: &History,
    journal: &mut Journal,
) -> Result<Reservation, PublishingError> {
    let made = Made {
        period: order.input.period,
        issue: order.issue,
        sources: Sources::from(&order.input),
        register: &order.register,
        protection,
        at: instant(app, history),
    };
    reserve_made(app, made, journal).await
}

/// Sums a period from its published parts and reserves the sum; gives the reservation that stands, to be finished.
///
/// # Errors
/// [`PublishingError`] when a part is missing or the sum is not certified; nothing is reserved then.
pub async fn reserve_sum(
    app: &App,
    period: Period,
    history: &Arc<History>,
    journal: &mut Journal,
) -> Result<Reservation, PublishingError> {
    journal.begin(StepName::Gate);
    let issue = history.next_issue(period);
    let no_sum = || PublicationError::Reservation { period, issue, rule: "it is not the sum of other periods".into() };
    let Way::Summed(parts) = history.way(period)? else { return Err(no_sum().into()) };
    let version = register_version(history.first(period), &parts).ok_or_else(no_sum)?;
    let register = register_of(&app.vault, version, &app.register).await?;
    let sources = Sources::of_parts(period, &parts)?;
    journal.begin(StepName::Protect);
    let protection = sum_parts(period, issue, &parts)?;
    let (limits, known) = (app.attack.clone(), Arc::clone(history));
    let named: Vec<ReservationKey> = parts.iter().map(|part| part.key()).collect();
    let work = tokio::task::spawn_blocking(move || {
        let of_parts = named.iter().flat_map(|part| known.below(part.period, part.issue + 1));
        let others: Vec<&Reservation> = known.below(period, issue).chain(of_parts).collect();
        attacked(period, issue, protection, None, &others, &limits)
    });
    // Unwrap safety: fails only when the task panicked, which is an error in this program.
    let protection = work.await.expect("attacking does not panic")?;
    let made = Made { period, issue, sources, register: &register, protection, at: instant(app, history) };
    reserve_made(app, made, journal).await
}

/// A protected issue and what it rests on.
struct Made<'a> {
    period: Period,
    issue: u32,
    sources: Sources,
    register: &'a Register,
    protection: Protection,
    at: DateTime<Utc>,
}

/// The instant of publication: now, or that of the newest issue when the clock was set back since.
fn instant(app: &App, history: &History) -> DateTime<Utc> {
    let now = app.clock.now();
    match history.latest_instant() {
        Some(latest) if latest > now => {
            tracing::warn!(%latest, "the clock stands before the newest issue: the next one bears the same instant");
            latest
        }
        _ => now,
    }
}

async fn reserve_made(app: &App, made: Made<'_>, journal: &mut Journal) -> Result<Reservation, PublishingError> {
    // The last moment at which an instance that lost its lease can leave the issue to the one that has it.
    if app.stop.is_cancelled() || !app.still_holds().await? {
        return Err(PublishingError::Stopped);
    }
    journal.begin(StepName::Reserve);
    let register = made.register;
    let reservation = reservation(app, made).await?;
    app.vault.keep_code_lists(&app.codes).await?;
    let standing = reserve(&app.vault, reservation, register).await?.into_reservation();
    let _ = app.ledger.record_reservation(standing.periode, standing.uitgave, app.clock.now()).await?;
    Ok(standing)
}

/// All that decides the bytes of an issue.
async fn reservation(app: &App, made: Made<'_>) -> Result<Reservation, PublishingError> {
    let Made { period, issue, sources, register, protection, at } = made;
    Ok(Reservation {
        formaat: FORMAAT,
        cadans: period.kind(),
        periode: period,
        uitgave: issue,
        gepubliceerd_op: at,
        peildatum: sources.peildatum,
        invoer: sources.invoer,
        invoer_eerder: sources.invoer_eerder,
        invoer_digest: sources.digest,
        register: register.version().to_owned(),
        codelijsten: app.codes.version().to_owned(),
        beleid: SnapshotPolicy {
            // Of a sum, that of its parts.
            disclosure: protection.record.policy().clone(),
            publication: app.policy.publication.clone(),
        },
        software: App::software(),
        dekking: sources.dekking,
        vergelijking: find_bases(app.published.as_ref(), period).await?,
        vorige: previous(app.published.as_ref(), period, issue).await?,
        leeg: sources.leeg,
        sleutel_kenmerk: protection.record.key_fingerprint().to_owned(),
        geheugen: protection.record,
        bewijs: protection.audit,
    })
}

/// The newest published issue below this one, as the manifest names it.
async fn previous(
    published: &dyn ObjectStore,
    periode: Period,
    issue: u32,
) -> Result<Option<Previous>, PublishingError> {
    for uitgave in (1..issue).rev() {
        let pad = Issue { periode, uitgave }.manifest();
        if let Some(bytes) = store::read(published, &pad).await? {
            return Ok(Some(Previous { pad, sha256: store::sha256(&bytes) }));
        }
    }
    Ok(None)
}
