//! The example region: the same deliveries laid in an inbox (CSV) and given by an API (NDJSON).
//!
//! The CSV files and each `kop` are written by hand; NDJSON, digests, sizes, counts and the listing are made from them.

use sha2::{Digest, Sha256};
use vt_domain::contract::{CSV_DELIMITER, Field, FieldKind, LIST_SEPARATOR, RecordType};
use vt_domain::delivery::{Compression, DeliveryEntry, FileEntry, FileFormat, Listing};

use super::docs;
use super::json::Json;

/// The folder of the month's deliveries in the example inbox.
pub const INBOX: &str = "voorbeeld/inbox/VT07/2020-07";

/// The folder of the example API's answers; `href`s count from here, as the listing is the page `leveringen` in it.
pub const API: &str = "voorbeeld/api/v1";

/// The listing of the example API.
pub const LIJST: &str = "voorbeeld/api/v1/leveringen.json";

/// The numbers of the example's deliveries.
pub const NUMMERS: [u32; 2] = [1, 2];

/// The path of a delivery's entry in the inbox.
pub fn entry_path(nr: u32) -> String {
    format!("{INBOX}/{nr}/levering.json")
}

/// The path of a file of the inbox.
pub fn csv_path(nr: u32, record: RecordType) -> String {
    format!("{INBOX}/{nr}/{record}.csv")
}

/// The address of a file of the API, seen from the listing.
pub fn ndjson_href(nr: u32, record: RecordType) -> String {
    format!("leveringen/2020-07/{nr}/{record}.ndjson")
}

/// The rows of a CSV file: its header and its records, as text.
pub fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(CSV_DELIMITER).has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The NDJSON that holds the same records as a CSV file.
pub fn ndjson(record: RecordType, csv: &[u8]) -> String {
    csv_rows(csv)[1..].iter().map(|row| ndjson_line(record, row)).collect()
}

fn ndjson_line(record: RecordType, row: &[String]) -> String {
    let filled = record.fields().iter().zip(row).filter(|(_, cell)| !cell.is_empty());
    let object = Json::map(filled.map(|(field, cell)| (field.name, value(field, cell))));
    serde_json::to_string(&object).unwrap() + "\n"
}

fn value(field: &Field, cell: &str) -> Json {
    match field.kind {
        FieldKind::Codes(_) => Json::list(cell.split(LIST_SEPARATOR)),
        FieldKind::Bool => Json::Bool(cell.parse().unwrap()),
        FieldKind::Count => Json::Number(cell.parse().unwrap()),
        FieldKind::Id | FieldKind::Date | FieldKind::Code(_) | FieldKind::Gemeente => cell.into(),
    }
}

/// The entry of a delivery as committed.
pub fn committed_entry(nr: u32) -> DeliveryEntry {
    serde_json::from_slice(&docs::bytes(&entry_path(nr))).unwrap()
}

/// The listing as committed.
pub fn committed_listing() -> Listing {
    serde_json::from_slice(&docs::bytes(LIJST)).unwrap()
}

/// What `levering.json` should hold: the committed `kop`, and the files as they are.
pub fn inbox_entry(nr: u32) -> DeliveryEntry {
    let bestanden = RecordType::ALL.map(|record| {
        let bytes = docs::bytes(&csv_path(nr, record));
        file_entry(record, FileFormat::Csv, format!("{record}.csv"), &bytes, csv_rows(&bytes).len() - 1)
    });
    DeliveryEntry { kop: committed_entry(nr).kop, bestanden: bestanden.into() }
}

/// What the listing should hold: the same deliveries, as NDJSON.
pub fn listing() -> Listing {
    let leveringen: Vec<DeliveryEntry> = NUMMERS.into_iter().map(api_entry).collect();
    let kop = &leveringen[0].kop;
    Listing { vt_code: kop.vt_code.clone(), maand: kop.leveringsmaand, leveringen }
}

fn api_entry(nr: u32) -> DeliveryEntry {
    let bestanden = RecordType::ALL.map(|record| {
        let text = ndjson(record, &docs::bytes(&csv_path(nr, record)));
        file_entry(record, FileFormat::Ndjson, ndjson_href(nr, record), text.as_bytes(), text.lines().count())
    });
    DeliveryEntry { kop: committed_entry(nr).kop, bestanden: bestanden.into() }
}

fn file_entry(recordsoort: RecordType, formaat: FileFormat, href: String, bytes: &[u8], records: usize) -> FileEntry {
    FileEntry {
        recordsoort,
        formaat,
        compressie: Compression::Geen,
        href,
        bytes: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
        records: records as u64,
    }
}
