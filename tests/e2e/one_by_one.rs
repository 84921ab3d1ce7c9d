//! Regions that complete a period one after another, the last after weeks.

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
