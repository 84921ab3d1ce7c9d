//! The cells of a period: which areas, which tables, which categories (DESIGN §6, §7). Counts go in and do not come out.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use vt_disclosure::{Area, BlockKind, BlockSpec, CategorySpec, CellTable, Geography};
use vt_domain::Period;
use vt_domain::atoms::{AreaDef, AreaKind, Atom, AtomCode, AtomLayout};
use vt_domain::codes::CodeLists;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::register::Register;
use vt_domain::snapshot::breakdowns_by_region;

use crate::aggregate::PeriodCounts;
use crate::error::PublicationError;
use crate::gate::PeriodInput;

/// The atoms and areas of a period: those of its last day, and those that were in force on an earlier day of it (VT16, VT26
/// and VT27 in 2022W413), so that every record of the period has its atom and the areas of a kind add up to NL.
pub fn layout_over(register: &Register, period: Period) -> AtomLayout {
    let last = AtomLayout::on(register, period.last_day());
    let changes = register.change_days().into_iter().filter(|day| period.begin() < *day && *day < period.end());
    let earlier: Vec<AtomLayout> =
        std::iter::once(period.begin()).chain(changes).map(|day| AtomLayout::on(register, day)).collect();
    if earlier.iter().all(|layout| layout == &last) {
        return last;
    }
    union(earlier.iter().chain([&last]))
}

/// Of an area that several layouts have, the name is that of the last one.
fn union<'l>(layouts: impl Iterator<Item = &'l AtomLayout>) -> AtomLayout {
    let mut atoms: BTreeMap<AtomCode, Atom> = BTreeMap::new();
    let mut areas: BTreeMap<(AreaKind, &str), (&str, BTreeSet<AtomCode>)> = BTreeMap::new();
    for layout in layouts {
        atoms.extend(layout.atoms.iter().map(|atom| (atom.code, atom.clone())));
        for area in &layout.areas {
            let entry = areas.entry((area.kind, &area.code)).or_default();
            entry.0 = &area.naam;
            entry.1.extend(area.atoms.iter().map(|&index| layout.atoms[index].code));
        }
    }
    let order: Vec<AtomCode> = atoms.keys().copied().collect();
    let areas = areas.into_iter().map(|((kind, code), (naam, members))| AreaDef {
        kind,
        code: code.to_owned(),
        naam: naam.to_owned(),
        atoms: order.iter().enumerate().filter(|(_, atom)| members.contains(atom)).map(|(index, _)| index).collect(),
    });
    AtomLayout { areas: areas.collect(), atoms: atoms.into_values().collect() }
}

/// The geography of a period's cells. An area is withheld when a VT that it draws on is not complete.
pub fn geography(layout: &AtomLayout, incomplete: &BTreeSet<&str>) -> Geography {
    let withheld = |area: &AreaDef| area.atoms.iter().any(|&atom| incomplete.contains(layout.atoms[atom].vt.as_str()));
    let areas = layout.areas.iter().map(|area| Area {
        kind: area.kind.name().to_owned(),
        code: area.code.clone(),
        atoms: area.atoms.clone(),
        withheld: withheld(area),
    });
    Geography { atoms: layout.atoms.iter().map(|atom| atom.code.to_string()).collect(), areas: areas.collect() }
}

/// The tables of a period, without counts: per measure its totals and its breakdowns, in the order of [`Maat::dimensies`].
///
/// `besluit` is published for NL only, and so are all breakdowns of weekly and two-weekly issues.
pub fn tables(period: Period, lists: &CodeLists) -> Vec<(Maat, Option<Dimensie>, BlockSpec)> {
    let mut tables = Vec::new();
    for maat in Maat::ALL {
        tables.push((maat, None, BlockSpec::total(maat.code())));
        for &dimensie in maat.dimensies() {
            let kind = if dimensie.multi_valued() { BlockKind::Multi } else { BlockKind::Single };
            let categories = categories(period, dimensie, lists);
            let spec = BlockSpec::breakdown(maat.code(), dimensie.code(), kind, categories);
            let spec = if !breakdowns_by_region(period.kind()) || dimensie.national_only() {
                spec.national_only()
            } else {
                spec
            };
            tables.push((maat, Some(dimensie), spec));
        }
    }
    tables
}

/// Categories in the order of the code list. One that may be used on no day of the period is a structural zero.
fn categories(period: Period, dimensie: Dimensie, lists: &CodeLists) -> Vec<CategorySpec> {
    let codes = lists.list(dimensie.field()).codes().iter();
    let specs = codes.map(|code| CategorySpec {
        code: code.code.clone(),
        exclusive: code.exclusive && dimensie.multi_valued(),
        structural_zero: !period.each_day().any(|day| code.valid_on(day)),
    });
    specs.collect()
}

/// The cells of a period from its counts.
pub(crate) fn cell_table(
    input: &PeriodInput,
    counts: &PeriodCounts,
    lists: &CodeLists,
) -> Result<CellTable, PublicationError> {
    let geography = geography(&counts.layout, &input.incomplete_regions());
    let blocks = tables(input.period, lists).into_iter().map(|(maat, dimensie, spec)| {
        // A count that does not fit is left at the largest: CellTable refuses it.
        let row = |row: &Vec<u64>| row.iter().map(|&count| u32::try_from(count).unwrap_or(u32::MAX)).collect();
        (spec, counts.table(maat, dimensie).iter().map(row).collect())
    });
    CellTable::new(input.period.to_string(), geography, blocks.collect())
        .map_err(|source| PublicationError::Cells { period: input.period, source })
}
