//! The way of the data, top to bottom: `pull` brings a region's month in, `publish` brings a period out (DESIGN §5).
//!
//! Each step takes the former step's type; nothing runs backwards. Every step may be repeated after a crash at any point:
//! the private store says what was judged and reserved, the published store says what was published.

mod pull;
mod reserve;

use std::sync::Arc;

use vt_disclosure::{CellTable, ProtectError, Protection};
use vt_domain::period::Period;
use vt_domain::register::Register;
use vt_ledger::{LedgerError, StepName};
use vt_publication::PublicationError;
use vt_publication::audit::Seen;
use vt_publication::cells::layout_over;
use vt_publication::engine::Engine;
use vt_publication::gate::{PeriodInput, countable};
use vt_publication::history::History;
use vt_publication::indicators::{BaseError, load_bases};
use vt_publication::keys::MasterKey;
use vt_publication::publish::{PublishError, PublishedSnapshot, store};
use vt_publication::registers::{code_lists_of, register_of};
use vt_publication::render::{RenderError, render};
use vt_publication::reservation::Reservation;
use vt_vault::{DeliveryRecord, VaultError};

pub use self::pull::{PullError, Pulled, compare, judged, parsed, pull, take_in};
pub use self::reserve::{reserve_rounded, reserve_sum};
use crate::app::App;
use crate::journal::Journal;
use crate::keys::MissingKey;
use crate::proof::attacked;

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
    let codes = code_lists_of(&app.vault, &reservation.codelijsten, &app.codes).await?;
    let draft = render(reservation, &register, &codes, &bases)?;

    journal.begin(StepName::Publish);
    let published = vt_publication::publish::publish(app.published.as_ref(), &draft, app.signer()?, &()).await?;
    let issue = published.issue;
    let _ = app.ledger.record_publication(issue.periode, issue.uitgave, app.clock.now(), &published.sha256).await?;
    Ok(published)
}
