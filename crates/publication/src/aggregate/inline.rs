//! Small tables written into the SQL itself, so that a query carries all it needs.

use std::fmt::Write;

use chrono::NaiveDate;
use vt_domain::measure::Maat;
use vt_domain::register::{AtomRow, Register};

use crate::gate::PeriodInput;

/// The tables with which every query begins.
const KALENDER: &str = include_str!("../sql/kalender.sql");

/// Fills in a query's `{{…}}`: the periods, and the mapping from VT and gemeente to atom for their days.
///
/// - `kalender`: the head of the query, in which the others stand.
/// - `periodes`: number, first day, day after the last.
/// - `vangnet`: the atom per VT and days for what has no row in `plaatsen`.
/// - `plaatsen`: the atom per VT, gemeente and days, where it is another than the one of `vangnet`.
/// - `soorten`: the services that are counted.
pub(super) fn fill(sql: &str, inputs: &[&PeriodInput], register: &Register) -> String {
    let periods = inputs
        .iter()
        .enumerate()
        .map(|(number, input)| vec![number.to_string(), date(input.period.begin()), date(input.period.end())]);
    let from = inputs.iter().map(|input| input.period.begin()).min().unwrap_or_default();
    let until = inputs.iter().map(|input| input.period.end()).max().unwrap_or_default();
    let (places, fallbacks): (Vec<AtomRow>, Vec<AtomRow>) =
        register.atom_rows(from, until).into_iter().partition(|row| row.gm.is_some());
    let same = |row: &AtomRow| {
        fallbacks.iter().any(|net| net.vt == row.vt && net.atom == row.atom && net.van <= row.van && row.tot <= net.tot)
    };
    let nets = fallbacks.iter().map(|row| vec![text(&row.vt), date(row.van), date(row.tot), text(row.atom.as_str())]);
    // A first row that matches nothing: VALUES needs one, and a register can have no VT in two veiligheidsregio's.
    let nothing = vec![text(""), text(""), date(from), date(from), text("")];
    let places = places.iter().filter(|row| !same(row)).map(|row| {
        let gm = row.gm.as_deref().unwrap_or_default();
        vec![text(&row.vt), text(gm), date(row.van), date(row.tot), text(row.atom.as_str())]
    });
    let kinds: Vec<String> = Maat::ALL.into_iter().filter_map(Maat::dienst_soort).map(text).collect();
    sql.replace("{{kalender}}", KALENDER)
        .replace("{{periodes}}", &values(periods))
        .replace("{{vangnet}}", &values(nets))
        .replace("{{plaatsen}}", &values(std::iter::once(nothing).chain(places)))
        .replace("{{soorten}}", &kinds.join(", "))
}

fn values(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut sql = String::new();
    for (index, row) in rows.enumerate() {
        // Unwrap safety: writing to a String does not fail.
        write!(sql, "{}({})", if index == 0 { "" } else { ", " }, row.join(", ")).unwrap();
    }
    sql
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn date(day: NaiveDate) -> String {
    format!("DATE '{day}'")
}
