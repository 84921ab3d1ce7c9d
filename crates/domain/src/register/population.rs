//! Inhabitants of an area: known per gemeente and year, carried forward through herindelingen, and stated when not of the year itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

use super::Register;
use super::records::{Herindeling, Soort};
use super::table::is_code;
use crate::period::dutch_date;

/// An area for which inhabitants can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaRef<'a> {
    /// The country: NL01.
    Nl,
    /// A Veilig Thuis region.
    Vt(&'a str),
    /// A veiligheidsregio. VR00 is no place and has no inhabitants.
    Vr(&'a str),
    /// A gemeente.
    Gm(&'a str),
}

impl<'a> AreaRef<'a> {
    /// From a published region code or a gemeente code: NL01, VT07, VR14, VR00, GM0363.
    pub fn parse(code: &'a str) -> Option<Self> {
        match code {
            "NL01" => Some(Self::Nl),
            "VR00" => Some(Self::Vr(code)),
            _ if is_code(code, "VT", 2) => Some(Self::Vt(code)),
            _ if is_code(code, "VR", 2) => Some(Self::Vr(code)),
            _ if is_code(code, "GM", 4) => Some(Self::Gm(code)),
            _ => None,
        }
    }
}

/// How many people live in an area, and which year's figures say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Population {
    /// Inhabitants.
    pub value: u64,
    /// The year of the figures; the oldest, when they are of several years.
    pub reference_year: i32,
    /// In Dutch, what a reader must know: another year's figures, a sum of predecessors, a part that is left out.
    pub note: Option<String>,
}

/// The day whose division a year's figures follow.
pub(super) fn reference_day(year: i32) -> NaiveDate {
    // Unwrap safety: years are 2000–2100 where they are read and every such year has a 1 January; others saturate.
    NaiveDate::from_ymd_opt(year.clamp(1900, 2200), 1, 1).unwrap()
}

impl Register {
    /// Inhabitants of an area in a year, in the division of 1 January of that year. See [`Register::population_on`].
    pub fn population(&self, area: AreaRef<'_>, year: i32) -> Option<Population> {
        self.population_on(area, reference_day(year))
    }

    /// Inhabitants of an area in the division of a day; nothing when the area has no gemeente then, or one without any figure.
    ///
    /// Per gemeente the last figure up to that year counts, with those of the gemeenten that it wholly took over since; without
    /// any, the first figure after it (2019 has 2020's). Of a gemeente that was divided since, the parts are not known: it
    /// counts in areas that hold all its successors, and is left out of others, which `note` then says.
    pub fn population_on(&self, area: AreaRef<'_>, on: NaiveDate) -> Option<Population> {
        let day = on.max(self.first_day());
        let year = on.year();
        let mut sum = Sum {
            register: self,
            year,
            value: 0,
            years: BTreeSet::new(),
            taken_over: Vec::new(),
            divided: BTreeMap::new(),
        };
        for gemeente in self.gemeenten(day) {
            let inside = match area {
                AreaRef::Nl => true,
                AreaRef::Vt(code) => gemeente.vt == code,
                AreaRef::Vr(code) => gemeente.vr == code,
                AreaRef::Gm(code) => gemeente.code == code,
            };
            if inside {
                sum.add(&gemeente.code, day)?;
            }
        }
        let left_out = sum.add_divided()?;
        let reference_year = sum.years.first().copied()?;
        let note = sum.note(matches!(area, AreaRef::Gm(_)), &left_out);
        Some(Population { value: sum.value, reference_year, note })
    }
}

struct Sum<'r> {
    register: &'r Register,
    year: i32,
    value: u64,
    years: BTreeSet<i32>,
    taken_over: Vec<&'r str>,
    /// Of each divided gemeente, the successors met whose figures are older than the division.
    divided: BTreeMap<(NaiveDate, &'r str), BTreeSet<&'r str>>,
}

impl<'r> Sum<'r> {
    /// Adds a gemeente as it is on a day; nothing when there is no figure for it or a predecessor.
    fn add(&mut self, gm: &str, day: NaiveDate) -> Option<()> {
        let register = self.register;
        let mut figure = register.last_figure(gm, self.year);
        let whole = |row: &&Herindeling| row.soort != Soort::Splitsing && row.datum <= day;
        if figure.is_none() && !register.herindelingen_into(gm).any(|row| whole(&row)) {
            figure = Some(register.first_figure(gm)?);
        }
        if let Some((year, value)) = figure {
            self.value += value;
            self.years.insert(year);
        }
        let since = figure.map_or(NaiveDate::MIN, |(year, _)| reference_day(year));
        for row in register.herindelingen_into(gm).filter(|row| since < row.datum && row.datum <= day) {
            if whole(&row) {
                self.taken_over.push(&row.van_gm);
                self.add(&row.van_gm, row.datum - Days::new(1))?;
            } else {
                self.divided.entry((row.datum, &row.van_gm)).or_default().insert(&row.naar_gm);
            }
        }
        Some(())
    }

    /// Adds divided gemeenten that lie wholly inside; returns the others. The latest first: an earlier division may lie under it.
    fn add_divided(&mut self) -> Option<Vec<(NaiveDate, &'r str)>> {
        let mut left_out = Vec::new();
        while let Some(((datum, gm), inside)) = self.divided.pop_last() {
            let all: BTreeSet<&str> = self.register.successors(gm).map(|row| row.naar_gm.as_str()).collect();
            if all == inside {
                self.add(gm, datum - Days::new(1))?;
            } else {
                left_out.push((datum, gm));
            }
        }
        Some(left_out)
    }

    fn note(&self, gemeente: bool, left_out: &[(NaiveDate, &str)]) -> Option<String> {
        let mut parts = Vec::new();
        let (first, last) = (self.years.first()?, self.years.last()?);
        if first != last {
            parts.push(format!("inwoners van {first} tot en met {last}, per gemeente de laatst bekende"));
        } else if *first < self.year {
            parts.push(format!("inwoners van {first}, de laatst bekende"));
        } else if *first > self.year {
            parts.push(format!("inwoners van {first}, de eerst bekende"));
        }
        if gemeente && !self.taken_over.is_empty() {
            parts.push(format!("met wie woonden in {}", self.names(self.taken_over.iter().copied())));
        }
        for (datum, gm) in left_out {
            let over = self.names(self.register.successors(gm).map(|row| row.naar_gm.as_str()));
            let name = self.register.name(gm);
            let day = dutch_date(*datum);
            parts.push(format!(
                "zonder het deel van {name}, dat op {day} is verdeeld over {over} (verdeling niet bekend)"
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn names<'c>(&self, codes: impl Iterator<Item = &'c str>) -> String {
        let mut names: Vec<&str> = codes.map(|code| self.register.name(code)).collect();
        names.sort_unstable();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} en {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl Register {
    /// The last figure of a gemeente up to a year, with its own year.
    fn last_figure(&self, gm: &str, year: i32) -> Option<(i32, u64)> {
        self.inwoners.get(gm)?.range(..=year).next_back().map(|(year, value)| (*year, *value))
    }

    /// The first figure of a gemeente, with its year.
    fn first_figure(&self, gm: &str) -> Option<(i32, u64)> {
        self.inwoners.get(gm)?.first_key_value().map(|(year, value)| (*year, *value))
    }

    fn successors<'r>(&'r self, gm: &str) -> impl Iterator<Item = &'r Herindeling> {
        self.herindelingen.iter().filter(move |row| row.van_gm == gm)
    }

    fn herindelingen_into<'r>(&'r self, gm: &str) -> impl Iterator<Item = &'r Herindeling> {
        self.herindelingen.iter().filter(move |row| row.naar_gm == gm)
    }

    fn name(&self, gm: &str) -> &str {
        self.gemeenten.iter().rfind(|gemeente| gemeente.code == gm).map_or("onbekend", |gemeente| &gemeente.naam)
    }
}
