//! Splits a block of NDJSON lines: the usual forms by hand, everything else with serde_json.

use vt_domain::contract::{Field, FieldKind, RecordType};

use super::json_slow;
use super::table::{LineFault, Span, Table};

/// What splitting needs to know of a record type.
#[derive(Debug)]
pub(crate) struct JsonFields {
    /// The contract's fields, in its order.
    pub fields: &'static [Field],
    /// `"name":` of each field.
    keys: Vec<Vec<u8>>,
}

impl JsonFields {
    pub fn new(record: RecordType) -> Self {
        let fields = record.fields();
        Self { fields, keys: fields.iter().map(|field| format!("\"{}\":", field.name).into_bytes()).collect() }
    }
}

/// Splits all lines of a block whose content ends at `end`.
pub(crate) fn split(table: &mut Table, end: usize, json: &JsonFields) {
    let bytes = std::mem::take(&mut table.bytes);
    let mut side = Side { base: bytes.len(), text: Vec::new() };
    let (mut begin, mut line) = (0, 0);
    let mut row = vec![Span::EMPTY; table.width];
    while begin < end {
        let line_end = memchr::memchr(b'\n', &bytes[begin..end]).map_or(end, |at| begin + at);
        let text = &bytes[..line_end];
        let first = skip_space(text, begin);
        if first == line_end {
            table.blank += 1;
        } else {
            row.fill(Span::EMPTY);
            let kept = side.text.len();
            let fast = Fast { bytes: text, at: first, json, side: &mut side, row: &mut row };
            let mut outcome = Ok(());
            if fast.object().is_none() {
                side.text.truncate(kept);
                row.fill(Span::EMPTY);
                let read = json_slow::object(&text[first..], json.fields, &mut side, &mut row);
                outcome = read.outcome;
                table.personal.extend(read.personal.then_some(line));
            }
            match outcome {
                Ok(()) => {
                    table.spans.extend_from_slice(&row);
                    table.lines.push(line);
                }
                Err(check) => table.faults.push(LineFault { line, check }),
            }
        }
        begin = line_end + 1;
        line += 1;
    }
    table.bytes = bytes;
    table.bytes.extend_from_slice(&side.text);
    table.bytes.extend_from_slice(&[0; super::table::PADDING]);
}

/// Text that is not in the block as it stands: decoded escapes, joined lists.
pub(super) struct Side {
    base: usize,
    text: Vec<u8>,
}

impl Side {
    /// Adds a text and gives its place.
    pub fn add(&mut self, text: &[u8]) -> Span {
        let start = self.base + self.text.len();
        self.text.extend_from_slice(text);
        Span::new(start, start + text.len())
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

/// Reads an object of plain strings, lists of them, small numbers and true/false/null. Gives up (`None`) on anything else.
struct Fast<'a> {
    bytes: &'a [u8],
    at: usize,
    json: &'a JsonFields,
    side: &'a mut Side,
    row: &'a mut [Span],
}

impl Fast<'_> {
    fn object(mut self) -> Option<()> {
        self.expect(b'{')?;
        let (mut seen, mut expected) = (0u64, 0);
        loop {
            self.space();
            let field = self.key(expected)?;
            if seen & (1 << field) != 0 {
                return None;
            }
            seen |= 1 << field;
            expected = field + 1;
            self.space();
            self.row[field] = self.value(self.json.fields[field].kind)?;
            self.space();
            match self.bytes.get(self.at)? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        (skip_space(self.bytes, self.at + 1) == self.bytes.len()).then_some(())
    }

    #[inline]
    fn space(&mut self) {
        if self.bytes.get(self.at).is_some_and(|byte| *byte <= b' ') {
            self.at = skip_space(self.bytes, self.at);
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.bytes.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    /// The key and its colon; mostly the one after the last.
    #[inline]
    fn key(&mut self, expected: usize) -> Option<usize> {
        let rest = self.bytes.get(self.at..)?;
        if let Some(key) = self.json.keys.get(expected).filter(|key| rest.starts_with(key)) {
            self.at += key.len();
            return Some(expected);
        }
        self.expect(b'"')?;
        let begin = self.at;
        let name = self.string_end()?;
        let field = self.json.fields.iter().position(|field| field.name.as_bytes() == &self.bytes[begin..name])?;
        self.space();
        self.expect(b':')?;
        Some(field)
    }

    #[inline]
    fn value(&mut self, kind: FieldKind) -> Option<Span> {
        match (self.bytes.get(self.at)?, kind) {
            (b'"', kind) if !matches!(kind, FieldKind::Codes(_)) => {
                self.at += 1;
                let begin = self.at;
                Some(Span::new(begin, self.string_end()?))
            }
            (b'[', FieldKind::Codes(_)) => self.list(),
            (b'n', _) => self.literal(b"null").map(|_| Span::EMPTY),
            (b't', FieldKind::Bool) => self.literal(b"true"),
            (b'f', FieldKind::Bool) => self.literal(b"false"),
            (b'0'..=b'9', FieldKind::Count) => self.number(),
            _ => None,
        }
    }

    #[inline]
    fn literal(&mut self, word: &[u8]) -> Option<Span> {
        let begin = self.at;
        let end = begin + word.len();
        (self.bytes.get(begin..end) == Some(word)).then(|| {
            self.at = end;
            Span::new(begin, end)
        })
    }

    #[inline]
    fn number(&mut self) -> Option<Span> {
        let begin = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let leading_zero = self.bytes[begin] == b'0' && self.at > begin + 1;
        (!leading_zero && matches!(self.bytes.get(self.at), Some(b',' | b'}' | b' ')))
            .then(|| Span::new(begin, self.at))
    }

    /// The end of a string without escapes; afterwards the closing quote is passed.
    #[inline]
    fn string_end(&mut self) -> Option<usize> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\'))?;
        let end = self.at + length;
        (self.bytes[end] == b'"').then(|| {
            self.at = end + 1;
            end
        })
    }

    /// A list of plain codes, joined as in CSV.
    fn list(&mut self) -> Option<Span> {
        self.at += 1;
        self.space();
        if self.expect(b']').is_some() {
            return Some(Span::EMPTY);
        }
        let mut joined = Span::EMPTY;
        loop {
            self.space();
            self.expect(b'"')?;
            let begin = self.at;
            let end = self.string_end()?;
            let item = &self.bytes[begin..end];
            // In CSV these would be two items, or an empty list.
            if item.is_empty() || item.contains(&b'|') {
                return None;
            }
            if joined == Span::EMPTY {
                joined = Span::new(begin, end);
            } else {
                if (joined.start as usize) < self.side.base {
                    let first = &self.bytes[joined.start as usize..][..joined.len as usize];
                    joined = self.side.add(first);
                }
                self.side.text.push(b'|');
                self.side.text.extend_from_slice(item);
                joined.len += 1 + item.len() as u32;
            }
            self.space();
            match self.bytes.get(self.at)? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(joined);
                }
                _ => return None,
            }
        }
    }
}
