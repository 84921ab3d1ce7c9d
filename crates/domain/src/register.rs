//! The register: Veilig Thuis regions, veiligheidsregio's and gemeenten with inhabitants, every mapping dated (DESIGN §2).
//!
//! The data are CSV files (`data/register/`, sources, licences and doubts named there), built in and replaceable file by file.
//! They are checked as a whole when loaded: from the first day on, every gemeente lies in exactly one VT and one VR on every day.
//! A day before the register's first day (1-1-2019) is answered as that day.

mod check;
mod error;
mod population;
mod records;
mod source;
mod table;
mod timeline;

#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod population_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

pub use error::{RegisterError, RegisterRule};
pub use population::{AreaRef, Population};
pub use records::{Gemeente, VrRegion, VtRegion};
pub use source::RegisterSource;

use crate::atoms::AtomCode;
use records::{Herindeling, Records};
use table::Table;
use timeline::{Fallback, Meaning, Spell};

pub(crate) use table::is_code;

/// The dated regions and gemeenten. Made once, then only read.
#[derive(Debug, Clone)]
pub struct Register {
    source: Arc<RegisterSource>,
    version: String,
    first_day: NaiveDate,
    vts: Vec<VtRegion>,
    vrs: Vec<VrRegion>,
    gemeenten: Vec<Gemeente>,
    herindelingen: Vec<Herindeling>,
    inwoners: HashMap<String, BTreeMap<i32, u64>>,
    spells: HashMap<String, Vec<Spell>>,
    fallbacks: HashMap<String, Vec<Fallback>>,
}

/// What a gemeente code in a delivery of a VT means on the day of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GemeenteMatch<'r> {
    /// A gemeente of this VT.
    Known {
        /// The gemeente.
        gm: &'r Gemeente,
        /// Its veiligheidsregio.
        vr: &'r str,
    },
    /// A dissolved gemeente that went wholly into one of this VT: accepted, with a warning.
    Successor {
        /// The gemeente that took it over, as it is on that day.
        gm: &'r Gemeente,
        /// The veiligheidsregio of that one.
        vr: &'r str,
        /// The dissolved gemeente, as it last was.
        of: &'r Gemeente,
    },
    /// A gemeente (or the single successor of a dissolved one) of another VT.
    Elsewhere {
        /// That gemeente.
        gm: &'r Gemeente,
    },
    /// A dissolved gemeente that was divided over several.
    Dissolved {
        /// The dissolved gemeente, as it last was.
        of: &'r Gemeente,
    },
    /// A gemeente that begins later than that day.
    NotYet {
        /// The gemeente, as it will first be.
        gm: &'r Gemeente,
    },
    /// A code that the register does not know.
    Unknown,
    /// No code was given.
    NotGiven,
}

/// One row of the mapping from VT and gemeente code to atom, for a join in SQL: `van <= day AND day < tot`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AtomRow {
    /// The VT that delivers.
    pub vt: String,
    /// The code in the delivery; none for the row that holds when no other does (unknown, elsewhere, dissolved, not given).
    pub gm: Option<String>,
    /// First day.
    pub van: NaiveDate,
    /// The day after the last.
    pub tot: NaiveDate,
    /// Where the record counts.
    pub atom: AtomCode,
}

static BUILTIN: LazyLock<Register> = LazyLock::new(|| {
    // Unwrap safety: the built-in files are part of the program, and a test loads them.
    Register::from_source(&RegisterSource::builtin()).unwrap()
});

impl Register {
    /// The register made from the built-in files.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// A register from the texts of its files.
    ///
    /// # Errors
    /// The first mistake met, with file, line, field and the rule that it breaks.
    pub fn from_source(source: &RegisterSource) -> Result<Self, RegisterError> {
        let records = Records::read(source)?;
        check::check(&records)?;
        let version = version(&records);
        let gemeenten = values(records.gemeenten);
        let herindelingen = values(records.herindelingen);
        let mut inwoners: HashMap<String, BTreeMap<i32, u64>> = HashMap::new();
        for row in values(records.inwoners) {
            inwoners.entry(row.gm).or_default().insert(row.jaar, row.inwoners);
        }
        Ok(Self {
            source: Arc::new(source.clone()),
            version,
            // Unwrap safety: the file of gemeenten has rows, or it would have been refused.
            first_day: gemeenten.iter().map(|gemeente| gemeente.van).min().unwrap(),
            spells: timeline::timelines(&gemeenten, &herindelingen),
            fallbacks: timeline::fallbacks(&gemeenten),
            vts: values(records.vts),
            vrs: values(records.vrs),
            gemeenten,
            herindelingen,
            inwoners,
        })
    }

    /// Which data these are: the last year with inhabitants and a digest of all rows, such as `2020-3f9a0c1d2e4b`.
    ///
    /// Comments, line ends and the order of rows do not count: the same data have the same version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The texts that it was made from, to keep it by.
    pub fn source(&self) -> &RegisterSource {
        &self.source
    }

    /// The first day of the register. Days before it are answered as this day.
    pub fn first_day(&self) -> NaiveDate {
        self.first_day
    }

    /// The days on which a mapping changes, the first day of the register not among them.
    pub fn change_days(&self) -> Vec<NaiveDate> {
        timeline::change_days(&self.gemeenten).split_off(1)
    }

    fn within(&self, on: NaiveDate) -> NaiveDate {
        on.max(self.first_day)
    }

    /// The Veilig Thuis regions in force on a day, by code.
    pub fn vt_regions(&self, on: NaiveDate) -> Vec<&VtRegion> {
        let day = self.within(on);
        self.vts.iter().filter(|region| region.in_force(day)).collect()
    }

    /// A Veilig Thuis region, in force or not.
    pub fn vt(&self, code: &str) -> Option<&VtRegion> {
        self.vts.iter().find(|region| region.code == code)
    }

    /// The veiligheidsregio's in force on a day, by code.
    pub fn vr_regions(&self, on: NaiveDate) -> Vec<&VrRegion> {
        let day = self.within(on);
        self.vrs.iter().filter(|region| region.in_force(day)).collect()
    }

    /// A veiligheidsregio, in force or not.
    pub fn vr(&self, code: &str) -> Option<&VrRegion> {
        self.vrs.iter().find(|region| region.code == code)
    }

    /// The gemeenten of a day, by code.
    pub fn gemeenten(&self, on: NaiveDate) -> impl Iterator<Item = &Gemeente> {
        let day = self.within(on);
        self.gemeenten.iter().filter(move |gemeente| gemeente.in_force(day))
    }

    /// What a gemeente code in a delivery of `vt` means on the day of the event. The contract's `onbekend` is `None` here.
    ///
    /// One look-up in a hash map: cheap enough for every record.
    pub fn resolve(&self, vt: &str, gm_code: Option<&str>, on: NaiveDate) -> GemeenteMatch<'_> {
        let Some(code) = gm_code else { return GemeenteMatch::NotGiven };
        let Some(spells) = self.spells.get(code) else { return GemeenteMatch::Unknown };
        let day = self.within(on);
        match spells.iter().find(|spell| spell.covers(day)).map(|spell| spell.meaning) {
            Some(Meaning::Own(index)) => match &self.gemeenten[index] {
                gm if gm.vt == vt => GemeenteMatch::Known { gm, vr: &gm.vr },
                gm => GemeenteMatch::Elsewhere { gm },
            },
            Some(Meaning::Heir(index)) => match (&self.gemeenten[index], self.last_own(spells)) {
                (gm, Some(of)) if gm.vt == vt => GemeenteMatch::Successor { gm, vr: &gm.vr, of },
                (gm, _) => GemeenteMatch::Elsewhere { gm },
            },
            Some(Meaning::Divided) => {
                self.last_own(spells).map_or(GemeenteMatch::Unknown, |of| GemeenteMatch::Dissolved { of })
            }
            None => match spells.first().map(|spell| spell.meaning) {
                Some(Meaning::Own(index)) => GemeenteMatch::NotYet { gm: &self.gemeenten[index] },
                _ => GemeenteMatch::Unknown,
            },
        }
    }

    fn last_own(&self, spells: &[Spell]) -> Option<&Gemeente> {
        spells.iter().rev().find_map(|spell| match spell.meaning {
            Meaning::Own(index) => Some(&self.gemeenten[index]),
            _ => None,
        })
    }

    /// The atom in which a record of `vt` counts; nothing when that VT is not in force on the day.
    ///
    /// A gemeente that is unknown, not given, divided or of another VT: the VT's veiligheidsregio when the VT lies in exactly one,
    /// otherwise VR00 (DESIGN §4).
    pub fn atom_of(&self, vt: &str, gm_code: Option<&str>, on: NaiveDate) -> Option<AtomCode> {
        match self.resolve(vt, gm_code, on) {
            GemeenteMatch::Known { vr, .. } | GemeenteMatch::Successor { vr, .. } => AtomCode::new(vt, vr),
            _ => self.fallback(vt, on),
        }
    }

    fn fallback(&self, vt: &str, on: NaiveDate) -> Option<AtomCode> {
        let day = self.within(on);
        self.fallbacks
            .get(vt)?
            .iter()
            .find(|fallback| records::covers(fallback.van, fallback.tot, day))
            .map(|fallback| fallback.atom)
    }

    /// The whole mapping for the days `from..until`, sorted, cut to those days: says the same as [`Register::atom_of`].
    ///
    /// Per VT and day one row without a gemeente (for all codes that have no row of their own), and one for each gemeente of that
    /// VT and each dissolved one that went wholly into it. Codes elsewhere, divided or unknown have none.
    pub fn atom_rows(&self, from: NaiveDate, until: NaiveDate) -> Vec<AtomRow> {
        let cut = |van: NaiveDate, tot: Option<NaiveDate>| {
            let van = if van <= self.first_day { from } else { van.max(from) };
            let tot = tot.map_or(until, |tot| tot.min(until));
            (van < tot).then_some((van, tot))
        };
        let mut rows = Vec::new();
        for (vt, fallbacks) in &self.fallbacks {
            for fallback in fallbacks {
                if let Some((van, tot)) = cut(fallback.van, fallback.tot) {
                    rows.push(AtomRow { vt: vt.clone(), gm: None, van, tot, atom: fallback.atom });
                }
            }
        }
        for (code, spells) in &self.spells {
            for spell in spells {
                let (Meaning::Own(index) | Meaning::Heir(index)) = spell.meaning else { continue };
                let gemeente = &self.gemeenten[index];
                if let (Some((van, tot)), Some(atom)) =
                    (cut(spell.van, spell.tot), AtomCode::new(&gemeente.vt, &gemeente.vr))
                {
                    rows.push(AtomRow { vt: gemeente.vt.clone(), gm: Some(code.clone()), van, tot, atom });
                }
            }
        }
        rows.sort_unstable();
        rows
    }
}

fn values<T>(table: Table<T>) -> Vec<T> {
    table.rows.into_iter().map(|row| row.value).collect()
}

fn version(records: &Records) -> String {
    let mut digest = Sha256::new();
    let Records { vts, vrs, gemeenten, herindelingen, inwoners } = records;
    let files = [
        (vts.file, &vts.canonical),
        (vrs.file, &vrs.canonical),
        (gemeenten.file, &gemeenten.canonical),
        (herindelingen.file, &herindelingen.canonical),
        (inwoners.file, &inwoners.canonical),
    ];
    for (file, lines) in files {
        digest.update(format!("{file}\n{}\n", lines.len()));
        lines.iter().for_each(|line| digest.update(format!("{line}\n")));
    }
    let year = inwoners.rows.iter().map(|row| row.value.jaar).max().unwrap_or_default();
    format!("{year}-{}", &hex::encode(digest.finalize())[..12])
}
