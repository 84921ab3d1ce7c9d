//! One region misses a month.

use vt_domain::period::Period;
use vt_monitor::due::PeriodState;
use vt_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_region_and_nl_are_empty_with_their_reason_and_the_rest_is_there() {
    let world = World::play("2019-01", "2019-03", "VT05@2019-02=never").await.unwrap();
    let period: Period = "2019W402".parse().unwrap();
    let overview = &world.report.periods[1].overview;
    assert_eq!((overview.periode, overview.complete), (period, 25));
    assert_eq!(overview.state, PeriodState::Published { issue: 1 });
    let rows = world.rows(period, "kerncijfers").unwrap();
    let mut empty = std::collections::BTreeSet::new();
    for row in &rows {
        match row["waarde"].as_i64() {
            Some(_) => assert!(row["reden_leeg"].is_null(), "{row}"),
            // At the start of a series the melding of most services, and so their gemeente, was never delivered.
            None if row["reden_leeg"] == "regio_onbekend" => {
                assert!(row["maat"].as_str().unwrap().starts_with("afgeronde_") && row["regio_type"] == "VR", "{row}");
            }
            None => {
                assert_eq!(row["reden_leeg"], "onvolledig", "{row}");
                empty.insert(row["regio_code"].as_str().unwrap().to_owned());
            }
        }
    }
    // VT05 Gelderland-Midden is all of VR07; no other area draws on it.
    assert_eq!(empty.into_iter().collect::<Vec<_>>(), ["NL01", "VR07", "VT05"]);
    assert!(world.rows(period, "verdelingen").unwrap().iter().all(|row| {
        let without = ["NL01", "VR07", "VT05"].contains(&row["regio_code"].as_str().unwrap());
        row["waarde"].is_null() == without
    }));
    let coverage = world.rows(period, "dekking").unwrap();
    let vt05 = coverage.iter().find(|row| row["regio_code"] == "VT05").unwrap();
    assert_eq!((vt05["dagen"].as_u64(), vt05["dagen_gedekt"].as_u64()), (Some(28), Some(4)), "28 to 31 January");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_complete_region_a_period_waits() {
    let every_region = (1..=26).map(|n| format!("VT{n:02}@2019-02=never")).collect::<Vec<_>>().join(",");
    let world = World::play("2019-01", "2019-02", &every_region).await.unwrap();
    assert_eq!(world.published().unwrap(), Vec::<String>::new());
    // The first one begins in 2018, of which no region is asked for anything.
    let states: Vec<PeriodState> = world.report.periods.iter().map(|p| p.overview.state.clone()).collect();
    assert_eq!(states[0], PeriodState::BeforeFirstMonth);
    assert!(states.len() > 1 && states[1..].iter().all(|state| *state == PeriodState::NoCompleteRegion), "{states:?}");
}
