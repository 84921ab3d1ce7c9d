//! What came of publications, for the ledger and for the operator.

use serde::Serialize;
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;
use vt_ledger::{Fault, LedgerError};
use vt_publication::PublicationError;
use vt_publication::reservation::Reservation;

use super::Work;
use crate::app::App;
use crate::commands::exit_of;
use crate::drive::PublishingError;
use crate::exit::Exit;
use crate::journal::Journal;
use crate::output::{count, table};

/// The class of a fault that says that no protected values were found. It is tried again at the next occasion, or when
/// something is delivered; other faults at every wake.
pub const UNPROTECTED: &str = "protect";

/// What came of one period, for the operator.
#[derive(Debug, Clone, Serialize)]
pub struct PublishResult {
    /// The period.
    pub periode: Period,
    /// The issue, when one was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uitgave: Option<u32>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Fault>,
    /// Whether a rule refused it, rather than something failing.
    #[serde(skip)]
    pub refused: bool,
}

impl Work<'_> {
    /// Records what came of an issue.
    pub(super) async fn note(&mut self, issue: Issue, journal: Journal, outcome: Result<Reservation, PublishingError>) {
        let failure = outcome.as_ref().err().map(fault);
        let steps = match &failure {
            Some(fault) => journal.failed(fault),
            None => journal.done(),
        };
        let mut result = PublishResult {
            periode: issue.periode,
            uitgave: outcome.as_ref().ok().map(|reservation| reservation.uitgave),
            refused: outcome.as_ref().err().is_some_and(is_refusal),
            failure,
        };
        let recorded = async {
            let _ = self.app.ledger.record_steps(self.run, &steps).await?;
            match &result.failure {
                Some(fault) => self.hold_back(issue, fault).await,
                None => Ok(()),
            }
        };
        if let Err(error) = recorded.await {
            result.failure.get_or_insert(Fault::new("ledger", &error.to_string()));
        }
        if let Ok(reservation) = outcome {
            self.app.changes.note();
            self.issues.published(&reservation);
            self.published.insert(reservation.periode);
        }
        self.task.step(&issue.periode.to_string());
        self.results.push(result);
    }

    async fn hold_back(&self, issue: Issue, fault: &Fault) -> Result<(), LedgerError> {
        let ledger = &self.app.ledger;
        tracing::warn!(period = %issue.periode, class = fault.class, "not published: {}", fault.message);
        if fault.class == UNPROTECTED {
            // The record says when it was tried last, also when that was for the same reason.
            let _ = ledger.clear_held_back(issue.periode, issue.uitgave).await?;
        }
        ledger.record_held_back(issue.periode, issue.uitgave, self.app.clock.now(), fault).await.map(drop)
    }
}

fn fault(error: &PublishingError) -> Fault {
    let class = match error {
        PublishingError::Protect(_)
        | PublishingError::Publication(PublicationError::Sum { .. } | PublicationError::Unsafe { .. }) => UNPROTECTED,
        PublishingError::Publication(_) => "publication",
        PublishingError::Bases(_) => "bases",
        PublishingError::Render(_) => "render",
        PublishingError::Publish(_) | PublishingError::Store(_) => "publish",
        PublishingError::Vault(_) => "vault",
        PublishingError::Ledger(_) => "ledger",
        PublishingError::Key(_) => "key",
        PublishingError::Stopped => "stopped",
    };
    Fault::new(class, &error.to_string())
}

fn is_refusal(error: &PublishingError) -> bool {
    match error {
        PublishingError::Protect(_) => true,
        PublishingError::Publication(error) => is_rule(error),
        PublishingError::Key(missing) => missing.exit() == Exit::Refused,
        _ => false,
    }
}

/// Whether a class of faults is of rules that refuse, rather than of something failing.
pub fn is_refused_class(class: &str) -> bool {
    [UNPROTECTED, "publication"].contains(&class)
}

/// Whether a rule of publication refuses, rather than something failing.
pub fn is_rule(error: &PublicationError) -> bool {
    matches!(
        error,
        PublicationError::MemoryLost { .. }
            | PublicationError::Overlap { .. }
            | PublicationError::Moved { .. }
            | PublicationError::Sum { .. }
            | PublicationError::Unsafe { .. }
            | PublicationError::RegisterLost { .. }
            | PublicationError::CodeListsLost { .. }
            | PublicationError::RegistrationsRemoved { .. }
            | PublicationError::MemoryRemoved { .. }
    )
}

/// How a set of publications ended.
pub fn exit(results: &[PublishResult]) -> Exit {
    let failed = results.iter().filter(|result| result.failure.is_some()).count();
    match failed {
        0 => Exit::Done,
        n if n < results.len() => Exit::Partial,
        _ if results.iter().all(|result| result.refused) => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// How a run of publications ended. One that was told to stop, or lost its lease, did not come to its end.
///
/// # Errors
/// When the ledger can't be read.
pub async fn ended(app: &App, outcome: &anyhow::Result<Vec<PublishResult>>) -> Result<Exit, LedgerError> {
    if app.stop.is_cancelled() || !app.still_holds().await? {
        return Ok(Exit::Interrupted);
    }
    Ok(outcome.as_ref().map_or_else(exit_of, |results| exit(results)))
}

/// What publications came to, as text.
pub fn results_text(results: &[PublishResult]) -> String {
    if results.is_empty() {
        return "no period is due\n".into();
    }
    let published = results.iter().filter(|result| result.failure.is_none()).count();
    let rows = results.iter().map(|result| {
        [
            result.periode.to_string(),
            result.uitgave.map_or_else(|| "-".into(), |issue| issue.to_string()),
            result
                .failure
                .as_ref()
                .map_or_else(|| "published".into(), |fault| format!("{}: {}", fault.class, fault.message)),
        ]
    });
    table(["period", "issue", "outcome"], rows) + &format!("\n{} published\n", count(published, "snapshot"))
}
