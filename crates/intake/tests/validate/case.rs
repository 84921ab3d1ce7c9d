//! A small delivery of VT07 for July 2020 in which everything is right, to be spoiled in one place.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::contract::{FieldKind, RecordType};
use vt_domain::delivery::{Compression, DeliveryEntry, DeliveryHeader, DeliveryKind, FileEntry, FileFormat};
use vt_domain::register::Register;
use vt_intake::RawDelivery;
use vt_intake::checks::{Catalogue, CheckException};
use vt_intake::keep::keep;
use vt_intake::parse::{ParseLimits, parse};
use vt_intake::report::Bevinding;
use vt_intake::validate::{DeliveryOutcome, IdHasher, ValidationContext, validate};
use vt_vault::{DeliveryRecord, Vault};

/// A record: field and text as in CSV.
pub type Row = BTreeMap<String, String>;

/// One file of a case.
#[derive(Clone)]
pub struct File {
    pub record: RecordType,
    pub rows: Vec<Row>,
    pub format: FileFormat,
    pub compression: Compression,
    /// Changes the text before it is compressed.
    pub spoil_text: Option<fn(Vec<u8>) -> Vec<u8>>,
    /// Changes the bytes after that.
    pub spoil_bytes: Option<fn(Vec<u8>) -> Vec<u8>>,
    /// Promised instead of the true number.
    pub promised: Option<u64>,
}

/// A delivery and what it is judged against.
#[derive(Clone)]
pub struct Case {
    pub kop: DeliveryHeader,
    pub files: Vec<File>,
    pub vt: String,
    pub month: Month,
    pub history: Vec<DeliveryRecord>,
    pub exceptions: Vec<CheckException>,
    pub limits: ParseLimits,
    pub today: NaiveDate,
    pub threads: usize,
}

pub fn row(pairs: &[(&str, &str)]) -> Row {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn advies(id: &str, date: &str) -> Row {
    row(&[
        ("advies_id", id),
        ("startdatum", date),
        ("kanaal", "telefoon"),
        ("rol", "beroepsmatig"),
        ("organisatie", "huisarts"),
        ("aard", "partnergeweld|kindermishandeling"),
        ("vorm", ""),
        ("duur_geweld", "1_jaar_tot_5_jaar"),
        ("gm_code", "GM0402"),
    ])
}

pub fn melding(id: &str, date: &str) -> Row {
    row(&[
        ("melding_id", id),
        ("casus_id", ""),
        ("ontvangstdatum", date),
        ("rol", "beroepsmatig"),
        ("organisatie", "politie"),
        ("aard", "partnergeweld"),
        ("vorm", "psychisch_geweld|lichamelijke_mishandeling"),
        ("duur_geweld", ""),
        ("politie_overdracht", "true"),
        ("gm_code", "GM0406"),
        ("n_betrokkenen", "3"),
        ("n_minderjarig", "1"),
        ("veiligheidstaxatie", "acuut|structureel"),
        ("besluit", "vervolg_vt"),
        ("besluitdatum", date),
        ("hermelding", ""),
    ])
}

pub fn dienst(id: &str, melding: &str, start: &str, eind: &str) -> Row {
    let ended = !eind.is_empty();
    row(&[
        ("dienst_id", id),
        ("melding_id", melding),
        ("soort", "onderzoek"),
        ("start", start),
        ("eind", eind),
        ("uitkomst", if ended { "kindermishandeling_bevestigd" } else { "" }),
        ("overdracht", if ended { "wijkteam|ggz" } else { "" }),
    ])
}

impl Case {
    /// Everything is right.
    pub fn new() -> Self {
        let rows = [
            vec![advies("A1", "2020-07-01"), advies("A2", "2020-07-02"), advies("A3", "2020-07-31")],
            vec![melding("M1", "2020-07-03"), melding("M2", "2020-07-04"), melding("M3", "2020-07-04")],
            vec![dienst("D1", "M1", "2020-07-06", ""), dienst("D2", "M-oud", "2020-03-01", "2020-07-15")],
        ];
        let file = |(record, rows)| File {
            record,
            rows,
            format: FileFormat::Csv,
            compression: Compression::Geen,
            spoil_text: None,
            spoil_bytes: None,
            promised: None,
        };
        Self {
            kop: DeliveryHeader {
                protocol_versie: "1".into(),
                vt_code: "VT07".into(),
                leveringsmaand: "2020-07".parse().unwrap(),
                levering_nr: 1,
                soort: DeliveryKind::Volledig,
                tot_en_met: day("2020-07-31"),
                aangemaakt_op: "2020-08-03T08:00:00Z".parse().unwrap(),
                bronsysteem: "Regas 4".into(),
            },
            files: RecordType::ALL.into_iter().zip(rows).map(file).collect(),
            vt: "VT07".into(),
            month: "2020-07".parse().unwrap(),
            history: Vec::new(),
            exceptions: Vec::new(),
            limits: ParseLimits::default(),
            today: day("2020-08-05"),
            threads: 2,
        }
    }

    /// With one change.
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self::new();
        change(&mut case);
        case
    }

    pub fn file(&mut self, record: RecordType) -> &mut File {
        self.files.iter_mut().find(|file| file.record == record).unwrap()
    }

    pub fn adviezen(&mut self) -> &mut Vec<Row> {
        &mut self.file(RecordType::Advies).rows
    }

    pub fn meldingen(&mut self) -> &mut Vec<Row> {
        &mut self.file(RecordType::Melding).rows
    }

    pub fn diensten(&mut self) -> &mut Vec<Row> {
        &mut self.file(RecordType::Vervolgdienst).rows
    }

    pub fn format(&mut self, format: FileFormat, compression: Compression) {
        for file in &mut self.files {
            (file.format, file.compression) = (format, compression);
        }
    }

    /// Another region and month, asked and delivered.
    pub fn move_to(&mut self, vt: &str, month: &str) {
        self.vt = vt.into();
        self.kop.vt_code = vt.into();
        self.month = month.parse().unwrap();
        let until = self.month.last_day();
        (self.kop.leveringsmaand, self.kop.tot_en_met) = (self.month, until);
        let made = until + chrono::Days::new(3);
        self.kop.aangemaakt_op = made.and_hms_opt(8, 0, 0).unwrap().and_utc();
        self.today = until + chrono::Days::new(5);
        for file in &mut self.files {
            for row in &mut file.rows {
                for value in row.values_mut().filter(|value| value.starts_with("2020-07-")) {
                    *value = value.replace("2020-07-31", &until.to_string()).replace("2020-07-", &format!("{month}-"));
                }
            }
        }
    }

    pub fn entry(&self) -> (DeliveryEntry, Vec<Vec<u8>>) {
        let (bestanden, bytes) = self.files.iter().map(File::made).unzip();
        (DeliveryEntry { kop: self.kop.clone(), bestanden }, bytes)
    }

    /// Puts the files into a quarantine.
    pub async fn fetched(&self, vault: &Vault) -> RawDelivery {
        let (entry, contents) = self.entry();
        let raw = RawDelivery::new(&self.vt, self.month, entry);
        for (file, bytes) in raw.entry.bestanden.iter().zip(contents) {
            let mut writer = vault.quarantine(&raw.id, &file.kept_name()).await.unwrap();
            writer.write(bytes.into()).await.unwrap();
            writer.finish().await.unwrap();
        }
        raw
    }

    /// Judges the delivery.
    pub async fn judged(&self, vault: &Vault) -> DeliveryOutcome {
        let raw = self.fetched(vault).await;
        let parsed = parse(vault, raw, &self.limits).await.unwrap();
        let ctx = ValidationContext {
            asked_vt: &self.vt,
            asked_month: self.month,
            register: Register::builtin(),
            codes: CodeLists::builtin(),
            catalogue: Catalogue::builtin(),
            exceptions: &self.exceptions,
            history: &self.history,
            hasher: &hasher(),
            today: self.today,
            limits: &self.limits,
            threads: self.threads,
        };
        validate(vault, parsed, &ctx).await.unwrap()
    }

    /// Judges it on a store of its own and keeps it.
    pub async fn run(&self) -> Kept {
        let vault = memory_vault();
        let outcome = self.judged(&vault).await;
        let findings = outcome.report().kwaliteitsrapport.bevindingen.clone();
        let report = outcome.report().clone();
        let record = keep(&vault, outcome, "2020-08-05T09:00:00Z".parse().unwrap()).await.unwrap();
        Kept { vault, record, findings, report }
    }
}

impl File {
    fn made(&self) -> (FileEntry, Vec<u8>) {
        let text = match self.format {
            FileFormat::Csv => csv(self.record, &self.rows),
            FileFormat::Ndjson => ndjson(self.record, &self.rows),
        };
        let text = self.spoil_text.map_or(text.clone(), |spoil| spoil(text));
        let bytes = compressed(&text, self.compression);
        let bytes = self.spoil_bytes.map_or(bytes.clone(), |spoil| spoil(bytes));
        let entry = FileEntry {
            recordsoort: self.record,
            formaat: self.format,
            compressie: self.compression,
            href: format!("files/{}", self.record),
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(&bytes)),
            records: self.promised.unwrap_or(self.rows.len() as u64),
        };
        (entry, bytes)
    }
}

pub fn hasher() -> IdHasher {
    IdHasher::new([7; 32])
}

pub fn memory_vault() -> Vault {
    Vault::new(Arc::new(InMemory::new()))
}

pub fn csv(record: RecordType, rows: &[Row]) -> Vec<u8> {
    let names: Vec<&str> = record.fields().iter().map(|field| field.name).collect();
    let mut text = names.join(";") + "\n";
    for row in rows {
        let values: Vec<&str> = names.iter().map(|name| row.get(*name).map_or("", String::as_str)).collect();
        text += &(values.join(";") + "\n");
    }
    text.into_bytes()
}

pub fn ndjson(record: RecordType, rows: &[Row]) -> Vec<u8> {
    rows.iter().flat_map(|row| json_line(record, row).into_bytes()).collect()
}

/// In the order of the contract; an empty optional field is left out, null or empty by turns.
fn json_line(record: RecordType, row: &Row) -> String {
    let mut object = Vec::new();
    for (place, field) in record.fields().iter().enumerate() {
        let text = row.get(field.name).map_or("", String::as_str);
        let value = match field.kind {
            _ if text.is_empty() && place % 3 == 0 => continue,
            _ if text.is_empty() && place % 3 == 1 => Value::Null,
            FieldKind::Codes(_) if text.is_empty() => json!([]),
            FieldKind::Codes(_) => json!(text.split('|').collect::<Vec<_>>()),
            FieldKind::Bool if matches!(text, "true" | "false") => json!(text == "true"),
            FieldKind::Count => text.parse::<u64>().map_or(json!(text), |number| json!(number)),
            _ => json!(text),
        };
        object.push(format!("{}:{}", json!(field.name), value));
    }
    format!("{{{}}}\n", object.join(","))
}

pub fn compressed(text: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Geen => text.to_vec(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(text, 3).unwrap(),
    }
}

/// The days of July, over and over.
pub fn july(nr: usize) -> String {
    format!("2020-07-{:02}", nr % 31 + 1)
}

/// What was kept of a delivery.
pub struct Kept {
    pub vault: Vault,
    pub record: DeliveryRecord,
    pub findings: Vec<Bevinding>,
    pub report: vt_intake::report::DeliveryReport,
}

impl Kept {
    /// Ids of the checks that found something.
    pub fn checks(&self) -> Vec<&str> {
        self.findings.iter().map(|found| found.controle.as_str()).collect()
    }

    pub fn finding(&self, check: &str) -> &Bevinding {
        self.findings.iter().find(|found| found.controle == check).unwrap_or_else(|| panic!("{:?}", self.checks()))
    }

    /// The registrations of a record type.
    pub async fn registrations(&self, record: RecordType) -> Vec<RecordBatch> {
        let path = self.vault.registration_path(&self.record.id(), record);
        let bytes = self.vault.store().get(&path).await.unwrap().bytes().await.unwrap();
        ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap().map(Result::unwrap).collect()
    }

    pub async fn count(&self, record: RecordType) -> usize {
        self.registrations(record).await.iter().map(RecordBatch::num_rows).sum()
    }

    /// The registrations as text, for comparison.
    pub async fn as_text(&self, record: RecordType) -> String {
        arrow::util::pretty::pretty_format_batches(&self.registrations(record).await).unwrap().to_string()
    }

    /// Paths of all objects in the store, with their bytes.
    pub async fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        use futures::TryStreamExt;
        let listed: Vec<_> = self.vault.store().list(None).try_collect().await.unwrap();
        let mut objects = BTreeMap::new();
        for meta in listed {
            let bytes = self.vault.store().get(&meta.location).await.unwrap().bytes().await.unwrap();
            objects.insert(meta.location.to_string(), bytes.to_vec());
        }
        objects
    }
}
