use std::collections::BTreeMap;

use object_store::memory::InMemory;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::SnapshotTable;

use super::*;
use crate::draft::SnapshotDraft;
use crate::publish::fixture::{Case, case, draft, draft_in, publish_in, reservation, store_of_three, write};
use crate::publish::store;
use crate::render::render;
use crate::tables::Value;

/// A row of `indicatoren`, by column.
fn row(draft: &SnapshotDraft, name: &str) -> BTreeMap<&'static str, Value> {
    let rows = draft.table(SnapshotTable::Indicatoren);
    let place = (0..rows.rows.len()).find(|&place| rows.row_name(place) == name);
    let place = place.unwrap_or_else(|| panic!("no row {name}"));
    rows.table.columns().iter().map(|column| column.name).zip(rows.rows[place].iter().cloned()).collect()
}

fn count(draft: &SnapshotDraft, table: SnapshotTable, name: &str) -> f64 {
    let rows = draft.table(table);
    let place = (0..rows.rows.len()).find(|&place| rows.row_name(place) == name).unwrap();
    rows.value(place, "waarde").unwrap().int().unwrap() as f64
}

fn total(draft: &SnapshotDraft, name: &str) -> f64 {
    count(draft, SnapshotTable::Kerncijfers, name)
}

fn reason(draft: &SnapshotDraft, name: &str) -> String {
    row(draft, name)["reden_leeg"].to_string()
}

#[test]
fn rates_divide_by_the_inhabitants_that_they_state() {
    let (now, later) = (draft(&case("2020W407")), draft(&case("2021W401")));
    let rate = row(&now, "NL/NL01/per_10000_inwoners/gestarte_adviezen");
    let expected = total(&now, "NL/NL01/gestarte_adviezen") / 1742.7806;
    assert!((rate["waarde"].float().unwrap() - expected).abs() <= 0.05);
    assert_eq!(rate["opmerking"], Value::Null);
    assert_eq!(rate["eenheid"].to_string(), "per 10.000 inwoners per 28 dagen");
    let later = row(&later, "NL/NL01/per_10000_inwoners/gestarte_adviezen");
    assert_eq!(later["opmerking"].to_string(), "inwoners van 2020, de laatst bekende");
}

#[test]
fn vr00_has_no_inhabitants() {
    let draft = draft(&case("2020W407"));
    assert_eq!(reason(&draft, "VR/VR00/per_10000_inwoners/ontvangen_meldingen"), "geen_basis");
}

#[test]
fn shares_are_of_the_published_total() {
    let draft = draft(&case("2020W407"));
    for (area, margin) in [("NL/NL01", 0.05), ("VT/VT07", 0.5)] {
        let police =
            count(&draft, SnapshotTable::Verdelingen, &format!("{area}/ontvangen_meldingen/organisatie/politie"));
        let expected = 100.0 * police / total(&draft, &format!("{area}/ontvangen_meldingen"));
        let share = row(&draft, &format!("{area}/aandeel_politie/ontvangen_meldingen"));
        assert!((share["waarde"].float().unwrap() - expected).abs() <= margin + 1e-9, "{area}");
        // No decimals below a base of 1,000.
        assert_eq!(share["waarde"].float().unwrap().fract() == 0.0, area == "VT/VT07");
    }
}

#[test]
fn small_bases_give_no_share() {
    let draft = draft(&Case { size_percent: 10, ..case("2020W407") });
    assert!(total(&draft, "VT/VT07/ontvangen_meldingen") < 100.0);
    assert_eq!(reason(&draft, "VT/VT07/aandeel_politie/ontvangen_meldingen"), "geen_basis");
    assert_eq!(reason(&draft, "NL/NL01/aandeel_politie/ontvangen_meldingen"), "null");
}

#[tokio::test]
async fn every_change_recomputes_from_kerncijfers() {
    let store = store_of_three().await;
    let (now, earlier) = (draft_in(store.as_ref(), &case("2020W407")).await, draft(&case("2019W407")));
    let mut given = 0;
    for area in ["NL/NL01", "VT/VT07", "VR/VR14", "VT/VT26"] {
        for maat in ["gestarte_adviezen", "ontvangen_meldingen"] {
            let (one, other) = (total(&now, &format!("{area}/{maat}")), total(&earlier, &format!("{area}/{maat}")));
            let expected = 100.0 * (one - other) / other;
            for indicator in ["verandering_jaar_eerder", "verandering_2019"] {
                let found = row(&now, &format!("{area}/{indicator}/{maat}"));
                let half = if other < 1000.0 { 0.5 } else { 0.05 };
                assert!((found["waarde"].float().unwrap() - expected).abs() <= half + 1e-9, "{area} {maat}");
                given += 1;
            }
        }
    }
    assert_eq!(given, 16);
}

#[tokio::test]
async fn nothing_is_compared_across_a_break() {
    let store = store_of_three().await;
    let draft = draft_in(store.as_ref(), &case("2020W407")).await;
    for area in ["VT/VT06", "VR/VR08"] {
        let found = row(&draft, &format!("{area}/verandering_jaar_eerder/gestarte_adviezen"));
        assert_eq!((found["reden_leeg"].to_string(), &found["waarde"]), ("reeksbreuk".to_owned(), &Value::Null));
        assert_eq!(found["opmerking"].to_string(), "Nieuw registratiesysteem in Gelderland-Zuid");
        assert_eq!(reason(&draft, &format!("{area}/verandering_vorige_periode/gestarte_adviezen")), "null");
    }
}

#[tokio::test]
async fn like_for_like_leaves_out_what_one_of_both_lacks() {
    let store = store_of_three().await;
    let now = draft_in(store.as_ref(), &case("2020W407")).await;
    let before = draft(&Case { absent: &["VT12"], ..case("2020W406") });
    // NL of the period before is not complete, so it is no base; the regions that are make one.
    let plain = row(&now, "NL/NL01/verandering_vorige_periode/gestarte_adviezen");
    assert_eq!(plain["reden_leeg"].to_string(), "geen_basis");
    assert_eq!(plain["opmerking"].to_string(), "geen cijfer over 2020W406");
    let like = row(&now, "NL/NL01/verandering_vorige_periode_gelijke_regios/gestarte_adviezen");
    assert_eq!(like["opmerking"].to_string(), "zonder VT12");
    let sum = |draft: &SnapshotDraft| -> f64 {
        let regions = (1..=26).filter(|number| *number != 12);
        regions.map(|number| total(draft, &format!("VT/VT{number:02}/gestarte_adviezen"))).sum()
    };
    let expected = 100.0 * (sum(&now) / sum(&before) - 1.0);
    assert!((like["waarde"].float().unwrap() - expected).abs() <= 0.05 + 1e-9);
    // Twice the bound on either side, of some ten thousand.
    assert!(like["marge"].float().unwrap() < 0.6);
    let broken = row(&now, "NL/NL01/verandering_jaar_eerder_gelijke_regios/gestarte_adviezen");
    assert_eq!(broken["opmerking"].to_string(), "zonder VT06");
    let only_nl = now.table(SnapshotTable::Indicatoren);
    let names: Vec<String> = (0..only_nl.rows.len()).map(|place| only_nl.row_name(place)).collect();
    assert!(names.iter().filter(|name| name.contains("gelijke_regios")).all(|name| name.starts_with("NL/")));
}

#[tokio::test]
async fn figures_of_another_maturity_are_marked() {
    let store = store_of_three().await;
    let early = Case { peildatum: "2020-08-15", ..case("2020W407") };
    let draft = draft_in(store.as_ref(), &early).await;
    let change = row(&draft, "VT/VT07/verandering_jaar_eerder/gestarte_adviezen");
    assert_eq!(
        (change["opmerking"].to_string(), change["status"].to_string()),
        ("rijpheid_verschilt".into(), "nader_voorlopig".into())
    );
    assert!(change["waarde"].float().is_some());
}

#[tokio::test]
async fn periods_of_unequal_length_are_compared_per_28_days() {
    let store = InMemory::new();
    publish_in(&store, &case("2020W413")).await;
    let (now, earlier) = (draft_in(&store, &case("2021W401")).await, draft(&case("2020W413")));
    let change = row(&now, "NL/NL01/verandering_vorige_periode/ontvangen_meldingen");
    let (one, other) = (total(&now, "NL/NL01/ontvangen_meldingen"), total(&earlier, "NL/NL01/ontvangen_meldingen"));
    let expected = 100.0 * ((one / 28.0) / (other / 35.0) - 1.0);
    assert!((change["waarde"].float().unwrap() - expected).abs() <= 0.05 + 1e-9);
    assert_eq!(change["opmerking"].to_string(), "perioden van 28 en 35 dagen, vergeleken per 28 dagen");
}

#[test]
fn without_a_published_base_there_is_no_change() {
    let draft = draft(&case("2020W407"));
    let found = row(&draft, "NL/NL01/verandering_jaar_eerder/gestarte_adviezen");
    assert_eq!(found["reden_leeg"].to_string(), "geen_basis");
    assert_eq!(found["opmerking"].to_string(), "er was geen uitgave over 2019W407");
}

#[test]
fn what_lies_before_a_break_is_no_missing_issue() {
    let draft = draft(&case("2019W407"));
    for indicator in ["verandering_jaar_eerder", "verandering_jaar_eerder_gelijke_regios"] {
        let found = row(&draft, &format!("NL/NL01/{indicator}/gestarte_adviezen"));
        assert_eq!(found["reden_leeg"].to_string(), "reeksbreuk", "{indicator}");
        assert_eq!(found["opmerking"].to_string(), "Nieuwe meldcode en informatieprotocol 2.0");
    }
}

#[tokio::test]
async fn a_change_over_a_region_with_a_break_says_so() {
    let store = store_of_three().await;
    let draft = draft_in(store.as_ref(), &case("2020W407")).await;
    let said = |area: &str, met: &str| {
        let found = row(&draft, &format!("{area}/verandering_{met}/ontvangen_meldingen"));
        assert!(found["waarde"].float().is_some() || area == "VR/VR23", "{area}");
        found["opmerking"].to_string()
    };
    let within = "in VT06 ligt een reeksbreuk tussen de perioden";
    assert_eq!(said("NL/NL01", "jaar_eerder"), format!("{within}: zie verandering_jaar_eerder_gelijke_regios"));
    assert!(said("VR/VR23", "jaar_eerder").contains(within), "it holds Mook en Middelaar");
    assert_eq!(said("VT/VT07", "jaar_eerder"), "null");
    assert_eq!(said("VT/VT07", "vorige_periode"), "null");
}

#[tokio::test]
async fn small_bases_give_no_change() {
    let store = InMemory::new();
    publish_in(&store, &Case { size_percent: 10, ..case("2019W407") }).await;
    let draft = draft_in(&store, &case("2020W407")).await;
    assert_eq!(reason(&draft, "VT/VT07/verandering_jaar_eerder/gestarte_adviezen"), "geen_basis");
    let said = row(&draft, "VT/VT07/verandering_jaar_eerder/gestarte_adviezen")["opmerking"].to_string();
    assert_eq!(said, "basis kleiner dan 100");
    assert_eq!(reason(&draft, "NL/NL01/verandering_jaar_eerder/gestarte_adviezen"), "null");
}

#[tokio::test]
async fn what_is_absent_keeps_its_own_reason() {
    let store = store_of_three().await;
    let draft = draft_in(store.as_ref(), &Case { absent: &["VT07"], ..case("2020W407") }).await;
    for indicator in ["per_10000_inwoners", "verandering_2019", "aandeel_politie"] {
        assert_eq!(reason(&draft, &format!("VT/VT07/{indicator}/ontvangen_meldingen")), "ontbreekt");
        assert_eq!(reason(&draft, &format!("NL/NL01/{indicator}/ontvangen_meldingen")), "onvolledig");
    }
}

#[tokio::test]
async fn the_highest_issue_is_the_base_after_a_revision_with_a_larger_threshold() {
    let store = InMemory::new();
    publish_in(&store, &Case { size_percent: 40, ..case("2019W407") }).await;
    let first = draft_in(&store, &case("2020W407")).await;
    // A second issue with the same figures.
    let mut manifest = draft(&Case { size_percent: 40, ..case("2019W407") }).manifest().clone();
    let original = manifest.issue();
    manifest.uitgave = 2;
    for file in &manifest.bestanden {
        let bytes = store::read(&store, &original.file(&file.naam)).await.unwrap().unwrap();
        write(&store, &manifest.issue().file(&file.naam), bytes).await;
    }
    write(&store, &manifest.issue().manifest(), manifest.to_bytes().into()).await;
    let bases = find_bases(&store, "2020W407".parse().unwrap()).await.unwrap();
    assert_eq!(
        bases.iter().map(|base| (base.periode.to_string(), base.uitgave)).collect::<Vec<_>>(),
        [("2019W407".to_owned(), 2)]
    );
    let second = draft_in(&store, &case("2020W407")).await;
    let name = |area: &str| format!("VT/{area}/verandering_jaar_eerder/gestarte_adviezen");
    let between: Vec<String> = (1..=26)
        .map(|number| format!("VT{number:02}"))
        .filter(|area| reason(&first, &name(area)) == "null" && reason(&second, &name(area)) == "geen_basis")
        .collect();
    assert!(!between.is_empty(), "some region has a base from 100 to 200");
    let base = draft(&Case { size_percent: 40, ..case("2019W407") });
    for area in between {
        let value = total(&base, &format!("VT/{area}/gestarte_adviezen"));
        assert!((100.0..200.0).contains(&value), "{area} {value}");
    }
}

#[tokio::test]
async fn a_changed_base_is_refused() {
    let store = store_of_three().await;
    let mut reservation = reservation(&case("2020W407"));
    reservation.vergelijking = find_bases(store.as_ref(), reservation.periode).await.unwrap();
    assert_eq!(reservation.vergelijking.len(), 2);
    let cache = BaseCache::default();
    assert!(load_bases(store.as_ref(), &reservation, &cache).await.is_ok());
    write(store.as_ref(), "snapshots/four_weeks/2019W407/1/kerncijfers.json", "{}".into()).await;
    let error = load_bases(store.as_ref(), &reservation, &BaseCache::default()).await.unwrap_err();
    assert!(error.to_string().contains("2019W407/1/kerncijfers.json, needed to compare with: its digest"), "{error}");
    assert!(load_bases(store.as_ref(), &reservation, &cache).await.is_ok(), "what was read is remembered");
    cache.forget();
    assert!(load_bases(store.as_ref(), &reservation, &cache).await.is_err(), "until it is forgotten");
    reservation.vergelijking[0].sha256 = "00".into();
    let error = load_bases(store.as_ref(), &reservation, &BaseCache::default()).await.unwrap_err();
    assert!(error.to_string().contains("manifests/four_weeks/2019W407/1.json"), "{error}");
}

#[tokio::test]
async fn a_base_that_is_not_there_any_more_is_refused() {
    let mut reservation = reservation(&case("2020W407"));
    let store = store_of_three().await;
    reservation.vergelijking = find_bases(store.as_ref(), reservation.periode).await.unwrap();
    let error = load_bases(&InMemory::new(), &reservation, &BaseCache::default()).await.unwrap_err();
    assert!(error.to_string().contains("it is not there"), "{error}");
}

#[tokio::test]
async fn bases_that_were_not_reserved_are_refused() {
    let store = store_of_three().await;
    let mut reserved = reservation(&case("2020W407"));
    reserved.vergelijking = find_bases(store.as_ref(), reserved.periode).await.unwrap();
    let bases = load_bases(store.as_ref(), &reserved, &BaseCache::default()).await.unwrap();
    let plain = reservation(&case("2020W407"));
    assert!(render(&plain, Register::builtin(), CodeLists::builtin(), &bases).is_err());
    assert!(render(&reserved, Register::builtin(), CodeLists::builtin(), &bases).is_ok());
}
