//! Judges a delivery: header, files, records, and the series it belongs to (DESIGN §4).
//!
//! One reading of each file does everything: the scan for personal numbers, all checks, the counting and the registrations.
//! Nothing of it is in the store before the verdict: registrations are being written to files that do not exist until [`keep`]
//! finishes them.
//!
//! [`keep`]: crate::keep::keep

mod count;
mod file;
mod fingerprints;
mod hasher;
mod judge;
mod outcome;
mod pass;
mod reduce;
mod references;
mod summary;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use vt_domain::Month;
use vt_domain::clock::local_date;
use vt_domain::codes::CodeLists;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryEntry, FileEntry};
use vt_domain::finding::Scope;
use vt_domain::register::Register;
use vt_vault::{DeliveryRecord, Vault};

pub use count::counted;
pub use hasher::{IdHasher, kenmerk};
pub use outcome::{AcceptedDelivery, DeliveryOutcome, RejectedDelivery};

pub(crate) use outcome::Draft;

use crate::checks::gemeente_table::GemeenteTable;
use crate::checks::rules::{RecordRules, Window};
use crate::checks::{Catalogue, Check, CheckException, Found, Severities, levering, reeks};
use crate::error::IntakeError;
use crate::parse::{ParseLimits, ParsedDelivery};
use file::{FileResult, FileValidator};
use judge::FileRules;

/// References to meldingen beyond about so many are looked up as a sample.
const REFERENCES: u64 = 1 << 20;

/// What a delivery is judged against.
#[derive(Debug, Clone, Copy)]
pub struct ValidationContext<'a> {
    /// The region that was asked, such as `VT07`.
    pub asked_vt: &'a str,
    /// The month that was asked for.
    pub asked_month: Month,
    /// Regions and gemeenten.
    pub register: &'a Register,
    /// Code lists of the contract.
    pub codes: &'a CodeLists,
    /// The catalogue of checks.
    pub catalogue: &'a Catalogue,
    /// Exceptions of all regions; those that ended no longer count.
    pub exceptions: &'a [CheckException],
    /// Earlier verdicts; those of other regions are not looked at.
    pub history: &'a [DeliveryRecord],
    /// Hashes ids of records and digests of deliveries.
    pub hasher: &'a IdHasher,
    /// The present day in Europe/Amsterdam.
    pub today: NaiveDate,
    /// Limits of reading.
    pub limits: &'a ParseLimits,
    /// Worker threads for splitting and judging; reading and writing have a thread each besides.
    pub threads: usize,
}

/// Judges a delivery.
///
/// # Errors
/// [`IntakeError`] when the store, a temporary file or a thread fails; whatever is wrong with the delivery is a finding.
pub async fn validate(
    vault: &Vault,
    parsed: ParsedDelivery,
    ctx: &ValidationContext<'_>,
) -> Result<DeliveryOutcome, IntakeError> {
    let parsed = parsed.with_limits(ctx.limits.clone());
    let own_history: Vec<DeliveryRecord> =
        ctx.history.iter().filter(|record| record.kop.vt_code == ctx.asked_vt).cloned().collect();
    let severities = Severities::of(ctx.catalogue, ctx.exceptions, ctx.asked_vt, ctx.today);
    let gemeenten = Arc::new(GemeenteTable::new(ctx.register, ctx.asked_vt, ctx.asked_month));
    let validation = Validation { vault, parsed: &parsed, ctx, history: &own_history, severities, gemeenten };
    Box::pin(validation.run()).await
}

/// Says that a listing shows something else under a number that was judged already. `today`: for exceptions that ended.
pub fn changed_under_known_number(
    record: &DeliveryRecord,
    entry: &DeliveryEntry,
    catalogue: &Catalogue,
    exceptions: &[CheckException],
    today: NaiveDate,
) -> Option<vt_domain::finding::Finding> {
    let found = levering::changed(record, entry)?;
    let severities = Severities::of(catalogue, exceptions, &record.kop.vt_code, today);
    crate::report::render(&[found], catalogue, &severities).first().map(crate::report::Bevinding::finding)
}

struct Validation<'a> {
    vault: &'a Vault,
    parsed: &'a ParsedDelivery,
    ctx: &'a ValidationContext<'a>,
    history: &'a [DeliveryRecord],
    severities: Severities,
    gemeenten: Arc<GemeenteTable>,
}

type Files = BTreeMap<RecordType, FileResult>;

impl Validation<'_> {
    async fn run(self) -> Result<DeliveryOutcome, IntakeError> {
        let entry = self.parsed.entry();
        let id = self.parsed.id();
        let asked = levering::Asked { id, register: self.ctx.register, today: self.ctx.today };
        let mut found = levering::check(entry, &asked, self.history);
        let mut files = Files::new();
        if levering::readable(&found) {
            for record in RecordType::ALL {
                let Some(file) = entry.bestanden.iter().find(|file| file.recordsoort == record) else { continue };
                let result = Box::pin(self.file(file)).await?;
                found.extend(self.of_file(file, &result));
                files.insert(record, result);
            }
        }
        let personal: Vec<Found> = found.iter().filter(|found| is_personal(found.check)).cloned().collect();
        if !personal.is_empty() {
            // Of such a delivery only digest and finding are kept: no counts, no other findings.
            let draft = self.draft(&personal, &[], None);
            return Ok(DeliveryOutcome::rejected(draft, files));
        }
        let summary = summary::make(&files, self.parsed);
        let whole_files = files.len() == RecordType::ALL.len()
            && !found.iter().any(|found| found.check.scope() == Scope::Bestand && self.is_fout(found));
        if whole_files {
            found.extend(self.references(&files).await?);
            let current = reeks::Current { kop: &entry.kop, summary: &summary };
            found.extend(reeks::check(&current, self.history, self.ctx.catalogue));
        }
        let rejected = found.iter().any(|found| self.rejects(found));
        let draft = self.draft(&found, &summary::counts(&files), (!files.is_empty()).then_some(&files));
        if rejected || !whole_files {
            return Ok(DeliveryOutcome::rejected(draft, files));
        }
        Ok(DeliveryOutcome::accepted(draft, summary, files))
    }

    fn is_fout(&self, found: &Found) -> bool {
        self.severities.is_fout(found.check)
    }

    fn rejects(&self, found: &Found) -> bool {
        self.is_fout(found) && found.check.scope() != Scope::Record
    }

    async fn file(&self, file: &FileEntry) -> Result<FileResult, IntakeError> {
        let validator = FileValidator {
            vault: self.vault,
            parsed: self.parsed,
            threads: self.ctx.threads,
            tolerance: self.ctx.catalogue.spec(Check::Tolerantie).threshold(),
        };
        validator.validate(file, self.rules(file.recordsoort)).await
    }

    fn rules(&self, record: RecordType) -> FileRules {
        let kop = &self.parsed.entry().kop;
        let window = Window {
            month: self.ctx.asked_month,
            tot_en_met: kop.tot_en_met,
            made_on: local_date(kop.aangemaakt_op),
            likely_years: self.ctx.catalogue.spec(Check::OudeDatum).threshold(),
        };
        let most = self.parsed.entry().bestanden.iter().map(|file| file.records).max().unwrap_or(0);
        let (ctx, vt) = (self.ctx, self.ctx.asked_vt);
        FileRules {
            rules: Arc::new(RecordRules::new(
                record,
                ctx.codes,
                Arc::clone(&self.gemeenten),
                window,
                self.severities.clone(),
            )),
            ids: ctx.hasher.ids(vt, record),
            melding_ids: ctx.hasher.ids(vt, RecordType::Melding),
            repeated: Arc::default(),
            sample: most / REFERENCES + 1,
        }
    }

    /// Everything that was found in one file.
    fn of_file(&self, file: &FileEntry, result: &FileResult) -> Vec<Found> {
        let (record, tally) = (file.recordsoort, &result.tally);
        let field_name = |place: u8| record.fields().get(usize::from(place)).map(|field| field.name);
        let limit = self.parsed.limits().max_line_bytes;
        let threshold =
            |check| self.ctx.catalogue.spec(check).drempel.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut found: Vec<Found> = result.faults.iter().cloned().map(|fault| fault.file(record)).collect();
        for ((check, place), note) in &tally.notes {
            let mut one = Found::new(*check).file(record).count(note.count).examples(note.examples.clone());
            one.field = field_name(*place);
            found.push(one.with("grens", &limit).with("drempel", &threshold(*check)));
        }
        if tally.blank > 0 {
            found.push(Found::new(Check::LegeRegel).file(record).count(tally.blank));
        }
        let unreadable = found.iter().any(|found| self.rejects(found));
        if !unreadable && tally.read != file.records {
            let fault = Found::new(Check::AantalRecords).file(record).count(tally.read.abs_diff(file.records));
            found.push(fault.with("gelezen", &tally.read).with("beloofd", &file.records));
        }
        let tolerance = self.ctx.catalogue.spec(Check::Tolerantie);
        if !unreadable && tally.dropped() as f64 > tolerance.threshold() / 100.0 * tally.read as f64 {
            let fault = Found::new(Check::Tolerantie).file(record).count(tally.dropped());
            let fault = fault.with("geweigerd", &tally.dropped()).with("gelezen", &tally.read);
            found.push(fault.with("drempel", &threshold(Check::Tolerantie)));
        }
        found
    }

    async fn references(&self, files: &Files) -> Result<Option<Found>, IntakeError> {
        let (Some(services), Some(meldingen)) =
            (files.get(&RecordType::Vervolgdienst), files.get(&RecordType::Melding))
        else {
            return Ok(None);
        };
        let spec = self.ctx.catalogue.spec(Check::MeldingOnbekend);
        let unknown = references::unknown(
            self.vault,
            services.references.clone(),
            &meldingen.sampled_ids,
            self.ctx.asked_month,
            spec.threshold() as usize,
            self.history,
        );
        let unknown = unknown.await?;
        let found =
            Found::new(Check::MeldingOnbekend).file(RecordType::Vervolgdienst).field("melding_id").count(unknown);
        let drempel = spec.drempel.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok((unknown > 0).then(|| found.with("drempel", &drempel)))
    }

    fn draft(&self, found: &[Found], counts: &[crate::report::Aantallen], files: Option<&Files>) -> Draft {
        let bevindingen = crate::report::render(found, self.ctx.catalogue, &self.severities);
        let spiegel = files.map(|files| summary::spiegel(files, self.parsed.id(), self.ctx.codes));
        Draft::new(self.parsed, self.ctx.hasher, bevindingen, counts.to_vec(), spiegel)
    }
}

fn is_personal(check: Check) -> bool {
    matches!(check, Check::BsnInBestand | Check::BsnInKop)
}
