//! Looks codes up: a few nanoseconds each, as every record has half a dozen of them.

use chrono::{Datelike, NaiveDate};
use vt_domain::codes::{CodeList, ONBEKEND};

/// Lists of the contract are short; sets of codes are held as bits.
pub(crate) const MAX_CODES: usize = 63;

/// Marks an empty field in a column of codes.
pub(crate) const EMPTY: u8 = u8::MAX;

/// Marks a value that is no code of the list.
pub(crate) const INVALID: u8 = u8::MAX - 1;

const SLOTS: usize = 256;

#[derive(Debug, Clone)]
struct Entry {
    text: Vec<u8>,
    deliverable: bool,
    first: u64,
    last: u64,
}

/// The days on which a code may be used: days of the common era, half-open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    pub from: i32,
    pub until: i32,
}

/// A code list made ready for looking up. A code is known by its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct CodeTable {
    entries: Vec<Entry>,
    slots: Box<[u8; SLOTS]>,
    validity: Vec<Validity>,
    /// Bits of codes that stand alone.
    pub exclusive: u64,
    /// Whether some code is not valid on every day.
    pub dated: bool,
    /// The code for unknown, also when it is never delivered.
    pub unknown: Option<u8>,
    /// The codes as they are written, by place.
    pub names: Vec<String>,
}

impl CodeTable {
    /// Prepares a list. Codes beyond [`MAX_CODES`] are unknown.
    pub fn new(list: &CodeList) -> Self {
        let codes = &list.codes()[..list.codes().len().min(MAX_CODES)];
        let entries: Vec<Entry> = codes.iter().map(|code| Entry::new(&code.code, code.deliverable)).collect();
        let slots = fill_slots(&entries);
        let day = |date: Option<NaiveDate>, open| date.map_or(open, |date| date.num_days_from_ce());
        let exclusive = (0..).zip(codes).filter(|(_, code)| code.exclusive).map(|(place, _)| 1u64 << place).sum();
        Self {
            entries,
            slots,
            validity: codes
                .iter()
                .map(|code| Validity { from: day(code.from, i32::MIN), until: day(code.until, i32::MAX) })
                .collect(),
            exclusive,
            dated: codes.iter().any(|code| code.from.is_some() || code.until.is_some()),
            unknown: list.position(ONBEKEND).map(|place| place as u8),
            names: codes.iter().map(|code| code.code.clone()).collect(),
        }
    }

    /// The place of a code, given its text and the words of eight bytes at its beginning and end.
    #[inline]
    pub fn find(&self, text: &[u8], word: impl Fn(usize) -> u64) -> Option<u8> {
        let (first, last) = keys(text.len(), word);
        let mut at = slot(first, last);
        // At most a quarter of the slots is taken, so an empty one always ends the walk.
        while let Some(entry) = self.entries.get(usize::from(self.slots[at])) {
            if entry.first == first && entry.last == last && entry.text.len() == text.len() {
                let same = text.len() <= 16 || entry.text == text;
                if same {
                    return entry.deliverable.then_some(self.slots[at]);
                }
            }
            at = (at + 1) % SLOTS;
        }
        None
    }

    /// The place of a code by its text alone.
    pub fn place(&self, text: &str) -> Option<u8> {
        self.find(text.as_bytes(), |at| load(text.as_bytes(), at))
    }

    /// Whether a code may be used on a day of the common era.
    #[inline]
    pub fn valid_on(&self, place: u8, day: i32) -> bool {
        self.validity.get(usize::from(place)).is_none_or(|validity| validity.from <= day && day < validity.until)
    }

    /// The codes of a set, in the order of the list, joined with `|`.
    pub fn joined(&self, set: u64) -> String {
        let named = (0..).zip(&self.names).filter(|(place, _)| set >> place & 1 == 1).map(|(_, name)| name.as_str());
        named.collect::<Vec<_>>().join("|")
    }
}

impl Entry {
    fn new(code: &str, deliverable: bool) -> Self {
        let text = code.as_bytes().to_vec();
        let (first, last) = keys(text.len(), |at| load(&text, at));
        Self { text, deliverable, first, last }
    }
}

/// The first and the last eight bytes; together with the length they are the whole text up to sixteen bytes.
#[inline]
fn keys(length: usize, word: impl Fn(usize) -> u64) -> (u64, u64) {
    if length < 8 {
        return (word(0) & ((1u64 << (8 * length)) - 1), length as u64);
    }
    (word(0), word(length - 8))
}

fn load(text: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text.iter().skip(at)) {
        *to = *from;
    }
    u64::from_le_bytes(bytes)
}

#[inline]
fn slot(first: u64, last: u64) -> usize {
    ((first ^ last.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

/// The place of each code at its slot, or at the next free one: long codes can begin and end alike.
fn fill_slots(entries: &[Entry]) -> Box<[u8; SLOTS]> {
    let mut slots = Box::new([EMPTY; SLOTS]);
    for (place, entry) in (0..).zip(entries) {
        let mut at = slot(entry.first, entry.last);
        while slots[at] != EMPTY {
            at = (at + 1) % SLOTS;
        }
        slots[at] = place;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::codes::CodeLists;

    #[test]
    fn every_deliverable_code_is_found_and_nothing_else() {
        for list in CodeLists::builtin().iter() {
            let table = CodeTable::new(list);
            for code in list.codes() {
                let expected = list.position(&code.code).filter(|_| code.deliverable).map(|place| place as u8);
                assert_eq!(table.place(&code.code), expected, "{} {}", list.name, code.code);
                assert_eq!(table.place(&format!("{}x", code.code)), None);
                assert_eq!(table.place(&code.code.to_uppercase()), None, "{}", code.code);
                assert_eq!(table.place(&code.code[1..]), None);
            }
            assert_eq!(table.place(""), None);
        }
    }

    #[test]
    fn long_codes_that_differ_only_in_the_middle_are_kept_apart() {
        let text = "kindermishandeling_bevestigd";
        let table = CodeTable::new(CodeLists::builtin().list("uitkomst"));
        assert!(table.place(text).is_some());
        assert_eq!(table.place(&text.replace("handeling", "handelinX")), None);
    }

    #[test]
    fn a_set_is_written_in_the_order_of_the_list() {
        let table = CodeTable::new(CodeLists::builtin().list("veiligheidstaxatie"));
        let set = 1 << table.place("structureel").unwrap() | 1 << table.place("acuut").unwrap();
        assert_eq!(table.joined(set), "acuut|structureel");
    }
}
