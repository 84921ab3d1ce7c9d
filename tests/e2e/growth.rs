//! Growth is relative to the earlier period.

use std::collections::BTreeMap;

use vt_domain::month::Month;
use vt_domain::period::Period;
use vt_publication::indicators::arithmetic::{Rounded, change};
use vt_simulator::{SimulatorConfig, Truth};

use crate::whole_job::full;

/// Registered adviezen and meldingen of VT07 in a calendar year.
fn year(truth: &Truth, year: i32) -> (i64, i64) {
    let months = Month::new(year, 1).unwrap().through(Month::new(year, 12).unwrap());
    let end = "2026-01-01T00:00:00Z".parse().unwrap();
    let of_month = |month| truth.in_force("VT07", month, end).unwrap().1;
    months.map(of_month).fold((0, 0), |(adviezen, meldingen), records| {
        (adviezen + records.adviezen.len() as i64, meldingen + records.meldingen.len() as i64)
    })
}

#[test]
fn the_registered_years_of_gooi_en_vechtstreek_grow_as_they_did() {
    let truth = Truth::new(&SimulatorConfig { seed: 2020, ..SimulatorConfig::default() });
    let years: Vec<(i64, i64)> = [2018, 2019, 2020].map(|y| year(&truth, y)).into();
    assert_eq!(years, [(1306, 1211), (1622, 1620), (1632, 1459)]);
    let exact = |waarde| Rounded { waarde, marge: 0 };
    let growth = |earlier: i64, now: i64| change(exact(now), 365, exact(earlier), 365, 1).unwrap().waarde;
    // The region itself reported 20%, 1%, 25% and -9%: those divide by the new year.
    assert_eq!((growth(1306, 1622), growth(1622, 1632)), (24.2, 0.6));
    assert_eq!((growth(1211, 1620), growth(1620, 1459)), (33.8, -9.9));
}

/// Published counts of a period by region and measure.
fn counts(world: &vt_tests::World, period: Period) -> BTreeMap<(String, String), f64> {
    let rows = world.rows(period, "kerncijfers").unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .filter_map(|row| Some(((text(&row["regio_code"]), text(&row["maat"])), row["waarde"].as_f64()?)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_change_recomputes_from_kerncijfers() {
    let world = full().await;
    let mut checked = 0;
    for text in ["2020W401", "2020W407", "2020W413", "2021W401"] {
        let period: Period = text.parse().unwrap();
        let now = counts(world, period);
        for row in world.rows(period, "indicatoren").unwrap() {
            let earlier = match row["indicator"].as_str().unwrap() {
                "verandering_jaar_eerder" => period.in_year(period.iso_year() - 1).unwrap(),
                "verandering_2019" => period.in_year(2019).unwrap(),
                "verandering_vorige_periode" => period.previous(),
                _ => continue,
            };
            let Some(given) = row["waarde"].as_f64() else { continue };
            let key = (row["regio_code"].as_str().unwrap().to_owned(), row["maat"].as_str().unwrap().to_owned());
            let before = counts(world, earlier)[&key] / f64::from(earlier.days());
            let expected = 100.0 * (now[&key] / f64::from(period.days()) - before) / before;
            // Whole percentages below a base of 1,000, one decimal above: rounded, never more than half a unit off.
            let unit = if given.fract() == 0.0 { 1.0 } else { 0.1 };
            assert!((given - expected).abs() <= unit / 2.0 + 1e-9, "{row}: recomputed {expected}");
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked} changes");
}
