//! Splits a block of CSV lines into fields.

use super::header::CsvHeader;
use super::scan;
use super::table::{LineFault, Span, Table};
use crate::checks::{Check, holds_personal_number};

/// Splits all lines of a block whose content ends at `end`; every line ends within it, but for the last of the file.
pub(crate) fn split(table: &mut Table, end: usize, header: &CsvHeader) {
    if memchr::memchr(b'"', &table.bytes[..end]).is_some() {
        return split_lines(table, end, header);
    }
    let bytes = std::mem::take(&mut table.bytes);
    let mut row = Row::new(header);
    scan::each(&bytes, 0, end, b';', b'\n', |place| {
        if bytes[place] == b';' {
            row.field(place);
        } else {
            row.line(table, &bytes, place);
        }
    });
    if row.line_begin < end {
        row.line(table, &bytes, end);
    }
    table.bytes = bytes;
}

struct Row<'h> {
    header: &'h CsvHeader,
    fields: [Span; CsvHeader::MAX],
    count: usize,
    begin: usize,
    line_begin: usize,
    line: u32,
}

impl<'h> Row<'h> {
    fn new(header: &'h CsvHeader) -> Self {
        Self { header, fields: [Span::EMPTY; CsvHeader::MAX], count: 0, begin: 0, line_begin: 0, line: 0 }
    }

    /// A field ends at `end`.
    #[inline]
    fn field(&mut self, end: usize) {
        if let Some(place) = self.header.places.get(self.count) {
            self.fields[*place & (CsvHeader::MAX - 1)] = Span::new(self.begin, end);
        }
        self.count += 1;
        self.begin = end + 1;
    }

    /// The line ends at `end`.
    #[inline]
    fn line(&mut self, table: &mut Table, bytes: &[u8], end: usize) {
        let text_end = if end > self.line_begin && bytes[end - 1] == b'\r' { end - 1 } else { end };
        if text_end == self.line_begin {
            table.blank += 1;
        } else {
            self.field(text_end.max(self.begin));
            if self.count == table.width {
                table.spans.extend_from_slice(&self.fields[..table.width]);
                table.lines.push(self.line);
            } else {
                refuse(table, bytes, self.line, (self.line_begin, text_end), Check::AantalVelden);
            }
        }
        self.count = 0;
        self.begin = end + 1;
        self.line_begin = end + 1;
        self.line += 1;
    }
}

fn refuse(table: &mut Table, bytes: &[u8], line: u32, (begin, end): (usize, usize), check: Check) {
    table.faults.push(LineFault { line, check });
    if holds_personal_number(&bytes[begin..end]) {
        table.personal.push(line);
    }
}

/// The slow way, for blocks with quotes: line by line.
fn split_lines(table: &mut Table, end: usize, header: &CsvHeader) {
    let bytes = std::mem::take(&mut table.bytes);
    let (mut begin, mut line) = (0, 0);
    while begin < end {
        let line_end = memchr::memchr(b'\n', &bytes[begin..end]).map_or(end, |at| begin + at);
        let text_end = if line_end > begin && bytes[line_end - 1] == b'\r' { line_end - 1 } else { line_end };
        if text_end == begin {
            table.blank += 1;
        } else {
            match quoted_fields(&bytes, begin, text_end) {
                Some(fields) if fields.len() == table.width => {
                    let from = table.spans.len();
                    table.spans.resize(from + table.width, Span::EMPTY);
                    for (place, span) in header.places.iter().zip(fields) {
                        table.spans[from + place] = span;
                    }
                    table.lines.push(line);
                }
                Some(_) => refuse(table, &bytes, line, (begin, text_end), Check::AantalVelden),
                None => refuse(table, &bytes, line, (begin, text_end), Check::Aanhalingsteken),
            }
        }
        begin = line_end + 1;
        line += 1;
    }
    table.bytes = bytes;
}

/// The fields of a line with quotes (RFC 4180); nothing when a quote is not closed or stands within a field. A doubled quote
/// stays as it is: no valid value holds one.
pub(super) fn quoted_fields(bytes: &[u8], begin: usize, end: usize) -> Option<Vec<Span>> {
    let mut fields = Vec::new();
    let mut at = begin;
    loop {
        let (span, after) = if at < end && bytes[at] == b'"' {
            let close = closing_quote(&bytes[..end], at + 1)?;
            (Span::new(at + 1, close), close + 1)
        } else {
            let after = memchr::memchr(b';', &bytes[at..end]).map_or(end, |found| at + found);
            if memchr::memchr(b'"', &bytes[at..after]).is_some() {
                return None;
            }
            (Span::new(at, after), after)
        };
        fields.push(span);
        if after == end {
            return Some(fields);
        }
        if bytes[after] != b';' {
            return None;
        }
        at = after + 1;
    }
}

fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = at + memchr::memchr(b'"', &bytes[at..])?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}
