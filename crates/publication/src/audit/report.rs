//! The whole audit of a store, as the command gives it.

use std::collections::BTreeSet;
use std::time::Duration;

use object_store::ObjectStore;
use serde::Serialize;
use vt_disclosure::attack::store::{InsiderFigures, MeasureAttack, Profile};
use vt_domain::Period;
use vt_vault::Vault;

use super::attack::{Depth, FamilyReport, attack};
use super::private::{PrivateReport, profiles};
use super::read::{AuditError, Published, read};
use super::scope::Scope;
use super::{memory, verdict};
use crate::error::PublicationError;
use crate::verify::{Scope as VerifyScope, verify_scope};

/// What is asked.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// How thorough the outsider's attack is.
    pub depth: Depth,
    /// Insiders whose attack is reported too; needs the private store.
    pub insiders: Vec<Profile>,
    /// Only the period, with all that ties its counts: see [`Scope`].
    pub period: Option<Period>,
}

/// News of an audit under way.
#[derive(Debug)]
pub enum AuditNews<'a> {
    /// The files were verified: so many snapshots.
    Verified(usize),
    /// The outsider's attack on one measure of a family is done.
    Attacked(&'a MeasureAttack),
    /// Reservations were certified: so many.
    Certified(usize),
    /// An insider's attack on one measure of a family is done.
    Insider(&'a InsiderFigures),
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AuditReport {
    /// Whether the store is safe: files in order, every target of the outsider proven and, with the private store, all
    /// certified. Insiders' figures are no part of it.
    pub safe: bool,
    /// Why it is not, in a few words each; empty when it is.
    pub reasons: Vec<String>,
    /// Snapshots verified.
    pub snapshots: usize,
    /// What is wrong with the files; the attack takes it that forms of a table are equal and indicators follow from counts.
    pub files: Vec<String>,
    /// Why nothing was attacked: files that cannot be read, or issues that do not fit together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_attacked: Option<String>,
    /// The outsider's attack.
    pub outsider: FamilyReport,
    /// What the private store says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<PrivateReport>,
    /// What insiders find.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub insiders: Vec<InsiderFigures>,
    /// How long it took.
    pub seconds: AuditSeconds,
}

/// How long the parts of an audit took, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct AuditSeconds {
    /// Verifying files.
    pub verify: f64,
    /// Reading what a reader has.
    pub read: f64,
    /// The outsider's attack.
    pub attack: f64,
    /// Certifying.
    pub certify: f64,
    /// The insiders' attacks.
    pub insiders: f64,
}

/// Why there is no audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditFailure {
    /// The published store cannot be audited.
    #[error(transparent)]
    Published(#[from] AuditError),
    /// The published store failed.
    #[error(transparent)]
    Store(#[from] crate::publish::store::StoreError),
    /// The private store failed.
    #[error(transparent)]
    Private(#[from] PublicationError),
    /// A region is asked for that is none of those audited.
    #[error("there is no region {region} in what is audited; there are {known}")]
    NoRegion {
        /// Its code.
        region: String,
        /// Codes of those that there are.
        known: String,
    },
}

/// Audits a store; `elapsed` is the caller's clock, `stop` ends it early and leaves the rest unchecked.
///
/// # Errors
/// [`AuditFailure`]; what is wrong with the content but leaves it readable is in the report.
pub async fn audit_store(
    store: &dyn ObjectStore,
    vault: Option<&Vault>,
    options: &AuditOptions,
    elapsed: &dyn Fn() -> Duration,
    said: &mut dyn FnMut(AuditNews<'_>),
    stop: &dyn Fn() -> bool,
) -> Result<AuditReport, AuditFailure> {
    let mut watch = Watch { elapsed, before: elapsed() };
    let scope = match options.period {
        Some(period) => Some(Scope::of(store, period).await?),
        None => None,
    };
    let verified = verify_scope(
        store,
        &VerifyScope { periods: scope.as_ref().map(|scope| scope.periods().clone()), ..VerifyScope::default() },
    )
    .await?;
    let mut report = AuditReport { snapshots: verified.snapshots.len(), ..AuditReport::default() };
    report.files = verified.findings.iter().map(ToString::to_string).collect();
    if verified.omitted > 0 {
        report.files.push(format!("and {} more", verified.omitted));
    }
    said(AuditNews::Verified(report.snapshots));
    report.seconds.verify = watch.lap();
    let published = report.unless_unfit(read(store).await)?;
    report.seconds.read = watch.lap();
    if let Some(published) = &published {
        check_regions(published, scope.as_ref(), &options.insiders)?;
        let mut attacked = |found: &MeasureAttack| said(AuditNews::Attacked(found));
        let outsider = attack(published, options.depth, scope.as_ref(), &mut attacked, stop);
        report.outsider = report.unless_unfit(outsider)?.unwrap_or_default();
    }
    report.seconds.attack = watch.lap();
    if let Some(vault) = vault {
        let none = Published::default();
        let (certified, records) = memory::certify(vault, store, published.as_ref().unwrap_or(&none)).await?;
        said(AuditNews::Certified(certified.reservations));
        report.private = Some(certified);
        report.seconds.certify = watch.lap();
        if let (Some(records), Some(published)) = (records, published.filter(|_| report.not_attacked.is_none())) {
            let mut insider = |found: &InsiderFigures| said(AuditNews::Insider(found));
            let published = scope.as_ref().map_or(Ok(published.clone()), |scope| scope.narrow(&published))?;
            match profiles(&published, &records, &options.insiders, None, &mut insider, stop) {
                Ok(figures) => report.insiders = figures,
                Err(AuditError::Store(error)) => return Err(error.into()),
                Err(error) => report.private.iter_mut().for_each(|own| own.findings.push(error.to_string())),
            }
        }
        report.seconds.insiders = watch.lap();
    }
    report.reasons = verdict::reasons(&report, options.period);
    report.safe = report.reasons.is_empty();
    Ok(report)
}

impl AuditReport {
    /// What can be read is attacked; what cannot is in the report, so that what was found before is not lost.
    fn unless_unfit<T>(&mut self, outcome: Result<T, AuditError>) -> Result<Option<T>, AuditFailure> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(AuditError::Store(error)) => Err(error.into()),
            Err(error) => {
                self.not_attacked = Some(error.to_string());
                Ok(None)
            }
        }
    }
}

/// Every region whose attack is asked for is one of those that are audited: the figures of another would say nothing.
fn check_regions(published: &Published, scope: Option<&Scope>, insiders: &[Profile]) -> Result<(), AuditFailure> {
    let audited = published.issues.iter().filter(|issue| scope.is_none_or(|scope| scope.has(&issue.name)));
    let areas = audited.flat_map(|issue| &issue.geography.areas).filter(|area| area.kind == "VT");
    let known: BTreeSet<&str> = areas.map(|area| area.code.as_str()).collect();
    // A store without a snapshot has no regions, and is not safe for that reason.
    let unknown = insiders.iter().find_map(|insider| match insider {
        Profile::Region(region) if !known.is_empty() && !known.contains(region.as_str()) => Some(region),
        _ => None,
    });
    match unknown {
        Some(region) => Err(AuditFailure::NoRegion {
            region: region.clone(),
            known: known.into_iter().collect::<Vec<_>>().join(", "),
        }),
        None => Ok(()),
    }
}

struct Watch<'a> {
    elapsed: &'a dyn Fn() -> Duration,
    before: Duration,
}

impl Watch<'_> {
    fn lap(&mut self) -> f64 {
        let now = (self.elapsed)();
        let lap = now.saturating_sub(self.before);
        self.before = now;
        lap.as_secs_f64()
    }
}
