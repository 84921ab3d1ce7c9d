//! The records of the example keep the rules that suppliers are told, and show what they need to see.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use vt_domain::clock::local_date;
use vt_domain::codes::CodeLists;
use vt_domain::contract::{Field, FieldKind, MAX_ID_LENGTH, RecordType};
use vt_domain::delivery::DeliveryHeader;
use vt_domain::register::{GemeenteMatch, Register};

use super::docs::{bytes, files_below, text};
use super::voorbeeld::{NUMMERS, committed_entry, csv_path, csv_rows};

/// One record: the cells in the order of the contract.
struct Row {
    kop: DeliveryHeader,
    record: RecordType,
    cells: Vec<String>,
}

impl Row {
    fn get(&self, field: &str) -> &str {
        &self.cells[self.record.fields().iter().position(|known| known.name == field).unwrap()]
    }

    fn day(&self, field: &str) -> Option<NaiveDate> {
        let text = self.get(field);
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    fn dates(&self) -> Vec<NaiveDate> {
        self.record.date_fields().iter().filter_map(|field| self.day(field)).collect()
    }
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for nr in NUMMERS {
        for record in RecordType::ALL {
            let cells = csv_rows(&bytes(&csv_path(nr, record))).into_iter().skip(1);
            rows.extend(cells.map(|cells| Row { kop: committed_entry(nr).kop, record, cells }));
        }
    }
    rows
}

fn rows_of(record: RecordType) -> impl Iterator<Item = Row> {
    rows().into_iter().filter(move |row| row.record == record)
}

#[test]
fn every_value_is_of_its_kind() {
    for row in rows() {
        for (field, cell) in row.record.fields().iter().zip(&row.cells) {
            let name = format!("{}.{}", row.record, field.name);
            assert!(!cell.is_empty() || !field.required, "{name} is empty");
            assert!(cell.is_empty() || is_of_kind(field, cell, row.dates()[0]), "{name}: {cell}");
        }
    }
}

fn is_of_kind(field: &Field, cell: &str, day: NaiveDate) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match field.kind {
        FieldKind::Id => {
            cell.len() <= MAX_ID_LENGTH && cell.bytes().all(sign) && cell.bytes().any(|byte| byte.is_ascii_alphabetic())
        }
        FieldKind::Date => cell.parse::<NaiveDate>().is_ok_and(|day| day.to_string() == cell),
        FieldKind::Code(list) => are_codes(list, &[cell], day),
        FieldKind::Codes(list) => are_codes(list, &cell.split('|').collect::<Vec<_>>(), day),
        FieldKind::Bool => matches!(cell, "true" | "false"),
        FieldKind::Count => cell.parse::<u8>().is_ok_and(|count| count <= 99),
        FieldKind::Gemeente => field.required && cell == "onbekend" || is_own_gemeente(cell, day),
    }
}

fn are_codes(list: &str, codes: &[&str], day: NaiveDate) -> bool {
    let list = CodeLists::builtin().list(list);
    let known = |code: &&str| {
        list.get(code).is_some_and(|c| c.deliverable && c.valid_on(day) && (!c.exclusive || codes.len() == 1))
    };
    codes.iter().collect::<BTreeSet<_>>().len() == codes.len() && codes.iter().all(known)
}

fn is_own_gemeente(code: &str, day: NaiveDate) -> bool {
    matches!(Register::builtin().resolve("VT07", Some(code), day), GemeenteMatch::Known { .. })
}

#[test]
fn a_wrong_value_would_be_seen() {
    let day: NaiveDate = "2020-04-30".parse().unwrap();
    let field = |record: RecordType, name: &str| *record.field(name).unwrap();
    for (record, name, cell) in [
        (RecordType::Advies, "advies_id", "12345678"),
        (RecordType::Advies, "startdatum", "1-7-2020"),
        (RecordType::Advies, "kanaal", "chat"),
        (RecordType::Advies, "aard", "geen|partnergeweld"),
        (RecordType::Advies, "aard", "partnergeweld|partnergeweld"),
        (RecordType::Advies, "vorm", "onbekend"),
        (RecordType::Advies, "gm_code", "onbekend"),
        (RecordType::Melding, "gm_code", "GM0363"),
        (RecordType::Melding, "n_betrokkenen", "100"),
        (RecordType::Melding, "politie_overdracht", "ja"),
    ] {
        assert!(!is_of_kind(&field(record, name), cell, day), "{record}.{name}: {cell}");
    }
}

#[test]
fn every_record_belongs_to_its_month_and_to_the_days_that_are_covered() {
    for row in rows() {
        let month = row.kop.leveringsmaand;
        assert!(row.dates().iter().any(|day| month.contains(*day)), "{} {}", row.record, row.cells[0]);
        assert!(row.dates().iter().all(|day| *day <= row.kop.tot_en_met), "{} {}", row.record, row.cells[0]);
    }
}

#[test]
fn ids_are_unique_within_a_delivery() {
    let rows = rows();
    let ids: BTreeSet<_> = rows.iter().map(|row| (row.kop.levering_nr, row.record, &row.cells[0])).collect();
    assert_eq!(ids.len(), rows.len());
}

#[test]
fn fields_of_a_record_agree() {
    for row in rows() {
        if row.record != RecordType::Vervolgdienst {
            assert_eq!(row.get("organisatie") == "burger", row.get("rol") == "niet_beroepsmatig", "{}", row.cells[0]);
        } else if let (Some(start), Some(eind)) = (row.day("start"), row.day("eind")) {
            assert!(start <= eind, "{}", row.cells[0]);
        }
    }
    for melding in rows_of(RecordType::Melding) {
        let id = &melding.cells[0];
        assert!(melding.get("politie_overdracht") == "false" || melding.get("organisatie") == "politie", "{id}");
        assert_eq!(melding.get("besluit") == "nog_niet_beoordeeld", melding.get("besluitdatum").is_empty(), "{id}");
        if let Some(besluit) = melding.day("besluitdatum") {
            let made = local_date(melding.kop.aangemaakt_op);
            assert!(melding.day("ontvangstdatum").unwrap() <= besluit && besluit <= made, "{id}");
        }
        let minors = melding.get("n_minderjarig");
        assert!(
            minors.is_empty() || minors.parse::<u8>().unwrap() <= melding.get("n_betrokkenen").parse().unwrap(),
            "{id}"
        );
    }
}

#[test]
fn every_optional_field_is_shown_filled_and_empty_and_every_list_with_several_codes() {
    for record in RecordType::ALL {
        for field in record.fields() {
            let cells: Vec<String> = rows_of(record).map(|row| row.get(field.name).to_owned()).collect();
            assert!(cells.iter().any(|cell| !cell.is_empty()), "{record}.{} is nowhere filled", field.name);
            assert!(field.required || cells.iter().any(String::is_empty), "{record}.{} is nowhere empty", field.name);
            let is_list = matches!(field.kind, FieldKind::Codes(_));
            assert!(
                !is_list || cells.iter().any(|cell| cell.contains('|')),
                "{record}.{}: nowhere two codes",
                field.name
            );
        }
    }
}

#[test]
fn the_example_shows_what_needs_showing() {
    assert!(rows_of(RecordType::Melding).any(|row| row.get("besluit") == "nog_niet_beoordeeld"));
    assert!(
        rows_of(RecordType::Melding)
            .any(|row| row.day("besluitdatum").is_some_and(|day| !row.kop.leveringsmaand.contains(day)))
    );
    let ended_from_before =
        |row: Row| row.day("eind").is_some() && !row.kop.leveringsmaand.contains(row.day("start").unwrap());
    assert!(rows_of(RecordType::Vervolgdienst).any(ended_from_before));
    let empty = NUMMERS
        .into_iter()
        .flat_map(|nr| committed_entry(nr).bestanden)
        .filter(|file| file.records == 0 && file.bytes > 0);
    assert_eq!(empty.count(), 1, "one file with a header and nothing else");
    let besluiten = |nr: u32| {
        rows_of(RecordType::Melding).filter(move |row| row.kop.levering_nr == nr && row.day("besluitdatum").is_some())
    };
    let first: BTreeSet<_> = besluiten(1).map(|row| row.cells[0].clone()).collect();
    let later = besluiten(2).filter(|row| row.get("ontvangstdatum") <= "2020-07-15" && !first.contains(&row.cells[0]));
    assert_eq!(later.count(), 1, "one besluit came in between the deliveries");
}

/// Whether nine digits (eight: with a zero before them) pass the eleven-test of a BSN.
fn passes_eleven_test(digits: &str) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let digits = format!("{digits:0>9}");
    let sum: i32 = digits.bytes().zip(weights).map(|(digit, weight)| i32::from(digit - b'0') * weight).sum();
    sum != 0 && sum % 11 == 0
}

#[test]
fn no_example_holds_what_looks_like_a_bsn() {
    assert!(passes_eleven_test("111222333") && !passes_eleven_test("111222334"));
    for name in files_below("voorbeeld")
        .into_iter()
        .filter(|name| !name.ends_with("levering.json") && !name.ends_with("leveringen.json"))
    {
        let text = text(&name);
        let numbers = text
            .split(|sign: char| !sign.is_ascii_alphanumeric())
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let suspect = numbers.filter(|number| matches!(number.len(), 8 | 9)).find(|number| passes_eleven_test(number));
        assert_eq!(suspect, None, "{name}");
    }
}
