//! From records to the bytes of a file: CSV or NDJSON, plain, gzip or zstd.

mod row;

use std::io::{self, Write};

use vt_domain::contract::{CSV_DELIMITER, RecordType};
use vt_domain::delivery::{Compression, FileFormat};

pub use row::Row;

use crate::records::Records;
use crate::schedule::Profile;
use row::json_text;

/// Writes records one by one, so that a file can be larger than memory.
pub struct RecordWriter<W: Write> {
    form: Form<W>,
    scratch: Vec<u8>,
}

enum Form<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
}

impl<W: Write> RecordWriter<W> {
    /// A writer in a region's way of writing; CSV begins with its header.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn new(to: W, record: RecordType, profile: Profile) -> io::Result<Self> {
        let scratch = Vec::with_capacity(512);
        if profile.format == FileFormat::Ndjson {
            return Ok(Self { form: Form::Ndjson(to), scratch });
        }
        let terminator = if profile.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let quotes = if profile.quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(CSV_DELIMITER)
            .terminator(terminator)
            .quote_style(quotes)
            .from_writer(to);
        csv.write_record(record.fields().iter().map(|field| field.name))?;
        Ok(Self { form: Form::Csv(Box::new(csv)), scratch })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write<R: Row>(&mut self, record: &R) -> io::Result<()> {
        let Self { form, scratch } = self;
        scratch.clear();
        match form {
            Form::Csv(csv) => {
                let mut written = Ok(());
                record.each(|value| {
                    scratch.clear();
                    value.csv(scratch);
                    if written.is_ok() {
                        written = csv.write_field(&*scratch);
                    }
                });
                written.and_then(|()| csv.write_record(None::<&[u8]>))?;
                Ok(())
            }
            Form::Ndjson(to) => {
                let mut names = R::RECORD.fields().iter().map(|field| field.name);
                record.each(|value| {
                    let name = names.next().unwrap_or_default();
                    if !value.is_empty() {
                        scratch.push(if scratch.is_empty() { b'{' } else { b',' });
                        json_text(scratch, name);
                        scratch.push(b':');
                        value.json(scratch);
                    }
                });
                scratch.extend_from_slice(b"}\n");
                to.write_all(scratch)
            }
        }
    }

    /// Ends the file and gives back what was written to.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn finish(self) -> io::Result<W> {
        match self.form {
            Form::Csv(csv) => csv.into_inner().map_err(|error| io::Error::other(error.to_string())),
            Form::Ndjson(to) => Ok(to),
        }
    }
}

/// The uncompressed text of one file.
pub fn text(records: &Records, record: RecordType, profile: Profile) -> Vec<u8> {
    let written = match record {
        RecordType::Advies => all(&records.adviezen, profile),
        RecordType::Melding => all(&records.meldingen, profile),
        RecordType::Vervolgdienst => all(&records.vervolgdiensten, profile),
    };
    // Unwrap safety: writing to memory does not fail, and every value of a record can be written.
    written.unwrap()
}

fn all<R: Row>(records: &[R], profile: Profile) -> io::Result<Vec<u8>> {
    let mut writer = RecordWriter::new(Vec::with_capacity(records.len() * 160), R::RECORD, profile)?;
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
        csv::ReaderBuilder::new()
            .delimiter(b';')
            .has_headers(false)
            .from_reader(text)
            .records()
            .map(Result::unwrap)
            .collect()
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
        let value =
            |name: &str| &row[RecordType::Melding.fields().iter().position(|field| field.name == name).unwrap()];
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
                assert!(
                    record.fields().iter().filter(|field| field.required).all(|field| object.contains_key(field.name)),
                    "{line}"
                );
                lines += 1;
            }
            assert_eq!(lines, count(&records, record));
        }
    }

    #[test]
    fn values_in_ndjson_are_those_of_the_record() {
        let mut records = records();
        records.meldingen.truncate(1);
        let melding = &mut records.meldingen[0];
        melding.casus_id = Some("a\"b\\\u{e9}".to_owned());
        melding.n_minderjarig = None;
        melding.besluitdatum = Some("2020-08-03".parse().unwrap());
        let line = text(&records, RecordType::Melding, Profile { format: FileFormat::Ndjson, ..CSV });
        let object: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let melding = &records.meldingen[0];
        assert_eq!(object["casus_id"], melding.casus_id.as_deref().unwrap());
        assert_eq!(object["aard"], serde_json::json!(melding.aard));
        assert_eq!(object["ontvangstdatum"], melding.ontvangstdatum.to_string());
        assert_eq!(object["besluitdatum"], "2020-08-03");
        assert_eq!(object["politie_overdracht"], melding.politie_overdracht);
        assert_eq!(object["n_betrokkenen"], melding.n_betrokkenen);
        assert!(object.get("n_minderjarig").is_none());
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
