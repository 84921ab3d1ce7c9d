//! Bytes to fields: decompressed under caps, cut into blocks at line ends, split without copying. Nothing is judged here.
//!
//! A newline is never valid within a field (the contract has no free text), so that blocks can be split on several threads.

mod blocks;
mod csv;
mod decompress;
mod header;
mod json_slow;
mod limits;
mod ndjson;
mod scan;
mod source;
mod table;

#[cfg(test)]
mod tests;

pub use limits::ParseLimits;

pub(crate) use blocks::{Block, Layout, Opened};
pub(crate) use decompress::Stop;
pub(crate) use ndjson::JsonFields;
pub(crate) use table::{Span, Table};

use tokio::runtime::Handle;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryEntry, DeliveryId, FileEntry};
use vt_vault::{Quarantined, Vault, VaultError};

use crate::checks::{Check, holds_personal_number};
use crate::error::IntakeError;
use crate::raw::RawDelivery;
use decompress::Decompressed;
use source::SourceReader;
use table::LineFault;

/// A fetched delivery that is ready to be read. Its files are streamed when they are validated; memory does not grow with them.
#[derive(Debug, Clone)]
pub struct ParsedDelivery {
    vault: Vault,
    id: DeliveryId,
    entry: DeliveryEntry,
    limits: ParseLimits,
}

/// Makes a fetched delivery ready to be read.
///
/// # Errors
/// [`IntakeError::Vault`] when a file is not in the quarantine.
pub async fn parse(vault: &Vault, raw: RawDelivery, limits: &ParseLimits) -> Result<ParsedDelivery, IntakeError> {
    let parsed = ParsedDelivery { vault: vault.clone(), id: raw.id, entry: raw.entry, limits: limits.clone() };
    for file in &parsed.entry.bestanden {
        parsed.open(file).await?;
    }
    Ok(parsed)
}

impl ParsedDelivery {
    /// The delivery, named by what was asked for.
    pub fn id(&self) -> &DeliveryId {
        &self.id
    }

    /// The entry of the listing, as the region wrote it.
    pub fn entry(&self) -> &DeliveryEntry {
        &self.entry
    }

    pub(crate) fn entry_mut(&mut self) -> &mut DeliveryEntry {
        &mut self.entry
    }

    pub(crate) fn with_limits(self, limits: ParseLimits) -> Self {
        Self { limits, ..self }
    }

    pub(crate) fn limits(&self) -> &ParseLimits {
        &self.limits
    }

    /// Opens a file for one reading.
    pub(crate) async fn open(&self, file: &FileEntry) -> Result<Quarantined, VaultError> {
        self.vault.open_quarantined(&self.id, &file.kept_name()).await
    }
}

/// Begins reading a file: gives what is known from its beginning, and its first block. Blocks the thread.
pub(crate) fn begin(
    found: Quarantined,
    handle: Handle,
    entry: &FileEntry,
    limits: &ParseLimits,
) -> Result<(Opened, Option<Block>), Stop> {
    let (reader, failure) = SourceReader::new(found, handle);
    let input = Decompressed::open(reader, failure, entry, limits)?;
    Ok(Opened::new(input, entry, limits))
}

/// Splits a block into fields.
pub(crate) fn split(record: RecordType, layout: &Layout, json: &JsonFields, block: Block, max_line: usize) -> Table {
    let end = block.end;
    let mut table = Table::new(record, block.bytes);
    if *layout == Layout::Unreadable {
        only_search(&mut table, end, |_| None);
    } else if std::str::from_utf8(&table.bytes[..end]).is_err() {
        only_search(&mut table, end, |line| std::str::from_utf8(line).is_err().then_some(Check::GeenUtf8));
    } else if has_long_line(&table.bytes[..end], max_line) {
        only_search(&mut table, end, |line| (line.len() > max_line).then_some(Check::LangeRegel));
    } else {
        match layout {
            Layout::Csv(header) => csv::split(&mut table, end, header),
            _ => ndjson::split(&mut table, end, json),
        }
    }
    table
}

/// Whether a line may be too long: looks only where a whole stretch of that length has no line end.
fn has_long_line(bytes: &[u8], max_line: usize) -> bool {
    let mut begin = 0;
    while bytes.len() - begin > max_line {
        match memchr::memrchr(b'\n', &bytes[begin..=begin + max_line]) {
            Some(newline) => begin += newline + 1,
            None => return true,
        }
    }
    false
}

/// Reads no records: the file is rejected. Its lines are still searched for personal numbers.
fn only_search(table: &mut Table, end: usize, fault: impl Fn(&[u8]) -> Option<Check>) {
    let bytes = std::mem::take(&mut table.bytes);
    for (line, text) in (0..).zip(bytes[..end].split(|byte| *byte == b'\n')) {
        if let Some(check) = fault(text) {
            table.faults.push(LineFault { line, check });
        }
        if holds_personal_number(text) {
            table.personal.push(line);
        }
    }
    table.bytes = bytes;
}
