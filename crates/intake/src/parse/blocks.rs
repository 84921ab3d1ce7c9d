//! Cuts a file into blocks at line ends, and judges how it begins.

use vt_domain::contract::RecordType;
use vt_domain::delivery::{Compression, FileEntry, FileFormat};

use super::decompress::{Decompressed, Stop};
use super::header::CsvHeader;
use super::limits::ParseLimits;
use super::table::PADDING;
use crate::checks::{Check, Found};

/// How the lines of a file are split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Columns as the header says.
    Csv(CsvHeader),
    /// A JSON object a line.
    Ndjson,
    /// The file is rejected already; its lines are only searched for personal numbers.
    Unreadable,
}

/// Some whole lines.
#[derive(Debug)]
pub(crate) struct Block {
    /// The lines, then [`PADDING`] zero bytes.
    pub bytes: Vec<u8>,
    /// Where the lines end.
    pub end: usize,
    /// Number of the first line in the file, from 1.
    pub first_line: u64,
}

/// The blocks of a file, in order.
pub(crate) struct Blocks {
    input: Decompressed,
    block_bytes: usize,
    max_line_bytes: usize,
    /// Bytes read that belong to the next block.
    rest: Vec<u8>,
    next_line: u64,
    ended: bool,
    ended_without_newline: bool,
    stop: Option<Stop>,
}

/// A file whose beginning was looked at.
pub(crate) struct Opened {
    pub blocks: Blocks,
    pub layout: Layout,
    /// What is wrong with the beginning.
    pub faults: Vec<Found>,
}

impl Blocks {
    fn new(input: Decompressed, entry: &FileEntry, limits: &ParseLimits) -> Self {
        // A small file gets a small block: most regions' files fit in one.
        let grows = if entry.compressie == Compression::Geen { 1 } else { 16 };
        let whole = usize::try_from(entry.bytes.saturating_mul(grows)).unwrap_or(usize::MAX).saturating_add(1);
        Self {
            input,
            block_bytes: limits.block_bytes.min(whole.max(4096)).max(16),
            max_line_bytes: limits.max_line_bytes,
            rest: Vec::new(),
            next_line: 1,
            ended: false,
            ended_without_newline: false,
            stop: None,
        }
    }

    /// The next block; nothing at the end or where reading had to stop.
    pub fn next(&mut self) -> Option<Block> {
        let mut bytes = std::mem::take(&mut self.rest);
        while !self.ended {
            let from = bytes.len();
            let room = if from < self.block_bytes { self.block_bytes - from } else { self.max_line_bytes.max(16) };
            bytes.reserve(room + PADDING);
            bytes.resize(from + room, 0);
            match self.input.fill(&mut bytes[from..]) {
                Ok(count) => {
                    bytes.truncate(from + count);
                    self.ended = count < room;
                }
                Err(stop) => {
                    self.stop = Some(stop);
                    self.ended = true;
                    return None;
                }
            }
            if self.ended {
                break;
            }
            if let Some(newline) = memchr::memrchr(b'\n', &bytes) {
                self.rest = bytes.split_off(newline + 1);
                break;
            }
            if bytes.len() > self.max_line_bytes {
                let fault = Found::new(Check::LangeRegel).line(self.next_line);
                self.stop = Some(Stop::Fault(fault.with("grens", &self.max_line_bytes)));
                self.ended = true;
                return None;
            }
        }
        if bytes.is_empty() {
            return None;
        }
        self.ended_without_newline = bytes.last() != Some(&b'\n');
        let end = bytes.len();
        let first_line = self.next_line;
        self.next_line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        bytes.resize(end + PADDING, 0);
        Some(Block { bytes, end, first_line })
    }

    /// Why reading stopped before the end, and what is to be said of the end.
    pub fn finish(self) -> Result<Vec<Found>, Stop> {
        match self.stop {
            Some(Stop::Fault(fault)) => Ok(vec![fault]),
            Some(failed) => Err(failed),
            None if self.ended_without_newline => Ok(vec![Found::new(Check::GeenRegeleinde)]),
            None => Ok(Vec::new()),
        }
    }
}

impl Opened {
    /// Opens a file: takes the byte order mark and the header off, and sees whether it is what the listing says.
    ///
    /// Gives the first block with it.
    pub fn new(input: Decompressed, entry: &FileEntry, limits: &ParseLimits) -> (Self, Option<Block>) {
        let mut blocks = Blocks::new(input, entry, limits);
        let first = blocks.next();
        let mut faults = Vec::new();
        let Some(mut block) = first else {
            let csv = entry.formaat == FileFormat::Csv;
            if csv && blocks.stop.is_none() {
                faults.push(Found::new(Check::LeegBestand));
            }
            let layout = if csv { Layout::Unreadable } else { Layout::Ndjson };
            return (Self { blocks, layout, faults }, None);
        };
        if block.bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            faults.push(Found::new(Check::ByteOrderMark));
            block.cut(3);
        }
        let layout = match begins_otherwise(entry, &block.bytes[..block.end]) {
            Some(fault) => {
                faults.push(fault);
                Layout::Unreadable
            }
            None if entry.formaat == FileFormat::Ndjson => Layout::Ndjson,
            None => match take_header(entry.recordsoort, &mut block) {
                Ok(header) => Layout::Csv(header),
                Err(found) => {
                    faults.extend(found);
                    Layout::Unreadable
                }
            },
        };
        (Self { blocks, layout, faults }, Some(block))
    }
}

impl Block {
    /// Takes bytes off the beginning.
    fn cut(&mut self, count: usize) {
        self.bytes.drain(..count);
        self.end -= count;
    }
}

fn take_header(record: RecordType, block: &mut Block) -> Result<CsvHeader, Vec<Found>> {
    let line_end = memchr::memchr(b'\n', &block.bytes[..block.end]).unwrap_or(block.end);
    let line = &block.bytes[..line_end];
    let header = CsvHeader::read(record, line.strip_suffix(b"\r").unwrap_or(line))?;
    block.cut((line_end + 1).min(block.end));
    block.first_line += 1;
    Ok(header)
}

/// What the beginning shows when it is not of the promised format.
fn begins_otherwise(entry: &FileEntry, bytes: &[u8]) -> Option<Found> {
    let beginning = &bytes[..bytes.len().min(4096)];
    if beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) || beginning.contains(&0) {
        return Some(Found::new(Check::Utf16));
    }
    let text = beginning.trim_ascii_start();
    let csv = entry.formaat == FileFormat::Csv;
    let found = match text.first() {
        Some(b'<') => "HTML of XML",
        Some(b'{') if csv => "JSON",
        Some(b'[') => "een JSON-array",
        _ if !csv && text.starts_with(entry.recordsoort.id_field().name.as_bytes()) => "CSV",
        _ => return None,
    };
    let format = if csv { "CSV" } else { "NDJSON" };
    Some(Found::new(Check::AnderFormaat).with("formaat", format).with("gevonden", found))
}
