//! Errata and retractions: signed records beside the snapshots (DESIGN §5). The snapshot's own files stay as they are.
//!
//! A record is kept in the private store first, so that what a crash left half published is finished and never given up. Each names
//! the one before it with its digest, so that none can be taken away unseen but the last.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::ObjectStore;
use vt_domain::snapshot::{ERRATUM_FORMAAT, Erratum, ErratumKind, Issue, PreviousIssue, TextRefused, check_text};
use vt_vault::{Vault, VaultError};

use crate::historie;
use crate::publish::store::{self, StoreError};
use crate::publish::{PublishError, create, is_published, rebuild_latest, write_signature};
use crate::render::FormError;
use crate::shelf::{Shelved, errata};
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
    /// What the private store kept is no erratum.
    #[error("private store, errata/{0}.json: it is not an erratum of that number; restore it from a backup")]
    Damaged(u32),
    /// The private store failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
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

/// Keeps the record in the private store, then publishes it: signature, record, for a retraction its row in the history, `latest.json`.
/// Said again in the same words of the same issue, it changes nothing and gives the record that stands.
///
/// # Errors
/// [`ErratumError`] names the rule; repeating goes on where it stopped.
pub async fn add(
    vault: &Vault,
    store: &dyn ObjectStore,
    signer: &Signer,
    new: &NewErratum,
) -> Result<Erratum, ErratumError> {
    check_text(&new.text)?;
    if !is_published(store, new.issue).await? {
        return Err(ErratumError::NotPublished(new.issue));
    }
    for _ in 0..ATTEMPTS {
        let kept = publish_kept(vault, store, signer).await?;
        let standing = errata(store).await?;
        if let Some(found) = said_before(&standing, new)? {
            complete(store, &found).await?;
            return Ok(found);
        }
        let erratum = record(new, &standing, kept)?;
        if vault.keep_erratum(erratum.nummer, erratum.to_bytes().into()).await? {
            write(store, signer, &erratum).await?;
            return Ok(erratum);
        }
    }
    Err(ErratumError::Busy)
}

/// Publishes what was kept and a crash left unpublished; gives the highest number kept, 0 when there is none.
///
/// # Errors
/// [`ErratumError`] when a store fails, or another record stands under a number.
pub async fn publish_kept(vault: &Vault, store: &dyn ObjectStore, signer: &Signer) -> Result<u32, ErratumError> {
    let mut last = 0;
    for (number, bytes) in vault.errata().await? {
        last = number;
        if store::read(store, &Erratum::path_of(number)).await?.as_ref() == Some(&bytes) {
            continue;
        }
        let kept = serde_json::from_slice::<Erratum>(&bytes).ok().filter(|kept| kept.nummer == number);
        write(store, signer, &kept.ok_or(ErratumError::Damaged(number))?).await?;
    }
    Ok(last)
}

/// The same, said before; another retraction of a retracted issue is refused.
fn said_before(standing: &BTreeMap<u32, Shelved<Erratum>>, new: &NewErratum) -> Result<Option<Erratum>, ErratumError> {
    for found in standing.values().map(|found| &found.content).filter(|found| found.issue() == new.issue) {
        if found.soort == new.kind && found.tekst == new.text {
            return Ok(Some(found.clone()));
        }
        if found.retracts() && new.kind == ErratumKind::Intrekking {
            return Err(ErratumError::Retracted { issue: new.issue, path: found.path() });
        }
    }
    Ok(None)
}

/// The record after those that stand; `kept` is the highest number in the private store.
fn record(new: &NewErratum, standing: &BTreeMap<u32, Shelved<Erratum>>, kept: u32) -> Result<Erratum, FormError> {
    let Issue { periode, uitgave } = new.issue;
    let before = standing.last_key_value();
    let mut erratum = Erratum {
        formaat: ERRATUM_FORMAAT,
        nummer: before.map_or(0, |(number, _)| *number).max(kept) + 1,
        soort: new.kind,
        periode,
        uitgave,
        tekst: new.text.clone(),
        vorige: before
            .map(|(number, found)| PreviousIssue { pad: Erratum::path_of(*number), sha256: found.sha256.clone() }),
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
