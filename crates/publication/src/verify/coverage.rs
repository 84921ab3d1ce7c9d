//! Coverage and status: possible, consistent between areas, and complete where counts are given.

use std::collections::BTreeMap;

use vt_domain::measure::Maat;
use vt_domain::snapshot::{Manifest, RedenLeeg, SnapshotTable, Status};

use super::collect::Collector;
use super::grid::View;
use super::report::Rule;
use crate::tables::coverage::share_of_days;
use crate::tables::{PublishedArea, Row, place, row_name};

/// The coverage of an area as published.
#[derive(Clone, Copy)]
struct Covered {
    dagen: i64,
    gedekt: i64,
    status: Status,
}

impl Covered {
    fn complete(self) -> bool {
        self.gedekt == self.dagen
    }
}

pub(super) fn check(view: &View<'_>, manifest: &Manifest, found: &mut Collector) {
    let table = SnapshotTable::Dekking;
    let file = view.file(table);
    let mut covered: BTreeMap<&str, Covered> = BTreeMap::new();
    for row in view.rows(table) {
        let name = row_name(table, row);
        match read(row) {
            Some(read) => {
                check_row(&file, &name, row, read, found);
                covered.extend(row[place::REGIO_CODE].text().map(|code| (code, read)));
            }
            None => found.add(&file, name, Rule::Status, "the status is not one of the three"),
        }
    }
    for area in &view.areas {
        check_area(view, area, &covered, found);
    }
    if covered.get("NL01").is_some_and(|nl| nl.status != manifest.status) {
        found.add(&file, "NL/NL01".to_owned(), Rule::Status, "the status is another one than in the manifest");
    }
    check_statuses(view, &covered, found);
}

fn column(name: &str) -> usize {
    SnapshotTable::Dekking.column(name).unwrap_or_default()
}

fn read(row: &Row) -> Option<Covered> {
    let status = row[column("status")].text()?.parse().ok()?;
    Some(Covered { dagen: row[column("dagen")].int()?, gedekt: row[column("dagen_gedekt")].int()?, status })
}

fn check_row(file: &str, name: &str, row: &Row, read: Covered, found: &mut Collector) {
    let share = row[column("dekking")].float().unwrap_or_default();
    let days = |days: i64| u32::try_from(days).unwrap_or_default();
    let rules = [
        (
            0 <= read.gedekt && read.gedekt <= read.dagen,
            Rule::Coverage,
            "more days are covered than there are, or fewer than none",
        ),
        (
            share == share_of_days(days(read.gedekt), days(read.dagen)),
            Rule::Coverage,
            "dekking is not dagen_gedekt / dagen",
        ),
        (read.complete() || read.status == Status::Voorlopig, Rule::Status, "what is not complete is voorlopig"),
        (
            read.complete() == row[column("toelichting")].text().is_none(),
            Rule::Coverage,
            "toelichting says what is missing, and only then",
        ),
    ];
    for (_, rule, detail) in rules.into_iter().filter(|(holds, ..)| !holds) {
        found.add(file, name.to_owned(), rule, detail);
    }
}

/// An area is as complete and as final as the least of the VTs it draws on; its counts are given only when it is complete.
fn check_area(view: &View<'_>, area: &PublishedArea, covered: &BTreeMap<&str, Covered>, found: &mut Collector) {
    let file = view.file(SnapshotTable::Dekking);
    let name = format!("{}/{}", area.regio_type, area.code);
    let Some(own) = covered.get(&*area.code) else { return };
    let regions: Vec<Covered> = area.vts().into_iter().filter_map(|vt| covered.get(vt).copied()).collect();
    if own.complete() != regions.iter().all(|region| region.complete()) {
        found.add(&file, name.clone(), Rule::Coverage, "it is complete exactly when all VTs it draws on are");
    }
    if regions.iter().map(|region| region.status).min() != Some(own.status) {
        found.add(&file, name, Rule::Status, "it is not the least of the VTs it draws on");
    }
    for maat in Maat::ALL {
        let Some(figure) = view.figures.total(&area.code, maat) else { continue };
        let row = format!("{}/{}/{maat}", area.regio_type, area.code);
        let detail = match (own.complete(), figure.reden) {
            (false, None) => "it is given, though not every day is covered",
            (false, Some(RedenLeeg::Onvolledig | RedenLeeg::Ontbreekt)) => continue,
            (true, None) => continue,
            (true, Some(RedenLeeg::RegioOnbekend)) if draws_on_split(view, area) => continue,
            _ => "the reason for its absence does not fit the coverage",
        };
        found.add(&view.file(SnapshotTable::Kerncijfers), row, Rule::ReasonEmpty, detail);
    }
}

/// Whether a veiligheidsregio draws on a VT that lies in several.
fn draws_on_split(view: &View<'_>, area: &PublishedArea) -> bool {
    let overlap = &view.explanation.indeling.overlap;
    let split = |vt: &str| overlap.iter().any(|atom| atom.vt() == vt && atom.vr_unknown());
    &*area.regio_type == "VR" && area.atoms.iter().any(|atom| !atom.vr_unknown() && split(atom.vt()))
}

/// Every table gives an area the same status.
fn check_statuses(view: &View<'_>, covered: &BTreeMap<&str, Covered>, found: &mut Collector) {
    for table in [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen, SnapshotTable::Indicatoren] {
        let Some(status) = table.column("status") else { continue };
        for row in view.rows(table) {
            let expected =
                row[place::REGIO_CODE].text().and_then(|code| covered.get(code)).map(|covered| covered.status.code());
            if expected.is_some() && row[status].text() != expected {
                found.add(&view.file(table), row_name(table, row), Rule::Status, "it is another one than in dekking");
            }
        }
    }
}
