//! The whole audit of a store, as the command gives it.

use std::time::Duration;

use object_store::ObjectStore;
use serde::Serialize;
use vt_disclosure::attack::store::{InsiderFigures, MeasureAttack, Profile};
use vt_domain::Period;
use vt_vault::Vault;

use super::attack::{Depth, FamilyReport, attack};
use super::private::{PrivateReport, Records, private, profiles};
use super::read::{AuditError, read};
use crate::error::PublicationError;
use crate::verify::verify;

/// What is asked.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// How thorough the outsider's attack is.
    pub depth: Depth,
    /// Insiders whose attack is reported too; needs the private store.
    pub insiders: Vec<Profile>,
    /// Only the period, with all that ties its counts.
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditReport {
    /// Whether the store is safe: files in order, every target of the outsider proven and, with the private store, all
    /// certified. Insiders' figures are no part of it.
    pub safe: bool,
    /// Snapshots verified.
    pub snapshots: usize,
    /// What is wrong with the files; the attack takes it that forms of a table are equal and indicators follow from counts.
    pub files: Vec<String>,
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
    /// The private store failed or is damaged.
    #[error(transparent)]
    Private(#[from] PublicationError),
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
    let verified = verify(store, options.period).await?;
    let mut files: Vec<String> = verified.findings.iter().map(ToString::to_string).collect();
    if verified.omitted > 0 {
        files.push(format!("and {} more", verified.omitted));
    }
    said(AuditNews::Verified(verified.snapshots.len()));
    let mut seconds = AuditSeconds { verify: watch.lap(), ..AuditSeconds::default() };
    let published = read(store).await?;
    seconds.read = watch.lap();
    let only = options.period.map(|period| period.to_string());
    let outsider =
        attack(&published, options.depth, only.as_deref(), &mut |found| said(AuditNews::Attacked(found)), stop)?;
    seconds.attack = watch.lap();
    let mut report = AuditReport {
        safe: false,
        snapshots: verified.snapshots.len(),
        files,
        outsider,
        private: None,
        insiders: Vec::new(),
        seconds,
    };
    if let Some(vault) = vault {
        let records = Records::read(vault).await?;
        let certified = private(vault, store, &records, &published).await?;
        said(AuditNews::Certified(certified.reservations));
        report.private = Some(certified);
        report.seconds.certify = watch.lap();
        let mut insider = |found: &InsiderFigures| said(AuditNews::Insider(found));
        report.insiders = profiles(&published, &records, &options.insiders, only.as_deref(), &mut insider, stop)?;
        report.seconds.insiders = watch.lap();
    }
    report.safe = report.snapshots > 0
        && report.files.is_empty()
        && report.outsider.passed()
        && report.private.as_ref().is_none_or(PrivateReport::passed);
    Ok(report)
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
