//! The rules that the register's files must keep together: every gemeente in one VT and one VR on every day.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::error::{RegisterError, RegisterRule};
use super::records::{Gemeente, Records, Soort, covers};
use super::source::GEMEENTEN_FILE;
use super::table::{Numbered, Table};
use super::timeline::change_days;

/// The day on which the delivery contract begins (protocol 2.0, 1-1-2019): the register must know it.
// Unwrap safety: 1 January exists in every year, and the compiler evaluates this.
pub(super) const MUST_BEGIN_BY: NaiveDate = NaiveDate::from_ymd_opt(2019, 1, 1).unwrap();

type Checked = Result<(), RegisterError>;

/// Checks everything; the first mistake is returned.
pub(super) fn check(records: &Records) -> Checked {
    unique_codes(&records.vts, "vt_code", |row| &row.code)?;
    unique_codes(&records.vrs, "vr_code", |row| &row.code)?;
    rows_join(&records.gemeenten)?;
    let first_day = first_day(&records.gemeenten)?;
    let regions = Regions::of(records);
    for row in &records.gemeenten.rows {
        regions.hold(&records.gemeenten, row)?;
    }
    let gemeenten = Known::of(&records.gemeenten.rows);
    herindelingen(records, &gemeenten)?;
    begins_and_ends(records, first_day)?;
    no_empty_region(records)?;
    inwoners(records, &gemeenten, first_day)
}

fn unique_codes<T>(table: &Table<T>, field: &'static str, code: impl Fn(&T) -> &String) -> Checked {
    let mut seen = HashSet::new();
    for row in &table.rows {
        let code = code(&row.value);
        if !seen.insert(code) {
            return Err(table.error(row.line, field, RegisterRule::Twice(code.clone())));
        }
    }
    Ok(())
}

fn rows_join(table: &Table<Gemeente>) -> Checked {
    for pair in table.rows.windows(2) {
        let (before, after) = (&pair[0].value, &pair[1].value);
        if before.code != after.code || before.tot == Some(after.van) {
            continue;
        }
        let code = after.code.clone();
        let rule = match before.tot {
            Some(tot) if tot < after.van => RegisterRule::Gap { code, from: tot, until: after.van },
            _ => RegisterRule::Overlap { code, day: after.van },
        };
        return Err(table.error(pair[1].line, "van", rule));
    }
    Ok(())
}

fn first_day(table: &Table<Gemeente>) -> Result<NaiveDate, RegisterError> {
    match table.rows.iter().min_by_key(|row| row.value.van) {
        Some(first) if first.value.van <= MUST_BEGIN_BY => Ok(first.value.van),
        first => Err(table.error(first.map_or(1, |row| row.line), "van", RegisterRule::BeginsLate(MUST_BEGIN_BY))),
    }
}

type Span = (NaiveDate, Option<NaiveDate>);

struct Regions<'r> {
    vts: HashMap<&'r str, Span>,
    vt_file: &'static str,
    vrs: HashMap<&'r str, Span>,
    vr_file: &'static str,
}

impl<'r> Regions<'r> {
    fn of(records: &'r Records) -> Self {
        Self {
            vts: records.vts.rows.iter().map(|row| (row.value.code.as_str(), (row.value.van, row.value.tot))).collect(),
            vt_file: records.vts.file,
            vrs: records.vrs.rows.iter().map(|row| (row.value.code.as_str(), (row.value.van, row.value.tot))).collect(),
            vr_file: records.vrs.file,
        }
    }

    /// The VT and VR of a row must be in force on each of its days.
    fn hold(&self, table: &Table<Gemeente>, row: &Numbered<Gemeente>) -> Checked {
        let gemeente = &row.value;
        let cases =
            [("vt_code", &gemeente.vt, &self.vts, self.vt_file), ("vr_code", &gemeente.vr, &self.vrs, self.vr_file)];
        for (field, code, regions, file) in cases {
            let Some(&(van, tot)) = regions.get(code.as_str()) else {
                return Err(table.error(row.line, field, RegisterRule::UnknownCode(code.clone(), file)));
            };
            let missing = match tot {
                _ if gemeente.van < van => Some(gemeente.van),
                Some(tot) if gemeente.tot.is_none_or(|end| tot < end) => Some(tot),
                _ => None,
            };
            if let Some(day) = missing {
                return Err(table.error(row.line, field, RegisterRule::NotInForce { code: code.clone(), day }));
            }
        }
        Ok(())
    }
}

/// From the first to the last day of each gemeente code; its rows join.
struct Known<'r>(HashMap<&'r str, Span>);

impl<'r> Known<'r> {
    fn of(rows: &'r [Numbered<Gemeente>]) -> Self {
        let mut spans: HashMap<&str, Span> = HashMap::new();
        for Numbered { value, .. } in rows {
            spans.entry(&value.code).and_modify(|span| span.1 = value.tot).or_insert((value.van, value.tot));
        }
        Self(spans)
    }

    fn span(&self, code: &str) -> Result<Span, RegisterRule> {
        self.0.get(code).copied().ok_or_else(|| RegisterRule::UnknownCode(code.to_owned(), GEMEENTEN_FILE))
    }
}

fn herindelingen(records: &Records, known: &Known<'_>) -> Checked {
    let table = &records.herindelingen;
    let mut seen = HashSet::new();
    for row in &table.rows {
        let value = &row.value;
        let error = |field, rule| table.error(row.line, field, rule);
        let (_, end) = known.span(&value.van_gm).map_err(|rule| error("van_gm", rule))?;
        let (begin, until) = known.span(&value.naar_gm).map_err(|rule| error("naar_gm", rule))?;
        if end != Some(value.datum) {
            return Err(error("datum", RegisterRule::DoesNotEnd(value.van_gm.clone())));
        }
        if !covers(begin, until, value.datum) {
            return Err(error("naar_gm", RegisterRule::NotInForce { code: value.naar_gm.clone(), day: value.datum }));
        }
        if !seen.insert((&value.van_gm, &value.naar_gm)) {
            return Err(error("naar_gm", RegisterRule::Twice(format!("{} to {}", value.van_gm, value.naar_gm))));
        }
        let targets = table.rows.iter().filter(|other| other.value.van_gm == value.van_gm).count();
        match (value.soort, targets) {
            (Soort::Splitsing, 1) => return Err(error("soort", RegisterRule::OneSuccessor(value.van_gm.clone()))),
            (Soort::Fusie | Soort::Toevoeging, 2..) => {
                return Err(error("soort", RegisterRule::SeveralSuccessors(value.van_gm.clone())));
            }
            (Soort::Fusie, _) if begin != value.datum => {
                return Err(error("soort", RegisterRule::WrongKind(value.naar_gm.clone())));
            }
            (Soort::Toevoeging, _) if begin == value.datum => {
                return Err(error("soort", RegisterRule::WrongKind(value.naar_gm.clone())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A gemeente that ends goes somewhere, and one that begins comes from somewhere: nobody's place is lost.
fn begins_and_ends(records: &Records, first_day: NaiveDate) -> Checked {
    let table = &records.gemeenten;
    let ended: HashSet<&str> = records.herindelingen.rows.iter().map(|row| row.value.van_gm.as_str()).collect();
    let begun: HashSet<(&str, NaiveDate)> =
        records.herindelingen.rows.iter().map(|row| (row.value.naar_gm.as_str(), row.value.datum)).collect();
    for (index, row) in table.rows.iter().enumerate() {
        let gemeente = &row.value;
        let same = |other: Option<&Numbered<Gemeente>>| other.is_some_and(|other| other.value.code == gemeente.code);
        let first = !same(index.checked_sub(1).and_then(|before| table.rows.get(before)));
        if first && gemeente.van > first_day && !begun.contains(&(gemeente.code.as_str(), gemeente.van)) {
            return Err(table.error(row.line, "van", RegisterRule::NoPredecessor(gemeente.code.clone())));
        }
        let last = !same(table.rows.get(index + 1));
        if last && gemeente.tot.is_some() && !ended.contains(gemeente.code.as_str()) {
            return Err(table.error(row.line, "tot", RegisterRule::NoSuccessor(gemeente.code.clone())));
        }
    }
    Ok(())
}

/// A region in force has a gemeente on each day.
fn no_empty_region(records: &Records) -> Checked {
    let gemeenten: Vec<Gemeente> = records.gemeenten.rows.iter().map(|row| row.value.clone()).collect();
    let mut days: BTreeSet<NaiveDate> = change_days(&gemeenten).into_iter().collect();
    days.extend(records.vts.rows.iter().map(|row| row.value.van));
    days.extend(records.vrs.rows.iter().map(|row| row.value.van));
    for day in days {
        let here = || gemeenten.iter().filter(|gemeente| gemeente.in_force(day));
        let vts: HashSet<&str> = here().map(|gemeente| gemeente.vt.as_str()).collect();
        let vrs: HashSet<&str> = here().map(|gemeente| gemeente.vr.as_str()).collect();
        let empty = |code: &String| RegisterRule::Empty { code: code.clone(), day };
        if let Some(row) =
            records.vts.rows.iter().find(|row| row.value.in_force(day) && !vts.contains(row.value.code.as_str()))
        {
            return Err(records.vts.error(row.line, "vt_code", empty(&row.value.code)));
        }
        if let Some(row) =
            records.vrs.rows.iter().find(|row| row.value.in_force(day) && !vrs.contains(row.value.code.as_str()))
        {
            return Err(records.vrs.error(row.line, "vr_code", empty(&row.value.code)));
        }
    }
    Ok(())
}

fn inwoners(records: &Records, known: &Known<'_>, first_day: NaiveDate) -> Checked {
    let table = &records.inwoners;
    let mut seen = HashSet::new();
    for row in &table.rows {
        let value = &row.value;
        let (van, tot) = known.span(&value.gm).map_err(|rule| table.error(row.line, "gm_code", rule))?;
        let day = super::population::reference_day(value.jaar).max(first_day);
        if !covers(van, tot, day) {
            return Err(table.error(row.line, "jaar", RegisterRule::NotInForce { code: value.gm.clone(), day }));
        }
        if !seen.insert((&value.gm, value.jaar)) {
            return Err(table.error(
                row.line,
                "gm_code",
                RegisterRule::Twice(format!("{} in {}", value.gm, value.jaar)),
            ));
        }
    }
    Ok(())
}
