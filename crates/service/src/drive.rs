//! The way of the data, top to bottom: `pull` brings a region's month in, `publish` brings a period out (DESIGN §5).
//!
//! Each step takes the former step's type; nothing runs backwards. Every step may be repeated after a crash at any point:
//! the private store says what was judged and reserved, the published store says what was published.

use std::sync::Arc;

use object_store::ObjectStore;
use vt_disclosure::{CellTable, ProtectError, Protection};
use vt_domain::delivery::DeliveryEntry;
use vt_domain::finding::Finding;
use vt_domain::period::Period;
use vt_domain::register::Register;
use vt_domain::snapshot::Issue;
use vt_intake::fetch::FetchError;
use vt_intake::keep::keep;
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::validate::{IdHasher, ValidationContext, changed_under_known_number, validate};
use vt_intake::{IntakeError, RawDelivery};
use vt_ledger::{LedgerError, StepName};
use vt_publication::PublicationError;
use vt_publication::audit::Seen;
use vt_publication::cells::layout_over;
use vt_publication::engine::Engine;
use vt_publication::gate::{PeriodInput, countable};
use vt_publication::history::{History, Way};
use vt_publication::indicators::{BaseError, find_bases, load_bases};
use vt_publication::keys::MasterKey;
use vt_publication::longer::{Sources, register_version, sum_parts};
use vt_publication::publish::{PublishError, PublishedSnapshot, store};
use vt_publication::registers::register_of;
use vt_publication::render::{RenderError, render};
use vt_publication::reservation::{FORMAAT, Previous, Reservation, SnapshotPolicy, reserve};
use vt_vault::{DeliveryRecord, ReservationKey, VaultError};

use crate::app::App;
use crate::due::PullOrder;
use crate::journal::Journal;
use crate::keys::MissingKey;
use crate::proof::attacked;

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
    let mut listing = app.fetcher.list(source, order.maand).await?;
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
fn compare(app: &App, known: DeliveryRecord, entry: &DeliveryEntry) -> Pulled {
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
    let raw: RawDelivery = app.fetcher.fetch(source, order.maand, entry, &app.vault).await?;
    stop_here(app)?;

    journal.begin(StepName::Parse);
    let limits = ParseLimits { max_decompressed_bytes: app.pull.max_decompressed_mib << 20, ..ParseLimits::default() };
    let parsed = parse(&app.vault, raw, &limits).await?;

    journal.begin(StepName::Validate);
    let hasher = IdHasher::new(app.id_key()?);
    let context = ValidationContext {
        asked_vt: &order.vt,
        asked_month: order.maand,
        register: &app.register,
        codes: &app.codes,
        catalogue: &app.catalogue,
        exceptions: &app.exceptions,
        history,
        hasher: &hasher,
        today: app.clock.today(),
        limits: &limits,
        threads: app.pull.threads_per_delivery,
    };
    let outcome = validate(&app.vault, parsed, &context).await?;

    journal.begin(StepName::Keep);
    Ok(keep(&app.vault, outcome, app.clock.now()).await?)
}

fn stop_here(app: &App) -> Result<(), PullError> {
    if app.stop.is_cancelled() { Err(PullError::Stopped) } else { Ok(()) }
}

/// Why a publication stopped.
#[derive(Debug, thiserror::Error)]
pub enum PublishingError {
    /// Gate, aggregation, summing or reservation failed.
    #[error(transparent)]
    Publication(#[from] PublicationError),
    /// No protected values were found, or they were not certified.
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// The figures to compare with can't be used.
    #[error(transparent)]
    Bases(#[from] BaseError),
    /// The draft could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The draft could not be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The issue before can't be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No key.
    #[error(transparent)]
    Key(#[from] MissingKey),
    /// A signal asked to stop; nothing was reserved.
    #[error("stopped at a safe point")]
    Stopped,
}

/// A period to be rounded: what it is made from, and what its first issue froze.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which deliveries count.
    pub input: PeriodInput,
    /// The number of the issue.
    pub issue: u32,
    /// The key of its first issue.
    pub key: MasterKey,
    /// The register of its first issue.
    pub register: Arc<Register>,
}

/// Decides which deliveries count for the next issue of a period, with the key and the register of its first issue.
///
/// # Errors
/// [`PublishingError`] when these are not at hand.
pub async fn order(
    app: &App,
    records: &[DeliveryRecord],
    history: &History,
    period: Period,
) -> Result<Order, PublishingError> {
    let first = history.first(period);
    let key = first.map_or_else(|| app.key(), |first| app.key_of(&first.sleutel_kenmerk))?.clone();
    let version = first.map_or(app.register.version(), |first| &first.register);
    let register = register_of(&app.vault, version, &app.register).await?.into_owned();
    let input = vt_publication::gate::gate(period, records, &register, app.clock.today());
    let look_back = app.retention.registrations_months;
    let input = countable(&app.vault, input, look_back, history.newest(period)).await?;
    Ok(Order { input, issue: history.next_issue(period), key, register: Arc::new(register) })
}

/// Counts the cells of periods that have one register, in the order of `inputs`: one pass over the registrations for all of them.
///
/// # Errors
/// [`PublishingError`] when registrations can't be read or contradict each other.
pub async fn aggregate(
    app: &App,
    inputs: &[PeriodInput],
    register: &Register,
) -> Result<Vec<CellTable>, PublishingError> {
    let engine = Engine::new(&app.engine, &app.vault)?;
    Ok(vt_publication::aggregate::aggregate(&engine, inputs, register, &app.codes).await?)
}

/// Protects a period's cells, bound by what was reserved before; off the threads that serve requests, for it computes.
///
/// # Errors
/// [`PublishingError::Protect`] when there is no solution within the bounds.
pub async fn protect(
    app: &App,
    order: &Order,
    cells: CellTable,
    history: &Arc<History>,
) -> Result<Protection, PublishingError> {
    let (order, history, policy) = (order.clone(), Arc::clone(history), app.policy.disclosure.clone());
    let limits = app.attack.clone();
    let work = tokio::task::spawn_blocking(move || {
        let Order { input, issue, key, register } = &order;
        let atoms =
            layout_over(register, input.period).atoms.iter().map(|atom| atom.code.to_string()).collect::<Vec<_>>();
        let past = history.past(input, *issue, &atoms, &App::software(), &policy)?;
        // A code that came into the lists since is in no table of the period.
        let cells = match history.first(input.period) {
            Some(first) => cells.with_categories_of(&first.geheugen),
            None => cells,
        };
        let protection = vt_disclosure::protect(cells, &past, &key.disclosure_key(), &policy)?;
        let seen = Seen::new(&App::software(), register.version(), &input.inputs());
        let earlier: Vec<&Reservation> = history.below(input.period, *issue).collect();
        Ok(attacked(input.period, *issue, protection, Some(seen), &earlier, &limits)?)
    });
    // Unwrap safety: fails only when the task panicked, which is an error in this program.
    work.await.expect("protecting does not panic")
}

/// Reserves a protected issue and gives the reservation that stands, to be finished: ours, or one that somebody made meanwhile.
///
/// # Errors
/// [`PublishingError`]; nothing is reserved then.
pub async fn reserve_rounded(
    app: &App,
    order: &Order,
    protection: Protection,
    journal: &mut Journal,
) -> Result<Reservation, PublishingError> {
    let made = Made {
        period: order.input.period,
        issue: order.issue,
        sources: Sources::from(&order.input),
        register: &order.register,
        protection,
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
    let made = Made { period, issue, sources, register: &register, protection };
    reserve_made(app, made, journal).await
}

/// A protected issue and what it rests on.
struct Made<'a> {
    period: Period,
    issue: u32,
    sources: Sources,
    register: &'a Register,
    protection: Protection,
}

async fn reserve_made(app: &App, made: Made<'_>, journal: &mut Journal) -> Result<Reservation, PublishingError> {
    if app.stop.is_cancelled() {
        return Err(PublishingError::Stopped);
    }
    journal.begin(StepName::Reserve);
    let register = made.register;
    let reservation = reservation(app, made).await?;
    let standing = reserve(&app.vault, reservation, register).await?.into_reservation();
    let _ = app.ledger.record_reservation(standing.periode, standing.uitgave, app.clock.now()).await?;
    Ok(standing)
}

/// All that decides the bytes of an issue.
async fn reservation(app: &App, made: Made<'_>) -> Result<Reservation, PublishingError> {
    let Made { period, issue, sources, register, protection } = made;
    Ok(Reservation {
        formaat: FORMAAT,
        cadans: period.kind(),
        periode: period,
        uitgave: issue,
        gepubliceerd_op: app.clock.now(),
        peildatum: sources.peildatum,
        invoer: sources.invoer,
        invoer_eerder: sources.invoer_eerder,
        invoer_digest: sources.digest,
        register: register.version().to_owned(),
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

/// Renders and publishes what a reservation says, and nothing else: also after a crash, by whoever finds it.
///
/// # Errors
/// [`PublishingError`]; repeating goes on where it stopped.
pub async fn finish(
    app: &App,
    reservation: &Reservation,
    journal: &mut Journal,
) -> Result<PublishedSnapshot, PublishingError> {
    journal.begin(StepName::Render);
    let register = register_of(&app.vault, &reservation.register, &app.register).await?;
    let bases = load_bases(app.published.as_ref(), reservation, &app.bases).await?;
    let draft = render(reservation, &register, &app.codes, &bases)?;

    journal.begin(StepName::Publish);
    let published = vt_publication::publish::publish(app.published.as_ref(), &draft, app.signer()?, &()).await?;
    let issue = published.issue;
    let _ = app.ledger.record_publication(issue.periode, issue.uitgave, app.clock.now(), &published.sha256).await?;
    Ok(published)
}
