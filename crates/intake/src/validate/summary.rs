//! What was counted, in the forms in which it is kept: the summary for later comparisons and the spiegelrapport.

use std::collections::BTreeMap;

use vt_domain::codes::CodeLists;
use vt_domain::contract::{FieldKind, RecordType};
use vt_domain::delivery::DeliveryId;
use vt_vault::{DeliverySummary, MonthShare, RecordCount};

use super::file::FileResult;
use super::tally::{FieldProfile, Tally};
use crate::checks::day;
use crate::checks::reeks::{POLICE_SHARE, unknown_share};
use crate::parse::ParsedDelivery;
use crate::report::{Aantallen, CodeAantal, SpiegelBestand, SpiegelVeld, Spiegelrapport};

/// The numbers with which later deliveries of the region are compared.
pub(crate) fn make(files: &BTreeMap<RecordType, FileResult>, parsed: &ParsedDelivery) -> DeliverySummary {
    let mut summary = DeliverySummary::default();
    for (record, file) in files {
        let tally = &file.tally;
        let count = RecordCount { gelezen: tally.read, behouden: tally.kept, geweigerd: tally.dropped() };
        summary.records.insert(*record, count);
        if *record != RecordType::Vervolgdienst {
            let days = parsed.id().maand.first_day().iter_days().zip(&tally.days);
            let filled = days.filter(|(_, count)| **count > 0).map(|(day, count)| (day, *count));
            summary.per_dag.insert(*record, filled.collect());
        }
        if *record == RecordType::Melding {
            let share = MonthShare { teller: tally.police, noemer: tally.kept };
            summary.aandelen.insert(POLICE_SHARE.to_owned(), share);
        }
        for (place, field) in record.fields().iter().enumerate().filter(|(place, _)| tally.watched[*place]) {
            let share = MonthShare { teller: tally.unknown[place], noemer: tally.kept };
            summary.aandelen.insert(unknown_share(*record, field.name), share);
        }
    }
    summary
}

/// Records read, kept and dropped per file.
pub(crate) fn counts(files: &BTreeMap<RecordType, FileResult>) -> Vec<Aantallen> {
    let count = |(record, file): (&RecordType, &FileResult)| Aantallen {
        bestand: *record,
        gelezen: file.tally.read,
        behouden: file.tally.kept,
        geweigerd: file.tally.dropped(),
    };
    files.iter().map(count).collect()
}

/// How each field is filled.
pub(crate) fn spiegel(files: &BTreeMap<RecordType, FileResult>, id: &DeliveryId, codes: &CodeLists) -> Spiegelrapport {
    let file = |(record, file): (&RecordType, &FileResult)| SpiegelBestand {
        recordsoort: *record,
        records: file.tally.read,
        velden: fields(*record, &file.tally, codes),
    };
    Spiegelrapport { formaat: 1, levering: id.clone(), bestanden: files.iter().map(file).collect() }
}

fn fields(record: RecordType, tally: &Tally, lists: &CodeLists) -> Vec<SpiegelVeld> {
    let pairs = record.fields().iter().zip(&tally.fields);
    pairs
        .map(|(field, profile)| SpiegelVeld {
            veld: field.name.to_owned(),
            gevuld: profile.filled,
            leeg: profile.empty,
            ongeldig: profile.invalid,
            codes: field.kind.list().map_or_else(Vec::new, |list| codes(profile, lists, list)),
            laagste: profile.range.map(|(low, _)| written(low, field.kind)),
            hoogste: profile.range.map(|(_, high)| written(high, field.kind)),
        })
        .collect()
}

fn codes(profile: &FieldProfile, lists: &CodeLists, list: &str) -> Vec<CodeAantal> {
    let counted = lists.list(list).codes().iter().zip(&profile.codes).filter(|(code, _)| code.deliverable);
    counted
        .map(|(code, count)| CodeAantal { code: code.code.clone(), label: code.label.clone(), aantal: *count })
        .collect()
}

fn written(value: i32, kind: FieldKind) -> String {
    match (kind, day::date(value)) {
        (FieldKind::Date, Some(date)) => date.to_string(),
        _ => value.to_string(),
    }
}
