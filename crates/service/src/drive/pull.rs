//! The first half of the way: a region's month is listed, fetched, parsed, validated and kept.

use vt_domain::delivery::DeliveryEntry;
use vt_domain::finding::Finding;
use vt_intake::fetch::FetchError;
use vt_intake::keep::keep;
use vt_intake::parse::{ParseLimits, ParsedDelivery, parse};
use vt_intake::validate::{DeliveryOutcome, IdHasher, ValidationContext, changed_under_known_number, validate};
use vt_intake::{IntakeError, RawDelivery};
use vt_ledger::{LedgerError, StepName};
use vt_vault::{DeliveryRecord, Vault, VaultError};

use crate::app::App;
use crate::due::PullOrder;
use crate::journal::Journal;
use crate::keys::MissingKey;

/// What came of one delivery in a listing.
#[derive(Debug)]
pub enum Pulled {
    /// Judged before, and listed unchanged: not fetched again.
    Known(Box<DeliveryRecord>),
    /// Judged now.
    Judged(Box<DeliveryRecord>),
    /// A number that was judged before is listed with other bytes: the first verdict stands, the change is a `fout`.
    Changed(Box<DeliveryRecord>, Box<Finding>),
}

/// Why a pull stopped.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The configuration has no source for the region.
    #[error("{0}: no source in regions.toml")]
    NoSource(String),
    /// The region did not deliver as agreed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Our own side failed.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No key.
    #[error(transparent)]
    Key(#[from] MissingKey),
    /// A signal asked to stop; what was judged stays judged.
    #[error("stopped at a safe point")]
    Stopped,
}

/// Brings one region's month in. `history`: the region's accepted deliveries so far, grows by those accepted now.
/// `pulled`: what came of each delivery, also of those before an error.
///
/// # Errors
/// [`PullError`]; what was judged before the error stays judged.
pub async fn pull(
    app: &App,
    order: &PullOrder,
    history: &mut Vec<DeliveryRecord>,
    journal: &mut Journal,
    pulled: &mut Vec<Pulled>,
) -> Result<(), PullError> {
    let source = app.source(&order.vt).ok_or_else(|| PullError::NoSource(order.vt.clone()))?;
    journal.begin(StepName::Fetch);
    let mut listing = unless_stopped(app, app.fetcher.list(source, order.maand)).await??;
    listing.leveringen.sort_by_key(|entry| entry.kop.levering_nr);
    let mut failed = None;
    for entry in listing.leveringen {
        let id = RawDelivery::new(&order.vt, order.maand, entry.clone()).id;
        if let Some(known) = app.vault.delivery(&id).await? {
            pulled.push(compare(app, known, &entry));
            continue;
        }
        stop_here(app)?;
        match judge(app, order, &entry, history, journal).await {
            Ok(record) => {
                history.extend(record.accepted().then(|| record.clone()));
                pulled.push(Pulled::Judged(Box::new(record)));
            }
            Err(error) => {
                // Nothing unscanned stays behind, whatever stopped it.
                app.vault.clear_quarantine(&id).await?;
                match error {
                    // One that can't be fetched keeps the region's other numbers from nothing; the first error is reported.
                    PullError::Fetch(error) => failed = failed.or(Some(PullError::Fetch(error))),
                    error => return Err(error),
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// A delivery that was judged before: unchanged, or with other bytes under its number.
pub fn compare(app: &App, known: DeliveryRecord, entry: &DeliveryEntry) -> Pulled {
    let today = app.clock.today();
    let changed = changed_under_known_number(&known, entry, &app.catalogue, &app.exceptions, today);
    let known = Box::new(known);
    match changed {
        Some(finding) => Pulled::Changed(known, Box::new(finding)),
        None => Pulled::Known(known),
    }
}

async fn judge(
    app: &App,
    order: &PullOrder,
    entry: &DeliveryEntry,
    history: &[DeliveryRecord],
    journal: &mut Journal,
) -> Result<DeliveryRecord, PullError> {
    // Unwrap safety: `pull` found the source of this order.
    let source = app.source(&order.vt).unwrap();
    journal.begin(StepName::Fetch);
    let raw: RawDelivery = unless_stopped(app, app.fetcher.fetch(source, order.maand, entry, &app.vault)).await??;
    let parsed = parsed(app, &app.vault, raw, journal).await?;
    keep_judged(app, parsed, history, journal).await
}

/// Takes in a delivery whose files lie in the quarantine already; as [`pull`] does once it has fetched them.
///
/// # Errors
/// [`PullError`]; nothing unscanned stays behind.
pub async fn take_in(
    app: &App,
    parsed: ParsedDelivery,
    history: &[DeliveryRecord],
    journal: &mut Journal,
) -> Result<DeliveryRecord, PullError> {
    let id = parsed.id().clone();
    let kept = keep_judged(app, parsed, history, journal).await;
    if kept.is_err() {
        app.vault.clear_quarantine(&id).await?;
    }
    kept
}

/// Makes a delivery in the quarantine of `vault` ready to be read.
///
/// # Errors
/// [`PullError`].
pub async fn parsed(
    app: &App,
    vault: &Vault,
    raw: RawDelivery,
    journal: &mut Journal,
) -> Result<ParsedDelivery, PullError> {
    stop_here(app)?;
    journal.begin(StepName::Parse);
    Ok(parse(vault, raw, &limits(app)).await?)
}

fn limits(app: &App) -> ParseLimits {
    ParseLimits { max_decompressed_bytes: app.pull.max_decompressed_mib << 20, ..ParseLimits::default() }
}

/// Judges a delivery; keeps nothing yet.
///
/// # Errors
/// [`PullError`].
pub async fn judged(
    app: &App,
    parsed: ParsedDelivery,
    history: &[DeliveryRecord],
    journal: &mut Journal,
) -> Result<DeliveryOutcome, PullError> {
    journal.begin(StepName::Validate);
    let (id, hasher) = (parsed.id().clone(), IdHasher::new(app.id_key()?));
    let context = ValidationContext {
        asked_vt: &id.vt,
        asked_month: id.maand,
        register: &app.register,
        codes: &app.codes,
        catalogue: &app.catalogue,
        exceptions: &app.exceptions,
        history,
        hasher: &hasher,
        today: app.clock.today(),
        limits: &limits(app),
        threads: app.pull.threads_per_delivery,
    };
    Ok(validate(&app.vault, parsed, &context).await?)
}

async fn keep_judged(
    app: &App,
    parsed: ParsedDelivery,
    history: &[DeliveryRecord],
    journal: &mut Journal,
) -> Result<DeliveryRecord, PullError> {
    let outcome = judged(app, parsed, history, journal).await?;
    journal.begin(StepName::Keep);
    Ok(keep(&app.vault, outcome, app.clock.now()).await?)
}

/// Waits for a region, but not when told to stop: one that drips would hold that up for as long as it likes.
async fn unless_stopped<T>(app: &App, work: impl Future<Output = T>) -> Result<T, PullError> {
    tokio::select! {
        biased;
        () = app.stop.cancelled() => Err(PullError::Stopped),
        done = work => Ok(done),
    }
}

fn stop_here(app: &App) -> Result<(), PullError> {
    if app.stop.is_cancelled() { Err(PullError::Stopped) } else { Ok(()) }
}
