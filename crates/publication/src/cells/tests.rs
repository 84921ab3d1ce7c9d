use vt_disclosure::{BlockScope, NATIONAL};

use super::*;

fn period(code: &str) -> Period {
    code.parse().unwrap()
}

fn layout(code: &str) -> AtomLayout {
    layout_over(Register::builtin(), period(code))
}

fn areas(layout: &AtomLayout, kind: AreaKind) -> Vec<&str> {
    layout.areas.iter().filter(|area| area.kind == kind).map(|area| area.code.as_str()).collect()
}

fn withheld(code: &str, incomplete: &[&str]) -> Vec<String> {
    let geography = geography(&layout(code), &incomplete.iter().copied().collect());
    geography.areas.into_iter().filter(|area| area.withheld).map(|area| area.code).collect()
}

fn spec(code: &str, maat: Maat, dimensie: Option<Dimensie>) -> BlockSpec {
    let found =
        tables(period(code), CodeLists::builtin()).into_iter().find(|table| (table.0, table.1) == (maat, dimensie));
    found.unwrap().2
}

fn structural_zeros(code: &str) -> Vec<String> {
    let tables = tables(period(code), CodeLists::builtin());
    let zeros = tables.iter().flat_map(|(_, _, spec)| {
        spec.categories.iter().filter(|category| category.structural_zero).map(|category| (spec.name(), &category.code))
    });
    zeros.map(|(table, code)| format!("{table}/{code}")).collect()
}

#[test]
fn an_ordinary_period_has_the_layout_of_its_last_day() {
    let layout = layout("2020W407");
    assert_eq!(layout, AtomLayout::on(Register::builtin(), "2020-07-12".parse().unwrap()));
    assert_eq!((areas(&layout, AreaKind::Vt).len(), areas(&layout, AreaKind::Vr).len()), (26, 26));
}

/// VT16 and VT26 end and VT27 begins on 1-1-2023, the last day of 2022W413.
#[test]
fn a_period_in_which_regions_merge_has_the_areas_of_before_and_after() {
    let layout = layout("2022W413");
    let vts = areas(&layout, AreaKind::Vt);
    assert!(["VT16", "VT26", "VT27"].iter().all(|vt| vts.contains(vt)) && vts.len() == 27);
    assert!(layout.atoms.is_sorted_by_key(|atom| atom.code));
    for kind in [AreaKind::Nl, AreaKind::Vt, AreaKind::Vr] {
        let mut atoms: Vec<usize> =
            layout.areas.iter().filter(|area| area.kind == kind).flat_map(|area| area.atoms.clone()).collect();
        atoms.sort_unstable();
        assert!(atoms.iter().copied().eq(0..layout.atoms.len()), "{}: each atom once", kind.name());
    }
    for area in layout.areas.iter().filter(|area| area.kind == AreaKind::Vt) {
        assert!(area.atoms.iter().all(|&atom| layout.atoms[atom].vt == area.code));
    }
    assert!(layout_over(Register::builtin(), period("2023W401")).area("VT16").is_none());
}

#[test]
fn nothing_is_withheld_when_all_regions_are_complete() {
    assert!(withheld("2020W407", &[]).is_empty());
}

/// VT07 lies in VR14 alone; Weesp and Wijdemeren are its own.
#[test]
fn an_incomplete_region_withholds_itself_its_veiligheidsregio_and_the_country() {
    let areas = withheld("2020W407", &["VT07"]);
    assert_eq!(areas[..2], ["NL01", "VT07"]);
    assert!(areas[2..].iter().all(|code| code.starts_with("VR")) && areas.contains(&"VR14".to_owned()), "{areas:?}");
}

/// VT15 lies in VR20 and, with Heusden, in VR21; VR20 is shared with VT21, VR21 with VT16.
#[test]
fn a_region_in_two_veiligheidsregios_withholds_both_and_the_unknown_one() {
    let areas = withheld("2020W407", &["VT15"]);
    assert_eq!(areas, ["NL01", "VT15", "VR00", "VR20", "VR21"]);
    assert_eq!(withheld("2020W407", &["VT21"]), ["NL01", "VT21", "VR20"]);
}

#[test]
fn chat_is_a_structural_zero_until_the_period_in_which_it_begins() {
    assert_eq!(structural_zeros("2020W404"), ["gestarte_adviezen/kanaal/chat"]);
    // 2020W405: 20-4-2020 to 17-5-2020.
    assert!(structural_zeros("2020W405").is_empty());
    assert!(structural_zeros("2020W117").contains(&"gestarte_adviezen/kanaal/chat".to_owned()));
    assert!(structural_zeros("2020W118").is_empty());
}

#[test]
fn every_measure_has_its_totals_first_and_its_breakdowns_in_order() {
    let tables = tables(period("2020W407"), CodeLists::builtin());
    let names: Vec<String> = tables.iter().map(|(_, _, spec)| spec.name()).collect();
    assert_eq!(
        names,
        [
            "gestarte_adviezen",
            "gestarte_adviezen/kanaal",
            "gestarte_adviezen/organisatie",
            "gestarte_adviezen/aard",
            "gestarte_adviezen/vorm",
            "gestarte_adviezen/duur",
            "ontvangen_meldingen",
            "ontvangen_meldingen/organisatie",
            "ontvangen_meldingen/aard",
            "ontvangen_meldingen/vorm",
            "ontvangen_meldingen/duur",
            "ontvangen_meldingen/veiligheidstaxatie",
            "ontvangen_meldingen/hermelding",
            "ontvangen_meldingen/besluit",
            "afgeronde_onderzoeken",
            "afgeronde_voorwaarden_vervolg",
        ]
    );
}

#[test]
fn categories_stand_in_the_order_of_the_code_list() {
    let codes: Vec<String> = CodeLists::builtin().list("organisatie").codes().iter().map(|c| c.code.clone()).collect();
    let spec = spec("2020W407", Maat::OntvangenMeldingen, Some(Dimensie::Organisatie));
    assert!(spec.categories.iter().map(|category| &category.code).eq(&codes) && codes.len() == 13);
}

#[test]
fn only_multi_valued_tables_have_exclusive_categories() {
    let exclusive = |dimensie| {
        let spec = spec("2020W407", Maat::OntvangenMeldingen, Some(dimensie));
        spec.categories
            .into_iter()
            .filter(|category| category.exclusive)
            .map(|category| category.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(exclusive(Dimensie::Aard), ["geen", "onbekend"]);
    assert_eq!(exclusive(Dimensie::Vorm), ["onbekend"]);
    assert_eq!(exclusive(Dimensie::Veiligheidstaxatie), ["geen", "onbekend"]);
    assert!(exclusive(Dimensie::Duur).is_empty() && exclusive(Dimensie::Hermelding).is_empty());
}

#[test]
fn besluit_is_for_the_country_alone_and_so_is_every_breakdown_by_week() {
    let scope = |code, dimensie| spec(code, Maat::OntvangenMeldingen, dimensie).scope;
    assert_eq!(scope("2020W407", Some(Dimensie::Besluit)), BlockScope::NationalOnly);
    assert_eq!(scope("2020W407", Some(Dimensie::Aard)), BlockScope::AllAreas);
    assert_eq!(scope("2020W127", Some(Dimensie::Aard)), BlockScope::NationalOnly);
    assert_eq!(scope("2020W214", Some(Dimensie::Aard)), BlockScope::NationalOnly);
    assert_eq!(scope("2020W127", None), BlockScope::AllAreas);
    assert_eq!(AreaKind::Nl.name(), NATIONAL);
}
