//! What came of judging a delivery.

use std::collections::BTreeMap;

use vt_domain::contract::{PROTOCOL_VERSIE, RecordType};
use vt_domain::delivery::{DeliveryHeader, DeliveryId, FileEntry};
use vt_domain::finding::Finding;
use vt_vault::{DeliverySummary, FileDigest, RegistrationWriter};

use super::file::FileResult;
use super::hasher::{IdHasher, kenmerk};
use super::is_personal;
use crate::checks::{Check, levering};
use crate::parse::ParsedDelivery;
use crate::report::{Aantallen, Bevinding, DeliveryReport, Kwaliteitsrapport, Oordeel, Spiegelrapport};

/// The verdict, with all that is to be kept.
#[derive(Debug)]
pub enum DeliveryOutcome {
    /// Its records may be counted.
    Accepted(AcceptedDelivery),
    /// Nothing of it may be counted.
    Rejected(RejectedDelivery),
}

/// An accepted delivery whose registrations are ready to be finished.
pub struct AcceptedDelivery {
    pub(crate) draft: Draft,
    pub(crate) summary: DeliverySummary,
    pub(crate) writers: Vec<(RecordType, RegistrationWriter)>,
}

/// A rejected delivery.
pub struct RejectedDelivery {
    pub(crate) draft: Draft,
    /// To be aborted: nothing of them may appear.
    pub(crate) writers: Vec<(RecordType, RegistrationWriter)>,
}

/// What accepted and rejected deliveries have in common.
pub(crate) struct Draft {
    pub id: DeliveryId,
    pub kop: DeliveryHeader,
    pub bestanden: Vec<FileDigest>,
    pub raw_names: Vec<String>,
    pub kenmerk: String,
    pub report: DeliveryReport,
}

impl Draft {
    pub fn new(
        parsed: &ParsedDelivery,
        hasher: &IdHasher,
        bevindingen: Vec<Bevinding>,
        aantallen: Vec<Aantallen>,
        spiegelrapport: Option<Spiegelrapport>,
    ) -> Self {
        let (entry, id) = (parsed.entry(), parsed.id().clone());
        let report = DeliveryReport {
            spiegelrapport,
            kwaliteitsrapport: Kwaliteitsrapport {
                formaat: 1,
                levering: id.clone(),
                oordeel: Oordeel::Afgekeurd,
                aantallen,
                bevindingen,
            },
        };
        Self {
            kop: filed(&entry.kop, &id),
            bestanden: levering::digests(entry),
            raw_names: entry.bestanden.iter().map(FileEntry::kept_name).collect(),
            kenmerk: kenmerk(hasher, entry),
            report,
            id,
        }
    }
}

/// The header as it is kept: under the region and month that were asked, and without texts that break their rule, which could
/// hold anything. The findings say what was wrong.
fn filed(kop: &DeliveryHeader, id: &DeliveryId) -> DeliveryHeader {
    let clean = |text: &str| {
        let personal =
            crate::checks::is_personal_number(text.as_bytes()) || crate::checks::holds_personal_number(text.as_bytes());
        if personal || !levering::is_system_name(text) { "(verwijderd)".to_owned() } else { text.to_owned() }
    };
    let known_version = kop.protocol_versie == PROTOCOL_VERSIE;
    DeliveryHeader {
        protocol_versie: if known_version { kop.protocol_versie.clone() } else { "(onbekend)".to_owned() },
        vt_code: id.vt.clone(),
        leveringsmaand: id.maand,
        bronsysteem: clean(&kop.bronsysteem),
        ..kop.clone()
    }
}

impl DeliveryOutcome {
    pub(crate) fn accepted(
        mut draft: Draft,
        summary: DeliverySummary,
        files: BTreeMap<RecordType, FileResult>,
    ) -> Self {
        draft.report.kwaliteitsrapport.oordeel = Oordeel::Geaccepteerd;
        Self::Accepted(AcceptedDelivery { draft, summary, writers: writers(files) })
    }

    pub(crate) fn rejected(draft: Draft, files: BTreeMap<RecordType, FileResult>) -> Self {
        Self::Rejected(RejectedDelivery { draft, writers: writers(files) })
    }

    pub(crate) fn draft(&self) -> &Draft {
        match self {
            Self::Accepted(accepted) => &accepted.draft,
            Self::Rejected(rejected) => &rejected.draft,
        }
    }

    /// The delivery, named by the region and month that were asked.
    pub fn id(&self) -> &DeliveryId {
        &self.draft().id
    }

    /// Whether its records may be counted.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// What the region is told.
    pub fn report(&self) -> &DeliveryReport {
        &self.draft().report
    }

    /// What was found, without examples: as it is kept with the verdict and in the ledger.
    pub fn findings(&self) -> Vec<Finding> {
        self.report().kwaliteitsrapport.bevindingen.iter().map(Bevinding::finding).collect()
    }

    /// Whether it was rejected because of a number that can be a BSN.
    pub fn holds_personal_number(&self) -> bool {
        let personal = |found: &Bevinding| Check::from_id(&found.controle).is_some_and(is_personal);
        self.report().kwaliteitsrapport.bevindingen.iter().any(personal)
    }

    /// The numbers of an accepted delivery.
    pub fn summary(&self) -> Option<&DeliverySummary> {
        match self {
            Self::Accepted(accepted) => Some(&accepted.summary),
            Self::Rejected(_) => None,
        }
    }
}

fn writers(files: BTreeMap<RecordType, FileResult>) -> Vec<(RecordType, RegistrationWriter)> {
    files.into_iter().map(|(record, file)| (record, file.writer)).collect()
}

impl std::fmt::Debug for AcceptedDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AcceptedDelivery({})", self.draft.id)
    }
}

impl std::fmt::Debug for RejectedDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checks = self.draft.report.kwaliteitsrapport.bevindingen.iter().map(|found| found.controle.as_str());
        write!(f, "RejectedDelivery({}: {})", self.draft.id, checks.collect::<Vec<_>>().join(", "))
    }
}
