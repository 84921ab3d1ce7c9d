//! What a listing and its entries must hold before a byte of a file is fetched.

use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryEntry, Listing};

use crate::fetch::error::Fault;
use crate::source::Limits;

/// Reads JSON of the contract. The reader's own message is not passed on: it repeats content.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::Unreadable {
        line: error.line(),
        column: error.column(),
        category: match error.classify() {
            serde_json::error::Category::Eof => "eof",
            serde_json::error::Category::Data => "data",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "syntax",
        },
    })
}

/// Checks that a listing is the one asked for, with each number once; sorts it by number. Whether a delivery's own
/// header says the same is left to the checks (L002, L003): the region then gets a report on it.
pub(super) fn check(mut listing: Listing, vt: &str, maand: Month) -> Result<Listing, Fault> {
    if listing.vt_code != vt {
        return Err(Fault::OtherRegion);
    }
    if listing.maand != maand {
        return Err(Fault::OtherMonth(listing.maand));
    }
    listing.leveringen.sort_by_key(|entry| entry.kop.levering_nr);
    let numbers: Vec<u32> = listing.leveringen.iter().map(|entry| entry.kop.levering_nr).collect();
    match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Fault::Number(pair[0], "stands twice in the listing")),
        None => Ok(listing),
    }
}

/// Checks that an entry has one file of each record type, each within the cap and with a digest. Names the file at fault.
pub(super) fn check_files(entry: &DeliveryEntry, limits: &Limits) -> Result<(), (Option<RecordType>, Fault)> {
    for record in RecordType::ALL {
        match entry.bestanden.iter().filter(|file| file.recordsoort == record).count() {
            1 => {}
            0 => return Err((None, Fault::Files(record, "is missing"))),
            _ => return Err((None, Fault::Files(record, "stands twice"))),
        }
    }
    for file in &entry.bestanden {
        let hexadecimal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if file.sha256.len() != 64 || !file.sha256.bytes().all(hexadecimal) {
            return Err((Some(file.recordsoort), Fault::DigestForm));
        }
        if file.bytes > limits.max_file_bytes {
            let fault = Fault::TooLarge { field: "max_file_bytes", limit: limits.max_file_bytes };
            return Err((Some(file.recordsoort), fault));
        }
    }
    Ok(())
}
