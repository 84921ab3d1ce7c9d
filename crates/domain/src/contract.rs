//! The delivery contract, version 1, as data: record types and their fields (DESIGN §4).
//!
//! Parser, checks, simulator, OpenAPI and the field tables for suppliers are all made from or tested against this list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The version of the contract that this program speaks.
pub const PROTOCOL_VERSIE: &str = "1";

/// The longest id that is accepted, in characters.
pub const MAX_ID_LENGTH: usize = 20;

/// The sign between the codes of a list in CSV.
pub const LIST_SEPARATOR: char = '|';

/// The sign between the fields of a CSV line.
pub const CSV_DELIMITER: u8 = b';';

/// A kind of record; a delivery has one file of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordType {
    /// A request for advice; no persons are registered.
    Advies,
    /// A report of (suspected) violence; persons are identified by the region, never by us.
    Melding,
    /// A service after a melding: onderzoek, voorwaarden en vervolg, monitor.
    Vervolgdienst,
}

impl RecordType {
    /// All record types, in the order in which they are read.
    pub const ALL: [Self; 3] = [Self::Advies, Self::Melding, Self::Vervolgdienst];

    /// The name in listings and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Advies => "advies",
            Self::Melding => "melding",
            Self::Vervolgdienst => "vervolgdienst",
        }
    }

    /// The fields, in the order of the CSV header.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Advies => ADVIES,
            Self::Melding => MELDING,
            Self::Vervolgdienst => VERVOLGDIENST,
        }
    }

    /// The field that names the record; always the first.
    pub fn id_field(self) -> &'static Field {
        &self.fields()[0]
    }

    /// The field with this name.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The fields whose dates decide in which month a record belongs.
    pub fn date_fields(self) -> &'static [&'static str] {
        match self {
            Self::Advies => &["startdatum"],
            Self::Melding => &["ontvangstdatum"],
            Self::Vervolgdienst => &["start", "eind"],
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RecordType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|t| t.name() == text)
            .ok_or_else(|| "no record type: advies, melding or vervolgdienst".to_owned())
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An opaque id of at most [`MAX_ID_LENGTH`] characters (letters, digits, `-`, `_`), with at least one letter.
    Id,
    /// A day, `2020-07-31`.
    Date,
    /// One code of the named list.
    Code(&'static str),
    /// One or more different codes of the named list, joined with `|` in CSV, an array in NDJSON.
    Codes(&'static str),
    /// `true` or `false`.
    Bool,
    /// A whole number from 0 to 99.
    Count,
    /// A gemeente of CBS (`GM0363`), or `onbekend` where the field is required.
    Gemeente,
}

impl FieldKind {
    /// The code list, for fields that hold codes.
    pub fn list(self) -> Option<&'static str> {
        match self {
            Self::Code(list) | Self::Codes(list) => Some(list),
            _ => None,
        }
    }
}

/// A field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in the CSV header and the NDJSON object.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be filled. The column itself must always be there in CSV; in NDJSON an empty one may be left out.
    pub required: bool,
    /// What it means, in Dutch, for suppliers.
    pub betekenis: &'static str,
}

const fn required(name: &'static str, kind: FieldKind, betekenis: &'static str) -> Field {
    Field { name, kind, required: true, betekenis }
}

const fn optional(name: &'static str, kind: FieldKind, betekenis: &'static str) -> Field {
    Field { name, kind, required: false, betekenis }
}

use FieldKind::{Bool, Code, Codes, Count, Date, Gemeente, Id};

const ROL: Field = required("rol", Code("rol"), "Rol van de adviesvrager of melder.");
const ORGANISATIE: Field = required(
    "organisatie",
    Code("organisatie"),
    "Organisatie van de adviesvrager of melder, 13 klassen van CBS. `burger` dan en slechts dan als rol `niet_beroepsmatig` is.",
);
const AARD: Field = required(
    "aard",
    Codes("aard"),
    "Aard van het geweld (protocol 2.0), een of meer. `geen` en `onbekend` staan altijd alleen.",
);
const VORM: Field =
    optional("vorm", Codes("vorm"), "Vorm van het geweld (protocol 1, nummers 01 t/m 11), geen, een of meer.");
const DUUR: Field = optional("duur_geweld", Code("duur_geweld"), "Hoe lang het geweld al duurt. Leeg als onbekend.");

const ADVIES: &[Field] = &[
    required("advies_id", Id, "Kenmerk van het advies, uniek binnen de regio, zonder betekenis daarbuiten."),
    required("startdatum", Date, "Dag waarop het advies begon; telt in de maand van deze dag."),
    required("kanaal", Code("kanaal"), "Waarlangs om advies werd gevraagd. `chat` bestaat vanaf mei 2020."),
    ROL,
    ORGANISATIE,
    AARD,
    VORM,
    DUUR,
    optional("gm_code", Gemeente, "Gemeente van het slachtoffer of gezin, CBS-code. Leeg als onbekend."),
];

const MELDING: &[Field] = &[
    required("melding_id", Id, "Kenmerk van de melding, uniek binnen de regio, zonder betekenis daarbuiten."),
    optional("casus_id", Id, "Kenmerk van de casus, door de regio met een eigen sleutel versleuteld."),
    required("ontvangstdatum", Date, "Dag waarop de melding binnenkwam; telt in de maand van deze dag."),
    ROL,
    ORGANISATIE,
    AARD,
    VORM,
    DUUR,
    required(
        "politie_overdracht",
        Bool,
        "Of de melding een overdracht van de politie is; dan is organisatie `politie`.",
    ),
    required("gm_code", Gemeente, "Gemeente van het slachtoffer of gezin, CBS-code, of `onbekend`."),
    required("n_betrokkenen", Count, "Aantal direct betrokkenen."),
    optional("n_minderjarig", Count, "Aantal minderjarigen onder de betrokkenen, hoogstens n_betrokkenen."),
    required(
        "veiligheidstaxatie",
        Codes("veiligheidstaxatie"),
        "Uitkomst van de veiligheidstaxatie, een of meer. `geen` en `onbekend` staan altijd alleen.",
    ),
    required("besluit", Code("besluit"), "Besluit na de veiligheidsbeoordeling, zoals nu bekend."),
    optional(
        "besluitdatum",
        Date,
        "Dag van het besluit. Leeg dan en slechts dan als besluit `nog_niet_beoordeeld` is.",
    ),
    optional(
        "hermelding",
        Code("hermelding"),
        "Of Veilig Thuis al betrokken was toen de melding binnenkwam. Leeg als onbekend.",
    ),
];

const VERVOLGDIENST: &[Field] = &[
    required("dienst_id", Id, "Kenmerk van de dienst, uniek binnen de regio, zonder betekenis daarbuiten."),
    required("melding_id", Id, "Melding waaruit de dienst voortkwam; de dienst telt in de gemeente van die melding."),
    required("soort", Code("dienst_soort"), "Soort dienst."),
    required("start", Date, "Dag waarop de dienst begon."),
    optional(
        "eind",
        Date,
        "Dag waarop de dienst eindigde. Leeg zolang hij loopt. Een afgeronde dienst telt in de maand van deze dag.",
    ),
    optional("uitkomst", Codes("uitkomst"), "Uitkomsten van de dienst."),
    optional("overdracht", Codes("overdracht"), "Waaraan is overgedragen. `geen` staat altijd alleen."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeLists;

    #[test]
    fn every_field_is_named_once_and_explained() {
        for record in RecordType::ALL {
            let fields = record.fields();
            for (i, field) in fields.iter().enumerate() {
                assert!(fields[..i].iter().all(|other| other.name != field.name), "{record}.{}", field.name);
                assert!(field.betekenis.ends_with('.'), "{record}.{}", field.name);
            }
            assert_eq!(record.id_field().kind, FieldKind::Id);
            assert!(record.date_fields().iter().all(|name| record.field(name).unwrap().kind == FieldKind::Date));
        }
    }

    #[test]
    fn every_code_field_has_its_list() {
        for field in RecordType::ALL.iter().flat_map(|r| r.fields()) {
            if let Some(list) = field.kind.list() {
                assert!(CodeLists::builtin().list(list).deliverable().count() > 1, "{list}");
            }
        }
    }

    #[test]
    fn record_types_are_read_by_name() {
        for record in RecordType::ALL {
            assert_eq!(record.name().parse::<RecordType>().unwrap(), record);
        }
        assert!("casus".parse::<RecordType>().is_err());
    }
}
