//! Everything the record checks need, prepared once per delivery and shared by the worker threads.

use std::sync::Arc;

use chrono::NaiveDate;
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::{Field, FieldKind, RecordType};

use super::code_table::CodeTable;
use super::day::{self, DayReader};
use super::exception::Severities;
use super::gemeente_table::GemeenteTable;

/// What holds for the records of one file.
#[derive(Debug, Clone)]
pub(crate) struct RecordRules {
    pub record: RecordType,
    pub fields: &'static [Field],
    /// By field: its code list, for fields that hold codes.
    pub codes: Vec<Option<CodeTable>>,
    pub days: DayReader,
    /// First and last day of the month, the last day that is covered, the day on which the delivery was made.
    pub first_day: i32,
    pub last_day: i32,
    pub covered_until: i32,
    pub made_on: i32,
    /// Dates before this are unlikely.
    pub oldest_likely: i32,
    pub gemeenten: Arc<GemeenteTable>,
    pub severities: Severities,
    pub links: Links,
}

/// The dates and limits of a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub month: Month,
    pub tot_en_met: NaiveDate,
    pub made_on: NaiveDate,
    /// Dates more than so many years before the month are unlikely.
    pub likely_years: f64,
}

/// The places of the fields that are compared with each other, and of the codes that matter there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Links {
    Advies {
        date: usize,
        role: Role,
    },
    Melding {
        date: usize,
        role: Role,
        police: (usize, Option<u8>),
        persons: usize,
        minors: usize,
        decision: (usize, Option<u8>),
        decided_on: usize,
        case: usize,
    },
    Vervolgdienst {
        start: usize,
        end: usize,
        melding: usize,
        outcome: usize,
        handed_over: usize,
    },
}

/// Rol and organisatie: `burger` exactly when `niet_beroepsmatig`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    pub role: usize,
    pub private: Option<u8>,
    pub organisation: usize,
    pub citizen: Option<u8>,
}

impl RecordRules {
    pub fn new(
        record: RecordType,
        lists: &CodeLists,
        gemeenten: Arc<GemeenteTable>,
        window: Window,
        severities: Severities,
    ) -> Self {
        let fields = record.fields();
        let codes: Vec<Option<CodeTable>> =
            fields.iter().map(|field| field.kind.list().map(|list| CodeTable::new(lists.list(list)))).collect();
        let first_day = day::number(window.month.first_day());
        Self {
            record,
            fields,
            links: Links::new(record, &codes),
            codes,
            days: DayReader::new(window.month),
            first_day,
            last_day: day::number(window.month.last_day()),
            covered_until: day::number(window.tot_en_met),
            made_on: day::number(window.made_on),
            oldest_likely: first_day - (window.likely_years * 365.25) as i32,
            gemeenten,
            severities,
        }
    }

    /// The place of a field of the contract.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

impl Links {
    fn new(record: RecordType, codes: &[Option<CodeTable>]) -> Self {
        let place = |name: &str| {
            // Unwrap safety: the names are those of the contract; a test makes the rules of every record type.
            record.fields().iter().position(|field| field.name == name).unwrap()
        };
        let code = |field: usize, code: &str| codes[field].as_ref().and_then(|table| table.place(code));
        let role = || {
            let (role, organisation) = (place("rol"), place("organisatie"));
            Role { role, private: code(role, "niet_beroepsmatig"), organisation, citizen: code(organisation, "burger") }
        };
        match record {
            RecordType::Advies => Self::Advies { date: place("startdatum"), role: role() },
            RecordType::Melding => Self::Melding {
                date: place("ontvangstdatum"),
                role: role(),
                police: (place("politie_overdracht"), code(place("organisatie"), "politie")),
                persons: place("n_betrokkenen"),
                minors: place("n_minderjarig"),
                decision: (place("besluit"), code(place("besluit"), "nog_niet_beoordeeld")),
                decided_on: place("besluitdatum"),
                case: place("casus_id"),
            },
            RecordType::Vervolgdienst => Self::Vervolgdienst {
                start: place("start"),
                end: place("eind"),
                melding: place("melding_id"),
                outcome: place("uitkomst"),
                handed_over: place("overdracht"),
            },
        }
    }

    /// The field whose date says when the record happened.
    pub fn date(&self) -> usize {
        match self {
            Self::Advies { date, .. } | Self::Melding { date, .. } => *date,
            Self::Vervolgdienst { start, .. } => *start,
        }
    }
}

/// Whether a field is one of the dates that decide in which month the record belongs.
pub(crate) fn decides_month(record: RecordType, field: &Field) -> bool {
    field.kind == FieldKind::Date && record.date_fields().contains(&field.name)
}
