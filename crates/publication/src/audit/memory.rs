//! The disclosure memory under audit: what in it is damaged or lost is a finding, and does not end the audit.

use std::collections::BTreeSet;

use object_store::ObjectStore;
use vt_disclosure::Fit;
use vt_domain::PeriodKind;
use vt_vault::{Vault, VaultError};

use super::private::{PrivateReport, Records, private};
use super::read::Published;
use crate::error::PublicationError;
use crate::reservation::reservation;

/// Certifies what is reserved, with the records when all of them can be read.
///
/// # Errors
/// [`PublicationError`] when a store fails.
pub(super) async fn certify(
    vault: &Vault,
    store: &dyn ObjectStore,
    published: &Published,
) -> Result<(PrivateReport, Option<Records>), PublicationError> {
    let (reservations, findings) = damaged(vault).await?;
    if !findings.is_empty() {
        // Each issue is certified against the others, so that one that is lost leaves nothing to say of them.
        let published = published.issues.len();
        let fit = Fit::default();
        return Ok((PrivateReport { reservations, published, removed: 0, cells: 0, compared: 0, findings, fit }, None));
    }
    let records = Records::read(vault).await?;
    let mut report = private(vault, store, &records, published).await?;
    report.findings.extend(keys(vault, &records).await?);
    Ok((report, Some(records)))
}

/// How many reservations there are, and those that cannot be read.
async fn damaged(vault: &Vault) -> Result<(usize, Vec<String>), PublicationError> {
    let (mut reservations, mut findings) = (0, Vec::new());
    for kind in PeriodKind::ALL {
        for key in vault.reservations(kind).await? {
            reservations += 1;
            let rule = match reservation(vault, key).await {
                Ok(Some(_)) => continue,
                Ok(None) => "it vanished".to_owned(),
                Err(PublicationError::Reservation { rule, .. }) => rule,
                Err(error) => return Err(error),
            };
            findings.push(format!(
                "memory/{kind}/{}/{}.json: {rule}; nothing is certified without it: restore this file from a copy",
                key.period, key.issue
            ));
        }
    }
    Ok((reservations, findings))
}

/// Reservations are made with keys that the history of keys has.
async fn keys(vault: &Vault, records: &Records) -> Result<Vec<String>, PublicationError> {
    let history = match vault.key_history().await {
        Ok(history) => history,
        Err(error @ VaultError::Damaged { .. }) => return Ok(vec![error.to_string()]),
        Err(error) => return Err(error.into()),
    };
    let used: BTreeSet<&str> = records.all().into_iter().map(|record| record.key_fingerprint()).collect();
    if history.entries().is_empty() && !used.is_empty() {
        return Ok(vec![
            "keys/: the history of keys is missing, and there are reservations; restore this folder from a copy"
                .to_owned(),
        ]);
    }
    let unknown = used.into_iter().filter(|fingerprint| history.of(fingerprint).is_none());
    let finding =
        |key| format!("keys/: reservations were made with key {key}, which the history of keys does not have");
    Ok(unknown.map(finding).collect())
}
