//! The example as files: digests, sizes, counts, places, and the same records in both formats.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};
use vt_domain::contract::{CSV_DELIMITER, RecordType};
use vt_domain::delivery::{DeliveryEntry, DeliveryKind, FileEntry, FileFormat, Listing, counts_over};

use super::docs::{assert_current, bytes, files_below, text};
use super::voorbeeld::{
    API, INBOX, LIJST, NUMMERS, committed_entry, committed_listing, csv_path, csv_rows, entry_path, inbox_entry,
    listing, ndjson, ndjson_href,
};

fn pretty<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn levering_json_describes_the_files_beside_it() {
    for nr in NUMMERS {
        assert_current(&entry_path(nr), &pretty(&inbox_entry(nr)));
    }
}

#[test]
fn the_ndjson_files_are_made_from_the_csv_files() {
    for nr in NUMMERS {
        for record in RecordType::ALL {
            let made = ndjson(record, &bytes(&csv_path(nr, record)));
            assert_current(&format!("{API}/{}", ndjson_href(nr, record)), &made);
        }
    }
}

#[test]
fn the_listing_describes_the_files_of_the_api() {
    assert_current(LIJST, &pretty(&listing()));
}

#[test]
fn listing_and_entries_survive_the_types_of_the_contract() {
    let listing: Listing = serde_json::from_str(&text(LIJST)).unwrap();
    assert_eq!(pretty(&listing), text(LIJST));
    for (nr, listed) in NUMMERS.into_iter().zip(&listing.leveringen) {
        let entry: DeliveryEntry = serde_json::from_str(&text(&entry_path(nr))).unwrap();
        assert_eq!(pretty(&entry), text(&entry_path(nr)));
        assert_eq!(entry.kop, listed.kop);
    }
}

/// Every file that an entry names, with the path in `docs/levering` that its `href` leads to.
fn named_files() -> Vec<(FileEntry, String)> {
    let inbox = NUMMERS.into_iter().flat_map(|nr| {
        committed_entry(nr).bestanden.into_iter().map(move |file| (format!("{INBOX}/{nr}/{}", file.href), file))
    });
    let api = committed_listing().leveringen.into_iter().flat_map(|entry| entry.bestanden);
    let api = api.map(|file| (format!("{API}/{}", file.href), file));
    inbox.chain(api).map(|(path, file)| (file, path)).collect()
}

#[test]
fn every_promise_about_a_file_is_met() {
    assert_eq!(named_files().len(), 2 * 2 * 3);
    for (file, path) in named_files() {
        let bytes = bytes(&path);
        assert_eq!(file.bytes, bytes.len() as u64, "{path}");
        assert_eq!(file.sha256, format!("{:x}", Sha256::digest(&bytes)), "{path}");
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let header = u64::from(file.formaat == FileFormat::Csv);
        assert_eq!(file.records, lines - header, "{path}");
        assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "{path}");
    }
}

#[test]
fn every_delivery_has_one_file_of_each_record_type() {
    let listed = committed_listing().leveringen;
    let entries = NUMMERS.into_iter().map(committed_entry).chain(listed);
    for entry in entries {
        let types: Vec<RecordType> = entry.bestanden.iter().map(|file| file.recordsoort).collect();
        assert_eq!(types, RecordType::ALL, "{}", entry.kop.id());
    }
}

#[test]
fn no_file_of_the_example_is_left_unnamed() {
    let named = named_files().into_iter().map(|(_, path)| path);
    let all: BTreeSet<String> = named.chain(NUMMERS.map(entry_path)).chain([LIJST.to_owned()]).collect();
    assert_eq!(files_below("voorbeeld").into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn the_folder_of_a_delivery_is_its_region_month_and_number() {
    for nr in NUMMERS {
        let kop = committed_entry(nr).kop;
        let folder = format!("{}/{}/{}/levering.json", kop.vt_code, kop.leveringsmaand, kop.levering_nr);
        assert!(entry_path(nr).ends_with(&format!("/{folder}")), "{folder}");
    }
}

#[test]
fn csv_headers_are_the_fields_of_the_contract() {
    for nr in NUMMERS {
        for record in RecordType::ALL {
            let text = text(&csv_path(nr, record));
            let header: Vec<&str> = text.lines().next().unwrap().split(char::from(CSV_DELIMITER)).collect();
            assert_eq!(header, record.fields().iter().map(|field| field.name).collect::<Vec<_>>(), "{record}");
        }
    }
}

/// A value of NDJSON as it is written in CSV.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(codes)) => codes.iter().map(|code| code.as_str().unwrap()).collect::<Vec<_>>().join("|"),
        Some(other) => other.to_string(),
    }
}

#[test]
fn csv_and_ndjson_hold_the_same_records() {
    for nr in NUMMERS {
        for record in RecordType::ALL {
            let rows = csv_rows(&bytes(&csv_path(nr, record)));
            let ndjson = text(&format!("{API}/{}", ndjson_href(nr, record)));
            let objects: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(rows.len() - 1, objects.len(), "{nr} {record}");
            for (row, object) in rows[1..].iter().zip(&objects) {
                let cells: Vec<String> = rows[0].iter().map(|column| cell(object.get(column))).collect();
                assert_eq!(row, &cells, "{nr} {record}");
                assert!(object.as_object().unwrap().keys().all(|key| rows[0].contains(key)), "{nr} {record}");
            }
        }
    }
}

#[test]
fn the_second_delivery_replaces_the_first() {
    let [first, second] = NUMMERS.map(|nr| committed_entry(nr).kop);
    assert_eq!((first.soort, second.soort), (DeliveryKind::Tussentijds, DeliveryKind::Volledig));
    assert!(counts_over(&second, &first) && !counts_over(&first, &second));
    assert!(!first.covers_month() && second.covers_month());
}
