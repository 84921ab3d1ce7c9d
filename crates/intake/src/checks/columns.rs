//! Fields to values, column by column: codes as places in their list, days as numbers. The checks of a single field are here.

use vt_domain::contract::{Field, FieldKind, MAX_ID_LENGTH};

use super::check::Check;
use super::code_table::{self, CodeTable};
use super::day;
use super::gemeente_table;
use super::personal::holds_personal_number;
use super::rules::RecordRules;
use crate::parse::{Span, Table};

/// Marks an empty field in a column of ids, truth values and counts.
pub(crate) const EMPTY: u8 = u8::MAX;

/// Marks an invalid value there.
pub(crate) const INVALID: u8 = u8::MAX - 1;

/// A set of codes: no code is an empty field, this bit an invalid value.
pub(crate) const INVALID_SET: u64 = 1 << 63;

/// The values of one field, row by row.
#[derive(Debug)]
pub(crate) enum Column {
    /// 1 where there is an id of good form.
    Id(Vec<u8>),
    /// [`day::number`].
    Date(Vec<i32>),
    /// Places in the code list.
    Code(Vec<u8>),
    /// Sets of places in the code list.
    Codes(Vec<u64>),
    /// 0 or 1.
    Bool(Vec<u8>),
    /// 0 to 99.
    Count(Vec<u8>),
    /// Numbers of gemeente codes.
    Gemeente(Vec<u16>),
}

/// A check that a record does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub row: u32,
    pub check: Check,
    /// Place of the field in the contract; [`NO_FIELD`] for a check of the whole record.
    pub field: u8,
}

/// A fault of no single field.
pub(crate) const NO_FIELD: u8 = u8::MAX;

/// What was found while reading values.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub faults: Vec<Fault>,
    /// Rows and fields with a value that can be a BSN.
    pub personal: Vec<(u32, u8)>,
}

impl Findings {
    pub fn add(&mut self, row: usize, check: Check, field: usize) {
        // Blocks have fewer than 2³² rows and records fewer than 255 fields.
        self.faults.push(Fault { row: row as u32, check, field: field as u8 });
    }

    pub fn add_record(&mut self, row: usize, check: Check) {
        self.faults.push(Fault { row: row as u32, check, field: NO_FIELD });
    }
}

/// Reads one field of all rows.
pub(crate) fn read(table: &Table, place: usize, rules: &RecordRules, findings: &mut Findings) -> Column {
    let mut reader = Reader { table, place, field: &rules.fields[place], findings };
    match reader.field.kind {
        FieldKind::Id => Column::Id(reader.column(EMPTY, INVALID, |_, text| id(text).map(|()| 1))),
        FieldKind::Date => {
            Column::Date(reader.column(day::EMPTY, day::INVALID, |first, text| match rules.days.read(text, first) {
                day::INVALID => Err(Check::Datum),
                day => Ok(day),
            }))
        }
        FieldKind::Bool => Column::Bool(reader.column(EMPTY, INVALID, |_, text| match text {
            b"true" => Ok(1),
            b"false" => Ok(0),
            _ => Err(Check::JaNee),
        })),
        FieldKind::Count => Column::Count(reader.column(EMPTY, INVALID, |_, text| match text {
            [digit @ b'0'..=b'9'] => Ok(digit - b'0'),
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Ok((tens - b'0') * 10 + (ones - b'0')),
            _ => Err(Check::Aantal),
        })),
        FieldKind::Gemeente => {
            Column::Gemeente(reader.column(gemeente_table::EMPTY, gemeente_table::INVALID, |_, text| {
                match gemeente_table::read(text) {
                    gemeente_table::INVALID => Err(Check::GemeenteVorm),
                    number => Ok(number),
                }
            }))
        }
        FieldKind::Code(_) => match &rules.codes[place] {
            Some(codes) => Column::Code(reader.codes(codes)),
            None => Column::Code(Vec::new()),
        },
        FieldKind::Codes(_) => match &rules.codes[place] {
            Some(codes) => Column::Codes(reader.sets(codes)),
            None => Column::Codes(Vec::new()),
        },
    }
}

struct Reader<'a> {
    table: &'a Table,
    place: usize,
    field: &'static Field,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    /// Reads every row with `value`, which gets the first eight bytes as a word beside the text.
    #[inline]
    fn column<T: Copy>(&mut self, empty: T, invalid: T, value: impl Fn(u64, &[u8]) -> Result<T, Check>) -> Vec<T> {
        let table = self.table;
        let mut column = Vec::with_capacity(table.rows());
        for (row, span) in table.column(self.place).enumerate() {
            column.push(if span.len == 0 {
                self.empty(row);
                empty
            } else {
                match value(table.word(span.start as usize), table.text(span)) {
                    Ok(value) => value,
                    Err(check) => {
                        self.invalid(row, span, check);
                        invalid
                    }
                }
            });
        }
        column
    }

    fn codes(&mut self, codes: &CodeTable) -> Vec<u8> {
        let table = self.table;
        let mut column = Vec::with_capacity(table.rows());
        for (row, span) in table.column(self.place).enumerate() {
            column.push(if span.len == 0 {
                self.empty(row);
                code_table::EMPTY
            } else {
                let start = span.start as usize;
                codes.find(table.text(span), |at| table.word(start + at)).unwrap_or_else(|| {
                    self.invalid(row, span, Check::OnbekendeCode);
                    code_table::INVALID
                })
            });
        }
        column
    }

    fn sets(&mut self, codes: &CodeTable) -> Vec<u64> {
        let table = self.table;
        let mut column = Vec::with_capacity(table.rows());
        for (row, span) in table.column(self.place).enumerate() {
            column.push(if span.len == 0 {
                self.empty(row);
                0
            } else {
                let start = span.start as usize;
                match codes.find(table.text(span), |at| table.word(start + at)) {
                    Some(place) => 1 << place,
                    None => self.set(row, span, codes),
                }
            });
        }
        column
    }

    /// A list of more than one item.
    fn set(&mut self, row: usize, span: Span, codes: &CodeTable) -> u64 {
        let mut set = 0u64;
        let mut problem = None;
        let (mut begin, end) = (span.start as usize, span.start as usize + self.table.text(span).len());
        loop {
            let item_end = memchr::memchr(b'|', &self.table.bytes[begin..end]).map_or(end, |at| begin + at);
            match codes.find(&self.table.bytes[begin..item_end], |at| self.table.word(begin + at)) {
                Some(place) if set >> place & 1 == 1 => problem = problem.or(Some(Check::DubbeleCode)),
                Some(place) => set |= 1 << place,
                None => problem = Some(Check::OnbekendeCode),
            }
            if item_end == end {
                break;
            }
            begin = item_end + 1;
        }
        if problem.is_none() && set & codes.exclusive != 0 && set.count_ones() > 1 {
            problem = Some(Check::ExclusieveCode);
        }
        match problem {
            Some(check) => {
                self.invalid(row, span, check);
                INVALID_SET
            }
            None => set,
        }
    }

    #[inline]
    fn empty(&mut self, row: usize) {
        if self.field.required {
            self.findings.add(row, Check::VerplichtLeeg, self.place);
        }
    }

    #[cold]
    fn invalid(&mut self, row: usize, span: Span, check: Check) {
        if span == Span::WRONG_TYPE {
            // Its text was searched when the line was read.
            return self.findings.add(row, Check::JsonType, self.place);
        }
        let text = self.table.text(span);
        // A value that is none of the contract's may hold anything: a number anywhere in it counts.
        if holds_personal_number(text) {
            self.findings.personal.push((row as u32, self.place as u8));
        }
        self.findings.add(row, check, self.place);
    }
}

/// Allowed in an id: 1; a letter: also 2.
const ID_CHARACTERS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => 3,
            b'0'..=b'9' | b'-' | b'_' => 1,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

#[inline]
fn id(text: &[u8]) -> Result<(), Check> {
    let (mut any, mut all) = (0, 1);
    for byte in text {
        let class = ID_CHARACTERS[usize::from(*byte)];
        any |= class;
        all &= class;
    }
    if all == 0 || text.len() > MAX_ID_LENGTH {
        Err(Check::KenmerkVorm)
    } else if any & 2 == 0 {
        Err(Check::KenmerkZonderLetter)
    } else {
        Ok(())
    }
}
