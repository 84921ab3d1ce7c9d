//! From records to the bytes of a file: CSV or NDJSON, plain, gzip or zstd.

use std::io::{self, Write};

use chrono::NaiveDate;
use serde::Serialize;
use vt_domain::contract::{CSV_DELIMITER, LIST_SEPARATOR, RecordType};
use vt_domain::delivery::{Compression, FileFormat};

use crate::records::{Advies, Melding, Records, Vervolgdienst};
use crate::schedule::Profile;

/// A record that can be written as a CSV row, in the order of the contract.
pub trait Row: Serialize {
    /// Writes its fields, without the end of the row.
    ///
    /// # Errors
    /// When the writer fails.
    fn fields<W: Write>(&self, row: &mut csv::Writer<W>) -> csv::Result<()>;
}

fn list(codes: &[&str]) -> String {
    codes.join(LIST_SEPARATOR.encode_utf8(&mut [0; 4]))
}

fn day(date: NaiveDate) -> String {
    date.to_string()
}

fn optional_day(date: Option<NaiveDate>) -> String {
    date.map(day).unwrap_or_default()
}

impl Row for Advies {
    fn fields<W: Write>(&self, row: &mut csv::Writer<W>) -> csv::Result<()> {
        row.write_field(&self.advies_id)?;
        row.write_field(day(self.startdatum))?;
        row.write_field(self.kanaal)?;
        row.write_field(self.rol)?;
        row.write_field(self.organisatie)?;
        row.write_field(list(&self.aard))?;
        row.write_field(list(&self.vorm))?;
        row.write_field(self.duur_geweld.unwrap_or_default())?;
        row.write_field(self.gm_code.as_deref().unwrap_or_default())
    }
}

impl Row for Melding {
    fn fields<W: Write>(&self, row: &mut csv::Writer<W>) -> csv::Result<()> {
        row.write_field(&self.melding_id)?;
        row.write_field(self.casus_id.as_deref().unwrap_or_default())?;
        row.write_field(day(self.ontvangstdatum))?;
        row.write_field(self.rol)?;
        row.write_field(self.organisatie)?;
        row.write_field(list(&self.aard))?;
        row.write_field(list(&self.vorm))?;
        row.write_field(self.duur_geweld.unwrap_or_default())?;
        row.write_field(if self.politie_overdracht { "true" } else { "false" })?;
        row.write_field(&self.gm_code)?;
        row.write_field(self.n_betrokkenen.to_string())?;
        row.write_field(self.n_minderjarig.map(|n| n.to_string()).unwrap_or_default())?;
        row.write_field(list(&self.veiligheidstaxatie))?;
        row.write_field(self.besluit)?;
        row.write_field(optional_day(self.besluitdatum))?;
        row.write_field(self.hermelding.unwrap_or_default())
    }
}

impl Row for Vervolgdienst {
    fn fields<W: Write>(&self, row: &mut csv::Writer<W>) -> csv::Result<()> {
        row.write_field(&self.dienst_id)?;
        row.write_field(&self.melding_id)?;
        row.write_field(self.soort)?;
        row.write_field(day(self.start))?;
        row.write_field(optional_day(self.eind))?;
        row.write_field(list(&self.uitkomst))?;
        row.write_field(list(&self.overdracht))
    }
}

/// Writes records one by one, so that a file can be larger than memory.
pub enum RecordWriter<W: Write> {
    /// CSV.
    Csv(Box<csv::Writer<W>>),
    /// NDJSON.
    Ndjson(W),
}

impl<W: Write> RecordWriter<W> {
    /// A writer in a region's way of writing; CSV begins with its header.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(to: W, record: RecordType, profile: Profile) -> io::Result<Self> {
        if profile.format == FileFormat::Ndjson {
            return Ok(Self::Ndjson(to));
        }
        let terminator = if profile.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let quotes = if profile.quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut csv = csv::WriterBuilder::new().delimiter(CSV_DELIMITER).terminator(terminator).quote_style(quotes).from_writer(to);
        csv.write_record(record.fields().iter().map(|field| field.name))?;
        Ok(Self::Csv(Box::new(csv)))
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&mut self, record: &impl Row) -> io::Result<()> {
        match self {
            Self::Csv(csv) => {
                record.fields(csv)?;
                Ok(csv.write_record(None::<&[u8]>)?)
            }
            Self::Ndjson(to) => {
                serde_json::to_writer(&mut *to, record)?;
                to.write_all(b"\n")
            }
        }
    }

    /// Ends the file and gives back what was written to.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Csv(csv) => csv.into_inner().map_err(|error| io::Error::other(error.to_string())),
            Self::Ndjson(to) => Ok(to),
        }
    }
}

/// The uncompressed text of one file.
pub fn text(records: &Records, record: RecordType, profile: Profile) -> Vec<u8> {
    let written = match record {
        RecordType::Advies => all(&records.adviezen, record, profile),
        RecordType::Melding => all(&records.meldingen, record, profile),
        RecordType::Vervolgdienst => all(&records.vervolgdiensten, record, profile),
    };
    // Unwrap safety: writing to memory does not fail, and every value of a record can be written.
    written.unwrap()
}

fn all<R: Row>(records: &[R], record: RecordType, profile: Profile) -> io::Result<Vec<u8>> {
    let mut writer = RecordWriter::new(Vec::with_capacity(records.len() * 160), record, profile)?;
    records.iter().try_for_each(|record| writer.write(record))?;
    writer.finish()
}

/// How many records of a kind there are.
pub fn count(records: &Records, record: RecordType) -> u64 {
    let n = match record {
        RecordType::Advies => records.adviezen.len(),
        RecordType::Melding => records.meldingen.len(),
        RecordType::Vervolgdienst => records.vervolgdiensten.len(),
    };
    n as u64
}

/// Compresses a text. The same text gives the same bytes: no time and no name is written.
pub fn compress(text: Vec<u8>, compression: Compression) -> Vec<u8> {
    let compressed = match compression {
        Compression::Geen => Ok(text),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&text).and_then(|()| encoder.finish())
        }
        Compression::Zstd => zstd::bulk::compress(&text, 3),
    };
    // Unwrap safety: compressing from memory to memory does not fail.
    compressed.unwrap()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::config::SimulatorConfig;
    use crate::truth::Truth;

    const CSV: Profile =
        Profile { format: FileFormat::Csv, compression: Compression::Geen, crlf: false, quoted: false, ranges: true };

    fn records() -> Records {
        Truth::new(&SimulatorConfig::default()).records("VT07", "2020-07".parse().unwrap(), 1).unwrap()
    }

    fn rows(text: &[u8]) -> Vec<csv::StringRecord> {
        csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(text).records().map(Result::unwrap).collect()
    }

    #[test]
    fn csv_has_the_header_and_the_fields_of_the_contract() {
        let records = records();
        for record in RecordType::ALL {
            let rows = rows(&text(&records, record, CSV));
            assert!(rows[0].iter().eq(record.fields().iter().map(|field| field.name)));
            assert_eq!(rows.len() as u64, 1 + count(&records, record));
        }
        let melding = &records.meldingen[0];
        let row = &rows(&text(&records, RecordType::Melding, CSV))[1];
        let value = |name: &str| &row[RecordType::Melding.fields().iter().position(|field| field.name == name).unwrap()];
        assert_eq!(value("melding_id"), melding.melding_id);
        assert_eq!(value("aard"), melding.aard.join("|"));
        assert_eq!(value("politie_overdracht"), melding.politie_overdracht.to_string());
        assert_eq!(value("besluit"), melding.besluit);
        assert_eq!(value("n_betrokkenen"), melding.n_betrokkenen.to_string());
    }

    #[test]
    fn ndjson_has_only_fields_of_the_contract_and_all_required_ones() {
        let records = records();
        let ndjson = Profile { format: FileFormat::Ndjson, ..CSV };
        for record in RecordType::ALL {
            let text = text(&records, record, ndjson);
            let mut lines = 0;
            for line in std::str::from_utf8(&text).unwrap().lines() {
                let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
                assert!(object.keys().all(|key| record.field(key).is_some()), "{line}");
                assert!(record.fields().iter().filter(|field| field.required).all(|field| object.contains_key(field.name)), "{line}");
                lines += 1;
            }
            assert_eq!(lines, count(&records, record));
        }
    }

    #[test]
    fn an_empty_file_has_its_header() {
        let text = text(&Records::default(), RecordType::Vervolgdienst, CSV);
        assert_eq!(text, b"dienst_id;melding_id;soort;start;eind;uitkomst;overdracht\n");
    }

    #[test]
    fn line_ends_and_quotes_vary_without_changing_a_value() {
        let records = records();
        let plain = text(&records, RecordType::Advies, CSV);
        let crlf = text(&records, RecordType::Advies, Profile { crlf: true, ..CSV });
        let quoted = text(&records, RecordType::Advies, Profile { quoted: true, ..CSV });
        assert!(crlf.ends_with(b"\r\n") && quoted.starts_with(b"\"advies_id\";"));
        assert_eq!(rows(&plain), rows(&crlf));
        assert_eq!(rows(&plain), rows(&quoted));
    }

    #[test]
    fn compressed_files_unpack_to_the_text() {
        let text = text(&records(), RecordType::Melding, CSV);
        let mut unpacked = Vec::new();
        let gzip = compress(text.clone(), Compression::Gzip);
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert!(gzip.len() < text.len() / 3);
        let zstd = compress(text.clone(), Compression::Zstd);
        assert_eq!(zstd::decode_all(&zstd[..]).unwrap(), text);
        assert_eq!(compress(text.clone(), Compression::Geen), text);
    }
}
