//! 24 months and January 2021, all regions.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::sync::OnceCell;
use vt_domain::period::{Period, PeriodKind};
use vt_monitor::due::PeriodState;
use vt_monitor::exit::Exit;
use vt_publication::reservation::reservation;
use vt_publication::verify::verify;
use vt_tests::{Cells, World, count};
use vt_vault::ReservationKey;

/// The full demo, played once for all tests.
pub async fn full() -> &'static World {
    static FULL: OnceCell<World> = OnceCell::const_new();
    FULL.get_or_init(|| async { World::play("2019-01", "2021-01", "").await.unwrap() }).await
}

fn periods() -> Vec<Period> {
    let first = "2019W402".parse::<Period>().unwrap();
    std::iter::successors(Some(first), |period| Some(period.next())).take(26).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_six_periods_are_complete_and_published_and_the_first_does_not_come() {
    let world = full().await;
    assert_eq!(world.exit, Exit::Done);
    let year: Period = "2020ISO".parse().unwrap();
    let expected: Vec<String> = periods().iter().chain([&year]).map(|period| format!("{period}/1")).collect();
    assert_eq!(world.published().unwrap(), expected);
    assert_eq!(periods().last().unwrap().to_string(), "2021W401");
    let first = &world.report.periods[0].overview;
    assert_eq!((first.periode.to_string().as_str(), first.complete), ("2019W401", 0));
    assert_eq!(first.state, PeriodState::BeforeFirstMonth);
    assert!(
        first.missing.len() == 26 && first.missing.values().all(|days| *days == 1),
        "31-12-2018 is missing everywhere"
    );
    let four_weeks = &world.report.periods[1..27];
    assert!(four_weeks.iter().all(|p| p.overview.complete == 26 && p.adviezen > Some(5_000)));
    let years: Vec<_> = world.report.periods[27..].iter().map(|p| p.overview.state.clone()).collect();
    let first_year = PeriodState::BeforeFirstMonth;
    assert_eq!(years, [first_year, PeriodState::Published { issue: 1 }], "the ISO year 2020 follows its last period");
    let thirteen = four_weeks[12..25].iter().map(|p| p.adviezen).sum::<Option<i64>>();
    assert_eq!(world.report.periods[28].adviezen, thirteen, "it is their sum");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_store_verifies_on_its_own() {
    let world = full().await;
    let store = object_store::local::LocalFileSystem::new_with_prefix(world.path("published")).unwrap();
    let report = verify(&store, None).await.unwrap();
    assert_eq!(report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(report.snapshots.len(), 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_before_protection_equal_the_generated_registrations() {
    let world = full().await;
    let (vault, truth) = (world.vault().unwrap(), world.truth());
    for period in periods() {
        let reservation = reservation(&vault, ReservationKey { period, issue: 1 }).await.unwrap().unwrap();
        let memory = serde_json::to_value(&reservation.geheugen).unwrap();
        let expected = count(&truth, world.demo.from, period, world.demo.instant());
        let registered = registered(&memory);
        let different: Vec<_> =
            keys(&expected, &registered).filter(|key| expected.get(key) != registered.get(key)).collect();
        assert!(different.is_empty(), "{period}: {} cells differ, such as {:?}", different.len(), different.first());
        assert!(expected.len() > 2_000, "{period}: {} cells", expected.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn published_values_lie_within_the_bound_of_the_registered_ones() {
    let world = full().await;
    let truth = world.truth();
    for period in periods().into_iter().step_by(5) {
        let cells = count(&truth, world.demo.from, period, world.demo.instant());
        let mut rows = world.rows(period, "kerncijfers").unwrap();
        rows.extend(world.rows(period, "verdelingen").unwrap());
        let mut published = 0;
        for row in &rows {
            let Some(value) = row["waarde"].as_i64() else { continue };
            let registered = registered_of(&cells, row);
            assert!((value - registered).abs() <= 9 && value % 5 == 0, "{period} {row}: registered {registered}");
            published += 1;
        }
        assert!(published > 2_000, "{period}: {published}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_published_row_is_about_a_gemeente_and_besluit_is_national() {
    let world = full().await;
    for period in periods().into_iter().step_by(7) {
        for row in world.rows(period, "verdelingen").unwrap() {
            assert!(["NL", "VT", "VR"].contains(&row["regio_type"].as_str().unwrap()));
            assert!(row["dimensie"] != "besluit" || row["regio_type"] == "NL", "{row}");
        }
    }
}

/// The true counts in a disclosure memory, by the names that the oracle uses.
fn registered(memory: &Value) -> Cells {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let atoms: Vec<String> = memory["geography"]["atoms"].as_array().unwrap().iter().map(text).collect();
    let mut cells = Cells::new();
    for block in memory["blocks"].as_array().unwrap() {
        let (measure, dimension) = (text(&block["spec"]["measure"]), text(&block["spec"]["dimension"]));
        for (atom, row) in atoms.iter().zip(block["truth"].as_array().unwrap()) {
            for (category, count) in block["spec"]["categories"].as_array().unwrap().iter().zip(row.as_array().unwrap())
            {
                let key = (measure.clone(), dimension.clone(), text(&category["code"]), atom.clone());
                let count = count.as_u64().unwrap();
                if count > 0 {
                    cells.insert(key, count);
                }
            }
        }
    }
    cells
}

fn keys<'a>(left: &'a Cells, right: &'a Cells) -> impl Iterator<Item = &'a (String, String, String, String)> {
    left.keys().chain(right.keys())
}

/// The registered count of a published row.
fn registered_of(cells: &Cells, row: &Value) -> i64 {
    let field = |name: &str| row[name].as_str().unwrap_or_default();
    let (kind, code) = (field("regio_type"), field("regio_code"));
    let within = |atom: &str| match kind {
        "VT" => atom.starts_with(code),
        "VR" => atom.ends_with(code),
        _ => true,
    };
    let wanted = (field("maat"), field("dimensie"), field("categorie"));
    let sums: BTreeMap<(&str, &str, &str), u64> = cells.iter().filter(|((_, _, _, atom), _)| within(atom)).fold(
        BTreeMap::new(),
        |mut sums, ((maat, dimensie, categorie, _), count)| {
            *sums.entry((maat, dimensie, categorie)).or_default() += count;
            sums
        },
    );
    i64::try_from(sums.get(&wanted).copied().unwrap_or(0)).unwrap()
}

#[test]
fn the_demo_looks_after_four_week_periods() {
    assert!(periods().iter().all(|period| period.kind() == PeriodKind::FourWeeks));
}
