//! Counts: multiples, margins, reasons, and additivity over areas and categories.

use std::collections::BTreeMap;

use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{RedenLeeg, SnapshotTable};

use super::collect::Collector;
use super::grid::View;
use super::report::Rule;
use crate::render::explanation::BreakdownDefinition;
use crate::tables::unknown::UnknownRule;
use crate::tables::{FigureKey, PublishedArea, Row, UnknownShare, row_name, unknown_shares};

pub(super) fn check(view: &View<'_>, found: &mut Collector) {
    for table in [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen] {
        for row in view.rows(table) {
            check_row(view, table, row, found);
        }
    }
    for maat in Maat::ALL {
        check_areas(view, maat, None, found);
    }
    for breakdown in &view.explanation.verdelingen {
        for category in breakdown.categorieen.iter().filter(|_| !breakdown.alleen_nl) {
            let part = Some((breakdown.dimensie.code(), category.categorie.as_str()));
            check_areas(view, breakdown.maat, part, found);
        }
        for area in view.areas.iter().filter(|area| !breakdown.alleen_nl || area.is_nl()) {
            check_categories(view, area, breakdown, found);
        }
    }
    check_unknown(view, found);
}

fn check_row(view: &View<'_>, table: SnapshotTable, row: &Row, found: &mut Collector) {
    let policy = &view.explanation.beleid;
    let value = |name: &str| table.column(name).map(|place| &row[place]);
    let int = |name: &str| value(name).and_then(crate::tables::Value::int);
    let reason = value("reden_leeg").and_then(crate::tables::Value::text);
    let mut add = |rule, detail: &str| found.add(&view.file(table), row_name(table, row), rule, detail);
    match int("waarde") {
        Some(count) => {
            if count < 0 || count % i64::from(policy.veelvoud) != 0 {
                add(Rule::Multiple, &format!("{count} is not a multiple of {}", policy.veelvoud));
            }
            if int("marge") != Some(policy.grens.into()) {
                add(Rule::Margin, &format!("the margin is not the published bound, {}", policy.grens));
            }
            if reason.is_some() {
                add(Rule::ReasonEmpty, "a value that is there has no reason for its absence");
            }
        }
        None => {
            let known = [RedenLeeg::Onvolledig, RedenLeeg::Ontbreekt, RedenLeeg::RegioOnbekend];
            if !reason.is_some_and(|reason| known.iter().any(|known| known.code() == reason)) {
                add(Rule::ReasonEmpty, "an absent count has no reason, or not one of a count");
            }
            if int("marge").is_some() {
                add(Rule::Margin, "an absent count has a margin");
            }
        }
    }
}

fn value(view: &View<'_>, regio: &str, maat: Maat, part: Option<(&str, &str)>) -> Option<i64> {
    view.figures.get(FigureKey { regio, maat: maat.code(), part })?.waarde
}

/// The VTs add up to NL, and so do the VRs with VR00; areas that are the same set are equal.
fn check_areas(view: &View<'_>, maat: Maat, part: Option<(&str, &str)>, found: &mut Collector) {
    let table = if part.is_some() { SnapshotTable::Verdelingen } else { SnapshotTable::Kerncijfers };
    let name = |area: &PublishedArea| {
        let part = part.map_or(String::new(), |(dimensie, categorie)| format!("/{dimensie}/{categorie}"));
        format!("{}/{}/{maat}{part}", area.regio_type, area.code)
    };
    let mut by_set: BTreeMap<&[AtomCode], (&PublishedArea, i64)> = BTreeMap::new();
    for area in &view.areas {
        let Some(count) = value(view, &area.code, maat, part) else { continue };
        let (first, equal) = *by_set.entry(&area.atoms).or_insert((area, count));
        if equal != count {
            let detail = format!("it is {count}, and {}, which is the same area, is {equal}", first.code);
            found.add(&view.file(table), name(area), Rule::SameArea, detail);
        }
    }
    let Some((nl, total)) = view.areas.first().and_then(|nl| Some((nl, value(view, &nl.code, maat, part)?))) else {
        return;
    };
    for kind in ["VT", "VR"] {
        let areas = view.areas.iter().filter(|area| &*area.regio_type == kind);
        let sum = areas.map(|area| value(view, &area.code, maat, part)).try_fold(0, |sum, count| Some(sum + count?));
        if sum.is_some_and(|sum| sum != total) {
            let detail = format!("NL is {total}, and the {kind}s add up to {}", sum.unwrap_or_default());
            found.add(&view.file(table), name(nl), Rule::Additive, detail);
        }
    }
}

/// Single-valued categories add up to the total; multi-valued ones can be had by that many records.
fn check_categories(view: &View<'_>, area: &PublishedArea, breakdown: &BreakdownDefinition, found: &mut Collector) {
    let (maat, dimensie) = (breakdown.maat, breakdown.dimensie);
    let Some(total) = view.figures.total(&area.code, maat) else { return };
    let row = format!("{}/{}/{maat}/{dimensie}", area.regio_type, area.code);
    let file = view.file(SnapshotTable::Verdelingen);
    let mut counts = Vec::with_capacity(breakdown.categorieen.len());
    for category in &breakdown.categorieen {
        let Some(figure) = view.figures.part(&area.code, maat, dimensie.code(), &category.categorie) else { return };
        if figure.reden != total.reden {
            let name = format!("{row}/{}", category.categorie);
            found.add(
                &file,
                name,
                Rule::ReasonEmpty,
                "a category is absent exactly when its total is, for the same reason",
            );
        }
        counts.push((category.uitsluitend, figure.waarde));
    }
    let given: Option<Vec<(bool, i64)>> =
        counts.into_iter().map(|(exclusive, count)| Some((exclusive, count?))).collect();
    let (Some(total), Some(counts)) = (total.waarde, given) else { return };
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let exclusive: i64 = counts.iter().filter(|(exclusive, _)| *exclusive).map(|(_, count)| count).sum();
    let largest = counts.iter().filter(|(exclusive, _)| !exclusive).map(|(_, count)| *count).max().unwrap_or(0);
    let detail = if !breakdown.meervoudig && all != total {
        format!("the categories add up to {all}, and the total is {total}")
    } else if breakdown.meervoudig && (all < total || exclusive + largest > total) {
        format!("no {total} records can have these categories")
    } else {
        return;
    };
    found.add(&file, row, Rule::Additive, detail);
}

/// A VR is empty when too much of a VT that it draws on has an unknown VR, as far as the published values tell.
fn check_unknown(view: &View<'_>, found: &mut Collector) {
    let policy = &view.explanation.beleid;
    let least_base = if view.explanation.is_revised() { policy.kleinste_basis_herzien } else { policy.kleinste_basis };
    let (above_percent, bound) = (policy.regio_onbekend_boven_procent, policy.grens);
    let rule = UnknownRule { above_percent, least_base, bound };
    let shares = unknown_shares(&view.explanation.indeling.overlap, rule, |maat, code| value(view, code, maat, None));
    for ((maat, vr), share) in shares {
        if share == (UnknownShare::Above { exact: true }) && value(view, &vr, maat, None).is_some() {
            let detail = format!("of a VT that it draws on, more than {}% has an unknown VR", rule.above_percent);
            found.add(&view.file(SnapshotTable::Kerncijfers), format!("VR/{vr}/{maat}"), Rule::RegionUnknown, detail);
        }
    }
}
