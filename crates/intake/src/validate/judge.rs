//! Judges one block: all record checks, then the registrations of the records that count. Runs on worker threads.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use vt_domain::finding::{RecordRef, Scope};

use super::hasher::{HASH_BYTES, RegionIds, fingerprint};
use super::reduce::Reducer;
use super::tally::Tally;
use crate::checks::Check;
use crate::checks::columns::{self, Column, Findings, NO_FIELD};
use crate::checks::record;
use crate::checks::rules::{Links, RecordRules};
use crate::parse::Table;

/// What the judging of a file's blocks needs; one for all threads.
#[derive(Clone)]
pub(crate) struct FileRules {
    pub rules: Arc<RecordRules>,
    pub ids: RegionIds,
    /// The hasher of ids of meldingen, to which services refer.
    pub melding_ids: RegionIds,
    /// Lines whose id was met on an earlier line.
    pub repeated: Arc<HashSet<u64>>,
    /// One in so many references to meldingen is looked up.
    pub sample: u64,
}

/// What came of one block.
pub(crate) struct Judged {
    pub tally: Tally,
    /// The registrations; none when no record counts.
    pub batch: Option<RecordBatch>,
    /// Fingerprints of all ids of good form.
    pub fingerprints: Vec<u64>,
    /// Fingerprints of the meldingen that services which started this month refer to.
    pub references: Vec<u64>,
}

/// Judges block after block on one thread.
pub(crate) struct Judge {
    file: FileRules,
    reducer: Reducer,
}

impl Judge {
    pub fn new(file: FileRules) -> Self {
        Self { reducer: Reducer::new(&file.rules), file }
    }

    /// Judges a block whose first line has this number.
    pub fn judge(&mut self, table: &Table, first_line: u64) -> Judged {
        let rules = &*self.file.rules;
        let mut findings = Findings::default();
        let columns: Vec<Column> =
            (0..table.width).map(|place| columns::read(table, place, rules, &mut findings)).collect();
        record::check(table, &columns, rules, &mut findings);
        self.find_repeated(table, first_line, &mut findings);
        let hashes = hashed(table, 0, columns[0].small(), &self.file.ids);

        let mut tally = Tally::new(rules);
        let dropped = self.dropped(table.rows(), &findings);
        self.note_rows(table, first_line, columns[0].small(), findings, &mut tally);
        self.note_lines(table, first_line, &mut tally);
        let kept = dropped.iter().filter(|dropped| !**dropped).count();
        tally.read += table.rows() as u64;
        tally.kept = kept as u64;
        tally.profile(&columns, &dropped, rules);

        let meldingen = match rules.links {
            Links::Vervolgdienst { melding, .. } => {
                hashed(table, melding, columns[melding].small(), &self.file.melding_ids)
            }
            _ => Vec::new(),
        };
        let fingerprints = hashes.iter().filter(|hash| **hash != NO_HASH).map(fingerprint).collect();
        let references = self.references(&columns, &meldingen, &dropped);
        let batch = self.reducer.reduce(&columns, [&hashes, &meldingen], &dropped, kept, &mut tally, &self.file.rules);
        Judged { tally, batch, fingerprints, references }
    }

    fn find_repeated(&self, table: &Table, first_line: u64, findings: &mut Findings) {
        if self.file.repeated.is_empty() {
            return;
        }
        for (row, line) in table.lines.iter().enumerate() {
            if self.file.repeated.contains(&(first_line + u64::from(*line))) {
                findings.add(row, Check::KenmerkDubbel, 0);
            }
        }
    }

    fn dropped(&self, rows: usize, findings: &Findings) -> Vec<bool> {
        let mut dropped = vec![false; rows];
        for fault in &findings.faults {
            if self.file.rules.severities.is_fout(fault.check) {
                dropped[fault.row as usize] = true;
            }
        }
        dropped
    }

    fn note_rows(&self, table: &Table, first_line: u64, ids: &[u8], mut findings: Findings, tally: &mut Tally) {
        let example = |row: u32| {
            let row = row as usize;
            let id = (ids[row] == 1).then(|| String::from_utf8_lossy(table.text(table.span(row, 0))).into_owned());
            RecordRef { regel: first_line + u64::from(table.lines[row]), id }
        };
        findings.faults.sort_unstable();
        findings.faults.dedup();
        for fault in findings.faults {
            tally.note(fault.check, fault.field, || example(fault.row));
        }
        findings.personal.sort_unstable();
        for (row, field) in findings.personal {
            tally.note(Check::BsnInBestand, field, || RecordRef { id: None, ..example(row) });
        }
    }

    fn note_lines(&self, table: &Table, first_line: u64, tally: &mut Tally) {
        let example = |line: u32| RecordRef { regel: first_line + u64::from(line), id: None };
        for fault in &table.faults {
            tally.note(fault.check, NO_FIELD, || example(fault.line));
            let record = fault.check.scope() == Scope::Record;
            tally.read += u64::from(record || fault.check == Check::OnbekendeSleutel);
        }
        for line in &table.personal {
            tally.note(Check::BsnInBestand, NO_FIELD, || example(*line));
        }
        tally.blank = table.blank;
    }

    /// The meldingen of services that count and started in this month: those of older ones were looked up before.
    fn references(&self, columns: &[Column], meldingen: &[[u8; HASH_BYTES]], dropped: &[bool]) -> Vec<u64> {
        let rules = &*self.file.rules;
        let Links::Vervolgdienst { start, .. } = rules.links else { return Vec::new() };
        let month = rules.first_day..=rules.last_day;
        let started = columns[start].days().iter().zip(dropped).map(|(day, dropped)| !dropped && month.contains(day));
        let found = meldingen.iter().zip(started).filter(|(_, started)| *started).map(|(hash, _)| fingerprint(hash));
        found.filter(|fingerprint| fingerprint % self.file.sample == 0).collect()
    }
}

/// Stands for an id that is empty or not of good form.
pub(crate) const NO_HASH: [u8; HASH_BYTES] = [0; HASH_BYTES];

fn hashed(table: &Table, place: usize, states: &[u8], ids: &RegionIds) -> Vec<[u8; HASH_BYTES]> {
    let spans = table.column(place).zip(states);
    spans.map(|(span, state)| if *state == 1 { ids.hash(table.text(span)) } else { NO_HASH }).collect()
}

/// Of a block, the ids that are under suspicion of standing in the file more than once: their hash and line.
pub(crate) fn suspects(
    table: &Table,
    first_line: u64,
    ids: &RegionIds,
    rules: &RecordRules,
    suspected: &HashSet<u64>,
) -> Vec<([u8; HASH_BYTES], u64)> {
    let Column::Id(states) = columns::read(table, 0, rules, &mut Findings::default()) else { return Vec::new() };
    let hashes = hashed(table, 0, &states, ids);
    let lines = table.lines.iter().map(|line| first_line + u64::from(*line));
    hashes
        .into_iter()
        .zip(lines)
        .filter(|(hash, _)| *hash != NO_HASH && suspected.contains(&fingerprint(hash)))
        .collect()
}
