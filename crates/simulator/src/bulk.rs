//! Deliveries of any size for benchmarks, streamed to files: memory does not grow with them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, DeliveryEntry, FileEntry, FileFormat};
use vt_domain::{Month, delivery::DeliveryKind};

use crate::calibration::{REGIONS, region_index};
use crate::chance::{Purpose, stream};
use crate::config::SimulatorConfig;
use crate::encode::{RecordWriter, Row};
use crate::generate::{Casussen, Draft, Generator};
use crate::inbox::{InboxError, make_dir, write_entry};
use crate::schedule::Profile;

/// One big delivery.
#[derive(Debug, Clone)]
pub struct BulkRequest {
    /// Decides what is drawn.
    pub seed: u64,
    /// The region that it is of.
    pub vt: String,
    /// The month, 2018-01 to 2021-12.
    pub month: Month,
    /// Adviezen and meldingen together; the vervolgdiensten that come from them are extra.
    pub registrations: u64,
    /// CSV or NDJSON.
    pub format: FileFormat,
    /// Compression.
    pub compression: Compression,
}

impl BulkRequest {
    /// So many registrations of VT18 in July 2020, in plain CSV.
    pub fn new(registrations: u64) -> Self {
        Self {
            seed: 1,
            vt: "VT18".to_owned(),
            // Unwrap safety: July 2020 is a month.
            month: Month::new(2020, 7).unwrap(),
            registrations,
            format: FileFormat::Csv,
            compression: Compression::Geen,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkSummary {
    /// Where `levering.json` and its files are.
    pub place: PathBuf,
    /// What `levering.json` says: names, sizes, digests, counts.
    pub entry: DeliveryEntry,
}

/// Why a big delivery could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// Region or month is not simulated.
    #[error("{vt} {month} is not simulated: regions VT01 to VT26, months 2018-01 to 2021-12")]
    Unplanned {
        /// The region asked for.
        vt: String,
        /// The month asked for.
        month: Month,
    },
    /// More than ids can tell apart.
    #[error("{0} registrations are more than a region's ids can tell apart (2000000000)")]
    TooMany(u64),
    /// A file of records.
    #[error("{path}: {source}", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The directory or the entry.
    #[error(transparent)]
    Entry(#[from] InboxError),
}

/// Of a hundred registrations so many are adviezen, as in 2020 (CBS: 122,050 adviezen, 127,415 meldingen).
const ADVIEZEN_PER_CENT: u64 = 49;

const MOST: u64 = 2_000_000_000;

/// Writes one delivery, number 1 of its month, in the layout of an inbox under `dir`. Uses two threads.
///
/// # Errors
/// A region or month that is not simulated, too many registrations, a file that can't be written.
pub fn write_bulk(dir: &Path, request: &BulkRequest) -> Result<BulkSummary, BulkError> {
    let BulkRequest { vt, month, registrations, .. } = request;
    let unplanned = || BulkError::Unplanned { vt: vt.chars().take(20).collect(), month: *month };
    if *registrations > MOST {
        return Err(BulkError::TooMany(*registrations));
    }
    let region = region_index(vt).ok_or_else(unplanned)?;
    let generator = Generator::new(&SimulatorConfig { seed: request.seed, ..SimulatorConfig::default() });
    let deliveries = generator.deliveries(region, *month);
    let whole =
        deliveries.into_iter().find(|planned| planned.header.soort == DeliveryKind::Volledig).ok_or_else(unplanned)?;
    let draft = generator.draft(region, &whole).ok_or_else(unplanned)?;
    let place = dir.join(REGIONS[region]).join(month.to_string()).join("1");
    make_dir(&place)?;
    let bulk = Bulk { draft: &draft, request, region, place: &place };
    let n_adviezen = registrations * ADVIEZEN_PER_CENT / 100;
    let (adviezen, others) = std::thread::scope(|scope| {
        let adviezen = scope.spawn(|| bulk.adviezen(n_adviezen));
        let others = bulk.meldingen(registrations - n_adviezen);
        (adviezen.join(), others)
    });
    // Unwrap safety: a thread that panicked has no result; its panic goes on here.
    let adviezen = adviezen.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let (meldingen, diensten) = others?;
    let mut kop = whole.header;
    kop.levering_nr = 1;
    let entry = DeliveryEntry { kop, bestanden: vec![adviezen, meldingen, diensten] };
    write_entry(&place, &entry)?;
    Ok(BulkSummary { place, entry })
}

struct Bulk<'a> {
    draft: &'a Draft<'a>,
    request: &'a BulkRequest,
    region: usize,
    place: &'a Path,
}

impl Bulk<'_> {
    fn adviezen(&self, n: u64) -> Result<FileEntry, BulkError> {
        let mut file = self.open(RecordType::Advies)?;
        let mut rng = stream(self.request.seed, Purpose::Adviezen, self.region, usize::MAX);
        for index in 0..n {
            file.write(&self.draft.advies(&mut rng, index as usize, self.day(index, n)))?;
        }
        file.finish()
    }

    fn meldingen(&self, n: u64) -> Result<(FileEntry, FileEntry), BulkError> {
        let (mut file, mut diensten) = (self.open(RecordType::Melding)?, self.open(RecordType::Vervolgdienst)?);
        let mut rng = stream(self.request.seed, Purpose::Meldingen, self.region, usize::MAX);
        let mut casussen = Casussen::default();
        for index in 0..n {
            let (number, day) = (index as usize, self.day(index, n));
            file.write(&self.draft.melding(&mut rng, &mut casussen, number, day))?;
            if let Some(service) = self.draft.service_begun(self.draft.origin(number, day)) {
                diensten.write(&self.draft.dienst(service))?;
            }
        }
        Ok((file.finish()?, diensten.finish()?))
    }

    /// Registrations come in evenly over the month.
    fn day(&self, index: u64, n: u64) -> usize {
        let days = self.draft.days();
        days.start + (u128::from(index) * days.len() as u128 / u128::from(n)) as usize
    }

    fn open(&self, record: RecordType) -> Result<BulkFile, BulkError> {
        let BulkRequest { format, compression, .. } = *self.request;
        let entry = FileEntry {
            recordsoort: record,
            formaat: format,
            compressie: compression,
            href: String::new(),
            bytes: 0,
            sha256: String::new(),
            records: 0,
        };
        let entry = FileEntry { href: entry.kept_name(), ..entry };
        let path = self.place.join(&entry.href);
        let profile = Profile { format, compression, crlf: false, quoted: false, ranges: true };
        let open = || {
            let digesting = Digesting { to: BufWriter::new(File::create(&path)?), digest: Sha256::new(), bytes: 0 };
            let packed = BufWriter::with_capacity(1 << 16, Packed::new(digesting, compression)?);
            RecordWriter::new(packed, record, profile)
        };
        match open() {
            Ok(writer) => Ok(BulkFile { path, entry, writer }),
            Err(source) => Err(BulkError::Write { path, source }),
        }
    }
}

struct BulkFile {
    path: PathBuf,
    entry: FileEntry,
    writer: RecordWriter<BufWriter<Packed>>,
}

impl BulkFile {
    fn write(&mut self, record: &impl Row) -> Result<(), BulkError> {
        self.entry.records += 1;
        self.writer.write(record).map_err(|source| BulkError::Write { path: self.path.clone(), source })
    }

    fn finish(self) -> Result<FileEntry, BulkError> {
        let Self { path, mut entry, writer } = self;
        let digesting = writer
            .finish()
            .and_then(|buffer| buffer.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(Packed::finish);
        match digesting.and_then(|mut digesting| digesting.to.flush().map(|()| digesting)) {
            Ok(digesting) => {
                entry.bytes = digesting.bytes;
                entry.sha256 = hex::encode(digesting.digest.finalize());
                Ok(entry)
            }
            Err(source) => Err(BulkError::Write { path, source }),
        }
    }
}

/// Counts and digests what goes to a file.
struct Digesting {
    to: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.to.write(buffer)?;
        self.digest.update(&buffer[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

enum Packed {
    Plain(Digesting),
    Gzip(flate2::write::GzEncoder<Digesting>),
    Zstd(zstd::Encoder<'static, Digesting>),
}

impl Packed {
    fn new(to: Digesting, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::Geen => Self::Plain(to),
            Compression::Gzip => Self::Gzip(flate2::write::GzEncoder::new(to, flate2::Compression::fast())),
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(to, 3)?),
        })
    }

    fn finish(self) -> io::Result<Digesting> {
        match self {
            Self::Plain(to) => Ok(to),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Packed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(to) => to.write(buffer),
            Self::Gzip(to) => to.write(buffer),
            Self::Zstd(to) => to.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.flush(),
            Self::Gzip(to) => to.flush(),
            Self::Zstd(to) => to.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn lines(bytes: &[u8], compression: Compression) -> Vec<String> {
        let text = match compression {
            Compression::Geen => String::from_utf8(bytes.to_vec()).unwrap(),
            Compression::Gzip => io::read_to_string(flate2::read::GzDecoder::new(bytes)).unwrap(),
            Compression::Zstd => String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap(),
        };
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_big_delivery_has_as_many_registrations_as_asked_and_keeps_its_promise() {
        for (format, compression) in [
            (FileFormat::Csv, Compression::Geen),
            (FileFormat::Ndjson, Compression::Gzip),
            (FileFormat::Csv, Compression::Zstd),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let request = BulkRequest { format, compression, ..BulkRequest::new(5000) };
            let BulkSummary { place, entry } = write_bulk(dir.path(), &request).unwrap();
            assert_eq!(entry.bestanden[0].records + entry.bestanden[1].records, 5000);
            assert!(entry.bestanden[2].records > 300);
            for file in &entry.bestanden {
                let bytes = std::fs::read(place.join(&file.href)).unwrap();
                assert_eq!(
                    (bytes.len() as u64, hex::encode(Sha256::digest(&bytes))),
                    (file.bytes, file.sha256.clone())
                );
                let header = usize::from(format == FileFormat::Csv);
                assert_eq!(lines(&bytes, compression).len(), file.records as usize + header);
            }
        }
    }

    #[test]
    fn ids_stay_distinct_beyond_what_a_month_holds() {
        let ids = crate::ids::Ids::new(1, 17, false);
        let far = (1 << 24) - 5..(1 << 24) + 5;
        let distinct: HashSet<String> =
            far.map(|i| ids.id(crate::ids::IdKind::Melding, crate::ids::of_month(30, i))).collect();
        assert_eq!(distinct.len(), 10);
    }

    #[test]
    fn what_is_not_simulated_is_refused() {
        let month = Month::new(2022, 1).unwrap();
        let error = write_bulk(Path::new("unused"), &BulkRequest { month, ..BulkRequest::new(1) }).unwrap_err();
        assert_eq!(error.to_string(), "VT18 2022-01 is not simulated: regions VT01 to VT26, months 2018-01 to 2021-12");
        assert!(matches!(write_bulk(Path::new("unused"), &BulkRequest::new(MOST + 1)), Err(BulkError::TooMany(_))));
    }
}
