use vt_ledger::Change;

use super::*;
use crate::api::tests::Desk;
use crate::ops::{self, Arrange, ArrangeKind};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// On 14 September 2020 nobody has delivered anything. 2020W409 ends on 6 September: its last delivery is due on 7 October.
async fn desk() -> Desk {
    Desk::new().await
}

fn change(desk: &Desk) -> Change {
    Change { at: desk.api.app.clock.now(), actor: "test".into(), reason: "agreed".into() }
}

async fn outage(desk: &Desk, vt: &str, until: &str) {
    let (kind, vt, reason) = (ArrangeKind::Outage, vt.to_owned(), "agreed".to_owned());
    let asked = Arrange { kind, vt, maand: None, from: None, until: day(until), owner: None, reason };
    ops::arrange(&desk.api.app, &asked, &change(desk)).await.unwrap();
}

async fn coming(desk: &Desk) -> Vec<Coming> {
    ops::schedule(&desk.api.app, 40).await.unwrap().into_iter().flat_map(|wake| wake.due).collect()
}

fn days(coming: &[Coming], what: What, about: &str) -> Vec<String> {
    coming.iter().filter(|it| (it.what, it.about.as_str()) == (what, about)).map(|it| it.on.to_string()).collect()
}

#[tokio::test]
async fn a_region_that_is_out_of_service_is_expected_when_it_is_asked_again() {
    let desk = desk().await;
    let all = coming(&desk).await;
    assert_eq!(days(&all, What::Expected, "2020W409"), ["2020-10-08"]);
    assert_eq!(days(&all, What::AtTheLatest, "2020W409"), ["2020-10-14"]);

    outage(&desk, "VT07", "2020-10-09").await;
    assert_eq!(days(&coming(&desk).await, What::Expected, "2020W409"), ["2020-10-10"]);
    outage(&desk, "VT07", "2020-10-20").await;
    let all = coming(&desk).await;
    assert_eq!(days(&all, What::Expected, "2020W409"), [] as [&str; 0], "its deadline comes sooner");
    assert_eq!(days(&all, What::AtTheLatest, "2020W409"), ["2020-10-14"], "without VT07");
}

#[tokio::test]
async fn who_is_out_of_service_is_counted_out_and_the_last_of_its_outages_ends() {
    let desk = desk().await;
    outage(&desk, "VT07", "2020-09-20").await;
    outage(&desk, "VT07", "2020-10-20").await;
    let all = coming(&desk).await;
    let last = |maand: &str| all.iter().find(|it| it.what == What::DeliveryDue && it.about == maand).unwrap().regions;
    assert_eq!((last("2020-09"), last("2020-10")), (Some(25), None));
    assert_eq!(days(&all, What::ArrangementEnds, "outage of VT07"), ["2020-10-21"]);
}

#[tokio::test]
async fn without_a_region_that_can_be_complete_nothing_comes_out() {
    let desk = desk().await;
    let all = coming(&desk).await;
    // 2020W408 is past its deadline, and no region has delivered it.
    for what in [What::Expected, What::AtTheLatest, What::Due] {
        assert_eq!(days(&all, what, "2020W408"), [] as [&str; 0], "{what:?}");
    }
    for region in desk.api.app.register.vt_regions(day("2020-09-14")) {
        ops::pause(&desk.api.app, &region.code, &change(&desk)).await.unwrap();
    }
    let all = coming(&desk).await;
    for what in [What::Expected, What::AtTheLatest, What::DeliveryDue] {
        assert!(!all.iter().any(|it| it.what == what), "{what:?}: {all:?}");
    }
}
