//! The built-in mapping, and that the rows for SQL say the same as the functions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn register() -> &'static Register {
    Register::builtin()
}

fn count(on: &str) -> usize {
    register().gemeenten(day(on)).count()
}

fn known(vt: &str, gm: &str, on: &str) -> Option<(String, String)> {
    match register().resolve(vt, Some(gm), day(on)) {
        GemeenteMatch::Known { gm, vr } => Some((gm.naam.clone(), vr.to_owned())),
        _ => None,
    }
}

fn atom(vt: &str, gm: &str, on: &str) -> String {
    register().atom_of(vt, Some(gm), day(on)).unwrap().to_string()
}

/// Days before, on and after each change, and far from any.
fn telling_days() -> Vec<NaiveDate> {
    let mut days = vec![
        day("2017-03-01"),
        day("2018-12-31"),
        day("2019-01-01"),
        day("2020-07-15"),
        day("2026-11-21"),
        day("2099-12-31"),
    ];
    for change in register().change_days() {
        days.extend([change.pred_opt().unwrap(), change, change.succ_opt().unwrap()]);
    }
    days
}

#[test]
fn gemeenten_are_as_many_as_the_reference_says() {
    assert_eq!((count("2019-01-01"), count("2020-12-31")), (355, 355));
    assert_eq!((count("2021-01-01"), count("2021-12-31")), (352, 352));
    assert_eq!((count("2022-01-01"), count("2022-03-23")), (345, 345));
    assert_eq!((count("2022-03-24"), count("2026-11-21")), (344, 344));
}

#[test]
fn mappings_change_on_four_days() {
    let days: Vec<String> = register().change_days().iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2021-01-01", "2022-01-01", "2022-03-24", "2023-01-01"]);
}

#[test]
fn days_before_the_register_have_its_first_division() {
    assert_eq!(register().first_day(), day("2019-01-01"));
    assert_eq!(count("2018-12-31"), 355);
    assert_eq!(register().vt_regions(day("2018-01-01")).len(), 26);
    assert_eq!(register().vr_regions(day("2018-01-01")).len(), 25);
    assert_eq!(known("VT07", "GM0402", "2018-06-01").unwrap().0, "Hilversum");
    assert_eq!(atom("VT06", "GM9999", "2018-06-01"), "VT06-VR00");
}

#[test]
fn three_gemeenten_cross_the_border_of_their_veiligheidsregio() {
    let usual: BTreeMap<&str, &str> = [("VT17", "VR10"), ("VT15", "VR20"), ("VT06", "VR08")].into();
    let mut crossing: Vec<(&str, &str, &str)> = register()
        .gemeenten(day("2020-01-01"))
        .filter(|gm| usual.get(gm.vt.as_str()).is_some_and(|vr| *vr != gm.vr))
        .map(|gm| (gm.naam.as_str(), gm.vt.as_str(), gm.vr.as_str()))
        .collect();
    crossing.sort_unstable();
    assert_eq!(
        crossing,
        [("Heusden", "VT15", "VR21"), ("Mook en Middelaar", "VT06", "VR23"), ("Uitgeest", "VT17", "VR12")]
    );
}

#[test]
fn vr20_is_vt21_and_a_part_of_vt15() {
    let vts: BTreeSet<&str> =
        register().gemeenten(day("2020-01-01")).filter(|gm| gm.vr == "VR20").map(|gm| gm.vt.as_str()).collect();
    assert_eq!(vts, BTreeSet::from(["VT15", "VT21"]));
    assert!(register().gemeenten(day("2020-01-01")).filter(|gm| gm.vt == "VT21").all(|gm| gm.vr == "VR20"));
    assert_eq!(register().gemeenten(day("2020-01-01")).filter(|gm| gm.vt == "VT15" && gm.vr == "VR20").count(), 8);
}

#[test]
fn twenty_three_of_26_vts_lie_in_one_veiligheidsregio() {
    let unknown = register().vt_regions(day("2020-01-01")).into_iter();
    let unknown: Vec<&str> = unknown
        .filter(|vt| register().atom_of(&vt.code, None, day("2020-01-01")).unwrap().vr_unknown())
        .map(|vt| vt.code.as_str())
        .collect();
    assert_eq!(unknown, ["VT06", "VT15", "VT17"]);
}

#[test]
fn weesp_is_in_vt07_until_it_is_a_part_of_amsterdam() {
    assert_eq!(known("VT07", "GM0457", "2022-03-23").unwrap(), ("Weesp".to_owned(), "VR14".to_owned()));
    assert_eq!(known("VT07", "GM1696", "2026-01-01").unwrap().0, "Wijdemeren");
    assert!(
        matches!(register().resolve("VT20", Some("GM0457"), day("2020-01-01")), GemeenteMatch::Elsewhere { gm } if gm.naam == "Weesp")
    );
    let after = day("2022-03-24");
    assert!(
        matches!(register().resolve("VT01", Some("GM0457"), after), GemeenteMatch::Successor { gm, vr: "VR13", of }
        if gm.naam == "Amsterdam" && of.naam == "Weesp")
    );
    assert!(
        matches!(register().resolve("VT07", Some("GM0457"), after), GemeenteMatch::Elsewhere { gm } if gm.code == "GM0363")
    );
    assert_eq!(atom("VT07", "GM0457", "2022-03-24"), "VT07-VR14");
    assert_eq!(atom("VT01", "GM0457", "2022-03-24"), "VT01-VR13");
}

#[test]
fn haaren_was_divided_so_no_successor_is_certain() {
    assert_eq!(known("VT16", "GM0788", "2020-12-31").unwrap().1, "VR21");
    for vt in ["VT15", "VT16", "VT01"] {
        let found = register().resolve(vt, Some("GM0788"), day("2021-01-01"));
        assert!(matches!(found, GemeenteMatch::Dissolved { of } if of.naam == "Haaren"), "{found:?}");
    }
    assert_eq!(atom("VT16", "GM0788", "2021-01-01"), "VT16-VR21");
    assert_eq!(atom("VT15", "GM0788", "2021-01-01"), "VT15-VR00");
}

#[test]
fn a_merged_gemeente_is_followed_through_its_successors_moves() {
    let found = register().resolve("VT27", Some("GM0856"), day("2023-06-01"));
    assert!(
        matches!(found, GemeenteMatch::Successor { gm, vr: "VR21", of } if gm.naam == "Maashorst" && of.naam == "Uden"),
        "{found:?}"
    );
    assert_eq!(atom("VT16", "GM0856", "2022-06-01"), "VT16-VR21");
    assert_eq!(atom("VT27", "GM0856", "2023-06-01"), "VT27-VR21");
}

#[test]
fn a_code_used_before_its_day_is_told_apart_from_an_unknown_one() {
    let found = register().resolve("VT08", Some("GM1979"), day("2020-12-31"));
    assert!(matches!(found, GemeenteMatch::NotYet { gm } if gm.naam == "Eemsdelta"), "{found:?}");
    assert_eq!(atom("VT08", "GM1979", "2020-12-31"), "VT08-VR01");
    for code in ["GM9999", "0363", "gm0363", "GM0363 ", "", "onbekend"] {
        assert_eq!(register().resolve("VT01", Some(code), day("2020-01-01")), GemeenteMatch::Unknown, "{code}");
    }
    assert_eq!(register().resolve("VT01", None, day("2020-01-01")), GemeenteMatch::NotGiven);
}

#[test]
fn vt16_and_vt26_are_vt27_from_2023() {
    let codes = |on: &str| register().vt_regions(day(on)).into_iter().map(|vt| vt.code.clone()).collect::<Vec<_>>();
    let (before, after) = (codes("2022-12-31"), codes("2023-01-01"));
    assert_eq!((before.len(), after.len()), (26, 25));
    assert!(
        before.contains(&"VT16".to_owned())
            && before.contains(&"VT26".to_owned())
            && !before.contains(&"VT27".to_owned())
    );
    assert!(
        !after.contains(&"VT16".to_owned())
            && !after.contains(&"VT26".to_owned())
            && after.contains(&"VT27".to_owned())
    );
    let members = |vts: &[&str], on: &str| {
        register()
            .gemeenten(day(on))
            .filter(|gm| vts.contains(&gm.vt.as_str()))
            .map(|gm| gm.code.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(members(&["VT16", "VT26"], "2022-12-31"), members(&["VT27"], "2023-01-01"));
    assert_eq!(register().atom_of("VT16", None, day("2023-01-01")), None);
    assert_eq!(register().atom_of("VT27", None, day("2022-12-31")), None);
    assert_eq!(atom("VT27", "GM9999", "2023-01-01"), "VT27-VR00");
}

#[test]
fn regions_are_found_by_code_and_listed_in_order() {
    assert_eq!(register().vt("VT07").unwrap().naam, "Gooi en Vechtstreek");
    assert_eq!(register().vt("VT27").unwrap().van, day("2023-01-01"));
    assert_eq!(register().vr("VR14").unwrap().naam, "Gooi en Vechtstreek");
    assert!(register().vt("VT28").is_none() && register().vr("VR00").is_none());
    assert!(register().vt_regions(day("2020-01-01")).is_sorted_by_key(|vt| &vt.code));
    assert!(register().vr_regions(day("2020-01-01")).is_sorted_by_key(|vr| &vr.code));
}

#[test]
fn every_gemeente_of_every_day_is_known_to_its_vt_and_elsewhere_to_another() {
    for on in day("2018-12-01").iter_days().take(365 * 5) {
        for gm in register().gemeenten(on) {
            let own = register().resolve(&gm.vt, Some(&gm.code), on);
            assert!(
                matches!(own, GemeenteMatch::Known { gm: found, vr } if found == gm && vr == gm.vr),
                "{on} {own:?}"
            );
            let other = register().resolve("VT99", Some(&gm.code), on);
            assert!(matches!(other, GemeenteMatch::Elsewhere { gm: found } if found == gm), "{on} {other:?}");
        }
    }
}

/// What SQL finds: the row of the code, else the row without a code.
fn joined(
    rows: &HashMap<(&str, Option<&str>), Vec<&AtomRow>>,
    vt: &str,
    gm: Option<&str>,
    on: NaiveDate,
) -> Option<AtomCode> {
    let find = |gm| rows.get(&(vt, gm))?.iter().find(|row| row.van <= on && on < row.tot).map(|row| row.atom);
    gm.and_then(|_| find(gm)).or_else(|| find(None))
}

#[test]
fn rows_for_sql_agree_with_atom_of_for_every_code_vt_and_telling_day() {
    let rows = register().atom_rows(day("2017-01-01"), day("2100-01-01"));
    let mut by_key: HashMap<(&str, Option<&str>), Vec<&AtomRow>> = HashMap::new();
    for row in &rows {
        by_key.entry((&row.vt, row.gm.as_deref())).or_default().push(row);
    }
    let codes: BTreeSet<&str> = register().gemeenten.iter().map(|gm| gm.code.as_str()).collect();
    let codes: Vec<Option<&str>> =
        codes.into_iter().map(Some).chain([None, Some("GM9999"), Some("onbekend")]).collect();
    let vts: Vec<&str> = register().vts.iter().map(|vt| vt.code.as_str()).chain(["VT99"]).collect();
    let mut compared = 0;
    for on in telling_days() {
        for vt in &vts {
            for gm in &codes {
                assert_eq!(joined(&by_key, vt, *gm, on), register().atom_of(vt, *gm, on), "{vt} {gm:?} {on}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 18 * 28 * 362);
}

#[test]
fn rows_for_sql_never_overlap_and_stay_within_the_days_asked() {
    let (from, until) = (day("2022-03-01"), day("2023-02-01"));
    let rows = register().atom_rows(from, until);
    assert!(rows.iter().all(|row| from <= row.van && row.van < row.tot && row.tot <= until));
    for pair in rows.windows(2) {
        let same = (&pair[0].vt, &pair[0].gm) == (&pair[1].vt, &pair[1].gm);
        assert!(!same || pair[0].tot <= pair[1].van, "{pair:?}");
    }
    let weesp: Vec<String> = rows
        .iter()
        .filter(|row| row.gm.as_deref() == Some("GM0457"))
        .map(|row| format!("{} {} {} {}", row.vt, row.van, row.tot, row.atom))
        .collect();
    assert_eq!(weesp, ["VT01 2022-03-24 2023-02-01 VT01-VR13", "VT07 2022-03-01 2022-03-24 VT07-VR14"]);
    assert!(register().atom_rows(until, from).is_empty());
}

#[test]
fn wijdemeren_and_weesp_are_in_vt07_as_decision_0002_says() {
    let names: Vec<&str> =
        register().gemeenten(day("2020-01-01")).filter(|gm| gm.vt == "VT07").map(|gm| gm.naam.as_str()).collect();
    assert_eq!(names, ["Blaricum", "Hilversum", "Huizen", "Laren (NH.)", "Weesp", "Wijdemeren", "Gooise Meren"]);
}

proptest! {
    #[test]
    fn any_text_and_day_gives_an_atom_of_the_vt_itself(gm in "(GM[0-9]{4}|.{0,8})", offset in 0..5000u64) {
        let on = day("2016-01-01") + chrono::Days::new(offset);
        for vt in register().vt_regions(on) {
            let atom = register().atom_of(&vt.code, Some(&gm), on).unwrap();
            prop_assert_eq!(atom.vt(), vt.code.as_str());
        }
    }

    #[test]
    fn every_code_ever_in_force_stays_resolvable(index in 0..1000usize, offset in 0..5000u64) {
        let on = day("2016-01-01") + chrono::Days::new(offset);
        let gm = &register().gemeenten[index % register().gemeenten.len()];
        let found = register().resolve(&gm.vt, Some(&gm.code), on);
        prop_assert!(!matches!(found, GemeenteMatch::Unknown | GemeenteMatch::NotGiven), "{:?}", found);
    }
}
