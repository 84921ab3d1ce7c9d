//! A block of lines split into fields; nothing is judged yet, and nothing is copied.

use vt_domain::contract::RecordType;

use crate::checks::Check;

/// Zero bytes after the content of a block, so that eight bytes can be loaded from any place in it.
pub(crate) const PADDING: usize = 16;

/// The place of a field in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub len: u32,
}

impl Span {
    /// A field that is empty, `null` or absent.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// A JSON value of another type than the contract asks.
    pub const WRONG_TYPE: Self = Self { start: 0, len: u32::MAX };

    /// The field from `start` up to `end`. Blocks are smaller than 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, len: (end - start) as u32 }
    }
}

/// A line that is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineFault {
    /// Line within the block, from 0.
    pub line: u32,
    /// What is wrong with it.
    pub check: Check,
}

/// The records of a block: `width` spans a record, in the order of the contract.
#[derive(Debug)]
pub(crate) struct Table {
    /// The block's bytes, then text that had to be decoded (JSON escapes, joined lists), then [`PADDING`].
    pub bytes: Vec<u8>,
    /// Row after row.
    pub spans: Vec<Span>,
    /// Fields a row.
    pub width: usize,
    /// The line of each record within the block, from 0.
    pub lines: Vec<u32>,
    /// Lines that are no record, in order.
    pub faults: Vec<LineFault>,
    /// Blank lines that were skipped.
    pub blank: u64,
    /// Lines with a number that can be a BSN in a place that is no field of the contract.
    pub personal: Vec<u32>,
}

impl Table {
    pub fn new(record: RecordType, bytes: Vec<u8>) -> Self {
        let (width, expected) = (record.fields().len(), bytes.len() / 64);
        Self {
            bytes,
            spans: Vec::with_capacity(expected * width),
            width,
            lines: Vec::with_capacity(expected),
            faults: Vec::new(),
            blank: 0,
            personal: Vec::new(),
        }
    }

    /// How many records could be split.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The spans of one field, row by row.
    pub fn column(&self, field: usize) -> impl Iterator<Item = Span> {
        self.spans.iter().skip(field).step_by(self.width).copied()
    }

    /// The span of one field of one record.
    pub fn span(&self, row: usize, field: usize) -> Span {
        self.spans[row * self.width + field]
    }

    /// The text of a field; empty for a value of the wrong type.
    pub fn text(&self, span: Span) -> &[u8] {
        if span == Span::WRONG_TYPE {
            return b"";
        }
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// Eight bytes from a place in the block; those behind the field are cut off by the caller.
    #[inline]
    pub fn word(&self, start: usize) -> u64 {
        match self.bytes.get(start..start + 8) {
            // Unwrap safety: the slice has eight bytes.
            Some(bytes) => u64::from_le_bytes(bytes.try_into().unwrap()),
            None => 0,
        }
    }
}
