//! Exceptions to a check for one region: with an owner, a reason and an end.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vt_domain::finding::Severity;

use super::catalogue::Catalogue;
use super::check::Check;

/// An exception to one check for one region, from the configuration. While it lasts, a `fout` is a `waarschuwing` and a
/// `waarschuwing` a `signaal`; it is reported all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckException {
    /// The region, such as `VT07`.
    pub regio: String,
    /// Id of the check, such as `R013`.
    pub controle: String,
    /// Who answers for it.
    pub eigenaar: String,
    /// Why, in Dutch: the region reads it.
    pub reden: String,
    /// The last day on which it counts.
    pub tot_en_met: NaiveDate,
}

/// What is wrong with an exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("exception to `{controle}` for {regio}: {rule}")]
pub struct ExceptionError {
    regio: String,
    controle: String,
    rule: &'static str,
}

impl CheckException {
    /// Checks an exception when the configuration is read.
    ///
    /// # Errors
    /// The check is unknown or allows no exception; owner or reason is empty.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), ExceptionError> {
        let error = |rule| Err(ExceptionError { regio: self.regio.clone(), controle: self.controle.clone(), rule });
        match catalogue.check(&self.controle) {
            None => error("there is no such check"),
            Some(spec) if !spec.uitzondering => error("this check allows no exception"),
            Some(_) if self.eigenaar.trim().is_empty() => error("`eigenaar` must be filled"),
            Some(_) if self.reden.trim().is_empty() => error("`reden` must be filled"),
            Some(_) => Ok(()),
        }
    }
}

/// The severities that hold for one region on one day.
#[derive(Debug, Clone)]
pub(crate) struct Severities {
    severities: Vec<Severity>,
    exceptions: Vec<Option<CheckException>>,
}

impl Severities {
    pub(crate) fn of(catalogue: &Catalogue, exceptions: &[CheckException], vt: &str, today: NaiveDate) -> Self {
        let mut severities: Vec<Severity> = catalogue.iter().map(|spec| spec.severity).collect();
        let mut in_force = vec![None; severities.len()];
        for exception in exceptions.iter().filter(|exception| exception.regio == vt && today <= exception.tot_en_met) {
            let Some(spec) = catalogue.check(&exception.controle).filter(|spec| spec.uitzondering) else { continue };
            severities[spec.check.index()] = lowered(spec.severity);
            in_force[spec.check.index()] = Some(exception.clone());
        }
        Self { severities, exceptions: in_force }
    }

    pub(crate) fn severity(&self, check: Check) -> Severity {
        self.severities[check.index()]
    }

    pub(crate) fn is_fout(&self, check: Check) -> bool {
        self.severity(check) == Severity::Fout
    }

    pub(crate) fn exception(&self, check: Check) -> Option<&CheckException> {
        self.exceptions[check.index()].as_ref()
    }
}

fn lowered(severity: Severity) -> Severity {
    if severity == Severity::Fout { Severity::Waarschuwing } else { Severity::Signaal }
}
