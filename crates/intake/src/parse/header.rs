//! The CSV header: exactly the contract's columns, in any order.

use vt_domain::contract::RecordType;

use super::csv::quoted_fields;
use crate::checks::{Check, Found};

/// Which column of the file is which field of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CsvHeader {
    /// By place in the file, the place of the field in the contract.
    pub places: Vec<usize>,
}

impl CsvHeader {
    /// No record of the contract has more fields; a power of two.
    pub const MAX: usize = 32;

    /// Reads the header row, without line end.
    pub fn read(record: RecordType, line: &[u8]) -> Result<Self, Vec<Found>> {
        let contract = record.fields();
        let cells: Vec<&[u8]> = match quoted_fields(line, 0, line.len()) {
            Some(spans) => spans.iter().map(|span| &line[span.start as usize..][..span.len as usize]).collect(),
            None => line.split(|byte| *byte == b';').collect(),
        };
        if cells.len() == 1 && other_separator(record, line) {
            return Err(vec![Found::new(Check::Scheidingsteken)]);
        }
        let mut places = Vec::with_capacity(cells.len());
        let mut unknown = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            match contract.iter().position(|field| field.name.as_bytes() == *cell) {
                Some(place) => places.push(place),
                None => unknown.push((at + 1).to_string()),
            }
        }
        let mut faults = Vec::new();
        if !unknown.is_empty() {
            let fault = Found::new(Check::OnbekendeKolom).count(unknown.len() as u64);
            faults.push(fault.with("plaatsen", &first_of(&unknown)));
        }
        for (place, field) in contract.iter().enumerate() {
            match places.iter().filter(|found| **found == place).count() {
                0 => faults.push(Found::new(Check::OntbrekendeKolom).field(field.name)),
                1 => {}
                _ => faults.push(Found::new(Check::DubbeleKolom).field(field.name)),
            }
        }
        if faults.is_empty() { Ok(Self { places }) } else { Err(faults) }
    }
}

/// Whether a header of one cell would be the contract's with another separator.
fn other_separator(record: RecordType, line: &[u8]) -> bool {
    [b',', b'\t', b'|'].iter().any(|separator| {
        line.split(|byte| byte == separator)
            .any(|cell| cell != line && record.fields().iter().any(|field| field.name.as_bytes() == cell))
    })
}

fn first_of(places: &[String]) -> String {
    let shown = places.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    if places.len() > 20 { format!("{shown}, …") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_fits() {
        assert!(RecordType::ALL.into_iter().all(|record| record.fields().len() <= CsvHeader::MAX));
        assert!(CsvHeader::MAX.is_power_of_two());
    }

    #[test]
    fn order_is_free_and_quotes_are_fine() {
        let header = CsvHeader::read(
            RecordType::Vervolgdienst,
            b"start;\"dienst_id\";eind;melding_id;soort;overdracht;uitkomst",
        );
        assert_eq!(header.unwrap().places, [3, 0, 4, 1, 2, 6, 5]);
    }
}
