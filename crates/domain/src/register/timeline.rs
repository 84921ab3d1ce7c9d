//! What a gemeente code means from day to day: itself, then its successor, then nothing certain.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use chrono::NaiveDate;

use super::records::{Gemeente, Herindeling, covers};
use crate::atoms::AtomCode;

/// What a code stands for during a range of days; an index is one of a row of the gemeenten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The gemeente itself.
    Own(usize),
    /// The gemeente that wholly took it over.
    Heir(usize),
    /// It was divided: no single successor.
    Divided,
}

/// A range of days with one meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spell {
    pub van: NaiveDate,
    pub tot: Option<NaiveDate>,
    pub meaning: Meaning,
}

impl Spell {
    pub fn covers(&self, day: NaiveDate) -> bool {
        covers(self.van, self.tot, day)
    }

    /// The part from `begin` on.
    fn clipped(self, begin: NaiveDate) -> Option<Self> {
        self.tot.is_none_or(|tot| begin < tot).then(|| Self { van: self.van.max(begin), ..self })
    }
}

/// The spells of every code, without gap from its first day to the end of time. The records must have passed their checks.
pub(super) fn timelines(gemeenten: &[Gemeente], herindelingen: &[Herindeling]) -> HashMap<String, Vec<Spell>> {
    let rows = rows_by_code(gemeenten);
    let codes: BTreeSet<&str> = gemeenten.iter().map(|gemeente| gemeente.code.as_str()).collect();
    codes.into_iter().map(|code| (code.to_owned(), timeline(code, gemeenten, &rows, herindelingen))).collect()
}

fn rows_by_code(gemeenten: &[Gemeente]) -> HashMap<&str, Range<usize>> {
    let mut rows: HashMap<&str, Range<usize>> = HashMap::new();
    for (index, gemeente) in gemeenten.iter().enumerate() {
        rows.entry(&gemeente.code).and_modify(|range| range.end = index + 1).or_insert(index..index + 1);
    }
    rows
}

fn timeline(
    code: &str,
    gemeenten: &[Gemeente],
    rows: &HashMap<&str, Range<usize>>,
    herindelingen: &[Herindeling],
) -> Vec<Spell> {
    let own = rows.get(code).cloned().unwrap_or_default();
    let spell =
        |index: usize| Spell { van: gemeenten[index].van, tot: gemeenten[index].tot, meaning: Meaning::Own(index) };
    let mut spells: Vec<Spell> = own.map(spell).collect();
    let Some(end) = spells.last().and_then(|last| last.tot) else { return spells };
    let mut heirs = herindelingen.iter().filter(|row| row.van_gm == code && row.datum == end);
    match (heirs.next(), heirs.next()) {
        // The successor is in force on that day, so its own end lies later and this recursion ends.
        (Some(heir), None) => {
            let later = timeline(&heir.naar_gm, gemeenten, rows, herindelingen);
            spells.extend(later.into_iter().filter_map(|spell| spell.clipped(end)).map(inherited));
        }
        _ => spells.push(Spell { van: end, tot: None, meaning: Meaning::Divided }),
    }
    spells
}

fn inherited(spell: Spell) -> Spell {
    let meaning = match spell.meaning {
        Meaning::Own(index) | Meaning::Heir(index) => Meaning::Heir(index),
        Meaning::Divided => Meaning::Divided,
    };
    Spell { meaning, ..spell }
}

/// The atom of a VT for what lies in no known gemeente of it, during a range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fallback {
    pub van: NaiveDate,
    pub tot: Option<NaiveDate>,
    pub atom: AtomCode,
}

/// Per VT the dated fallback: its veiligheidsregio when it lies in exactly one, otherwise VR00.
pub(super) fn fallbacks(gemeenten: &[Gemeente]) -> HashMap<String, Vec<Fallback>> {
    let days = change_days(gemeenten);
    let mut all: HashMap<String, Vec<Fallback>> = HashMap::new();
    for (index, &van) in days.iter().enumerate() {
        let tot = days.get(index + 1).copied();
        for (vt, vrs) in vrs_by_vt(gemeenten, van) {
            let vr = if let [vr] = vrs.iter().copied().collect::<Vec<_>>()[..] { vr } else { AtomCode::VR_UNKNOWN };
            // Unwrap safety: codes are checked when they are read.
            let atom = AtomCode::new(vt, vr).unwrap();
            let spells = all.entry(vt.to_owned()).or_default();
            match spells.last_mut() {
                Some(last) if last.atom == atom && last.tot == Some(van) => last.tot = tot,
                _ => spells.push(Fallback { van, tot, atom }),
            }
        }
    }
    all
}

/// The days on which some mapping begins or ends, in order; the first is the register's first day.
pub(super) fn change_days(gemeenten: &[Gemeente]) -> Vec<NaiveDate> {
    let days: BTreeSet<NaiveDate> =
        gemeenten.iter().flat_map(|gemeente| [Some(gemeente.van), gemeente.tot]).flatten().collect();
    days.into_iter().collect()
}

/// The veiligheidsregio's that each VT draws on, on a day.
pub(super) fn vrs_by_vt(gemeenten: &[Gemeente], day: NaiveDate) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut vrs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for gemeente in gemeenten.iter().filter(|gemeente| gemeente.in_force(day)) {
        vrs.entry(&gemeente.vt).or_default().insert(&gemeente.vr);
    }
    vrs
}
