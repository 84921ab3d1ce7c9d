//! Inhabitants: sums, years carried forward and back, mergers, and the gemeente that was divided.

use super::tests::day;
use super::*;

fn register() -> &'static Register {
    Register::builtin()
}

fn population(area: &str, year: i32) -> Population {
    register().population(AreaRef::parse(area).unwrap(), year).unwrap()
}

/// The built-in register with more figures.
fn with_figures(rows: &str) -> Register {
    let mut source = RegisterSource::builtin();
    source.inwoners.push_str(rows);
    Register::from_source(&source).unwrap()
}

#[test]
fn the_figures_of_2020_add_up_to_the_country() {
    assert_eq!(population("NL01", 2020), Population { value: 17_427_806, reference_year: 2020, note: None });
    let sum = |codes: Vec<&String>| codes.into_iter().map(|code| population(code, 2020).value).sum::<u64>();
    let on = day("2020-01-01");
    assert_eq!(sum(register().vt_regions(on).into_iter().map(|vt| &vt.code).collect()), 17_427_806);
    assert_eq!(sum(register().vr_regions(on).into_iter().map(|vr| &vr.code).collect()), 17_427_806);
    assert_eq!(sum(register().gemeenten(on).map(|gm| &gm.code).collect()), 17_427_806);
}

#[test]
fn the_regions_of_2020_are_as_large_as_the_reference_says() {
    for (area, value) in [
        ("VT07", 258_248),
        ("VT06", 570_220),
        ("VT20", 1_357_888),
        ("VR14", 258_248),
        ("VR20", 1_120_585),
        ("GM0363", 869_709),
    ] {
        let found = population(area, 2020);
        assert_eq!((found.value, found.note), (value, None), "{area}");
    }
}

#[test]
fn a_year_without_figures_has_those_of_another_and_says_so() {
    let found = population("VT07", 2019);
    assert_eq!((found.value, found.reference_year), (258_248, 2020));
    assert_eq!(found.note.unwrap(), "inwoners van 2020, de eerst bekende");
    let found = population("VT07", 2021);
    assert_eq!((found.value, found.reference_year), (258_248, 2020));
    assert_eq!(found.note.unwrap(), "inwoners van 2020, de laatst bekende");
}

#[test]
fn a_merged_gemeente_is_the_sum_of_its_predecessors() {
    let found = population("GM1979", 2021);
    assert_eq!((found.value, found.reference_year), (11_523 + 24_609 + 9_477, 2020));
    assert_eq!(
        found.note.unwrap(),
        "inwoners van 2020, de laatst bekende; met wie woonden in Appingedam, Delfzijl en Loppersum"
    );
    assert_eq!(register().population(AreaRef::Gm("GM1979"), 2020), None);
    assert_eq!(register().population(AreaRef::Gm("GM0003"), 2021), None);
}

#[test]
fn amsterdam_counts_weesp_from_the_day_it_joins() {
    let on = |text| register().population_on(AreaRef::Gm("GM0363"), day(text)).unwrap().value;
    let weesp = population("GM0457", 2020).value;
    assert_eq!(on("2022-03-24") - on("2022-03-23"), weesp);
    let vt07 = |text| register().population_on(AreaRef::Vt("VT07"), day(text)).unwrap().value;
    assert_eq!(vt07("2022-03-23") - vt07("2022-03-24"), weesp);
    assert_eq!(population("VT07", 2022).value - population("VT07", 2023).value, weesp);
}

#[test]
fn haaren_counts_where_all_its_parts_lie_and_is_stated_elsewhere() {
    let haaren = population("GM0788", 2020).value;
    assert_eq!(population("NL01", 2021).value, 17_427_806);
    assert_eq!(population("NL01", 2023).value, 17_427_806);
    let stated = "inwoners van 2020, de laatst bekende; zonder het deel van Haaren, dat op 1-1-2021 is verdeeld over Boxtel, Oisterwijk, \
                  Tilburg en Vught (verdeling niet bekend)";
    assert_eq!(population("VT16", 2020).value - population("VT16", 2021).value, haaren);
    for area in ["VT15", "VT16", "VR20", "VR21", "GM0865"] {
        assert_eq!(population(area, 2021).note.as_deref(), Some(stated), "{area}");
    }
    assert_eq!(population("VT21", 2021).note.as_deref(), Some("inwoners van 2020, de laatst bekende"));
}

#[test]
fn only_the_country_misses_nobody_after_haarens_division() {
    let haaren = population("GM0788", 2020).value;
    for year in 2021..=2026 {
        let on = day(&format!("{year}-01-01"));
        let vts: u64 = register().vt_regions(on).into_iter().map(|vt| population(&vt.code, year).value).sum();
        let vrs: u64 = register().vr_regions(on).into_iter().map(|vr| population(&vr.code, year).value).sum();
        assert_eq!((vts + haaren, vrs + haaren), (17_427_806, 17_427_806), "{year}");
    }
}

#[test]
fn vt27_is_what_vt16_and_vt26_were() {
    let before = population("VT16", 2022).value + population("VT26", 2022).value;
    assert_eq!(population("VT27", 2023).value, before);
    assert_eq!(register().population(AreaRef::Vt("VT27"), 2022), None);
    assert_eq!(register().population(AreaRef::Vt("VT16"), 2023), None);
}

#[test]
fn a_newer_figure_replaces_what_it_already_holds() {
    let newer = with_figures("GM1979,2021,45000\nGM0439,2022,91000\n");
    let of = |gm, year| newer.population(AreaRef::Gm(gm), year).unwrap();
    assert_eq!(of("GM1979", 2021), Population { value: 45_000, reference_year: 2021, note: None });
    assert_eq!(of("GM0439", 2022), Population { value: 91_000, reference_year: 2022, note: None });
    assert_eq!(of("GM0439", 2021).value, population("GM0439", 2020).value);
    let country = newer.population(AreaRef::Nl, 2021).unwrap();
    assert_eq!(country.value, 17_427_806 - (11_523 + 24_609 + 9_477) + 45_000);
    assert_eq!(country.reference_year, 2020);
    assert_eq!(country.note.unwrap(), "inwoners van 2020 tot en met 2021, per gemeente de laatst bekende");
}

#[test]
fn older_predecessors_go_before_a_later_figure() {
    let later = with_figures("GM1979,2024,44000\n");
    let found = later.population(AreaRef::Gm("GM1979"), 2021).unwrap();
    assert_eq!((found.value, found.reference_year), (11_523 + 24_609 + 9_477, 2020));
    assert_eq!(later.population(AreaRef::Gm("GM1979"), 2025).unwrap().value, 44_000);
}

#[test]
fn a_part_of_haaren_is_not_stated_where_newer_figures_hold_it() {
    let newer = with_figures("GM0865,2021,31000\n");
    assert_eq!(newer.population(AreaRef::Gm("GM0865"), 2021).unwrap().note, None);
    assert!(
        newer.population(AreaRef::Gm("GM0757"), 2021).unwrap().note.unwrap().contains("zonder het deel van Haaren")
    );
    assert!(newer.population(AreaRef::Nl, 2021).unwrap().note.unwrap().contains("zonder het deel van Haaren"));
}

#[test]
fn what_is_no_place_has_no_inhabitants() {
    for area in ["VR00", "VT99", "VR26", "GM9999"] {
        assert_eq!(register().population(AreaRef::parse(area).unwrap(), 2020), None, "{area}");
    }
    for text in ["NL", "NL02", "VT7", "VT00", "GM000", "", "vt07"] {
        assert_eq!(AreaRef::parse(text), None, "{text}");
    }
    assert_eq!(register().population(AreaRef::Nl, i32::MAX).unwrap().value, 17_427_806);
    assert_eq!(register().population(AreaRef::Nl, i32::MIN).unwrap().value, 17_427_806);
}
