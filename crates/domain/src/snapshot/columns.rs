//! The columns of every published table, as data: nothing is published that does not stand here.
//!
//! One source for the Parquet metadata, the checks of `verify` and the data dictionary.

use std::fmt;

use super::Form;

/// A published table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnapshotTable {
    /// Counts by region.
    Kerncijfers,
    /// Counts by region and category.
    Verdelingen,
    /// Rates, changes and shares, computed from the published counts.
    Indicatoren,
    /// How far the deliveries cover the period.
    Dekking,
    /// What differs from the issue and from the period before.
    Wijzigingen,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text; never empty.
    Text,
    /// A day: `2020-07-31` in JSON and CSV, DATE in Parquet.
    Day,
    /// A whole number (INT64).
    Int,
    /// A number with a decimal point (DOUBLE).
    Float,
    /// An instant in UTC (TIMESTAMP); in the history only.
    Instant,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name, in every form.
    pub name: &'static str,
    /// The title, in Dutch.
    pub title: &'static str,
    /// The unit, where it has one that is the same in every row.
    pub unit: Option<&'static str>,
    /// Where it comes from, in Dutch.
    pub source: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it can be absent: null in Parquet and JSON, an empty field in CSV.
    pub nullable: bool,
    /// Whether it is part of the row's key. Rows are sorted by the key columns, in order, by bytes.
    pub key: bool,
}

use ColumnKind::{Day, Float, Int, Text};

const REGISTER: &str = "Register van regio's en gemeenten (CBS-gebiedsindelingen)";
const CALENDAR: &str = "ISO-weekkalender; codes zoals CBS";
const DELIVERY: &str = "Leveringen van de Veilig Thuis-organisaties, na afronding";
pub(super) const MONITOR: &str = "vt-monitor";
const PUBLISHED: &str = "Berekend uit gepubliceerde (afgeronde) aantallen";

const fn key(name: &'static str, title: &'static str, source: &'static str) -> Column {
    Column { name, title, unit: None, source, kind: Text, nullable: false, key: true }
}

pub(super) const fn text(name: &'static str, title: &'static str, source: &'static str) -> Column {
    Column { key: false, ..key(name, title, source) }
}

const fn optional(column: Column) -> Column {
    Column { nullable: true, ..column }
}

pub(super) const fn number(
    name: &'static str,
    title: &'static str,
    unit: Option<&'static str>,
    source: &'static str,
) -> Column {
    Column { unit, kind: Int, ..text(name, title, source) }
}

const fn float(column: Column) -> Column {
    Column { kind: Float, ..column }
}

const PERIODE: Column = key("periode", "Periode", CALENDAR);
const BEGIN: Column = Column { kind: Day, ..text("begin", "Eerste dag van de periode", CALENDAR) };
const EIND: Column = Column { kind: Day, ..text("eind", "Laatste dag van de periode (inclusief)", CALENDAR) };
const REGIO_TYPE: Column = key("regio_type", "Soort regio: NL, VT (Veilig Thuis) of VR (veiligheidsregio)", REGISTER);
const REGIO_CODE: Column = key("regio_code", "Code van de regio", REGISTER);
const REGIO: Column = text("regio", "Naam van de regio", REGISTER);
const MAAT: Column = key("maat", "Wat is geteld", DELIVERY);
const MAAT_LABEL: Column = text("maat_label", "Omschrijving van wat is geteld", DELIVERY);
const WAARDE: Column =
    optional(number("waarde", "Aantal, een veelvoud van 5; leeg als het er niet is", Some("aantal"), DELIVERY));
const MARGE: Column = optional(number(
    "marge",
    "Grootste verschil met het geregistreerde aantal, door afronding",
    Some("aantal"),
    MONITOR,
));
const STATUS: Column = text("status", "Status per periode en regio: voorlopig, nader_voorlopig of definitief", MONITOR);
const REDEN_LEEG: Column = optional(text("reden_leeg", "Waarom de waarde leeg is", MONITOR));

const KERNCIJFERS: &[Column] =
    &[PERIODE, BEGIN, EIND, REGIO_TYPE, REGIO_CODE, REGIO, MAAT, MAAT_LABEL, WAARDE, MARGE, STATUS, REDEN_LEEG];

const VERDELINGEN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    MAAT,
    MAAT_LABEL,
    key("dimensie", "Waarnaar is verdeeld", DELIVERY),
    key("categorie", "Code van de categorie", DELIVERY),
    text("categorie_label", "Omschrijving van de categorie", DELIVERY),
    WAARDE,
    MARGE,
    STATUS,
    REDEN_LEEG,
];

const INDICATOREN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    key("indicator", "Code van de indicator", PUBLISHED),
    text("indicator_label", "Omschrijving van de indicator", PUBLISHED),
    MAAT,
    optional(float(text("waarde", "Waarde van de indicator; leeg als die er niet is", PUBLISHED))),
    optional(float(text("marge", "Grootste verschil door afronding, in de eenheid van de waarde", PUBLISHED))),
    text("eenheid", "Eenheid van waarde en marge", PUBLISHED),
    STATUS,
    REDEN_LEEG,
    optional(text(
        "opmerking",
        "Wat een lezer moet weten; rijpheid_verschilt: de twee perioden verschillen in status",
        MONITOR,
    )),
];

const DEKKING: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    number("dagen", "Dagen van de periode", Some("dagen"), CALENDAR),
    number("dagen_gedekt", "Dagen die geleverd zijn, door elke regio die meetelt", Some("dagen"), MONITOR),
    Column { unit: Some("deel van 1"), ..float(text("dekking", "Deel van de dagen dat geleverd is", MONITOR)) },
    STATUS,
    optional(text("toelichting", "Wat er ontbreekt", MONITOR)),
];

const WIJZIGINGEN: &[Column] = &[
    PERIODE,
    BEGIN,
    EIND,
    REGIO_TYPE,
    REGIO_CODE,
    REGIO,
    key("vergeleken_met", "Waarmee is vergeleken: vorige_uitgave of vorige_periode", MONITOR),
    text("andere_periode", "De periode waarmee is vergeleken", MONITOR),
    number("andere_uitgave", "Nummer van de uitgave waarmee is vergeleken", None, MONITOR),
    MAAT,
    MAAT_LABEL,
    key("dimensie", "Waarnaar is verdeeld; totaal voor een kerncijfer", DELIVERY),
    key("categorie", "Code van de categorie; totaal voor een kerncijfer", DELIVERY),
    text("categorie_label", "Omschrijving van de categorie", DELIVERY),
    optional(number(
        "waarde_eerder",
        "Aantal in de andere uitgave; leeg als het er niet was",
        Some("aantal"),
        DELIVERY,
    )),
    WAARDE,
    optional(number(
        "verschil",
        "Aantal min het aantal in de andere uitgave; leeg waar dat niet te vergelijken is",
        Some("aantal"),
        PUBLISHED,
    )),
    optional(number(
        "verschil_marge",
        "Grootste verschil met het geregistreerde verschil, door afronding",
        Some("aantal"),
        MONITOR,
    )),
    text("status_eerder", "Status in de andere uitgave", MONITOR),
    STATUS,
    optional(text("reden_leeg_eerder", "Waarom de waarde in de andere uitgave leeg was", MONITOR)),
    REDEN_LEEG,
    optional(text("opmerking", "Waarom het verschil niet gegeven is", MONITOR)),
];

impl SnapshotTable {
    /// All tables.
    pub const ALL: [Self; 5] =
        [Self::Kerncijfers, Self::Verdelingen, Self::Indicatoren, Self::Dekking, Self::Wijzigingen];

    /// The name: the file's name without its extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kerncijfers => "kerncijfers",
            Self::Verdelingen => "verdelingen",
            Self::Indicatoren => "indicatoren",
            Self::Dekking => "dekking",
            Self::Wijzigingen => "wijzigingen",
        }
    }

    /// The title, in Dutch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kerncijfers => "Kerncijfers Veilig Thuis per regio",
            Self::Verdelingen => "Verdelingen van adviezen en meldingen per regio",
            Self::Indicatoren => "Indicatoren: per inwoner, veranderingen en aandelen",
            Self::Dekking => "Dekking van de leveringen per regio",
            Self::Wijzigingen => "Wat er veranderde sinds de vorige uitgave en de vorige periode",
        }
    }

    /// The columns, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Kerncijfers => KERNCIJFERS,
            Self::Verdelingen => VERDELINGEN,
            Self::Indicatoren => INDICATOREN,
            Self::Dekking => DEKKING,
            Self::Wijzigingen => WIJZIGINGEN,
        }
    }

    /// The place of a column.
    pub fn column(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.name == name)
    }

    /// The name of the file in one form.
    pub fn file(self, form: Form) -> String {
        format!("{}.{}", self.name(), form.extension())
    }
}

impl fmt::Display for SnapshotTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_design() {
        let names = |table: SnapshotTable| {
            let own = table.columns().iter().skip(6).map(|column| column.name);
            own.collect::<Vec<_>>().join(", ")
        };
        insta::assert_snapshot!(names(SnapshotTable::Kerncijfers), @"maat, maat_label, waarde, marge, status, reden_leeg");
        insta::assert_snapshot!(names(SnapshotTable::Verdelingen), @"maat, maat_label, dimensie, categorie, categorie_label, waarde, marge, status, reden_leeg");
        insta::assert_snapshot!(names(SnapshotTable::Indicatoren), @"indicator, indicator_label, maat, waarde, marge, eenheid, status, reden_leeg, opmerking");
        insta::assert_snapshot!(names(SnapshotTable::Dekking), @"dagen, dagen_gedekt, dekking, status, toelichting");
        insta::assert_snapshot!(names(SnapshotTable::Wijzigingen), @"vergeleken_met, andere_periode, andere_uitgave, maat, maat_label, dimensie, categorie, categorie_label, waarde_eerder, waarde, verschil, verschil_marge, status_eerder, status, reden_leeg_eerder, reden_leeg, opmerking");
    }

    #[test]
    fn all_tables_begin_alike_and_every_column_is_explained_once() {
        for table in SnapshotTable::ALL {
            let columns = table.columns();
            let common = ["periode", "begin", "eind", "regio_type", "regio_code", "regio"];
            assert!(columns.iter().zip(common).all(|(column, name)| column.name == name), "{table}");
            for (place, column) in columns.iter().enumerate() {
                assert_eq!(table.column(column.name), Some(place), "{table}.{}", column.name);
                assert!(!column.title.is_empty() && !column.source.is_empty(), "{table}.{}", column.name);
                assert!(!(column.key && (column.nullable || column.kind != Text)), "{table}.{}", column.name);
            }
        }
    }
}
