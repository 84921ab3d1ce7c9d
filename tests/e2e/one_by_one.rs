//! Regions that complete a period one after another, the last after weeks.

use vt_disclosure::certify_all;
use vt_monitor::overview::Overview;
use vt_monitor::publishing::{publish_all, revise};
use vt_monitor::runs;
use vt_publication::reservation::reservation;
use vt_simulator::REGIONS;
use vt_tests::OneByOne;

#[tokio::test(flavor = "multi_thread")]
async fn regions_deliver_the_months_of_a_period_one_a_day() {
    let world = OneByOne::open("2019W402".parse().unwrap()).await.unwrap();
    world.arrive(0).await.unwrap();
    assert_eq!(world.complete().await.unwrap(), Vec::<String>::new());
    for n in 1..=REGIONS.len() {
        world.arrive(n as u64).await.unwrap();
        assert_eq!(world.complete().await.unwrap(), REGIONS[..n], "day {n}");
    }
    world.stage.simulator.stop().await;
}

/// Each day a region more, and a new issue: there is always a solution, NL is given with the last region and not before.
#[tokio::test(flavor = "multi_thread")]
async fn a_period_can_be_published_again_with_each_region_that_completes() {
    let period = "2019W402".parse().unwrap();
    let world = OneByOne::open(period).await.unwrap();
    let app = &world.stage.app;
    world.arrive(0).await.unwrap();
    for n in 1..=REGIONS.len() {
        world.arrive(n as u64).await.unwrap();
        let run = runs::begin(app, "publish").await.unwrap();
        let results = match n {
            1 => publish_all(app, run, &Overview::read(app).await.unwrap(), vec![period]).await.unwrap(),
            _ => revise(app, run, |wanted| *wanted == period, "one more region").await.unwrap(),
        };
        assert_eq!(results[0].uitgave, Some(n as u32), "{results:?}");
    }
    let mut records = Vec::new();
    for key in app.vault.reservations(period.kind()).await.unwrap() {
        records.push(reservation(&app.vault, key).await.unwrap().unwrap().geheugen);
    }
    let withheld =
        records.iter().map(|record| record.geography().areas.iter().any(|area| area.kind == "NL" && area.withheld));
    assert_eq!(withheld.collect::<Vec<_>>(), (1..=26).map(|n| n < 26).collect::<Vec<_>>());
    assert!(certify_all(&records).iter().all(|(_, outcome)| outcome.passed()));
    world.stage.simulator.stop().await;
}
