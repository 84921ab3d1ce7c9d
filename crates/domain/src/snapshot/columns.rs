//! The columns of every published table, as data: nothing is published that does not stand here.
//!
//! One source for the Parquet metadata, the checks of `verify`, `datapackage.json`, the JSON Schemas, the workbook and the data
//! dictionary.

mod codes;
pub(super) mod tables;

use std::fmt;

use super::Form;

/// A text for readers, in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// In Dutch.
    pub nl: &'static str,
    /// In English.
    pub en: &'static str,
}

/// A language of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Dutch.
    Nl,
    /// English.
    En,
}

impl Words {
    /// A text in both languages.
    pub const fn new(nl: &'static str, en: &'static str) -> Self {
        Self { nl, en }
    }

    /// The text in one language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::Nl => self.nl,
            Language::En => self.en,
        }
    }
}

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

/// A code that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnCode {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub meaning: Words,
}

/// Which codes a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnCodes {
    /// These and no others.
    Listed(&'static [ColumnCode]),
    /// These, and free text, joined by `; `.
    Among(&'static [ColumnCode]),
    /// Those that this field of `toelichting.json` lists, for the period.
    Explained(&'static str),
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name, in every form.
    pub name: &'static str,
    /// The title, in Dutch.
    pub title: &'static str,
    /// The title, in English.
    pub title_en: &'static str,
    /// What a reader must know beside the title.
    pub description: Option<Words>,
    /// The unit, where it has one that is the same in every row, in Dutch.
    pub unit: Option<&'static str>,
    /// The same in English.
    pub unit_en: Option<&'static str>,
    /// Where it comes from, in Dutch.
    pub source: &'static str,
    /// Where it comes from, in English.
    pub source_en: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it can be absent: null in Parquet and JSON, an empty field in CSV.
    pub nullable: bool,
    /// Whether it is part of the row's key. Rows are sorted by the key columns, in order, by bytes.
    pub key: bool,
    /// The codes that it can hold; nothing for other texts and for numbers.
    pub codes: Option<ColumnCodes>,
    /// The smallest value of a number.
    pub minimum: Option<i64>,
    /// The largest value of a number.
    pub maximum: Option<i64>,
    /// A whole number is a multiple of this.
    pub multiple_of: Option<i64>,
    /// What a text looks like: a regular expression that matches the whole of it.
    pub pattern: Option<&'static str>,
}

/// What the code of a period looks like: `2020W127`, `2020W214`, `2020W407`, `2020ISO`.
pub const PERIOD_PATTERN: &str =
    "^[0-9]{4}(W1(0[1-9]|[1-4][0-9]|5[0-3])|W2(0[1-9]|1[0-9]|2[0-6])|W4(0[1-9]|1[0-3])|ISO)$";

/// What the code of a published region looks like: `NL01`, `VT07`, `VR14`.
pub const REGION_PATTERN: &str = "^(NL01|VT[0-9]{2}|VR[0-9]{2})$";

impl Column {
    /// The title in one language.
    pub fn title_in(&self, language: Language) -> &'static str {
        Words::new(self.title, self.title_en).of(language)
    }

    /// The codes and nothing else, where they are listed.
    pub fn listed(&self) -> Option<&'static [ColumnCode]> {
        if let Some(ColumnCodes::Listed(codes)) = self.codes { Some(codes) } else { None }
    }

    /// The codes that have a meaning of their own here, whether or not other texts can stand beside them.
    pub fn known(&self) -> Option<&'static [ColumnCode]> {
        match self.codes {
            Some(ColumnCodes::Listed(codes) | ColumnCodes::Among(codes)) => Some(codes),
            _ => None,
        }
    }
}

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

    /// The title, in English.
    pub fn title_en(self) -> &'static str {
        match self {
            Self::Kerncijfers => "Key figures of Veilig Thuis by region",
            Self::Verdelingen => "Breakdowns of requests for advice and reports by region",
            Self::Indicatoren => "Indicators: per inhabitant, changes and shares",
            Self::Dekking => "Coverage of the deliveries by region",
            Self::Wijzigingen => "What changed since the issue before and the period before",
        }
    }

    /// The columns, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Kerncijfers => tables::KERNCIJFERS,
            Self::Verdelingen => tables::VERDELINGEN,
            Self::Indicatoren => tables::INDICATOREN,
            Self::Dekking => tables::DEKKING,
            Self::Wijzigingen => tables::WIJZIGINGEN,
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
    use super::ColumnKind::{Float, Int, Text};
    use super::*;
    use crate::measure::{Dimensie, Maat};
    use crate::snapshot::{RedenLeeg, Status};

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
                let texts = [column.title, column.title_en, column.source, column.source_en];
                assert!(texts.iter().all(|text| !text.is_empty()), "{table}.{}", column.name);
                assert_eq!(column.unit.is_some(), column.unit_en.is_some(), "{table}.{}", column.name);
                assert!(!(column.key && (column.nullable || column.kind != Text)), "{table}.{}", column.name);
            }
        }
    }

    fn codes(table: SnapshotTable, column: &str) -> Vec<&'static str> {
        let column = &table.columns()[table.column(column).unwrap()];
        column.listed().unwrap().iter().map(|code| code.code).collect()
    }

    #[test]
    fn listed_codes_are_those_of_the_program() {
        use SnapshotTable::*;
        let statuses = Status::ALL.map(Status::code);
        assert_eq!(codes(Dekking, "status"), statuses);
        assert_eq!(codes(Wijzigingen, "status_eerder"), [&statuses[..], &["afwezig"]].concat());
        assert_eq!(codes(Indicatoren, "reden_leeg"), RedenLeeg::ALL.map(RedenLeeg::code));
        assert_eq!(codes(Kerncijfers, "maat"), Maat::ALL.map(Maat::code));
        assert_eq!(codes(Verdelingen, "dimensie"), Dimensie::ALL.map(Dimensie::code));
        assert_eq!(codes(Wijzigingen, "dimensie"), [&Dimensie::ALL.map(Dimensie::code)[..], &["totaal"]].concat());
    }

    #[test]
    fn meanings_are_those_of_the_program() {
        let column = &SnapshotTable::Kerncijfers.columns()[SnapshotTable::Kerncijfers.column("reden_leeg").unwrap()];
        for (code, reason) in column.listed().unwrap().iter().zip(RedenLeeg::ALL) {
            assert_eq!(code.meaning.nl, reason.betekenis());
        }
    }

    #[test]
    fn constraints_stand_where_they_can_hold() {
        for table in SnapshotTable::ALL {
            for column in table.columns() {
                let number = matches!(column.kind, Int | Float);
                let bounded = column.minimum.or(column.maximum).or(column.multiple_of).is_some();
                assert!(number || !bounded, "{table}.{}", column.name);
                assert!(column.kind == Text || (column.codes.is_none() && column.pattern.is_none()));
            }
        }
    }
}
