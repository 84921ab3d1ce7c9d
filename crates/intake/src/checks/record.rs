//! The checks of a record that look at more than one field, or at the calendar and the register.

use super::check::Check;
use super::columns::{Column, Findings};
use super::day;
use super::rules::{Links, RecordRules, Role, decides_month};
use super::{code_table, columns, gemeente_table};
use crate::parse::Table;

/// Checks all records of a block; `columns` are their values by field.
pub(crate) fn check(table: &Table, columns: &[Column], rules: &RecordRules, findings: &mut Findings) {
    let happened = columns[rules.links.date()].days();
    dates(columns, rules, findings);
    codes_of_the_day(columns, happened, rules, findings);
    gemeenten(columns, happened, rules, findings);
    match rules.links {
        Links::Advies { date, role } => {
            in_month(&[columns[date].days()], rules, findings);
            roles(columns, role, findings);
        }
        Links::Melding { date, role, police, persons, minors, decision, decided_on, case } => {
            in_month(&[columns[date].days()], rules, findings);
            roles(columns, role, findings);
            police_report(columns[police.0].small(), columns[role.organisation].small(), police.1, police.0, findings);
            people(columns[persons].small(), columns[minors].small(), (persons, minors), findings);
            let decisions = (columns[decision.0].small(), columns[decided_on].days());
            decided(decisions, happened, decision.1, decided_on, findings);
            cases(table, columns[0].small(), columns[case].small(), case, findings);
        }
        Links::Vervolgdienst { start, end, outcome, handed_over, .. } => {
            in_month(&[columns[start].days(), columns[end].days()], rules, findings);
            ended(columns[start].days(), columns[end].days(), end, findings);
            for field in [outcome, handed_over] {
                outcomes(columns[end].days(), columns[field].sets(), field, findings);
            }
        }
    }
}

impl Column {
    pub(crate) fn days(&self) -> &[i32] {
        if let Self::Date(days) = self { days } else { &[] }
    }

    pub(crate) fn sets(&self) -> &[u64] {
        if let Self::Codes(sets) = self { sets } else { &[] }
    }

    /// Codes, ids, truth values and counts.
    pub(crate) fn small(&self) -> &[u8] {
        match self {
            Self::Id(values) | Self::Code(values) | Self::Bool(values) | Self::Count(values) => values,
            _ => &[],
        }
    }
}

const fn is_day(day: i32) -> bool {
    day > day::INVALID
}

/// A value, neither empty nor invalid.
const fn is_value(small: u8) -> bool {
    small < columns::INVALID
}

// One sign for empty and one for invalid serve all columns of single bytes.
const _: () = assert!(columns::EMPTY == code_table::EMPTY && columns::INVALID == code_table::INVALID);

/// Every date: not after the delivery was made, not after what it covers, not unlikely old.
fn dates(columns: &[Column], rules: &RecordRules, findings: &mut Findings) {
    for (place, column) in columns.iter().enumerate() {
        let Column::Date(days) = column else { continue };
        let decides = decides_month(rules.record, &rules.fields[place]);
        let latest = if decides { rules.covered_until.min(rules.made_on) } else { rules.made_on };
        for (row, day) in days.iter().copied().enumerate() {
            if (rules.oldest_likely..=latest).contains(&day) || !is_day(day) {
                continue;
            }
            if day > rules.made_on {
                findings.add(row, Check::NaAanmaken, place);
            } else if day < rules.oldest_likely {
                findings.add(row, Check::OudeDatum, place);
            } else if day <= rules.last_day {
                findings.add(row, Check::NaTotEnMet, place);
            }
        }
    }
}

/// Some date of the record lies in the month.
fn in_month(dates: &[&[i32]], rules: &RecordRules, findings: &mut Findings) {
    let month = rules.first_day..=rules.last_day;
    for (row, day) in dates[0].iter().enumerate() {
        let mut all = dates.iter().map(|days| days[row]);
        if !month.contains(day)
            && all.clone().all(|day| day != day::INVALID && !month.contains(&day))
            && all.any(is_day)
        {
            findings.add_record(row, Check::BuitenMaand);
        }
    }
}

fn codes_of_the_day(columns: &[Column], happened: &[i32], rules: &RecordRules, findings: &mut Findings) {
    for (place, column) in columns.iter().enumerate() {
        let Some(codes) = rules.codes[place].as_ref().filter(|codes| codes.dated) else { continue };
        let valid = |row: usize, code: u8| !is_day(happened[row]) || codes.valid_on(code, happened[row]);
        match column {
            Column::Code(values) => {
                for (row, code) in values.iter().copied().enumerate() {
                    if is_value(code) && !valid(row, code) {
                        findings.add(row, Check::CodeNietGeldig, place);
                    }
                }
            }
            Column::Codes(sets) => {
                for (row, set) in sets.iter().copied().enumerate() {
                    if (0..code_table::MAX_CODES as u8).any(|code| set >> code & 1 == 1 && !valid(row, code)) {
                        findings.add(row, Check::CodeNietGeldig, place);
                    }
                }
            }
            _ => {}
        }
    }
}

fn gemeenten(columns: &[Column], happened: &[i32], rules: &RecordRules, findings: &mut Findings) {
    for (place, column) in columns.iter().enumerate() {
        let Column::Gemeente(codes) = column else { continue };
        for (row, code) in codes.iter().copied().enumerate() {
            if matches!(code, gemeente_table::EMPTY | gemeente_table::INVALID) || !is_day(happened[row]) {
                continue;
            }
            if let Some(check) = rules.gemeenten.meaning(code, happened[row]).check {
                findings.add(row, check, place);
            }
        }
    }
}

fn roles(columns: &[Column], link: Role, findings: &mut Findings) {
    let (Some(private), Some(citizen)) = (link.private, link.citizen) else { return };
    let pairs = columns[link.role].small().iter().zip(columns[link.organisation].small());
    for (row, (role, organisation)) in pairs.enumerate() {
        if (*role == private) != (*organisation == citizen) && is_value(*role) && is_value(*organisation) {
            findings.add(row, Check::RolOrganisatie, link.organisation);
        }
    }
}

fn police_report(reported: &[u8], organisations: &[u8], police: Option<u8>, place: usize, findings: &mut Findings) {
    for (row, (reported, organisation)) in reported.iter().zip(organisations).enumerate() {
        if *reported == 1 && is_value(*organisation) && Some(*organisation) != police {
            findings.add(row, Check::PolitieOverdracht, place);
        }
    }
}

fn people(persons: &[u8], minors: &[u8], places: (usize, usize), findings: &mut Findings) {
    for (row, (persons, minors)) in persons.iter().zip(minors).enumerate() {
        if *persons == 0 {
            findings.add(row, Check::GeenBetrokkenen, places.0);
        }
        if is_value(*minors) && is_value(*persons) && minors > persons {
            findings.add(row, Check::Minderjarigen, places.1);
        }
    }
}

fn decided(
    (decisions, days): (&[u8], &[i32]),
    received: &[i32],
    not_yet: Option<u8>,
    place: usize,
    findings: &mut Findings,
) {
    for (row, (decision, day)) in decisions.iter().zip(days).enumerate() {
        if is_value(*decision) {
            let undecided = Some(*decision) == not_yet;
            if !undecided && *day == day::EMPTY {
                findings.add(row, Check::BesluitZonderDatum, place);
            } else if undecided && is_day(*day) {
                findings.add(row, Check::DatumZonderBesluit, place);
            }
        }
        if is_day(*day) && is_day(received[row]) && *day < received[row] {
            findings.add(row, Check::BesluitVoorOntvangst, place);
        }
    }
}

fn cases(table: &Table, ids: &[u8], cases: &[u8], place: usize, findings: &mut Findings) {
    for (row, (id, case)) in ids.iter().zip(cases).enumerate() {
        if is_value(*id) && is_value(*case) {
            let (id, case) = (table.span(row, 0), table.span(row, place));
            if id.len == case.len && table.text(id) == table.text(case) {
                findings.add(row, Check::CasusIsMelding, place);
            }
        }
    }
}

fn ended(starts: &[i32], ends: &[i32], place: usize, findings: &mut Findings) {
    for (row, (start, end)) in starts.iter().zip(ends).enumerate() {
        if is_day(*start) && is_day(*end) && end < start {
            findings.add(row, Check::EindVoorStart, place);
        }
    }
}

fn outcomes(ends: &[i32], sets: &[u64], place: usize, findings: &mut Findings) {
    for (row, (end, set)) in ends.iter().zip(sets).enumerate() {
        if *end == day::EMPTY && *set != 0 && *set != columns::INVALID_SET {
            findings.add(row, Check::UitkomstZonderEind, place);
        }
    }
}
