//! Errata and retractions: signed records beside the snapshots (DESIGN §5). The snapshot's own files stay as they are.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use vt_domain::snapshot::{ERRATUM_FORMAAT, Erratum, ErratumKind, Issue, TextRefused, check_text};

use crate::historie;
use crate::publish::store::StoreError;
use crate::publish::{PublishError, create, is_published, rebuild_latest, write_signature};
use crate::render::FormError;
use crate::shelf::errata;
use crate::sign::Signer;

/// Numbers that other publishers may take before ours.
const ATTEMPTS: u32 = 32;

/// What an operator wants readers to know of an issue.
#[derive(Debug, Clone)]
pub struct NewErratum {
    /// Erratum or retraction.
    pub kind: ErratumKind,
    /// The issue concerned.
    pub issue: Issue,
    /// The text, in Dutch.
    pub text: String,
    /// When it is published.
    pub at: DateTime<Utc>,
    /// Name and version of the program.
    pub software: String,
}

/// Why an erratum was refused or not written.
#[derive(Debug, thiserror::Error)]
pub enum ErratumError {
    /// The text.
    #[error(transparent)]
    Text(#[from] TextRefused),
    /// There is no such issue.
    #[error("{0} is not published: there is nothing to correct or retract")]
    NotPublished(Issue),
    /// It is retracted already.
    #[error("{issue} is retracted already, by {path}")]
    Retracted {
        /// The issue.
        issue: Issue,
        /// The record that retracts it.
        path: String,
    },
    /// Others took all the numbers tried.
    #[error("no number was free in {ATTEMPTS} attempts; try again")]
    Busy,
    /// The row in the history.
    #[error("the history of the retraction cannot be written: {0}")]
    Form(#[from] FormError),
    /// The published store failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl From<StoreError> for ErratumError {
    fn from(error: StoreError) -> Self {
        Self::Publish(error.into())
    }
}

impl ErratumError {
    /// Whether a rule refuses it, rather than something failing.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Text(_) | Self::NotPublished(_) | Self::Retracted { .. })
    }
}

/// Writes the record: signature, record, for a retraction its row in the history, then `latest.json`. Said again in the same words
/// of the same issue, it changes nothing and gives the record that stands.
///
/// # Errors
/// [`ErratumError`] names the rule; repeating goes on where it stopped.
pub async fn add(store: &dyn ObjectStore, signer: &Signer, new: &NewErratum) -> Result<Erratum, ErratumError> {
    check_text(&new.text)?;
    if !is_published(store, new.issue).await? {
        return Err(ErratumError::NotPublished(new.issue));
    }
    let standing = errata(store).await?;
    let of_issue = standing.values().map(|found| &found.content).filter(|found| found.issue() == new.issue);
    for found in of_issue {
        if found.soort == new.kind && found.tekst == new.text {
            complete(store, found).await?;
            return Ok(found.clone());
        }
        if found.retracts() && new.kind == ErratumKind::Intrekking {
            return Err(ErratumError::Retracted { issue: new.issue, path: found.path() });
        }
    }
    let first = standing.keys().next_back().map_or(1, |last| last + 1);
    for number in first..first + ATTEMPTS {
        let erratum = record(new, number)?;
        match write(store, signer, &erratum).await {
            Ok(()) => return Ok(erratum),
            // Another record took the number, or left its signature there and crashed.
            Err(PublishError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErratumError::Busy)
}

fn record(new: &NewErratum, number: u32) -> Result<Erratum, FormError> {
    let Issue { periode, uitgave } = new.issue;
    let mut erratum = Erratum {
        formaat: ERRATUM_FORMAAT,
        nummer: number,
        soort: new.kind,
        periode,
        uitgave,
        tekst: new.text.clone(),
        historie: None,
        gepubliceerd_op: new.at,
        software: new.software.clone(),
    };
    if erratum.retracts() {
        erratum.historie = Some(historie::of_retraction(&erratum)?.entry);
    }
    Ok(erratum)
}

async fn write(store: &dyn ObjectStore, signer: &Signer, erratum: &Erratum) -> Result<(), PublishError> {
    let bytes = Bytes::from(erratum.to_bytes());
    write_signature(store, signer, &erratum.path(), &bytes).await?;
    create(store, &erratum.path(), bytes).await?;
    complete(store, erratum).await
}

/// Writes what follows from a record.
async fn complete(store: &dyn ObjectStore, erratum: &Erratum) -> Result<(), PublishError> {
    if erratum.retracts() {
        let row = historie::of_retraction(erratum).map_err(|source| PublishError::History { source })?;
        create(store, &row.entry.naam, row.bytes).await?;
    }
    rebuild_latest(store).await?;
    Ok(())
}
