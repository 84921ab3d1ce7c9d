//! Decompression with caps: a region's files are not trusted.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use vt_domain::delivery::{Compression, FileEntry};
use vt_vault::VaultError;

use super::limits::ParseLimits;
use super::source::{Failure, SourceReader};
use crate::checks::{Check, Found};

/// Decompressing is allowed this much before the ratio is looked at.
const RATIO_FREE_BYTES: u64 = 1 << 20;

/// The largest window of Zstandard that is accepted (64 MiB), as a power of two.
const MAX_WINDOW_LOG: u32 = 26;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Why reading stopped before the end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file is not as it should be.
    Fault(Found),
    /// The store failed.
    Failed(VaultError),
}

/// Counts what is read, so that a bomb is known by what it has swallowed so far and not by the size of the whole file.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The decompressed bytes of a file.
pub(crate) struct Decompressed {
    reader: Box<dyn Read + Send>,
    failure: Failure,
    produced: u64,
    max_bytes: u64,
    max_ratio: u64,
    /// Compressed bytes read so far, for files that are compressed.
    compressed: Option<Arc<AtomicU64>>,
}

impl Decompressed {
    /// Opens a file; looks at its first bytes to tell a wrong promise from damage.
    pub fn open(
        mut raw: SourceReader,
        failure: Failure,
        entry: &FileEntry,
        limits: &ParseLimits,
    ) -> Result<Self, Stop> {
        let mut start = Vec::with_capacity(4);
        let read = (&mut raw).take(4).read_to_end(&mut start);
        if let Err(error) = read {
            return Err(stop(&failure, &error));
        }
        let found = match start.as_slice() {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
            _ => Compression::Geen,
        };
        let empty_or_short = GZIP.starts_with(&start) || ZSTD.starts_with(&start);
        if found != entry.compressie && !(entry.compressie != Compression::Geen && empty_or_short) {
            let fault = Found::new(Check::AndereCompressie);
            return Err(Stop::Fault(fault.with("beloofd", name(entry.compressie)).with("gevonden", name(found))));
        }
        let consumed = Arc::new(AtomicU64::new(0));
        let raw = Counted { inner: Cursor::new(start).chain(raw), consumed: Arc::clone(&consumed) };
        let reader: Box<dyn Read + Send> = match entry.compressie {
            Compression::Geen => Box::new(raw),
            Compression::Gzip => Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(64 << 10, raw))),
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(raw).and_then(|mut decoder| {
                    decoder.window_log_max(MAX_WINDOW_LOG)?;
                    Ok(decoder)
                });
                Box::new(decoder.map_err(|error| stop(&failure, &error))?)
            }
        };
        let compressed = (entry.compressie != Compression::Geen).then_some(consumed);
        let (max_bytes, max_ratio) = (limits.max_decompressed_bytes, limits.max_ratio);
        Ok(Self { reader, failure, produced: 0, max_bytes, max_ratio, compressed })
    }

    /// Fills the buffer as far as the file goes; gives how much.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Stop> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(stop(&self.failure, &error)),
            }
        }
        self.produced += filled as u64;
        self.check_caps()?;
        Ok(filled)
    }

    fn check_caps(&self) -> Result<(), Stop> {
        if self.produced > self.max_bytes {
            return Err(Stop::Fault(Found::new(Check::TeGroot).with("grens", &self.max_bytes)));
        }
        match &self.compressed {
            Some(consumed)
                if self.produced > RATIO_FREE_BYTES
                    && self.produced / self.max_ratio.max(1) > consumed.load(Ordering::Relaxed) =>
            {
                Err(Stop::Fault(Found::new(Check::TeSterkIngepakt).with("grens", &self.max_ratio)))
            }
            _ => Ok(()),
        }
    }
}

fn stop(failure: &Failure, _damage: &io::Error) -> Stop {
    match failure.take() {
        Some(error) => Stop::Failed(error),
        None => Stop::Fault(Found::new(Check::Beschadigd)),
    }
}

fn name(compression: Compression) -> &'static str {
    match compression {
        Compression::Geen => "geen",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}
