//! What is counted while a file is read: findings with their first records, how each field is filled, days and shares.

use std::collections::BTreeMap;

use vt_domain::contract::{FieldKind, RecordType};
use vt_domain::finding::{MAX_EXAMPLES, RecordRef};

use crate::checks::columns::{Column, EMPTY, INVALID, INVALID_SET};
use crate::checks::rules::RecordRules;
use crate::checks::{Check, day, gemeente_table};

/// Findings of one check and field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    pub count: u64,
    pub examples: Vec<RecordRef>,
}

impl Note {
    /// Adds what a later block found.
    fn merge(&mut self, later: Self) {
        self.count += later.count;
        let room = MAX_EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(later.examples.into_iter().take(room));
    }
}

/// How a field is filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FieldProfile {
    pub filled: u64,
    pub empty: u64,
    pub invalid: u64,
    /// By place in the code list: how often.
    pub codes: Vec<u64>,
    /// Lowest and highest day or count.
    pub range: Option<(i32, i32)>,
}

/// What is counted of one file, or of one block of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub record: RecordType,
    pub read: u64,
    pub kept: u64,
    pub blank: u64,
    pub notes: BTreeMap<(Check, u8), Note>,
    pub fields: Vec<FieldProfile>,
    /// Kept records by day of the month.
    pub days: Vec<u64>,
    /// Kept records of the police.
    pub police: u64,
    /// Kept records whose field is unknown, by field.
    pub unknown: Vec<u64>,
    /// By field: whether unknown values are watched.
    pub watched: Vec<bool>,
}

impl Tally {
    pub fn new(rules: &RecordRules) -> Self {
        let codes = |table: &Option<crate::checks::code_table::CodeTable>| table.as_ref().map_or(0, |t| t.names.len());
        let profile = |table| FieldProfile { codes: vec![0; codes(table)], ..FieldProfile::default() };
        Self {
            record: rules.record,
            read: 0,
            kept: 0,
            blank: 0,
            notes: BTreeMap::new(),
            fields: rules.codes.iter().map(profile).collect(),
            days: vec![0; 31],
            police: 0,
            unknown: vec![0; rules.fields.len()],
            watched: (0..rules.fields.len()).map(|place| watched(rules, place)).collect(),
        }
    }

    /// How many records were dropped by a `fout`.
    pub fn dropped(&self) -> u64 {
        self.read - self.kept
    }

    /// Adds one record to a finding.
    pub fn note(&mut self, check: Check, field: u8, example: impl FnOnce() -> RecordRef) {
        let note = self.notes.entry((check, field)).or_default();
        note.count += 1;
        if note.examples.len() < MAX_EXAMPLES {
            note.examples.push(example());
        }
    }

    /// Adds what a later block of the same file counted.
    pub fn merge(&mut self, later: Self) {
        self.read += later.read;
        self.kept += later.kept;
        self.blank += later.blank;
        self.police += later.police;
        for (key, note) in later.notes {
            self.notes.entry(key).or_default().merge(note);
        }
        for (sum, later) in self.fields.iter_mut().zip(later.fields) {
            sum.merge(&later);
        }
        add_all(&mut self.days, &later.days);
        add_all(&mut self.unknown, &later.unknown);
    }

    /// Counts the values of a block. `dropped` says which rows do not count as kept.
    pub fn profile(&mut self, columns: &[Column], dropped: &[bool], rules: &RecordRules) {
        for (place, column) in columns.iter().enumerate() {
            let unknown = rules.codes[place].as_ref().and_then(|codes| codes.unknown);
            self.unknown[place] += unknown_kept(column, unknown, dropped);
            self.fields[place].add(column);
        }
        self.days_kept(columns[rules.links.date()].days(), dropped, rules);
    }

    fn days_kept(&mut self, days: &[i32], dropped: &[bool], rules: &RecordRules) {
        for (day, dropped) in days.iter().zip(dropped) {
            if let Some(count) = self.days.get_mut(day.wrapping_sub(rules.first_day) as usize)
                && !dropped
            {
                *count += 1;
            }
        }
    }
}

fn add_all(sums: &mut [u64], later: &[u64]) {
    sums.iter_mut().zip(later).for_each(|(sum, later)| *sum += later);
}

/// How many kept rows are empty or have the code for unknown. Gemeenten are counted where they are resolved.
fn unknown_kept(column: &Column, unknown: Option<u8>, dropped: &[bool]) -> u64 {
    match column {
        Column::Code(codes) => count(codes, dropped, |code| *code == EMPTY || Some(*code) == unknown),
        Column::Codes(sets) => {
            let bit = unknown.map_or(0, |place| 1u64 << place);
            count(sets, dropped, |set| *set == 0 || set & bit != 0)
        }
        _ => 0,
    }
}

fn count<T>(values: &[T], dropped: &[bool], found: impl Fn(&T) -> bool) -> u64 {
    values.iter().zip(dropped).filter(|(value, dropped)| found(value) && !**dropped).count() as u64
}

impl FieldProfile {
    fn merge(&mut self, later: &Self) {
        self.filled += later.filled;
        self.empty += later.empty;
        self.invalid += later.invalid;
        add_all(&mut self.codes, &later.codes);
        if let Some((low, high)) = later.range {
            self.widen(low, high);
        }
    }

    fn widen(&mut self, low: i32, high: i32) {
        self.range = Some(self.range.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
    }

    fn add(&mut self, column: &Column) {
        match column {
            Column::Id(values) => self.add_small(values, false),
            Column::Code(values) => self.add_small(values, true),
            Column::Bool(values) => self.add_small(values, false),
            Column::Count(values) => {
                self.add_small(values, false);
                self.add_range(values.iter().filter(|v| **v < INVALID).map(|v| i32::from(*v)));
            }
            Column::Codes(sets) => self.add_sets(sets),
            Column::Date(days) => {
                let empty = days.iter().filter(|d| **d == day::EMPTY).count() as u64;
                let invalid = days.iter().filter(|d| **d == day::INVALID).count() as u64;
                self.add_counts(days.len() as u64, empty, invalid);
                self.add_range(days.iter().copied().filter(|d| *d > day::INVALID));
            }
            Column::Gemeente(codes) => {
                let empty = codes.iter().filter(|c| **c == gemeente_table::EMPTY).count() as u64;
                let invalid = codes.iter().filter(|c| **c == gemeente_table::INVALID).count() as u64;
                self.add_counts(codes.len() as u64, empty, invalid);
            }
        }
    }

    fn add_counts(&mut self, all: u64, empty: u64, invalid: u64) {
        self.filled += all - empty - invalid;
        self.empty += empty;
        self.invalid += invalid;
    }

    fn add_range(&mut self, values: impl Iterator<Item = i32>) {
        let (low, high) = values.fold((i32::MAX, i32::MIN), |(low, high), value| (low.min(value), high.max(value)));
        if low <= high {
            self.widen(low, high);
        }
    }

    fn add_small(&mut self, values: &[u8], codes: bool) {
        let mut counts = [0u64; 256];
        values.iter().for_each(|value| counts[usize::from(*value)] += 1);
        self.add_counts(values.len() as u64, counts[usize::from(EMPTY)], counts[usize::from(INVALID)]);
        if codes {
            add_all(&mut self.codes, &counts);
        }
    }

    fn add_sets(&mut self, sets: &[u64]) {
        let mut counts = [0u64; 64];
        let (mut empty, mut invalid) = (0, 0);
        for set in sets {
            match *set {
                0 => empty += 1,
                INVALID_SET => invalid += 1,
                mut rest => {
                    while rest != 0 {
                        counts[rest.trailing_zeros() as usize] += 1;
                        rest &= rest - 1;
                    }
                }
            }
        }
        self.add_counts(sets.len() as u64, empty, invalid);
        add_all(&mut self.codes, &counts);
    }
}

/// Whether unknown values of a field are watched: coded fields that can be empty or unknown, and gemeenten.
fn watched(rules: &RecordRules, place: usize) -> bool {
    let field = &rules.fields[place];
    match field.kind {
        FieldKind::Code(_) | FieldKind::Codes(_) => {
            rules.codes[place].as_ref().is_some_and(|codes| codes.unknown.is_some())
        }
        FieldKind::Gemeente => true,
        _ => false,
    }
}
