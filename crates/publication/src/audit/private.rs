//! What only the private store can tell: the certificate of everything reserved, and what insiders find.

mod bonds;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use object_store::ObjectStore;
use serde::Serialize;
use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{
    Ask, Exactly, InsiderFigures, Profile, PublishedIssue, Store, Which, profile_figures,
};
use vt_disclosure::{Fit, IssueName, MemoryRecord, certify_all};
use vt_domain::PeriodKind;
use vt_vault::{ReservationKey, Vault};

use self::bonds::{Facts, bonds};
use super::read::{AuditError, Published, name};
use crate::error::PublicationError;
use crate::reservation::{Reservation, check_memory, reservation};

/// Findings beyond this many are counted, not listed.
const MOST_FINDINGS: usize = 50;

/// The disclosure memory of a private store. Secret.
pub struct Records {
    records: Vec<MemoryRecord>,
    /// Of each record, what its reservation holds beside it.
    facts: Vec<Facts>,
}

/// What the private store says of a published one. Holds no counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrivateReport {
    /// Reservations, published or not.
    pub reservations: usize,
    /// Of these, published.
    pub published: usize,
    /// Published issues whose reservation was removed after its term: nothing is certified of them.
    pub removed: usize,
    /// Cells that the certificate checked.
    pub cells: usize,
    /// Published values compared with those of their reservations.
    pub compared: usize,
    /// What does not hold: rules and codes of cells, no counts.
    pub findings: Vec<String>,
    /// How near the values are, over all reservations that were rounded.
    pub fit: Fit,
}

impl PrivateReport {
    /// Whether everything is certified and published as reserved.
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Records {
    /// Reads every reservation.
    ///
    /// # Errors
    /// [`PublicationError`] when the private store fails or a reservation is damaged.
    pub async fn read(vault: &Vault) -> Result<Self, PublicationError> {
        let mut all = Vec::new();
        for kind in PeriodKind::ALL {
            for key in vault.reservations(kind).await? {
                let ReservationKey { period, issue } = key;
                let vanished = || PublicationError::Reservation { period, issue, rule: "it vanished".to_owned() };
                all.push(reservation(vault, key).await?.ok_or_else(vanished)?);
            }
        }
        Ok(Self::of(all))
    }

    fn of(reservations: Vec<Reservation>) -> Self {
        let (facts, records) = reservations.into_iter().map(Facts::split).unzip();
        Self { records, facts }
    }

    /// The records, by kind of period, period and issue.
    pub fn all(&self) -> Vec<&MemoryRecord> {
        self.records.iter().collect()
    }
}

/// Certifies every reservation against all others and every published value against its reservation, and checks that the
/// memory is whole and that every reservation is bound by all that must bind it.
///
/// # Errors
/// [`PublicationError`] when a store fails. What is wrong with its content is in the report.
pub async fn private(
    vault: &Vault,
    store: &dyn ObjectStore,
    records: &Records,
    published: &Published,
) -> Result<PrivateReport, PublicationError> {
    let mut report = PrivateReport {
        reservations: records.records.len(),
        published: published.issues.len(),
        removed: 0,
        cells: 0,
        compared: 0,
        findings: Vec::new(),
        fit: Fit::default(),
    };
    let mut findings = Findings::default();
    match check_memory(vault, store, None).await {
        Ok(_) => {}
        Err(error @ (PublicationError::MemoryLost { .. } | PublicationError::MemoryDamaged { .. })) => {
            findings.add(error.to_string());
        }
        Err(error) => return Err(error),
    }
    let removed = removed(vault).await?;
    for (issue, certificate) in certify_all(&records.records) {
        report.cells += certificate.cells;
        certificate
            .findings
            .into_iter()
            .for_each(|rule| findings.add(format!("{}/{}: {rule}", issue.period, issue.issue)));
    }
    bonds(&records.facts, &records.records, &mut findings);
    let by_name: BTreeMap<IssueName, &MemoryRecord> =
        records.records.iter().map(|record| (record.name(), record)).collect();
    for issue in &published.issues {
        match by_name.get(&issue.name) {
            None if removed.contains(&issue.name) => report.removed += 1,
            Some(record) => report.compared += compare(issue, &PublishedIssue::from_record(record), &mut findings),
            None => findings.add(format!("{}/{}: published, and not reserved", issue.name.period, issue.name.issue)),
        }
    }
    for record in records.records.iter().filter(|record| record.parts().is_empty()) {
        report.fit.add(record);
    }
    report.findings = findings.into_list();
    Ok(report)
}

/// The issues whose reservation was removed after its term.
async fn removed(vault: &Vault) -> Result<BTreeSet<IssueName>, PublicationError> {
    let mut removed = BTreeSet::new();
    for kind in PeriodKind::ALL {
        let keys = vault.removed_reservations(kind).await?.into_iter();
        removed.extend(keys.map(|key| IssueName { period: key.period.to_string(), issue: key.issue }));
    }
    Ok(removed)
}

/// Compares published values with those of the reservation; says how many there are.
fn compare(published: &PublishedIssue, reserved: &PublishedIssue, findings: &mut Findings) -> usize {
    let label = format!("{}/{}", published.name.period, published.name.issue);
    let shape = |issue: &PublishedIssue| {
        (issue.base, issue.bound, issue.geography.clone(), issue.parts.clone(), issue.links.clone())
    };
    if shape(published) != shape(reserved) || published.tables.len() != reserved.tables.len() {
        findings.add(format!("{label}: bound, areas, parts or tables are not those of its reservation"));
        return 0;
    }
    let mut compared = 0;
    for (table, own) in published.tables.iter().zip(&reserved.tables) {
        if table.spec != own.spec {
            findings.add(format!("{label} {}: it is not the table of its reservation", table.spec.name()));
            continue;
        }
        let areas = published.geography.areas_in(table.spec.scope);
        for ((area, row), reserved) in areas.zip(&table.values).zip(&own.values) {
            for ((code, value), reserved) in table.spec.categories.iter().zip(row).zip(reserved) {
                // What is left empty for another reason than a reservation knows is no disclosure.
                let Some(value) = value else { continue };
                compared += 1;
                if *reserved != Some(*value) {
                    let cell = format!("{}/{} in {}", table.spec.name(), code.code, area.code);
                    findings.add(format!("{label} {cell}: the published value is not the reserved one"));
                }
            }
        }
    }
    compared
}

/// What insiders find in the families of all published issues, or of one period.
///
/// # Errors
/// [`AuditError`] when issues do not fit together, or a reservation is missing.
pub fn profiles(
    published: &Published,
    records: &Records,
    wanted: &[Profile],
    only: Option<&str>,
    said: &mut dyn FnMut(&InsiderFigures),
    stop: &dyn Fn() -> bool,
) -> Result<Vec<InsiderFigures>, AuditError> {
    let store = Store::new(published.issues.clone())?;
    let ask = Ask { which: Which::All, exactly: Exactly::Unproven, limits: Limits { nodes: 200, solves: 200 } };
    let known: BTreeSet<IssueName> = published.manifests.keys().map(name).collect();
    let records: Vec<&MemoryRecord> = records.records.iter().filter(|record| known.contains(&record.name())).collect();
    let mut all = Vec::new();
    for family in store.families() {
        if only.is_some_and(|only| family.issues().iter().all(|issue| issue.name.period != only)) {
            continue;
        }
        for profile in wanted {
            for measure in family.measures() {
                let found = profile_figures(family, measure, profile, &records, &ask, stop);
                let found = found.ok_or_else(|| AuditError::Damaged {
                    file: format!("private store, memory of {}", family.name()),
                    rule: format!("the true counts of {measure} do not agree with what is published"),
                })?;
                said(&found);
                all.push(found);
            }
        }
    }
    Ok(all)
}

/// A list that does not grow without end.
#[derive(Default)]
struct Findings {
    listed: Vec<String>,
    more: usize,
}

impl Findings {
    fn add(&mut self, finding: String) {
        if self.listed.len() < MOST_FINDINGS {
            self.listed.push(finding);
        } else {
            self.more += 1;
        }
    }

    fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.listed.push(format!("and {} more", self.more));
        }
        self.listed
    }
}
